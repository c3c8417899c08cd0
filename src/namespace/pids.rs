//! What the processes of a PID namespace are called outside of it, and the other way round.

use std::{
    collections::HashMap,
    io,
    os::fd::{AsFd, OwnedFd},
    sync::{Arc, OnceLock},
    time::Duration,
};

use nix::fcntl::OFlag;

use super::ended::gone;
use crate::{
    error::{Error, ErrorKind, Result, kind_of},
    format::pid::Status,
    ids::Pid,
    procfs::Procfs,
    sys,
    value::Missing,
    wait::process_file,
    watchdog::Worker,
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
    /// Why processes did not say whether they are inside, and of how many that is so.
    unknown: Vec<(Missing, usize)>,
}

impl Listed {
    /// Notes so many processes that did not say whether they are inside. One that may not be asked is
    /// not seen here, as where processes are hidden.
    fn lacks(&mut self, why: Missing, count: usize) {
        if count == 0 || matches!(why, Missing::None | Missing::Denied) {
            return;
        }
        match self.unknown.iter_mut().find(|(known, _)| *known == why) {
            Some((_, known)) => *known += count,
            None => self.unknown.push((why, count)),
        }
    }
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

    /// Whether its namespace is `other`'s or lies in it, so that its processes are also there.
    pub(crate) fn lies_in(&self, other: &Self) -> bool {
        // KERNEL(4.9): the parent of a namespace. Where it is not known it counts as another: a process
        // may then be listed twice, and none is left out.
        let mut at = self.namespace.try_clone();
        while let Ok(namespace) = at {
            if same_namespace(&namespace, &other.namespace).is_ok_and(|same| same) {
                return true;
            }
            // Above the namespace of this process none is told.
            at = sys::parent_namespace(namespace);
        }
        false
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
    /// program makes who asks for its namespace wait. Those that do not answer are counted.
    fn list(self: &Arc<Self>, base: &Arc<Procfs>) -> Listed {
        let mut listed = Listed::default();
        let mut worker = Worker::default();
        let mut lost = Duration::ZERO;
        let pids = base.pids().unwrap_or_else(|error| {
            listed.lacks(Missing::for_kind(error.kind()), 1);
            Vec::new()
        });
        let mut pids = &pids[..];
        while !pids.is_empty() {
            let works = pids.iter().map(|pid| {
                let (this, base, pid) = (Arc::clone(self), Arc::clone(base), *pid);
                move || this.number_of(&base, pid)
            });
            let time = FOR_ALL.saturating_sub(lost).clamp(FOR_ONE / 10, FOR_ONE);
            let answers = match worker.run_in_turn(time, works.collect()) {
                Ok(answers) => answers,
                // No thread is to be had.
                Err(error) => {
                    listed.lacks(Missing::because_of(&error), pids.len());
                    break;
                }
            };
            if answers.len() < pids.len() || answers.last().is_some_and(is_silent) {
                lost += time;
            }
            let (asked, rest) = pids.split_at(answers.len().clamp(1, pids.len()));
            for (pid, number) in asked.iter().zip(answers) {
                match number {
                    Ok(Some(number)) => {
                        listed.outside.insert(number, *pid);
                        listed.inside.insert(*pid, number);
                    }
                    Ok(None) => (),
                    Err(error) => listed.lacks(Missing::because_of(&error), 1),
                }
            }
            pids = rest;
        }
        listed
    }

    /// What `pid` of `base` is called inside, told by its numbers at every level.
    fn number_of(&self, base: &Procfs, pid: Pid) -> io::Result<Option<Pid>> {
        let dir = base.process(pid)?;
        let status = Status::parse(&dir.read(process_file!("status"))?);
        let numbers = status.map_err(io::Error::other)?.ns_pid;
        let numbers = numbers.unwrap_or_default();
        let number = self.levels.checked_sub(1).and_then(|at| numbers.get(at));
        let Some(number) = number else {
            return Ok(None);
        };
        let below = numbers.len() - self.levels;
        let is_inside = if below == 0 {
            dir.link(process_file!("ns/pid"))? == self.link
        } else {
            let own = dir.follow(process_file!("ns/pid"), OFlag::O_RDONLY)?;
            let ancestor = (0..below).try_fold(own, |ns, _| sys::parent_namespace(ns));
            same_namespace(ancestor?, &self.namespace)?
        };
        Ok(is_inside.then_some(Pid::new(*number)))
    }
}

/// Whether that is what is answered in the place of a process that does not.
fn is_silent<T>(answer: &io::Result<T>) -> bool {
    matches!(answer, Err(error) if kind_of(error) == ErrorKind::TimedOut)
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

    /// Why processes of the outside did not say whether they run inside, and of how many that is so.
    pub(crate) fn unknown(&self) -> impl Iterator<Item = (Missing, usize)> {
        let listed = self.listed().into_iter();
        listed.flat_map(|listed| listed.unknown.iter().copied())
    }

    /// Does now what the first question would do.
    pub(crate) fn learn(&self) {
        self.listed();
    }

    /// Why it may be unknown whether a process runs inside, and of how many that is so: that they did
    /// not answer in time, before other reasons.
    fn doubt(&self) -> Option<(Missing, usize)> {
        self.unknown()
            .max_by_key(|(why, _)| *why == Missing::Silent)
    }

    /// Why a process that has no number here may have one all the same.
    pub(crate) fn why_unknown(&self) -> Option<Missing> {
        self.doubt().map(|(why, _)| why)
    }

    /// The number outside of the process `pid` of the inside.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Gone`] if there is no such process. Where it may be one of those of which that is
    /// unknown, the kind says why.
    pub(crate) fn find(&self, pid: Pid) -> Result<Pid> {
        if let Self::Kernel(namespace) = self {
            let found = sys::pid_from_namespace(namespace, pid);
            let found = found.map_err(|error| Error::system(format!("process {pid}"), error))?;
            return found.ok_or_else(|| gone(pid));
        }
        self.outside(pid).ok_or_else(|| match self.doubt() {
            None => gone(pid),
            Some((why, count)) => {
                let processes = if count == 1 { "process" } else { "processes" };
                let reason = format!(
                    "not found, but {count} {processes} could not be asked for the number in the \
                     container ({why})"
                );
                Error::new(why.kind(), format!("process {pid}"), reason)
            }
        })
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

#[cfg(test)]
impl Numbers {
    /// The numbers of a namespace with one process, 7, which is 70 outside; of two other processes it
    /// is unknown for this reason whether they run there.
    pub(crate) fn with_unknown(why: Missing) -> Self {
        let base = Arc::new(Procfs::open("/proc".as_ref()).expect("/proc can be opened"));
        let own = base.process_self().expect("this process is there");
        let namespace = own.follow(process_file!("ns/pid"), OFlag::O_RDONLY);
        let namespace = namespace.expect("a process has a namespace");
        let translator = Arc::new(Translator {
            namespace: Arc::new(namespace),
            link: Vec::new(),
            levels: 2,
            by_kernel: false,
        });
        let mut listed = Listed::default();
        listed.outside.insert(Pid::new(7), Pid::new(70));
        listed.inside.insert(Pid::new(70), Pid::new(7));
        listed.lacks(why, 2);
        Self::Listed {
            translator,
            base,
            listed: listed.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_that_is_not_found_may_be_one_that_did_not_answer() {
        for (why, kind, reason) in [
            (Missing::None, ErrorKind::Gone, "no such process"),
            (
                Missing::Silent,
                ErrorKind::TimedOut,
                "not found, but 2 processes could not be asked for the number in the container \
                 (did not answer in time)",
            ),
            (
                Missing::Unreadable,
                ErrorKind::Io,
                "not found, but 2 processes could not be asked for the number in the container \
                 (could not be read)",
            ),
        ] {
            let numbers = Numbers::with_unknown(why);
            assert_eq!(numbers.find(Pid::new(7)).unwrap(), Pid::new(70));
            let error = numbers.find(Pid::new(8)).unwrap_err();
            assert_eq!(error.kind(), kind);
            assert_eq!(error.to_string(), format!("process 8: {reason}"));
        }
    }
}
