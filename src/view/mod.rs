//! `View`: where one looks from. A `/proc` to read, and the facts, names and numbers that go
//! with it.

mod files;
mod join;
#[cfg(any(test, feature = "records"))]
mod named;
mod names;
mod place;
mod target;

use std::{
    path::Path,
    sync::{Arc, OnceLock},
    time::{Duration, SystemTime},
};

pub use join::{Join, JoinOptions, JoinedContainer, JoinedViews, ProcChoice, ProcSource};
#[cfg(any(test, feature = "records"))]
pub use named::ProcFile;
pub use target::Target;

pub(crate) use join::Joined;
use names::{Kind, Names};

use crate::{
    error::{Error, Result},
    format::{Scalar, kernel, pid::Stat, tty::Drivers},
    host::Host,
    ids::{self, Pid, Uid},
    namespace::Numbers,
    procfs::Procfs,
    sys,
    tty::Driver,
    value::{Text, Time},
};

/// Where one looks from: a `/proc` to read, and the facts, names and numbers that go with it.
///
/// Cloning is cheap. Nothing of one view is kept for another: a container's names and numbers end
/// with its view.
///
/// ```
/// let view = psgo::View::host()?;
/// assert!(view.target().is_none());
/// # Ok::<(), psgo::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct View(
    pub(crate) Arc<Inner>,
    /// How long to wait for a file.
    Duration,
);

/// How long to wait for what does not answer, unless told.
const TIMEOUT: Duration = Duration::from_secs(2);

/// A process or a container that was left out.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Skipped {
    /// Its pid, as it was asked for or listed.
    pub pid: Pid,
    /// The pid through which its container was joined.
    pub via: Option<Pid>,
    /// Whether the caller asked for this very pid.
    pub named: bool,
    /// Why.
    pub error: Error,
}

/// An object of `pid`, `via`, `named`, `kind` and the text of the `error`.
#[cfg(feature = "serde")]
impl serde::Serialize for Skipped {
    fn serialize<S: serde::Serializer>(
        &self,
        serializer: S,
    ) -> std::result::Result<S::Ok, S::Error> {
        use serde::ser::SerializeMap as _;

        let mut map = serializer.serialize_map(Some(5))?;
        map.serialize_entry("pid", &self.pid)?;
        map.serialize_entry("via", &self.via)?;
        map.serialize_entry("named", &self.named)?;
        map.serialize_entry("kind", self.error.kind().as_str())?;
        map.serialize_entry("error", &self.error.to_string())?;
        map.end()
    }
}

impl Skipped {
    /// `pid`, that was asked for.
    pub(crate) fn named(pid: Pid, via: Option<Pid>, error: Error) -> Self {
        Self {
            pid,
            via,
            named: true,
            error,
        }
    }
}

/// What a view holds.
#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) proc: Arc<Procfs>,
    pub(crate) host: Host,
    /// Time since boot, where it is that of a copy and stands still.
    stopped_clock: Option<Duration>,
    /// Read when first asked for.
    drivers: OnceLock<Vec<Driver>>,
    /// Of the machine in bytes, read when first asked for.
    memory: OnceLock<Option<u64>>,
    /// The names of those who run here.
    users: Arc<Names>,
    groups: Arc<Names>,
    /// The names of the same ids on the host.
    host_users: Arc<Names>,
    host_groups: Arc<Names>,
    pub(crate) joined: Option<Joined>,
}

impl View {
    /// This host, by its `/proc`.
    ///
    /// # Errors
    ///
    /// What kept `/proc` from being opened.
    pub fn host() -> Result<Self> {
        Self::at("/proc")
    }

    /// Another proc directory: `/host/proc` of a pod, or a copy of one.
    ///
    /// It is trusted as the host's own is. In a copy, whose files are the copier's, users and
    /// groups come from `status`, and times from its `stat` and `uptime`.
    ///
    /// ```no_run
    /// let view = psgo::View::at("/host/proc")?;
    /// let table = psgo::Query::new(&["pid", "user"])?.view(view).table()?;
    /// # Ok::<(), psgo::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// What kept it from being opened.
    pub fn at(proc: impl AsRef<Path>) -> Result<Self> {
        let proc = Procfs::open(proc.as_ref())?;
        let stopped_clock = if proc.is_genuine() {
            None
        } else {
            let uptime = proc.read("uptime").ok();
            uptime.and_then(|bytes| Some(kernel::Uptime::parse(&bytes).ok()?.since_boot()))
        };
        let users = Arc::new(Names::of_host(Kind::User));
        let groups = Arc::new(Names::of_host(Kind::Group));
        let inner = Inner {
            host: host_facts(&proc)?,
            stopped_clock,
            drivers: OnceLock::new(),
            memory: OnceLock::new(),
            proc: Arc::new(proc),
            host_users: Arc::clone(&users),
            host_groups: Arc::clone(&groups),
            users,
            groups,
            joined: None,
        };
        Ok(Self(Arc::new(inner), TIMEOUT))
    }

