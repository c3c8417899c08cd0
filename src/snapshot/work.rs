//! What all threads of a listing share.

use std::{
    collections::HashMap,
    iter::Peekable,
    sync::{
        Arc, Mutex, RwLock, RwLockReadGuard,
        atomic::{
            AtomicBool, AtomicUsize,
            Ordering::{Acquire, Relaxed, Release},
        },
    },
    vec,
};

use super::{
    ancestry::Ancestry,
    ask::Pace,
    descriptors::SocketsOf,
    entry::Entry,
    needs::{Files, Needs},
    retained::{Budget, Retained, RetainedFiles},
    rows::Extra,
    seen::Seen,
    unread::Unread,
};
use crate::{
    ids::Pid,
    namespace::Numbers,
    runtimes::Search,
    sorting::{sort, sort_by},
    sync::{lock, read, write},
    value::{Missing, Value},
    view::{Inner, NameSearch},
};

/// How many processes are handed out at once.
pub(super) const CHUNK: usize = 128;

/// Makes the cells of a process, behind those that are there, and what there is beside them.
pub(crate) type Extract = dyn Fn(&Seen<'_>, &mut Vec<Value>) -> Extra + Send + Sync;

/// What all threads work on.
pub(super) struct Work {
    pub(super) view: Arc<Inner>,
    pub(super) numbers: Option<Numbers>,
    pub(super) needs: Needs,
    /// Whether the processes were asked for by number.
    pub(super) named: bool,
    pub(super) pace: Pace,
    /// Whether nothing more is wanted.
    pub(super) is_stopped: AtomicBool,
    /// The processes listed so far.
    pub(super) entries: RwLock<Vec<Entry>>,
    pub(super) watch: Option<Watch>,
    pub(super) avoid: Avoid,
    /// The processes of which a file did not answer.
    pub(super) silent: Mutex<Vec<Pid>>,
    /// The files that could not be read, wholly or in part.
    pub(super) partial: Mutex<Vec<Unread>>,
    pub(super) sockets: SocketsOf,
    pub(super) ancestry: Option<Ancestry>,
    /// Of a joined container, if names are needed.
    pub(super) names: Option<NameSearch>,
    /// What is known of containers, if that is asked for.
    pub(super) containers: Option<Search>,
    pub(super) extract: Box<Extract>,
}

/// What is retained of the processes that are watched.
pub(super) struct Watch {
    /// Of the processes listed so far, in the order of the entries. Each is taken while its process
    /// is read: a thread that is left behind takes it along.
    kept: RwLock<Vec<Mutex<Option<RetainedFiles>>>>,
    /// Of the processes that may still be listed, in the order of the listing.
    before: Mutex<Peekable<vec::IntoIter<(Entry, RetainedFiles)>>>,
    pub(super) counts_as_we_do: bool,
    pub(super) budget: Budget,
}

impl Watch {
    pub(super) fn new(retained: &mut Retained) -> Self {
        Self {
            kept: RwLock::default(),
            before: Mutex::new(std::mem::take(&mut retained.of).into_iter().peekable()),
            counts_as_we_do: retained.counts_as_we_do,
            budget: retained.budget.clone(),
        }
    }

    /// Finds what is kept of the next that are listed.
    pub(super) fn add(&self, entries: &[Entry]) {
        let mut before = lock(&self.before);
        let known = entries.iter().map(|entry| {
            while before.next_if(|(other, _)| other.pid < entry.pid).is_some() {}
            let known = before.next_if(|(other, _)| other == entry);
            Mutex::new(known.map(|(_, kept)| kept))
        });
        write(&self.kept).extend(known);
    }

    pub(super) fn take(&self, index: usize) -> Option<RetainedFiles> {
        lock(self.kept().get(index)?).take()
    }

    pub(super) fn keep(&self, index: usize, known: RetainedFiles) {
        if let Some(kept) = self.kept().get(index) {
            *lock(kept) = Some(known);
        }
    }

    fn kept(&self) -> RwLockReadGuard<'_, Vec<Mutex<Option<RetainedFiles>>>> {
        read(&self.kept)
    }

    /// What is to be retained for the next sample. Without `is_complete` some of the processes may
    /// not have been listed: what is retained of them is, too.
    pub(super) fn retain(
        &self,
        entries: &[Entry],
        is_complete: bool,
    ) -> Vec<(Entry, RetainedFiles)> {
        let listed = (0..).zip(entries);
        let listed = listed.filter_map(|(index, entry)| Some((*entry, self.take(index)?)));
        let mut all: Vec<_> = listed.collect();
        if !is_complete {
            all.extend(lock(&self.before).by_ref());
        }
        all
    }
}

/// The files that did not answer, and are not asked again.
#[derive(Debug, Default)]
pub(super) struct Avoid {
    /// Whether there is any, so that the lock need not be taken for each process.
    any: AtomicBool,
    files: Mutex<Avoided>,
    /// How often nothing came of what was asked for many processes at once.
    stalls: AtomicUsize,
}

#[derive(Debug, Default)]
struct Avoided {
    /// By the number of the entry.
    of: HashMap<usize, Files>,
    of_all: Files,
}

impl Avoid {
    /// Avoids `file` of that entry.
    pub(super) fn add(&self, index: usize, file: Files) {
        *lock(&self.files).of.entry(index).or_default() |= file;
        self.any.store(true, Release);
    }

    /// Avoids `files` of all processes.
    pub(super) fn add_for_all(&self, files: Files) {
        lock(&self.files).of_all |= files;
        self.any.store(true, Release);
    }

