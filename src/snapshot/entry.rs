//! A process to read, and what the thread that reads it is doing.

use std::sync::{
    Mutex,
    atomic::{
        AtomicBool, AtomicU32, AtomicU64, AtomicUsize,
        Ordering::{Relaxed, SeqCst},
    },
};

use super::{needs::Files, queue::Job};
use crate::{
    error::{Error, ErrorKind, Result},
    format::pid::Stat,
    ids::Pid,
    namespace::another,
    sync::lock,
};

/// A process to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry {
    /// Its number in the listing.
    pub(super) pid: Pid,
    /// Its number in the `/proc` that is read.
    pub(super) read: Pid,
    /// When it must have started, in ticks after boot, to be the one that was asked for.
    pub(super) start: Option<u64>,
}

impl Entry {
    /// Whichever process has these numbers.
    pub(super) const fn new(pid: Pid, read: Pid) -> Self {
        let start = None;
        Self { pid, read, start }
    }

    /// Fails if another process than the one that was asked for has the number.
    pub(super) fn check(self, stat: Option<&Stat>) -> Result<()> {
        match (self.start, stat) {
            (None, _) => Ok(()),
            (Some(start), Some(stat)) if stat.starttime == start => Ok(()),
            (Some(_), Some(_)) => Err(another(self.pid)),
            (Some(_), None) => Err(Error::new(
                ErrorKind::NotUnderstood,
                format!("process {}", self.pid),
                "its start is unknown, so it may be another process",
            )),
        }
    }
}

/// What a thread that reads is doing, for the one that waits for it.
#[derive(Debug, Default)]
pub(crate) struct Pulse {
    /// What it reads; `None` if it waits for a job.
    pub(super) job: Mutex<Option<Job>>,
    /// Whether others were given the rest of its job, because it is blocked: it ends after the
    /// process that it reads.
    pub(super) is_set_aside: AtomicBool,
    /// Whether it does work that no process can block.
    is_aside: AtomicBool,
    pub(super) beats: AtomicU64,
    pub(super) entry: AtomicUsize,
    pub(super) file: AtomicU64,
    /// The thread's own number.
    pub(super) thread: AtomicU32,
    /// Start time of the process, once known.
    pub(super) start: AtomicU64,
}

impl Pulse {
    /// Notes which file is opened or read next.
    pub(super) fn at(&self, file: Files) {
        self.file.store(file.bits(), Relaxed);
        self.beat();
    }

    fn beat(&self) {
        // Only this thread counts.
        let beats = self.beats.load(Relaxed);
        self.beats.store(beats.wrapping_add(1), Relaxed);
    }

    /// Does work that no process can block, during which the thread is never taken for blocked.
    pub(super) fn aside<T>(&self, work: impl FnOnce() -> T) -> T {
        self.is_aside.store(true, SeqCst);
        let answer = work();
        self.beat();
        self.is_aside.store(false, SeqCst);
        answer
    }

    /// When the process started, if that is known.
    pub(super) fn started(&self) -> Option<u64> {
        // 0 is what it has before anything of the process was read.
        Some(self.start.load(Relaxed)).filter(|start| *start > 0)
    }

    /// The job in which a process can block it; `None` if it waits for a job or is aside.
    pub(super) fn job(&self) -> Option<Job> {
        if self.is_aside.load(SeqCst) {
            return None;
        }
        *lock(&self.job)
    }
}