    /// How long to wait for a file.
    pub(crate) fn patience(&self) -> Duration {
        self.1
    }

    /// The pid through which a container was joined; nothing without a join.
    #[must_use]
    pub fn target(&self) -> Option<Pid> {
        self.0.joined.as_ref().map(Joined::pid)
    }

    /// What this very process is called here; nothing where it is not seen, and in a copy.
    ///
    /// ```
    /// let me = psgo::View::host()?.this_process();
    /// assert_eq!(me, Some(psgo::Pid::new(std::process::id())));
    /// # Ok::<(), psgo::Error>(())
    /// ```
    #[must_use]
    pub fn this_process(&self) -> Option<Pid> {
        let joined = self.0.joined.as_ref();
        let proc = joined.map_or(&self.0.proc, |joined| &joined.base);
        // In a copy it is the process that copied.
        let stat = proc.is_genuine().then(|| proc.read("self/stat").ok())?;
        let pid = Pid::new(Stat::parse(&stat?).ok()?.pid);
        match joined {
            Some(joined) => joined.numbers().inside(pid),
            None => Some(pid),
        }
    }

    /// Which `/proc` the container's processes are read from; `None` without a join.
    #[must_use]
    pub fn proc_source(&self) -> Option<&ProcSource> {
        self.0.joined.as_ref().map(|joined| &joined.source)
    }
}

/// A moment in the local zone; `None` for one that [`Time::new`] refuses.
#[must_use]
pub fn local_time(at: SystemTime) -> Option<Time> {
    let since = at.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    let seconds = i64::try_from(since.as_secs()).ok()?;
    let (offset, zone) = sys::local_zone(seconds);
    Time::new(seconds, since.subsec_nanos(), offset, &zone)
}

impl Inner {
    /// Time since boot, of now.
    pub(crate) fn now(&self) -> Duration {
        self.stopped_clock.unwrap_or_else(sys::since_boot)
    }

    /// Reads the names of terminals, so that they are known.
    pub(crate) fn learn_drivers(&self) {
        self.drivers.get_or_init(|| read_drivers(&self.proc));
    }

    /// The name of a terminal, once they were [learnt](Self::learn_drivers).
    pub(crate) fn tty(&self, number: i32) -> Option<Text> {
        crate::tty::name(number, self.drivers.get().map_or(&[], Vec::as_slice))
    }

    /// Reads how much memory the machine has, so that it is known.
    pub(crate) fn learn_memory(&self) {
        self.memory.get_or_init(|| {
            // A container may show another machine.
            let proc = self
                .joined
                .as_ref()
                .map_or(&self.proc, |joined| &joined.base);
            let meminfo = kernel::Meminfo::parse(&proc.read("meminfo").ok()?).ok()?;
            meminfo.mem_total.checked_mul(1024)
        });
    }

    /// The memory of the machine in bytes, once it was [learnt](Self::learn_memory).
    pub(crate) fn memory(&self) -> Option<u64> {
        *self.memory.get()?
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
fn host_facts(proc: &Procfs) -> Result<Host> {
    let boot = if proc.is_genuine() {
        sys::boot_moment()
    } else {
        let stat = proc.read("stat").ok();
        let stat = stat.and_then(|bytes| kernel::Stat::parse(&bytes).ok());
        stat.map_or_else(sys::boot_moment, |stat| Duration::from_secs(stat.btime))
    };
    let number = |path: &str| {
        let bytes = proc.read(path).ok()?;
        Some(Scalar::<u64>::parse(&bytes).ok()?.0)
    };
    let id = |path| number(path).and_then(|id| u32::try_from(id).ok());
    let mut host = Host::booted(sys::ticks_per_second()?, sys::page_size()?, boot)?;
    host.last_cap = number("sys/kernel/cap_last_cap")
        .and_then(|cap| u8::try_from(cap).ok())
        .unwrap_or_else(sys::last_capability);
    host.overflow_uid = id("sys/kernel/overflowuid").unwrap_or(ids::OVERFLOW_ID);
    host.overflow_gid = id("sys/kernel/overflowgid").unwrap_or(ids::OVERFLOW_ID);
    Ok(host)
}

/// What terminals are called that the kernel gives no fixed number.
fn read_drivers(proc: &Procfs) -> Vec<Driver> {
    let bytes = proc.read("tty/drivers").unwrap_or_default();
    let rows = Drivers::parse(&bytes).map_or_else(|_| Vec::new(), |drivers| drivers.rows.0);
    rows.into_iter()
        .map(|row| Driver::new(row.node, row.major, row.minors.first, row.minors.last))
        .collect()
}
