//! `Watcher`: the same listing again and again.

use std::{iter, sync::Arc, time::SystemTime};

use super::{
    builder::Query,
    row::Mark,
    rows::Run,
    table::{Row, Table},
};
use crate::{
    error::{ErrorKind, Result},
    ids::{Pid, ProcessId},
    snapshot::{Ended, Retained},
    sorting::sort_by,
    value::Time,
    view::{self, View},
};

/// Samples the same listing repeatedly, and keeps what does not change.
///
/// Files of processes stay open as far as the soft limit on descriptors (`RLIMIT_NOFILE`) allows,
/// and are read again from their beginning; names that were looked up are not looked up again. The
/// command line and the owner are read each time: both can change without a new process. The parts
/// of `stat` that only the process itself can change are not read again before it or its parent has
/// run: the kernel says so by a clock (`clock_gettime`, the CPU time of a process), but only for
/// processes whose pid here is the one in this process's own PID namespace. It never sleeps: when
/// to take the next sample is up to the caller.
///
/// From the second sample on, rates (`pcpu` and the columns that end in `ps`) are over the time
/// since the previous sample. In the first sample, and for a process that is new, they are
/// unknown.
///
/// ```
/// use std::{thread, time::Duration};
///
/// let query = psgo::Query::new(["pid", "pcpu", "minfltps"])?;
/// let mut watcher = query.watch()?;
/// let first = watcher.sample()?;
/// thread::sleep(Duration::from_millis(20));
/// let second = watcher.sample()?;
/// println!("{} rows, {} new", second.table.rows().len(), second.new_rows().count());
/// assert!(first.appeared.is_empty() && first.vanished.is_empty());
/// # Ok::<(), psgo::Error>(())
/// ```
#[derive(Debug)]
pub struct Watcher {
    query: Query,
    views: Vec<(View, Retained)>,
    /// The rows of the previous sample.
    present: Option<Present>,
    /// Whether every process that is asked for by number was gone at the previous sample.
    are_gone: bool,
}

/// By what a row is recognised, and through which container.
type Known = (Option<Pid>, Mark);

/// By what each row is recognised and its process, in order and each once.
type Present = Vec<(Known, Option<Pid>)>;

/// One sample of a [`Watcher`].
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Sample {
    /// When it began.
    pub at: SystemTime,
    /// The listing.
    pub table: Table,
    /// The [process](Row::pid) of each row that was not in the previous sample; empty in the first
    /// sample.
    pub appeared: Vec<Option<Pid>>,
    /// The process of each row of the previous sample that is not in this one.
    pub vanished: Vec<Option<Pid>>,
    /// Whether each row is new.
    is_new: Vec<bool>,
}

impl Sample {
    /// When it began, in the zone of the host; `None` if [`local_time`](crate::local_time) has none.
    #[must_use]
    pub fn time(&self) -> Option<Time> {
        view::local_time(self.at)
    }

    /// The rows that were not in the previous sample, in their order; none in the first sample.
    ///
    /// A process is recognised by its pid, a timer by its process and number, an open file by its
    /// process, its descriptor and the target of its link. A connection is recognised by its
    /// protocol and ends, any other socket by its inode, whichever process has it open.
    pub fn new_rows(&self) -> impl Iterator<Item = &Row> {
        let rows = self.table.rows().iter().zip(&self.is_new);
        rows.filter_map(|(row, is_new)| is_new.then_some(row))
    }
}

impl Query {
    /// Samples the listing repeatedly, each time as cheaply as possible: see [`Watcher`].
    ///
    /// # Errors
    ///
    /// Fails if `/proc` cannot be opened.
    pub fn watch(self) -> Result<Watcher> {
        Watcher::new(self)
    }
}

impl Watcher {
    fn new(query: Query) -> Result<Self> {
        let views = match &query.views {
            Some(views) => views.clone(),
            None => vec![View::host()?],
        };
        Ok(Self {
            query,
            views: views
                .into_iter()
                .map(|view| {
                    let retained = Retained::new(&view.0.proc);
                    (view, retained)
                })
                .collect(),
            present: None,
            are_gone: false,
        })
    }

    /// What is listed.
    #[must_use]
    pub fn query(&self) -> &Query {
        &self.query
    }

