//! A listing: which processes to read, and the rows that they become.

use std::{
    collections::HashMap,
    mem,
    sync::{Arc, Mutex, RwLock, atomic::AtomicBool},
    thread,
    time::Duration,
};

use super::{
    ancestry::{self, Ancestry},
    ask::{Ask, Ended, Outcome, Threads},
    chunk::read_chunk,
    descriptors::SocketsOf,
    entry::{Entry, Pulse},
    needs::Needs,
    pool::{Part, Pool},
    queue::Job,
    retained::Retained,
    rows::{Extra, IntoRows, Row, Rows},
    seen::Seen,
    unread::Unread,
    work::{Avoid, Extract, Watch, Work},
};
use crate::{
    error::{Error, ErrorKind, Result},
    ids::{Pid, ProcessId},
    namespace::Numbers,
    procfs::Procfs,
    runtimes::Asked,
    value::{Missing, Value},
    view::{Inner, Joined, NameSearch, Skipped, View, learn_zone},
    watchdog::{Leash, Patience},
};

/// A listing under way, whose rows are pulled one by one.
///
/// When it is dropped, its threads end or are left behind, and what is retained is given back.
pub(crate) struct Listing<'a> {
    work: Option<Arc<Work>>,
    retained: Option<&'a mut Retained>,
    source: Source,
    /// The rows that are being given out.
    current: Option<Current>,
    via: Option<Pid>,
    named: bool,
    /// Whether its end was reached.
    is_over: bool,
    outcome: Outcome,
    /// How it went to find out what to read.
    before: Outcome,
}

/// Where rows come from.
enum Source {
    Nothing,
    /// They are read when they are wanted, from this process on.
    Here(Job, Pulse),
    Pool(Pool),
}

struct Current {
    rows: IntoRows,
    /// Weighs until the rows have been given out.
    _part: Option<Part>,
}

impl<'a> Listing<'a> {
    /// Starts to read what is asked for, by the caller if `named`. `extract` makes the cells of each
    /// process and the extra; what is in `retained` is not read again.
    ///
    /// Nothing here is generic over what is made: the pool would be compiled once for each type.
    pub(super) fn begin(
        ask: Ask<'_>,
        named: bool,
        mut retained: Option<&'a mut Retained>,
        extract: Box<Extract>,
    ) -> Result<Self> {
        let mut listing = Self::of_nothing(&ask, named);
        let ancestry = ask.needs.contains(Needs::ANCESTRY);
        let ancestry = ancestry.then(|| ancestry_for(&ask)).transpose()?;
        if let Some(ended) = ask.pace.stops() {
            listing.outcome.ended = ended;
            return Ok(listing);
        }
        let Ask {
            view,
            pids,
            needs,
            pace,
        } = ask;
        let inner = &view.0;
        let numbers = inner.numbers();
        let is_outside = inner.joined.as_ref().is_some_and(Joined::is_from_outside);
        let outside = numbers.as_ref().filter(|_| is_outside);
        let is_started = |process: &ProcessId| process.start.is_some();
        let needs = if pids.is_some_and(|pids| pids.iter().any(is_started)) {
            needs | Needs::STAT
        } else {
            needs
        };
        // Before the first sample room is made for as many files as there are processes.
        let knows_how_many = retained
            .as_ref()
            .is_none_or(|retained| !retained.of.is_empty());
        let mut list = None;
        if pids.is_none() && numbers.is_none() && knows_how_many && pace.threads != Threads::None {
            list = inner.proc.processes()?;
        }
        let entries = if list.is_some() {
            Vec::new()
        } else {
            entries(&inner.proc, outside, pids, |pid, error| {
                listing.leave_out(pid, error);
            })?
        };
        let partial = outside.map(untold).unwrap_or_default();
        if entries.is_empty() && list.is_none() {
            listing.outcome.partial = partial;
            if let Some(retained) = retained {
                retained.of.clear();
            }
            return Ok(listing);
        }
        let patience = Patience::new(view.patience());
        let mut patience = (pace.threads != Threads::None).then_some(patience);
        learn(view, needs, numbers.as_ref(), patience.as_mut());
        let usage = retained.as_deref_mut();
        let usage = usage.map(|retained| mem::take(&mut retained.usage));
        let containers = view.search_containers(asked(needs), usage, patience.as_mut());
        listing.outcome.abandoned += patience.map_or(0, |patience| patience.left_behind());
        listing.outcome.silent_files = silent_files(inner, needs);
        let watch = retained.as_deref_mut();
        let watch = watch.map(|retained| watch_of(retained, &inner.proc, &entries));
        let work = Arc::new(Work {
            view: Arc::clone(inner),
            numbers,
            needs,
            named,
            pace,
            is_stopped: AtomicBool::new(false),
            entries: RwLock::new(entries),
            watch,
            avoid: Avoid::default(),
            silent: Mutex::default(),
            partial: Mutex::new(partial),
            sockets: SocketsOf::needed(needs, view.patience()),
            ancestry,
            names: names_inside(inner, needs, view.patience()),
            containers,
            extract,
        });
        listing.work = Some(Arc::clone(&work));
        listing.retained = retained;
        listing.is_over = false;
        listing.source = if work.pace.threads == Threads::None {
            Source::Here(
                Job {
                    chunk: 0,
                    from: 0,
                    to: 0,
                },
                Pulse::default(),
            )
        } else {
            Source::Pool(Pool::start(&work, list)?)
        };
        Ok(listing)
    }

