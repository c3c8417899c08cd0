//! `Procfs`: an open directory of a `/proc`, and every open below it.

use std::{
    io::{self, Write as _},
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    path::Path,
};

use nix::fcntl::OFlag;

use crate::{
    error::{Error, Result},
    ids::{Gid, Pid, Uid},
    sys::{self, End, Guard},
};

/// The most that is read of one file. A process can make its command line as long as its address
/// space; nobody reads more of it than a program can be started with.
const LIMIT: usize = 2 << 20;

/// An open directory of a `/proc`.
#[derive(Debug)]
pub(crate) struct Procfs {
    root: OwnedFd,
    guard: Guard,
    /// How it is called in errors: `proc`, or what the caller gave.
    name: String,
    genuine: bool,
}

impl Procfs {
    /// The directory `path`, which the caller trusts.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        // The host's own is called as in the manual pages, another as it was given.
        let shown = match path.to_str() {
            Some("/proc") => "proc".to_owned(),
            _ => path.display().to_string(),
        };
        let opened = sys::open_directory(path, OFlag::empty())
            .and_then(|root| Ok((sys::is_procfs_root(&root)?, root)));
        let (genuine, root) = opened.map_err(|error| Error::io(shown.clone(), error))?;
        Ok(Self {
            root,
            guard: Guard::Trusting,
            name: shown,
            genuine,
        })
    }

    /// A procfs found in a container: it is the kernel's own, but others mount there.
    pub(crate) fn found(root: OwnedFd) -> Self {
        Self {
            root,
            guard: Guard::Kernel,
            name: "proc".to_owned(),
            genuine: true,
        }
    }

    /// Whether the kernel makes it; otherwise it is a copy, with the owners of a copy.
    pub(crate) fn is_genuine(&self) -> bool {
        self.genuine
    }

    /// The error for `path` below it.
    pub(crate) fn error(&self, path: &str, error: io::Error) -> Error {
        Error::io(format!("{}/{path}", self.name), error)
    }

    /// What it is called, and `path` behind it.
    pub(crate) fn named(&self, path: &str) -> String {
        format!("{}/{path}", self.name)
    }

    /// Every process, by pid.
    pub(crate) fn pids(&self) -> Result<Vec<Pid>> {
        let numbers = sys::list_numbers(&self.root);
        let mut pids: Vec<_> = numbers
            .map_err(|error| Error::io(self.name.clone(), error))?
            .into_iter()
            .map(Pid::new)
            .collect();
        pids.sort_unstable();
        Ok(pids)
    }

    /// The bytes of a file.
    pub(crate) fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        let flags = OFlag::O_RDONLY | OFlag::O_NONBLOCK;
        let file = sys::open_below(&self.root, path, flags, self.guard)?;
        let mut buffer = Vec::new();
        sys::read_to_end(file, &mut buffer, LIMIT, End::Nothing)?;
        Ok(buffer)
    }

    /// The directory `/proc/PID`, held: what is opened below it is of that process, or fails.
    pub(crate) fn process(&self, pid: Pid) -> io::Result<ProcessDir> {
        let flags = OFlag::O_PATH | OFlag::O_DIRECTORY;
        let dir = sys::open_below(&self.root, pid.to_string().as_str(), flags, self.guard)?;
        Ok(ProcessDir {
            dir,
            guard: self.guard,
        })
    }

    /// The directory of this process; not there in the `/proc` of another PID namespace.
    pub(crate) fn process_self(&self) -> io::Result<ProcessDir> {
        // The one link that is followed, in the host's /proc alone.
        let flags = OFlag::O_PATH | OFlag::O_DIRECTORY;
        let dir = sys::open_below(&self.root, c"self", flags, self.guard)?;
        Ok(ProcessDir {
            dir,
            guard: self.guard,
        })
    }

    /// A reader of the files of many processes, with buffers of its own.
    pub(crate) fn reader(&self) -> Reader<'_> {
        Reader {
            procfs: self,
            path: Vec::with_capacity(32),
            buffer: Vec::with_capacity(8192),
        }
    }
}

