//! The processes of which a file is known not to answer, so that it is not waited for again.

use std::{
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use super::{needs::Files, simple};
use crate::{
    ids::Pid,
    sync::lock,
    wait::Name,
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
    /// Or, where none of these stands for it, its name.
    name: String,
    thread: Watch,
    /// When it was given up.
    since: Instant,
}

/// Where nothing waits any longer, because the process that did could be killed, it is asked again. For
/// so long it is known then that it did not answer before, and not waited for as long as others.
const KNOWN: Duration = Duration::from_secs(60);

impl Stuck {
    fn is_known(&self) -> bool {
        !self.thread.has_ended() || self.since.elapsed() < KNOWN
    }
}

/// Whether there may be any.
static ANY: AtomicBool = AtomicBool::new(false);
static STUCK: Mutex<Vec<Stuck>> = Mutex::new(Vec::new());

/// Remembers for as long as `thread`, or what reads for it, waits that these files of the process do not
/// answer.
pub(super) fn remember(pid: Pid, start: Option<u64>, files: Files, thread: Watch) {
    add(Stuck {
        pid,
        start,
        files,
        name: String::new(),
        thread,
        since: Instant::now(),
    });
}

fn add(new: Stuck) {
    let mut stuck = lock(&STUCK);
    stuck.retain(Stuck::is_known);
    stuck.push(new);
    ANY.store(true, Relaxed);
}

/// The same of one file, by its name.
pub(crate) fn remember_file(pid: Pid, start: u64, name: Name<'_>, thread: Watch) {
    add(Stuck {
        pid,
        start: Some(start),
        files: simple::files_that_wait_as(name),
        name: name.as_str().to_owned(),
        thread,
        since: Instant::now(),
    });
}

/// Whether that file of the process is known not to answer.
#[inline]
pub(crate) fn is_silent(pid: Pid, start: u64, name: Name<'_>) -> bool {
    watchdog::may_have_left() && is_remembered(pid, start, name)
}

#[cold]
fn is_remembered(pid: Pid, start: u64, name: Name<'_>) -> bool {
    let files = simple::files_that_wait_as(name);
    lock(&STUCK).iter().any(|stuck| {
        stuck.pid == pid
            && stuck.start.is_none_or(|known| known == start)
            && (stuck.files.intersects(files) || stuck.name == name.as_str())
            && !stuck.thread.has_ended()
    })
}

/// Whether something of a process with that number did not answer.
#[inline]
pub(super) fn may_be(pid: Pid) -> bool {
    ANY.load(Relaxed) && lock(&STUCK).iter().any(|stuck| stuck.pid == pid)
}

/// Whether one of these files of the process did not answer a short while ago.
pub(super) fn was_silent(pid: Pid, start: Option<u64>, files: Files) -> bool {
    let is_it = |stuck: &Stuck| {
        stuck.pid == pid
            && stuck.start.zip(start).is_none_or(|(a, b)| a == b)
            && stuck.files.intersects(files)
            && stuck.is_known()
    };
    ANY.load(Relaxed) && lock(&STUCK).iter().any(is_it)
}

/// The files of the process for which a thread still waits. `start` tells when it started, and is
/// asked only if there is such a thread for a process of the same number.
#[inline]
pub(super) fn files_of(pid: Pid, start: impl FnOnce() -> Option<u64>) -> Files {
    if !watchdog::may_have_left() {
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
