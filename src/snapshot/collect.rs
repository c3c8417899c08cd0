//! Reading many processes: on several threads, in order, and never held up by one.
//!
//! The caller's thread hands out chunks of pids and gives out rows; threads of its own read. One
//! that stands still for the time-out is left behind, and its chunk is read again by another
//! without the file that did not answer.

use std::{
    collections::{BTreeMap, HashMap},
    num::NonZeroUsize,
    ops::ControlFlow,
    path::Path,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::Ordering::Relaxed,
        mpsc::{self, Receiver, RecvTimeoutError, Sender},
    },
    thread,
    time::{Duration, Instant},
};

use super::{
    Needs, Outcome, Pace, Seen, Skipped,
    read::{Entry, Files, Plan, Pulse, Reading},
    stuck,
};
use crate::{
    error::{Error, ErrorKind, Result},
    format::pid::Stat,
    ids::Pid,
    namespace::{Numbers, gone},
    procfs::Procfs,
    sys,
    view::{Inner, Joined, View},
    watchdog::{self, Leash},
};

/// How many processes are handed out at once.
const CHUNK: usize = 64;
/// From how many processes on a second thread pays.
const PARALLEL_FROM: usize = 256;
/// More threads than this find the kernel's locks, not more speed.
const MOST_THREADS: usize = 16;

/// Reads the processes `pids` of `view`, or all, and gives out for each what `extract` makes of
/// it, by pid, until `each` breaks off.
pub(crate) fn collect<R: Send + 'static>(
    view: &View,
    pids: Option<&[Pid]>,
    needs: Needs,
    pace: Pace,
    extract: impl Fn(&Seen<'_>) -> R + Send + Sync + 'static,
    each: &mut dyn FnMut(R) -> ControlFlow<()>,
    outcome: &mut Outcome,
) -> Result<ControlFlow<()>> {
    let inner = &view.0;
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
    let entries = entries(inner, numbers.as_ref(), pids, |pid| {
        left_out(pid, true, gone(pid));
    })?;
    if entries.is_empty() {
        return Ok(ControlFlow::Continue(()));
    }
    if needs.contains(Needs::TTY) {
        inner.learn_drivers();
    }
    let mut pool = Pool::start(
        Work {
            needs,
            named: pids.is_some(),
            view: Arc::clone(inner),
            numbers,
            entries,
            avoid: Mutex::new(Avoid {
                of: HashMap::new(),
                of_all: Files::empty(),
            }),
            extract: Box::new(extract),
        },
        pace,
    )?;
    if watchdog::is_full() {
        // None could be left behind any more, so nothing is asked that can block.
        pool.work.avoid_for_all(Files::CMDLINE);
    }
    let mut flow = ControlFlow::Continue(());
    while let Some(rows) = pool.next_chunk()? {
        for row in rows {
            match row {
                Ok(row) => flow = each(row),
                Err((pid, error)) => left_out(pid, pids.is_some(), error),
            }
            if flow.is_break() {
                break;
            }
        }
        if flow.is_break() {
            break;
        }
    }
    outcome.abandoned += pool.finish();
    Ok(flow)
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

type Rows<R> = Vec<Result<R, (Pid, Error)>>;

/// What all threads work on.
struct Work<R> {
    view: Arc<Inner>,
    numbers: Option<Numbers>,
    needs: Needs,
    named: bool,
    entries: Vec<Entry>,
    /// What did not answer, by the number of the entry.
    avoid: Mutex<Avoid>,
    extract: Box<dyn Fn(&Seen<'_>) -> R + Send + Sync>,
}

/// Whether the thread of this process runs or could.
fn wants_to_run(thread: u32) -> bool {
    let stat = Procfs::open(Path::new("/proc"))
        .ok()
        .and_then(|proc| proc.read(&format!("self/task/{thread}/stat")).ok());
    stat.and_then(|stat| Stat::parse(&stat).ok())
        .is_some_and(|stat| stat.state == b'R')
}

#[derive(Debug)]
struct Avoid {
    of: HashMap<usize, Files>,
    of_all: Files,
}

impl<R> Work<R> {
    fn chunks(&self) -> usize {
        self.entries.len().div_ceil(CHUNK)
    }

    fn read_chunk(&self, chunk: usize, pulse: &Pulse) -> Rows<R> {
        let view = &*self.view;
        let joined = view.joined.as_ref();
        let outside = joined.is_some_and(Joined::is_from_outside);
        let mut reading = self.reading(&view.proc, outside, pulse);
        // For who has something mounted over his files: the same from the host's /proc.
        let mut second = joined.map(|joined| self.reading(&joined.base, true, pulse));
        let entries = self.entries.iter().enumerate();
        entries
            .skip(chunk * CHUNK)
            .take(CHUNK)
            .map(|(index, &entry)| {
                pulse.entry.store(index, Relaxed);
                let avoid = self.avoid(index);
                let mut task = reading.read(entry, avoid);
                if let (Err(error), Some(second)) = (&task, &mut second)
                    && error.kind() == ErrorKind::NotTrusted
                {
                    let read = self.numbers.as_ref().and_then(|n| n.outside(entry.pid));
                    task = read.ok_or_else(|| gone(entry.pid)).and_then(|read| {
                        let pid = entry.pid;
                        second.read(Entry { pid, read }, avoid)
                    });
                }
                let task = &task.map_err(|error| (entry.pid, error))?;
                Ok((self.extract)(&Seen { task, view }))
            })
            .collect()
    }

    fn reading<'a>(&'a self, proc: &'a Procfs, outside: bool, pulse: &'a Pulse) -> Reading<'a> {
        Reading {
            files: proc.reader(),
            view: &self.view,
            numbers: self.numbers.as_ref(),
            plan: Plan::new(self.needs, &self.view, proc, self.named, outside),
            pulse,
        }
    }

    fn avoid(&self, index: usize) -> Files {
        let avoid = self.avoid.lock().unwrap_or_else(PoisonError::into_inner);
        let of_this = avoid.of.get(&index).copied();
        of_this.unwrap_or(Files::empty()) | avoid.of_all
    }

    fn avoid_for_all(&self, files: Files) {
        let mut avoid = self.avoid.lock().unwrap_or_else(PoisonError::into_inner);
        avoid.of_all |= files;
    }
}

