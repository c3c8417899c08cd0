//! What a process has open, as plain values: descriptors, files, sockets.

use std::sync::Arc;

use crate::{
    format::pid::{DELETED, Dev, Fdinfo, LinkKind},
    ids::Uid,
    snapshot::{FileKind, Opened},
    socket::Socket,
    value::{Missing, Text},
};

/// An open file descriptor of a process (`/proc/PID/fd`, `fdinfo`).
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct OpenDescriptor {
    /// Its number.
    pub fd: u32,
    /// What kind of file it refers to; `None` of a path whose file could not be asked.
    pub kind: Option<FileKind>,
    /// Where its link leads, see [`Link`](crate::format::pid::Link). Empty if that could not be read.
    pub target: Vec<u8>,
    /// Why `target` is empty: [`TooLong`](Missing::TooLong) if the path is longer than `PATH_MAX`,
    /// which the kernel does not tell; [`None`](Missing::None) if it is known.
    pub unread: Missing,
    /// Whether its name was removed; `None` where the kernel's word for that, ` (deleted)`, may be
    /// part of a name: of a file that has a name, perhaps another, or that could not be asked.
    pub deleted: Option<bool>,
    /// Its `fdinfo`, whose lines depend on the kind of file; `None` where it may not be read.
    pub info: Option<Fdinfo>,
    /// The socket, in the process's own network namespace; `None` for other files, and for sockets
    /// of families that have no table of addresses.
    pub socket: Option<Arc<Socket>>,
    /// The protocol of a socket, also of one of another network namespace or of a family that has no
    /// table: `tcp`, `unix`, `netlink`, `packet`; `None` for other files, and where the kernel does
    /// not tell.
    pub protocol: Option<Text>,
    /// The size of a file or a directory, in bytes; `None` for others, and where its file system does not
    /// know it without its server.
    pub size: Option<u64>,
    /// The device of the file system that it is on. Of what has a path, as the next two.
    pub device: Option<Dev>,
    /// By how many names it is known: 0 of one that was removed.
    pub links: Option<u32>,
    /// The user who owns it, in the user namespace of the view.
    pub owner: Option<Uid>,
}

impl OpenDescriptor {
    /// The descriptor `fd`; `uid` is what a user is called in the view.
    #[inline]
    pub(super) fn new(fd: u32, opened: Opened, uid: impl Fn(Uid) -> Option<Uid>) -> Self {
        let protocol = opened.protocol();
        let behind = opened.behind;
        Self {
            fd,
            kind: opened.kind(),
            deleted: opened.deleted(),
            size: opened.size(),
            device: behind.map(|behind| Dev {
                major: behind.device.0,
                minor: behind.device.1,
            }),
            links: behind.map(|behind| behind.names),
            owner: behind.and_then(|behind| uid(Uid::new(behind.owner?))),
            target: opened.target,
            unread: opened.unread,
            info: opened.info.map(|info| *info),
            socket: opened.socket,
            protocol,
        }
    }

    /// The word for its kind, as `psgo files` has it: that of [`FileKind::as_str`], or the kernel's
    /// own of an anonymous inode and a namespace (`eventfd`, `eventpoll`, `net`); `None` if the kind
    /// is unknown.
    #[must_use]
    #[inline]
    pub fn word(&self) -> Option<Text> {
        Some(self.kind?.word(&self.target))
    }

    /// How it may be used, see [`OpenFlags::mode`](crate::format::pid::OpenFlags::mode); `None` where `fdinfo` may not be read.
    #[must_use]
    #[inline]
    pub fn mode(&self) -> Option<&'static str> {
        self.info.as_ref().map(|info| info.flags.mode())
    }

    /// Its inode, as its link (`socket:[4213]`) or its `fdinfo` has it; `None` where neither does.
    #[must_use]
    #[inline]
    pub fn inode(&self) -> Option<u64> {
        match LinkKind::of(&self.target) {
            LinkKind::Inode(_, inode) => Some(inode),
            _ => self.info.as_ref()?.ino,
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

    /// The path of a file that has or had a name, without the ` (deleted)` of one that was removed;
    /// `None` for others.
    #[must_use]
    #[inline]
    pub fn path(&self) -> Option<&[u8]> {
        let is_memory = matches!(self.kind, Some(FileKind::Memfd | FileKind::DmaBuf));
        let is_path = self.target.starts_with(b"/") && !is_memory;
        let path = self.target.strip_suffix(DELETED);
        let path = path.filter(|_| self.deleted == Some(true));
        is_path.then(|| path.unwrap_or(&self.target))
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
    /// Its path in the mount namespace of the process, without the ` (deleted)` of one that was
    /// removed.
    pub path: Vec<u8>,
    /// Whether its name was removed, see [`OpenDescriptor::deleted`].
    pub deleted: Option<bool>,
    /// The offset, in bytes (`pos` of `fdinfo`); `None` where that is not told.
    pub position: Option<i64>,
    /// The flags of `open(2)`, and `O_CLOEXEC` (`flags` of `fdinfo`); `None` where that may not be
    /// read.
    pub flags: Option<u32>,
}

impl OpenFile {
    /// How it was opened, as a mode of `fopen(3)`: `r`, `w`, `a`, `r+`, `a+`; `None` if the flags are
    /// unknown. One that was opened with `O_PATH` is `r`, though it cannot be read:
    /// [`OpenDescriptor::mode`] tells that.
    #[must_use]
    #[inline]
    pub const fn mode(&self) -> Option<&'static str> {
        const O_APPEND: u32 = 0o2000;
        let Some(flags) = self.flags else { return None };
        Some(match (flags & 3, flags & O_APPEND != 0) {
            (1, false) => "w",
            (1, true) => "a",
            (2, false) => "r+",
            (2, true) => "a+",
            _ => "r",
        })
    }
}
