//! `Watcher`: the same listing again and again.

use std::{iter, ops::ControlFlow, time::SystemTime};

use super::{Query, Row, Table, table::Mark};
use crate::{
    error::Result,
    ids::Pid,
    snapshot::Retained,
    value::Time,
    view::{self, View},
};

/// Looks at the same processes again and again, and keeps what does not change.
///
/// Files of processes stay open as far as the soft limit on descriptors (`RLIMIT_NOFILE`) goes,
/// and are read again from their beginning; names that were asked for are not asked for again. The
/// command line and the owner are read each time: both can change without a new process. What a
/// process alone can change of `stat` is not read again before it or its parent was on a processor:
/// the kernel tells that by a clock (`clock_gettime`, the CPU time of a process), but only of those
/// whose number here is the one that this process knows them by. It never sleeps: when to look
/// again is the caller's to say.
///
/// From the second look on a rate is that of the time since the look before: `pcpu` and the
/// columns that end in `ps`. On the first look, and for a process that has come since, they are
/// unknown.
///
/// ```
/// use std::{thread, time::Duration};
///
/// let query = psgo::Query::new(&["pid", "pcpu", "minfltps"])?;
/// let mut watcher = query.watch()?;
/// let first = watcher.look()?;
/// thread::sleep(Duration::from_millis(20));
/// let second = watcher.look()?;
/// println!("{} rows, {} came, {} went", second.table.rows().len(), second.came.len(), second.went.len());
/// assert!(first.came.is_empty() && first.went.is_empty());
/// # Ok::<(), psgo::Error>(())
/// ```
#[derive(Debug)]
pub struct Watcher {
    query: Query,
    views: Vec<(View, Retained)>,
    /// What was there at the last look, and through which container; and of which process.
    present: Option<Present>,
}

/// By what a row is known again, and through which container.
type Known = (Option<Pid>, Mark);

/// By what each row is known again and whose it is, in order and each once.
type Present = Vec<(Known, Pid)>;

/// What one look of a [`Watcher`] saw.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Look {
    /// When it began.
    pub at: SystemTime,
    /// The listing.
    pub table: Table,
    /// The processes that were not there at the look before; none on the first look. Of other
    /// subjects the [process](Row::pid) of each row that was not.
    pub came: Vec<Pid>,
    /// Those that were there at the look before and are not now.
    pub went: Vec<Pid>,
    /// Whether each row was not there before.
    is_new: Vec<bool>,
}

impl Look {
    /// When it began, in the zone of the host; nothing where the clock is out of all bounds.
    #[must_use]
    pub fn time(&self) -> Option<Time> {
        view::local_time(self.at)
    }

    /// The rows that were not there at the look before, in their order; none on the first look.
    ///
    /// A process is known again by its pid, a timer by its process and number, what a process holds
    /// open by its process, its descriptor and where that leads. A connection is known again by its
    /// protocol and ends, any other socket by its inode, whoever has it.
    pub fn new_rows(&self) -> impl Iterator<Item = &Row> {
        let rows = self.table.rows.iter().zip(&self.is_new);
        rows.filter_map(|(row, is_new)| is_new.then_some(row))
    }
}

impl Watcher {
    pub(super) fn new(query: Query) -> Result<Self> {
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
        })
    }

    /// What is being listed.
    #[must_use]
    pub fn query(&self) -> &Query {
        &self.query
    }

    /// Looks once more.
    ///
    /// # Errors
    ///
    /// As [`Query::for_each`].
    pub fn look(&mut self) -> Result<Look> {
        let at = SystemTime::now();
        let mut rows = Vec::new();
        let views = self.views.iter_mut();
        let outcome = self.query.run_in(
            views.map(|(view, retained)| (&*view, Some(retained))),
            &mut |row| {
                rows.push(row);
                ControlFlow::Continue(())
            },
        )?;
        self.query.arrange(&mut rows);
        let mut present: Vec<_> = rows
            .iter_mut()
            .enumerate()
            .map(|(index, row)| ((row.via(), row.take_mark()), row.pid(), index))
            .collect();
        // Most often they are in order already, which is soon seen.
        present.sort_by(|(a, ..), (b, ..)| a.cmp(b));
        let mut is_new = vec![false; rows.len()];
        let (mut came, mut went) = Default::default();
        if let Some(before) = self.present.take() {
            (came, went) = compare(before, &present, &mut is_new);
        }
        present.dedup_by(|(this, ..), (before, ..)| this == before);
        let present = present.into_iter().map(|(known, pid, _)| (known, pid));
        self.present = Some(present.collect());
        Ok(Look {
            at,
            table: Table {
                columns: self.query.columns.clone(),
                rows,
                outcome,
            },
            came,
            went,
            is_new,
        })
    }
}

