//! What to list, how fast, and how it went.

use std::{
    num::NonZeroUsize,
    time::{Duration, Instant},
};

use super::needs::Needs;
use crate::{
    cancel::Cancel,
    ids::Pid,
    view::{JoinedContainer, Skipped, View},
};

/// What to list.
#[derive(Debug, Clone)]
pub(crate) struct Ask<'a> {
    pub(crate) view: &'a View,
    /// These processes, or all.
    pub(crate) pids: Option<&'a [Pid]>,
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
    pub(super) fn stops(&self) -> Option<Ended> {
        if self.cancel.as_ref().is_some_and(Cancel::is_cancelled) {
            return Some(Ended::Cancelled);
        }
        let is_over = self.deadline.is_some_and(|at| Instant::now() >= at);
        is_over.then_some(Ended::Deadline)
    }

    /// How long to wait, at most `time`, before asking again whether to stop.
    pub(super) fn wait(&self, time: Duration) -> Duration {
        const LOOKS_FOR_CANCEL: Duration = Duration::from_millis(20);
        let left = self
            .deadline
            .map(|at| at.saturating_duration_since(Instant::now()));
        let cancel = self.cancel.as_ref().map(|_| LOOKS_FOR_CANCEL);
        left.into_iter().chain(cancel).fold(time, Duration::min)
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
    /// Threads left behind because what they read did not answer. They end when what they wait for
    /// answers or goes away. There are never more than about a thousand of them in a process: then
    /// no file is read that can block for long.
    pub abandoned: usize,
    /// Groups of processes that are shown by their numbers because the name service was not asked for
    /// them: of one process and of all, only so many are asked for that have no name.
    pub unasked_groups: usize,
    /// The same of users: of all, only so many are asked for that have no name.
    pub unasked_users: usize,
    /// Why the listing ended.
    pub ended: Ended,
    /// The joined containers, in the order in which they were read.
    pub containers: Vec<JoinedContainer>,
}

impl Outcome {
    /// Adds how another part of the same listing went.
    pub(crate) fn add(&mut self, other: Self) {
        self.skipped.extend(other.skipped);
        self.silent.extend(other.silent);
        for file in other.silent_files {
            if !self.silent_files.contains(&file) {
                self.silent_files.push(file);
            }
        }
        self.abandoned += other.abandoned;
        self.unasked_groups += other.unasked_groups;
        self.unasked_users += other.unasked_users;
        self.containers.extend(other.containers);
        if self.ended == Ended::Complete {
            self.ended = other.ended;
        }
    }
}
