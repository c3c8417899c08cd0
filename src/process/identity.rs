//! What a process is: its name, its program, its arguments and environment, whose it is.

use std::{
    fmt, io,
    sync::Arc,
    time::{Duration, SystemTime},
};

use super::{
    files::{Dir, FileOf},
    handle::Process,
    link::LinkTarget,
};
use crate::{
    error::{Error, ErrorKind, Result},
    format::pid::{Cmdline, DELETED, Environ, Stat},
    ids::{Gid, Uid},
    namespace::inode_in,
    snapshot::undeleted,
    tty,
    value::{Missing, Text},
    view::{Member, Tables, Way},
    wait::{Name, process_file},
    watchdog::Patience,
};

/// The state of a process or a thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct State(u8);

impl State {
    #[inline]
    pub(super) const fn new(letter: u8) -> Self {
        Self(letter)
    }

    pub(super) const fn byte(self) -> u8 {
        self.0
    }

    /// The kernel's letter, see [`Stat::state`](crate::format::pid::Stat::state).
    #[must_use]
    #[inline]
    pub const fn letter(self) -> char {
        self.0 as char
    }

    /// The word for it; `unknown` for a letter that psgo does not know.
    #[must_use]
    #[inline]
    pub const fn as_str(self) -> &'static str {
        match self.0 {
            b'R' => "running",
            b'S' => "sleeping",
            b'D' => "disk-sleep",
            b'T' => "stopped",
            b't' => "tracing-stop",
            b'Z' => "zombie",
            b'X' | b'x' => "dead",
            b'K' => "wake-kill",
            b'W' => "waking",
            b'P' => "parked",
            b'I' => "idle",
            _ => "unknown",
        }
    }

    /// Whether it has ended and was not reaped.
    #[must_use]
    #[inline]
    pub const fn is_zombie(self) -> bool {
        self.0 == b'Z'
    }
}

impl fmt::Display for State {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The ids of users or groups under which a process runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Ids<T> {
    /// The real id: the owner of the process.
    pub real: T,
    /// The effective id, by which permissions are checked.
    pub effective: T,
    /// The saved id, to which it can return.
    pub saved: T,
    /// The file system id, by which files are opened.
    pub file: T,
}

impl Process {
    /// How long after boot it started, to the tick (`starttime` of `stat`): what tells it from
    /// other processes that had or will have its number.
    #[must_use]
    #[inline]
    pub fn started_after_boot(&self) -> Duration {
        self.view.0.host.ticks(self.start)
    }

    /// When it started by the wall clock, to the tick (`starttime` of `stat`, and the boot time).
    ///
    /// ```
    /// use psgo::{Pid, View};
    ///
    /// let init = View::host()?.process(Pid::new(1))?;
    /// assert!(init.started_at()? < std::time::SystemTime::now());
    /// # Ok::<(), psgo::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Absent`] in a copy whose `stat` does not tell when its machine booted.
    #[inline]
    pub fn started_at(&self) -> Result<SystemTime> {
        let inner = &self.view.0;
        let started = inner.started(self.start);
        started.map_err(|why| self.no_clock("stat", why))?;
        Ok(inner.host.started_at(self.start))
    }

    /// How long ago it started, in whole ticks.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Absent`] in a copy whose `uptime` does not tell when it was made.
    #[inline]
    pub fn age(&self) -> Result<Duration> {
        Ok(self.view.0.host.age(self.start, self.now()?))
    }

    /// Time since boot, of now.
    #[inline]
    pub(super) fn now(&self) -> Result<Duration> {
        let now = self.view.0.now();
        now.map_err(|why| self.no_clock("uptime", why))
    }

    /// The error for what a copy does not tell of its machine's clock.
    fn no_clock(&self, file: &str, why: Missing) -> Error {
        let kind = match why {
            Missing::Denied => ErrorKind::Denied,
            Missing::Silent => ErrorKind::TimedOut,
            Missing::Malformed => ErrorKind::NotUnderstood,
            _ => ErrorKind::Absent,
        };
        let reason = match why {
            Missing::Unsupported => {
                "the copy does not have it, and this machine's clock is another"
            }
            why => why.as_str(),
        };
        Error::new(kind, self.procfs().named(file), reason)
    }

