//! `/proc/uptime`: how long the machine has been up.

use std::time::Duration;

use crate::format::record;

record! {
    /// How long the machine has run, and how long it was idle.
    ///
    /// `/proc/uptime` (`uptime_proc_show`), both times in hundredths of a second.
    ///
    /// In a time namespace `uptime` has that namespace's offset.
    pub struct Uptime: "uptime" {
        /// Since boot, sleep included.
        uptime: u64 = "%.2f ",
        /// Idle, the sum over all CPUs: it may be more than `uptime`.
        idle: u64 = "%.2f\n",
    }
}

impl Uptime {
    /// The time since boot, exact to 10 ms.
    #[must_use]
    pub fn since_boot(&self) -> Duration {
        hundredths(self.uptime)
    }

    /// The idle time of all CPUs together, exact to 10 ms.
    #[must_use]
    pub fn idle_time(&self) -> Duration {
        hundredths(self.idle)
    }
}

fn hundredths(count: u64) -> Duration {
    Duration::from_secs(count / 100) + Duration::from_millis(count % 100 * 10)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::law;

    const HERE: &[u8] = include_bytes!("../../../tests/fixtures/proc/uptime");

    #[test]
    fn hundredths_are_kept_exactly() {
        let uptime: Uptime = law::holds(b"798.40 1526.06\n");
        assert_eq!((uptime.uptime, uptime.idle), (79_840, 152_606));
        assert_eq!(uptime.since_boot(), Duration::from_millis(798_400));
        assert_eq!(uptime.idle_time(), Duration::from_millis(1_526_060));
        // More hundredths than a float can tell apart.
        let uptime: Uptime = law::holds(b"184467440737095516.15 0.01\n");
        assert_eq!(uptime.uptime, u64::MAX);
    }

    #[test]
    fn another_form_is_refused() {
        for file in [
            "1.5 1.00\n",
            "1 1\n",
            "01.00 1.00\n",
            "1.000 1.00\n",
            ".50 1.00\n",
            "-1.00 1.00\n",
            "1.00 1.00",
            "1.00 1.00 1.00\n",
            "184467440737095516.16 0.00\n",
        ] {
            assert!(Uptime::parse(file.as_bytes()).is_err(), "{file:?}");
        }
    }

    #[test]
    fn mutants_fail_or_come_back() {
        law::mutants::<Uptime>(&[HERE], 10_000);
        law::holds::<Uptime>(&std::fs::read("/proc/uptime").unwrap());
    }
}
