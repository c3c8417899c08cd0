//! `Worker`: a thread for many small works that another's doing can block, one after the other.

use std::{
    io,
    sync::mpsc::{self, Sender},
    thread::{self, JoinHandle},
    time::Duration,
};

use super::{Leash, is_full};

type Work = Box<dyn FnOnce() + Send>;

/// A thread that is started by the first work and is there for the next: to start one for each
/// would cost more than most of them. It is left behind when one does not end in time.
#[derive(Debug, Default)]
pub(crate) struct Worker(Option<Running>);

#[derive(Debug)]
struct Running {
    works: Sender<Work>,
    leash: Leash,
    thread: JoinHandle<()>,
}

impl Running {
    fn start() -> io::Result<Self> {
        let (works, todo) = mpsc::channel::<Work>();
        let leash = Leash::new();
        let its_leash = leash.clone();
        let run = move || {
            for work in todo {
                work();
            }
            drop(its_leash);
        };
        let thread = thread::Builder::new().name("psgo".to_owned()).spawn(run)?;
        Ok(Self {
            works,
            leash,
            thread,
        })
    }
}

impl Worker {
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
        let timed_out = || io::Error::from_raw_os_error(libc::ETIMEDOUT);
        let running = match self.0.take() {
            Some(running) => running,
            None if is_full() => return Err(timed_out()),
            None => Running::start()?,
        };
        let (sender, receiver) = mpsc::sync_channel(1);
        let work = move || {
            // The one who asked may have gone on without the answer.
            let _ = sender.send(work());
        };
        let sent = running.works.send(Box::new(work));
        match sent.ok().and_then(|()| receiver.recv_timeout(timeout).ok()) {
            Some(answer) => {
                self.0 = Some(running);
                answer
            }
            None => {
                // With its sender gone the thread ends after this work, if that ever ends.
                running.leash.let_go();
                Err(timed_out())
            }
        }
    }
}

impl Drop for Worker {
    /// It has nothing left to do, and no thread is to be seen afterwards.
    fn drop(&mut self) {
        if let Some(Running { works, thread, .. }) = self.0.take() {
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
}