    /// Whether what is sampled has ended, so that no sample will have a row: each process that was
    /// asked for by number was gone at the last sample, or each container that was joined
    /// [has ended](View::has_ended).
    #[must_use]
    pub fn has_ended(&self) -> bool {
        let mut views = self.views.iter();
        self.are_gone || (!self.views.is_empty() && views.all(|(view, _)| view.has_ended()))
    }

    /// Takes the next sample.
    ///
    /// # Errors
    ///
    /// As [`Query::for_each`].
    pub fn sample(&mut self) -> Result<Sample> {
        let at = SystemTime::now();
        let views = self.views.iter_mut();
        let views = views.map(|(view, retained)| (view.clone(), Some(retained)));
        let mut run = Run::new(self.query.clone(), views.collect());
        if self.present.is_some() {
            // They did: whoever had one may be gone.
            run = run.with_any_names();
        }
        let mut rows = Vec::new();
        while let Some(row) = run.next()? {
            rows.push(row);
        }
        let mut outcome = run.finish();
        let is_gone = |process: &ProcessId| {
            let mut skipped = outcome.skipped.iter();
            skipped.any(|skipped| {
                skipped.pid == process.pid && skipped.error.kind() == ErrorKind::Gone
            })
        };
        let pids = self.query.pids.as_ref().filter(|pids| !pids.is_empty());
        self.are_gone = pids.is_some_and(|pids| rows.is_empty() && pids.iter().all(is_gone));
        self.query.arrange(&mut rows, &mut outcome.unknown);
        let mut present: Vec<_> = rows
            .iter_mut()
            .enumerate()
            .map(|(index, row)| ((row.via(), row.cells_mut().take_mark()), row.pid(), index))
            .collect();
        // Most often they are in order already, which is soon seen.
        sort_by(&mut present, |(a, ..), (b, ..)| a.cmp(b));
        let mut is_new = vec![false; rows.len()];
        let (mut appeared, mut vanished) = Default::default();
        if let Some(before) = &self.present {
            (appeared, vanished) = compare(before, &present, &mut is_new);
        }
        if outcome.ended == Ended::Complete {
            present.dedup_by(|(this, ..), (before, ..)| this == before);
            let present = present.into_iter().map(|(known, pid, _)| (known, pid));
            self.present = Some(present.collect());
        } else {
            // A row that was not read has not vanished; the next sample is compared anew.
            vanished = Vec::new();
        }
        if let Some(limit) = self.query.limit {
            rows.truncate(limit);
            is_new.truncate(limit);
        }
        for row in &rows {
            self.query.note_unknown(row, &mut outcome.unknown);
        }
        Ok(Sample {
            at,
            table: Table::new(Arc::clone(&self.query.columns), rows, outcome),
            appeared,
            vanished,
            is_new,
        })
    }
}

/// The processes of the rows that appeared and of those that vanished, both in order; `is_new` is
/// set for the rows that appeared.
fn compare(
    before: &Present,
    present: &[(Known, Option<Pid>, usize)],
    is_new: &mut [bool],
) -> (Vec<Option<Pid>>, Vec<Option<Pid>>) {
    let (mut appeared, mut vanished) = (Vec::new(), Vec::new());
    let mut before = before.iter().peekable();
    for rows in present.chunk_by(|(a, ..), (b, ..)| a == b) {
        let Some((known, pid, _)) = rows.first() else {
            continue;
        };
        let gone = |(other, _): &&(Known, Option<Pid>)| other < known;
        vanished.extend(iter::from_fn(|| before.next_if(gone)).map(|(_, pid)| *pid));
        if before.next_if(|(other, _)| other == known).is_none() {
            appeared.push(*pid);
            for (_, _, index) in rows {
                is_new[*index] = true;
            }
        }
    }
    vanished.extend(before.map(|(_, pid)| *pid));
    (appeared, vanished)
}

#[cfg(test)]
mod tests {
    use std::{
        fs::File,
        os::{fd::AsRawFd as _, unix::net::UnixListener},
    };

    use super::*;
    use crate::{Pids, Value, descriptor::Subject};

    fn watched(subject: Subject, names: &[&str]) -> Watcher {
        let me = [Pid::new(std::process::id())];
        let query = Query::of(subject, names).unwrap();
        query.pids(Pids::Only(&me)).watch().unwrap()
    }

