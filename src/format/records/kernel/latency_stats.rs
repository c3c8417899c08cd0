//! `/proc/latency_stats`: what the kernel made threads wait for.

use crate::format::{Head, Rows, Words, record};

record! {
    /// What threads waited for in the kernel, and how long.
    ///
    /// `/proc/latency_stats` (`lstats_show`), where the kernel has `LatencyTOP` and
    /// `kernel.latencytop` is set.
    pub struct LatencyStats: "latency_stats" {
        /// The version.
        head: Head = "%h{Latency Top version : v0.1\n}",
        /// Each place that was waited at.
        rows: Rows<Latency> = "{%r\n}",
    }
}

record! {
    /// A place in the kernel that threads waited at.
    pub struct Latency {
        /// How often.
        count: u32 = "%d ",
        /// How long all together, in microseconds.
        time: u64 = "%u ",
        /// How long at most, in microseconds.
        max: u64 = "%u",
        /// The functions that led there, the innermost first.
        backtrace: Words = "%r",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::law;

    #[test]
    fn a_place_is_the_functions_that_led_there() {
        // Made by hand after the form of Linux 3.2; the kernel here measures nothing.
        let file = b"Latency Top version : v0.1\n7 1234 567 do_wait sys_wait4 system_call\n1 2 2\n";
        let stats: LatencyStats = law::holds(file);
        let place = &stats.rows[0];
        assert_eq!((place.count, place.time, place.max), (7, 1234, 567));
        assert_eq!(place.backtrace.iter().next(), Some(&b"do_wait"[..]));
        assert_eq!(stats.rows[1].backtrace.iter().count(), 0);
        law::mutants::<LatencyStats>(&[file], 5_000);
    }
}
