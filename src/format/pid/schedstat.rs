//! `/proc/PID/schedstat`: how long a process ran, and how long it waited to.

use crate::format::record;

record! {
    /// How long a thread ran, and how long it waited to.
    ///
    /// `/proc/PID/schedstat` (`proc_pid_schedstat`), that of the first thread; the others have
    /// theirs in `task/TID`. All are 0 where the kernel does not count (`CONFIG_SCHED_INFO`).
    pub struct Schedstat: "schedstat" {
        /// Nanoseconds on a processor.
        run_time: u64 = "%u ",
        /// Nanoseconds ready to run, without a processor.
        run_delay: u64 = "%u ",
        /// How often it was given a processor.
        timeslices: u64 = "%u\n",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::law;

    #[test]
    fn a_thread_that_works_has_run() {
        let read =
            || -> Schedstat { law::holds(&std::fs::read("/proc/thread-self/schedstat").unwrap()) };
        let before = read();
        let start = std::time::Instant::now();
        let mut after = read();
        // The kernel brings it up to date with the clock's tick at the latest.
        while after.run_time == before.run_time {
            assert!(start.elapsed().as_secs() < 60, "{after:?}");
            after = read();
        }
        let elapsed = u64::try_from(start.elapsed().as_nanos()).unwrap();
        assert!(after.run_time > before.run_time);
        // What had run before the start was not counted yet.
        assert!(after.run_time - before.run_time < elapsed + 1_000_000_000);
        assert!(after.timeslices >= before.timeslices && after.run_delay >= before.run_delay);
    }

    #[test]
    fn every_process_here_is_understood() {
        for file in law::live("schedstat") {
            law::holds::<Schedstat>(&file);
        }
        law::mutants::<Schedstat>(&[b"76123 273236 1\n"], 500);
    }
}