    /// The name that the kernel has, at most 15 bytes but for some threads of its own (`stat`).
    ///
    /// # Errors
    ///
    /// See [`Process`].
    #[inline]
    pub fn comm(&self) -> Result<Text> {
        Ok(Text::from(&*self.stat()?.comm))
    }

    /// Its name: that of the kernel, or, where it may have been cut, the last part of the first
    /// argument, if that begins so.
    ///
    /// # Errors
    ///
    /// See [`Process`].
    #[inline]
    pub fn name(&self) -> Result<Text> {
        const LONGEST: usize = 15;
        let comm = self.stat()?.comm;
        // Where the arguments cannot be read, `cmdline` says why; the kernel's name holds, cut or not.
        if comm.len() >= LONGEST
            && let Ok(cmdline) = self.read::<Cmdline>()
        {
            let first = cmdline.args().next().unwrap_or_default();
            let last = first.rsplit(|&b| b == b'/').next().unwrap_or_default();
            if last.starts_with(&comm) {
                return Ok(Text::from(last));
            }
        }
        Ok(Text::from(&*comm))
    }

    /// Its program (`exe`); `None` for a kernel thread.
    ///
    /// # Errors
    ///
    /// See [`Process`].
    #[inline]
    pub fn exe(&self) -> Result<Option<LinkTarget>> {
        match self.linked("exe") {
            Err(error) if error.kind() == ErrorKind::Absent => Ok(None),
            other => other.map(Some),
        }
    }

    /// Its working directory (`cwd`).
    ///
    /// # Errors
    ///
    /// See [`Process`].
    #[inline]
    pub fn cwd(&self) -> Result<LinkTarget> {
        self.linked("cwd")
    }

    /// Its root directory (`root`).
    ///
    /// # Errors
    ///
    /// See [`Process`].
    #[inline]
    pub fn root(&self) -> Result<LinkTarget> {
        self.linked("root")
    }

    #[inline]
    fn linked(&self, name: &'static str) -> Result<LinkTarget> {
        let file = FileOf::process(name);
        let link = self.link(&file)?;
        // Only a name that looks so has to be looked at. A copy's links lead into the machine that it
        // was copied to.
        let behind = if link.ends_with(DELETED) && self.procfs().is_genuine() {
            let behind = self.once(
                |known| known.behind.entry(name).or_default(),
                || self.watched(file.dir, name, move |dir| dir.behind(Name::asked(name))),
            );
            behind.ok()
        } else {
            None
        };
        let (path, deleted) = undeleted(&link, behind);
        let path = Text::from(path);
        Ok(LinkTarget { path, deleted })
    }

    /// Its arguments (`cmdline`); none for a kernel thread.
    ///
    /// # Errors
    ///
    /// See [`Process`]; [`ErrorKind::Zombie`] for one that has ended.
    #[inline]
    pub fn cmdline(&self) -> Result<Cmdline> {
        let cmdline: Cmdline = self.read()?;
        if cmdline.is_empty() && self.has_no_memory()? {
            return Err(self.ended("cmdline"));
        }
        Ok(cmdline)
    }

    /// The environment that it was started with (`environ`), every entry as it stands; none for a
    /// kernel thread.
    ///
    /// # Errors
    ///
    /// See [`Process`]; [`ErrorKind::Zombie`] for one that has ended.
    #[inline]
    pub fn environ(&self) -> Result<Environ> {
        match self.read::<Environ>() {
            Ok(environ) if environ.as_bytes().is_empty() && self.has_no_memory()? => {
                Err(self.ended("environ"))
            }
            // Newer kernels do not even open it.
            Err(error) if error.kind() == ErrorKind::Absent && self.is_kernel_thread()? => {
                Ok(Environ::default())
            }
            other => other,
        }
    }

    /// Whether all of its threads have ended.
    #[inline]
    pub(super) fn has_no_memory(&self) -> Result<bool> {
        let stat = self.stat()?;
        Ok(stat.state == b'Z' && !stat.is_leaderless())
    }