    /// Notes that nothing came of what was asked for many processes at once.
    pub(super) fn add_stall(&self) {
        self.stalls.fetch_add(1, Relaxed);
    }

    /// Whether that has been so several times. Then each process is asked for itself: there may be
    /// hundreds that do not answer, and each time costs a moment and a process.
    pub(super) fn stalls_often(&self) -> bool {
        self.stalls.load(Relaxed) >= 4
    }

    /// What to avoid of that entry.
    pub(super) fn of(&self, index: usize) -> Files {
        if !self.any.load(Acquire) {
            return Files::empty();
        }
        let files = lock(&self.files);
        files.of.get(&index).copied().unwrap_or_default() | files.of_all
    }
}

impl Work {
    /// How many processes were listed so far.
    pub(super) fn len(&self) -> usize {
        self.entries().len()
    }

    pub(super) fn entry(&self, index: usize) -> Option<Entry> {
        self.entries().get(index).copied()
    }

    /// Adds processes to those that were listed.
    pub(super) fn add(&self, pids: Vec<Pid>) {
        let entries = pids.into_iter().map(|pid| Entry::new(pid, pid));
        let entries: Vec<_> = entries.collect();
        if let Some(watch) = &self.watch {
            watch.add(&entries);
        }
        write(&self.entries).extend(entries);
    }

    /// Copied, as more may be listed while they are read.
    pub(super) fn some_entries(&self, first: usize, count: usize) -> Vec<Entry> {
        let entries = self.entries();
        entries.iter().skip(first).take(count).copied().collect()
    }

    pub(super) fn entries(&self) -> RwLockReadGuard<'_, Vec<Entry>> {
        read(&self.entries)
    }

    /// How many are in a chunk that has been handed out.
    pub(super) fn chunk_len(&self, chunk: usize) -> usize {
        self.len().saturating_sub(chunk * CHUNK).min(CHUNK)
    }

    /// Notes that `file` of the process could not be read, wholly or in part.
    pub(super) fn note_partial(&self, pid: Pid, file: &str, why: Missing) {
        Unread::add(&mut lock(&self.partial), file, why, Some(pid));
    }

    /// Notes a file that is of no process and could not be read.
    pub(super) fn note_unread(&self, file: &str, why: Missing) {
        Unread::add(&mut lock(&self.partial), file, why, None);
    }

    /// The files that could not be read, each with its processes in order.
    pub(super) fn take_partial(&self) -> Vec<Unread> {
        let mut all = std::mem::take(&mut *lock(&self.partial));
        sort_by(&mut all, |a, b| a.what.cmp(&b.what));
        for unread in &mut all {
            sort(&mut unread.pids);
        }
        all
    }

    /// Notes that a file of the process did not answer.
    pub(super) fn note_silent(&self, pid: Pid) {
        lock(&self.silent).push(pid);
    }

    /// The processes of which a file did not answer, in order.
    pub(super) fn take_silent(&self) -> Vec<Pid> {
        let mut silent = std::mem::take(&mut *lock(&self.silent));
        sort(&mut silent);
        silent.dedup();
        silent
    }

    /// Nothing more is wanted: threads end after the process that they read.
    pub(super) fn stop(&self) {
        self.is_stopped.store(true, Relaxed);
    }

    /// Whether nothing more is wanted, or the time is over.
    pub(super) fn stops(&self) -> bool {
        self.is_stopped.load(Relaxed) || self.pace.stops().is_some()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{snapshot::retained::Counts, view::View};

    fn entry(pid: u32) -> Entry {
        let pid = Pid::new(pid);
        Entry::new(pid, pid)
    }

    #[test]
    fn what_is_kept_is_found_though_the_list_comes_in_parts() {
        let mut retained = Retained::new(&View::host().unwrap().0.proc);
        retained.of = [1, 3, 4, 5, 9]
            .map(|pid| {
                let last = Counts {
                    start: pid.into(),
                    at: Duration::ZERO,
                    cpu: 0,
                    minflt: 0,
                    majflt: 0,
                    read_bytes: None,
                    write_bytes: None,
                };
                let last = Some(last);
                (
                    entry(pid),
                    RetainedFiles {
                        last,
                        ..RetainedFiles::default()
                    },
                )
            })
            .into();
        let watch = Watch::new(&mut retained);
        watch.add(&[1, 2].map(entry));
        watch.add(&[]);
        // 3 and 4 have gone.
        watch.add(&[5, 9, 10].map(entry));
        let starts = (0..6).map(|index| Some(watch.take(index)?.last?.start));
        let starts: Vec<_> = starts.collect();
        assert_eq!(starts, [Some(1), None, Some(5), Some(9), None, None]);
        assert!(watch.take(0).is_none());
    }

    #[test]
    fn what_is_retained_outlasts_a_listing_that_was_stopped() {
        let mut retained = Retained::new(&View::host().unwrap().0.proc);
        retained.of = [1, 3, 4]
            .map(|pid| (entry(pid), RetainedFiles::default()))
            .into();
        let watch = Watch::new(&mut retained);
        let listed = [1, 2].map(entry);
        watch.add(&listed);
        let pids =
            |kept: Vec<(Entry, _)>| kept.iter().map(|(e, _)| e.pid.get()).collect::<Vec<_>>();
        assert_eq!(pids(watch.retain(&listed, false)), [1, 3, 4]);
        assert_eq!(pids(watch.retain(&listed, true)), [0; 0]);
    }
}
