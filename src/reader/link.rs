//! `Link`: what other threads know of the process by which one reads.

use std::{
    net::Shutdown,
    os::unix::net::UnixStream,
    sync::{
        Arc, Mutex,
        atomic::{
            AtomicU32, AtomicUsize,
            Ordering::{Relaxed, SeqCst},
        },
    },
    time::Duration,
};

use crate::{
    ids::Pid,
    sync::lock,
    sys::{self, messages::Request},
};

/// Between a thread that reads by a process of its own and those that wait for the thread.
#[derive(Debug, Default)]
pub(crate) struct Link {
    state: Mutex<State>,
    /// The number of the process, or 0.
    process: AtomicU32,
}

#[derive(Debug, Default)]
struct State {
    is_cut: bool,
    sockets: Vec<Arc<UnixStream>>,
    left: Vec<Left>,
}

/// A process that waits where no signal ends it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Left {
    pid: Pid,
    /// How long it was on a processor when it was left: while it waits that does not change, and
    /// another process that gets its number has another time.
    ran: Duration,
}

impl Left {
    /// The process `pid`, unless it has ended.
    pub(super) fn new(pid: Pid) -> Option<Self> {
        let ran = sys::processor_time(pid)?;
        Some(Self { pid, ran })
    }

    fn waits(self) -> bool {
        sys::processor_time(self.pid) == Some(self.ran)
    }
}

/// What a process was asked: the device and the inode of the directory, which are its own as long as
/// the process has it open, and the request with its paths.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Question {
    pub(super) dir: (u64, u64),
    pub(super) request: Request,
    pub(super) paths: Vec<u8>,
}

/// The processes that were left behind and may still wait, with what they were asked, and how many they
/// are.
static LEFT: Mutex<Vec<(Left, Question)>> = Mutex::new(Vec::new());
static COUNT: AtomicUsize = AtomicUsize::new(0);

/// How many processes that wait were left behind.
pub(crate) fn left() -> usize {
    if COUNT.load(Relaxed) == 0 {
        return 0;
    }
    let mut left = lock(&LEFT);
    left.retain(|(left, _)| left.waits());
    COUNT.store(left.len(), Relaxed);
    left.len()
}

/// Whether any may still wait.
pub(crate) fn may_have_left() -> bool {
    COUNT.load(Relaxed) > 0
}

/// Whether a process still waits that was asked the same: another would wait as well.
pub(super) fn is_asked(question: &Question) -> bool {
    may_have_left()
        && lock(&LEFT)
            .iter()
            .any(|(left, asked)| asked == question && left.waits())
}

impl Link {
    /// Has the thread wait no longer: its process is left behind, and it asks for nothing more.
    pub(crate) fn cut(&self) {
        let mut state = lock(&self.state);
        state.is_cut = true;
        for socket in state.sockets.drain(..) {
            let _ = socket.shutdown(Shutdown::Both);
        }
    }

    pub(crate) fn is_cut(&self) -> bool {
        lock(&self.state).is_cut
    }

    /// The process that reads for the thread, if there is one.
    pub(crate) fn process(&self) -> Option<Pid> {
        Some(self.process.load(SeqCst))
            .filter(|pid| *pid > 0)
            .map(Pid::new)
    }

    /// Whether a process that was left behind still waits.
    pub(crate) fn has_left(&self) -> bool {
        lock(&self.state).left.iter().any(|left| left.waits())
    }

    /// Keeps the socket by which the thread can be woken; false if it is not to wait.
    pub(super) fn attach(&self, socket: &Arc<UnixStream>) -> bool {
        let mut state = lock(&self.state);
        state.sockets.push(Arc::clone(socket));
        !state.is_cut
    }

    pub(super) fn detach(&self, socket: &Arc<UnixStream>) {
        let mut state = lock(&self.state);
        state.sockets.retain(|known| !Arc::ptr_eq(known, socket));
        self.process.store(0, SeqCst);
    }

    pub(super) fn is_read_by(&self, pid: u32) {
        self.process.store(pid, SeqCst);
    }

    /// Notes that the process is left behind.
    pub(super) fn leave(&self, process: Left, question: Question) {
        if !process.waits() {
            return;
        }
        lock(&self.state).left.push(process);
        let mut left = lock(&LEFT);
        left.push((process, question));
        COUNT.store(left.len(), Relaxed);
    }
}