    /// Whether it is a kernel thread (`flags` of `stat`).
    ///
    /// # Errors
    ///
    /// See [`Process`].
    #[inline]
    pub fn is_kernel_thread(&self) -> Result<bool> {
        Ok(self.stat()?.is_kernel_thread())
    }

    /// Its state (`stat`): that of its first thread, or of another where the first has ended and the
    /// process has not.
    ///
    /// # Errors
    ///
    /// See [`Process`].
    #[inline]
    pub fn state(&self) -> Result<State> {
        let stat = self.stat()?;
        if !stat.is_leaderless() {
            return Ok(State::new(stat.state));
        }
        let living: Stat = self.record(&FileOf::at(Dir::Living, "stat"))?;
        Ok(State::new(living.state))
    }

    /// Its controlling terminal, `/dev/pts/3` (`tty_nr` of `stat`); `None` without one. The name is that
    /// in the devpts where the terminal was made.
    ///
    /// # Errors
    ///
    /// See [`Process`]; also if the name stands in `/proc/tty/drivers`, which cannot be read.
    #[inline]
    pub fn terminal(&self) -> Result<Option<Text>> {
        let number = self.stat()?.tty_nr;
        // Most have a name that needs no table.
        let name = match tty::name(number, &[]) {
            Some(name) => Some(name),
            None => {
                let view = &self.view.0;
                view.learn_drivers(Some(&mut Patience::new(self.view.patience())));
                view.tty(number).map_err(|why| {
                    let file = view.proc.named("tty/drivers");
                    Error::new(why.kind(), file, why.as_str())
                })?
            }
        };
        Ok(name.map(|name| b"/dev/".iter().chain(name.as_bytes()).copied().collect()))
    }

    /// Its users (`status`), in the user namespace of the view.
    ///
    /// # Errors
    ///
    /// See [`Process`].
    #[inline]
    pub fn uids(&self) -> Result<Ids<Uid>> {
        let ids = self.status()?.uid.ok_or_else(|| self.untold("Uid"))?;
        let joined = self.view.0.joined.as_ref();
        self.ids(
            ids.map(|id| joined.map_or(Ok(id), |joined| joined.uids.apply(id))),
            Uid::new,
        )
    }

    /// Its groups (`status`), in the user namespace of the view.
    ///
    /// # Errors
    ///
    /// See [`Process`].
    #[inline]
    pub fn gids(&self) -> Result<Ids<Gid>> {
        let ids = self.status()?.gid.ok_or_else(|| self.untold("Gid"))?;
        let joined = self.view.0.joined.as_ref();
        self.ids(
            ids.map(|id| joined.map_or(Ok(id), |joined| joined.gids.apply(id))),
            Gid::new,
        )
    }

    fn ids<T>(&self, ids: [Result<u32, Missing>; 4], new: fn(u32) -> T) -> Result<Ids<T>> {
        let [real, effective, saved, file] =
            ids.map(|id| id.map(new).map_err(|why| self.unmapped(why)));
        Ok(Ids {
            real: real?,
            effective: effective?,
            saved: saved?,
            file: file?,
        })
    }

    /// An ID that is read is unknown in the user namespace of the view.
    fn unmapped(&self, why: Missing) -> Error {
        let reason = format!("the user namespace of the container is unknown: {why}");
        Error::new(why.kind(), self.named("status"), reason)
    }

    /// Its supplementary groups (`status`), in the user namespace of the view.
    ///
    /// # Errors
    ///
    /// See [`Process`].
    #[inline]
    pub fn groups(&self) -> Result<Vec<Gid>> {
        let groups = self.status()?.groups.ok_or_else(|| self.untold("Groups"))?;
        let joined = self.view.0.joined.as_ref();
        let mapped = groups.into_iter().map(|id| {
            let id = joined.map_or(Ok(id), |joined| joined.gids.apply(id));
            id.map(Gid::new).map_err(|why| self.unmapped(why))
        });
        mapped.collect()
    }

