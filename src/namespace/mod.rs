//! The process through which a container is joined, and what its processes are called outside.

mod pids;

use std::{
    io,
    os::fd::{AsRawFd, BorrowedFd, OwnedFd},
    path::Path,
    sync::Arc,
    time::Instant,
};

use nix::fcntl::OFlag;

pub(crate) use pids::{Numbers, Translator, counts_as_we_do};

use crate::{
    caps,
    error::{Error, ErrorKind, Result, kind_of},
    format::pid::{Fdinfo, Stat, Status},
    ids::Pid,
    procfs::{ProcessDir, Procfs},
    reader::{self, Asked, Failure, Space},
    sys,
    wait::{Name, process_file},
    watchdog::Patience,
};

/// The process whose container is looked at. What it holds open keeps its number, and that of its
/// namespace, from being taken for another's.
#[derive(Debug)]
pub(crate) struct HeldProcess {
    pid: Pid,
    dir: ProcessDir,
    start: u64,
    /// Its numbers, from that of the `/proc` it was found in down to its own namespace's.
    numbers: Vec<u32>,
    pid_namespace: Arc<OwnedFd>,
    pid_link: Vec<u8>,
    mount_link: io::Result<Vec<u8>>,
    user_link: io::Result<Vec<u8>>,
    maps: [io::Result<Vec<u8>>; 2],
}

impl HeldProcess {
    /// Takes hold of `pid` of the trusted `/proc` `base`.
    ///
    /// Its links and files wait as long as it is inside `execve` (`exec_update_lock`), which the
    /// process itself can make last: another thread reads them.
    pub(crate) fn hold(base: &Arc<Procfs>, pid: Pid, patience: &mut Patience) -> Result<Self> {
        let base = Arc::clone(base);
        let held = patience.wait_for(move || Ok(Self::hold_here(&base, pid)));
        held.unwrap_or_else(|error| {
            let is_silent = kind_of(&error) == ErrorKind::TimedOut;
            Err(if is_silent {
                let thing = format!("process {pid}");
                Error::new(ErrorKind::TimedOut, thing, "does not answer")
            } else {
                Error::no_thread(error)
            })
        })
    }

    fn hold_here(base: &Procfs, pid: Pid) -> Result<Self> {
        let about = |name: &str| {
            let path = format!("{pid}/{name}");
            move |error| {
                let error = base.error(&path, error);
                match error.kind() {
                    ErrorKind::Gone => gone(pid),
                    ErrorKind::Denied if lacks_ptrace(base) => error.that_takes("CAP_SYS_PTRACE"),
                    _ => error,
                }
            }
        };
        let dir = base.process(pid).map_err(about(""))?;
        // A link of a process that is reaped in the very moment is denied, not missing.
        let about_link = |name: &str| {
            let (about, dir) = (about(name), &dir);
            move |error: io::Error| match error.raw_os_error() {
                Some(libc::EACCES) if dir.read(process_file!("stat")).is_err() => gone(pid),
                _ => about(error),
            }
        };
        let not_understood = |name: &str, error: &dyn std::fmt::Display| {
            Error::new(
                ErrorKind::NotUnderstood,
                base.named(&format!("{pid}/{name}")),
                error.to_string(),
            )
        };
        let stat = dir.read(process_file!("stat")).map_err(about("stat"))?;
        let stat = Stat::parse(&stat).map_err(|e| not_understood("stat", &e))?;
        if has_ended(&stat) {
            return Err(no_more(pid, "ended, and not yet reaped"));
        }
        let status = dir.read(process_file!("status")).map_err(about("status"))?;
        let status = Status::parse(&status).map_err(|e| not_understood("status", &e))?;
        if status.tgid != pid.get() {
            // A thread is not a process, though /proc knows it when asked.
            return Err(gone(pid));
        }
        let pid_namespace = dir
            .follow(process_file!("ns/pid"), OFlag::O_RDONLY)
            .map_err(about_link("ns/pid"))?;
        let pid_link = dir
            .link(process_file!("ns/pid"))
            .map_err(about_link("ns/pid"))?;
        Ok(Self {
            pid,
            start: stat.starttime,
            numbers: status.ns_pid.unwrap_or_default(),
            pid_namespace: Arc::new(pid_namespace),
            pid_link,
            mount_link: dir.link(process_file!("ns/mnt")),
            user_link: dir.link(process_file!("ns/user")),
            maps: [process_file!("uid_map"), process_file!("gid_map")].map(|name| dir.read(name)),
            dir,
        })
    }

    /// Takes hold of the process that got the number `pid` at the moment `start`.
    pub(crate) fn hold_started(
        base: &Arc<Procfs>,
        pid: Pid,
        start: u64,
        patience: &mut Patience,
    ) -> Result<Self> {
        let target = Self::hold(base, pid, patience)?;
        if target.start != start {
            return Err(no_more(pid, "ended, and its number is another's now"));
        }
        Ok(target)
    }

