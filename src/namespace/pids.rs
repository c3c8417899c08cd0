//! What the processes of a PID namespace are called outside of it, and the other way round.

use std::{
    collections::HashMap,
    io,
    os::fd::{AsFd, OwnedFd},
    sync::{Arc, OnceLock},
    time::Duration,
};

use nix::fcntl::OFlag;

use crate::{
    format::pid::Status, ids::Pid, procfs::Procfs, sys, wait::process_file, watchdog::Worker,
};

/// How numbers of one PID namespace become those of the `/proc` that its target was found in.
#[derive(Debug)]
pub(crate) struct Translator {
    namespace: Arc<OwnedFd>,
    link: Vec<u8>,
    /// How many numbers a process of the namespace has, counted from the `/proc`'s.
    levels: usize,
    /// Whether the kernel translates: it can (6.11), and the `/proc` counts as this process does.
    by_kernel: bool,
}

/// How long one process may take to tell its numbers, while there is time for all.
const FOR_ONE: Duration = Duration::from_secs(1);

/// How long is waited in full for those that do not answer, taken together; then for a moment each.
const FOR_ALL: Duration = Duration::from_secs(2);

/// The translation at one moment.
#[derive(Debug)]
pub(crate) enum Numbers {
    /// The kernel is asked each time.
    Kernel(Arc<OwnedFd>),
    /// All that there are when one is first asked for.
    Listed {
        translator: Arc<Translator>,
        base: Arc<Procfs>,
        listed: OnceLock<Listed>,
    },
}

/// All numbers of a namespace.
#[derive(Debug, Default)]
pub(crate) struct Listed {
    /// Inside to outside.
    outside: HashMap<Pid, Pid>,
    /// Outside to inside.
    inside: HashMap<Pid, Pid>,
}

impl Translator {
    pub(super) fn new(base: &Procfs, namespace: Arc<OwnedFd>, link: &[u8], levels: usize) -> Self {
        let by_kernel = counts_as_we_do(base)
            && sys::pid_in_namespace(&namespace, Pid::new(std::process::id())).is_ok();
        Self {
            namespace,
            link: link.to_vec(),
            levels,
            by_kernel,
        }
    }

    /// How deep its PID namespace lies below that of the `/proc`.
    pub(crate) fn level(&self) -> usize {
        self.levels.saturating_sub(1)
    }

    /// The translation of now, between it and `base`, for which it was made.
    pub(crate) fn numbers(self: &Arc<Self>, base: &Arc<Procfs>) -> Numbers {
        if self.by_kernel {
            return Numbers::Kernel(Arc::clone(&self.namespace));
        }
        // KERNEL(6.11): the namespace ioctls make all of this unnecessary.
        Numbers::Listed {
            translator: Arc::clone(self),
            base: Arc::clone(base),
            listed: OnceLock::new(),
        }
    }

    /// Looks at every process of `base`, on a thread that can be left behind: one that executes a
    /// program makes who asks for its namespace wait. Those that do not answer are left out.
    fn list(self: &Arc<Self>, base: &Arc<Procfs>) -> Listed {
        let mut listed = Listed::default();
        let mut worker = Worker::default();
        let mut lost = Duration::ZERO;
        let mut pids = &base.pids().unwrap_or_default()[..];
        while !pids.is_empty() {
            let works = pids.iter().map(|pid| {
                let (this, base, pid) = (Arc::clone(self), Arc::clone(base), *pid);
                move || Ok(this.number_of(&base, pid))
            });
            let time = FOR_ALL.saturating_sub(lost).clamp(FOR_ONE / 10, FOR_ONE);
            let Ok(answers) = worker.run_in_turn(time, works.collect()) else {
                break;
            };
            if answers.len() < pids.len() || answers.last().is_some_and(Result::is_err) {
                lost += time;
            }
            let (asked, rest) = pids.split_at(answers.len().clamp(1, pids.len()));
            for (pid, number) in asked.iter().zip(answers) {
                if let Ok(Some(number)) = number {
                    listed.outside.insert(number, *pid);
                    listed.inside.insert(*pid, number);
                }
            }
            pids = rest;
        }
        listed
    }

    /// What `pid` of `base` is called inside, told by its numbers at every level.
    fn number_of(&self, base: &Procfs, pid: Pid) -> Option<Pid> {
        let dir = base.process(pid).ok()?;
        let numbers = Status::parse(&dir.read(process_file!("status")).ok()?)
            .ok()?
            .ns_pid?;
        let number = *numbers.get(self.levels.checked_sub(1)?)?;
        let below = numbers.len() - self.levels;
        let is_inside = if below == 0 {
            dir.link(process_file!("ns/pid")).ok()? == self.link
        } else {
            let own = dir.follow(process_file!("ns/pid"), OFlag::O_RDONLY).ok()?;
            let ancestor = (0..below).try_fold(own, |ns, _| sys::parent_namespace(ns));
            same_namespace(ancestor.ok()?, &self.namespace).ok()?
        };
        is_inside.then_some(Pid::new(number))
    }
}

/// Whether a process has the same number in `base` as it has for this process.
pub(crate) fn counts_as_we_do(base: &Procfs) -> bool {
    let status = base.read(&process_file!("status").of_self()).ok();
    let numbers = status.and_then(|bytes| Status::parse(&bytes).ok()?.ns_pid);
    numbers.is_some_and(|numbers| numbers == [std::process::id()])
}

fn same_namespace(a: impl AsFd, b: impl AsFd) -> io::Result<bool> {
    let (a, b) = (sys::stat(a)?, sys::stat(b)?);
    Ok((a.st_dev, a.st_ino) == (b.st_dev, b.st_ino))
}

impl Numbers {
    /// All numbers, where the kernel does not translate: a look at the whole host, once.
    fn listed(&self) -> Option<&Listed> {
        match self {
            Self::Kernel(_) => None,
            Self::Listed {
                translator,
                base,
                listed,
            } => Some(listed.get_or_init(|| translator.list(base))),
        }
    }

    /// Does now what the first question would do.
    pub(crate) fn learn(&self) {
        self.listed();
    }

    /// What `pid` of the inside is called outside.
    pub(crate) fn outside(&self, pid: Pid) -> Option<Pid> {
        match self {
            Self::Kernel(namespace) => sys::pid_from_namespace(namespace, pid).ok()?,
            Self::Listed { .. } => self.listed()?.outside.get(&pid).copied(),
        }
    }

    /// What `pid` of the outside is called inside; nothing if it does not run there.
    pub(crate) fn inside(&self, pid: Pid) -> Option<Pid> {
        match self {
            Self::Kernel(namespace) => sys::pid_in_namespace(namespace, pid).ok()?,
            Self::Listed { .. } => self.listed()?.inside.get(&pid).copied(),
        }
    }
}
