//! What a process has open, as plain values: descriptors, files, sockets.

use std::{fmt, sync::Arc};

use super::link::undeleted;
use crate::{
    format::pid::{Fdinfo, LinkKind, is_device_path},
    snapshot::Opened,
    socket::Socket,
    sys::{Behind, Entry},
};

/// What kind of file an open descriptor refers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FileKind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A character device.
    CharDevice,
    /// A block device.
    BlockDevice,
    /// A pipe, named or not.
    Fifo,
    /// A socket.
    Socket,
    /// An anonymous inode: eventfd, epoll, `io_uring`.
    Anonymous,
    /// Anonymous memory that is a file (`memfd_create`).
    Memfd,
    /// Another kind, or an unknown one.
    Other,
}

impl FileKind {
    /// The word for it.
    #[must_use]
    #[inline]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Directory => "dir",
            Self::CharDevice => "char",
            Self::BlockDevice => "block",
            Self::Fifo => "fifo",
            Self::Socket => "socket",
            Self::Anonymous => "anon",
            Self::Memfd => "memfd",
            Self::Other => "other",
        }
    }

    /// What is told by where a link leads.
    #[inline]
    pub(super) fn of_link(link: &[u8]) -> Option<Self> {
        match LinkKind::of(link) {
            LinkKind::Anonymous(_) => Some(Self::Anonymous),
            LinkKind::Memory => Some(Self::Memfd),
            LinkKind::Inode(b"socket", _) => Some(Self::Socket),
            LinkKind::Inode(b"pipe", _) => Some(Self::Fifo),
            LinkKind::Inode(..) | LinkKind::DmaBuf | LinkKind::Other => None,
        }
    }

    /// What is likely of a path that was opened with these flags.
    fn of_path(path: &[u8], mut flags: impl Iterator<Item = &'static str>) -> Self {
        if !path.starts_with(b"/") {
            Self::Other
        } else if flags.any(|flag| flag == "O_DIRECTORY") {
            Self::Directory
        } else if is_device_path(path) {
            Self::CharDevice
        } else {
            Self::File
        }
    }

    #[inline]
    fn of_entry(entry: Option<Entry>) -> Self {
        match entry {
            Some(Entry::File) => Self::File,
            Some(Entry::Directory) => Self::Directory,
            Some(Entry::CharacterDevice) => Self::CharDevice,
            Some(Entry::BlockDevice) => Self::BlockDevice,
            Some(Entry::Fifo) => Self::Fifo,
            Some(Entry::Socket) => Self::Socket,
            _ => Self::Other,
        }
    }
}

impl fmt::Display for FileKind {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An open file descriptor of a process (`/proc/PID/fd`, `fdinfo`).
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct OpenDescriptor {
    /// Its number.
    pub fd: u32,
    /// What kind of file it refers to.
    pub kind: FileKind,
    /// Where its link leads, see [`Link`](crate::format::pid::Link). Empty if the kernel does not
    /// tell, because the path is longer than `PATH_MAX`.
    pub target: Vec<u8>,
    /// Whether the file has no name any more.
    pub deleted: bool,
    /// Its `fdinfo`, whose lines depend on the kind of file; `None` where it may not be read.
    pub info: Option<Fdinfo>,
    /// The socket, in the process's own network namespace; `None` for other files, and for sockets
    /// of families that have no table of addresses.
    pub socket: Option<Arc<Socket>>,
}

impl OpenDescriptor {
    /// The descriptor `fd`; `behind` is the file that it refers to, if the kernel told.
    #[inline]
    pub(super) fn new(fd: u32, opened: Opened, behind: Option<Behind>) -> Self {
        let info = opened.info;
        // What its link says need not be asked.
        let (kind, names) = match (FileKind::of_link(&opened.target), behind) {
            (Some(kind), _) => (kind, Some(1)),
            (None, Some(behind)) => (FileKind::of_entry(behind.kind), Some(behind.names)),
            (None, None) => {
                let flags = info.iter().flat_map(|info| info.flags.names());
                (FileKind::of_path(&opened.target, flags), None)
            }
        };
        let deleted = kind != FileKind::Memfd && undeleted(&opened.target, names).1;
        Self {
            fd,
            kind,
            deleted: deleted && opened.target.starts_with(b"/"),
            target: opened.target,
            info,
            socket: opened.socket,
        }
    }

    /// The kernel's word for a file without a name, `None` for a path: `eventfd`, `eventpoll`, `socket`, `pipe`, `pidfd`.
    #[must_use]
    #[inline]
    pub fn what(&self) -> Option<&[u8]> {
        match LinkKind::of(&self.target) {
            LinkKind::Anonymous(name) => Some(name),
            _ if self.target.is_empty() || self.target.starts_with(b"/") => None,
            _ => self.target.split(|&b| b == b':').next(),
        }
    }

    /// The path of a file that has or had a name, without ` (deleted)`; `None` for others.
    #[must_use]
    #[inline]
    pub fn path(&self) -> Option<&[u8]> {
        let is_path = self.target.starts_with(b"/") && self.kind != FileKind::Memfd;
        is_path.then(|| undeleted(&self.target, Some(u32::from(!self.deleted))).0)
    }
}

/// A socket that a process has open, by one of its descriptors.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct OpenSocket {
    /// The descriptor.
    pub fd: u32,
    /// The socket; descriptors that share one share the value.
    pub socket: Arc<Socket>,
}

/// A regular file that a process has open.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct OpenFile {
    /// The descriptor.
    pub fd: u32,
    /// Its path in the mount namespace of the process, without ` (deleted)`.
    pub path: Vec<u8>,
    /// Whether it has no name any more.
    pub deleted: bool,
    /// The offset, in bytes (`pos` of `fdinfo`).
    pub position: i64,
    /// The flags of `open(2)`, and `O_CLOEXEC` (`flags` of `fdinfo`).
    pub flags: u32,
}

impl OpenFile {
    /// How it was opened, as a mode of `fopen(3)`: `r`, `w`, `a`, `r+`, `a+`.
    #[must_use]
    #[inline]
    pub const fn mode(&self) -> &'static str {
        const O_APPEND: u32 = 0o2000;
        match (self.flags & 3, self.flags & O_APPEND != 0) {
            (1, false) => "w",
            (1, true) => "a",
            (2, false) => "r+",
            (2, true) => "a+",
            _ => "r",
        }
    }
}