    /// Takes hold of the process behind `pidfd`, which `base` shows.
    pub(crate) fn hold_pidfd(
        base: &Arc<Procfs>,
        pidfd: BorrowedFd<'_>,
        patience: &mut Patience,
    ) -> Result<Self> {
        let number = pidfd.as_raw_fd();
        let not_one = |reason: &'static str| {
            Error::new(ErrorKind::Invalid, format!("descriptor {number}"), reason)
        };
        // What else it can be may make the reader of its `fdinfo` wait.
        let link = base.link(&process_file!("fd/*").entry(number).of_self());
        if link.is_ok_and(|link| !link.windows(5).any(|part| part == b"pidfd")) {
            return Err(not_one("not a pidfd"));
        }
        let path = process_file!("fdinfo/*").entry(number).of_self();
        let info = base.read(&path);
        let info = info.map_err(|error| base.error(path.as_str(), error))?;
        let info = Fdinfo::parse(&info).ok();
        let pid = info.and_then(|info| info.pid);
        let pid = pid.ok_or_else(|| not_one("not a pidfd"))?;
        // The kernel says -1 of a process that has been reaped, 0 of one it does not show.
        let pid = u32::try_from(pid).ok().filter(|pid| *pid > 0).map(Pid::new);
        let ended = || {
            Error::new(
                ErrorKind::Gone,
                format!("pidfd {number}"),
                "no such process",
            )
        };
        let target = Self::hold(base, pid.ok_or_else(ended)?, patience)?;
        // Alive now, it was alive when its number was looked up, so the number was its own.
        if sys::pidfd_is_alive(pidfd) {
            Ok(target)
        } else {
            Err(ended())
        }
    }

    /// Its number in the `/proc` that it was found in.
    pub(crate) fn pid(&self) -> Pid {
        self.pid
    }

    /// What its PID namespace is called: `pid:[4026531836]`.
    pub(crate) fn pid_link(&self) -> &[u8] {
        &self.pid_link
    }

    /// What its user namespace is called: `user:[4026531837]`.
    pub(crate) fn user_link(&self) -> Option<&[u8]> {
        self.user_link.as_deref().ok()
    }

    /// The bytes of its maps of users and of groups.
    pub(crate) fn maps(&self) -> [Option<&[u8]>; 2] {
        self.maps.each_ref().map(|map| map.as_deref().ok())
    }

    /// Whether it sees the same mounts as `other` does.
    pub(crate) fn shares_mounts_with(&self, other: &ProcessDir) -> bool {
        matches!(
            (&self.mount_link, other.link(process_file!("ns/mnt"))),
            (Ok(mine), Ok(theirs)) if *mine == theirs
        )
    }

    /// Its number in its own PID namespace; nothing where this kernel does not tell.
    pub(crate) fn own_number(&self) -> Option<Pid> {
        self.numbers.last().copied().map(Pid::new)
    }

    /// Whether it has not been reaped, so that its numbers still mean it.
    pub(crate) fn is_there(&self) -> bool {
        // Unlike `stat`, it is told at once.
        self.dir.read(process_file!("comm")).is_ok()
    }

    /// Those of its namespaces `names` in which this process, whom `base` shows, is not itself.
    pub(crate) fn other_namespaces(
        &self,
        base: &Procfs,
        names: &[Name<'_>],
    ) -> io::Result<Vec<OwnedFd>> {
        let me = base.process_self();
        let is_other = |name: &&Name<'_>| {
            let mine = me.as_ref().ok().and_then(|me| me.link(**name).ok());
            mine.is_none() || mine != self.dir.link(**name).ok()
        };
        let others = names.iter().filter(is_other);
        others
            .map(|name| self.dir.follow(*name, OFlag::O_RDONLY))
            .collect()
    }

    /// Translates between its PID namespace and that of `base`.
    pub(crate) fn translator(&self, base: &Procfs) -> Translator {
        Translator::new(
            base,
            Arc::clone(&self.pid_namespace),
            &self.pid_link,
            self.numbers.len(),
        )
    }

    /// A procfs of its PID namespace, for this process alone.
    pub(crate) fn private_proc(&self) -> Result<Procfs> {
        let thing = || format!("a private /proc for process {}", self.pid);
        let proc = sys::private_procfs(&self.pid_namespace).map_err(|error| {
            let error = Error::system(thing(), error);
            match error.kind() {
                ErrorKind::Denied => error.that_takes("CAP_SYS_ADMIN"),
                // The system's own words are about sockets.
                ErrorKind::Unsupported => {
                    let reason =
                        "this kernel makes none of another PID namespace (Linux 6.18 does)";
                    Error::new(ErrorKind::Unsupported, thing(), reason)
                }
                _ => error,
            }
        })?;
        let proc = Procfs::private(proc);
        let own = self.own_number();
        let is_seen = own.is_some_and(|own| proc.process(own).is_ok());
        if is_seen {
            Ok(proc)
        } else {
            Err(Error::new(ErrorKind::Gone, thing(), "does not show it"))
        }
    }

    /// Asks for the names of its container's users and groups.
    pub(crate) fn ask_for_names(&self) -> io::Result<Asked> {
        Asked::for_names(self.dir.as_fd())
    }

    /// How full the file system is on which `path` lies, which begins at its root directory.
    pub(crate) fn space(&self, path: &Path, until: Instant) -> Result<Space, Failure> {
        reader::space(self.dir.as_fd(), path, until)
    }
}

/// Whether this process may not look into others' namespaces by a capability of its own.
fn lacks_ptrace(base: &Procfs) -> bool {
    let status = base.read(&process_file!("status").of_self()).ok();
    let effective = status.and_then(|bytes| Status::parse(&bytes).ok()?.cap_eff);
    let bit = caps::number(b"SYS_PTRACE");
    effective
        .zip(bit)
        .is_some_and(|(mask, bit)| mask >> bit & 1 == 0)
}

/// Whether nothing of the process is left but its number. Where its first thread alone has ended,
/// the others still count in that thread's `stat`.
fn has_ended(stat: &Stat) -> bool {
    matches!(stat.state, b'Z' | b'X' | b'x') && stat.num_threads <= 1
}

/// The process is not there, or not any more.
pub(crate) fn gone(pid: Pid) -> Error {
    no_more(pid, "no such process")
}

fn no_more(pid: Pid, reason: &'static str) -> Error {
    Error::new(ErrorKind::Gone, format!("process {pid}"), reason)
}
