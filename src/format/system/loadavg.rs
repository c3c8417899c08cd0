//! `/proc/loadavg`: how many threads want to run.

use crate::format::record;

record! {
    /// How many threads ran or wanted to, on average.
    ///
    /// `/proc/loadavg` (`loadavg_proc_show`). Those that wait in uninterruptible sleep count too.
    pub struct Loadavg: "loadavg" {
        /// Over one minute, in hundredths.
        load1: u64 = "%.2f ",
        /// Over five minutes, in hundredths.
        load5: u64 = "%.2f ",
        /// Over fifteen minutes, in hundredths.
        load15: u64 = "%.2f ",
        /// Threads that run or could, a count of now.
        running: u64 = "%u/",
        /// Threads there are.
        threads: u64 = "%u ",
        /// The pid given out last in the reader's PID namespace.
        last_pid: u32 = "%d\n",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Value, format::law};

    const HERE: &[u8] = b"0.20 0.18 1.12 1/80 11206\n";

    #[test]
    fn loads_are_hundredths() {
        let load: Loadavg = law::holds(HERE);
        assert_eq!((load.load1, load.load5, load.load15), (20, 18, 112));
        assert_eq!((load.running, load.threads, load.last_pid), (1, 80, 11_206));
        assert_eq!(load.fields().find("load15"), Some(&Value::Real(1.12)));
    }

    #[test]
    fn mutants_fail_or_come_back() {
        law::mutants::<Loadavg>(&[HERE], 5_000);
    }
}
