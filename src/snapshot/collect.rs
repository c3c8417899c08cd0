//! Reading many processes: which they are, what is kept of them, and the rows that they become.

use std::{
    collections::HashMap,
    iter::Peekable,
    ops::ControlFlow,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard,
        atomic::{
            AtomicBool,
            Ordering::{Acquire, Relaxed, Release},
        },
    },
    vec,
};

use super::{
    Memory, Needs, Outcome, Pace, Seen, Task, Threads,
    ancestry::Ancestry,
    kept::{Budget, Kept},
    opened::SocketsOf,
    plan::{Files, Plan},
    pool::Pool,
    queue::Job,
    read::{Entry, Pulse, Reading},
    rest::Parent,
    rows::Rows,
};
use crate::{
    error::{Error, ErrorKind, Result},
    ids::Pid,
    namespace::{Numbers, gone},
    procfs::Procfs,
    value::Value,
    view::{Inner, Joined, Skipped, View},
};

/// How many processes are handed out at once.
pub(super) const CHUNK: usize = 128;

/// Rows of more bytes than this are given out before the rest of their chunk is read.
const HEAVY: usize = 1 << 20;

/// What to collect.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ask<'a> {
    pub(crate) view: &'a View,
    /// These, or all.
    pub(crate) pids: Option<&'a [Pid]>,
    pub(crate) needs: Needs,
    pub(crate) pace: Pace,
}

/// Reads the processes that are asked for, and gives out for each what `extract` makes of it and the
/// cells that it adds, by pid, until `each` breaks off. `weigh` tells how many bytes such a thing and
/// its cells take. What is in `memory` is not asked of the kernel again.
pub(crate) fn collect<R: Send + 'static>(
    ask: Ask<'_>,
    mut memory: Option<&mut Memory>,
    extract: impl Fn(&Seen<'_>, &mut Vec<Value>) -> R + Send + Sync + 'static,
    weigh: fn(&R, &[Value]) -> usize,
    each: &mut dyn FnMut(R, Vec<Value>) -> ControlFlow<()>,
    outcome: &mut Outcome,
) -> Result<ControlFlow<()>> {
    let Ask {
        view,
        pids,
        needs,
        pace,
    } = ask;
    let inner = &view.0;
    let ancestry = needs.contains(Needs::ANCESTRY);
    let ancestry = ancestry.then(|| Ancestry::read(ask)).transpose()?;
    let numbers = inner.numbers();
    let mut left_out = |pid, named, error: Error| {
        if named || error.kind() != ErrorKind::Gone {
            outcome.skipped.push(Skipped {
                pid,
                via: view.target(),
                named,
                error,
            });
        }
    };
    // For a first look there is room to be made, for as many as there are.
    let knows_how_many = memory.as_ref().is_none_or(|memory| !memory.of.is_empty());
    let mut list = None;
    if pids.is_none() && numbers.is_none() && knows_how_many && pace.threads != Threads::None {
        list = inner.proc.processes()?;
    }
    let entries = if list.is_some() {
        Vec::new()
    } else {
        entries(inner, numbers.as_ref(), pids, |pid| {
            left_out(pid, true, gone(pid));
        })?
    };
    if entries.is_empty() && list.is_none() {
        if let Some(memory) = memory {
            memory.of.clear();
        }
        return Ok(ControlFlow::Continue(()));
    }
    learn(inner, needs, numbers.as_ref());
    let watch = memory.as_deref_mut().map(|memory| {
        let new = entries.len().saturating_sub(memory.of.len());
        // Two files of each, as of most columns.
        inner.proc.make_room(memory.budget.most_of(new * 2));
        Watch::new(memory)
    });
    if let Some(watch) = &watch {
        watch.add(&entries);
    }
    let work = Arc::new(Work {
        watch,
        needs,
        named: pids.is_some(),
        view: Arc::clone(inner),
        numbers,
        entries: RwLock::new(entries),
        avoid: Mutex::new(Avoid {
            of: HashMap::new(),
            of_all: Files::empty(),
        }),
        avoids: AtomicBool::new(false),
        sockets: SocketsOf::default(),
        ancestry,
        extract: Box::new(extract),
        weigh,
    });
    let mut give = |rows: Rows<R>| {
        let mut lost = |pid, error| left_out(pid, pids.is_some(), error);
        rows.give(each, &mut lost)
    };
    let flow = if pace.threads == Threads::None {
        work.read_all(&mut give)
    } else {
        let mut pool = Pool::start(&work, list, pace)?;
        let mut flow = ControlFlow::Continue(());
        while flow.is_continue()
            && let Some(mut part) = pool.next_rows()?
        {
            flow = give(part.take_rows());
        }
        outcome.abandoned += pool.finish();
        flow
    };
    if let (Some(memory), Some(watch)) = (memory, &work.watch) {
        let entries = work.entries();
        let kept = (0..).map_while(|index| Some((*entries.get(index)?, watch.take(index))));
        memory.of = kept
            .filter_map(|(entry, kept)| Some((entry, kept?)))
            .collect();
    }
    Ok(flow)
}

