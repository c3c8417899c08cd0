//! The signals of a process, by name.

use std::fmt;

use super::handle::Process;
use crate::{error::Result, value::Text};

/// A set of signals, as `status` has it: bit 0 is signal 1.
///
/// ```
/// let set = psgo::SignalSet::new(1 << 1 | 1 << 14 | 1 << 34);
/// assert_eq!(set.to_string(), "SIGINT,SIGTERM,SIGRTMIN+1");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct SignalSet(u64);

/// Those of x86, ARM and most others.
const NAMES: [&str; 31] = [
    "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2",
    "PIPE", "ALRM", "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG",
    "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS",
];

/// The first signal of real time that programs get: the C library keeps two.
const FIRST: u32 = 34;
const LAST: u32 = 64;

/// Where the names of signals of real time begin to be counted from the last.
const MIDDLE: u32 = 50;

/// SIGKILL and SIGSTOP, which nobody can block, ignore or catch.
const UNSTOPPABLE: u64 = 1 << 8 | 1 << 18;

impl SignalSet {
    /// The set of the bits in `mask`.
    #[must_use]
    #[inline]
    pub const fn new(mask: u64) -> Self {
        Self(mask)
    }

    /// The bits.
    #[must_use]
    #[inline]
    pub const fn mask(self) -> u64 {
        self.0
    }

    /// Whether no signal is in it.
    #[must_use]
    #[inline]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The signals that are not in it, but for `SIGKILL` and `SIGSTOP`.
    #[must_use]
    #[inline]
    pub const fn others(self) -> Self {
        Self(!self.0 & !UNSTOPPABLE)
    }

    /// Whether that signal is in it.
    #[must_use]
    #[inline]
    pub const fn has(self, signal: u32) -> bool {
        matches!(signal, 1..=64) && self.0 >> (signal - 1) & 1 == 1
    }

    /// The numbers of its signals.
    #[inline]
    pub fn numbers(self) -> impl Iterator<Item = u32> {
        (1..=LAST).filter(move |signal| self.has(*signal))
    }

    /// The names of its signals.
    #[inline]
    pub fn names(self) -> impl Iterator<Item = Text> {
        self.numbers().map(signal_name)
    }
}

impl fmt::Display for SignalSet {
    /// The names with `,` between; `none` if there is none.
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.write_str("none");
        }
        for (at, name) in self.names().enumerate() {
            let between = if at > 0 { "," } else { "" };
            write!(f, "{between}{name}")?;
        }
        Ok(())
    }
}

/// The name of a signal as `kill -l` has it: `SIGTERM`, `SIGRTMIN+2`, `SIGRTMAX-1`. Those that have
/// none are `SIG32` and so on.
///
/// ```
/// assert_eq!(psgo::signal_name(15).to_string(), "SIGTERM");
/// ```
#[must_use]
pub fn signal_name(signal: u32) -> Text {
    let standard = signal.checked_sub(1).and_then(|at| NAMES.get(at as usize));
    Text::from(match (signal, standard) {
        (_, Some(name)) => format!("SIG{name}"),
        (FIRST, _) => "SIGRTMIN".to_owned(),
        (LAST, _) => "SIGRTMAX".to_owned(),
        (FIRST..MIDDLE, _) => format!("SIGRTMIN+{}", signal - FIRST),
        (MIDDLE..LAST, _) => format!("SIGRTMAX-{}", LAST - signal),
        _ => format!("SIG{signal}"),
    })
}

/// The signals of a process (`status`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Signals {
    /// Sent and not delivered, to the first thread alone: `SigPnd`.
    pub pending: SignalSet,
    /// Sent and not delivered, to the process: `ShdPnd`.
    pub shared_pending: SignalSet,
    /// Blocked by the first thread: `SigBlk`.
    pub blocked: SignalSet,
    /// Ignored by the process: `SigIgn`.
    pub ignored: SignalSet,
    /// Caught by the process: `SigCgt`.
    pub caught: SignalSet,
}

impl Process {
    /// Its signals (`status`).
    ///
    /// # Errors
    ///
    /// See [`Process`].
    #[inline]
    pub fn signals(&self) -> Result<Signals> {
        let status = self.status()?;
        let set = |mask: Option<u64>, line| {
            let mask = mask.ok_or_else(|| self.untold(line))?;
            Ok::<_, crate::Error>(SignalSet::new(mask))
        };
        Ok(Signals {
            pending: set(status.sig_pnd, "SigPnd")?,
            shared_pending: set(status.shd_pnd, "ShdPnd")?,
            blocked: set(status.sig_blk, "SigBlk")?,
            ignored: set(status.sig_ign, "SigIgn")?,
            caught: set(status.sig_cgt, "SigCgt")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn names_are_those_of_kill() {
        // That of bash: others know no signals of real time.
        let said = Command::new("bash").args(["-c", "kill -l"]).output();
        let said = String::from_utf8(said.unwrap().stdout).unwrap();
        let words: Vec<_> = said.split_whitespace().collect();
        let mut compared = 0;
        for pair in words.chunks(2) {
            let number: u32 = pair[0].trim_end_matches(')').parse().unwrap();
            assert_eq!(signal_name(number).to_string(), pair[1]);
            compared += 1;
        }
        assert_eq!(compared, 62);
        assert_eq!(signal_name(32).to_string(), "SIG32");
        assert_eq!(signal_name(0).to_string(), "SIG0");
        assert_eq!(signal_name(u32::MAX).to_string(), "SIG4294967295");
    }

    #[test]
    fn what_nobody_can_block_is_not_missing() {
        let all = SignalSet::new(!UNSTOPPABLE);
        assert!(all.others().is_empty());
        assert_eq!(all.numbers().count(), 62);
        let but_one = SignalSet::new(!(1 << 14));
        assert_eq!(but_one.others().to_string(), "SIGTERM");
        assert!(but_one.has(1) && !but_one.has(15) && !but_one.has(0) && !but_one.has(65));
        assert_eq!(SignalSet::default().to_string(), "none");
    }
}
