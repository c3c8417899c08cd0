//! Reading a chunk of the processes of a listing.

use std::sync::atomic::Ordering::{Relaxed, SeqCst};

use super::{
    ahead::{Ahead, Early},
    entry::{Entry, Pulse},
    needs::Files,
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
    let entries = work.some_entries(start, len);
    let mut ahead = reading
        .is_apart()
        .then(|| pulse.aside(|| Ahead::ask(work, &reading.files, start, &entries)));
    for (index, entry) in (start..).zip(entries) {
        if work.stops() {
            break;
        }
        pulse.entry.store(index, Relaxed);
        let avoid = work.avoid.of(index);
        let known = work.watch.as_ref().and_then(|watch| watch.take(index));
        let mut kept = known.unwrap_or_default();
        let is_known = !kept.is_empty();
        if let (Some(ahead), Some(early)) = (&mut ahead, &mut reading.early) {
            ahead.next(work, pulse, index, early);
        }
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
            let outside =
                || numbers.map_or_else(|| Err(gone(entry.pid)), |all| all.find(entry.pid));
            read = pulse
                .aside(outside)
                .and_then(|read| second.read(Entry { read, ..entry }, avoid, &mut kept));
            task = &mut second.task;
        }
        match read {
            Ok(()) => {
                let seen = &Seen { task, view };
                bytes += rows.add(entry.pid, |cells| (work.extract)(seen, cells));
                for (file, why) in task.partial.drain(..) {
                    work.note_partial(entry.pid, file, why);
                }
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
    let mut plan = Plan::new(work.needs, &work.view, proc, work.named, outside);
    let mut files = proc.reader();
    files.may_have(work.pace.helpers());
    let is_apart = plan.files.contains(Files::CMDLINE) && pulse.aside(|| files.can_ask_ahead());
    if is_apart {
        // What proves whose directory has the inode.
        plan.files |= Files::STAT;
    }
    Reading {
        files,
        early: is_apart.then(Early::default),
        view: &work.view,
        numbers: work.numbers.as_ref(),
        sockets: &work.sockets,
        ancestry: work.ancestry.as_ref(),
        names: work.names.as_ref(),
        containers: work.containers.as_ref(),
        rests: work
            .watch
            .as_ref()
            .is_some_and(|watch| watch.counts_as_we_do && plan.rests()),
        plan,
        is_copy: !proc.is_genuine(),
        parent: Parent::default(),
        task: Task::default(),
        pulse,
        expects_cmdline: true,
        budget: work.watch.as_ref().map(|watch| &watch.budget),
    }
}
