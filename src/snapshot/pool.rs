//! The threads that read, in order, and never held up by one process.
//!
//! The caller's thread hands out chunks of processes and gives out rows; threads of the pool
//! read. One that stands still for the time-out is left behind, and its chunk is read again by
//! another without the file that did not answer.

use std::{
    collections::BTreeMap,
    num::NonZeroUsize,
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::Ordering::{Relaxed, SeqCst},
        mpsc::{self, Receiver, RecvTimeoutError, Sender},
    },
    thread,
    time::{Duration, Instant},
};

use super::{
    Pace, Threads,
    collect::{CHUNK, Rows, Work, lock},
    plan::Files,
    read::{IDLE, Pulse},
    stuck,
};
use crate::{
    error::{Error, Result},
    format::pid::Stat,
    procfs::{PidList, Procfs},
    sys,
    watchdog::{self, Leash},
};

/// From how many processes on a second thread pays.
const PARALLEL_FROM: usize = 256;
/// More threads than this find the kernel's locks, not more speed.
const MOST_THREADS: usize = 16;

/// A thread that reads, as the caller's thread knows it.
struct Worker {
    pulse: Arc<Pulse>,
    /// The last beat heard, and when.
    heard: (u64, Instant),
    thread: Option<thread::JoinHandle<()>>,
    leash: Leash,
}

enum Message<R> {
    /// The chunk has been read.
    Read(usize, Rows<R>),
    /// The chunk has been taken by one who was given up meanwhile.
    Returned(usize),
}

/// The threads that read, and the chunks that go to and fro.
pub(super) struct Pool<R> {
    work: Arc<Work<R>>,
    timeout: Duration,
    jobs: Option<Sender<usize>>,
    queue: Arc<Mutex<Receiver<usize>>>,
    messages: (Sender<Message<R>>, Receiver<Message<R>>),
    workers: Vec<Worker>,
    /// What of the processes is not listed yet.
    list: Option<PidList>,
    /// Chunks handed out, and given out, so far.
    handed: usize,
    given: usize,
    /// Read before their turn.
    early: BTreeMap<usize, Rows<R>>,
    abandoned: usize,
}

