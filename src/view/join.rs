//! Joining a container: which `/proc` shows it, whose names and ids are right in it.

use std::{
    fmt, io,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    sync::Arc,
    time::Duration,
};

use super::{Inner, Skipped, View, names::Kind};
use crate::{
    error::{Error, ErrorKind, Result},
    format::pid::UidMap,
    ids::{IdMap, IdMaps, Pid},
    namespace::{self, Numbers, Target, Translator},
    procfs::Procfs,
    watchdog::Patience,
};

/// How a container is joined.
///
/// ```
/// let mut options = psgo::JoinOptions::default();
/// options.fill_mappings = true;
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct JoinOptions {
    /// What the user ids of this process's user namespace are called on the host: `container_id`
    /// here, `host_id` there. Empty if this process runs in the host's own.
    pub uid_map: Vec<IdMap>,
    /// The same for groups.
    pub gid_map: Vec<IdMap>,
    /// Takes both maps from `/proc/self/uid_map` and `gid_map`: right where this process runs one
    /// user namespace below the host's, as in `podman unshare`.
    pub fill_mappings: bool,
    /// How long to wait for a container that does not answer, in all.
    pub timeout: Duration,
    /// By which `/proc` its processes are read.
    pub through: Through,
}

/// By which `/proc` the processes of a container are read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Through {
    /// By the container's own if it can be trusted, else by the host's. The rows are the same;
    /// its own costs what the container is large, the host's what the host is.
    #[default]
    Either,
    /// By the container's own alone.
    Container,
    /// By the host's alone: nothing of the container is opened but its files of names.
    Host,
}

impl Default for JoinOptions {
    fn default() -> Self {
        Self {
            uid_map: Vec::new(),
            gid_map: Vec::new(),
            fill_mappings: false,
            timeout: super::TIMEOUT,
            through: Through::Either,
        }
    }
}

/// A process to join: by its number, or by what cannot come to mean another.
///
/// ```
/// use psgo::{ErrorKind, JoinOptions, Pid, PidOrFd, View, format::{Record, pid::Stat}};
///
/// let pid = Pid::new(std::process::id());
/// // When this process is chosen, its start is remembered with its number.
/// let start = Stat::parse(&std::fs::read("/proc/self/stat")?).unwrap().starttime;
///
/// let mine = PidOrFd::Started { pid, start };
/// assert_eq!(View::inside(mine)?.target(), Some(pid));
/// let another = PidOrFd::Started { pid, start: start + 1 };
/// assert_eq!(View::inside(another).unwrap_err().kind(), ErrorKind::Gone);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum PidOrFd<'a> {
    /// Its number in the `/proc` of the view.
    Pid(Pid),
    /// Its number, and the time at which it started: if a process with that number started at
    /// another time, it is another, and the one that is meant is [gone](ErrorKind::Gone).
    ///
    /// For who remembered both and holds no pidfd. Two that started within the same tick, a
    /// hundredth of a second, are not told apart.
    Started {
        /// Its number in the `/proc` of the view.
        pid: Pid,
        /// In ticks since boot, as the 22nd field of `/proc/PID/stat` has it
        /// ([`Stat::starttime`](crate::format::pid::Stat::starttime)).
        start: u64,
    },
    /// A descriptor from `pidfd_open` or `clone`.
    Fd(BorrowedFd<'a>),
}

impl From<Pid> for PidOrFd<'_> {
    fn from(pid: Pid) -> Self {
        Self::Pid(pid)
    }
}

impl<'a> From<BorrowedFd<'a>> for PidOrFd<'a> {
    fn from(pidfd: BorrowedFd<'a>) -> Self {
        Self::Fd(pidfd)
    }
}

impl<'a> From<&'a OwnedFd> for PidOrFd<'a> {
    fn from(pidfd: &'a OwnedFd) -> Self {
        Self::Fd(pidfd.as_fd())
    }
}

/// How the processes of a container are read.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Way {
    /// By its own `/proc`, opened inside its mount namespace.
    Entered,
    /// By its own `/proc`, opened through the root directory of the joined process; the error
    /// tells why its mount namespace was not entered.
    Root(Error),
    /// By the host's `/proc`, the processes of its PID namespace picked out; the error tells why
    /// its own was not used, unless that was not [wanted](Through::Host).
    Host(Option<Error>),
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Entered => f.write_str("its own /proc"),
            Self::Root(why) => write!(f, "its own /proc, by way of its root directory ({why})"),
            Self::Host(None) => f.write_str("the host's /proc"),
            Self::Host(Some(why)) => write!(f, "the host's /proc ({why})"),
        }
    }
}

/// A view's container.
#[derive(Debug)]
pub(crate) struct Joined {
    target: Target,
    pub(crate) way: Way,
    /// The `/proc` in which the target was found.
    pub(crate) base: Arc<Procfs>,
    /// Threads left behind while joining.
    pub(crate) left_behind: usize,
    translator: Arc<Translator>,
    /// From the ids that are read to those inside.
    pub(crate) uids: Mapping,
    pub(crate) gids: Mapping,
    /// From the ids that are read to those of the host.
    pub(crate) host_uids: Mapping,
    pub(crate) host_gids: Mapping,
}

