//! `/proc/swaps`: where memory is swapped to.

use crate::format::{Aligned, Head, MountPath, Rows, record};

record! {
    /// Where memory is swapped to.
    ///
    /// `/proc/swaps` (`swap_show` of `mm/swapfile.c`).
    pub struct Swaps: "swaps" {
        /// The names of the columns.
        head: Head = "%h{Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n}{Filename\t\t\t\tType\t\tSize\tUsed\tPriority\n}",
        /// The areas in use, in the order in which they were added.
        rows: Rows<Swap> = "{%r\n}",
    }
}

record! {
    /// A partition or a file that memory is swapped to.
    pub struct Swap {
        /// Its path; from outside of a container that of the host.
        filename: MountPath = "%-39s ",
        /// `partition` or `file`.
        kind: Vec<u8> = "%s\t",
        /// Its size, in KiB, without the page that describes it.
        size: Aligned<u64> = "%u\t",
        /// How much of it is used, in KiB.
        used: Aligned<u64> = "%u\t",
        /// Areas of a higher priority are filled first.
        priority: Aligned<i32> = "%d",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::law;

    #[test]
    fn tabs_changed_and_paths_are_escaped() {
        // Made by hand after the forms of Linux 6.1 and 3.2.
        let new = b"Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n\
            /dev/sda2                               partition\t33554428\t1024\t\t-2\n\
            /swap\\040file                           file\t\t1048572\t\t0\t\t-3\n\
            /a/path/that/is/longer/than/its/whole/column file\t\t4\t\t0\t\t5\n";
        let swaps: Swaps = law::holds(new);
        let [disk, file, long] = &swaps.rows[..] else {
            panic!("{swaps:?}");
        };
        assert_eq!(
            (&*disk.filename.0, &*disk.kind),
            (&b"/dev/sda2"[..], &b"partition"[..])
        );
        assert_eq!(
            (*disk.size, *disk.used, *disk.priority),
            (33_554_428, 1024, -2)
        );
        assert_eq!(
            (&*file.filename.0, &*file.kind),
            (&b"/swap file"[..], &b"file"[..])
        );
        assert_eq!((*file.size, *file.used, *file.priority), (1_048_572, 0, -3));
        assert_eq!(
            long.filename.0,
            b"/a/path/that/is/longer/than/its/whole/column"
        );
        let old = b"Filename\t\t\t\tType\t\tSize\tUsed\tPriority\n\
            /dev/sda5                               partition\t2095100\t12\t-1\n";
        assert_eq!(*law::holds::<Swaps>(old).rows[0].used, 12);
        law::mutants::<Swaps>(&[new, old], 5_000);
    }

    #[test]
    fn sizes_add_up_to_what_meminfo_has() {
        let swaps: Swaps = law::holds(&std::fs::read("/proc/swaps").unwrap());
        let meminfo = std::fs::read("/proc/meminfo").unwrap();
        let meminfo = crate::format::kernel::Meminfo::parse(&meminfo).unwrap();
        let sum: u64 = swaps.rows.iter().map(|swap| *swap.size).sum();
        assert_eq!(meminfo.swap_total.map(|kb| *kb), Some(sum));
    }
}
