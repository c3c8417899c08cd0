//! The threads that read, in order, and never held up by one process.
//!
//! The caller's thread hands out chunks of processes and gives out rows; threads of the pool
//! read. One that stands still for the time-out is left behind, and its chunk is read again by
//! another without the file that did not answer.

use std::{
    collections::{BTreeMap, VecDeque},
    num::NonZeroUsize,
    sync::{
        Arc,
        atomic::Ordering::{Relaxed, SeqCst},
        mpsc::{self, Receiver, RecvTimeoutError, Sender},
    },
    thread,
    time::{Duration, Instant},
};

use super::{
    ask::{Ended, Threads},
    chunk::read_chunk,
    entry::{IDLE, Pulse},
    needs::Files,
    queue::{Job, Queue, Weight},
    rows::Rows,
    stuck,
    work::{CHUNK, Work},
};
use crate::{
    error::{Error, Result},
    procfs::PidList,
    sys,
    watchdog::{self, Leash},
};

/// From how many processes on a second thread pays.
const PARALLEL_FROM: usize = 256;
/// More threads than this find the kernel's locks, not more speed.
const MOST_THREADS: usize = 16;

/// A thread that reads, as the caller's thread knows it.
struct Reader {
    pulse: Arc<Pulse>,
    /// The last beat heard, and when.
    heard: (u64, Instant),
    thread: Option<thread::JoinHandle<()>>,
    leash: Leash,
}

/// Rows of a chunk, from one of them on.
pub(super) struct Part {
    job: Job,
    rows: Rows,
    /// Until they have been given out.
    _weight: Weight,
}

impl Part {
    pub(super) fn take_rows(&mut self) -> Rows {
        std::mem::replace(&mut self.rows, Rows::new(0))
    }
}

enum Message {
    /// The chunk has been read, as far as there was room for its rows.
    Read(Part),
    /// The chunk has been taken by one who was given up meanwhile.
    Returned(usize),
}

/// What was read of a chunk and not given out.
struct Chunk {
    /// How many of its rows were read so far.
    read: usize,
    parts: VecDeque<Part>,
}

/// The threads that read, and the chunks that go to and fro.
pub(super) struct Pool {
    work: Arc<Work>,
    /// How long a thread may make no progress.
    timeout: Duration,
    queue: Arc<Queue>,
    messages: (Sender<Message>, Receiver<Message>),
    readers: Vec<Reader>,
    /// What of the processes is not listed yet.
    list: Option<PidList>,
    /// Chunks handed out, and given out, so far.
    handed: usize,
    given: usize,
    /// By chunk.
    read: BTreeMap<usize, Chunk>,
    abandoned: usize,
    /// Why it ended before all was read.
    ended: Option<Ended>,
}