impl Joined {
    pub(crate) fn pid(&self) -> Pid {
        self.target.pid()
    }

    pub(super) fn target(&self) -> &Target {
        &self.target
    }

    /// The root directory of the joined process.
    pub(crate) fn root(&self, patience: &mut Patience) -> io::Result<OwnedFd> {
        Ok(self.target.reach(patience)?.root)
    }

    pub(crate) fn numbers(&self) -> Numbers {
        self.translator.numbers(&self.base)
    }

    /// How many PID namespaces lie between that of the base's `/proc` and the container's.
    pub(crate) fn level(&self) -> usize {
        self.translator.level()
    }

    /// Whether the host's `/proc` is read.
    pub(crate) fn is_from_outside(&self) -> bool {
        matches!(self.way, Way::Host(_))
    }
}

/// How an id that was read is called elsewhere.
#[derive(Debug)]
pub(crate) enum Mapping {
    /// The same.
    Same,
    /// By this map of the user namespace; ids outside it are the overflow id.
    Inside(IdMaps, u32),
    /// By this map, the other way round.
    Outside(IdMaps, u32),
    /// Not known: the kernel did not tell the user namespace.
    Unknown,
}

impl Mapping {
    pub(crate) fn apply(&self, id: u32) -> Option<u32> {
        match self {
            Self::Same => Some(id),
            Self::Inside(maps, overflow) => Some(maps.to_container(id).unwrap_or(*overflow)),
            Self::Outside(maps, overflow) => Some(maps.to_host(id).unwrap_or(*overflow)),
            Self::Unknown => None,
        }
    }
}

impl View {
    /// The container in which `pid` of this view runs.
    ///
    /// A thread of its own enters the mount namespace of `pid`, opens `/proc` and the root
    /// directory there, and ends; everything is read through those two from outside. The `/proc`
    /// is believed only if it is a procfs of the PID namespace of `pid`; otherwise the processes
    /// of that namespace are picked out of this view's own `/proc`: [`way`](Self::way) tells.
    /// Users and groups are those of the user namespace of `pid`, named by its own passwd and
    /// group files.
    ///
    /// ```no_run
    /// let host = psgo::View::host()?;
    /// let view = host.join(psgo::Pid::new(5572), &psgo::JoinOptions::default())?;
    /// if let Some(way) = view.way() {
    ///     println!("read by {way}");
    /// }
    /// # Ok::<(), psgo::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Gone`] if there is no such process, or if it has ended and was not yet reaped;
    /// [`ErrorKind::Denied`] if its namespaces may not be looked at.
    pub fn join<'a>(&self, pid: impl Into<PidOrFd<'a>>, options: &JoinOptions) -> Result<Self> {
        let target = match pid.into() {
            PidOrFd::Pid(pid) => Target::hold(&self.0.proc, pid)?,
            PidOrFd::Started { pid, start } => Target::hold_started(&self.0.proc, pid, start)?,
            PidOrFd::Fd(pidfd) => Target::hold_pidfd(&self.0.proc, pidfd)?,
        };
        self.enter(target, options)
    }

    /// The containers in which `pids` run, each PID namespace once, in the order given; and the
    /// pids that could not be joined, with the reason.
    ///
    /// ```no_run
    /// let host = psgo::View::host()?;
    /// let pids = [psgo::Pid::new(5572), psgo::Pid::new(5603)];
    /// let (views, skipped) = host.join_each(&pids, &psgo::JoinOptions::default());
    /// for view in &views {
    ///     println!("{:?}: {:?}", view.target(), view.way());
    /// }
    /// for skipped in &skipped {
    ///     println!("{}: {}", skipped.pid, skipped.error);
    /// }
    /// # Ok::<(), psgo::Error>(())
    /// ```
    #[must_use]
    pub fn join_each(&self, pids: &[Pid], options: &JoinOptions) -> (Vec<Self>, Vec<Skipped>) {
        let (mut views, mut skipped): (Vec<Self>, Vec<Skipped>) = Default::default();
        for pid in pids {
            let joined = Target::hold(&self.0.proc, *pid).and_then(|target| {
                let is_known = views.iter().filter_map(|view| view.0.joined.as_ref());
                let mut links = is_known.map(|joined| joined.target.pid_link());
                if links.any(|link| link == target.pid_link()) {
                    return Ok(None);
                }
                self.enter(target, options).map(Some)
            });
            match joined {
                Ok(view) => views.extend(view),
                Err(error) => skipped.push(Skipped::named(*pid, None, error)),
            }
        }
        (views, skipped)
    }

    fn enter(&self, target: Target, options: &JoinOptions) -> Result<Self> {
        let base = &self.0;
        let mut patience = Patience::new(options.timeout);
        let (root, proc, way) = open(&target, &base.proc, options.through, &mut patience)?;
        let me = base.proc.process_self();
        let (users, groups) = if me.is_ok_and(|me| target.shares_mounts_with(&me)) {
            (Arc::clone(&base.users), Arc::clone(&base.groups))
        } else {
            let kinds = [Kind::User, Kind::Group];
            let files = root.map_or([None, None], |root| {
                namespace::read_names(root, kinds.map(Kind::file), &mut patience)
            });
            let [users, groups] = files.map(Option::unwrap_or_default);
            let users = Kind::User.parse(&users);
            (Arc::new(users), Arc::new(Kind::Group.parse(&groups)))
        };
        let (uids, gids) = inside_mappings(&target, base);
        let (host_uids, host_gids) = outside_mappings(options, base)?;
        let inner = Inner {
            proc,
            host: base.host.clone(),
            stopped_clock: base.stopped_clock,
            drivers: base.drivers.clone(),
            memory: base.memory.clone(),
            users,
            groups,
            host_users: Arc::clone(&base.host_users),
            host_groups: Arc::clone(&base.host_groups),
            joined: Some(Joined {
                way,
                base: Arc::clone(&base.proc),
                left_behind: patience.left_behind(),
                translator: Arc::new(target.translator(&base.proc)),
                target,
                uids,
                gids,
                host_uids,
                host_gids,
            }),
        };
        Ok(Self(Arc::new(inner), self.1))
    }
}

