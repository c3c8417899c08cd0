//! The threads that read, in order, and never held up by one process.
//!
//! The caller's thread hands out chunks of processes and gives out rows; threads of the pool read.
//! One that makes no progress for a moment is set aside: it goes on waiting for its process, and
//! others read the rest of its chunk, so a blocked process delays no other. When the time-out is
//! over, which is one for all processes of the listing, the threads that are still blocked are left
//! behind, and what their processes have besides is read without the files that did not answer.

use std::{
    collections::VecDeque,
    num::NonZeroUsize,
    sync::{
        Arc, Mutex,
        atomic::Ordering::{Relaxed, SeqCst},
        mpsc::{self, Receiver, Sender},
    },
    thread,
    time::{Duration, Instant},
};

use super::{
    ask::{Ended, Threads},
    chunk::read_chunk,
    entry::Pulse,
    needs::Files,
    queue::{Job, Queue, Weight},
    rows::Rows,
    simple, stuck,
    work::{CHUNK, Work},
};
use crate::{
    error::{Error, Result},
    procfs::PidList,
    sync::lock,
    sys,
    watchdog::{self, Leash},
};

/// From how many processes on a second thread pays.
const PARALLEL_FROM: usize = 256;
/// More threads than this find the kernel's locks, not more speed.
const MOST_THREADS: usize = 16;
/// At most so many threads read instead of blocked ones.
const MOST_SPARE: usize = 64;
/// A thread that makes no progress for so long is set aside.
const PROGRESS: Duration = Duration::from_millis(20);
/// What a process is waited for when the time-out is over that it shares with the others.
const LEAST: Duration = Duration::from_millis(100);

/// A thread that reads, as the caller's thread knows it.
struct Reader {
    pulse: Arc<Pulse>,
    /// The last beat heard, and when.
    heard: (u64, Instant),
    thread: Option<thread::JoinHandle<()>>,
    leash: Leash,
    blocked: Option<Blocked>,
}

/// A thread that was set aside.
#[derive(Clone, Copy)]
struct Blocked {
    since: Instant,
    /// The process that it reads.
    job: Job,
    /// Whether it is known that this process did not answer before.
    is_known: bool,
}

/// Rows of a chunk, from one of them on.
pub(super) struct Part {
    job: Job,
    rows: Rows,
    /// Whether others read what is left of the job.
    is_set_aside: bool,
    /// Until they have been given out.
    _weight: Weight,
}

impl Part {
    pub(super) fn take_rows(&mut self) -> Rows {
        std::mem::replace(&mut self.rows, Rows::new(0))
    }

    /// The position after its last row.
    fn end(&self) -> usize {
        self.job.from + self.rows.len()
    }
}

/// What was read of a chunk and not given out.
#[derive(Default)]
struct Chunk {
    /// The position of the row to give out next.
    next: usize,
    /// In the order of their first rows, each another one. They can overlap.
    parts: Vec<Part>,
}

impl Chunk {
    fn add(&mut self, part: Part) {
        if part.end() <= self.next {
            return;
        }
        let from = |part: &Part| part.job.from;
        match self.parts.binary_search_by_key(&part.job.from, from) {
            Err(at) => self.parts.insert(at, part),
            Ok(at) if part.end() > self.parts[at].end() => self.parts[at] = part,
            Ok(_) => (),
        }
    }

    /// The next rows, if they were read.
    fn take(&mut self) -> Option<Part> {
        while let Some(first) = self.parts.first()
            && first.job.from <= self.next
        {
            let mut part = self.parts.remove(0);
            if let Some(known) = self.next.checked_sub(part.job.from)
                && part.end() > self.next
            {
                self.next = part.end();
                part.rows.forget(known);
                return Some(part);
            }
        }
        None
    }

    /// The next rows that were read, though others before them were not.
    fn take_any(&mut self) -> Option<Part> {
        self.next = self.next.max(self.parts.first()?.job.from);
        self.take()
    }
}

