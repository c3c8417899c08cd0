//! Work that another's doing can block, on a thread that can be left behind.

mod relay;
mod worker;

pub(crate) use relay::Relay;
pub(crate) use worker::Worker;

use std::{
    io,
    path::Path,
    sync::{
        Arc, Mutex, Weak,
        atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering},
        mpsc::{self, RecvTimeoutError},
    },
    thread,
    time::{Duration, Instant},
};

use crate::{
    format::pid::Stat,
    ids::Pid,
    procfs::Procfs,
    reader::{self, Link, by_a_process},
    sync::lock,
    sys,
    wait::{self, as_one_that_can_be_left, process_file},
};

pub(crate) use crate::reader::timed_out;

/// How many threads, and processes that read for them, may be left behind at a time. One that is
/// blocked ends only when another lets it, so a container could otherwise collect them without end.
const MOST: usize = 1024;

/// The threads of this process that are left behind.
static ALL: Count = Count::new(MOST);

/// How many threads are left behind at the moment.
#[derive(Debug)]
struct Count {
    now: AtomicUsize,
    most: usize,
}

impl Count {
    const fn new(most: usize) -> Self {
        Self {
            now: AtomicUsize::new(0),
            most,
        }
    }

    fn is_full(&self) -> bool {
        self.now.load(Ordering::Relaxed) + reader::left() >= self.most
    }
}

/// Whether threads, or processes that read for them, may be left behind at the moment.
pub(crate) fn may_have_left() -> bool {
    ALL.now.load(Ordering::Relaxed) > 0 || reader::may_have_left()
}

/// Whether no more threads may be left behind: then nothing that can block may be begun.
pub(crate) fn is_full() -> bool {
    ALL.is_full()
}

/// Whether the thread, or the process, that is of this program runs or could: it is not silent, but
/// waits for a processor.
fn runs(path: &wait::Path<'_>) -> bool {
    // Where this is unknown it is not waited for any longer: a time-out is an answer.
    let proc = Procfs::open(Path::new("/proc")).ok();
    let stat = proc.and_then(|proc| proc.read(path).ok());
    stat.and_then(|stat| Stat::parse(&stat).ok())
        .is_some_and(|stat| stat.state == b'R')
}

/// Whether the process, which is of this program, runs or could.
pub(crate) fn is_running(process: Pid) -> bool {
    runs(&process_file!("stat").of_own(process))
}

/// The place of a thread among those that are left behind, held from both sides: by the one who
/// waits, and by the thread itself until it ends.
#[derive(Debug, Clone)]
pub(crate) struct Leash(Arc<Slack>, Arc<Link>);

#[derive(Debug)]
struct Slack {
    let_go: AtomicBool,
    count: &'static Count,
}

impl Leash {
    pub(crate) fn new() -> Self {
        Self::counted(&ALL)
    }

    fn counted(count: &'static Count) -> Self {
        let slack = Slack {
            let_go: AtomicBool::new(false),
            count,
        };
        Self(Arc::new(slack), Arc::default())
    }

    /// Leaves the thread behind; counted until it lets go of its side. If it waits for a process that
    /// reads for it, that is left behind instead, and the thread ends.
    pub(crate) fn let_go(&self) {
        if !self.0.let_go.swap(true, Ordering::Relaxed) {
            self.0.count.now.fetch_add(1, Ordering::Relaxed);
        }
        self.1.cut();
    }

    /// Whether the thread was left behind.
    pub(crate) fn is_let_go(&self) -> bool {
        self.0.let_go.load(Ordering::Relaxed)
    }

    /// Tells later whether the thread has ended, and what reads for it.
    pub(crate) fn watch(&self) -> Watch {
        Watch(Arc::downgrade(&self.0), Arc::clone(&self.1))
    }

    /// Does the work of the thread.
    pub(crate) fn work<T>(&self, work: impl FnOnce() -> T) -> T {
        as_one_that_can_be_left(|| by_a_process(&self.1, work))
    }

    /// Whether the thread, or what reads for it, runs or could: it is not silent, but waits for a
    /// processor.
    pub(crate) fn wants_to_run(&self, thread: u32) -> bool {
        let stat = process_file!("stat");
        runs(&stat.of_thread(thread).of_self()) || self.1.process().is_some_and(is_running)
    }
}

/// Sees whether a thread that was left behind has ended, and what read for it.
#[derive(Debug, Clone)]
pub(crate) struct Watch(Weak<Slack>, Arc<Link>);

impl Watch {
    pub(crate) fn has_ended(&self) -> bool {
        self.0.strong_count() == 0 && !self.1.has_left()
    }
}

