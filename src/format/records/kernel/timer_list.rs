//! `/proc/timer_list`: the timers of the kernel, and the devices that wake it.

use crate::{
    format::{Cursor, Field, Labels, Maybe, ParseError, Pointer, Spec, record},
    value::Value,
};

record! {
    /// The timers that run in the kernel, and the devices that wake it.
    ///
    /// `/proc/timer_list` (`timer_list_show`), for root alone; versions 0.6 to 0.10 are known.
    pub struct TimerList: "timer_list" {
        /// The version of the format: `v0.10`.
        version: Vec<u8> = "Timer List Version: %s\n",
        /// How many clocks each CPU has.
        max_clock_bases: u32 = "HRTIMER_MAX_CLOCK_BASES: %d\n",
        /// Now, in nanoseconds of the monotonic clock.
        now: i64 = "now at %d nsecs\n",
        /// Empty lines.
        blank: Blank = "%r",
        /// The timers of each CPU.
        cpus: Vec<TimerCpu> = "{cpu: %r}",
        /// The devices that wake the kernel.
        devices: Vec<TickDevice> = "{Tick Device: mode:     %r}",
    }
}

record! {
    /// The timers of a CPU.
    pub struct TimerCpu {
        /// Its number.
        cpu: u32 = "%d\n",
        /// Its clocks.
        clocks: Vec<TimerClock> = "{ clock %r}",
        /// What was counted, times in nanoseconds: `expires_next`, `nr_events`, `idle_sleeps`.
        counters: Labels = "{  .%-15s: \n}",
        /// Now, in jiffies.
        jiffies: u64 = "jiffies: %u\n",
        /// Empty lines.
        blank: Blank = "%r",
    }
}

record! {
    /// A clock of a CPU, and the timers that run by it.
    pub struct TimerClock {
        /// Its place among those of the CPU.
        clock: u32 = "%d:\n",
        /// Its address in the kernel.
        base: Pointer = "  .base:       %r\n",
        /// What it is: `resolution` and `offset` in nanoseconds.
        properties: Labels = "{  .%11s: \n}",
        /// The timers, the next one first.
        timers: Vec<HrTimer> = "active timers:\n{ #%r}",
    }
}

record! {
    /// A timer of high resolution.
    pub struct HrTimer {
        /// Its place in the queue.
        index: u32 = "%d: <",
        /// Its address in the kernel.
        pointer: Pointer = "%r>, ",
        /// The function that will be called.
        function: Vec<u8> = "%s, S:",
        /// State: 1 is queued.
        state: u32 = "%02x",
        /// The function that started it, and its process's name and pid. Up to 4.10.
        started: Option<Vec<u8>> = ", %s",
        /// When it may be called at first, in nanoseconds of its clock.
        soft_expires: u64 = "\n # expires at %u-",
        /// When it has to be called, in nanoseconds of its clock.
        expires: u64 = "%u nsecs [in ",
        /// How far that first moment is from now, in nanoseconds.
        soft_left: i64 = "%d to ",
        /// How far that last moment is from now, in nanoseconds.
        left: i64 = "%d nsecs]\n",
    }
}

record! {
    /// A device that wakes the kernel.
    pub struct TickDevice {
        /// 0 ticks periodically, 1 is set for each event.
        mode: u32 = "%d\n",
        /// Whose it is: `Broadcast device`, `Per CPU device: 0`.
        role: Vec<u8> = "%s\n",
        /// Its name; `<NULL>` if there is none.
        name: Vec<u8> = "Clock Event Device: %s\n",
        /// What it is and which functions it has; times in nanoseconds.
        properties: Labels = "{ %15s: \n}",
        /// How often it had to be set again, on kernels that put an empty line before that.
        retries: Maybe<u64> = "{\n retries:        %u\n}",
        /// The device that wakes it; `<NULL>` if there is none. Since 5.18.
        wakeup: Maybe<Vec<u8>> = "{Wakeup Device: %s\n}",
        /// CPUs that it wakes, as a mask in hex.
        tick_broadcast_mask: Maybe<Vec<u8>> = "{tick_broadcast_mask: %s\n}",
        /// CPUs that it wakes once, as a mask in hex.
        tick_broadcast_oneshot_mask: Maybe<Vec<u8>> = "{tick_broadcast_oneshot_mask: %s\n}",
        /// Empty lines.
        blank: Blank = "%r",
    }
}

