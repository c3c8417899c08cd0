//! `Inner`: what a view holds.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use super::{joined::Joined, machine, names::Names};
use crate::{
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
    /// Time since boot, where it is that of a copy and stands still.
    pub(super) stopped_clock: Option<Duration>,
    /// Read when first asked for.
    pub(super) drivers: OnceLock<Vec<Driver>>,
    /// Of the machine in bytes, read when first asked for.
    pub(super) memory: OnceLock<Result<u64, Missing>>,
    /// The names of the users and groups seen here.
    pub(super) users: Arc<Names>,
    pub(super) groups: Arc<Names>,
    /// The names of the same ids on the host.
    pub(super) host_users: Arc<Names>,
    pub(super) host_groups: Arc<Names>,
    pub(crate) joined: Option<Joined>,
}

impl Inner {
    /// Time since boot, of now.
    pub(crate) fn now(&self) -> Duration {
        self.stopped_clock.unwrap_or_else(sys::since_boot)
    }

    /// Reads the names of terminals, so that they are known.
    pub(crate) fn learn_drivers(&self, patience: Option<&mut Patience>) {
        self.drivers
            .get_or_init(|| read_drivers(&self.proc, patience));
    }

    /// The name of a terminal, once they were [learnt](Self::learn_drivers).
    pub(crate) fn tty(&self, number: i32) -> Option<Text> {
        crate::tty::name(number, self.drivers.get().map_or(&[], Vec::as_slice))
    }

    /// Reads how much memory the machine has, so that it is known.
    pub(crate) fn learn_memory(&self, patience: Option<&mut Patience>) {
        self.memory.get_or_init(|| {
            // A container may show another machine.
            let proc = self
                .joined
                .as_ref()
                .map_or(&self.proc, |joined| &joined.base);
            let bytes = machine::read(proc, machine_file!("meminfo"), patience);
            let bytes = bytes.map_err(|error| Missing::because_of(&error))?;
            let meminfo = kernel::Meminfo::parse(&bytes).map_err(|_| Missing::Malformed)?;
            meminfo
                .mem_total
                .checked_mul(1024)
                .ok_or(Missing::Malformed)
        });
    }

    /// The memory of the machine in bytes, once it was [learnt](Self::learn_memory).
    pub(crate) fn memory(&self) -> Result<u64, Missing> {
        self.memory.get().copied().unwrap_or(Err(Missing::None))
    }

    /// What the processes seen here are called outside, at this moment; nothing without a join.
    pub(crate) fn numbers(&self) -> Option<Numbers> {
        self.joined.as_ref().map(Joined::numbers)
    }

    /// A user that this process read, in the user namespace of what is seen here; nothing where the
    /// kernel does not tell that namespace.
    pub(crate) fn uid(&self, read: Uid) -> Option<Uid> {
        match &self.joined {
            Some(joined) => joined.uids.apply(read.get()).map(Uid::new),
            None => Some(read),
        }
    }

    pub(crate) fn users(&self) -> &Names {
        &self.users
    }

    pub(crate) fn groups(&self) -> &Names {
        &self.groups
    }

    pub(crate) fn host_users(&self) -> &Names {
        &self.host_users
    }

    pub(crate) fn host_groups(&self) -> &Names {
        &self.host_groups
    }
}

/// The facts of the machine that `proc` shows; where it does not show them, those of this one.
///
/// # Errors
///
/// The system does not tell how long a tick is, or a page.
pub(super) fn host_facts(proc: &Arc<Procfs>, patience: &mut Patience) -> crate::Result<Host> {
    let boot = if proc.is_genuine() {
        sys::boot_moment()
    } else {
        let stat = machine::read(proc, machine_file!("stat"), Some(patience)).ok();
        let stat = stat.and_then(|bytes| kernel::Stat::parse(&bytes).ok());
        stat.map_or_else(sys::boot_moment, |stat| Duration::from_secs(stat.btime))
    };
    let mut number = |path: Path<'static>| {
        let bytes = machine::read(proc, path, Some(patience)).ok()?;
        Some(Scalar::<u64>::parse(&bytes).ok()?.0)
    };
    let mut host = Host::booted(sys::ticks_per_second()?, sys::page_size()?, boot)?;
    host.last_cap = number(machine_file!("sys/kernel/cap_last_cap"))
        .and_then(|cap| u8::try_from(cap).ok())
        .unwrap_or_else(sys::last_capability);
    let mut id = |path| number(path).and_then(|id| u32::try_from(id).ok());
    host.overflow_uid = id(machine_file!("sys/kernel/overflowuid")).unwrap_or(ids::OVERFLOW_ID);
    host.overflow_gid = id(machine_file!("sys/kernel/overflowgid")).unwrap_or(ids::OVERFLOW_ID);
    Ok(host)
}

/// What terminals are called that the kernel gives no fixed number.
fn read_drivers(proc: &Arc<Procfs>, patience: Option<&mut Patience>) -> Vec<Driver> {
    let bytes = machine::read(proc, machine_file!("tty/drivers"), patience).unwrap_or_default();
    let rows = Drivers::parse(&bytes).map_or_else(|_| Vec::new(), |drivers| drivers.rows.0);
    rows.into_iter()
        .map(|row| Driver::new(row.node, row.major, row.minors.first, row.minors.last))
        .collect()
}
