//! `MountNames`: the names of users and groups by mount namespace.
//!
//! Processes that are seen through a join can be of several containers, or of the host: of each
//! distinct mount namespace passwd and group are read once, when a column first needs a name.

use std::{
    collections::HashMap,
    os::fd::BorrowedFd,
    sync::{
        Condvar, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

#[cfg(feature = "filter")]
use super::names::Kind;
use super::tables::{Tables, ask};
use crate::{
    error::{Error, ErrorKind},
    ids::Pid,
    sorting::sort_by,
    sync::lock,
    value::Missing,
};

/// No more mount namespaces are asked for their names in one listing.
const MOST_NAMESPACES: usize = 256;

/// Nor are longer files kept, all together: a container may have 8 MiB of them in each of its own.
const MOST_BYTES: usize = 32 << 20;

/// What is left of the time of a listing when no further namespace is asked.
const LEAST: Duration = Duration::from_millis(5);

/// How long a namespace that did not answer is not asked again.
const SILENCE: Duration = Duration::from_secs(10);

/// By so many of its processes a namespace is recognised in the next listing.
const MOST_WITNESSES: usize = 8;

/// The names of users and groups by mount namespace.
#[derive(Debug, Default)]
pub(crate) struct MountNames {
    listings: AtomicU64,
    known: Mutex<HashMap<u64, Entry>>,
    /// Whenever an entry is no longer pending.
    changed: Condvar,
}

#[derive(Debug)]
enum Entry {
    /// A thread asks until then. If it was left behind, another asks instead of it.
    Pending(Instant),
    Known(Known),
}

#[derive(Debug)]
struct Known {
    tables: Tables,
    /// Why there are no names, or not all.
    error: Option<Error>,
    /// When it did not answer.
    silent: Option<Instant>,
    bytes: usize,
    /// The listing in which it was last seen.
    listing: u64,
    /// Processes seen in it then, by number and start. The number of a mount namespace can come to mean
    /// another, once the last process has left it: it is the same as long as one of these has it.
    witnesses: Vec<(Pid, u64)>,
}

/// Runs what waits for no process that is read.
pub(crate) type Aside<'a> = dyn FnMut(&mut dyn FnMut()) + 'a;

/// A process whose names are asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Member {
    /// Its number in the listing.
    pub(crate) pid: Pid,
    /// Its number in the `/proc` that is read.
    pub(crate) read: Pid,
    /// When it started.
    pub(crate) start: u64,
    /// The number of its mount namespace.
    pub(crate) mounts: u64,
}

/// What one listing has asked, and what it may still ask.
#[derive(Debug)]
pub(crate) struct NameSearch {
    listing: u64,
    spent: Mutex<Spent>,
}

#[derive(Debug)]
struct Spent {
    /// How long namespaces may still be waited for.
    left: Duration,
    namespaces: usize,
    /// Namespaces that were not asked for want of time or room, each with a process in it.
    unasked: HashMap<u64, Pid>,
    /// The first process whose namespace the kernel does not tell, why, and how many there are.
    untold: Option<(Pid, Missing, usize)>,
}

impl NameSearch {
    /// Notes a process whose mount namespace is unknown.
    pub(crate) fn untold(&self, pid: Pid, why: Missing) {
        let mut spent = lock(&self.spent);
        let (first, why, count) = spent.untold.unwrap_or((pid, why, 0));
        spent.untold = Some((first.min(pid), why, count.saturating_add(1)));
    }

    /// How long one more namespace may be waited for: half of what is left, so that one that does
    /// not answer leaves time for the others. Nothing where no more may be asked.
    fn take_turn(&self, of: &Member, bytes: usize) -> Option<Duration> {
        let mut spent = lock(&self.spent);
        let time = spent.left / 2;
        if time < LEAST || spent.namespaces >= MOST_NAMESPACES || bytes >= MOST_BYTES {
            let first = spent.unasked.entry(of.mounts).or_insert(of.pid);
            *first = of.pid.min(*first);
            return None;
        }
        spent.namespaces += 1;
        Some(time)
    }

    fn took(&self, time: Duration) {
        let mut spent = lock(&self.spent);
        spent.left = spent.left.saturating_sub(time);
    }
}

impl MountNames {
    /// Begins a listing, which waits for names no longer than `time` in all.
    pub(crate) fn search(&self, time: Duration) -> NameSearch {
        let listing = self.listings.fetch_add(1, Relaxed) + 1;
        // What the previous listing did not see is kept for those that run beside it.
        let is_recent = |entry: &Entry| match entry {
            Entry::Pending(until) => *until > Instant::now(),
            Entry::Known(known) => known.listing.saturating_add(2) >= listing,
        };
        lock(&self.known).retain(|_, entry| is_recent(entry));
        NameSearch {
            listing,
            spent: Mutex::new(Spent {
                left: time,
                namespaces: 0,
                unasked: HashMap::new(),
                untold: None,
            }),
        }
    }

    /// The same as [`turn`](Self::turn), which waits `aside`; `None` if that did not run it.
    pub(super) fn turn_aside(
        &self,
        of: &Member,
        search: &NameSearch,
        aside: &mut Aside<'_>,
    ) -> Option<Turn<'_>> {
        let mut turn = None;
        aside(&mut || turn = Some(self.turn(of, search)));
        turn
    }

    /// What is known of the namespace of a process, or the right to ask it. It waits while another
    /// thread asks, but no longer than that one may.
    pub(super) fn turn(&self, of: &Member, search: &NameSearch) -> Turn<'_> {
        let mut known = lock(&self.known);
        loop {
            let now = Instant::now();
            match known.get_mut(&of.mounts) {
                Some(Entry::Known(entry)) => {
                    if entry.is_still(of, search.listing, now) {
                        return Turn::Known(entry.tables.clone());
                    }
                    break;
                }
                Some(Entry::Pending(until)) if *until > now => {
                    let left = until.saturating_duration_since(now);
                    let woken = self.changed.wait_timeout(known, left);
                    known = woken.unwrap_or_else(PoisonError::into_inner).0;
                }
                _ => break,
            }
        }
        let bytes = known.values().map(Entry::bytes).sum();
        let Some(time) = search.take_turn(of, bytes) else {
            return Turn::Known(Tables::none().clone());
        };
        let until = Instant::now() + time;
        known.insert(of.mounts, Entry::Pending(until));
        Turn::Ask(Pending {
            names: self,
            of: *of,
            until,
        })
    }

    /// Whether one of the namespaces has this name, or one whose names are not known might have it.
    #[cfg(feature = "filter")]
    pub(super) fn may_have(&self, kind: Kind, name: &[u8]) -> bool {
        let known = lock(&self.known);
        let has = |entry: &Entry| match entry {
            Entry::Pending(_) => true,
            Entry::Known(known) => {
                let has = kind.of(&known.tables).has(name);
                has == Some(true) || known.error.is_some()
            }
        };
        known.values().any(has)
    }

    /// Why some of the names that the listing needed are numbers, and how many namespaces did not
    /// answer in time.
    pub(crate) fn lacks(&self, search: &NameSearch) -> (Option<Error>, usize) {
        let known = lock(&self.known);
        let seen = known.values().filter_map(|entry| match entry {
            Entry::Known(known) if known.listing == search.listing => Some(known),
            _ => None,
        });
        let mut failed: Vec<_> = seen.filter(|known| known.error.is_some()).collect();
        sort_by(&mut failed, |a, b| {
            a.witnesses.first().cmp(&b.witnesses.first())
        });
        let silent = failed.iter().filter(|known| known.silent.is_some()).count();
        let spent = lock(&search.spent);
        let unasked = spent.unasked.values().min().map(|first| {
            let thing = format!("the mount namespace of process {first}");
            let reason = "not asked: there are too many of them, or no time was left";
            let error = Error::new(ErrorKind::TimedOut, thing, reason);
            (error, spent.unasked.len())
        });
        let untold = spent.untold.map(|(first, why, count)| {
            let thing = format!("the mount namespace of process {first}");
            (Error::new(kind_of(why), thing, why.as_str()), count)
        });
        let first = failed.first().and_then(|known| known.error.clone());
        let reasons = first.map(|error| (error, failed.len()));
        let mut reasons = reasons.into_iter().chain(unasked).chain(untold);
        let error = reasons.next().map(|(error, count)| {
            let more = count.saturating_sub(1) + reasons.map(|(_, count)| count).sum::<usize>();
            error.and_more(more)
        });
        (error, silent)
    }
}

