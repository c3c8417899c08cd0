//! `Inner`: what a view holds.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use super::{
    clock::{Clock, why},
    host_names::HostNames,
    joined::Joined,
    machine,
    tables::Tables,
};
use crate::{
    error::is_no_such_file,
    format::{Scalar, kernel, tty::Drivers},
    host::Host,
    ids::{self, Uid},
    namespace::Numbers,
    procfs::Procfs,
    sys,
    tty::Driver,
    value::{Missing, Text},
    wait::{Path, machine_file},
    watchdog::Patience,
};

/// What a view holds.
#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) proc: Arc<Procfs>,
    pub(crate) host: Host,
    pub(super) clock: Clock,
    /// Read when first asked for.
    pub(super) drivers: OnceLock<Result<Vec<Driver>, Missing>>,
    /// Of the machine in bytes, read when first asked for.
    pub(super) memory: OnceLock<Result<u64, Missing>>,
    /// The names of users and groups on the host; without a join they are those of the listing too.
    pub(crate) host_names: Arc<HostNames>,
    pub(crate) joined: Option<Joined>,
}

impl Inner {
    /// Time since boot, of now; unknown in a copy that does not tell.
    pub(crate) fn now(&self) -> Result<Duration, Missing> {
        self.clock.now()
    }

    /// By what the time between two samples is measured, where it is `now`.
    pub(crate) fn clock_of_samples(&self, now: Option<Duration>) -> Duration {
        self.clock.of_samples(now)
    }

    /// Since the Unix epoch: when what started so many ticks after boot did; unknown in a copy that
    /// does not tell when its machine booted.
    pub(crate) fn started(&self, ticks: u64) -> Result<Duration, Missing> {
        self.clock.boot().map(|_| self.host.started(ticks))
    }

    /// Reads the names of terminals, so that they are known.
    pub(crate) fn learn_drivers(&self, patience: Option<&mut Patience>) {
        self.drivers
            .get_or_init(|| read_drivers(&self.proc, patience));
    }

    /// The name of a terminal, once they were [learnt](Self::learn_drivers); `None` for no terminal,
    /// and for one of no driver.
    pub(crate) fn tty(&self, number: i32) -> Result<Option<Text>, Missing> {
        let (drivers, why) = match self.drivers.get() {
            Some(Ok(drivers)) => (drivers.as_slice(), None),
            Some(Err(why)) => (&[][..], Some(*why)),
            None => (&[][..], None),
        };
        match (crate::tty::name(number, drivers), why) {
            // The driver may stand in what could not be read.
            (None, Some(why)) if number != 0 => Err(why),
            (name, _) => Ok(name),
        }
    }

    /// Whether the file of the names of terminals did not answer.
    pub(crate) fn are_drivers_silent(&self) -> bool {
        matches!(self.drivers.get(), Some(Err(Missing::Silent)))
    }

    /// Reads how much memory the machine has, so that it is known.
    pub(crate) fn learn_memory(&self, patience: Option<&mut Patience>) {
        self.memory.get_or_init(|| {
            // A container may show another machine.
            let proc = self
                .joined
                .as_ref()
                .map_or(&self.proc, |joined| &joined.base);
            let bytes = match machine::read(proc, machine_file!("meminfo"), patience) {
                Ok(bytes) => bytes,
                // A procfs may show processes alone (`subset=pid`); the kernel is this one.
                Err(error) if is_no_such_file(&error) && proc.is_genuine() => {
                    return self.memory_by_call().ok_or_else(|| why(&error));
                }
                Err(error) => return Err(why(&error)),
            };
            let meminfo = kernel::Meminfo::parse(&bytes).map_err(|_| Missing::Malformed)?;
            meminfo
                .mem_total
                .checked_mul(1024)
                .ok_or(Missing::Malformed)
        });
    }

    /// The memory of the machine in bytes, as the kernel tells it without a file; `None` in a copy.
    pub(crate) fn memory_by_call(&self) -> Option<u64> {
        let proc = self
            .joined
            .as_ref()
            .map_or(&self.proc, |joined| &joined.base);
        proc.is_genuine().then(sys::memory)?.ok()
    }

    /// The memory of the machine in bytes, once it was [learnt](Self::learn_memory).
    pub(crate) fn memory(&self) -> Result<u64, Missing> {
        self.memory.get().copied().unwrap_or(Err(Missing::None))
    }

    /// What the processes seen here are called outside, at this moment; nothing without a join.
    pub(crate) fn numbers(&self) -> Option<Numbers> {
        self.joined.as_ref().map(Joined::numbers)
    }

    /// A user that this process read, in the user namespace of what is seen here, or why it is
    /// unknown there.
    pub(crate) fn uid(&self, read: Uid) -> Result<Uid, Missing> {
        match &self.joined {
            Some(joined) => joined.uids.apply(read.get()).map(Uid::new),
            None => Ok(read),
        }
    }

    /// The names of the users and groups of a listing without a join, and of the host.
    pub(crate) fn host_tables(&self) -> &Tables {
        self.host_names.tables()
    }
}

/// The last capability of a kernel of which it is not known: with it only all that a mask has room
/// for would be full.
const UNKNOWN_LAST_CAP: u8 = 63;

/// The facts of the machine that `proc` shows. What a procfs leaves out is asked of its kernel, which
/// is this one; what a copy leaves out is unknown, see [`Clock`] and [`UNKNOWN_LAST_CAP`]. Ticks in a
/// second are the same on all machines but Alpha; of pages, in which a copy's memory is counted by a
/// kernel whose page size it does not tell, nothing is read in a copy.
///
/// # Errors
///
/// The system does not tell how long a tick is, or a page.
pub(super) fn host_facts(
    proc: &Arc<Procfs>,
    clock: &Clock,
    patience: &mut Patience,
) -> crate::Result<Host> {
    let mut number = |path: Path<'static>| {
        let bytes = machine::read(proc, path, Some(patience)).ok()?;
        Some(Scalar::<u64>::parse(&bytes).ok()?.0)
    };
    // Where it is unknown nothing is computed from it.
    let boot = clock.boot().unwrap_or_default();
    let mut host = Host::booted(sys::ticks_per_second()?, sys::page_size()?, boot)?;
    let last_cap = number(machine_file!("sys/kernel/cap_last_cap"));
    let last_cap = last_cap.and_then(|cap| u8::try_from(cap).ok());
    host.last_cap = match last_cap {
        Some(last) => last,
        None if proc.is_genuine() => sys::last_capability(),
        None => UNKNOWN_LAST_CAP,
    };
    let mut id = |path| number(path).and_then(|id| u32::try_from(id).ok());
    host.overflow_uid = id(machine_file!("sys/kernel/overflowuid")).unwrap_or(ids::OVERFLOW_ID);
    host.overflow_gid = id(machine_file!("sys/kernel/overflowgid")).unwrap_or(ids::OVERFLOW_ID);
    Ok(host)
}

/// What terminals are called that the kernel gives no fixed number.
fn read_drivers(
    proc: &Arc<Procfs>,
    patience: Option<&mut Patience>,
) -> Result<Vec<Driver>, Missing> {
    let bytes = machine::read(proc, machine_file!("tty/drivers"), patience);
    let bytes = bytes.map_err(|error| why(&error))?;
    let drivers = Drivers::parse(&bytes).map_err(|_| Missing::Malformed)?;
    let drivers = drivers.rows.0.into_iter();
    Ok(drivers
        .map(|row| Driver::new(row.node, row.major, row.minors.first, row.minors.last))
        .collect())
}