/// The threads that read, and the chunks that go to and fro.
pub(super) struct Pool {
    work: Arc<Work>,
    /// How long processes that block may be waited for, all together.
    timeout: Duration,
    /// When that time is over, once there is one.
    waits_until: Option<Instant>,
    swept: Instant,
    /// How many threads are to read.
    threads: usize,
    queue: Arc<Queue>,
    /// What was read, and a word for each part. std's channels are compiled again for each type that
    /// they carry, so these carry none.
    parts: Arc<Mutex<VecDeque<Part>>>,
    messages: (Sender<()>, Receiver<()>),
    readers: Vec<Reader>,
    /// What of the processes is not listed yet.
    list: Option<PidList>,
    /// Chunks handed out, and given out, so far.
    handed: usize,
    given: usize,
    /// From the chunk whose rows are given out now.
    read: VecDeque<Chunk>,
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
            waits_until: None,
            swept: Instant::now(),
            threads,
            queue: Arc::default(),
            parts: Arc::default(),
            messages: mpsc::channel(),
            readers: Vec::new(),
            list,
            handed: 0,
            given: 0,
            read: VecDeque::new(),
            abandoned: 0,
            ended: None,
        };
        pool.spare_threads();
        for number in 0..threads {
            match pool.hire() {
                Err(error) if number == 0 => return Err(error),
                // Those that there are read all of it.
                Err(_) => break,
                Ok(()) => (),
            }
        }
        // Few enough that rows waiting for their turn take little memory, enough to keep all busy.
        for _ in 0..threads * 4 {
            pool.hand_out()?;
        }
        Ok(pool)
    }

    /// Where no more threads may be left behind, no file is asked for that can block for long.
    fn spare_threads(&self) {
        if watchdog::is_full() {
            self.work.avoid.add_for_all(simple::BLOCKING);
        }
    }

    fn hire(&mut self) -> Result<()> {
        let pulse = Arc::new(Pulse::default());
        let (work, queue) = (Arc::clone(&self.work), Arc::clone(&self.queue));
        let (messages, its_pulse) = (self.messages.0.clone(), Arc::clone(&pulse));
        let parts = Arc::clone(&self.parts);
        let leash = Leash::new();
        let its_leash = leash.clone();
        let run = move || {
            its_pulse.thread.store(sys::own_thread(), Relaxed);
            its_leash.work(|| {
                while let Some(job) = queue.take() {
                    *lock(&its_pulse.job) = Some(job);
                    let (rows, bytes) = read_chunk(&work, job, &its_pulse);
                    // Others have read what it was to read, and it was told to read on without asking.
                    if its_leash.is_let_go() {
                        return;
                    }
                    // Together, so that a job is over or its thread was set aside, but never both.
                    let is_set_aside = {
                        let mut current = lock(&its_pulse.job);
                        *current = None;
                        its_pulse.is_set_aside.load(SeqCst)
                    };
                    let part = Part {
                        job,
                        rows,
                        is_set_aside,
                        _weight: queue.hold(bytes),
                    };
                    lock(&parts).push_back(part);
                    if messages.send(()).is_err() || is_set_aside {
                        return;
                    }
                }
            });
            drop(its_leash);
        };
        let builder = thread::Builder::new().name("psgo".to_owned());
        let thread = builder.spawn(run).map_err(Error::no_thread)?;
        self.readers.push(Reader {
            pulse,
            heard: (0, Instant::now()),
            thread: Some(thread),
            leash,
            blocked: None,
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
            self.queue_up(Job {
                chunk: self.handed,
                from: 0,
                to: self.work.chunk_len(self.handed),
            });
            self.handed += 1;
        }
        Ok(())
    }

    /// Has the processes read, if there are any.
    fn queue_up(&self, job: Job) {
        if job.from < job.to && job.chunk >= self.given {
            self.queue.put(job);
        }
    }

    /// The next rows in order; `None` after the last. Once the listing has to stop these are the
    /// rows that were read by then.
    pub(super) fn next_rows(&mut self) -> Result<Option<Part>> {
        while self.ended.is_none() && self.given < self.handed {
            if let Some(ended) = self.work.pace.stops() {
                self.stop(ended);
                break;
            }
            if let Some(chunk) = self.read.front_mut() {
                let part = chunk.take();
                if part.is_some() {
                    return Ok(part);
                }
                if chunk.next == self.work.chunk_len(self.given) {
                    self.read.pop_front();
                    self.given += 1;
                    self.queue.turn_to(self.given);
                    self.hand_out()?;
                    continue;
                }
            }
            self.listen()?;
        }
        while let Some(chunk) = self.read.front_mut() {
            let part = chunk.take_any();
            if part.is_some() {
                return Ok(part);
            }
            self.read.pop_front();
            self.given += 1;
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
        self.end();
        self.wait(Instant::now().checked_add(AT_ONCE));
        while self.messages.1.try_recv().is_ok() {
            self.hear();
        }
    }

    /// Takes the rows of which word has come, and has the rest of their job read.
    fn hear(&mut self) {
        let Some(part) = lock(&self.parts).pop_front() else {
            return;
        };
        let job = part.job;
        // What one thread was set aside for, another may have read since.
        if job.chunk < self.given {
            return;
        }
        if !part.is_set_aside {
            self.queue_up(Job {
                from: part.end(),
                ..job
            });
        }
        let at = job.chunk - self.given;
        while self.read.len() <= at {
            self.read.push_back(Chunk::default());
        }
        self.read[at].add(part);
    }

    /// Waits for rows, and looks after the threads that are blocked.
    fn listen(&mut self) -> Result<()> {
        let tick = self.progress();
        // One sender is the pool's own, so it is never disconnected.
        if let Ok(()) = self.messages.1.recv_timeout(self.work.pace.wait(tick)) {
            self.hear();
        }
        if self.swept.elapsed() >= tick {
            self.sweep()?;
            self.swept = Instant::now();
        }
        Ok(())
    }

    /// How long a thread may make no progress before it is set aside.
    fn progress(&self) -> Duration {
        PROGRESS.min(self.timeout / 4)
    }

    /// Sets blocked threads aside, leaves those behind whose time is over, and has others read
    /// instead of them.
    fn sweep(&mut self) -> Result<()> {
        for number in 0..self.readers.len() {
            let Reader {
                thread, blocked, ..
            } = &self.readers[number];
            let (thread, blocked) = (thread.as_ref(), *blocked);
            let is_finished = thread.is_none_or(thread::JoinHandle::is_finished);
            match blocked {
                _ if is_finished => self.join(number),
                None if self.is_blocked(number) => self.set_aside(number),
                Some(blocked) if self.is_over(blocked) && self.is_blocked(number) => {
                    self.give_up(number, blocked.job);
                }
                _ => (),
            }
        }
        self.readers.retain(|reader| reader.thread.is_some());
        let blocked = self.readers.iter().filter(|r| r.blocked.is_some()).count();
        let reading = self.readers.len() - blocked;
        let wanted = self.threads + blocked.min(MOST_SPARE);
        for number in reading..wanted.min(reading + self.queue.len()) {
            match self.hire() {
                Err(error) if number == 0 && blocked == 0 => return Err(error),
                // Those that there are read on, and others are tried again when they are needed.
                Err(_) => break,
                Ok(()) => (),
            }
        }
        Ok(())
    }

    /// Whether the process has been waited for as long as it may be.
    fn is_over(&self, blocked: Blocked) -> bool {
        let now = Instant::now();
        let is_over = self.waits_until.is_none_or(|until| now >= until);
        (is_over || blocked.is_known)
            && now.duration_since(blocked.since) >= LEAST.min(self.timeout)
    }

    /// Whether the thread reads and has made no progress for a moment.
    fn is_blocked(&mut self, number: usize) -> bool {
        let progress = self.progress();
        let reader = &mut self.readers[number];
        if reader.pulse.job().is_none() || reader.thread.is_none() {
            reader.heard.1 = Instant::now();
            return false;
        }
        let beats = reader.pulse.beats.load(Relaxed);
        if reader.heard.0 != beats {
            reader.heard = (beats, Instant::now());
            return false;
        }
        if reader.heard.1.elapsed() < progress {
            return false;
        }
        let wants_to_run = reader.leash.wants_to_run(reader.pulse.thread.load(Relaxed));
        if wants_to_run || reader.pulse.beats.load(Relaxed) != beats {
            // It does not wait for an answer but for a processor, or has just got one.
            reader.heard.1 = Instant::now();
            return false;
        }
        true
    }

    /// Gives the rest of the thread's job to others.
    fn set_aside(&mut self, number: usize) {
        let now = Instant::now();
        let reader = &mut self.readers[number];
        let pulse = &reader.pulse;
        let job = {
            let job = lock(&pulse.job);
            let Some(job) = *job else { return };
            if pulse.beats.load(Relaxed) != reader.heard.0 {
                return;
            }
            pulse.is_set_aside.store(true, SeqCst);
            job
        };
        let at = pulse.entry.load(Relaxed).saturating_sub(job.chunk * CHUNK);
        let at = at.clamp(job.from, job.to);
        let file = Files::from_bits_truncate(pulse.file.load(Relaxed));
        let entry = self.work.entry(job.chunk * CHUNK + at);
        let is_known =
            entry.is_some_and(|entry| stuck::was_silent(entry.read, pulse.started(), file));
        reader.blocked = Some(Blocked {
            is_known,
            since: now,
            job: Job {
                from: at,
                to: (at + 1).min(job.to),
                ..job
            },
        });
        if !is_known {
            self.waits_until = self.waits_until.or(now.checked_add(self.timeout));
        }
        self.queue_up(Job { to: at, ..job });
        // Where there are many, each finds the next one: in two halves they are found twice as fast.
        let from = at + 1;
        let middle = from + job.to.saturating_sub(from) / 2;
        self.queue_up(Job {
            to: middle,
            from,
            ..job
        });
        self.queue_up(Job {
            from: middle.max(from),
            ..job
        });
    }

    /// Gives up a thread, and has its process read without the files that did not answer.
    fn give_up(&mut self, number: usize, job: Job) {
        let pulse = &self.readers[number].pulse;
        let index = pulse.entry.load(Relaxed);
        let file = Files::from_bits_truncate(pulse.file.load(Relaxed));
        self.let_go(number);
        if file == Files::NAMES {
            // The name service does not answer, whichever process it is asked for.
            self.work.avoid.add_for_all(file);
        }
        if file == Files::SOCKETS {
            self.work.sockets.give_up();
        }
        self.work.avoid.add(index, simple::blocked_with(file));
        self.spare_threads();
        self.queue_up(job);
    }

    /// Lets the thread go its own way.
    fn let_go(&mut self, number: usize) {
        let reader = &mut self.readers[number];
        let pulse = &reader.pulse;
        reader.thread = None;
        // Before the thread is told, which goes on then if a process reads for it.
        let file = Files::from_bits_truncate(pulse.file.load(Relaxed));
        let (index, start) = (pulse.entry.load(Relaxed), pulse.started());
        reader.leash.let_go();
        if let Some(entry) = self.work.entry(index) {
            let files = simple::blocked_with(file);
            stuck::remember(entry.read, start, files, reader.leash.watch());
        }
        self.abandoned += 1;
    }

    /// Takes leave of a thread that has ended; a panic of it would have been shown by its own hook.
    fn join(&mut self, number: usize) {
        if let Some(thread) = self.readers[number].thread.take() {
            let _ = thread.join();
        }
    }

    /// Lets the threads end, and says how many had to be left behind.
    pub(super) fn finish(mut self) -> usize {
        // Chunks handed out but not wanted any more need not be read.
        self.end();
        self.wait(None);
        self.abandoned
    }

    /// Tells the threads to end.
    fn end(&self) {
        self.work.stop();
        self.queue.end();
        self.work.sockets.give_up();
    }

    /// Waits for the threads to end, but not for those that are blocked, nor beyond `until`.
    fn wait(&mut self, until: Option<Instant>) {
        for number in 0..self.readers.len() {
            loop {
                let thread = &self.readers[number].thread;
                if thread.as_ref().is_none_or(thread::JoinHandle::is_finished) {
                    break;
                }
                let message = self.messages.1.recv_timeout(Duration::from_micros(50));
                if let (Ok(()), Some(_)) = (message, self.ended) {
                    self.hear();
                }
                if self.is_blocked(number) || until.is_some_and(|until| Instant::now() >= until) {
                    self.let_go(number);
                }
            }
            self.join(number);
        }
    }
}

impl Drop for Pool {
    /// Nobody waits for chunks that will never come, also after an error or a panic of the caller.
    fn drop(&mut self) {
        self.end();
        // Nor for what reads for the threads.
        for reader in self.readers.iter().filter(|reader| reader.thread.is_some()) {
            reader.leash.let_go();
        }
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

    /// Lists sleepers, of which the first blocks its thread until the others were read and for so
    /// long after that; the time-out is 400 ms.
    fn list_with_one_blocked(blocked: Duration) -> (Vec<Pid>, Vec<Pid>, Outcome) {
        // More than one chunk.
        let sleepers = Sleepers::start(300);
        let mut pids = sleepers.pids();
        pids.sort_unstable();
        let first = pids[0];
        let (is_first, others) = (AtomicBool::new(true), AtomicUsize::new(0));
        let extract = move |seen: &Seen<'_>, _: &mut Vec<_>| {
            if seen.pid() != first {
                others.fetch_add(1, SeqCst);
            } else if is_first.swap(false, SeqCst) {
                let start = Instant::now();
                while others.load(SeqCst) < 299 && start.elapsed() < Duration::from_secs(20) {
                    thread::sleep(Duration::from_millis(5));
                }
                thread::sleep(blocked);
            }
            Extra::None
        };
        let mut rows = Vec::new();
        let mut outcome = Outcome::default();
        let asked: Vec<_> = pids.iter().copied().map(Into::into).collect();
        let ask = Ask {
            view: &View::host().unwrap(),
            pids: Some(&asked),
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
        (rows, pids, outcome)
    }

    #[test]
    fn others_are_read_while_one_is_waited_for_whose_row_comes_in_its_place() {
        let (rows, pids, outcome) = list_with_one_blocked(Duration::ZERO);
        assert_eq!(rows, pids);
        assert!(outcome.skipped.is_empty(), "{outcome:?}");
    }

    #[test]
    fn one_that_is_waited_for_in_vain_costs_no_other_row() {
        let start = Instant::now();
        let (rows, pids, outcome) = list_with_one_blocked(Duration::from_secs(30));
        // Its files, of which its stat was read last, are not asked for again.
        assert_eq!(rows, pids[1..]);
        let [skipped] = &outcome.skipped[..] else {
            panic!("{outcome:?}");
        };
        assert_eq!(skipped.pid, pids[0]);
        assert_eq!(skipped.error.kind(), crate::ErrorKind::TimedOut);
        assert_eq!(outcome.abandoned, 1);
        assert!(start.elapsed() < Duration::from_secs(20));
    }

    #[test]
    fn rows_that_two_threads_read_are_given_out_once() {
        let part = |from, to| {
            let mut rows = Rows::new(0);
            for pid in from..to {
                rows.add(Pid::new(u32::try_from(pid).unwrap()), |_| Extra::None);
            }
            Part {
                job: Job { chunk: 0, from, to },
                rows,
                is_set_aside: false,
                _weight: Arc::new(Queue::default()).hold(0),
            }
        };
        let mut chunk = Chunk::default();
        let mut given = Vec::new();
        for (from, to) in [
            (4, 5),
            (6, 9),
            (0, 4),
            (2, 6),
            (0, 2),
            (5, 6),
            (7, 8),
            (9, 10),
        ] {
            chunk.add(part(from, to));
            while let Some(mut part) = chunk.take() {
                let rows = part.take_rows().into_iter();
                given.extend(rows.map(|row| row.ok().unwrap().pid.get()));
            }
        }
        assert_eq!(given, (0..10).collect::<Vec<_>>());
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