    /// The name of its real user, see [`user_name`](Self::user_name).
    ///
    /// # Errors
    ///
    /// See [`Process`].
    #[inline]
    pub fn user(&self) -> Result<Text> {
        let uid = self.uids()?.real;
        Ok(self.user_name(uid))
    }

    /// The name of a user; its number where it has no name. Through a join it is that which passwd
    /// gives in the process's own mount namespace, otherwise that of the host whose `/proc` is read.
    #[must_use]
    #[inline]
    pub fn user_name(&self, uid: Uid) -> Text {
        let names = &self.names().0.users;
        names.learn(uid.get());
        names.name_or_number(uid.get())
    }

    /// The name of a group, as that of a [user](Self::user_name). Where very many without a name were
    /// asked for, it is not looked up, and its number is given too.
    #[must_use]
    #[inline]
    pub fn group_name(&self, gid: Gid) -> Text {
        let names = &self.names().0.groups;
        names.learn_of_many(gid.get(), &mut 0);
        names.name_or_number(gid.get())
    }

    /// Why its users and groups, or some of them, have no names: the files of names could not be read.
    /// `None` if they could, or if there are none.
    ///
    /// ```
    /// let me = psgo::View::host()?.process(psgo::Pid::new(std::process::id()))?;
    /// assert!(me.unnamed().is_none());
    /// # Ok::<(), psgo::Error>(())
    /// ```
    #[must_use]
    pub fn unnamed(&self) -> Option<Error> {
        self.names().1.clone()
    }

    /// The names of users and groups that it sees.
    fn names(&self) -> &(Tables, Option<Error>) {
        self.names.get_or_init(|| {
            let host = &self.view.0.host_names;
            if self.view.0.joined.is_none() && host.are_known() {
                return (host.tables().clone(), host.error().cloned());
            }
            let (inner, timeout) = (Arc::clone(&self.view.0), self.view.patience());
            let (read, start, pid) = (self.read, self.start, self.pid);
            // The directory of the first thread says the same, or why it cannot.
            let dir = self.living().unwrap_or_else(|_| Arc::clone(&self.dir));
            let found = self.run_watched("ns/mnt", move || {
                let Some(joined) = &inner.joined else {
                    let host = &inner.host_names;
                    host.learn(None, timeout / 2);
                    return Ok((host.tables().clone(), host.error().cloned()));
                };
                let mounts_now = || inode_in(&dir.link(process_file!("ns/mnt")).ok()?);
                let link = dir.link(process_file!("ns/mnt"))?;
                let mounts = inode_in(&link).ok_or(io::ErrorKind::InvalidData)?;
                let search = joined.search_names(timeout);
                let member = Member {
                    pid,
                    read,
                    start,
                    mounts,
                };
                let way = Way {
                    dir: dir.as_fd(),
                    aside: &mut |work| work(),
                    mounts_now: &mut { mounts_now },
                };
                let names = joined.names(&member, &search, way);
                let names = names.unwrap_or_else(|| Tables::none().clone());
                Ok((names, joined.lacks_names(&search).0))
            });
            // What has ended has no mount namespace any more, and ids that are numbers.
            let has_none =
                |error: &Error| matches!(error.kind(), ErrorKind::Zombie | ErrorKind::Gone);
            found.unwrap_or_else(|error| {
                let error = Some(error).filter(|error| !has_none(error));
                (Tables::none().clone(), error)
            })
        })
    }

    /// The user of the login that it descends from (`loginuid`); `None` without one.
    ///
    /// # Errors
    ///
    /// See [`Process`]; [`ErrorKind::Absent`] where the kernel does not audit.
    #[inline]
    pub fn login_user(&self) -> Result<Option<Uid>> {
        let id: u32 = self.number("loginuid")?;
        Ok((id != u32::MAX).then(|| Uid::new(id)))
    }

    /// A line that this kernel's `status` does not have.
    #[inline]
    pub(super) fn untold(&self, line: &str) -> Error {
        let reason = format!("no line {line}");
        Error::new(ErrorKind::Absent, self.named("status"), reason)
    }
}