/// A thread that reads, as the caller's thread knows it.
struct Worker {
    pulse: Arc<Pulse>,
    /// The chunk that it reads.
    chunk: Option<usize>,
    /// The last beat heard, and when.
    heard: (u64, Instant),
    thread: Option<thread::JoinHandle<()>>,
    leash: Leash,
}

enum Message<R> {
    /// The worker has taken the chunk.
    Took(usize, usize),
    /// The worker has read it.
    Read(usize, usize, Rows<R>),
}

/// The threads that read, and the chunks that go to and fro.
struct Pool<R> {
    work: Arc<Work<R>>,
    timeout: Duration,
    jobs: Option<Sender<usize>>,
    queue: Arc<Mutex<Receiver<usize>>>,
    messages: (Sender<Message<R>>, Receiver<Message<R>>),
    workers: Vec<Worker>,
    /// Chunks handed out, and given out, so far.
    handed: usize,
    given: usize,
    /// Read before their turn.
    early: BTreeMap<usize, Rows<R>>,
    abandoned: usize,
}

impl<R: Send + 'static> Pool<R> {
    fn start(work: Work<R>, pace: Pace) -> Result<Self> {
        let threads = match pace.threads {
            Some(threads) => threads.get(),
            None if work.entries.len() < PARALLEL_FROM => 1,
            None => thread::available_parallelism().map_or(1, NonZeroUsize::get),
        };
        let threads = threads.min(MOST_THREADS).min(work.chunks());
        let (jobs, queue) = mpsc::channel();
        let mut pool = Self {
            work: Arc::new(work),
            timeout: pace.timeout.max(Duration::from_millis(1)),
            jobs: Some(jobs),
            queue: Arc::new(Mutex::new(queue)),
            messages: mpsc::channel(),
            workers: Vec::new(),
            handed: 0,
            given: 0,
            early: BTreeMap::new(),
            abandoned: 0,
        };
        for _ in 0..threads {
            pool.hire()?;
        }
        // Few enough that rows waiting for their turn take little memory, enough to keep all busy.
        for _ in 0..threads * 4 {
            pool.hand_out();
        }
        Ok(pool)
    }

    fn hire(&mut self) -> Result<()> {
        let pulse = Arc::new(Pulse::default());
        let number = self.workers.len();
        let (work, queue) = (Arc::clone(&self.work), Arc::clone(&self.queue));
        let (messages, its_pulse) = (self.messages.0.clone(), Arc::clone(&pulse));
        let leash = Leash::default();
        let its_leash = leash.clone();
        let run = move || {
            let _held = its_leash;
            its_pulse.thread.store(sys::own_thread(), Relaxed);
            loop {
                let job = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
                let Ok(chunk) = job else { return };
                if messages.send(Message::Took(number, chunk)).is_err() {
                    return;
                }
                let rows = work.read_chunk(chunk, &its_pulse);
                if messages.send(Message::Read(number, chunk, rows)).is_err() {
                    return;
                }
            }
        };
        let builder = thread::Builder::new().name("psgo".to_owned());
        let thread = builder
            .spawn(run)
            .map_err(|e| Error::io("a thread to read with", e))?;
        self.workers.push(Worker {
            pulse,
            chunk: None,
            heard: (0, Instant::now()),
            thread: Some(thread),
            leash,
        });
        Ok(())
    }

    fn hand_out(&mut self) {
        if self.handed < self.work.chunks() {
            self.queue_up(self.handed);
            self.handed += 1;
        }
    }

    fn queue_up(&self, chunk: usize) {
        if let Some(jobs) = &self.jobs {
            // The queue lives as long as the pool.
            let _ = jobs.send(chunk);
        }
    }

    /// The rows of the next chunk in order; nothing after the last.
    fn next_chunk(&mut self) -> Result<Option<Rows<R>>> {
        if self.given == self.work.chunks() {
            return Ok(None);
        }
        let rows = loop {
            if let Some(rows) = self.early.remove(&self.given) {
                break rows;
            }
            self.listen()?;
        };
        self.given += 1;
        self.hand_out();
        Ok(Some(rows))
    }

    /// Hears one message, or looks after those who are silent.
    fn listen(&mut self) -> Result<()> {
        match self.messages.1.recv_timeout(self.timeout / 4) {
            Ok(Message::Took(number, chunk)) => {
                let worker = &mut self.workers[number];
                worker.chunk = Some(chunk);
                worker.heard.1 = Instant::now();
            }
            Ok(Message::Read(number, chunk, rows)) => {
                let worker = &mut self.workers[number];
                // Of one that was left behind nothing is expected any more.
                if worker.thread.is_some() {
                    worker.chunk = None;
                    self.early.insert(chunk, rows);
                }
            }
            Err(RecvTimeoutError::Timeout) => {
                for number in 0..self.workers.len() {
                    if self.stands_still(number) {
                        self.leave_behind(number)?;
                    }
                }
            }
            // One sender is the pool's own.
            Err(RecvTimeoutError::Disconnected) => (),
        }
        Ok(())
    }

    /// Whether the worker has a chunk and has not moved for the time-out.
    fn stands_still(&mut self, number: usize) -> bool {
        let worker = &mut self.workers[number];
        if worker.chunk.is_none() || worker.thread.is_none() {
            return false;
        }
        let beats = worker.pulse.beats.load(Relaxed);
        if worker.heard.0 != beats {
            worker.heard = (beats, Instant::now());
            return false;
        }
        if worker.heard.1.elapsed() < self.timeout {
            return false;
        }
        if wants_to_run(worker.pulse.thread.load(Relaxed)) {
            // It does not wait for an answer but for a processor.
            worker.heard.1 = Instant::now();
            return false;
        }
        true
    }

    /// Gives up a thread, and its chunk to another that will not ask for the same file again.
    fn leave_behind(&mut self, number: usize) -> Result<()> {
        let worker = &mut self.workers[number];
        // Dropping the handle lets the thread go its own way.
        worker.thread = None;
        worker.leash.let_go();
        let pulse = &worker.pulse;
        let index = pulse.entry.load(Relaxed);
        let file = Files::from_bits_truncate(pulse.file.load(Relaxed));
        if let (Files::CMDLINE, Some(entry)) = (file, self.work.entries.get(index)) {
            stuck::remember(entry.read, pulse.start.load(Relaxed), worker.leash.watch());
        }
        let chunk = worker.chunk.take();
        self.abandoned += 1;
        let mut avoid = self
            .work
            .avoid
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *avoid.of.entry(index).or_insert(Files::empty()) |= file;
        drop(avoid);
        if watchdog::is_full() {
            self.work.avoid_for_all(file | Files::CMDLINE);
        }
        if let Some(chunk) = chunk {
            self.hire()?;
            self.queue_up(chunk);
        }
        Ok(())
    }

    /// Lets the threads end, and tells how many had to be left behind.
    fn finish(mut self) -> usize {
        self.jobs = None;
        // Chunks handed out but not wanted any more need not be read.
        while self
            .queue
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .try_recv()
            .is_ok()
        {}
        for number in 0..self.workers.len() {
            loop {
                let worker = &mut self.workers[number];
                if worker
                    .thread
                    .as_ref()
                    .is_none_or(thread::JoinHandle::is_finished)
                {
                    break;
                }
                let _ = self.messages.1.recv_timeout(Duration::from_micros(50));
                if self.stands_still(number) {
                    self.workers[number].thread = None;
                    self.workers[number].leash.let_go();
                    self.abandoned += 1;
                }
            }
            if let Some(thread) = self.workers[number].thread.take() {
                // It has ended; a panic of it would have been shown by its own hook.
                let _ = thread.join();
            }
        }
        self.abandoned
    }
}
