//! Joining a container: which `/proc` shows it, and whose names and ids are right in it.

use std::{io, sync::Arc, time::Duration};

use super::{
    handle::{TIMEOUT, View},
    host_names::own_link,
    inner::Inner,
    joined::{Joined, Mapping},
    mount_names::MountNames,
    skipped::Skipped,
    source::{ProcChoice, ProcSource},
    target::Target,
};
use crate::{
    error::{Error, ErrorKind, Result},
    format::pid::UidMap,
    ids::{IdMap, IdMaps, ProcessId},
    namespace::{HeldProcess, inode_in},
    procfs::Procfs,
    value::Missing,
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
    /// [time-out of the view](View::timeout), which also bounds the time for names.
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
    pub(crate) target: Target<'a>,
    pub(crate) base: Option<View>,
    pub(crate) options: JoinOptions,
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
    /// The container in which the process `target` of this host runs, or that is called so: see
    /// [`Target`].
    ///
    /// Its processes are read from a procfs of their PID namespace that this process makes for
    /// itself, or, where the kernel cannot make one, selected from the host's `/proc`:
    /// [`proc_source`](Self::proc_source) says which. The `/proc` that the container has mounted is
    /// not read. Users and groups are those of the target's user namespace, named by the passwd and
    /// group files of each process's own mount namespace, or, where that is the caller's, by the
    /// host's name service. The files are read when a name is first needed, once for each mount
    /// namespace, by a small separate process that enters it: no thread of this process does, and
    /// none can be held there.
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
    /// first pid of it is joined. They are given by [`Pid`](crate::Pid) or by [`ProcessId`].
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
    pub fn join_each<P>(&self, pids: &[P], options: &JoinOptions) -> JoinedViews
    where
        P: Copy + Into<ProcessId>,
    {
        let pids: Vec<_> = pids.iter().copied().map(Into::into).collect();
        self.join_all(&pids, options)
    }

    fn join_all(&self, pids: &[ProcessId], options: &JoinOptions) -> JoinedViews {
        let mut all = JoinedViews::default();
        for process in pids {
            let mut patience = Patience::new(options.timeout);
            let held = HeldProcess::hold(&self.0.proc, *process, &mut patience);
            let joined = held.and_then(|target| {
                let is_known = all.views.iter().filter_map(|view| view.0.joined.as_ref());
                let mut links = is_known.map(|joined| joined.target.pid_link());
                if links.any(|link| link == target.pid_link()) {
                    return Ok(None);
                }
                self.join_held(target, options, &patience).map(Some)
            });
            match joined {
                Ok(view) => all.views.extend(view),
                Err(error) => all.skipped.push(Skipped::named(process.pid, None, error)),
            }
        }
        all
    }

    pub(crate) fn join_held(
        &self,
        target: HeldProcess,
        options: &JoinOptions,
        patience: &Patience,
    ) -> Result<Self> {
        let base = &self.0;
        let (proc, source) = open(&target, &base.proc, options.proc)?;
        let (uids, gids) = inside_mappings(&target, base);
        let (host_uids, host_gids) = outside_mappings(options, base)?;
        let inner = Inner {
            proc,
            host: base.host.clone(),
            clock: base.clock,
            drivers: base.drivers.clone(),
            memory: base.memory.clone(),
            host_names: Arc::clone(&base.host_names),
            joined: Some(Joined {
                source,
                base: Arc::clone(&base.proc),
                left_behind: patience.left_behind(),
                mount_names: MountNames::default(),
                own_mounts: own_mounts(&base.proc),
                service: base.host_names.service().clone(),
                translator: Arc::new(target.translator(&base.proc)),
                target,
                uids,
                gids,
                host_uids,
                host_gids,
            }),
        };
        Ok(Self(Arc::new(inner), options.timeout, self.2.clone()))
    }
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
    let mine = own_link(&base.proc, process_file!("ns/user"));
    let is_same = match (target.user_link(), &mine) {
        (Ok(theirs), Ok(mine)) => theirs == mine,
        (Err(error), _) | (_, Err(error)) => {
            let unknown = || Mapping::unknown(Missing::because_of(error));
            return (unknown(), unknown());
        }
    };
    let mapping = |file: Result<&[u8], &io::Error>, overflow| {
        if is_same {
            return Mapping::Same;
        }
        let maps = file.map_err(Missing::because_of);
        let maps = maps.and_then(|bytes| UidMap::parse(bytes).map_err(|_| Missing::Malformed));
        maps.map_or_else(Mapping::unknown, |file| {
            Mapping::Inside(maps_of(&file), overflow)
        })
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

/// The number of this process's own mount namespace.
fn own_mounts(base: &Procfs) -> Option<u64> {
    inode_in(&own_link(base, process_file!("ns/mnt")).ok()?)
}

/// The ranges of such a file.
pub(crate) fn maps_of(file: &UidMap) -> IdMaps {
    let rows = file.rows.iter();
    rows.map(|row| (row.inside, row.outside, row.count))
        .collect()
}