/// What is to be done for a process.
pub(super) enum Turn<'a> {
    Known(Tables),
    /// Its namespace is to be asked.
    Ask(Pending<'a>),
}

/// A namespace that this thread asks.
pub(super) struct Pending<'a> {
    names: &'a MountNames,
    of: Member,
    until: Instant,
}

impl Pending<'_> {
    /// Asks through the process with the directory `dir`; `whose` says in errors whose files they are.
    /// `aside` runs what waits for the joiner, and no longer than this turn lasts. `mounts_now` tells
    /// in which mount namespace the process is afterwards: if it has left this one or has ended, it is
    /// not known which one has answered, and there is no answer.
    pub(super) fn ask(
        &self,
        search: &NameSearch,
        dir: BorrowedFd<'_>,
        whose: &str,
        aside: &mut Aside<'_>,
        mounts_now: &mut dyn FnMut() -> Option<u64>,
    ) -> Option<Tables> {
        let (begun, mut answer) = (Instant::now(), None);
        aside(&mut || answer = Some(ask(dir, whose, self.until)));
        search.took(begun.elapsed());
        let answer = answer.filter(|_| mounts_now() == Some(self.of.mounts))?;
        let tables = answer.tables.clone();
        let entry = Entry::Known(Known {
            tables: answer.tables,
            error: answer.error,
            silent: answer.is_silent.then(Instant::now),
            bytes: answer.bytes,
            listing: search.listing,
            witnesses: vec![(self.of.read, self.of.start)],
        });
        lock(&self.names.known).insert(self.of.mounts, entry);
        Some(tables)
    }
}