    /// Whether one of the rows begins with this cell.
    fn has<'a>(mut rows: impl Iterator<Item = &'a Row>, cell: &Value) -> bool {
        rows.any(|row| row.values()[0] == *cell)
    }

    #[test]
    fn a_descriptor_that_comes_to_mean_another_file_is_a_new_one() {
        let mut watcher = watched(Subject::Files, &["target", "fd"]);
        let dir = std::env::temp_dir().join(format!("psgo-anew-{}", std::process::id()));
        std::fs::create_dir(&dir).unwrap();
        let [old, new] = ["old", "new"].map(|name| dir.join(name));
        let cell = |path: &std::path::Path| Value::text(path.as_os_str().as_encoded_bytes());
        let mut file = std::os::fd::OwnedFd::from(File::create(&old).unwrap());
        let first = watcher.sample().unwrap();
        assert!(has(first.table.rows().iter(), &cell(&old)));
        assert!(first.appeared.is_empty() && first.new_rows().next().is_none());
        let other = File::create(&new).unwrap();
        let fd = file.as_raw_fd();
        nix::unistd::dup2(&other, &mut file).unwrap();
        let second = watcher.sample().unwrap();
        let row = second
            .new_rows()
            .find(|row| row.values() == [cell(&new), Value::Int(fd.into())]);
        assert!(row.is_some(), "{second:?}");
        let me = Some(Pid::new(std::process::id()));
        assert!(second.appeared.contains(&me) && second.vanished.contains(&me));
        let third = watcher.sample().unwrap();
        assert!(!has(third.new_rows(), &cell(&new)), "{third:?}");
        assert!(has(third.table.rows().iter(), &cell(&new)));
        std::fs::remove_dir_all(dir).unwrap();
    }

    #[test]
    fn a_limit_cuts_what_a_sample_shows_and_not_what_it_compares() {
        let sleep = || {
            let mut sleep = std::process::Command::new("sleep");
            sleep.arg("100000").spawn().unwrap()
        };
        let mut children = [sleep(), sleep()];
        let pids = children.each_ref().map(|child| Pid::new(child.id()));
        let query = Query::new(["pid"]).unwrap().pids(Pids::Only(&pids));
        let mut watcher = query.sort(&["-pid"]).unwrap().limit(1).watch().unwrap();
        let cells = |sample: &Sample| sample.table.to_strings();
        let last = pids.iter().max().unwrap().to_string();
        assert_eq!(cells(&watcher.sample().unwrap()), [[last.clone()]]);
        let [first, _] = &mut children;
        first.kill().unwrap();
        first.wait().unwrap();
        let sample = watcher.sample().unwrap();
        assert_eq!(sample.vanished, [Some(pids[0])]);
        assert!(sample.table.rows().len() <= 1 && sample.new_rows().count() == 0);
        let [_, second] = &mut children;
        second.kill().unwrap();
        second.wait().unwrap();
    }

    #[test]
    fn a_socket_is_the_same_whoever_has_it_and_rows_keep_to_their_marks_when_sorted() {
        let path = std::env::temp_dir().join(format!("psgo-mark-{}", std::process::id()));
        let cell = Value::text(path.as_os_str().as_encoded_bytes());
        let query = Query::of(Subject::Sockets, ["local", "pid"]).unwrap();
        let query = query.sort(&["-inode"]).unwrap();
        let mut watcher = query.watch().unwrap();
        watcher.sample().unwrap();
        let listener = UnixListener::bind(&path).unwrap();
        let look = watcher.sample().unwrap();
        assert!(has(look.new_rows(), &cell));
        let again = watcher.sample().unwrap();
        assert!(!has(again.new_rows(), &cell) && has(again.table.rows().iter(), &cell));
        // Nobody has it any more but a child of this process.
        let mut child = std::process::Command::new("sleep")
            .arg("100000")
            .stdin(std::os::fd::OwnedFd::from(listener))
            .spawn()
            .unwrap();
        let given = watcher.sample().unwrap();
        let row = given
            .table
            .rows()
            .iter()
            .find(|row| row.values()[0] == cell);
        assert_eq!(row.unwrap().pid(), Some(Pid::new(child.id())));
        assert!(!has(given.new_rows(), &cell), "{given:?}");
        child.kill().unwrap();
        child.wait().unwrap();
        std::fs::remove_file(path).unwrap();
    }
}
