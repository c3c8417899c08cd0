//! `Relay`: the bytes of a file whose reading another's doing can block.

use std::{
    collections::VecDeque,
    io::{self, Read},
    sync::{
        Arc, Mutex,
        mpsc::{self, Receiver, RecvTimeoutError},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use super::{Leash, is_full, timed_out};
use crate::sync::lock;

/// So much is read at once, and at most twice as much is waiting to be taken.
const CHUNK: usize = 64 << 10;

type Chunks = Arc<Mutex<VecDeque<io::Result<Vec<u8>>>>>;

/// Bytes that a thread of its own reads: it is left behind when nothing comes for too long.
#[derive(Debug)]
pub(crate) struct Relay {
    /// A word for each chunk that was read; nothing once there is no more to come.
    words: Option<Receiver<()>>,
    chunks: Chunks,
    chunk: Vec<u8>,
    taken: usize,
    timeout: Duration,
    leash: Leash,
    thread: Option<JoinHandle<()>>,
}

impl Relay {
    /// Opens by `open` what is to be read, on the thread that reads it.
    ///
    /// # Errors
    ///
    /// Of opening; `ETIMEDOUT` where that does not end in time, or where as many threads as may
    /// be were left behind before.
    pub(crate) fn open<R: Read + 'static>(
        timeout: Duration,
        open: impl FnOnce() -> io::Result<R> + Send + 'static,
    ) -> io::Result<Self> {
        let open = || open().map(|file| Box::new(file) as Box<dyn Read>);
        Self::start(timeout, Box::new(open))
    }

    /// Not generic: it would be compiled for each kind of file.
    fn start(
        timeout: Duration,
        open: Box<dyn FnOnce() -> io::Result<Box<dyn Read>> + Send>,
    ) -> io::Result<Self> {
        if is_full() {
            return Err(timed_out());
        }
        let (sender, words) = mpsc::sync_channel(1);
        let chunks = Chunks::default();
        let its_chunks = Arc::clone(&chunks);
        let leash = Leash::new();
        let its_leash = leash.clone();
        let run = move || {
            its_leash.work(|| {
                let mut file = Some(open());
                while let Some(opened) = &mut file {
                    let chunk = match opened {
                        Ok(file) => next(file),
                        Err(error) => Err(std::mem::replace(error, timed_out())),
                    };
                    // An empty one is the end; whoever asked may have enough before.
                    if !matches!(&chunk, Ok(chunk) if !chunk.is_empty()) {
                        // Closing can wait as reading can, so the end is told after it.
                        file = None;
                    }
                    lock(&its_chunks).push_back(chunk);
                    if sender.send(()).is_err() {
                        break;
                    }
                }
            });
            drop(its_leash);
        };
        let thread = thread::Builder::new().name("psgo".to_owned()).spawn(run)?;
        let mut relay = Self {
            words: Some(words),
            chunks,
            chunk: Vec::new(),
            taken: 0,
            timeout,
            leash,
            thread: Some(thread),
        };
        // What cannot be opened is told at once.
        relay.receive()?;
        Ok(relay)
    }

    /// Waits for the next bytes.
    fn receive(&mut self) -> io::Result<()> {
        let Some(words) = &self.words else {
            return Ok(());
        };
        self.taken = 0;
        self.chunk.clear();
        if let Err(RecvTimeoutError::Timeout) = words.recv_timeout(self.timeout) {
            self.let_go();
            return Err(timed_out());
        }
        let next = lock(&self.chunks).pop_front();
        match next {
            Some(Ok(chunk)) if !chunk.is_empty() => {
                self.chunk = chunk;
                return Ok(());
            }
            ended => {
                self.words = None;
                // It has nothing left to do, and no thread is to be seen afterwards.
                let _ = self.thread.take().map(JoinHandle::join);
                if let Some(Err(error)) = ended {
                    return Err(error);
                }
            }
        }
        Ok(())
    }

    fn let_go(&mut self) {
        if self.words.take().is_some() {
            self.leash.let_go();
        }
    }
}

fn next(file: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut chunk = vec![0; CHUNK];
    let read = file.read(&mut chunk)?;
    chunk.truncate(read);
    Ok(chunk)
}

impl Read for Relay {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.taken == self.chunk.len() {
            self.receive()?;
        }
        let left = self.chunk.get(self.taken..).unwrap_or_default();
        let len = left.len().min(buffer.len());
        if let (Some(to), Some(from)) = (buffer.get_mut(..len), left.get(..len)) {
            to.copy_from_slice(from);
        }
        self.taken += len;
        Ok(len)
    }
}

impl Drop for Relay {
    /// Whoever has enough does not wait for the thread, which may be waiting itself.
    fn drop(&mut self) {
        self.let_go();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIMEOUT: Duration = Duration::from_secs(20);

    fn all(relay: &mut Relay) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        relay.read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    #[test]
    fn bytes_come_as_they_were_read() {
        let long: Vec<u8> = (0..3 * CHUNK + 7).map(|i| i.to_le_bytes()[0]).collect();
        for expected in [Vec::new(), b"x".to_vec(), long] {
            let file = io::Cursor::new(expected.clone());
            let mut relay = Relay::open(TIMEOUT, || Ok(file)).unwrap();
            assert!(all(&mut relay).unwrap() == expected);
            // The end is the end for good.
            assert_eq!(relay.read(&mut [0]).unwrap(), 0);
        }
    }

    #[test]
    fn a_file_whose_closing_waits_costs_the_time_out() {
        struct Held(mpsc::Receiver<()>);

        impl Read for Held {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Ok(0)
            }
        }

        impl Drop for Held {
            fn drop(&mut self) {
                let _ = self.0.recv();
            }
        }

        let (hold, held) = mpsc::channel();
        let relay = Relay::open(Duration::from_millis(20), || Ok(Held(held)));
        assert_eq!(relay.unwrap_err().raw_os_error(), Some(libc::ETIMEDOUT));
        drop(hold);
    }

    #[test]
    fn what_cannot_be_opened_or_read_is_told() {
        struct Broken;

        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::from_raw_os_error(libc::EIO))
            }
        }

        let denied = || io::Error::from_raw_os_error(libc::EACCES);
        let error = Relay::open(TIMEOUT, move || Err::<Broken, _>(denied())).unwrap_err();
        assert_eq!(error.raw_os_error(), Some(libc::EACCES));
        let error = Relay::open(TIMEOUT, || Ok(Broken)).unwrap_err();
        assert_eq!(error.raw_os_error(), Some(libc::EIO));
    }
}
