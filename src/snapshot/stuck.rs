//! The processes of which a file is known not to answer, so that it is not waited for again.

use std::sync::Mutex;

use super::needs::Files;
use crate::{
    ids::Pid,
    sync::lock,
    watchdog::{self, Watch},
};

/// A process, by number and start time, and the thread that still waits for it.
#[derive(Debug)]
struct Stuck {
    pid: Pid,
    /// Unknown if it was blocked before anything of it was read.
    start: Option<u64>,
    /// What does not answer.
    files: Files,
    thread: Watch,
}

static STUCK: Mutex<Vec<Stuck>> = Mutex::new(Vec::new());

/// Remembers for as long as `thread` waits that these files of the process do not answer.
pub(super) fn remember(pid: Pid, start: Option<u64>, files: Files, thread: Watch) {
    let mut stuck = lock(&STUCK);
    stuck.retain(|stuck| !stuck.thread.has_ended());
    stuck.push(Stuck {
        pid,
        start,
        files,
        thread,
    });
}

/// The files of the process for which a thread still waits. `start` tells when it started, and is
/// asked only if there is such a thread for a process of the same number.
#[inline]
pub(super) fn files_of(pid: Pid, start: impl FnOnce() -> Option<u64>) -> Files {
    if watchdog::left() == 0 {
        return Files::empty();
    }
    remembered(pid, start)
}

#[cold]
fn remembered(pid: Pid, start: impl FnOnce() -> Option<u64>) -> Files {
    let known: Vec<_> = {
        let stuck = lock(&STUCK);
        let of_it = stuck.iter();
        let of_it = of_it.filter(|stuck| stuck.pid == pid && !stuck.thread.has_ended());
        of_it.map(|stuck| (stuck.start, stuck.files)).collect()
    };
    // What cannot be asked for its start time is taken for the same process.
    let blocks_stat = known.iter().any(|(_, files)| files.contains(Files::STAT));
    let start = if known.is_empty() || blocks_stat {
        None
    } else {
        start()
    };
    let is_same = |known: Option<u64>| known.zip(start).is_none_or(|(a, b)| a == b);
    let same = known.iter().filter(|(start, _)| is_same(*start));
    same.fold(Files::empty(), |all, (_, files)| all | *files)
}