/// The root directory of the target, the `/proc` that shows its processes, and why that one.
fn open(
    target: &Target,
    base: &Arc<Procfs>,
    through: Through,
    patience: &mut Patience,
) -> Result<(Option<OwnedFd>, Arc<Procfs>, Way)> {
    let about = |error| Error::io(format!("namespaces of process {}", target.pid()), error);
    if through == Through::Host {
        let root = target.reach(patience).ok().map(|found| found.root);
        return Ok((root, Arc::clone(base), Way::Host(None)));
    }
    let (found, refused) = match target.enter(patience) {
        Ok(found) => (Ok(found), None),
        Err(error) => (target.reach(patience), Some(about(error))),
    };
    let (root, proc) = match found {
        Ok(found) => (Some(found.root), found.proc),
        Err(error) => (None, Err(error)),
    };
    let vouched = proc
        .map_err(|error| Error::io(format!("/proc of process {}", target.pid()), error))
        .and_then(|proc| target.vouch(proc, patience));
    match (vouched, refused) {
        (Ok(proc), None) => Ok((root, Arc::new(proc), Way::Entered)),
        (Ok(proc), Some(refused)) => Ok((root, Arc::new(proc), Way::Root(refused))),
        (Err(error), _) if through == Through::Container => Err(error),
        (Err(error), _) => Ok((root, Arc::clone(base), Way::Host(Some(error)))),
    }
}

/// From the ids that this process reads to those in the user namespace of `target`.
fn inside_mappings(target: &Target, base: &Inner) -> (Mapping, Mapping) {
    let mine = base.proc.process_self().and_then(|me| me.link("ns/user"));
    match (target.link("ns/user"), mine) {
        (Ok(theirs), Ok(mine)) if theirs == mine => return (Mapping::Same, Mapping::Same),
        (Ok(_), Ok(_)) => (),
        _ => return (Mapping::Unknown, Mapping::Unknown),
    }
    let mapping = |file: &str, overflow: u32| {
        let bytes = target.read(file).ok();
        match bytes.and_then(|bytes| UidMap::parse(&bytes).ok()) {
            Some(file) => Mapping::Inside(maps_of(&file), overflow),
            None => Mapping::Unknown,
        }
    };
    (
        mapping("uid_map", base.host.overflow_uid),
        mapping("gid_map", base.host.overflow_gid),
    )
}

/// From the ids that this process reads to those of the host.
fn outside_mappings(options: &JoinOptions, base: &Inner) -> Result<(Mapping, Mapping)> {
    let mapping = |given: &[IdMap], file: &str, overflow: u32| {
        if !options.fill_mappings {
            return Ok::<_, Error>(if given.is_empty() {
                Mapping::Same
            } else {
                Mapping::Outside(given.into(), overflow)
            });
        }
        let bytes = base
            .proc
            .read(file)
            .map_err(|error| base.proc.error(file, error))?;
        let file = UidMap::parse(&bytes).map_err(|error| {
            Error::new(
                ErrorKind::NotUnderstood,
                base.proc.named(file),
                error.to_string(),
            )
        })?;
        Ok(Mapping::Outside(maps_of(&file), overflow))
    };
    Ok((
        mapping(&options.uid_map, "self/uid_map", base.host.overflow_uid)?,
        mapping(&options.gid_map, "self/gid_map", base.host.overflow_gid)?,
    ))
}

fn maps_of(file: &UidMap) -> IdMaps {
    let rows = file.rows.iter();
    rows.map(|row| (row.inside, row.outside, row.count))
        .collect()
}