impl<R: Send + 'static> Pool<R> {
    /// Starts to read what was listed for `work`, and what is still to be listed.
    pub(super) fn start(
        work: &Arc<Work<R>>,
        mut list: Option<PidList>,
        pace: Pace,
    ) -> Result<Self> {
        // Enough to know whether threads pay.
        while work.len() < PARALLEL_FROM && list_more(work, &mut list)? {}
        let threads = match pace.threads {
            Threads::Exactly(threads) => threads.get(),
            Threads::Best if work.len() >= PARALLEL_FROM => {
                thread::available_parallelism().map_or(1, NonZeroUsize::get)
            }
            Threads::Best | Threads::None => 1,
        };
        let mut threads = threads.min(MOST_THREADS);
        if list.is_none() {
            threads = threads.min(work.len().div_ceil(CHUNK));
        }
        let (jobs, queue) = mpsc::channel();
        let mut pool = Self {
            work: Arc::clone(work),
            timeout: pace.timeout.max(Duration::from_millis(1)),
            jobs: Some(jobs),
            queue: Arc::new(Mutex::new(queue)),
            messages: mpsc::channel(),
            workers: Vec::new(),
            list,
            handed: 0,
            given: 0,
            early: BTreeMap::new(),
            abandoned: 0,
        };
        if watchdog::is_full() {
            // None could be left behind any more, so nothing is asked that can block.
            pool.work.avoid_for_all(Files::CMDLINE);
        }
        for _ in 0..threads {
            pool.hire()?;
        }
        // Few enough that rows waiting for their turn take little memory, enough to keep all busy.
        for _ in 0..threads * 4 {
            pool.hand_out()?;
        }
        Ok(pool)
    }

    fn hire(&mut self) -> Result<()> {
        let pulse = Arc::new(Pulse::default());
        pulse.chunk.store(IDLE, SeqCst);
        let (work, queue) = (Arc::clone(&self.work), Arc::clone(&self.queue));
        let (messages, its_pulse) = (self.messages.0.clone(), Arc::clone(&pulse));
        let leash = Leash::new();
        let its_leash = leash.clone();
        let run = move || {
            let _held = its_leash;
            its_pulse.thread.store(sys::own_thread(), Relaxed);
            loop {
                its_pulse.chunk.store(IDLE, SeqCst);
                let job = lock(&queue).recv();
                let Ok(chunk) = job else { return };
                its_pulse.chunk.store(chunk, SeqCst);
                // Given up before the chunk could be seen to be its own, it may not go on.
                if its_pulse.given_up.load(SeqCst) {
                    let _ = messages.send(Message::Returned(chunk));
                    return;
                }
                let rows = work.read_chunk(chunk, &its_pulse);
                if messages.send(Message::Read(chunk, rows)).is_err()
                    || its_pulse.given_up.load(SeqCst)
                {
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
            heard: (0, Instant::now()),
            thread: Some(thread),
            leash,
        });
        Ok(())
    }

    /// Hands out the next chunk, if there is another.
    fn hand_out(&mut self) -> Result<()> {
        // Whole, if it is not the last.
        while self.work.len() < (self.handed + 1) * CHUNK && list_more(&self.work, &mut self.list)?
        {
        }
        if self.handed * CHUNK < self.work.len() {
            self.queue_up(self.handed);
            self.handed += 1;
        }
        Ok(())
    }

    fn queue_up(&self, chunk: usize) {
        if let Some(jobs) = &self.jobs {
            // The queue lives as long as the pool.
            let _ = jobs.send(chunk);
        }
    }

    /// The rows of the next chunk in order; nothing after the last.
    pub(super) fn next_chunk(&mut self) -> Result<Option<Rows<R>>> {
        if self.given == self.handed {
            return Ok(None);
        }
        let rows = loop {
            if let Some(rows) = self.early.remove(&self.given) {
                break rows;
            }
            self.listen()?;
        };
        self.given += 1;
        self.hand_out()?;
        Ok(Some(rows))
    }

    /// Hears one message, or looks after those who are silent.
    fn listen(&mut self) -> Result<()> {
        match self.messages.1.recv_timeout(self.timeout / 4) {
            Ok(Message::Read(chunk, rows)) => {
                // One that was given up may still have read what another has read since.
                if chunk >= self.given {
                    self.early.entry(chunk).or_insert(rows);
                }
            }
            Ok(Message::Returned(chunk)) => self.queue_up(chunk),
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
        let idle = worker.pulse.chunk.load(SeqCst) == IDLE;
        if idle || worker.thread.is_none() {
            worker.heard.1 = Instant::now();
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
        worker.pulse.given_up.store(true, SeqCst);
        let chunk = worker.pulse.chunk.load(SeqCst);
        let pulse = &worker.pulse;
        let index = pulse.entry.load(Relaxed);
        let file = Files::from_bits_truncate(pulse.file.load(Relaxed));
        if let (Files::CMDLINE, Some(entry)) = (file, self.work.entry(index)) {
            // 0 is what it has before anything of the process was read.
            let start = Some(pulse.start.load(Relaxed)).filter(|start| *start > 0);
            stuck::remember(entry.read, start, worker.leash.watch());
        }
        self.abandoned += 1;
        self.work.avoid_for(index, file);
        if watchdog::is_full() {
            self.work.avoid_for_all(file | Files::CMDLINE);
        }
        if chunk != IDLE {
            self.queue_up(chunk);
        }
        self.hire()
    }

    /// Lets the threads end, and tells how many had to be left behind.
    pub(super) fn finish(mut self) -> usize {
        self.jobs = None;
        // Chunks handed out but not wanted any more need not be read.
        while lock(&self.queue).try_recv().is_ok() {}
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

/// Lists more of the processes; false if there were no more.
fn list_more<R>(work: &Work<R>, list: &mut Option<PidList>) -> Result<bool> {
    let Some(rest) = list else { return Ok(false) };
    match rest.more()? {
        Some(pids) => work.add(pids),
        None => *list = None,
    }
    Ok(list.is_some())
}

/// Whether the thread of this process runs or could.
fn wants_to_run(thread: u32) -> bool {
    let stat = Procfs::open(Path::new("/proc"))
        .ok()
        .and_then(|proc| proc.read(&format!("self/task/{thread}/stat")).ok());
    stat.and_then(|stat| Stat::parse(&stat).ok())
        .is_some_and(|stat| stat.state == b'R')
}

#[cfg(test)]
mod tests {
    use std::{
        ops::ControlFlow,
        process::{Child, Command},
        sync::atomic::{AtomicBool, AtomicUsize},
    };

    use super::*;
    use crate::{
        ids::Pid,
        snapshot::{Ask, Needs, Outcome, collect},
        view::View,
    };

    /// Processes that sleep, ended with the test.
    struct Sleepers(Vec<Child>);

    impl Sleepers {
        fn start(count: usize) -> Self {
            let sleep = |_| Command::new("sleep").arg("1000").spawn().unwrap();
            Self((0..count).map(sleep).collect())
        }

        fn pids(&self) -> Vec<Pid> {
            self.0.iter().map(|child| Pid::new(child.id())).collect()
        }
    }

    impl Drop for Sleepers {
        fn drop(&mut self) {
            for child in &mut self.0 {
                child.kill().unwrap();
                child.wait().unwrap();
            }
        }
    }

    #[test]
    fn processes_that_are_listed_while_others_are_read_are_all_there_in_order() {
        // More than the kernel lists at once.
        let sleepers = Sleepers::start(700);
        for threads in [1, 3] {
            let mut rows = Vec::new();
            let ask = Ask {
                view: &View::host().unwrap(),
                pids: None,
                needs: Needs::STAT,
                pace: Pace {
                    timeout: Duration::from_secs(10),
                    threads: Threads::Exactly(NonZeroUsize::new(threads).unwrap()),
                },
            };
            let each = &mut |pid| {
                rows.push(pid);
                ControlFlow::Continue(())
            };
            let extract = |seen: &crate::snapshot::Seen<'_>| seen.pid();
            let _ = collect(ask, None, extract, each, &mut Outcome::default()).unwrap();
            assert!(rows.is_sorted_by(|a, b| a < b));
            for pid in sleepers.pids() {
                assert!(rows.binary_search(&pid).is_ok(), "{pid} is missing");
            }
        }
    }

    #[test]
    fn one_that_was_left_behind_and_comes_back_takes_no_row_along() {
        // More than one chunk, so that there is another to take.
        let sleepers = Sleepers::start(300);
        let mut pids = sleepers.pids();
        pids.sort_unstable();
        let late = Arc::new(AtomicBool::new(true));
        let waking = Arc::new(AtomicUsize::new(0));
        let (first, is_late, wakes) = (pids[0], Arc::clone(&late), Arc::clone(&waking));
        let extract = move |seen: &crate::snapshot::Seen<'_>| {
            if seen.pid() == first && is_late.swap(false, SeqCst) {
                thread::sleep(Duration::from_millis(150));
                wakes.store(1, SeqCst);
            }
            // Long enough for the late one to be back before all is read.
            thread::sleep(Duration::from_millis(1));
            seen.pid()
        };
        let mut rows = Vec::new();
        let mut outcome = Outcome::default();
        let ask = Ask {
            view: &View::host().unwrap(),
            pids: Some(&pids),
            needs: Needs::STAT,
            pace: Pace {
                timeout: Duration::from_millis(40),
                threads: Threads::Exactly(NonZeroUsize::MIN),
            },
        };
        let each = &mut |pid| {
            rows.push(pid);
            ControlFlow::Continue(())
        };
        let _ = collect(ask, None, extract, each, &mut outcome).unwrap();
        assert_eq!(rows, pids);
        assert!(
            outcome.abandoned >= 1 && outcome.skipped.is_empty(),
            "{outcome:?}"
        );
        assert_eq!(waking.load(SeqCst), 1, "it was not back in time to do harm");
    }
}
