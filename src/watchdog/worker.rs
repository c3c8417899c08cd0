//! `Worker`: a thread for many small works that another's doing can block, one after the other.

use std::{
    io,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, AtomicU64, Ordering::Relaxed},
        mpsc::{self, Receiver, RecvTimeoutError, Sender},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use super::{Leash, Watch, is_full, timed_out};
use crate::{reader, sync::lock, sys};

/// How long a process that reads for an idle worker is kept for the next work: to start one takes
/// longer than most works.
const REST: Duration = Duration::from_millis(200);

/// How long one that lacks a processor is waited for before it is looked at again.
const LEAST: Duration = Duration::from_millis(50);

type Work = Box<dyn FnOnce() + Send>;

/// A thread that is started by the first work and is there for the next: to start one for each
/// would cost more than most of them. It is left behind when one does not end in time.
#[derive(Default)]
pub(crate) struct Worker {
    running: Option<Running>,
    /// The thread that was left behind last.
    left: Option<Watch>,
}

struct Running {
    /// The next work, and the word that there is one.
    work: Arc<Mutex<Option<Work>>>,
    works: Sender<()>,
    leash: Leash,
    /// Its number, or 0 before it has run at all.
    number: Arc<AtomicU32>,
    thread: JoinHandle<()>,
}

/// What came of asking for the next work.
enum Turn {
    Answered,
    /// There is no other.
    Over,
    /// Nobody waits for the answer.
    Unwanted,
}

impl Running {
    fn start() -> io::Result<Self> {
        let (works, todo) = mpsc::channel();
        let work = Arc::<Mutex<Option<Work>>>::default();
        let its_work = Arc::clone(&work);
        let leash = Leash::new();
        let its_leash = leash.clone();
        let number = Arc::new(AtomicU32::new(0));
        let its_number = Arc::clone(&number);
        let run = move || {
            its_number.store(sys::own_thread(), Relaxed);
            its_leash.work(|| {
                while next(&todo) {
                    let work = lock(&its_work).take();
                    if let Some(work) = work {
                        work();
                    }
                }
            });
            drop(its_leash);
        };
        let thread = thread::Builder::new().name("psgo".to_owned()).spawn(run)?;
        Ok(Self {
            work,
            works,
            leash,
            number,
            thread,
        })
    }
}

/// Waits for the next word; false after the last.
fn next(todo: &Receiver<()>) -> bool {
    if reader::has_process() {
        match todo.recv_timeout(REST) {
            Err(RecvTimeoutError::Timeout) => reader::rest(),
            word => return word.is_ok(),
        }
    }
    todo.recv().is_ok()
}

impl Worker {
    /// The thread that was left behind last, once.
    pub(crate) fn take_left(&mut self) -> Option<Watch> {
        self.left.take()
    }

    /// Runs `work`, and waits so long for it.
    ///
    /// # Errors
    ///
    /// Those of `work`; `ETIMEDOUT` where it does not end in time, or where as many threads as may
    /// be were left behind before.
    pub(crate) fn run<T: Send + 'static>(
        &mut self,
        timeout: Duration,
        work: impl FnOnce() -> io::Result<T> + Send + 'static,
    ) -> io::Result<T> {
        let answer = self.run_in_turn(timeout, vec![work])?.pop();
        answer.unwrap_or_else(|| Err(timed_out()))
    }

    /// Runs the works one after the other, and waits so long for each of them, with one change of
    /// threads for all: that costs more than most of them. After one that does not end in time,
    /// which is an error of its own, no more are begun, and there are fewer answers than works.
    ///
    /// # Errors
    ///
    /// Where no thread is to be had, see [`run`](Self::run).
    pub(crate) fn run_in_turn<T: Send + 'static>(
        &mut self,
        timeout: Duration,
        works: Vec<impl FnOnce() -> io::Result<T> + Send + 'static>,
    ) -> io::Result<Vec<io::Result<T>>> {
        let answers = Arc::new(Mutex::new(Vec::with_capacity(works.len())));
        let its_answers = Arc::clone(&answers);
        let mut works = works.into_iter();
        let next = move || {
            let Some(work) = works.next() else {
                return Turn::Over;
            };
            let answer = work();
            // Nobody waits any more for what is left.
            if Arc::strong_count(&its_answers) == 1 {
                return Turn::Unwanted;
            }
            lock(&its_answers).push(answer);
            Turn::Answered
        };
        let is_over = self.take_turns(timeout, Box::new(next))?;
        let mut answers = std::mem::take(&mut *lock(&answers));
        if !is_over {
            answers.push(Err(timed_out()));
        }
        Ok(answers)
    }

    /// Takes turns until they are over, and waits so long for each: false where one of them does
    /// not end. Not generic: it would be compiled for each work.
    fn take_turns(
        &mut self,
        timeout: Duration,
        mut next: Box<dyn FnMut() -> Turn + Send>,
    ) -> io::Result<bool> {
        let running = match self.running.take() {
            Some(running) => running,
            None if is_full() => return Err(timed_out()),
            None => Running::start()?,
        };
        // In milliseconds after the start. To be told each time would be a change of threads.
        let start = Instant::now();
        let answered_at = Arc::new(AtomicU64::new(0));
        let its_answered_at = Arc::clone(&answered_at);
        let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        let (sender, receiver) = mpsc::sync_channel(1);
        let work = move || {
            loop {
                match next() {
                    Turn::Answered => its_answered_at.store(millis(start.elapsed()), Relaxed),
                    Turn::Unwanted => return,
                    Turn::Over => break,
                }
            }
            // Before it is said that all is over: what the works held is given back.
            drop(next);
            let _ = sender.send(());
        };
        *lock(&running.work) = Some(Box::new(work));
        if running.works.send(()).is_ok() {
            let mut left = timeout;
            loop {
                match receiver.recv_timeout(left) {
                    Ok(()) => {
                        self.running = Some(running);
                        return Ok(true);
                    }
                    Err(RecvTimeoutError::Timeout) => {
                        let answered_at = Duration::from_millis(answered_at.load(Relaxed));
                        let since = start.elapsed().saturating_sub(answered_at);
                        left = timeout.saturating_sub(since);
                        if left.is_zero() {
                            let number = running.number.load(Relaxed);
                            if number != 0 && !running.leash.wants_to_run(number) {
                                break;
                            }
                            // It does not wait for anything but a processor.
                            left = LEAST;
                        }
                    }
                    Err(RecvTimeoutError::Disconnected) => break,
                }
            }
        }
        // With its sender gone the thread ends after this work, if that ever ends.
        running.leash.let_go();
        self.left = Some(running.leash.watch());
        Ok(false)
    }
}

