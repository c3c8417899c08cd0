//! What the worker tells the supervisor: a page that both have.

use std::{
    io,
    sync::{
        OnceLock,
        atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, Ordering::SeqCst},
    },
    time::Duration,
};

use nix::time::{ClockId, clock_gettime};

/// The time-out where none is given.
const TIMEOUT: Duration = Duration::from_secs(2);

/// What the worker tells the supervisor.
#[derive(Debug, Default)]
pub(super) struct Shared {
    /// The work is done, all of its output written, and `code` is valid.
    pub(super) ended: AtomicBool,
    pub(super) code: AtomicU8,
    /// The worker is in another PID namespace than the supervisor, and does nothing.
    pub(super) declined: AtomicBool,
    /// How many threads wait for something that may take as long as it likes: the next sample, a
    /// key, the reader of the output.
    pub(super) idle: AtomicU32,
    /// A signal that asks for the end has reached the worker, which is about to end in order.
    pub(super) ending: AtomicBool,
    /// The terminal is in raw mode.
    pub(super) raw: AtomicBool,
    /// In milliseconds; 0 where none is given.
    timeout: AtomicU64,
    /// In milliseconds of the monotonic clock; 0 where there is none.
    deadline: AtomicU64,
    /// Its length in milliseconds.
    limit: AtomicU64,
}

impl Shared {
    pub(super) fn timeout(&self) -> Duration {
        match self.timeout.load(SeqCst) {
            0 => TIMEOUT,
            millis => Duration::from_millis(millis),
        }
    }

    /// The deadline, and how long it was when it was set.
    pub(super) fn deadline(&self) -> Option<(Duration, Duration)> {
        let at = self.deadline.load(SeqCst);
        let limit = || Duration::from_millis(self.limit.load(SeqCst));
        (at > 0).then(|| (Duration::from_millis(at), limit()))
    }
}

static SHARED: OnceLock<&'static Shared> = OnceLock::new();

/// Makes this process the worker.
pub(super) fn publish_to(shared: &'static Shared) {
    // It is the first and only one.
    let _ = SHARED.set(shared);
}

/// The time since the machine was started.
pub(super) fn now() -> Duration {
    // This clock exists everywhere.
    clock_gettime(ClockId::CLOCK_MONOTONIC).map_or(Duration::ZERO, Duration::from)
}

/// Whether a supervisor waits for this process.
pub(crate) fn is_supervised() -> bool {
    SHARED.get().is_some()
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX).max(1)
}

/// Tells the supervisor the time-out of reads.
pub(crate) fn timeout(timeout: Duration) {
    if let Some(shared) = SHARED.get() {
        shared.timeout.store(millis(timeout), SeqCst);
    }
}

/// Tells the supervisor that all has to end in that time from now.
pub(crate) fn deadline(limit: Duration) {
    if let Some(shared) = SHARED.get() {
        shared.limit.store(millis(limit), SeqCst);
        let at = now().saturating_add(limit);
        shared.deadline.store(millis(at), SeqCst);
    }
}

/// Tells the supervisor that a signal asked for the end, and that it need not be sent again.
pub(crate) fn ending() {
    if let Some(shared) = SHARED.get() {
        shared.ending.store(true, SeqCst);
    }
}

/// Tells the supervisor whether the terminal is in raw mode.
pub(crate) fn raw(is_raw: bool) {
    if let Some(shared) = SHARED.get() {
        shared.raw.store(is_raw, SeqCst);
    }
}

/// While this exists, the calling thread waits for something that may take as long as it likes.
#[derive(Debug)]
#[must_use]
pub(crate) struct Idle(());

/// See [`Idle`].
pub(crate) fn idle() -> Idle {
    if let Some(shared) = SHARED.get() {
        shared.idle.fetch_add(1, SeqCst);
    }
    Idle(())
}

impl Drop for Idle {
    fn drop(&mut self) {
        if let Some(shared) = SHARED.get() {
            shared.idle.fetch_sub(1, SeqCst);
        }
    }
}

/// A file that may take as long as it likes to read or to write: a pipe, a terminal.
#[derive(Debug)]
pub(crate) struct Patient<T>(pub(crate) T);

impl<T: io::Write> io::Write for Patient<T> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let _idle = idle();
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        let _idle = idle();
        self.0.flush()
    }
}

impl<T: io::Read> io::Read for Patient<T> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let _idle = idle();
        self.0.read(bytes)
    }
}
