//! What a process holds open: descriptors, its directories, its program, what it has mapped.

use std::{io, sync::Arc};

use super::{
    kind::{FileKind, undeleted},
    needs::Needs,
};
use crate::{
    format::pid::{DELETED, Fdinfo, LinkKind, Timer},
    ids::Pid,
    socket::Socket,
    sys::Behind,
    value::{Missing, Text},
};

/// Something that a process holds open.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) slot: Slot,
    /// Where its link leads, see [`Link`](crate::format::pid::Link). Empty if it could not be read.
    pub(crate) target: Vec<u8>,
    /// The file itself, where it was asked for and its link does not tell all.
    pub(crate) behind: Option<Behind>,
    /// Why it is not known what stands behind the link, if that was asked for.
    pub(crate) unasked: Missing,
    /// Why the link could not be read.
    pub(crate) unread: Missing,
    /// It is large, and few listings ask for it.
    pub(crate) info: Option<Box<Fdinfo>>,
    /// Why there is no `info`, if it was asked for.
    pub(crate) uninformed: Missing,
    pub(crate) socket: Option<Arc<Socket>>,
    /// The protocol of a socket that no table has, where it was asked for.
    pub(crate) protocol: Option<Text>,
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
            behind: None,
            unasked: Missing::None,
            unread: Missing::None,
            info: None,
            uninformed: Missing::None,
            socket: None,
            protocol: None,
        }
    }

    /// What kind of file it is; unknown of a path whose file could not be asked.
    pub(crate) fn kind(&self) -> Option<FileKind> {
        let flags = self.info.as_ref().map(|info| info.flags);
        FileKind::of(&self.target, self.behind, flags)
    }

    /// The word for its kind.
    pub(crate) fn kind_word(&self) -> Option<Text> {
        Some(self.kind()?.word(&self.target))
    }

    /// How it may be used: see [`OpenFlags::mode`](crate::format::pid::OpenFlags::mode).
    pub(crate) fn mode(&self) -> Option<&'static str> {
        self.info.as_ref().map(|info| info.flags.mode())
    }

    /// Whether its name was removed; unknown where only the path says so, and may itself be
    /// called so. Of a mapped file that may not be asked, the path is all there is.
    pub(crate) fn deleted(&self) -> Option<bool> {
        match (self.slot, self.behind) {
            (Slot::Map, None) => Some(self.target.ends_with(DELETED)),
            (_, behind) => undeleted(&self.target, behind).1,
        }
    }

    /// Whether the file behind it has more to tell than the link.
    pub(crate) fn is_to_be_asked(&self) -> bool {
        FileKind::is_to_be_asked(&self.target)
    }

    /// One whose link could not be read.
    pub(super) fn untold(slot: Slot, why: Missing) -> Self {
        Self {
            unread: why,
            ..Self::new(slot, Vec::new())
        }
    }

    /// Why a cell that needs these is unknown.
    pub(crate) fn why_missing(&self, needs: Needs) -> Missing {
        if needs.contains(Needs::FDINFO) && self.info.is_none() {
            return self.uninformed;
        }
        if needs.intersects(Needs::BEHIND | Needs::METADATA) && self.behind.is_none() {
            return self.unasked;
        }
        self.unread
    }

    /// Its size in bytes; nothing of what has none, such as a pipe, a device and an anonymous inode.
    pub(crate) fn size(&self) -> Option<u64> {
        let has_size = match (self.slot, self.kind()) {
            (Slot::Fd(_), Some(kind)) => kind.has_size(),
            (Slot::Fd(_), None) => false,
            _ => true,
        };
        self.behind.filter(|_| has_size)?.size
    }

    /// The protocol of a socket.
    pub(crate) fn protocol(&self) -> Option<Text> {
        let listed = self.socket.as_ref();
        let listed = listed.map(|socket| Text::word(socket.protocol));
        listed.or_else(|| self.protocol.clone())
    }

    /// Asks with `ask` what stands behind it, and keeps why that is not known.
    pub(super) fn ask_behind(&mut self, ask: impl FnOnce() -> io::Result<Behind>) {
        match ask() {
            Ok(behind) => self.behind = Some(behind),
            Err(error) => self.unasked = Missing::because_of(&error),
        }
    }

    /// The inode of the socket that it is.
    pub(crate) fn socket_inode(&self) -> Option<u64> {
        match LinkKind::of(&self.target) {
            LinkKind::Inode(b"socket", inode) => Some(inode),
            _ => None,
        }
    }

    pub(super) fn is_pipe(&self) -> bool {
        matches!(LinkKind::of(&self.target), LinkKind::Inode(b"pipe", _))
    }

    pub(super) fn is_timer(&self) -> bool {
        LinkKind::of(&self.target) == LinkKind::Anonymous(b"timerfd")
    }
}
