//! The process through which a container is joined, and what its processes are called outside.

mod ended;
mod network;
mod pids;

use std::{
    io,
    os::fd::{AsRawFd, BorrowedFd, OwnedFd},
    path::Path,
    sync::Arc,
    time::Instant,
};

use nix::fcntl::OFlag;

use ended::no_more;
pub(crate) use ended::{another, gone};
pub(crate) use network::asking;
pub(crate) use pids::{Numbers, Translator, counts_as_we_do};

#[cfg(any(test, feature = "runtimes"))]
use crate::format::pid::Cgroup;
use crate::{
    bytes, caps,
    error::{Answer, Error, ErrorKind, Result, kind_of},
    format::pid::{Fdinfo, Stat, Status},
    ids::{Pid, ProcessId},
    procfs::{ProcessDir, Procfs},
    reader::{self, Failure, Space},
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
    /// Its numbers, from that of the `/proc` it was found in down to its own namespace's.
    numbers: Vec<u32>,
    pid_namespace: Arc<OwnedFd>,
    pid_link: Vec<u8>,
    mount_link: io::Result<Vec<u8>>,
    user_link: io::Result<Vec<u8>>,
    maps: [io::Result<Vec<u8>>; 2],
    #[cfg(any(test, feature = "runtimes"))]
    groups: io::Result<Vec<u8>>,
}

impl HeldProcess {
    /// Takes hold of `process` of the trusted `/proc` `base`.
    ///
    /// Its links and files wait as long as it is inside `execve` (`exec_update_lock`), which the
    /// process itself can make last: another thread reads them.
    pub(crate) fn hold(
        base: &Arc<Procfs>,
        process: ProcessId,
        patience: &mut Patience,
    ) -> Result<Self> {
        let base = Arc::clone(base);
        let held = patience.wait_for(move || Ok(Self::hold_here(&base, process)));
        held.unwrap_or_else(|error| {
            let is_silent = kind_of(&error) == ErrorKind::TimedOut;
            Err(if is_silent {
                let thing = format!("process {}", process.pid);
                Error::new(ErrorKind::TimedOut, thing, "does not answer")
            } else {
                Error::no_thread(error)
            })
        })
    }

