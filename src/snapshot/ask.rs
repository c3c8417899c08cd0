//! What to list, how fast, and how it went.

use std::{
    num::NonZeroUsize,
    thread,
    time::{Duration, Instant},
};

use super::{needs::Needs, unread::Unread};
use crate::{
    cancel::Cancel,
    error::{Error, ErrorKind},
    ids::{Pid, ProcessId},
    value::Missing,
    view::{JoinedContainer, Skipped, View},
};

/// What to list.
#[derive(Debug, Clone)]
pub(crate) struct Ask<'a> {
    pub(crate) view: &'a View,
    /// These processes, or all.
    pub(crate) pids: Option<&'a [ProcessId]>,
    pub(crate) needs: Needs,
    pub(crate) pace: Pace,
}

/// How fast and how patiently to list, and when to stop.
#[derive(Debug, Clone)]
pub(crate) struct Pace {
    /// How long a thread may make no progress before it is left behind.
    pub(crate) timeout: Duration,
    pub(crate) threads: Threads,
    /// When the whole listing stops.
    pub(crate) deadline: Option<Instant>,
    /// Lets another thread stop the listing.
    pub(crate) cancel: Option<Cancel>,
}

/// Which threads read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Threads {
    /// As many threads as make it faster.
    Best,
    /// So many.
    Exactly(NonZeroUsize),
    /// The calling thread alone.
    None,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(2),
            threads: Threads::Best,
            deadline: None,
            cancel: None,
        }
    }
}

impl Pace {
    /// Why the listing must stop now, if it must.
    pub(crate) fn stops(&self) -> Option<Ended> {
        if self.cancel.as_ref().is_some_and(Cancel::is_cancelled) {
            return Some(Ended::Cancelled);
        }
        let is_over = self.deadline.is_some_and(|at| Instant::now() >= at);
        is_over.then_some(Ended::Deadline)
    }

    /// How many threads may help one of those that read.
    pub(crate) fn helpers(&self) -> usize {
        const MOST: usize = 4;
        let threads = match self.threads {
            Threads::Best => thread::available_parallelism().map_or(1, NonZeroUsize::get),
            Threads::Exactly(threads) => threads.get(),
            Threads::None => 1,
        };
        threads.min(MOST) - 1
    }

    /// How long to wait, at most `time`, before asking again whether to stop.
    pub(super) fn wait(&self, time: Duration) -> Duration {
        const LOOKS_FOR_CANCEL: Duration = Duration::from_millis(20);
        let cancel = self.cancel.as_ref().map(|_| LOOKS_FOR_CANCEL);
        cancel.into_iter().fold(self.left_of(time), Duration::min)
    }

    /// How much of that time there is until the deadline.
    pub(crate) fn left_of(&self, time: Duration) -> Duration {
        let left = self.deadline;
        let left = left.map(|at| at.saturating_duration_since(Instant::now()));
        left.map_or(time, |left| left.min(time))
    }
}

/// Why a listing ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Ended {
    /// All that was asked for was read.
    #[default]
    Complete,
    /// The caller wanted no more rows.
    Stopped,
    /// The deadline passed; the rows that had been read by then were given out.
    Deadline,
    /// It was [cancelled](crate::Cancel); the rows that had been read by then were given out.
    Cancelled,
}

impl Ended {
    /// `complete`, `stopped`, `deadline` or `cancelled`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Stopped => "stopped",
            Self::Deadline => "deadline",
            Self::Cancelled => "cancelled",
        }
    }
}

