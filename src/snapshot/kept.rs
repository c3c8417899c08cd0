//! What is kept of a process from one look to the next.

use std::{
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use super::read::Entry;
use crate::sys;

/// Descriptors that are left to the caller and to reading.
const RESERVE: usize = 128;

/// What is kept of all processes, in the order of the listing.
#[derive(Debug)]
pub(crate) struct Memory {
    pub(super) of: Vec<(Entry, Kept)>,
    pub(super) budget: Budget,
}

impl Memory {
    pub(crate) fn new() -> Self {
        Self {
            of: Vec::new(),
            budget: Budget::new(sys::spare_descriptors().saturating_sub(RESERVE)),
        }
    }
}

/// What is kept of one process.
#[derive(Debug, Default)]
pub(super) struct Kept {
    pub(super) stat: Option<KeptFile>,
    pub(super) status: Option<KeptFile>,
    pub(super) cmdline: Option<KeptFile>,
    pub(super) last: Option<Counts>,
}

impl Kept {
    /// Whether anything in it speaks of one process and no other with its number.
    pub(super) fn is_empty(&self) -> bool {
        self.stat.is_none() && self.status.is_none() && self.cmdline.is_none()
    }
}

/// What grows while a process runs, at one moment.
#[derive(Debug, Clone, Copy)]
pub(super) struct Counts {
    pub(super) start: u64,
    pub(super) at: Duration,
    pub(super) cpu: u64,
    pub(super) minflt: u64,
    pub(super) majflt: u64,
    pub(super) read_bytes: Option<u64>,
    pub(super) write_bytes: Option<u64>,
}

/// How many descriptors may still be kept.
#[derive(Debug, Clone)]
pub(super) struct Budget(Arc<AtomicUsize>);

impl Budget {
    fn new(descriptors: usize) -> Self {
        Self(Arc::new(AtomicUsize::new(descriptors)))
    }

    /// How many of so many there is room for.
    pub(super) fn most_of(&self, files: usize) -> usize {
        files.min(self.0.load(Relaxed))
    }

    /// Keeps `file` if there is room for it.
    pub(super) fn keep(&self, file: OwnedFd) -> Option<KeptFile> {
        let taken = self
            .0
            .fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1));
        taken.ok().map(|_| KeptFile {
            file,
            budget: self.clone(),
        })
    }
}

/// An open file of a process, that answers as long as the process is there.
#[derive(Debug)]
pub(super) struct KeptFile {
    file: OwnedFd,
    budget: Budget,
}

impl AsFd for KeptFile {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}

impl Drop for KeptFile {
    fn drop(&mut self) {
        self.budget.0.fetch_add(1, Relaxed);
    }
}

/// An open file, of this look alone or kept.
#[derive(Debug)]
pub(super) enum Handle {
    Fresh(OwnedFd),
    Kept(KeptFile),
}

impl AsFd for Handle {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Fresh(file) => file.as_fd(),
            Self::Kept(file) => file.as_fd(),
        }
    }
}

impl Handle {
    /// Keeps it for the next look if it was kept before or there is room.
    pub(super) fn keep(self, budget: &Budget) -> Option<KeptFile> {
        match self {
            Self::Fresh(file) => budget.keep(file),
            Self::Kept(file) => Some(file),
        }
    }
}
