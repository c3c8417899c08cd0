//! Joining a container: which `/proc` shows it, and whose names and ids are right in it.

use std::{
    io,
    sync::Arc,
    time::{Duration, Instant},
};

use super::{
    handle::{TIMEOUT, View},
    inner::Inner,
    joined::{Joined, Mapping},
    names::{Kind, Names},
    skipped::Skipped,
    source::{ProcChoice, ProcSource},
    target::Target,
};
use crate::{
    error::{Error, ErrorKind, Result},
    format::pid::UidMap,
    ids::{IdMap, IdMaps, Pid},
    namespace::HeldProcess,
    procfs::Procfs,
    reader::{Asked, Failure, deadline},
    wait::{Path as ProcPath, process_file},
    watchdog::Patience,
};

/// Options for joining a container.
///
/// [`View::join`] sets them one by one; a filled-in set is for callers that join several containers
/// alike, as [`join_namespace_and_process_info_by_pids`](crate::join_namespace_and_process_info_by_pids).
///
/// ```
/// let mut options = psgo::JoinOptions::default();
/// options.fill_mappings = true;
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct JoinOptions {
    /// User ids of this process's user namespace (`container_id`) and what they are on the host
    /// (`host_id`). Empty if this process runs in the host's user namespace.
    pub uid_map: Vec<IdMap>,
    /// The same for groups.
    pub gid_map: Vec<IdMap>,
    /// Take both maps from `/proc/self/uid_map` and `gid_map`: right where this process runs one
    /// user namespace below the host's, as in `podman unshare`.
    pub fill_mappings: bool,
    /// How long to wait for files that do not answer: while joining in all, and afterwards as the
    /// [time-out of the view](View::timeout).
    pub timeout: Duration,
    /// Which `/proc` its processes may be read from.
    pub proc: ProcChoice,
}

impl Default for JoinOptions {
    fn default() -> Self {
        Self {
            uid_map: Vec::new(),
            gid_map: Vec::new(),
            fill_mappings: false,
            timeout: TIMEOUT,
            proc: ProcChoice::Auto,
        }
    }
}

/// A join that is being prepared, see [`View::join`].
#[derive(Debug, Clone)]
#[must_use = "nothing is joined before `open`"]
pub struct Join<'a> {
    target: Target<'a>,
    base: Option<View>,
    options: JoinOptions,
}

impl Join<'_> {
    /// Finds the target in `view` instead of this host's `/proc`.
    pub fn seen_from(mut self, view: &View) -> Self {
        self.base = Some(view.clone());
        self
    }

    /// Replaces all options.
    pub fn options(mut self, options: &JoinOptions) -> Self {
        self.options = options.clone();
        self
    }

    /// See [`JoinOptions::uid_map`].
    pub fn uid_map(mut self, maps: &[IdMap]) -> Self {
        self.options.uid_map = maps.to_vec();
        self
    }

    /// See [`JoinOptions::gid_map`].
    pub fn gid_map(mut self, maps: &[IdMap]) -> Self {
        self.options.gid_map = maps.to_vec();
        self
    }

    /// See [`JoinOptions::fill_mappings`].
    pub fn fill_mappings(mut self, fill: bool) -> Self {
        self.options.fill_mappings = fill;
        self
    }

    /// See [`JoinOptions::timeout`].
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.options.timeout = timeout;
        self
    }

    /// See [`JoinOptions::proc`].
    pub fn proc(mut self, choice: ProcChoice) -> Self {
        self.options.proc = choice;
        self
    }

    /// Joins the container.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Gone`] if there is no such process, or if it has exited and was not yet reaped;
    /// [`ErrorKind::Denied`] if its namespaces may not be inspected; [`ErrorKind::TimedOut`] if it
    /// does not answer; what kept the host's `/proc` from being opened.
    pub fn open(self) -> Result<View> {
        let base = match self.base {
            Some(view) => view,
            None => View::host()?,
        };
        let proc = &base.0.proc;
        let mut time = Time::new(self.options.timeout);
        let patience = &mut time.patience;
        let held = match self.target {
            Target::Pid(pid) => HeldProcess::hold(proc, pid, patience)?,
            Target::Started { pid, start } => {
                HeldProcess::hold_started(proc, pid, start, patience)?
            }
            Target::Pidfd(pidfd) => HeldProcess::hold_pidfd(proc, pidfd, patience)?,
        };
        base.join_held(held, &self.options, &time)
    }
}

