//! `/proc/PID/timers`: the POSIX timers of a process.

use crate::{
    format::{Cursor, Field, Maybe, ParseError, Pointer, Rows, Spec, named, record},
    value::Value,
};

record! {
    /// The POSIX timers of a process (`timer_create`).
    ///
    /// `/proc/PID/timers` (`show_timer`), since 3.10, where the kernel can checkpoint
    /// (`CONFIG_CHECKPOINT_RESTORE`). Timers of `alarm` and `setitimer` are not among them.
    pub struct Timers: "timers" {
        /// The timers.
        rows: Rows<Timer> = "{%r}",
    }
}

record! {
    /// One timer.
    #[derive(Copy)]
    pub struct Timer {
        /// Its id in the process.
        id: i32 = "ID: %d\n",
        /// The signal that it sends.
        signal: u32 = "signal: %u/",
        /// What it gives along (`sigev_value`).
        sigev_value: SigevValue = "%r\n",
        /// How it tells that it has expired.
        notify: Notify = "notify: %r/",
        /// To whom.
        target: NotifyTarget = "%r.",
        /// Id of that process or thread.
        target_id: i32 = "%d\n",
        /// By which clock it runs. Not on the first kernels.
        clock_id: Maybe<ClockId> = "{ClockID: %d\n}",
    }
}

named! {
    /// A clock (`clock_gettime`); negative ones are those of processes, threads and devices.
    pub struct ClockId(i32) {
        0 = "CLOCK_REALTIME",
        1 = "CLOCK_MONOTONIC",
        2 = "CLOCK_PROCESS_CPUTIME_ID",
        3 = "CLOCK_THREAD_CPUTIME_ID",
        4 = "CLOCK_MONOTONIC_RAW",
        5 = "CLOCK_REALTIME_COARSE",
        6 = "CLOCK_MONOTONIC_COARSE",
        7 = "CLOCK_BOOTTIME",
        8 = "CLOCK_REALTIME_ALARM",
        9 = "CLOCK_BOOTTIME_ALARM",
        11 = "CLOCK_TAI",
    }
}

impl crate::format::Item for ClockId {}

/// A word out of a few, by its place among them.
macro_rules! words {
    ($(#[$meta:meta])* pub enum $name:ident { $(#[$first:meta])* $one:ident = $text:literal,
        $($(#[$other:meta])* $two:ident = $more:literal,)* }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
        pub enum $name {
            $(#[$first])*
            #[default]
            $one,
            $($(#[$other])* $two,)*
        }

        impl $name {
            const ALL: &[(Self, &str)] = &[(Self::$one, $text), $((Self::$two, $more),)*];

            /// The kernel's word.
            #[must_use]
            pub fn word(self) -> &'static str {
                let word = Self::ALL.iter().find(|(other, _)| *other == self);
                word.map_or("", |(_, word)| word)
            }
        }

        impl Field for $name {
            #[inline]
            fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
                let word = Self::ALL.iter().find(|(_, word)| cursor.skip(word.as_bytes()));
                word.map(|(this, _)| *this)
                    .ok_or_else(|| cursor.error(spec.field, "not a word of the kernel's"))
            }

            #[inline]
            fn put(&self, _: &Spec, out: &mut Vec<u8>) {
                out.extend_from_slice(self.word().as_bytes());
            }

            #[inline]
            fn value(&self, _: &Spec) -> Value {
                Value::text(self.word())
            }
        }
    };
}

words! {
    /// How a timer tells that it has expired (`sigev_notify`).
    pub enum Notify {
        /// By a signal (`SIGEV_SIGNAL`).
        Signal = "signal",
        /// Not at all (`SIGEV_NONE`).
        None = "none",
        /// By a function on a thread, which the C library starts (`SIGEV_THREAD`).
        Thread = "thread",
    }
}

words! {
    /// To whom a timer's signal goes.
    pub enum NotifyTarget {
        /// To the process.
        Process = "pid",
        /// To one thread (`SIGEV_THREAD_ID`).
        Thread = "tid",
    }
}

/// What a timer gives along with its signal: a pointer, or a number in its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SigevValue(Option<Pointer>);

/// How kernels before 4.15 print a pointer that is null.
const NULL: &[u8] = b"          (null)";

impl SigevValue {
    /// The value, all bits of it.
    #[must_use]
    pub fn bits(self) -> u64 {
        self.0.map_or(0, Pointer::address)
    }
}

impl Field for SigevValue {
    #[inline]
    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        if cursor.skip(NULL) {
            return Ok(Self(None));
        }
        Pointer::take(cursor, spec).map(|value| Self(Some(value)))
    }

    #[inline]
    fn put(&self, spec: &Spec, out: &mut Vec<u8>) {
        match self.0 {
            Some(value) => value.put(spec, out),
            None => out.extend_from_slice(NULL),
        }
    }

    #[inline]
    fn value(&self, _: &Spec) -> Value {
        Value::text(format!("{:#x}", self.bits()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::law;

    /// A process with two timers: `timer_create` with the values 5 and a pointer.
    const FILE: &[u8] = include_bytes!("../../../tests/fixtures/proc/timers");

    #[test]
    fn a_timer_has_its_clock_and_its_target() {
        let timers: Timers = law::holds(FILE);
        let [silent, signal] = &timers.rows[..] else {
            panic!("{timers:?}");
        };
        assert_eq!((signal.id, signal.signal), (0, 34));
        assert_eq!(signal.sigev_value.bits(), 0x1234_5678_9abc);
        assert_eq!(
            (signal.notify, signal.target),
            (Notify::Signal, NotifyTarget::Thread)
        );
        assert_eq!(
            signal.clock_id.and_then(ClockId::name),
            Some("CLOCK_MONOTONIC")
        );
        assert_eq!(
            (silent.notify, silent.target),
            (Notify::None, NotifyTarget::Process)
        );
        assert_eq!(signal.target_id, silent.target_id);
        let fields = silent.fields();
        assert_eq!(
            fields.find("clock_id"),
            Some(&Value::text("CLOCK_REALTIME"))
        );
        assert_eq!(fields.find("clock_id_raw"), Some(&Value::Int(0)));
    }

    /// Made by hand after the form of Linux 3.10 and 4.4.
    #[test]
    fn timers_of_other_kernels_are_known() {
        let old: Timers = law::holds(
            b"ID: 3\nsignal: 14/          (null)\nnotify: thread/pid.7\nClockID: -6\n\
            ID: 4\nsignal: 14/0000000000000001\nnotify: signal/pid.7\n",
        );
        assert_eq!(old.rows[0].sigev_value.bits(), 0);
        assert_eq!(old.rows[0].clock_id.and_then(ClockId::name), None);
        assert_eq!(*old.rows[1].clock_id, None);
    }

    #[test]
    fn mutants_fail_or_come_back() {
        law::mutants::<Timers>(&[FILE], 3_000);
    }

    #[test]
    fn every_process_here_is_understood() {
        for file in law::live("timers") {
            law::holds::<Timers>(&file);
        }
    }
}