    /// A listing that has no process.
    fn of_nothing(ask: &Ask<'_>, named: bool) -> Self {
        Self {
            work: None,
            retained: None,
            source: Source::Nothing,
            current: None,
            via: ask.view.target(),
            named,
            is_over: true,
            outcome: Outcome::default(),
            before: Outcome::default(),
        }
    }

    /// What was made of the next process; `None` after the last.
    ///
    /// # Errors
    ///
    /// `/proc` cannot be listed any further, or no thread can be started.
    pub(crate) fn next(&mut self) -> Result<Option<Row>> {
        loop {
            let current = self.current.as_mut();
            match current.and_then(|current| current.rows.next()) {
                Some(Ok(row)) => return Ok(Some(row)),
                Some(Err((pid, error))) => self.leave_out(pid, error),
                None => {
                    self.current = None;
                    self.current = self.next_rows()?;
                    if self.current.is_none() {
                        return Ok(None);
                    }
                }
            }
        }
    }

    fn next_rows(&mut self) -> Result<Option<Current>> {
        let ended = match (&mut self.source, &self.work) {
            (Source::Pool(pool), _) => match pool.next_rows()? {
                Some(mut part) => {
                    return Ok(Some(Current {
                        rows: part.take_rows().into_iter(),
                        _part: Some(part),
                    }));
                }
                None => pool.ended().unwrap_or_default(),
            },
            (Source::Here(job, pulse), Some(work)) => match here(work, job, pulse) {
                Ok(rows) => {
                    return Ok(Some(Current {
                        rows: rows.into_iter(),
                        _part: None,
                    }));
                }
                Err(ended) => ended,
            },
            _ => return Ok(None),
        };
        self.is_over = true;
        self.outcome.ended = ended;
        self.close();
        Ok(None)
    }

    fn leave_out(&mut self, pid: Pid, error: Error) {
        if self.named || error.kind() != ErrorKind::Gone {
            self.outcome.skipped.push(Skipped {
                pid,
                via: self.via,
                named: self.named,
                error,
            });
        }
    }

    /// Ends it, and says how it went.
    pub(crate) fn finish(mut self) -> Outcome {
        self.close();
        let mut outcome = std::mem::take(&mut self.outcome);
        outcome.add(std::mem::take(&mut self.before));
        outcome
    }

    /// Adds processes that are left out, and how it went to find that out.
    #[cfg(any(test, feature = "runtimes"))]
    pub(super) fn add(&mut self, lost: Vec<(Pid, Error)>, before: Outcome) {
        for (pid, error) in lost {
            self.leave_out(pid, error);
        }
        self.before = before;
    }

    /// Ends the threads, and gives back what is retained.
    fn close(&mut self) {
        if !self.is_over {
            self.is_over = true;
            self.outcome.ended = Ended::Stopped;
        }
        self.current = None;
        if let Source::Pool(pool) = std::mem::replace(&mut self.source, Source::Nothing) {
            self.outcome.abandoned += pool.finish();
        }
        let Some(work) = self.work.take() else { return };
        self.outcome.silent = work.take_silent();
        if let Some(containers) = &work.containers {
            containers.each_failure(|file, why| work.note_unread(file, why));
        }
        self.outcome.partial = work.take_partial();
        let host = &work.view.host_names;
        for names in [host.tables(), host.service()] {
            let (users, groups) = names.take_unasked();
            self.outcome.unasked_users += users;
            self.outcome.unasked_groups += groups;
        }
        if let Some(search) = &work.names {
            let (error, silent) = match &work.view.joined {
                Some(joined) => joined.lacks_names(search),
                None => host.lacks_inside(search),
            };
            self.outcome.unnamed = error;
            self.outcome.abandoned += silent;
        }
        if self.outcome.unnamed.is_none() && needs_host_names(&work.view, work.needs) {
            self.outcome.unnamed = host.error().cloned();
        }
        if let (Some(retained), Some(watch)) = (self.retained.take(), &work.watch) {
            if let Some(containers) = &work.containers {
                retained.usage = containers.usage();
            }
            let is_complete = self.outcome.ended == Ended::Complete;
            retained.of = watch.retain(&work.entries(), is_complete);
        }
    }
}