impl Pool {
    /// Starts to read what was listed for `work`, and what is still to be listed.
    pub(super) fn start(work: &Arc<Work>, mut list: Option<PidList>) -> Result<Self> {
        // Enough to know whether threads pay.
        while work.len() < PARALLEL_FROM && list_more(work, &mut list)? {}
        let threads = match work.pace.threads {
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
        let mut pool = Self {
            work: Arc::clone(work),
            timeout: work.pace.timeout.max(Duration::from_millis(1)),
            queue: Arc::default(),
            messages: mpsc::channel(),
            readers: Vec::new(),
            list,
            handed: 0,
            given: 0,
            read: BTreeMap::new(),
            abandoned: 0,
            ended: None,
        };
        if watchdog::is_full() {
            // None could be left behind any more, so nothing is asked that can block.
            pool.work.avoid.add_for_all(Files::CMDLINE);
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
                let Some(job) = queue.take() else { return };
                its_pulse.chunk.store(job.chunk, SeqCst);
                // Given up before the chunk could be seen to be its own, it may not go on.
                if its_pulse.given_up.load(SeqCst) {
                    let _ = messages.send(Message::Returned(job.chunk));
                    return;
                }
                let (rows, bytes) = read_chunk(&work, job, &its_pulse);
                let part = Part {
                    job,
                    rows,
                    _weight: queue.hold(bytes),
                };
                if messages.send(Message::Read(part)).is_err() || its_pulse.given_up.load(SeqCst) {
                    return;
                }
            }
        };
        let builder = thread::Builder::new().name("psgo".to_owned());
        let thread = builder
            .spawn(run)
            .map_err(|e| Error::io("a thread to read with", e))?;
        self.readers.push(Reader {
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

    /// Has what is left of the chunk read.
    fn queue_up(&self, chunk: usize) {
        if chunk < self.given {
            return;
        }
        let from = self.read.get(&chunk).map_or(0, |chunk| chunk.read);
        self.queue.put(Job { chunk, from });
    }

    /// The next rows in order; `None` after the last. Once the listing has to stop these are the
    /// rows that were read by then.
    pub(super) fn next_rows(&mut self) -> Result<Option<Part>> {
        while self.ended.is_none() && self.given < self.handed {
            if let Some(ended) = self.work.pace.stops() {
                self.stop(ended);
                break;
            }
            match self.read.get_mut(&self.given) {
                Some(chunk) if !chunk.parts.is_empty() => return Ok(chunk.parts.pop_front()),
                Some(chunk) if chunk.read == self.work.chunk_len(self.given) => {
                    self.read.remove(&self.given);
                    self.given += 1;
                    self.queue.turn_to(self.given);
                    self.hand_out()?;
                }
                _ => self.listen()?,
            }
        }
        while let Some(mut chunk) = self.read.first_entry() {
            match chunk.get_mut().parts.pop_front() {
                None => drop(chunk.remove()),
                part => return Ok(part),
            }
        }
        Ok(None)
    }

    /// Why it ended before all was read, if it did.
    pub(super) fn ended(&self) -> Option<Ended> {
        self.ended
    }

    /// Stops reading, and keeps what was read. A thread that does not end at once is left behind.
    fn stop(&mut self, ended: Ended) {
        const AT_ONCE: Duration = Duration::from_millis(20);
        self.ended = Some(ended);
        self.work.stop();
        self.queue.end();
        self.wait(Instant::now().checked_add(AT_ONCE));
        while let Ok(message) = self.messages.1.try_recv() {
            if let Message::Read(part) = message {
                self.hear(part);
            }
        }
    }

    /// Takes rows that have been read, and has the rest of their chunk read.
    fn hear(&mut self, mut part: Part) {
        let number = part.job.chunk;
        // One that was given up may still have read what another has read since.
        if number < self.given {
            return;
        }
        let chunk = self.read.entry(number).or_insert_with(|| Chunk {
            read: 0,
            parts: VecDeque::new(),
        });
        let known = chunk.read.saturating_sub(part.job.from);
        if known >= part.rows.len() {
            return;
        }
        part.rows.forget(known);
        chunk.read += part.rows.len();
        let is_whole = chunk.read == self.work.chunk_len(number);
        chunk.parts.push_back(part);
        if !is_whole {
            self.queue_up(number);
        }
    }

    /// Hears one message, or looks after those who are silent.
    fn listen(&mut self) -> Result<()> {
        match self
            .messages
            .1
            .recv_timeout(self.work.pace.wait(self.timeout / 4))
        {
            Ok(Message::Read(part)) => self.hear(part),
            Ok(Message::Returned(chunk)) => self.queue_up(chunk),
            Err(RecvTimeoutError::Timeout) => {
                for number in 0..self.readers.len() {
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
        let reader = &mut self.readers[number];
        let idle = reader.pulse.chunk.load(SeqCst) == IDLE;
        if idle || reader.thread.is_none() {
            reader.heard.1 = Instant::now();
            return false;
        }
        let beats = reader.pulse.beats.load(Relaxed);
        if reader.heard.0 != beats {
            reader.heard = (beats, Instant::now());
            return false;
        }
        if reader.heard.1.elapsed() < self.timeout {
            return false;
        }
        let wants_to_run = watchdog::wants_to_run(reader.pulse.thread.load(Relaxed));
        if wants_to_run || reader.pulse.beats.load(Relaxed) != beats {
            // It does not wait for an answer but for a processor, or has just got one.
            reader.heard.1 = Instant::now();
            return false;
        }
        true
    }

    /// Gives up a thread, and its chunk to another that will not ask for the same file again.
    fn leave_behind(&mut self, number: usize) -> Result<()> {
        let reader = &self.readers[number];
        let chunk = reader.pulse.chunk.load(SeqCst);
        let index = reader.pulse.entry.load(Relaxed);
        let file = Files::from_bits_truncate(reader.pulse.file.load(Relaxed));
        self.let_go(number);
        self.work.avoid.add(index, file);
        if watchdog::is_full() {
            self.work.avoid.add_for_all(file | Files::CMDLINE);
        }
        if chunk != IDLE {
            self.queue_up(chunk);
        }
        self.hire()
    }

    /// Lets the thread go its own way.
    fn let_go(&mut self, number: usize) {
        let reader = &mut self.readers[number];
        let pulse = &reader.pulse;
        reader.thread = None;
        reader.leash.let_go();
        pulse.given_up.store(true, SeqCst);
        let file = Files::from_bits_truncate(pulse.file.load(Relaxed));
        if let (Files::CMDLINE, Some(entry)) = (file, self.work.entry(pulse.entry.load(Relaxed))) {
            // 0 is what it has before anything of the process was read.
            let start = Some(pulse.start.load(Relaxed)).filter(|start| *start > 0);
            stuck::remember(entry.read, start, reader.leash.watch());
        }
        self.abandoned += 1;
    }

    /// Lets the threads end, and says how many had to be left behind.
    pub(super) fn finish(mut self) -> usize {
        // Chunks handed out but not wanted any more need not be read.
        self.work.stop();
        self.queue.end();
        self.wait(None);
        self.abandoned
    }

    /// Waits for the threads to end, but not for those that stand still, nor beyond `until`.
    fn wait(&mut self, until: Option<Instant>) {
        for number in 0..self.readers.len() {
            loop {
                let thread = &self.readers[number].thread;
                if thread.as_ref().is_none_or(thread::JoinHandle::is_finished) {
                    break;
                }
                let message = self.messages.1.recv_timeout(Duration::from_micros(50));
                if let (Ok(Message::Read(part)), Some(_)) = (message, self.ended) {
                    self.hear(part);
                }
                if self.stands_still(number) || until.is_some_and(|until| Instant::now() >= until) {
                    self.let_go(number);
                }
            }
            if let Some(thread) = self.readers[number].thread.take() {
                // It has ended; a panic of it would have been shown by its own hook.
                let _ = thread.join();
            }
        }
    }
}

impl Drop for Pool {
    /// Nobody waits for chunks that will never come, also after an error or a panic of the caller.
    fn drop(&mut self) {
        self.work.stop();
        self.queue.end();
    }
}

/// Lists more of the processes; false if there were no more.
fn list_more(work: &Work, list: &mut Option<PidList>) -> Result<bool> {
    let Some(rest) = list else { return Ok(false) };
    match rest.more()? {
        Some(pids) => work.add(pids),
        None => *list = None,
    }
    Ok(list.is_some())
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
        snapshot::{
            ask::{Ask, Outcome, Pace},
            listing::Listing,
            needs::Needs,
            rows::{Extra, Row},
            seen::Seen,
            work::Extract,
        },
        view::View,
    };

    /// Gives out every row of a listing until `each` breaks off.
    #[allow(clippy::needless_pass_by_value, reason = "it is its last use")]
    fn collect(
        ask: Ask<'_>,
        extract: Box<Extract>,
        each: &mut dyn FnMut(Row) -> ControlFlow<()>,
        outcome: &mut Outcome,
    ) {
        let mut listing = Listing::start(ask, None, extract).unwrap();
        while let Some(row) = listing.next().unwrap() {
            if each(row).is_break() {
                break;
            }
        }
        outcome.add(listing.finish());
    }

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
                    ..Pace::default()
                },
            };
            let each = &mut |row: Row| {
                rows.push(row.pid);
                ControlFlow::Continue(())
            };
            let outcome = &mut Outcome::default();
            collect(ask, Box::new(|_, _| Extra::None), each, outcome);
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
        let (waking, others) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let (first, is_late, wakes) = (pids[0], Arc::clone(&late), Arc::clone(&waking));
        let extract = move |seen: &Seen<'_>, _: &mut Vec<_>| {
            if seen.pid() == first && is_late.swap(false, SeqCst) {
                let start = Instant::now();
                // Until it is left behind: another reads what it was to read.
                while others.load(SeqCst) == 0 && start.elapsed() < Duration::from_secs(20) {
                    thread::sleep(Duration::from_millis(5));
                }
                wakes.store(1, SeqCst);
            } else {
                others.fetch_add(1, SeqCst);
            }
            // The late one is back before all is read, but no thread is silent for the time-out.
            let start = Instant::now();
            while wakes.load(SeqCst) == 0 && start.elapsed() < Duration::from_millis(50) {
                thread::sleep(Duration::from_millis(1));
            }
            thread::sleep(Duration::from_millis(1));
            Extra::None
        };
        let mut rows = Vec::new();
        let mut outcome = Outcome::default();
        let ask = Ask {
            view: &View::host().unwrap(),
            pids: Some(&pids),
            needs: Needs::STAT,
            pace: Pace {
                timeout: Duration::from_millis(400),
                threads: Threads::Exactly(NonZeroUsize::MIN),
                ..Pace::default()
            },
        };
        let each = &mut |row: Row| {
            rows.push(row.pid);
            ControlFlow::Continue(())
        };
        collect(ask, Box::new(extract), each, &mut outcome);
        // But for the one itself, unless the late thread was the faster after all.
        if let [skipped] = &outcome.skipped[..] {
            assert_eq!(skipped.error.kind(), crate::ErrorKind::TimedOut);
            rows.insert(0, skipped.pid);
        }
        assert_eq!(rows, pids);
        assert!(
            outcome.abandoned >= 1 && outcome.skipped.len() <= 1,
            "{outcome:?}"
        );
        assert_eq!(waking.load(SeqCst), 1, "it was not back in time to do harm");
    }

    #[test]
    fn after_a_panic_of_the_caller_the_threads_end() {
        let alive = Arc::new(());
        let held = Arc::clone(&alive);
        let extract = move |_: &Seen<'_>, _: &mut Vec<_>| {
            let _ = &held;
            Extra::None
        };
        let listing = move || {
            let ask = Ask {
                view: &View::host().unwrap(),
                pids: None,
                needs: Needs::STAT,
                pace: Pace {
                    timeout: Duration::from_secs(2),
                    threads: Threads::Exactly(NonZeroUsize::MIN),
                    ..Pace::default()
                },
            };
            let each = &mut |_: Row| -> ControlFlow<()> { panic!("on purpose") };
            collect(ask, Box::new(extract), each, &mut Outcome::default());
        };
        let ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(listing));
        assert!(ended.is_err());
        let start = Instant::now();
        while Arc::strong_count(&alive) > 1 {
            assert!(start.elapsed() < Duration::from_secs(20), "a thread waits");
            thread::yield_now();
        }
    }
}