/// How many empty lines stand here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Blank(u32);

impl Field for Blank {
    const HIDDEN: bool = true;

    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        let mut lines = 0_u32;
        while cursor.skip(b"\n") {
            lines = lines
                .checked_add(1)
                .ok_or_else(|| cursor.error(spec.field, "too many empty lines"))?;
        }
        Ok(Self(lines))
    }

    #[inline]
    fn put(&self, _: &Spec, out: &mut Vec<u8>) {
        out.extend((0..self.0).map(|_| b'\n'));
    }

    #[inline]
    fn value(&self, _: &Spec) -> Value {
        Value::MISSING
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::law;

    const HERE: &[u8] = include_bytes!("../../../../tests/fixtures/proc/timer_list");

    #[test]
    fn timers_end_in_their_order() {
        let list: TimerList = law::holds(&std::fs::read("/proc/timer_list").unwrap());
        let stat = std::fs::read_to_string("/proc/stat").unwrap();
        let cpus = stat.lines().filter(|line| line.starts_with("cpu")).count() - 1;
        assert_eq!(list.cpus.len(), cpus);
        for clock in list.cpus.iter().flat_map(|cpu| &cpu.clocks) {
            assert!(clock.timers.is_sorted_by_key(|timer| timer.expires));
        }
        let first = &list.cpus[0].clocks[0].timers[0];
        // `now` is of the moment before, or after, the CPU was looked at.
        let distance = first.expires.cast_signed() - list.now;
        assert!((distance - first.left).abs() < 1_000_000_000);
        assert_eq!(list.cpus[0].clocks.len(), list.max_clock_bases as usize);
    }

    #[test]
    fn a_device_wakes_each_cpu() {
        let list: TimerList = law::holds(HERE);
        assert_eq!(list.version, b"v0.10");
        let [broadcast, first, _] = list.devices.as_slice() else {
            panic!()
        };
        assert_eq!(broadcast.tick_broadcast_mask.as_deref(), Some(&b"0"[..]));
        assert_eq!(
            (&*first.role, &*first.name),
            (&b"Per CPU device: 0"[..], &b"lapic-deadline"[..])
        );
        assert_eq!(first.properties.number("shift"), Some(25));
        assert!(first.retries.is_some());
        let cpu = list.cpus[1].fields();
        assert_eq!(cpu.find("hres_active"), Some(&Value::Int(1)));
    }

    #[test]
    fn older_kernels_say_who_started_a_timer() {
        // Made by hand after the form of Linux 3.2.
        let old = "Timer List Version: v0.6\nHRTIMER_MAX_CLOCK_BASES: 3\nnow at 5000 nsecs\n\ncpu: 0\n clock 0:\n  .base:       ffff88011fc0d8a0\n  .index:      0\n  .resolution: 1 nsecs\n  .get_time:   ktime_get\n  .offset:     0 nsecs\nactive timers:\n #0: <ffff88011fc0d9c0>, tick_sched_timer, S:01, hrtimer_start_range_ns, swapper/0/0\n # expires at 6000-6000 nsecs [in 1000 to 1000 nsecs]\n  .expires_next   : 6000 nsecs\n  .hres_active    : 1\njiffies: 4294967000\n\n\nTick Device: mode:     1\nBroadcast device\nClock Event Device: hpet\n max_delta_ns:   149983013276\n set_mode:       hpet_legacy_set_mode\n event_handler:  tick_handle_oneshot_broadcast\n retries:        0\ntick_broadcast_mask: 00000000\ntick_broadcast_oneshot_mask: 00000000\n\n\n";
        let list: TimerList = law::holds(old.as_bytes());
        let clock = &list.cpus[0].clocks[0];
        assert_eq!(
            clock.timers[0].started.as_deref(),
            Some(&b"hrtimer_start_range_ns, swapper/0/0"[..])
        );
        assert_eq!(
            clock.fields().find("get_time"),
            Some(&Value::text("ktime_get"))
        );
        assert_eq!(list.devices[0].properties.number("retries"), Some(0));
        law::mutants::<TimerList>(&[old.as_bytes(), HERE], 5_000);
    }
}
