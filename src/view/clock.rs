//! `Clock`: the time since boot, and the moment of boot, of the machine that a view shows.

use std::{sync::Arc, time::Duration};

use super::machine;
use crate::{
    error::is_no_such_file,
    format::kernel,
    procfs::Procfs,
    sys,
    value::Missing,
    wait::{Path, machine_file},
    watchdog::Patience,
};

/// The clock of the machine whose `/proc` is read.
///
/// A procfs of this kernel, whatever it leaves out, shows times in the reader's time namespace, as
/// `CLOCK_BOOTTIME` has it. A copy is of any machine: only its own files say what time it was there.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clock {
    now: Now,
    /// Since the Unix epoch.
    boot: Result<Duration, Missing>,
}

#[derive(Debug, Clone, Copy)]
enum Now {
    /// It is that of this machine.
    Running,
    /// It stood still when the copy was made.
    Stopped(Duration),
    Unknown(Missing),
}

impl Clock {
    pub(super) fn of(proc: &Arc<Procfs>, patience: &mut Patience) -> Self {
        if proc.is_genuine() {
            return Self {
                now: Now::Running,
                boot: Ok(sys::boot_moment()),
            };
        }
        let uptime = parsed(proc, machine_file!("uptime"), patience, |bytes| {
            Some(kernel::Uptime::parse(bytes).ok()?.since_boot())
        });
        let boot = parsed(proc, machine_file!("stat"), patience, |bytes| {
            Some(Duration::from_secs(kernel::Stat::parse(bytes).ok()?.btime))
        });
        Self {
            now: uptime.map_or_else(Now::Unknown, Now::Stopped),
            boot,
        }
    }

    /// Time since boot, of now.
    pub(super) fn now(&self) -> Result<Duration, Missing> {
        match self.now {
            Now::Running => Ok(sys::since_boot()),
            Now::Stopped(at) => Ok(at),
            Now::Unknown(why) => Err(why),
        }
    }

    /// By what the time between two samples is measured: the clock of this machine, whatever is read.
    /// `now` is what [`now`](Self::now) said.
    pub(super) fn of_samples(&self, now: Option<Duration>) -> Duration {
        match (self.now, now) {
            (Now::Running, Some(now)) => now,
            _ => sys::since_boot(),
        }
    }

    /// The moment of boot, since the Unix epoch.
    pub(super) fn boot(&self) -> Result<Duration, Missing> {
        self.boot
    }
}

/// What a file of a copy says, or why it says nothing.
fn parsed<T>(
    proc: &Arc<Procfs>,
    path: Path<'static>,
    patience: &mut Patience,
    parse: impl FnOnce(&[u8]) -> Option<T>,
) -> Result<T, Missing> {
    let bytes = machine::read(proc, path, Some(patience));
    let bytes = bytes.map_err(|error| why(&error))?;
    parse(&bytes).ok_or(Missing::Malformed)
}

/// Why what a file of the machine says is unknown.
pub(super) fn why(error: &std::io::Error) -> Missing {
    if is_no_such_file(error) {
        Missing::Unsupported
    } else {
        Missing::because_of(error)
    }
}
