//! Entering a container, checking what was found there, and what its processes are called outside.

mod pids;

use std::{
    io,
    os::fd::{AsRawFd, BorrowedFd, OwnedFd},
    sync::Arc,
};

use nix::fcntl::OFlag;

pub(crate) use pids::{Numbers, Translator, counts_as_we_do};

use crate::{
    caps,
    error::{Answer, Error, ErrorKind, Result},
    format::pid::{Fdinfo, Stat, Status},
    ids::Pid,
    procfs::{ProcessDir, Procfs},
    sys::{self, End, Guard},
    watchdog::Patience,
};

/// A file of names larger than this is not one.
const NAMES_LIMIT: usize = 4 << 20;

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
}

/// What was found on the inside.
#[derive(Debug)]
pub(crate) struct Found {
    /// The root directory.
    pub(crate) root: OwnedFd,
    /// What is called `/proc` there.
    pub(crate) proc: io::Result<OwnedFd>,
}

impl HeldProcess {
    /// Takes hold of `pid` of the trusted `/proc` `base`.
    pub(crate) fn hold(base: &Procfs, pid: Pid) -> Result<Self> {
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
                Some(libc::EACCES) if dir.read("stat").is_err() => gone(pid),
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
        let stat = dir.read("stat").map_err(about("stat"))?;
        let stat = Stat::parse(&stat).map_err(|e| not_understood("stat", &e))?;
        if has_ended(&stat) {
            return Err(no_more(pid, "ended, and not yet reaped"));
        }
        let status = dir.read("status").map_err(about("status"))?;
        let status = Status::parse(&status).map_err(|e| not_understood("status", &e))?;
        if status.tgid != pid.get() {
            // A thread is not a process, though /proc knows it when asked.
            return Err(gone(pid));
        }
        let pid_namespace = dir
            .follow("ns/pid", OFlag::O_RDONLY)
            .map_err(about_link("ns/pid"))?;
        let pid_link = dir.link("ns/pid").map_err(about_link("ns/pid"))?;
        Ok(Self {
            pid,
            start: stat.starttime,
            numbers: status.ns_pid.unwrap_or_default(),
            pid_namespace: Arc::new(pid_namespace),
            pid_link,
            mount_link: dir.link("ns/mnt"),
            dir,
        })
    }

    /// Takes hold of the process that got the number `pid` at the moment `start`.
    pub(crate) fn hold_started(base: &Procfs, pid: Pid, start: u64) -> Result<Self> {
        let target = Self::hold(base, pid)?;
        if target.start != start {
            return Err(no_more(pid, "ended, and its number is another's now"));
        }
        Ok(target)
    }

    /// Takes hold of the process behind `pidfd`, which `base` shows.
    pub(crate) fn hold_pidfd(base: &Procfs, pidfd: BorrowedFd<'_>) -> Result<Self> {
        let number = pidfd.as_raw_fd();
        let not_one = |reason: &'static str| {
            Error::new(ErrorKind::Invalid, format!("descriptor {number}"), reason)
        };
        let path = format!("fdinfo/{number}");
        let me = base.process_self();
        let info = me.and_then(|me| me.read(&path));
        let info = info.map_err(|error| base.error(&format!("self/{path}"), error))?;
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
        let target = Self::hold(base, pid.ok_or_else(ended)?)?;
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

    /// The bytes of one of its files.
    pub(crate) fn read(&self, name: &str) -> io::Result<Vec<u8>> {
        self.dir.read(name)
    }

    /// Where one of its links points.
    pub(crate) fn link(&self, name: &str) -> io::Result<Vec<u8>> {
        self.dir.link(name)
    }

    /// Whether it sees the same mounts as `other` does.
    pub(crate) fn shares_mounts_with(&self, other: &ProcessDir) -> bool {
        matches!(
            (&self.mount_link, other.link("ns/mnt")),
            (Ok(mine), Ok(theirs)) if *mine == theirs
        )
    }

    /// Its number in its own PID namespace; nothing where this kernel does not tell.
    pub(crate) fn own_number(&self) -> Option<Pid> {
        self.numbers.last().copied().map(Pid::new)
    }

    /// Whether it has not been reaped, so that its numbers still mean it.
    pub(crate) fn is_there(&self) -> bool {
        self.dir.read("stat").is_ok()
    }

