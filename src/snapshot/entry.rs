//! A process to read, and the sign of life of a thread that reads it.

use std::sync::atomic::{
    AtomicBool, AtomicU32, AtomicU64, AtomicUsize,
    Ordering::{Relaxed, SeqCst},
};

use super::needs::Files;
use crate::ids::Pid;

/// A process to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry {
    /// Its number in the listing.
    pub(super) pid: Pid,
    /// Its number in the `/proc` that is read.
    pub(super) read: Pid,
}

/// The chunk of a thread that has none.
pub(super) const IDLE: usize = usize::MAX;

/// The sign of life of a thread that reads.
#[derive(Debug, Default)]
pub(super) struct Pulse {
    /// What it reads.
    pub(super) chunk: AtomicUsize,
    /// Whether it was left behind and must not start another chunk.
    pub(super) given_up: AtomicBool,
    pub(super) beats: AtomicU64,
    pub(super) entry: AtomicUsize,
    pub(super) file: AtomicU64,
    /// The thread's own number.
    pub(super) thread: AtomicU32,
    /// Start time of the process, once known.
    pub(super) start: AtomicU64,
}

impl Pulse {
    /// Says which file is opened or read next.
    pub(super) fn at(&self, file: Files) {
        self.file.store(file.bits(), Relaxed);
        // Only this thread counts.
        let beats = self.beats.load(Relaxed);
        self.beats.store(beats.wrapping_add(1), Relaxed);
    }

    /// Does work that nobody can block, during which the thread is not to be taken for silent.
    pub(super) fn aside<T>(&self, work: impl FnOnce() -> T) -> T {
        let chunk = self.chunk.swap(IDLE, SeqCst);
        let answer = work();
        self.chunk.store(chunk, SeqCst);
        answer
    }
}