/// Whose rows came and went, and in `is_new` which rows are there that were not before. Both lists
/// are in order.
fn compare(
    before: Present,
    present: &[(Known, Pid, usize)],
    is_new: &mut [bool],
) -> (Vec<Pid>, Vec<Pid>) {
    let (mut came, mut went) = (Vec::new(), Vec::new());
    let mut before = before.into_iter().peekable();
    for rows in present.chunk_by(|(a, ..), (b, ..)| a == b) {
        let Some((known, pid, _)) = rows.first() else {
            continue;
        };
        let gone = |(other, _): &(_, Pid)| other < known;
        went.extend(iter::from_fn(|| before.next_if(gone)).map(|(_, pid)| pid));
        if before.next_if(|(other, _)| other == known).is_none() {
            came.push(*pid);
            for (_, _, index) in rows {
                is_new[*index] = true;
            }
        }
    }
    went.extend(before.map(|(_, pid)| pid));
    (came, went)
}

impl Iterator for Watcher {
    type Item = Result<Look>;

    /// [Looks](Watcher::look) once more; it never ends.
    fn next(&mut self) -> Option<Self::Item> {
        Some(self.look())
    }
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
        let first = watcher.look().unwrap();
        assert!(has(first.table.rows().iter(), &cell(&old)));
        assert!(first.came.is_empty() && first.new_rows().next().is_none());
        let other = File::create(&new).unwrap();
        let fd = file.as_raw_fd();
        nix::unistd::dup2(&other, &mut file).unwrap();
        let second = watcher.look().unwrap();
        let row = second
            .new_rows()
            .find(|row| row.values() == [cell(&new), Value::Int(fd.into())]);
        assert!(row.is_some(), "{second:?}");
        let me = Pid::new(std::process::id());
        assert!(second.came.contains(&me) && second.went.contains(&me));
        let third = watcher.look().unwrap();
        assert!(!has(third.new_rows(), &cell(&new)), "{third:?}");
        assert!(has(third.table.rows().iter(), &cell(&new)));
        std::fs::remove_dir_all(dir).unwrap();
    }

    #[test]
    fn a_socket_is_the_same_whoever_has_it_and_rows_keep_to_their_marks_when_sorted() {
        let path = std::env::temp_dir().join(format!("psgo-mark-{}", std::process::id()));
        let cell = Value::text(path.as_os_str().as_encoded_bytes());
        let query = Query::of(Subject::Sockets, &["local", "pid"]).unwrap();
        let query = query.sort(&["-inode"]).unwrap();
        let mut watcher = query.watch().unwrap();
        watcher.look().unwrap();
        let listener = UnixListener::bind(&path).unwrap();
        let look = watcher.look().unwrap();
        assert!(has(look.new_rows(), &cell));
        let again = watcher.look().unwrap();
        assert!(!has(again.new_rows(), &cell) && has(again.table.rows().iter(), &cell));
        // Nobody has it any more but a child of this process.
        let mut child = std::process::Command::new("sleep")
            .arg("100000")
            .stdin(std::os::fd::OwnedFd::from(listener))
            .spawn()
            .unwrap();
        let given = watcher.look().unwrap();
        let row = given
            .table
            .rows()
            .iter()
            .find(|row| row.values()[0] == cell);
        assert_eq!(row.unwrap().pid(), Pid::new(child.id()));
        assert!(!has(given.new_rows(), &cell), "{given:?}");
        child.kill().unwrap();
        child.wait().unwrap();
        std::fs::remove_file(path).unwrap();
    }
}
