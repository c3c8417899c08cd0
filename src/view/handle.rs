//! `View`: a `/proc` to read, and what belongs to it.

use std::{
    path::Path,
    sync::{Arc, OnceLock},
    time::{Duration, SystemTime},
};

use super::{
    inner::{Inner, host_facts},
    joined::Joined,
    machine,
    names::{Kind, Names},
    source::ProcSource,
};
use crate::{
    error::Result,
    format::{kernel, pid::Stat},
    ids::Pid,
    procfs::Procfs,
    value::Time,
    wait::{machine_file, process_file},
    watchdog::Patience,
};

/// A `/proc` to read, with the facts, names and ids that belong to it: of this host, of a container,
/// or of a copy.
///
/// Cloning is cheap. Views share nothing that they learnt: a container's names and ids are dropped
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
    pub(super) Duration,
);

/// How long to wait for the file of the zone, where no time-out is given.
const FOR_THE_ZONE: Duration = Duration::from_millis(500);

/// How long to wait for what does not answer, by default.
pub(super) const TIMEOUT: Duration = Duration::from_secs(2);

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
    /// let table = psgo::Query::new(["pid", "user"])?.view(view).table()?;
    /// # Ok::<(), psgo::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// What kept it from being opened.
    pub fn at(proc: impl AsRef<Path>) -> Result<Self> {
        let proc = Arc::new(Procfs::open(proc.as_ref())?);
        let mut patience = Patience::new(TIMEOUT);
        let stopped_clock = if proc.is_genuine() {
            None
        } else {
            let uptime = machine::read(&proc, machine_file!("uptime"), Some(&mut patience)).ok();
            uptime.and_then(|bytes| Some(kernel::Uptime::parse(&bytes).ok()?.since_boot()))
        };
        let users = Arc::new(Names::of_host(Kind::User));
        let groups = Arc::new(Names::of_host(Kind::Group));
        let inner = Inner {
            host: host_facts(&proc, &mut patience)?,
            stopped_clock,
            drivers: OnceLock::new(),
            memory: OnceLock::new(),
            proc,
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
        let stat = proc
            .is_genuine()
            .then(|| proc.read(&process_file!("stat").of_self()).ok())?;
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

/// A moment in the local zone, or in UTC if the file of the zone does not answer; `None` for one that
/// [`Time::new`] refuses.
#[must_use]
pub fn local_time(at: SystemTime) -> Option<Time> {
    let since = at.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    let seconds = i64::try_from(since.as_secs()).ok()?;
    machine::learn_zone(&mut Patience::new(FOR_THE_ZONE));
    let (offset, zone) = machine::local_zone(seconds);
    Time::new(seconds, since.subsec_nanos(), offset, &zone)
}