impl Drop for Listing<'_> {
    fn drop(&mut self) {
        // After a panic nobody waits: the pool tells its threads to end.
        if !thread::panicking() {
            self.close();
        }
    }
}

/// Reads the next rows on this thread, or says why there are no more.
fn here(work: &Work, job: &mut Job, pulse: &Pulse) -> Result<Rows, Ended> {
    if job.from == work.chunk_len(job.chunk) {
        job.chunk += 1;
        job.from = 0;
    }
    job.to = work.chunk_len(job.chunk);
    if job.to == 0 {
        return Err(Ended::Complete);
    }
    // Who asks for no other threads has given up the time-out.
    let (rows, _) = Leash::new().work(|| read_chunk(work, *job, pulse));
    job.from += rows.len();
    match work.pace.stops() {
        Some(ended) if rows.len() == 0 => Err(ended),
        _ => Ok(rows),
    }
}

/// The parents of all processes, read before the listing that needs them. A parent that starts
/// after that has no ancestors in it.
fn ancestry_for(ask: &Ask<'_>) -> Result<Ancestry> {
    let ask = Ask {
        pids: None,
        // What is asked of the parents is not their ancestors.
        needs: Needs::JOBS,
        ..ask.clone()
    };
    let parent = |seen: &Seen<'_>, _: &mut Vec<Value>| {
        let parent = seen.ppid().and_then(ancestry::number);
        parent.map_or(Extra::None, Extra::Parent)
    };
    let mut parents = HashMap::new();
    // The listing itself says why a process was left out of it.
    let mut listing = Listing::begin(ask, false, None, Box::new(parent))?;
    while let Some(row) = listing.next()? {
        if let Extra::Parent(parent) = row.extra {
            parents.insert(row.pid, parent);
        }
    }
    Ok(Ancestry::new(parents))
}

/// What is kept of the processes that are watched.
fn watch_of(retained: &mut Retained, proc: &Procfs, entries: &[Entry]) -> Watch {
    let new = entries.len().saturating_sub(retained.of.len());
    // Two files of each, as of most columns.
    proc.make_room(retained.budget.most_of(new * 2));
    let watch = Watch::new(retained);
    watch.add(entries);
    watch
}

/// What is needed of containers.
fn asked(needs: Needs) -> Asked {
    Asked {
        ids: needs.contains(Needs::CONTAINER),
        names: needs.contains(Needs::CONTAINER_NAME),
        figures: needs.contains(Needs::GROUP_FIGURES),
    }
}

/// Reads what is needed beside the processes, once for all of them.
fn learn(
    view: &View,
    needs: Needs,
    numbers: Option<&Numbers>,
    mut patience: Option<&mut Patience>,
) {
    let (view, timeout) = (&view.0, view.patience());
    if needs_host_names(view, needs) {
        view.host_names.learn(patience.as_deref_mut(), timeout);
    }
    if needs.contains(Needs::TTY) {
        view.learn_drivers(patience.as_deref_mut());
    }
    if needs.contains(Needs::MEMORY) {
        view.learn_memory(patience.as_deref_mut());
    }
    if let (true, Some(patience)) = (needs.contains(Needs::ZONE), patience) {
        learn_zone(patience);
    }
    if let (true, Some(numbers)) = (needs.contains(Needs::HOST_PID), numbers) {
        numbers.learn();
    }
}

/// The files that are about no process, are needed and did not answer.
fn silent_files(view: &Inner, needs: Needs) -> Vec<String> {
    let is_memory = needs.contains(Needs::MEMORY) && view.memory() == Err(Missing::Silent);
    let is_tty = needs.contains(Needs::TTY) && view.are_drivers_silent();
    let files = [(is_memory, "meminfo"), (is_tty, "tty/drivers")];
    let files = files.into_iter().filter(|(is_silent, _)| *is_silent);
    files.map(|(_, file)| file.to_owned()).collect()
}