    /// Those of its namespaces `names` in which this process, whom `base` shows, is not itself.
    pub(crate) fn other_namespaces(
        &self,
        base: &Procfs,
        names: &[&str],
    ) -> io::Result<Vec<OwnedFd>> {
        let me = base.process_self();
        let is_other = |name: &&&str| {
            let mine = me.as_ref().ok().and_then(|me| me.link(name).ok());
            mine.is_none() || mine != self.dir.link(name).ok()
        };
        let others = names.iter().filter(is_other);
        others
            .map(|name| self.dir.follow(name, OFlag::O_RDONLY))
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

    /// Opens the root and the `/proc` of its mount namespace, from a thread that enters it and ends.
    pub(crate) fn enter(&self, patience: &mut Patience) -> io::Result<Found> {
        let namespace = self.dir.follow("ns/mnt", OFlag::O_RDONLY)?;
        // The thread has all it needs before it enters; inside it only opens two directories.
        patience.wait_for(move || {
            sys::enter_mount_namespace(namespace)?;
            Ok(Found {
                root: sys::open_directory(c"/", OFlag::empty())?,
                proc: sys::open_directory(c"/proc", OFlag::O_NOFOLLOW),
            })
        })
    }

    /// Opens the same through its root directory, without entering.
    pub(crate) fn reach(&self, patience: &mut Patience) -> io::Result<Found> {
        let flags = OFlag::O_PATH | OFlag::O_DIRECTORY;
        let root = self.dir.follow("root", flags)?;
        patience.wait_for(move || {
            Ok(Found {
                proc: sys::open_below(&root, c"proc", flags | OFlag::O_NOFOLLOW, Guard::Root),
                root,
            })
        })
    }

    /// The `/proc` found, if it shows the target's own PID namespace and nothing else.
    ///
    /// It must be the root of a procfs, and know the target by the number that the target has in
    /// its own namespace, by its start time, and by no number of a namespace below. A procfs of
    /// another PID namespace either does not show the target or shows more numbers of it. What
    /// may be mounted over its files is met by [`Guard::Kernel`] at each opening.
    pub(crate) fn vouch(&self, proc: OwnedFd, patience: &mut Patience) -> Result<Procfs> {
        let about = || format!("/proc of process {}", self.pid);
        let not_trusted = |reason: &'static str| Error::new(ErrorKind::NotTrusted, about(), reason);
        if !sys::can_guard() {
            let reason = "this kernel cannot open files without following what is mounted there";
            return Err(Error::new(ErrorKind::Unsupported, about(), reason));
        }
        let own = *self
            .numbers
            .last()
            .ok_or_else(|| not_trusted("this kernel does not tell the target's own number"))?;
        let namespace = self.dir.follow("ns/mnt", OFlag::O_RDONLY);
        let magic = namespace.ok().and_then(|ns| sys::magic_of_mount(ns, &proc));
        if magic.is_some_and(|magic| magic != sys::PROC_MAGIC) {
            return Err(not_trusted("it is not a procfs"));
        }
        let (start, link) = (self.start, self.pid_link.clone());
        let checked = patience.wait_for(move || {
            if !sys::is_procfs_root(&proc)? {
                return Ok(Err("it is not the root of a procfs"));
            }
            let proc = Procfs::found(proc);
            let dir = proc.process(Pid::new(own))?;
            let stat = Stat::parse(&dir.read("stat")?);
            let status = Status::parse(&dir.read("status")?);
            let same = stat.is_ok_and(|stat| stat.starttime == start)
                && status.is_ok_and(|status| status.ns_pid.as_deref() == Some(&[own]))
                && dir.link("ns/pid")? == link;
            Ok(if same {
                Ok(proc)
            } else {
                Err("it shows another PID namespace")
            })
        });
        checked
            .map_err(|error| match Answer::of(&error) {
                Answer::MountedOver => Error::mounted_over(about()),
                // The target was there a moment ago: the /proc does not show it.
                Answer::Gone => not_trusted("it does not show the target"),
                Answer::Invalid | Answer::Other => Error::io(about(), error),
            })?
            .map_err(not_trusted)
    }
}

/// Whether this process may not look into others' namespaces by a capability of its own.
fn lacks_ptrace(base: &Procfs) -> bool {
    let status = base.read("self/status").ok();
    let effective = status.and_then(|bytes| Status::parse(&bytes).ok()?.cap_eff);
    let bit = caps::number(b"SYS_PTRACE");
    effective
        .zip(bit)
        .is_some_and(|(mask, bit)| mask >> bit & 1 == 0)
}

/// Reads the files of names below `root`, each if it is a regular file of sensible size.
pub(crate) fn read_names<const N: usize>(
    root: OwnedFd,
    paths: [&'static str; N],
    patience: &mut Patience,
) -> [Option<Vec<u8>>; N] {
    let root = Arc::new(root);
    paths.map(|path| {
        let root = Arc::clone(&root);
        patience.wait_for(move || read_regular(&root, path)).ok()
    })
}

/// The bytes of the regular file `path` below `root`.
fn read_regular(root: &OwnedFd, path: &str) -> io::Result<Vec<u8>> {
    let no_such_file = || io::Error::from_raw_os_error(libc::ENOENT);
    // Looked at before it is opened: opening a device can do things.
    let open = |flags| sys::open_in_root(root, path, flags);
    let seen = sys::stat(open(OFlag::O_PATH)?)?;
    if !sys::is_regular(&seen) {
        return Err(no_such_file());
    }
    let file = open(OFlag::O_RDONLY | OFlag::O_NONBLOCK)?;
    let opened = sys::stat(&file)?;
    let same = (opened.st_dev, opened.st_ino) == (seen.st_dev, seen.st_ino);
    let size = usize::try_from(opened.st_size).unwrap_or(usize::MAX);
    if !same || size > NAMES_LIMIT {
        return Err(no_such_file());
    }
    let mut bytes = Vec::with_capacity(size + 1);
    sys::read_to_end(file, &mut bytes, NAMES_LIMIT, End::Nothing)?;
    Ok(bytes)
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