/// Reads what is needed beside the processes, once for all of them.
fn learn(view: &Inner, needs: Needs, numbers: Option<&Numbers>) {
    if needs.contains(Needs::TTY) {
        view.learn_drivers();
    }
    if needs.contains(Needs::MEMORY) {
        view.learn_memory();
    }
    if let (true, Some(numbers)) = (needs.contains(Needs::HOST_PID), numbers) {
        numbers.learn();
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The processes to read, by their number in the listing, each once.
fn entries(
    view: &Inner,
    numbers: Option<&Numbers>,
    pids: Option<&[Pid]>,
    mut missing: impl FnMut(Pid),
) -> Result<Vec<Entry>> {
    let outside = numbers.filter(|_| view.joined.as_ref().is_some_and(Joined::is_from_outside));
    let mut entries: Vec<Entry> = match (pids, outside) {
        (None, None) => {
            let pids = view.proc.pids()?;
            return Ok(pids
                .into_iter()
                .map(|pid| Entry { pid, read: pid })
                .collect());
        }
        (None, Some(numbers)) => {
            let pids = view.proc.pids()?.into_iter();
            pids.filter_map(|read| numbers.inside(read).map(|pid| Entry { pid, read }))
                .collect()
        }
        (Some(pids), None) => pids.iter().map(|&pid| Entry { pid, read: pid }).collect(),
        (Some(pids), Some(numbers)) => pids
            .iter()
            .filter_map(|&pid| {
                let read = numbers.outside(pid);
                if read.is_none() {
                    missing(pid);
                }
                read.map(|read| Entry { pid, read })
            })
            .collect(),
    };
    entries.sort_unstable_by_key(|entry| entry.pid);
    entries.dedup();
    Ok(entries)
}

/// Makes something of a process, and its cells behind those that are there.
type Extract<R> = dyn Fn(&Seen<'_>, &mut Vec<Value>) -> R + Send + Sync;

/// What all threads work on.
pub(super) struct Work<R> {
    view: Arc<Inner>,
    numbers: Option<Numbers>,
    needs: Needs,
    named: bool,
    /// Those listed so far.
    entries: RwLock<Vec<Entry>>,
    watch: Option<Watch>,
    /// What did not answer, by the number of the entry.
    avoid: Mutex<Avoid>,
    sockets: SocketsOf,
    ancestry: Option<Ancestry>,
    /// Whether there is any such, so that it is not asked for each process.
    avoids: AtomicBool,
    extract: Box<Extract<R>>,
    weigh: fn(&R, &[Value]) -> usize,
}

/// What is kept of the processes that are watched.
struct Watch {
    /// Of those listed so far, in the order of the entries. Each is taken while its process is
    /// read: a thread that is left behind takes it along.
    kept: RwLock<Vec<Mutex<Option<Kept>>>>,
    /// Of those that may still be listed, in the order of the listing.
    before: Mutex<Peekable<vec::IntoIter<(Entry, Kept)>>>,
    counts_as_we_do: bool,
    budget: Budget,
}

impl Watch {
    fn new(memory: &mut Memory) -> Self {
        Self {
            kept: RwLock::default(),
            before: Mutex::new(std::mem::take(&mut memory.of).into_iter().peekable()),
            counts_as_we_do: memory.counts_as_we_do,
            budget: memory.budget.clone(),
        }
    }

    /// Finds what is kept of the next that are listed.
    fn add(&self, entries: &[Entry]) {
        let mut before = lock(&self.before);
        let known = entries.iter().map(|entry| {
            while before.next_if(|(other, _)| other.pid < entry.pid).is_some() {}
            let known = before.next_if(|(other, _)| other == entry);
            Mutex::new(known.map(|(_, kept)| kept))
        });
        let mut kept = self.kept.write().unwrap_or_else(PoisonError::into_inner);
        kept.extend(known);
    }

    fn take(&self, index: usize) -> Option<Kept> {
        lock(self.kept().get(index)?).take()
    }

    fn keep(&self, index: usize, known: Kept) {
        if let Some(kept) = self.kept().get(index) {
            *lock(kept) = Some(known);
        }
    }

    fn kept(&self) -> RwLockReadGuard<'_, Vec<Mutex<Option<Kept>>>> {
        self.kept.read().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Debug)]
struct Avoid {
    of: HashMap<usize, Files>,
    of_all: Files,
}

impl<R> Work<R> {
    /// How many were listed so far.
    pub(super) fn len(&self) -> usize {
        self.entries().len()
    }

    pub(super) fn entry(&self, index: usize) -> Option<Entry> {
        self.entries().get(index).copied()
    }

    /// Adds processes to those that were listed.
    pub(super) fn add(&self, pids: Vec<Pid>) {
        let entries = pids.into_iter().map(|pid| Entry { pid, read: pid });
        let entries: Vec<_> = entries.collect();
        if let Some(watch) = &self.watch {
            watch.add(&entries);
        }
        let mut all = self.entries.write().unwrap_or_else(PoisonError::into_inner);
        all.extend(entries);
    }

    /// Copied, as more may be listed while they are read.
    fn some_entries(&self, first: usize, count: usize) -> Vec<Entry> {
        let entries = self.entries();
        entries.iter().skip(first).take(count).copied().collect()
    }

    fn entries(&self) -> RwLockReadGuard<'_, Vec<Entry>> {
        self.entries.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many are in a chunk that has been handed out.
    pub(super) fn chunk_len(&self, chunk: usize) -> usize {
        self.len().saturating_sub(chunk * CHUNK).min(CHUNK)
    }

    /// Reads all on this thread.
    fn read_all(&self, give: &mut impl FnMut(Rows<R>) -> ControlFlow<()>) -> ControlFlow<()> {
        let pulse = Pulse::default();
        (0..self.len().div_ceil(CHUNK)).try_for_each(|chunk| {
            let mut from = 0;
            while from < self.chunk_len(chunk) {
                let (rows, _) = self.read_chunk(Job { chunk, from }, &pulse);
                from += rows.len();
                give(rows)?;
            }
            ControlFlow::Continue(())
        })
    }

    /// Reads the chunk from where it is told, up to its end or until its rows are heavy: at least
    /// one, and how many bytes they take.
    pub(super) fn read_chunk(&self, job: Job, pulse: &Pulse) -> (Rows<R>, usize) {
        let view = &*self.view;
        let joined = view.joined.as_ref();
        let outside = joined.is_some_and(Joined::is_from_outside);
        let mut reading = self.reading(&view.proc, outside, pulse);
        // For who has something mounted over his files: the same from the host's /proc.
        let mut second = joined.map(|joined| self.reading(&joined.base, true, pulse));
        let (start, len) = (job.chunk * CHUNK + job.from, self.chunk_len(job.chunk));
        let len = len.saturating_sub(job.from);
        let (mut rows, mut bytes) = (Rows::new(len), 0);
        for (index, entry) in (start..).zip(self.some_entries(start, len)) {
            pulse.entry.store(index, Relaxed);
            let avoid = self.avoid(index);
            let known = self.watch.as_ref().and_then(|watch| watch.take(index));
            let mut kept = known.unwrap_or_default();
            let is_known = !kept.is_empty();
            let mut read = reading.read(entry, avoid, &mut kept);
            let mut task = &mut reading.task;
            if let (Err(error), true) = (&read, is_known)
                && error.kind() == ErrorKind::Gone
            {
                // It was kept, so it may be its successor that has the number now.
                kept = Kept::default();
                read = reading.read(entry, avoid, &mut kept);
                task = &mut reading.task;
            }
            if let (Err(error), Some(second)) = (&read, &mut second)
                && error.kind() == ErrorKind::NotTrusted
            {
                let numbers = self.numbers.as_ref();
                // On an old kernel it looks at the whole host, which takes its time.
                let outside = || numbers.and_then(|numbers| numbers.outside(entry.pid));
                let outside = pulse.aside(outside);
                read = outside.ok_or_else(|| gone(entry.pid)).and_then(|read| {
                    let pid = entry.pid;
                    second.read(Entry { pid, read }, avoid, &mut kept)
                });
                task = &mut second.task;
            }
            match read {
                Ok(()) => {
                    let seen = &Seen { task, view };
                    bytes += rows.add(|cells| (self.extract)(seen, cells), self.weigh);
                    if let Some(watch) = &self.watch {
                        kept.settle(task);
                        watch.keep(index, kept);
                    }
                }
                Err(error) => rows.add_lost(entry.pid, error),
            }
            if bytes > HEAVY {
                break;
            }
        }
        (rows, bytes)
    }

    fn reading<'a>(&'a self, proc: &'a Procfs, outside: bool, pulse: &'a Pulse) -> Reading<'a> {
        let plan = Plan::new(self.needs, &self.view, proc, self.named, outside);
        Reading {
            files: proc.reader(),
            view: &self.view,
            numbers: self.numbers.as_ref(),
            sockets: &self.sockets,
            ancestry: self.ancestry.as_ref(),
            rests: self
                .watch
                .as_ref()
                .is_some_and(|watch| watch.counts_as_we_do && plan.rests()),
            plan,
            parent: Parent::default(),
            task: Task::default(),
            pulse,
            expects_cmdline: true,
            budget: self.watch.as_ref().map(|watch| &watch.budget),
        }
    }

    /// Does not ask for `file` of that entry again.
    pub(super) fn avoid_for(&self, index: usize, file: Files) {
        *lock(&self.avoid).of.entry(index).or_insert(Files::empty()) |= file;
        self.avoids.store(true, Release);
    }

    fn avoid(&self, index: usize) -> Files {
        if !self.avoids.load(Acquire) {
            return Files::empty();
        }
        let avoid = lock(&self.avoid);
        let of_this = avoid.of.get(&index).copied();
        of_this.unwrap_or(Files::empty()) | avoid.of_all
    }

    pub(super) fn avoid_for_all(&self, files: Files) {
        lock(&self.avoid).of_all |= files;
        self.avoids.store(true, Release);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::snapshot::kept::Counts;

    fn entry(pid: u32) -> Entry {
        let pid = Pid::new(pid);
        Entry { pid, read: pid }
    }

    #[test]
    fn what_is_kept_is_found_though_the_list_comes_in_parts() {
        let mut memory = Memory::new(&View::host().unwrap().0.proc);
        memory.of = [1, 3, 4, 5, 9]
            .map(|pid| {
                let last = Counts {
                    start: pid.into(),
                    at: Duration::ZERO,
                    cpu: 0,
                    minflt: 0,
                    majflt: 0,
                    read_bytes: None,
                    write_bytes: None,
                };
                let last = Some(last);
                (
                    entry(pid),
                    Kept {
                        last,
                        ..Kept::default()
                    },
                )
            })
            .into();
        let watch = Watch::new(&mut memory);
        watch.add(&[1, 2].map(entry));
        watch.add(&[]);
        // 3 and 4 have gone.
        watch.add(&[5, 9, 10].map(entry));
        let starts = (0..6).map(|index| Some(watch.take(index)?.last?.start));
        let starts: Vec<_> = starts.collect();
        assert_eq!(starts, [Some(1), None, Some(5), Some(9), None, None]);
        assert!(watch.take(0).is_none());
    }
}