/// What [`View::join_each`] joined.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct JoinedViews {
    /// One view per PID namespace, in the order in which the pids were given.
    pub views: Vec<View>,
    /// The pids that could not be joined, and why.
    pub skipped: Vec<Skipped>,
}

impl From<View> for JoinedViews {
    fn from(view: View) -> Self {
        Self {
            views: vec![view],
            skipped: Vec::new(),
        }
    }
}

impl View {
    /// The container in which the process `target` of this host runs.
    ///
    /// Its processes are read from a procfs of their PID namespace that this process makes for
    /// itself, or, where the kernel cannot make one, selected from the host's `/proc`:
    /// [`proc_source`](Self::proc_source) says which. The `/proc` that the container has mounted is
    /// not read. Users and groups are those of the target's user namespace, named by the
    /// container's passwd and group files. These are read by a small separate process, which enters
    /// the mount namespace of the target: no thread of this process does, and none can be held there.
    ///
    /// ```no_run
    /// use std::time::Duration;
    /// use psgo::{Pid, Query, View};
    ///
    /// let view = View::join(Pid::new(5572)).timeout(Duration::from_secs(1)).open()?;
    /// let table = Query::new(["pid", "hpid", "args"])?.view(view).table()?;
    /// # Ok::<(), psgo::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// None before [`Join::open`].
    pub fn join<'a>(target: impl Into<Target<'a>>) -> Join<'a> {
        Join {
            target: target.into(),
            base: None,
            options: JoinOptions::default(),
        }
    }

    /// The containers in which the processes `pids` of this view run, each PID namespace once: the
    /// first pid of it is joined.
    ///
    /// ```no_run
    /// let host = psgo::View::host()?;
    /// let pids = [psgo::Pid::new(5572), psgo::Pid::new(5603)];
    /// let joined = host.join_each(&pids, &psgo::JoinOptions::default());
    /// for view in &joined.views {
    ///     println!("{:?}: {:?}", view.target(), view.proc_source());
    /// }
    /// for skipped in &joined.skipped {
    ///     println!("{}: {}", skipped.pid, skipped.error);
    /// }
    /// # Ok::<(), psgo::Error>(())
    /// ```
    #[must_use]
    pub fn join_each(&self, pids: &[Pid], options: &JoinOptions) -> JoinedViews {
        let mut all = JoinedViews::default();
        for pid in pids {
            let mut time = Time::new(options.timeout);
            let held = HeldProcess::hold(&self.0.proc, *pid, &mut time.patience);
            let joined = held.and_then(|target| {
                let is_known = all.views.iter().filter_map(|view| view.0.joined.as_ref());
                let mut links = is_known.map(|joined| joined.target.pid_link());
                if links.any(|link| link == target.pid_link()) {
                    return Ok(None);
                }
                self.join_held(target, options, &time).map(Some)
            });
            match joined {
                Ok(view) => all.views.extend(view),
                Err(error) => all.skipped.push(Skipped::named(*pid, None, error)),
            }
        }
        all
    }

    fn join_held(&self, target: HeldProcess, options: &JoinOptions, time: &Time) -> Result<Self> {
        let base = &self.0;
        let me = base.proc.process_self();
        let is_own = me.is_ok_and(|me| target.shares_mounts_with(&me));
        // The joiner works while the /proc is made.
        let asked = (!is_own).then(|| target.ask_for_names());
        let (proc, source) = open(&target, &base.proc, options.proc)?;
        let (named, left_behind) = match asked {
            None => (Named::same_as(base), 0),
            Some(asked) => named(&target, asked, time),
        };
        let (uids, gids) = inside_mappings(&target, base);
        let (host_uids, host_gids) = outside_mappings(options, base)?;
        let inner = Inner {
            proc,
            host: base.host.clone(),
            stopped_clock: base.stopped_clock,
            drivers: base.drivers.clone(),
            memory: base.memory.clone(),
            users: named.users,
            groups: named.groups,
            host_users: Arc::clone(&base.host_users),
            host_groups: Arc::clone(&base.host_groups),
            joined: Some(Joined {
                source,
                base: Arc::clone(&base.proc),
                left_behind: left_behind + time.patience.left_behind(),
                unnamed: named.error,
                translator: Arc::new(target.translator(&base.proc)),
                target,
                uids,
                gids,
                host_uids,
                host_gids,
            }),
        };
        Ok(Self(Arc::new(inner), options.timeout))
    }
}

