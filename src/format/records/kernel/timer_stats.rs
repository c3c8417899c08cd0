//! `/proc/timer_stats`: who started timers, and how often they ended.

use crate::{
    format::{Cursor, Field, Maybe, ParseError, Rest, Spec, record},
    value::{Fields, Value},
};

record! {
    /// Who started timers, and how often they ended.
    ///
    /// `/proc/timer_stats` (`tstats_show`), up to Linux 4.10.
    pub struct TimerStats: "timer_stats" {
        /// The version of the format: `v0.2`, `v0.3`.
        version: Vec<u8> = "Timer Stats Version: %s\n",
        /// For how long was counted: whole seconds.
        period: u64 = "Sample period: %d.",
        /// And milliseconds.
        period_ms: u32 = "%3d s\n",
        /// Entries for which there was no place, a count. Missing where there are none.
        overflow: Maybe<u32> = "{Overflow: %d entries\n}",
        /// Is something counted now: `active` or `inactive`? Since v0.3.
        collection: Maybe<Vec<u8>> = "{Collection: %s\n}",
        /// Each timer.
        entries: TimerEntries = "%r",
        /// How often timers ended.
        total: u64 = "%d total events",
        /// How often in a second: the whole number. Missing where the period is 0.
        rate: Option<u64> = ", %d.",
        /// And thousandths.
        rate_thousandths: Option<u32> = "%03d events/sec",
        /// Columns that psgo does not know.
        rest: Rest = "%r\n",
    }
}

record! {
    /// A timer that ended.
    pub struct TimerStat {
        /// How often.
        count: TimerCount = "%r, ",
        /// Who started it.
        pid: i32 = "%5d ",
        /// That process's name.
        comm: Vec<u8> = "%-16s ",
        /// The function that started it.
        start: Vec<u8> = "%s (",
        /// The function that was called at its end.
        expire: Vec<u8> = "%s)\n",
    }
}

/// How often a timer ended, and whether it may wait until something else wakes the CPU.
///
/// Printed as `" %4u"`, or as `"%4uD"` if it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TimerCount {
    /// How often.
    pub count: u64,
    /// May it wait?
    pub deferrable: bool,
}

const COUNT: Spec = Spec::new("count", " %4u");
const DEFERRABLE: Spec = Spec::new("count", "%4uD");

impl Field for TimerCount {
    fn take(cursor: &mut Cursor<'_>, _: &Spec) -> Result<Self, ParseError> {
        let mut number = cursor.rest().iter().skip_while(|&&b| b == b' ');
        let deferrable = number.find(|b| !b.is_ascii_digit()) == Some(&b'D');
        let spec = if deferrable { &DEFERRABLE } else { &COUNT };
        let count = u64::read(cursor, spec)?;
        Ok(Self { count, deferrable })
    }

    #[inline]
    fn put(&self, _: &Spec, out: &mut Vec<u8>) {
        let spec = if self.deferrable { &DEFERRABLE } else { &COUNT };
        self.count.write(spec, out);
    }

    #[inline]
    fn value(&self, _: &Spec) -> Value {
        Value::from(self.count)
    }

    #[inline]
    fn describe(&self, spec: &Spec, fields: &mut Fields) {
        fields.push(spec.field, self.value(spec));
        fields.push("deferrable", Value::Bool(self.deferrable));
    }
}

/// The timers of the file: up to the line that has the total.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TimerEntries(pub Vec<TimerStat>);

impl Field for TimerEntries {
    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        let is_entry = |text: &[u8]| {
            let mut after = text.iter().skip_while(|&&b| b == b' ');
            let end = after.find(|b| !b.is_ascii_digit() && **b != b'D');
            end == Some(&b',')
        };
        let mut entries = Vec::new();
        while is_entry(cursor.rest()) {
            entries.push(TimerStat::take(cursor, spec)?);
        }
        Ok(Self(entries))
    }

    #[inline]
    fn put(&self, spec: &Spec, out: &mut Vec<u8>) {
        self.0.put(spec, out);
    }

    #[inline]
    fn value(&self, spec: &Spec) -> Value {
        self.0.value(spec)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::law;

    #[test]
    fn timers_are_counted_by_who_started_them() {
        // Made by hand after the form of Linux 3.2 and 4.10; the kernel here has no such file.
        let old = "Timer Stats Version: v0.2\nSample period: 2. 17 s\n   18,  1947 a, b (c)         hrtimer_start (tick_sched_timer)\n12345D,    12 kworker/0:1      queue_work (f)\n12363 total events, 6131.432 events/sec\n";
        let newer = "Timer Stats Version: v0.3\nSample period: 0.  0 s\nOverflow: 3 entries\nCollection: inactive\n0 total events\n";
        let stats: TimerStats = law::holds(old.as_bytes());
        assert_eq!(
            (stats.period, stats.period_ms, stats.rate),
            (2, 17, Some(6131))
        );
        let [first, second] = stats.entries.0.as_slice() else {
            panic!()
        };
        assert_eq!(
            (first.count.count, first.pid, &*first.comm),
            (18, 1947, &b"a, b (c)"[..])
        );
        assert_eq!(first.expire, b"tick_sched_timer");
        assert!(second.count.deferrable && !first.count.deferrable);
        let sum: u64 = stats.entries.0.iter().map(|entry| entry.count.count).sum();
        assert_eq!(sum, stats.total);
        let stats: TimerStats = law::holds(newer.as_bytes());
        assert_eq!((stats.overflow.0, stats.rate), (Some(3), None));
        law::mutants::<TimerStats>(&[old.as_bytes(), newer.as_bytes()], 10_000);
    }
}