/// A held directory `/proc/PID`.
#[derive(Debug)]
pub(crate) struct ProcessDir {
    dir: OwnedFd,
    guard: Guard,
}

impl ProcessDir {
    /// The bytes of one of its files.
    pub(crate) fn read(&self, name: &str) -> io::Result<Vec<u8>> {
        let flags = OFlag::O_RDONLY | OFlag::O_NONBLOCK;
        let file = sys::open_below(&self.dir, name, flags, self.guard)?;
        let mut buffer = Vec::new();
        sys::read_to_end(file, &mut buffer, LIMIT, End::Nothing)?;
        Ok(buffer)
    }

    /// Where one of its links points: no other mount can lie over the link that is read.
    pub(crate) fn link(&self, name: &str) -> io::Result<Vec<u8>> {
        match self.guard {
            Guard::Trusting => sys::read_link(&self.dir, name),
            // RESOLVE_NO_SYMLINKS with O_NOFOLLOW opens the link itself.
            _ => {
                let flags = OFlag::O_PATH | OFlag::O_NOFOLLOW;
                let link = sys::open_below(&self.dir, name, flags, self.guard)?;
                sys::read_link(link, c"")
            }
        }
    }

    /// Opens what one of its links stands for. For a trusted `/proc` alone.
    pub(crate) fn follow(&self, name: &str, flags: OFlag) -> io::Result<OwnedFd> {
        sys::open_below(&self.dir, name, flags, self.guard)
    }
}

/// Reads files of many processes, one after the other, into the same buffers.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    procfs: &'a Procfs,
    path: Vec<u8>,
    buffer: Vec<u8>,
}

impl Reader<'_> {
    fn path(&mut self, pid: Pid, name: &str) -> &[u8] {
        self.path.clear();
        // Writing to a Vec cannot fail.
        let _ = write!(self.path, "{pid}{name}");
        &self.path
    }

    /// Opens `name`, with its slash, of the process `pid`.
    pub(crate) fn open(&mut self, pid: Pid, name: &str) -> io::Result<OwnedFd> {
        let (root, guard) = (self.procfs.root.as_fd(), self.procfs.guard);
        let flags = OFlag::O_RDONLY | OFlag::O_NONBLOCK;
        sys::open_below(root, self.path(pid, name), flags, guard)
    }

    /// The bytes of an open file that holds one record.
    pub(crate) fn bytes(&mut self, file: OwnedFd) -> io::Result<&[u8]> {
        sys::read_to_end(file, &mut self.buffer, LIMIT, End::Less)?;
        Ok(&self.buffer)
    }

    /// The bytes of `name`, with its slash, of the process `pid`.
    pub(crate) fn read(&mut self, pid: Pid, name: &str) -> io::Result<&[u8]> {
        let file = self.open(pid, name)?;
        self.bytes(file)
    }

    /// The owner of the directory of `pid`: its effective user and group, in the eyes of this
    /// process. A process that has been reaped answers 0:0, so believe it only if a file of the
    /// process that was opened before can be read after.
    pub(crate) fn owner(&mut self, pid: Pid) -> io::Result<(Uid, Gid)> {
        let root: BorrowedFd<'_> = self.procfs.root.as_fd();
        // Over a directory of a container's something else may be mounted.
        let guard = self.procfs.guard;
        let path = self.path(pid, "");
        match guard {
            Guard::Trusting => sys::owner_below(root, path),
            _ => {
                let flags = OFlag::O_PATH | OFlag::O_NOFOLLOW;
                let dir = sys::open_below(root, path, flags, guard)?;
                let stat = sys::stat(dir)?;
                Ok((Uid::new(stat.st_uid), Gid::new(stat.st_gid)))
            }
        }
    }
}