/// Its [name](Ended::as_str).
#[cfg(feature = "serde")]
impl serde::Serialize for Ended {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// How a listing went.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Outcome {
    /// The processes and containers that were left out, and why. A process that ended while the
    /// listing was made is not among them unless it was asked for by its pid. In a table of sockets,
    /// the processes whose descriptors could not be read: sockets that only they have are listed
    /// without an owner.
    pub skipped: Vec<Skipped>,
    /// The processes of which a file did not answer, in order: each cell that needs the file is
    /// [`Missing::Silent`](crate::Missing::Silent).
    pub silent: Vec<Pid>,
    /// Files that are about no process and did not answer, by their names below `/proc`: each cell
    /// that needs one of them is [`Missing::Silent`](crate::Missing::Silent).
    pub silent_files: Vec<String>,
    /// The columns of a [filter](crate::Query::filter) that were unknown where they would have
    /// decided whether the filter lets a row pass. Such a row is judged as if no test of what is
    /// unknown held, so rows can be missing. A column that is unknown because the process has no such
    /// attribute ([`Missing::None`](crate::Missing::None)) decides nothing and is not among them.
    pub undecided: Vec<Unread>,
    /// The columns and sort keys that are unknown in rows that were given out, because of
    /// [trouble](crate::Missing::is_trouble): they were denied, did not answer or could not be read.
    pub unknown: Vec<Unread>,
    /// The files that were read in part or not at all, and of which the listing shows what was read:
    /// tables of sockets, so that sockets or their ports can be missing, and links of descriptors,
    /// whose targets are unknown.
    pub partial: Vec<Unread>,
    /// Threads left behind because what they read did not answer. They end when what they wait for
    /// answers or goes away. There are never more than about a thousand of them in a process: then
    /// no file is read that can block for long.
    pub abandoned: usize,
    /// Groups of processes that are shown by their numbers because the name service was not asked for
    /// them: of one process and of all, only so many are asked for that have no name.
    pub unasked_groups: usize,
    /// The same of users: of all, only so many are asked for that have no name.
    pub unasked_users: usize,
    /// In a table of the sockets of named processes: how many other sockets these have open: of another
    /// network namespace, of a family that is not listed, or not bound.
    pub unlisted_sockets: usize,
    /// In a table of sockets that a filter limits to protocols: those which it may mean and which this
    /// kernel does not list, neither by netlink nor as text.
    pub absent_protocols: Vec<&'static str>,
    /// In a table of sockets: how many come from text in which a name, that any user may choose, can pass
    /// for the row of a socket, see [`Socket::forgeable`](crate::Socket::forgeable).
    pub forgeable_sockets: usize,
    /// Why ids of users and groups, or some of them, are shown by their numbers: the names of the host
    /// whose `/proc` is read could not be. Of a joined container
    /// [`JoinedContainer::unnamed`] tells it. A copy of a `/proc` has no names, and that is no error.
    pub unnamed: Option<Error>,
    /// Why the listing ended.
    pub ended: Ended,
    /// The joined containers, in the order in which they were read.
    pub containers: Vec<JoinedContainer>,
}

impl Outcome {
    /// Why a process may have open what is not known.
    pub(crate) fn hides_descriptors(&self) -> Missing {
        let partial = self.partial.iter().filter(|unread| unread.what == "fd");
        let shut = self.skipped.iter().map(|skipped| &skipped.error);
        let shut = shut.filter(|error| error.kind() != ErrorKind::Gone);
        let mut reasons = partial
            .map(|unread| unread.why)
            .chain(shut.map(|error| Missing::for_kind(error.kind())));
        reasons.next().unwrap_or_default()
    }

    /// Adds protocols that this kernel does not have.
    pub(crate) fn add_absent(&mut self, protocols: Vec<&'static str>) {
        for protocol in protocols {
            if !self.absent_protocols.contains(&protocol) {
                self.absent_protocols.push(protocol);
            }
        }
    }

    /// Adds how another part of the same listing went.
    pub(crate) fn add(&mut self, other: Self) {
        self.skipped.extend(other.skipped);
        self.silent.extend(other.silent);
        for file in other.silent_files {
            if !self.silent_files.contains(&file) {
                self.silent_files.push(file);
            }
        }
        for unread in other.undecided {
            Unread::merge(&mut self.undecided, unread);
        }
        for unread in other.unknown {
            Unread::merge(&mut self.unknown, unread);
        }
        for unread in other.partial {
            Unread::merge(&mut self.partial, unread);
        }
        self.abandoned += other.abandoned;
        self.unasked_groups += other.unasked_groups;
        self.unasked_users += other.unasked_users;
        self.unlisted_sockets += other.unlisted_sockets;
        self.add_absent(other.absent_protocols);
        self.forgeable_sockets += other.forgeable_sockets;
        self.unnamed = self.unnamed.take().or(other.unnamed);
        self.containers.extend(other.containers);
        if self.ended == Ended::Complete {
            self.ended = other.ended;
        }
    }
}
