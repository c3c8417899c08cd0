//! `/proc/stat`: what the machine has counted since boot.

use crate::format::{Rest, lines, record};

lines! {
    /// What the machine has counted since boot.
    ///
    /// `/proc/stat` (`show_stat` of `fs/proc/stat.c`).
    ///
    /// Times are in clock ticks (`sysconf(_SC_CLK_TCK)`). Lines that psgo does not know, such as
    /// `page` and `swap` of 2.4, are kept.
    pub struct Stat: "stat" {
        /// All CPUs together.
        cpu: CpuTimes = "cpu  %r\n",
        /// Each CPU that is online.
        cpus: Vec<Cpu> = "{cpu%r\n}",
        /// Interrupts: the total, and each by its number.
        intr: Option<Counts> = "intr %r\n",
        /// Context switches, a count.
        ctxt: Option<u64> = "ctxt %u\n",
        /// When the machine booted, in seconds of Unix time; that of the reader's time namespace.
        btime: u64 = "btime %u\n",
        /// Processes and threads made since boot, a count.
        processes: Option<u64> = "processes %u\n",
        /// Threads that could run now, a count. Since 2.5.45.
        procs_running: Option<u64> = "procs_running %u\n",
        /// Threads waiting for input or output, a count. Since 2.5.45.
        procs_blocked: Option<u64> = "procs_blocked %u\n",
        /// Soft interrupts: the total, and each kind in the order of `/proc/softirqs`. Since 2.6.31.
        softirq: Option<Counts> = "softirq %r\n",
    }
}

record! {
    /// The time of one CPU.
    pub struct Cpu {
        /// Its number; numbers of CPUs that are offline are left out.
        number: u32 = "%u ",
        /// Where its time went.
        times: CpuTimes = "%r",
    }
}

record! {
    /// Where the time of a CPU went, in ticks.
    pub struct CpuTimes {
        /// User mode, that of guests included.
        user: u64 = "%u",
        /// User mode of processes with a nice value above 0.
        nice: u64 = " %u",
        /// In the kernel.
        system: u64 = " %u",
        /// Idle.
        idle: u64 = " %u",
        /// Idle while something waited for input or output; it may decrease. Since 2.5.41.
        iowait: Option<u64> = " %u",
        /// In interrupts. Since 2.6.0.
        irq: Option<u64> = " %u",
        /// In soft interrupts. Since 2.6.0.
        softirq: Option<u64> = " %u",
        /// Taken by other machines on the same hypervisor. Since 2.6.11.
        steal: Option<u64> = " %u",
        /// Running a guest. Since 2.6.24.
        guest: Option<u64> = " %u",
        /// Running a guest with a nice value above 0. Since 2.6.33.
        guest_nice: Option<u64> = " %u",
        /// Columns that psgo does not know.
        rest: Rest = "%r",
    }
}

record! {
    /// How often something happened.
    pub struct Counts {
        /// All together; it may be more than the sum of `each`.
        total: u64 = "%u",
        /// Each by its place.
        each: Vec<u64> = "{ %u}",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::law;

    const HERE: &[u8] = include_bytes!("../../../tests/fixtures/proc/stat");

    #[test]
    fn lines_have_their_fields() {
        let stat: Stat = law::holds(
            b"cpu  1 2 3 4 5 6 7 8 9 10\ncpu0 1 2 3 4 5 6 7 8 9 10\ncpu2 0 0 0 0\nintr 9 8 0 1\n\
              ctxt 11\nbtime 1390806357\nprocesses 12\nprocs_running 2\nprocs_blocked 0\n\
              softirq 3 2 1\n",
        );
        assert_eq!((stat.cpu.user, stat.cpu.guest_nice), (1, Some(10)));
        assert_eq!(
            stat.cpus.iter().map(|cpu| cpu.number).collect::<Vec<_>>(),
            [0, 2]
        );
        assert_eq!(stat.cpus[1].times.iowait, None);
        assert_eq!(
            (stat.btime, stat.ctxt, stat.processes),
            (1_390_806_357, Some(11), Some(12))
        );
        let intr = stat.intr.unwrap();
        assert_eq!((intr.total, intr.each), (9, vec![8, 0, 1]));
        assert_eq!(stat.softirq.unwrap().each, [2, 1]);
    }

    #[test]
    fn this_machine_is_understood() {
        for file in [HERE, &std::fs::read("/proc/stat").unwrap()] {
            let stat: Stat = law::holds(file);
            assert_eq!(stat.unknown_lines().count(), 0);
            assert!(stat.cpu.rest.is_empty() && !stat.cpus.is_empty());
            assert!(stat.btime > 1_000_000_000);
        }
    }

    #[test]
    fn an_old_kernel_has_other_lines() {
        let stat: Stat = law::holds(
            b"cpu  1 2 3 4\ncpu0 1 2 3 4\npage 5 6\nswap 1 0\nintr 9\nbtime 7\nctxt 1\n",
        );
        assert!(stat.unknown_lines().eq([&b"page 5 6"[..], b"swap 1 0"]));
        assert_eq!(
            (stat.btime, stat.ctxt, stat.procs_running),
            (7, Some(1), None)
        );
        let error = Stat::parse(b"cpu  1 2 3 4\n").unwrap_err();
        assert_eq!(error.to_string(), "line 2: btime: missing");
    }

    #[test]
    fn columns_of_a_later_kernel_are_kept() {
        let stat: Stat = law::holds(b"cpu  1 2 3 4 5 6 7 8 9 10 new\nbtime 7\n");
        assert_eq!(stat.cpu.rest.as_bytes(), b" new");
    }

    #[test]
    fn mutants_fail_or_come_back() {
        law::mutants::<Stat>(&[HERE], 10_000);
    }
}