impl Drop for Slack {
    fn drop(&mut self) {
        if *self.let_go.get_mut() {
            self.count.now.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

/// How long to wait for all that another's doing can block, taken together.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    until: Instant,
    left_behind: usize,
    count: &'static Count,
}

/// Runs `work` on a thread that can be left behind, or here where the caller has given up the time-out.
pub(crate) fn wait_with<T: Send + 'static>(
    patience: Option<&mut Patience>,
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    match patience {
        Some(patience) => patience.wait_for(work),
        None => as_one_that_can_be_left(work),
    }
}

impl Patience {
    /// What is still tried when the time is over: something that answers at once.
    const LEAST: Duration = Duration::from_millis(50);

    pub(crate) fn new(time: Duration) -> Self {
        let now = Instant::now();
        Self {
            // A time beyond the clock's end is as good as an hour of it.
            until: now
                .checked_add(time)
                .unwrap_or(now + Duration::from_secs(3600)),
            left_behind: 0,
            count: &ALL,
        }
    }

    /// How many threads it left behind.
    pub(crate) fn left_behind(&self) -> usize {
        self.left_behind
    }

    /// Runs `work` on a thread of its own, which is left behind if it does not end in time: unless
    /// it then [wants to run](Leash::wants_to_run), for as long as it does.
    ///
    /// # Errors
    ///
    /// `ETIMEDOUT`, also where as many threads as may be were left behind before.
    pub(crate) fn wait_for<T: Send + 'static>(
        &mut self,
        work: impl FnOnce() -> io::Result<T> + Send + 'static,
    ) -> io::Result<T> {
        let answer = Arc::new(Mutex::new(None));
        let its_answer = Arc::clone(&answer);
        let run = move || {
            let answer = work();
            *lock(&its_answer) = Some(answer);
        };
        self.wait_for_end(Box::new(run))?;
        let answer = lock(&answer).take();
        answer.unwrap_or_else(|| Err(timed_out()))
    }

    /// The same for work without an answer. Not generic: it would be compiled for each work.
    fn wait_for_end(&mut self, work: Box<dyn FnOnce() + Send>) -> io::Result<()> {
        if self.count.is_full() {
            return Err(timed_out());
        }
        let (sender, receiver) = mpsc::sync_channel(1);
        let leash = Leash::counted(self.count);
        let its_leash = leash.clone();
        // 0 before it has run at all.
        let number = Arc::new(AtomicU32::new(0));
        let its_number = Arc::clone(&number);
        let run = move || {
            its_number.store(sys::own_thread(), Ordering::Relaxed);
            its_leash.work(work);
            // The one who asked may have gone on without the answer.
            let _ = sender.send(());
            drop(its_leash);
        };
        let thread = thread::Builder::new().name("psgo".to_owned()).spawn(run)?;
        let time = self.until.saturating_duration_since(Instant::now());
        let mut end = receiver.recv_timeout(time.max(Self::LEAST));
        let is_starved = || match number.load(Ordering::Relaxed) {
            0 => true,
            number => leash.wants_to_run(number),
        };
        while matches!(end, Err(RecvTimeoutError::Timeout)) && is_starved() {
            end = receiver.recv_timeout(Self::LEAST);
        }
        // It may have answered between the end of the time and the look at what it does.
        if end.is_err() && receiver.try_recv().is_err() {
            leash.let_go();
            self.left_behind += 1;
            return Err(timed_out());
        }
        // It has nothing left to do, and no thread is to be seen afterwards.
        let _ = thread.join();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_answer_is_left_behind_and_counted_until_it_ends() {
        // Not that of the process, in which other tests leave threads behind too.
        const MOST: usize = 4;
        static COUNT: Count = Count::new(MOST);
        let mut patience = Patience {
            count: &COUNT,
            ..Patience::new(Duration::from_millis(20))
        };
        assert_eq!(patience.wait_for(|| Ok(7)).unwrap(), 7);
        let holds: Vec<_> = (0..MOST)
            .map(|_| {
                let (hold, held) = mpsc::channel::<()>();
                let stuck = patience.wait_for(move || Ok(held.recv().is_ok()));
                assert_eq!(stuck.unwrap_err().raw_os_error(), Some(libc::ETIMEDOUT));
                hold
            })
            .collect();
        assert_eq!(patience.left_behind(), MOST);
        assert!(COUNT.is_full());
        // Nothing is begun any more, until one of them ends.
        assert!(patience.wait_for(|| Ok(())).is_err());
        drop(holds);
        while COUNT.is_full() {
            thread::yield_now();
        }
        assert!(patience.wait_for(|| Ok(())).is_ok());
    }

    #[test]
    fn what_only_lacks_a_processor_is_not_left_behind() {
        let mut patience = Patience::new(Duration::from_millis(1));
        let busy = || {
            let start = Instant::now();
            // As one that is kept from running: it wants to all the time.
            while start.elapsed() < Patience::LEAST * 4 {
                std::hint::spin_loop();
            }
            Ok(7)
        };
        assert_eq!(patience.wait_for(busy).unwrap(), 7);
        assert_eq!(patience.left_behind(), 0);
    }
}
