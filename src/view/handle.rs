//! `View`: a `/proc` to read, and what belongs to it.

use std::{
    path::Path,
    sync::{Arc, OnceLock},
    time::{Duration, SystemTime},
};

use super::{
    clock::Clock,
    host_names::HostNames,
    inner::{Inner, host_facts},
    joined::Joined,
    machine,
    source::ProcSource,
};
use crate::{
    error::Result, format::pid::Stat, ids::Pid, procfs::Procfs, runtimes::Config, value::Time,
    wait::process_file, watchdog::Patience,
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
    /// What is known of runtimes of containers.
    pub(super) Config,
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
    /// It is trusted as the host's own is. Users and groups are named by passwd and group in the mount
    /// namespace of its first process, see [`Outcome::unnamed`](crate::Outcome::unnamed). In a copy,
    /// whose files are the copier's, users and groups come from `status` and have no names, and times
    /// come from its `stat` and `uptime`: what it does not tell is unknown.
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
        let path = proc.as_ref();
        let proc = Arc::new(Procfs::open(path)?);
        let mut patience = Patience::new(TIMEOUT);
        let clock = Clock::of(&proc, &mut patience);
        let is_own = path == Path::new("/proc");
        let inner = Inner {
            host: host_facts(&proc, &clock, &mut patience)?,
            clock,
            drivers: OnceLock::new(),
            memory: OnceLock::new(),
            host_names: Arc::new(HostNames::of(&proc, is_own)),
            proc,
            joined: None,
        };
        Ok(Self(Arc::new(inner), TIMEOUT, Config::default()))
    }

    /// Whether it reads a copy of a `/proc`, which may lack what its kernel told.
    #[must_use]
    pub fn is_copy(&self) -> bool {
        !self.0.proc.is_genuine()
    }

    /// Whether its processes can be listed.
    ///
    /// # Errors
    ///
    /// [`Absent`](crate::ErrorKind::Absent) if the directory given to [`at`](Self::at) is neither a
    /// procfs nor a copy of one with a process in it; what kept it from being listed.
    pub fn check(&self) -> Result<()> {
        if self.0.proc.is_genuine() {
            return Ok(());
        }
        self.0.proc.pids().map(drop)
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

    /// Whether the container that was joined has ended: the process through which it was joined has
    /// been reaped, and no other process is left of its PID namespace. With the PID namespace from
    /// which it was joined, the process alone decides. `false` without a join.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        let joined = self.0.joined.as_ref();
        joined.is_some_and(|joined| match self.within() {
            None => joined.has_ended(&self.0.proc),
            // Others of its PID namespace are of no interest.
            Some(_) => joined.target.has_been_reaped(),
        })
    }

    /// What this very process is called here; nothing where it is not seen, in a copy, and where
    /// some containers of a PID namespace are shown alone.
    ///
    /// ```
    /// let me = psgo::View::host()?.this_process();
    /// assert_eq!(me, Some(psgo::Pid::new(std::process::id())));
    /// # Ok::<(), psgo::Error>(())
    /// ```
    #[must_use]
    pub fn this_process(&self) -> Option<Pid> {
        if self.within().is_some() {
            return None;
        }
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
