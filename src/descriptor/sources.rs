//! What cells are made from, besides a process: an open file, a socket with its owners, a timer.

use super::ends::Ends;
use crate::{
    format::pid::{ClockId, Fdinfo},
    ids::{Pid, Uid},
    snapshot::{Opened, PosixTimer, Seen},
    socket::Socket,
    value::{Missing, Text},
};

/// What a process holds open.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Held<'a> {
    pub(crate) opened: &'a Opened,
    /// The process.
    pub(crate) seen: &'a Seen<'a>,
    /// Who has the other ends, where a column needs it.
    pub(crate) ends: Option<&'a Ends>,
}

/// A socket and its owners.
#[derive(Debug)]
pub(crate) struct Owned<'a> {
    pub(crate) socket: &'a Socket,
    /// The number of its network namespace, if it is known.
    pub(crate) network: Option<u64>,
    /// The path of its control group, or why that is unknown.
    pub(crate) group: Result<Text, Missing>,
    /// The processes that have it open, each with its descriptor.
    pub(crate) owners: &'a [(Pid, u32)],
    /// The socket's user, in the user namespace of the listing, or why it is unknown there.
    pub(crate) uid: Option<Result<Uid, Missing>>,
    /// The name or number of that user, if a column needs it.
    pub(crate) user: Option<Text>,
}

/// A timer of a process.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Timed<'a> {
    /// Of `timer_create`.
    Posix(&'a PosixTimer),
    /// Of `timerfd_create`, with its descriptor.
    Fd(u32, &'a Fdinfo),
}

impl<'a> Timed<'a> {
    pub(super) fn posix(&self) -> Option<&'a PosixTimer> {
        match self {
            Self::Posix(timer) => Some(timer),
            Self::Fd(..) => None,
        }
    }

    pub(super) fn info(&self) -> Option<&'a Fdinfo> {
        match self {
            Self::Posix(_) => None,
            Self::Fd(_, info) => Some(info),
        }
    }

    pub(super) fn clock(&self) -> Option<ClockId> {
        match self {
            Self::Posix(timer) => *timer.timer.clock_id,
            Self::Fd(_, info) => info.clockid,
        }
    }
}