/// Whether the names of the host are needed, which without a join are those of the listing.
fn needs_host_names(view: &Inner, needs: Needs) -> bool {
    needs.intersects(Needs::HOST_USERS | Needs::HOST_GROUPS)
        || (view.joined.is_none() && needs.intersects(Needs::USERS | Needs::GROUPS))
}

/// The processes that did not say whether they run in the container: any of its own may be among them.
fn untold(outside: &Numbers) -> Vec<Unread> {
    let unknown = outside.unknown();
    unknown
        .map(|(why, rows)| Unread {
            what: "ns/pid".to_owned(),
            why,
            rows,
            pids: Vec::new(),
        })
        .collect()
}

/// What may be asked for the names of a joined container, or of all containers of the host, if they
/// are needed.
fn names_inside(view: &Inner, needs: Needs, timeout: Duration) -> Option<NameSearch> {
    let own = needs.contains(Needs::CONTAINER_USERS);
    match &view.joined {
        Some(joined) => {
            let are_needed = own || needs.intersects(Needs::USERS | Needs::GROUPS);
            are_needed.then(|| joined.search_names(timeout))
        }
        None => own.then(|| view.host_names.search_inside(timeout)),
    }
}

/// The processes of `proc` to read, by their number in the listing, each once. `outside` are the
/// numbers where `proc` is the host's, and the container's have to be translated.
fn entries(
    proc: &Procfs,
    outside: Option<&Numbers>,
    pids: Option<&[ProcessId]>,
    mut missing: impl FnMut(Pid, Error),
) -> Result<Vec<Entry>> {
    let mut entries: Vec<Entry> = match (pids, outside) {
        (None, None) => {
            let pids = proc.pids()?;
            return Ok(pids.into_iter().map(|pid| Entry::new(pid, pid)).collect());
        }
        (None, Some(numbers)) => {
            let pids = proc.pids()?.into_iter();
            pids.filter_map(|read| numbers.inside(read).map(|pid| Entry::new(pid, read)))
                .collect()
        }
        (Some(pids), None) => {
            // In a directory that is no copy there is no process, whichever is asked for.
            if !proc.is_genuine() {
                proc.pids()?;
            }
            pids.iter()
                .map(|&ProcessId { pid, start }| Entry {
                    start,
                    ..Entry::new(pid, pid)
                })
                .collect()
        }
        (Some(pids), Some(numbers)) => pids
            .iter()
            .filter_map(|&ProcessId { pid, start }| {
                let read = numbers
                    .find(pid)
                    .map_err(|error| missing(pid, error))
                    .ok()?;
                Some(Entry {
                    start,
                    ..Entry::new(pid, read)
                })
            })
            .collect(),
    };
    // One that must have started at some time before one of the same number that need not.
    entries.sort_unstable_by_key(|entry| (entry.pid, entry.start.is_none(), entry.start));
    entries.dedup_by(|entry, before| {
        entry.pid == before.pid && (entry.start.is_none() || entry.start == before.start)
    });
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use std::{
        num::NonZeroUsize,
        sync::{
            Condvar, Mutex,
            atomic::{AtomicUsize, Ordering::SeqCst},
        },
        time::{Duration, Instant},
    };

    use super::*;
    use crate::{
        cancel::Cancel,
        snapshot::{ask::Pace, needs::Files},
        sync::lock,
        value::Missing,
        view::View,
    };

    fn pace(threads: Threads) -> Pace {
        Pace {
            // A thread that stands still is not left behind for standing still.
            timeout: Duration::from_secs(600),
            threads,
            ..Pace::default()
        }
    }

    const ONE: Threads = Threads::Exactly(NonZeroUsize::MIN);

    #[test]
    fn after_the_deadline_nothing_is_read() {
        for threads in [ONE, Threads::None] {
            let ask = Ask {
                view: &View::host().unwrap(),
                pids: None,
                needs: Needs::STAT | Needs::ANCESTRY,
                pace: Pace {
                    deadline: Some(Instant::now()),
                    ..pace(threads)
                },
            };
            let mut listing = Listing::start(ask, None, Box::new(|_, _| Extra::None)).unwrap();
            assert!(listing.next().unwrap().is_none());
            let outcome = listing.finish();
            assert_eq!(outcome.ended, Ended::Deadline);
            assert!(outcome.skipped.is_empty() && outcome.abandoned == 0);
        }
    }

    #[test]
    fn what_a_file_that_did_not_answer_has_is_missing_because_of_that() {
        let me = [Pid::new(std::process::id())];
        let why = |seen: &Seen<'_>, cells: &mut Vec<Value>| {
            let reasons = [Needs::STAT, Needs::CMDLINE].map(|needs| seen.why_missing(needs));
            cells.extend(reasons.map(Value::Missing));
            Extra::None
        };
        for (avoided, reason) in [
            (Files::empty(), Missing::None),
            (Files::CMDLINE, Missing::Silent),
        ] {
            let ask = Ask {
                view: &View::host().unwrap(),
                pids: Some(&me.map(Into::into)),
                needs: Needs::STAT | Needs::CMDLINE,
                // It begins to read when the first row is wanted.
                pace: pace(Threads::None),
            };
            let mut listing = Listing::start(ask, None, Box::new(why)).unwrap();
            // As after a thread was left behind for it.
            listing.work.as_ref().unwrap().avoid.add(0, avoided);
            let row = listing.next().unwrap().unwrap();
            let reasons: Vec<_> = row.cells.iter().map(Value::missing).collect();
            assert_eq!(reasons, [Some(Missing::None), Some(reason)]);
        }
    }

    #[test]
    fn a_named_process_that_may_have_been_silent_is_not_said_to_be_gone() {
        for (why, kind) in [
            (Missing::None, ErrorKind::Gone),
            (Missing::Silent, ErrorKind::TimedOut),
        ] {
            let (view, numbers) = (View::host().unwrap(), Numbers::with_unknown(why));
            let named = [7, 8].map(|pid| Pid::new(pid).into());
            let mut lost = Vec::new();
            let entries = entries(&view.0.proc, Some(&numbers), Some(&named), |pid, error| {
                lost.push((pid, error.kind()));
            });
            let read = entries
                .unwrap()
                .iter()
                .map(|entry| entry.read)
                .collect::<Vec<_>>();
            assert_eq!(
                (read, lost),
                (vec![Pid::new(70)], vec![(Pid::new(8), kind)])
            );
        }
    }

    #[test]
    fn a_listing_that_is_cancelled_does_not_wait_for_what_blocks() {
        let (cancel, gate) = (Cancel::new(), Arc::new((Mutex::new(false), Condvar::new())));
        let (handle, held) = (cancel.clone(), Arc::clone(&gate));
        let blocks = move |_: &Seen<'_>, _: &mut Vec<Value>| {
            // Another thread cancels it, while this one blocks for as long as the test runs.
            let handle = handle.clone();
            thread::spawn(move || handle.cancel());
            let mut open = lock(&held.0);
            while !*open {
                open = held.1.wait(open).unwrap();
            }
            Extra::None
        };
        let ask = Ask {
            view: &View::host().unwrap(),
            pids: None,
            needs: Needs::STAT,
            pace: Pace {
                cancel: Some(cancel),
                ..pace(ONE)
            },
        };
        let mut listing = Listing::start(ask, None, Box::new(blocks)).unwrap();
        assert!(listing.next().unwrap().is_none());
        let outcome = listing.finish();
        assert_eq!((outcome.ended, outcome.abandoned), (Ended::Cancelled, 1));
        *lock(&gate.0) = true;
        gate.1.notify_all();
    }

    #[test]
    fn rows_that_were_read_before_the_end_are_kept() {
        for threads in [ONE, Threads::None] {
            let (cancel, count) = (Cancel::new(), AtomicUsize::new(0));
            let handle = cancel.clone();
            let third = move |_: &Seen<'_>, _: &mut Vec<Value>| {
                if count.fetch_add(1, SeqCst) == 2 {
                    handle.cancel();
                }
                Extra::None
            };
            let ask = Ask {
                view: &View::host().unwrap(),
                pids: None,
                needs: Needs::empty(),
                pace: Pace {
                    cancel: Some(cancel),
                    ..pace(threads)
                },
            };
            let mut listing = Listing::start(ask, None, Box::new(third)).unwrap();
            let mut rows = 0;
            while listing.next().unwrap().is_some() {
                rows += 1;
            }
            assert_eq!((rows, listing.finish().ended), (3, Ended::Cancelled));
        }
    }

    #[test]
    fn a_listing_that_is_not_pulled_to_its_end_was_stopped() {
        let ask = Ask {
            view: &View::host().unwrap(),
            pids: None,
            needs: Needs::empty(),
            pace: pace(Threads::Best),
        };
        let mut listing = Listing::start(ask, None, Box::new(|_, _| Extra::None)).unwrap();
        assert!(listing.next().unwrap().is_some());
        assert_eq!(listing.finish().ended, Ended::Stopped);
    }
}
