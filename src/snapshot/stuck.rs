//! The processes whose command line is known not to answer, so that nobody waits for it again.

use std::sync::Mutex;

use crate::{
    ids::Pid,
    sync::lock,
    watchdog::{self, Watch},
};

/// A process, by number and start time, and the thread that still waits for it.
#[derive(Debug)]
struct Stuck {
    pid: Pid,
    /// Unknown if it did not even open.
    start: Option<u64>,
    thread: Watch,
}

static STUCK: Mutex<Vec<Stuck>> = Mutex::new(Vec::new());

/// Remembers the process for as long as `thread` waits for it.
pub(super) fn remember(pid: Pid, start: Option<u64>, thread: Watch) {
    let mut stuck = lock(&STUCK);
    stuck.retain(|stuck| !stuck.thread.has_ended());
    stuck.push(Stuck { pid, start, thread });
}

/// Whether a thread still waits for the process, or, as long as its start is not known, for one of
/// its number.
#[inline]
pub(super) fn is_waited_for(pid: Pid, start: Option<u64>) -> bool {
    watchdog::left() > 0 && is_remembered(pid, start)
}

#[cold]
fn is_remembered(pid: Pid, start: Option<u64>) -> bool {
    let stuck = lock(&STUCK);
    let is_same = |a: Option<u64>, b: Option<u64>| a.zip(b).is_none_or(|(a, b)| a == b);
    stuck
        .iter()
        .any(|stuck| stuck.pid == pid && is_same(stuck.start, start) && !stuck.thread.has_ended())
}