impl Drop for Worker {
    /// It has nothing left to do, and no thread is to be seen afterwards.
    fn drop(&mut self) {
        if let Some(Running { works, thread, .. }) = self.running.take() {
            drop(works);
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn works_are_done_by_one_thread_until_one_does_not_end() {
        let mut worker = Worker::default();
        let long = Duration::from_secs(20);
        let me = || Ok(thread::current().id());
        let first = worker.run(long, me).unwrap();
        assert_eq!(worker.run(long, me).unwrap(), first);
        assert_ne!(first, thread::current().id());
        let denied = || Err::<(), _>(io::Error::from_raw_os_error(libc::EACCES));
        let error = worker.run(long, denied).unwrap_err();
        assert_eq!(error.raw_os_error(), Some(libc::EACCES));

        let (hold, held) = mpsc::channel::<()>();
        let stuck = worker.run(Duration::from_millis(20), move || Ok(held.recv().is_ok()));
        assert_eq!(stuck.unwrap_err().raw_os_error(), Some(libc::ETIMEDOUT));
        assert_ne!(worker.run(long, me).unwrap(), first);
        drop(hold);
    }

    #[test]
    fn works_in_turn_are_answered_up_to_the_one_that_does_not_end() {
        let mut worker = Worker::default();
        let long = Duration::from_secs(20);
        let works = (0..3).map(|n| move || Ok((n, thread::current().id())));
        let answers = worker.run_in_turn(long, works.collect()).unwrap();
        let answers: Vec<_> = answers.into_iter().map(io::Result::unwrap).collect();
        let thread = answers[0].1;
        assert_eq!(answers, [(0, thread), (1, thread), (2, thread)]);

        let (hold, held) = mpsc::channel::<()>();
        let held = Arc::new(Mutex::new(held));
        let works = (0..3).map(|n| {
            let held = Arc::clone(&held);
            move || {
                if n == 1 {
                    let _ = held.lock().unwrap().recv();
                }
                Ok(n)
            }
        });
        // Long enough for the first work where the thread waits for a processor.
        let answers = worker.run_in_turn(Duration::from_secs(1), works.collect());
        let answers = answers.unwrap();
        assert_eq!(answers.len(), 2);
        assert_eq!(*answers[0].as_ref().unwrap(), 0);
        let error = answers[1].as_ref().unwrap_err();
        assert_eq!(error.raw_os_error(), Some(libc::ETIMEDOUT));
        drop(hold);
    }

    #[test]
    fn each_of_the_works_in_turn_has_the_whole_time() {
        // Together they take longer than that, each a fraction of it.
        let time = Duration::from_millis(2500);
        let works = (0..6).map(|n| {
            move || {
                thread::sleep(time / 5);
                Ok(n)
            }
        });
        let answers = Worker::default().run_in_turn(time, works.collect());
        let answers: io::Result<Vec<_>> = answers.unwrap().into_iter().collect();
        assert_eq!(answers.unwrap(), [0, 1, 2, 3, 4, 5]);
    }
}
