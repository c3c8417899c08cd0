//! Reading a chunk of the processes of a listing.

use std::sync::atomic::Ordering::{Relaxed, SeqCst};

use super::{
    entry::{Entry, Pulse},
    plan::Plan,
    queue::Job,
    read::Reading,
    rest::Parent,
    retained::RetainedFiles,
    rows::Rows,
    seen::Seen,
    task::Task,
    work::{CHUNK, Work},
};
use crate::{error::ErrorKind, namespace::gone, procfs::Procfs, view::Joined};

/// Rows of more bytes than this are given out before the rest of their chunk is read.
const HEAVY: usize = 1 << 20;

/// Reads the processes of the job, up to its end or until the rows are heavy, nothing more is wanted
/// or the thread was set aside: the rows, and how many bytes they take.
pub(super) fn read_chunk(work: &Work, job: Job, pulse: &Pulse) -> (Rows, usize) {
    let view = &*work.view;
    let joined = view.joined.as_ref();
    let outside = joined.is_some_and(Joined::is_from_outside);
    let mut reading = start_reading(work, &view.proc, outside, pulse);
    // For processes with something mounted over their files: the same from the host's /proc.
    let mut second = joined.map(|joined| start_reading(work, &joined.base, true, pulse));
    let start = job.chunk * CHUNK + job.from;
    let len = job.to.saturating_sub(job.from);
    let (mut rows, mut bytes) = (Rows::new(len), 0);
    for (index, entry) in (start..).zip(work.some_entries(start, len)) {
        if work.stops() {
            break;
        }
        pulse.entry.store(index, Relaxed);
        let avoid = work.avoid.of(index);
        let known = work.watch.as_ref().and_then(|watch| watch.take(index));
        let mut kept = known.unwrap_or_default();
        let is_known = !kept.is_empty();
        let mut read = reading.read(entry, avoid, &mut kept);
        let mut task = &mut reading.task;
        if let (Err(error), true) = (&read, is_known)
            && error.kind() == ErrorKind::Gone
        {
            // It was kept, so it may be its successor that has the number now.
            kept = RetainedFiles::default();
            read = reading.read(entry, avoid, &mut kept);
            task = &mut reading.task;
        }
        if let (Err(error), Some(second)) = (&read, &mut second)
            && error.kind() == ErrorKind::NotTrusted
        {
            let numbers = work.numbers.as_ref();
            // On an old kernel it looks at the whole host, which takes its time.
            let outside = || numbers.and_then(|numbers| numbers.outside(entry.pid));
            let outside = pulse.aside(outside);
            read = outside.ok_or_else(|| gone(entry.pid)).and_then(|read| {
                let pid = entry.pid;
                second.read(Entry { pid, read }, avoid, &mut kept)
            });
            task = &mut second.task;
        }
        match read {
            Ok(()) => {
                let seen = &Seen { task, view };
                bytes += rows.add(entry.pid, |cells| (work.extract)(seen, cells));
                if task.has_silent() {
                    work.note_silent(entry.pid);
                }
                if let Some(watch) = &work.watch {
                    kept.settle(task);
                    watch.keep(index, kept);
                }
            }
            Err(error) => rows.add_lost(entry.pid, error),
        }
        if bytes > HEAVY || pulse.is_set_aside.load(SeqCst) {
            break;
        }
    }
    (rows, bytes)
}

fn start_reading<'a>(
    work: &'a Work,
    proc: &'a Procfs,
    outside: bool,
    pulse: &'a Pulse,
) -> Reading<'a> {
    let plan = Plan::new(work.needs, &work.view, proc, work.named, outside);
    Reading {
        files: proc.reader(),
        view: &work.view,
        numbers: work.numbers.as_ref(),
        sockets: &work.sockets,
        ancestry: work.ancestry.as_ref(),
        rests: work
            .watch
            .as_ref()
            .is_some_and(|watch| watch.counts_as_we_do && plan.rests()),
        plan,
        parent: Parent::default(),
        task: Task::default(),
        pulse,
        expects_cmdline: true,
        budget: work.watch.as_ref().map(|watch| &watch.budget),
    }
}
