//! What is retained of a process from one sample to the next.

#[cfg(any(test, feature = "runtimes"))]
use std::collections::HashMap;
use std::{
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use super::{
    entry::Entry,
    task::{Marks, Since, Task},
};
use crate::{format::pid::Stat, namespace, procfs::Procfs, runtimes::Usage, sys};

/// Descriptors that are left to the caller and to reading.
const RESERVE: usize = 128;

/// What is retained of all processes, in the order of the listing.
#[derive(Debug)]
pub(crate) struct Retained {
    pub(super) of: Vec<(Entry, RetainedFiles)>,
    /// What control groups had used.
    pub(super) usage: Usage,
    /// When containers were looked at, and the processor time that each had used, by its ID and user.
    #[cfg(any(test, feature = "runtimes"))]
    pub(crate) of_containers: HashMap<Vec<u8>, (Duration, Duration)>,
    /// Whether the numbers of the `/proc` that is read are those by which the kernel can be asked.
    pub(super) counts_as_we_do: bool,
    pub(super) budget: Budget,
}

impl Retained {
    /// For the processes of `proc`, none of which is known yet.
    pub(crate) fn new(proc: &Procfs) -> Self {
        Self {
            of: Vec::new(),
            usage: Usage::default(),
            #[cfg(any(test, feature = "runtimes"))]
            of_containers: HashMap::new(),
            counts_as_we_do: proc.is_genuine() && namespace::counts_as_we_do(proc),
            budget: Budget::new(sys::spare_descriptors().saturating_sub(RESERVE)),
        }
    }
}

/// What is retained of one process.
#[derive(Debug, Default)]
pub(super) struct RetainedFiles {
    pub(super) stat: Option<KeptFile>,
    pub(super) status: Option<KeptFile>,
    /// Where a thread reads it.
    pub(super) cmdline: Option<KeptFile>,
    /// Of its directory, where a process reads its command line.
    pub(super) inode: Option<u64>,
    pub(super) still: Option<Still>,
    /// Whether it was known and ran since the previous sample.
    pub(super) runs: bool,
    /// Its parent, as stat told.
    pub(super) parent: Option<i32>,
    pub(super) last: Option<Counts>,
}

impl RetainedFiles {
    /// Whether anything in it speaks of one process and no other with its number.
    pub(super) fn is_empty(&self) -> bool {
        self.stat.is_none() && self.status.is_none() && !self.is_proved()
    }

    /// Whether it will be known for the same process though its `stat` is not read.
    pub(super) fn is_proved(&self) -> bool {
        self.cmdline.is_some() || self.inode.is_some()
    }

    /// What the process did since the previous sample, if this one is taken `at` that time; `None` if
    /// it was not there then.
    pub(super) fn since(&mut self, task: &Task, at: Duration) -> Option<Since> {
        let stat = task.stat()?;
        let now = Counts {
            start: stat.starttime,
            at,
            cpu: stat.utime.saturating_add(stat.stime),
            minflt: stat.minflt,
            majflt: stat.majflt,
            read_bytes: task.facts.io.map(|(read, _)| read),
            write_bytes: task.facts.io.map(|(_, written)| written),
        };
        let last = self
            .last
            .replace(now)
            .filter(|last| last.start == now.start)?;
        let grown = |now: Option<u64>, last: Option<u64>| Some(now?.saturating_sub(last?));
        Some(Since {
            time: now.at.checked_sub(last.at).filter(|time| !time.is_zero())?,
            cpu: now.cpu.saturating_sub(last.cpu),
            minflt: now.minflt.saturating_sub(last.minflt),
            majflt: now.majflt.saturating_sub(last.majflt),
            read: grown(now.read_bytes, last.read_bytes),
            written: grown(now.write_bytes, last.write_bytes),
        })
    }
}

/// What stat told, valid as long as neither the process nor its parent runs.
#[derive(Debug)]
pub(super) struct Still {
    // Boxed: most processes have none.
    pub(super) stat: Box<Stat>,
    pub(super) marks: Marks,
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

/// An open file, of this sample alone or kept.
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
    /// Keeps it for the next sample if it was kept before or there is room.
    pub(super) fn keep(self, budget: &Budget) -> Option<KeptFile> {
        match self {
            Self::Fresh(file) => budget.keep(file),
            Self::Kept(file) => Some(file),
        }
    }
}
