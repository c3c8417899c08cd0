//! What a process holds open: descriptors, its directories, its program, what it has mapped.

use std::sync::Arc;

use crate::{
    format::pid::{Fdinfo, LinkKind, Timer},
    ids::Pid,
    socket::Socket,
};

/// Something that a process holds open.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) slot: Slot,
    /// Where its link leads, see [`Link`](crate::format::pid::Link). Empty if the kernel does not
    /// tell, because the path is longer than `PATH_MAX`.
    pub(crate) target: Vec<u8>,
    pub(crate) info: Option<Fdinfo>,
    pub(crate) socket: Option<Arc<Socket>>,
}

/// A timer of `timer_create`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PosixTimer {
    pub(crate) timer: Timer,
    /// The process or thread that is told, in the numbers of the listing.
    pub(crate) target: Option<Pid>,
}

/// How a process holds something open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Slot {
    /// By a descriptor.
    Fd(u32),
    /// As its working directory.
    Cwd,
    /// As its root directory.
    Root,
    /// As its program.
    Exe,
    /// In its memory.
    Map,
}

impl Opened {
    pub(super) fn new(slot: Slot, target: Vec<u8>) -> Self {
        Self {
            slot,
            target,
            info: None,
            socket: None,
        }
    }

    /// The inode of the socket that it is.
    pub(crate) fn socket_inode(&self) -> Option<u64> {
        match LinkKind::of(&self.target) {
            LinkKind::Inode(b"socket", inode) => Some(inode),
            _ => None,
        }
    }

    pub(super) fn is_timer(&self) -> bool {
        LinkKind::of(&self.target) == LinkKind::Anonymous(b"timerfd")
    }
}
