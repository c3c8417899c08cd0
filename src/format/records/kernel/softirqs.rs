//! `/proc/softirqs`: how often each CPU ran each kind of soft interrupt.

use super::Cpus;
use crate::format::{Aligned, Rows, record};

record! {
    /// How often each CPU ran each kind of soft interrupt.
    ///
    /// `/proc/softirqs` (`show_softirqs` of `fs/proc/softirqs.c`), since 2.6.31. All CPUs that
    /// there can be have a column.
    pub struct Softirqs: "softirqs" {
        /// The CPUs, in the order of the counts.
        cpus: Cpus = "%r\n",
        /// The kinds.
        rows: Rows<Softirq> = "{%r\n}",
    }
}

record! {
    /// How often each CPU ran one kind of soft interrupt.
    pub struct Softirq {
        /// The kind: `TIMER`.
        softirq: Aligned<Vec<u8>> = "%s:",
        /// For each CPU, a count since boot.
        counts: Vec<u64> = "{ %10u}",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::{kernel::Stat, law};

    #[test]
    fn counts_are_by_kind_and_cpu() {
        let here = include_bytes!("../../../../tests/fixtures/proc/softirqs");
        let softirqs: Softirqs = law::holds(here);
        assert_eq!(softirqs.cpus.numbers(), [0, 1]);
        let timer = &softirqs.rows[1];
        assert_eq!(&**timer.softirq, b"TIMER");
        assert_eq!(timer.counts.len(), 2);
        law::mutants::<Softirqs>(&[here], 5_000);
    }

    #[test]
    fn they_add_up_to_what_stat_has() {
        let stat = |file| {
            Stat::parse(&std::fs::read(file).unwrap())
                .unwrap()
                .softirq
                .unwrap()
        };
        let before = stat("/proc/stat");
        let softirqs: Softirqs = law::holds(&std::fs::read("/proc/softirqs").unwrap());
        let after = stat("/proc/stat");
        assert_eq!(softirqs.rows.len(), after.each.len());
        for (i, row) in softirqs.rows.iter().enumerate() {
            let sum: u64 = row.counts.iter().sum();
            assert!((before.each[i]..=after.each[i]).contains(&sum), "{row:?}");
        }
    }
}