/// How long joining may take.
struct Time {
    patience: Patience,
    until: Instant,
}

impl Time {
    fn new(timeout: Duration) -> Self {
        Self {
            patience: Patience::new(timeout),
            until: deadline(timeout),
        }
    }
}

/// The names of a container's users and groups.
struct Named {
    users: Arc<Names>,
    groups: Arc<Names>,
    /// Why there are none, or not all.
    error: Option<Error>,
}

impl Named {
    fn same_as(base: &Inner) -> Self {
        Self {
            users: Arc::clone(&base.users),
            groups: Arc::clone(&base.groups),
            error: None,
        }
    }
}

/// The names that the joiner reads, and how many reads did not end in time.
fn named(target: &HeldProcess, asked: io::Result<Asked>, time: &Time) -> (Named, usize) {
    let files = match asked {
        Ok(asked) => {
            let files = asked.files(time.until);
            [files.users, files.groups]
        }
        Err(error) => [Err(error.into()), Ok(Vec::new())],
    };
    let is_silent = files
        .iter()
        .any(|file| matches!(file, Err(failure) if failure.is_silence()));
    let mut error = None;
    let mut parse = |kind: Kind, bytes: std::result::Result<Vec<u8>, Failure>| {
        let bytes = bytes.unwrap_or_else(|failure| {
            if error.is_none() && !failure.is_absence() {
                let thing = format!(
                    "{} of the container of process {}",
                    kind.file(),
                    target.pid()
                );
                error = Some(failure.into_error(thing));
            }
            Vec::new()
        });
        Arc::new(kind.parse(&bytes))
    };
    let [users, groups] = files;
    let (users, groups) = (parse(Kind::User, users), parse(Kind::Group, groups));
    let named = Named {
        users,
        groups,
        error,
    };
    (named, usize::from(is_silent))
}

/// The `/proc` that shows the processes of the target, and why that one.
fn open(
    target: &HeldProcess,
    base: &Arc<Procfs>,
    choice: ProcChoice,
) -> Result<(Arc<Procfs>, ProcSource)> {
    let host = |why| (Arc::clone(base), ProcSource::Host(why));
    if choice == ProcChoice::Host {
        return Ok(host(None));
    }
    match target.private_proc() {
        Ok(proc) => Ok((Arc::new(proc), ProcSource::Private)),
        Err(error) if choice == ProcChoice::Container => Err(error),
        Err(error) => Ok(host(Some(error))),
    }
}

/// From the ids that this process reads to those in the user namespace of `target`.
fn inside_mappings(target: &HeldProcess, base: &Inner) -> (Mapping, Mapping) {
    let mine = base
        .proc
        .process_self()
        .and_then(|me| me.link(process_file!("ns/user")));
    match (target.user_link(), mine) {
        (Some(theirs), Ok(mine)) if theirs == mine => return (Mapping::Same, Mapping::Same),
        (Some(_), Ok(_)) => (),
        _ => return (Mapping::Unknown, Mapping::Unknown),
    }
    let mapping = |file: Option<&[u8]>, overflow: u32| match file
        .and_then(|bytes| UidMap::parse(bytes).ok())
    {
        Some(file) => Mapping::Inside(maps_of(&file), overflow),
        None => Mapping::Unknown,
    };
    let [users, groups] = target.maps();
    (
        mapping(users, base.host.overflow_uid),
        mapping(groups, base.host.overflow_gid),
    )
}

/// From the ids that this process reads to those of the host.
fn outside_mappings(options: &JoinOptions, base: &Inner) -> Result<(Mapping, Mapping)> {
    let mapping = |given: &[IdMap], file: &ProcPath<'_>, overflow: u32| {
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
            .map_err(|error| base.proc.error(file.as_str(), error))?;
        let file = UidMap::parse(&bytes).map_err(|error| {
            Error::new(
                ErrorKind::NotUnderstood,
                base.proc.named(file.as_str()),
                error.to_string(),
            )
        })?;
        Ok(Mapping::Outside(maps_of(&file), overflow))
    };
    Ok((
        mapping(
            &options.uid_map,
            &process_file!("uid_map").of_self(),
            base.host.overflow_uid,
        )?,
        mapping(
            &options.gid_map,
            &process_file!("gid_map").of_self(),
            base.host.overflow_gid,
        )?,
    ))
}

fn maps_of(file: &UidMap) -> IdMaps {
    let rows = file.rows.iter();
    rows.map(|row| (row.inside, row.outside, row.count))
        .collect()
}