impl Drop for Pending<'_> {
    fn drop(&mut self) {
        let mut known = lock(&self.names.known);
        let of = &self.of.mounts;
        if matches!(known.get(of), Some(Entry::Pending(until)) if *until == self.until) {
            known.remove(of);
        }
        drop(known);
        self.names.changed.notify_all();
    }
}

impl Entry {
    fn bytes(&self) -> usize {
        match self {
            Self::Pending(_) => 0,
            Self::Known(known) => known.bytes,
        }
    }
}

impl Known {
    /// Whether it is known to be the namespace of that process in this listing, and not another that
    /// got its number.
    fn is_still(&mut self, of: &Member, listing: u64, now: Instant) -> bool {
        let member = (of.read, of.start);
        if self.listing != listing {
            let is_silent = |at: Instant| now.saturating_duration_since(at) < SILENCE;
            if !self.witnesses.contains(&member) && !self.silent.is_some_and(is_silent) {
                return false;
            }
            self.listing = self.listing.max(listing);
            self.witnesses.clear();
        }
        if self.witnesses.len() < MOST_WITNESSES && !self.witnesses.contains(&member) {
            self.witnesses.push(member);
        }
        true
    }
}

fn kind_of(why: Missing) -> ErrorKind {
    match why {
        Missing::Denied => ErrorKind::Denied,
        Missing::Silent => ErrorKind::TimedOut,
        Missing::Malformed => ErrorKind::NotUnderstood,
        _ => ErrorKind::Unsupported,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(read: u32, start: u64, mounts: u64) -> Member {
        Member {
            pid: Pid::new(read),
            read: Pid::new(read),
            start,
            mounts,
        }
    }

    /// As after its namespace has answered.
    fn answered(names: &MountNames, of: &Member, search: &NameSearch, silent: Option<Instant>) {
        let known = Known {
            tables: Tables::none().clone(),
            error: silent.map(|_| Error::new(ErrorKind::TimedOut, "passwd", "silent")),
            silent,
            bytes: 100,
            listing: search.listing,
            witnesses: vec![(of.read, of.start)],
        };
        lock(&names.known).insert(of.mounts, Entry::Known(known));
    }

    fn is_known(names: &MountNames, of: &Member, search: &NameSearch) -> bool {
        matches!(names.turn(of, search), Turn::Known(_))
    }

    const TIME: Duration = Duration::from_secs(60);

    #[test]
    fn a_number_that_another_namespace_may_have_got_is_asked_again() {
        let names = MountNames::default();
        let first = names.search(TIME);
        let (one, other) = (member(7, 70, 1), member(8, 80, 1));
        assert!(matches!(names.turn(&one, &first), Turn::Ask(_)));
        answered(&names, &one, &first, None);
        assert!(is_known(&names, &other, &first));
        // In the next listing either of them proves that it is the same, and no third one does.
        let second = names.search(TIME);
        assert!(matches!(
            names.turn(&member(7, 71, 1), &second),
            Turn::Ask(_)
        ));
        answered(&names, &one, &first, None);
        assert!(is_known(&names, &one, &second));
        assert!(is_known(&names, &member(9, 90, 1), &second));
    }

    #[test]
    fn what_does_not_answer_leaves_time_for_others_and_is_not_asked_again_at_once() {
        let names = MountNames::default();
        let search = names.search(Duration::from_millis(100));
        let mut given = Duration::ZERO;
        for mounts in 1..100 {
            let of = member(1, 1, mounts);
            let Some(time) = search.take_turn(&of, 0) else {
                break;
            };
            given += time;
            search.took(time);
        }
        assert!(given < Duration::from_millis(100) && given > Duration::from_millis(80));
        let (error, _) = names.lacks(&search);
        assert_eq!(error.unwrap().kind(), ErrorKind::TimedOut);
        // It is remembered, whichever of its processes is read then.
        let of = member(3, 3, 500);
        answered(&names, &of, &search, Some(Instant::now()));
        let next = names.search(TIME);
        assert!(is_known(&names, &member(4, 4, 500), &next));
        assert_eq!(names.lacks(&next).1, 1);
        let long_ago = Instant::now().checked_sub(2 * SILENCE).unwrap();
        answered(&names, &of, &next, Some(long_ago));
        let last = names.search(TIME);
        assert!(matches!(
            names.turn(&member(4, 4, 500), &last),
            Turn::Ask(_)
        ));
    }

    #[test]
    fn only_so_many_namespaces_are_asked_and_so_long_files_kept() {
        let names = MountNames::default();
        let search = names.search(TIME);
        let many = MOST_NAMESPACES as u64;
        for mounts in 0..many {
            assert!(search.take_turn(&member(1, 1, mounts), 0).is_some());
        }
        assert!(search.take_turn(&member(12, 1, many), 0).is_none());
        assert!(search.take_turn(&member(11, 1, many), 0).is_none());
        assert!(search.take_turn(&member(13, 1, many + 1), 0).is_none());
        let error = names.lacks(&search).0.unwrap().to_string();
        assert!(
            error.contains("process 11: ") && error.ends_with("and 1 more"),
            "{error}"
        );
        let search = names.search(TIME);
        assert!(search.take_turn(&member(1, 1, 1), MOST_BYTES).is_none());
    }

    #[test]
    fn who_waits_for_another_that_asks_takes_over_when_its_time_is_over() {
        let names = MountNames::default();
        let search = names.search(Duration::from_millis(40));
        let of = member(7, 70, 1);
        let Turn::Ask(pending) = names.turn(&of, &search) else {
            panic!("it is not known yet");
        };
        let begun = Instant::now();
        let Turn::Ask(mine) = names.turn(&of, &search) else {
            panic!("nobody has answered");
        };
        assert!(begun.elapsed() >= Duration::from_millis(15));
        // The end of the first takes nothing from the second.
        drop(pending);
        assert!(lock(&names.known).contains_key(&1));
        drop(mine);
        assert!(!lock(&names.known).contains_key(&1));
    }
}