    fn hold_here(base: &Procfs, process: ProcessId) -> Result<Self> {
        let pid = process.pid;
        let about = |name: &str| {
            let path = format!("{pid}/{name}");
            move |error| {
                let error = base.error(&path, error);
                match error.kind() {
                    ErrorKind::Gone => gone(pid),
                    ErrorKind::Denied => denied_of_process(base, error),
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
        if process.start.is_some_and(|start| start != stat.starttime) {
            return Err(another(pid));
        }
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
            // KERNEL(4.1): without them its own number is unknown, and nothing is translated.
            numbers: status.ns_pid.unwrap_or_default(),
            pid_namespace: Arc::new(pid_namespace),
            pid_link,
            mount_link: dir.link(process_file!("ns/mnt")),
            user_link: dir.link(process_file!("ns/user")),
            maps: [process_file!("uid_map"), process_file!("gid_map")].map(|name| dir.read(name)),
            #[cfg(any(test, feature = "runtimes"))]
            groups: dir.read(process_file!("cgroup")),
            dir,
        })
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
        let target = Self::hold(base, pid.ok_or_else(ended)?.into(), patience)?;
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
    pub(crate) fn user_link(&self) -> Result<&[u8], &io::Error> {
        self.user_link.as_deref()
    }

    /// The bytes of its maps of users and of groups.
    pub(crate) fn maps(&self) -> [Result<&[u8], &io::Error>; 2] {
        self.maps.each_ref().map(|map| map.as_deref())
    }

    /// The control groups in which it was when it was taken hold of.
    #[cfg(any(test, feature = "runtimes"))]
    pub(crate) fn groups(&self) -> Option<Cgroup> {
        Cgroup::parse(self.groups.as_ref().ok()?).ok()
    }

    /// The number that its mount namespace had when it was taken hold of.
    pub(crate) fn mounts(&self) -> Option<u64> {
        inode_in(self.mount_link.as_deref().ok()?)
    }

    /// The number that its mount namespace has now.
    pub(crate) fn mounts_now(&self) -> Option<u64> {
        inode_in(&self.dir.link(process_file!("ns/mnt")).ok()?)
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

    /// Whether the kernel says that it has been reaped. Any other error, as for want of
    /// descriptors, says nothing about it.
    pub(crate) fn has_been_reaped(&self) -> bool {
        let comm = self.dir.read(process_file!("comm"));
        comm.is_err_and(|error| Answer::of(&error) == Answer::Gone)
    }

    /// Those of its namespaces `names` in which the calling thread, which `base` shows, is not itself.
    pub(crate) fn other_namespaces(
        &self,
        base: &Procfs,
        names: &[Name<'_>],
    ) -> io::Result<Vec<OwnedFd>> {
        let me = base.this_thread();
        // One that cannot be compared is another: where it may not be entered, that is an error.
        let is_other = |name: &&Name<'_>| {
            let mine = me.as_ref().ok().and_then(|me| me.link(**name).ok());
            mine.is_none() || mine != self.dir.link(**name).ok()
        };
        let others = names.iter().filter(is_other);
        others
            .map(|name| self.dir.follow(*name, OFlag::O_RDONLY))
            .collect()
    }

    /// What its network namespace is called: `net:[4026531840]`.
    pub(crate) fn network_link(&self) -> io::Result<Vec<u8>> {
        self.dir.link(process_file!("ns/net"))
    }

    /// Opens its network namespace.
    pub(crate) fn open_network(&self) -> io::Result<OwnedFd> {
        self.dir.follow(process_file!("ns/net"), OFlag::O_RDONLY)
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

    /// Its directory.
    pub(crate) fn dir(&self) -> BorrowedFd<'_> {
        self.dir.as_fd()
    }

    /// How full the file system is on which `path` lies, which begins at its root directory.
    pub(crate) fn space(&self, path: &Path, until: Instant) -> Result<Space, Failure> {
        reader::space(self.dir.as_fd(), path, until)
    }
}

/// The error for a file of a process that may not be read, with the capability that it takes.
pub(crate) fn denied_of_process(base: &Procfs, error: Error) -> Error {
    // A capability counts in the user namespace of this process and in those below it.
    error.that_takes(if lacks(base, b"SYS_PTRACE") {
        "CAP_SYS_PTRACE"
    } else {
        "CAP_SYS_PTRACE in the user namespace of that process, and no security module that refuses it"
    })
}

/// The error for a file of the machine that may not be read, with the capability that this process
/// lacks.
pub(crate) fn denied_of_machine(base: &Procfs, error: Error) -> Error {
    if lacks(base, b"DAC_READ_SEARCH") && lacks(base, b"DAC_OVERRIDE") {
        error.that_takes("CAP_DAC_READ_SEARCH")
    } else {
        error
    }
}

/// Whether this process lacks a capability, as far as that is known.
fn lacks(base: &Procfs, capability: &[u8]) -> bool {
    let status = base.read(&process_file!("status").of_self()).ok();
    let effective = status.and_then(|bytes| Status::parse(&bytes).ok()?.cap_eff);
    let bit = caps::number(capability);
    effective
        .zip(bit)
        .is_some_and(|(mask, bit)| mask >> bit & 1 == 0)
}

/// Whether nothing of the process is left but its number. Where its first thread alone has ended,
/// the others still count in that thread's `stat`.
fn has_ended(stat: &Stat) -> bool {
    matches!(stat.state, b'Z' | b'X' | b'x') && stat.num_threads <= 1
}

/// The inode in `net:[4026531840]`, the target of a link to a namespace.
pub(crate) fn inode_in(link: &[u8]) -> Option<u64> {
    let (_, number) = bytes::split_once(link, b'[')?;
    bytes::decimal(number.strip_suffix(b"]")?)
}
