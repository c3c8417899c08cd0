//! The entry points: names of descriptors and processes in, rows of values out.

use std::{num::NonZeroUsize, ops::ControlFlow, sync::Arc};

use crate::{
    descriptor::{Descriptor, Subject},
    error::Result,
    filter::Filter,
    ids::Pid,
    snapshot::{self, Needs, Retained},
    value::Value,
    view::{JoinOptions, JoinedContainer, View},
};

mod row;
mod subjects;
mod table;
mod watch;

use row::Cells;
pub(crate) use subjects::owned_sockets;
use subjects::rows;
pub use table::{Row, Table};
pub use watch::{Sample, Watcher};

pub use crate::snapshot::{Ended, Outcome};

/// Which processes to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pids<'a> {
    /// All that can be seen.
    All,
    /// These alone; none at all gives headers only.
    Only(&'a [Pid]),
}

/// The processes of this host: one row each, one cell for each descriptor.
///
/// No descriptor at all means [`DEFAULT_DESCRIPTORS`](crate::DEFAULT_DESCRIPTORS). A process that ends meanwhile is left
/// out; a file that is denied costs a cell, not the row.
///
/// ```
/// use psgo::{Pid, Pids};
///
/// let me = [Pid::new(std::process::id())];
/// let table = psgo::process_info(Pids::Only(&me), &["pid", "comm", "user"])?;
/// assert_eq!(table.headers(), ["PID", "COMMAND", "USER"]);
/// assert_eq!(table.to_strings()[0][0], me[0].to_string());
/// # Ok::<(), psgo::Error>(())
/// ```
///
/// # Errors
///
/// [`UnknownDescriptor`](crate::ErrorKind::UnknownDescriptor); or what kept `/proc` itself from being read.
pub fn process_info<S: AsRef<str>>(pids: Pids<'_>, descriptors: &[S]) -> Result<Table> {
    Query::new(descriptors)?.pids(pids).table()
}

/// The processes of the container in which `pid` runs, read from inside its mount namespace.
///
/// See [`View::join`] for how it is entered and what is trusted there.
///
/// ```no_run
/// let options = psgo::JoinOptions::default();
/// let table = psgo::join_namespace_and_process_info(psgo::Pid::new(5572), &["pid", "hpid"], &options)?;
/// for row in table.to_strings() {
///     println!("{}", row.join("\t"));
/// }
/// # Ok::<(), psgo::Error>(())
/// ```
///
/// # Errors
///
/// As [`process_info`], and whatever kept the container from being entered.
pub fn join_namespace_and_process_info<S: AsRef<str>>(
    pid: Pid,
    descriptors: &[S],
    options: &JoinOptions,
) -> Result<Table> {
    let query = Query::new(descriptors)?;
    let view = View::join(pid).options(options).open()?;
    query.view(view).table()
}

/// The processes of the containers in which `pids` run: each PID namespace once, the first pid
/// of it wins, in the order given. Each row tells [through which pid](Row::via) it was found.
///
/// A container that cannot be entered is left out, with its reason in
/// [`Table::skipped`].
///
/// ```no_run
/// use psgo::{JoinOptions, Pid};
///
/// let pids = [Pid::new(5572), Pid::new(5603)];
/// let options = JoinOptions::default();
/// let table = psgo::join_namespace_and_process_info_by_pids(&pids, &["pid", "args"], &options)?;
/// for row in table.rows() {
///     println!("{:?}: {:?}", row.via(), row.pid());
/// }
/// for skipped in table.skipped() {
///     eprintln!("{}: {}", skipped.pid, skipped.error);
/// }
/// # Ok::<(), psgo::Error>(())
/// ```
///
/// # Errors
///
/// As [`process_info`].
pub fn join_namespace_and_process_info_by_pids<S: AsRef<str>>(
    pids: &[Pid],
    descriptors: &[S],
    options: &JoinOptions,
) -> Result<Table> {
    let query = Query::new(descriptors)?;
    let joined = View::host()?.join_each(pids, options);
    let mut table = query.views(joined.views).table()?;
    table.outcome.skipped.splice(0..0, joined.skipped);
    Ok(table)
}

/// A column of a listing: a descriptor, and a header of one's own if wanted.
#[derive(Debug, Clone)]
pub struct Column {
    descriptor: &'static Descriptor,
    header: Option<String>,
}

impl Column {
    /// From `NAME` or `NAME=HEADER`.
    fn parse(text: &str, subject: Subject) -> Result<Self> {
        let (name, header) = match text.split_once('=') {
            Some((name, header)) => (name, Some(header.to_owned())),
            None => (text, None),
        };
        let descriptor = subject.find(name.trim())?;
        Ok(Self { descriptor, header })
    }

    /// What the column shows.
    #[must_use]
    pub fn descriptor(&self) -> &'static Descriptor {
        self.descriptor
    }

    /// What stands above it.
    #[must_use]
    pub fn header(&self) -> &str {
        self.header.as_deref().unwrap_or(self.descriptor.header)
    }
}

/// A key to sort by.
#[derive(Debug, Clone, Copy)]
struct Key {
    descriptor: &'static Descriptor,
    descending: bool,
}

/// A listing to be made: which columns, of which processes, seen from where.
///
/// ```
/// use std::ops::ControlFlow;
///
/// let mut count = 0;
/// psgo::Query::new(&["pid", "args"])?.for_each(|row| {
///     count += row.values().len();
///     ControlFlow::Continue(())
/// })?;
/// assert!(count >= 2);
/// # Ok::<(), psgo::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Query {
    subject: Subject,
    columns: Arc<[Column]>,
    keys: Vec<Key>,
    filter: Option<Filter>,
    pids: Option<Vec<Pid>>,
    views: Option<Vec<View>>,
    pace: snapshot::Pace,
    /// What rows need beside what columns do.
    places: Needs,
}

impl Query {
    /// A listing of all processes of this host with these columns: names, codes or aliases of
    /// descriptors, `NAME=HEADER` for a header of one's own. An empty list means
    /// [`DEFAULT_DESCRIPTORS`](crate::DEFAULT_DESCRIPTORS).
    ///
    /// # Errors
    ///
    /// [`UnknownDescriptor`](crate::ErrorKind::UnknownDescriptor).
    pub fn new<S: AsRef<str>>(descriptors: impl IntoIterator<Item = S>) -> Result<Self> {
        Self::of(Subject::Processes, descriptors)
    }

    /// A table of something else: sockets, or what processes hold open. An empty list means the
    /// subject's [own choice](Subject::default_descriptors).
    ///
    /// Sockets are those of one network namespace, this one's or that of the joined process; each
    /// is one row, and its process is the first that has it. With [`pids`](Self::pids), only
    /// theirs.
    ///
    /// ```
    /// use psgo::{Query, descriptor::Subject};
    ///
    /// let sockets = Query::of(Subject::Sockets, &["proto", "local", "pid", "comm"])?.table()?;
    /// for row in sockets.to_strings() {
    ///     println!("{}", row.join("\t"));
    /// }
    /// # Ok::<(), psgo::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`UnknownDescriptor`](crate::ErrorKind::UnknownDescriptor).
    pub fn of<S: AsRef<str>>(
        subject: Subject,
        descriptors: impl IntoIterator<Item = S>,
    ) -> Result<Self> {
        let column = |name: &str| Column::parse(name, subject);
        let named = descriptors.into_iter();
        let mut columns: Vec<_> = named
            .map(|name| column(name.as_ref()))
            .collect::<Result<_>>()?;
        if columns.is_empty() {
            let names = subject.default_descriptors().iter();
            columns = names.map(|name| column(name)).collect::<Result<_>>()?;
        }
        Ok(Self {
            subject,
            columns: columns.into(),
            keys: Vec::new(),
            filter: None,
            pids: None,
            views: None,
            pace: snapshot::Pace::default(),
            places: Needs::empty(),
        })
    }

    /// The same from one text, `"pid, user %C"`: split at commas or blanks.
    ///
    /// ```
    /// let query = psgo::Query::parse("pid, user=WHO %C")?;
    /// assert_eq!(query.headers(), ["PID", "WHO", "%CPU"]);
    /// assert!(psgo::Query::parse("pid,").is_err());
    /// # Ok::<(), psgo::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`UnknownDescriptor`](crate::ErrorKind::UnknownDescriptor), also for an empty item (`"pid,,user"`).
    pub fn parse(format: &str) -> Result<Self> {
        Self::parse_of(Subject::Processes, format)
    }

    /// [`of`](Self::of) from one text, as [`parse`](Self::parse) takes it.
    ///
    /// # Errors
    ///
    /// As [`parse`](Self::parse).
    pub fn parse_of(subject: Subject, format: &str) -> Result<Self> {
        let items = format.split(',').flat_map(|item| {
            let mut words: Vec<_> = item.split_whitespace().collect();
            if words.is_empty() {
                words.push("");
            }
            words
        });
        Self::of(subject, items)
    }

    /// Lists these processes.
    #[must_use]
    pub fn pids(mut self, pids: Pids<'_>) -> Self {
        self.pids = match pids {
            Pids::All => None,
            Pids::Only(pids) => Some(pids.to_vec()),
        };
        self
    }

    /// Looks from `view` instead of from this host.
    #[must_use]
    pub fn view(self, view: View) -> Self {
        self.views(vec![view])
    }

    /// Looks from each of `views`, one after the other.
    #[must_use]
    pub fn views(mut self, views: Vec<View>) -> Self {
        self.views = Some(views);
        self
    }

    /// Sorts the rows by these descriptors, first key first; `-` before one turns it round.
    /// Equal rows stay in the order of their pids. A sorted listing is collected before the
    /// first row is given out.
    ///
    /// ```
    /// let table = psgo::Query::new(&["pid", "rss"])?.sort(&["-rss", "pid"])?.table()?;
    /// # Ok::<(), psgo::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`UnknownDescriptor`](crate::ErrorKind::UnknownDescriptor).
    pub fn sort<S: AsRef<str>>(mut self, keys: &[S]) -> Result<Self> {
        let key = |text: &S| {
            let text = text.as_ref().trim();
            let (name, descending) = match text.strip_prefix('-') {
                Some(name) => (name, true),
                None => (text, false),
            };
            self.subject.find(name).map(|descriptor| Key {
                descriptor,
                descending,
            })
        };
        self.keys = keys.iter().map(key).collect::<Result<_>>()?;
        Ok(self)
    }

    /// Lists only the rows for which `filter` holds, see [`Filter`]. Feature `filter`.
    ///
    /// ```
    /// let query = psgo::Query::new(&["pid", "args"])?.filter("user=root && rss>100M")?;
    /// # let _ = query;
    /// let error = psgo::Query::new(&["pid"])?.filter("user=root && rss>100X").unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "filter, column 18: rss: 100X is not a size: 4096, 4K, 1.5GiB",
    /// );
    /// # Ok::<(), psgo::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Invalid`](crate::ErrorKind::Invalid): what is not understood, and where.
    #[cfg(feature = "filter")]
    pub fn filter(mut self, filter: &str) -> Result<Self> {
        self.filter = Some(Filter::parse(filter, |name| self.subject.find(name))?);
        Ok(self)
    }

    /// Of what processes hold open, also working and root directories, programs and mapped files.
    #[must_use]
    pub fn with_places(mut self) -> Self {
        self.places |= Needs::PLACES;
        self
    }

    /// How many threads read; as many as pay unless told.
    #[must_use]
    pub fn threads(mut self, threads: NonZeroUsize) -> Self {
        self.pace.threads = snapshot::Threads::Exactly(threads);
        self
    }

    /// Reads on the calling thread alone, for a program that must not have others.
    ///
    /// It gives up the [time-out](View::timeout): a process whose command line does not answer
    /// holds up the caller for as long as it likes.
    #[must_use]
    pub fn on_this_thread(mut self) -> Self {
        self.pace.threads = snapshot::Threads::None;
        self
    }

    /// The columns.
    #[must_use]
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// What stands above each column.
    #[must_use]
    pub fn headers(&self) -> Vec<&str> {
        self.columns.iter().map(Column::header).collect()
    }

    /// Gives out each row as soon as it is read, by pid, until `each` breaks off.
    ///
    /// However slow `each` is and however long the arguments of processes are, rows that wait for
    /// it take a few megabytes; unless they are [sorted](Self::sort).
    ///
    /// # Errors
    ///
    /// What kept a `/proc` itself from being read; a process that cannot be read is in
    /// [`Outcome::skipped`] instead.
    pub fn for_each(&self, mut each: impl FnMut(Row) -> ControlFlow<()>) -> Result<Outcome> {
        if self.keys.is_empty() {
            return self.run(&mut each);
        }
        let mut rows = Vec::new();
        let outcome = self.run(&mut |row| {
            rows.push(row);
            ControlFlow::Continue(())
        })?;
        self.arrange(&mut rows);
        for row in rows {
            if each(row).is_break() {
                break;
            }
        }
        Ok(outcome)
    }

    /// Looks again and again, each time as cheaply as it can: see [`Watcher`].
    ///
    /// # Errors
    ///
    /// What kept `/proc` from being opened.
    pub fn watch(self) -> Result<Watcher> {
        Watcher::new(self)
    }

    /// All rows, which take as much memory as the processes care to have in their arguments: up to
    /// 2 MiB each, that they can share and the rows cannot.
    ///
    /// # Errors
    ///
    /// As [`for_each`](Self::for_each).
    pub fn table(&self) -> Result<Table> {
        let mut rows = Vec::new();
        let outcome = self.for_each(|row| {
            rows.push(row);
            ControlFlow::Continue(())
        })?;
        Ok(Table {
            columns: Arc::clone(&self.columns),
            rows,
            outcome,
        })
    }

    /// Rows with the cells of the sort keys behind those of the columns.
    fn run(&self, each: &mut dyn FnMut(Row) -> ControlFlow<()>) -> Result<Outcome> {
        let host;
        let views = match &self.views {
            Some(views) => views,
            None => {
                host = [View::host()?];
                &host[..]
            }
        };
        self.run_in(views.iter().map(|view| (view, None)), each)
    }

    /// The same in these views, each with what was kept from the last time.
    fn run_in<'a>(
        &self,
        views: impl Iterator<Item = (&'a View, Option<&'a mut Retained>)>,
        each: &mut dyn FnMut(Row) -> ControlFlow<()>,
    ) -> Result<Outcome> {
        let extracted: Vec<&'static Descriptor> = self
            .columns
            .iter()
            .map(|column| column.descriptor)
            .chain(self.keys.iter().map(|key| key.descriptor))
            .chain(self.filter.iter().flat_map(Filter::columns).copied())
            .collect();
        let kept = self.columns.len() + self.keys.len();
        let mut each = |mut cells: Cells| {
            if let Some(filter) = &self.filter {
                if !filter.holds(cells.values.get(kept..).unwrap_or_default()) {
                    return ControlFlow::Continue(());
                }
                cells.values.truncate(kept);
            }
            each(Row::new(Arc::clone(&self.columns), cells))
        };
        let mut outcome = Outcome::default();
        for (view, retained) in views {
            if let Some(joined) = &view.0.joined {
                outcome.containers.push(JoinedContainer {
                    via: joined.pid(),
                    source: joined.source.clone(),
                });
                outcome.abandoned += joined.left_behind;
            }
            let known = |descriptor: &&&Descriptor| {
                view.0.joined.is_some() || !descriptor.needs.contains(Needs::HOST)
            };
            let needs = extracted
                .iter()
                .filter(known)
                .fold(self.places, |sum, descriptor| sum | descriptor.needs);
            let ask = snapshot::Ask {
                view,
                pids: self.pids.as_deref(),
                needs,
                pace: snapshot::Pace {
                    timeout: view.patience(),
                    ..self.pace.clone()
                },
            };
            let columns = extracted.clone();
            let flow = rows(
                self.subject,
                columns,
                ask,
                retained,
                &mut each,
                &mut outcome,
            )?;
            if flow.is_break() {
                break;
            }
        }
        Ok(outcome)
    }

    /// Sorts the rows, and takes the cells away that they are sorted by.
    fn arrange(&self, rows: &mut [Row]) {
        if !self.keys.is_empty() {
            rows.sort_by(|a, b| self.compare(a, b));
            for row in rows {
                row.cells_mut().values.truncate(self.columns.len());
            }
        }
    }

    fn compare(&self, a: &Row, b: &Row) -> std::cmp::Ordering {
        let shown = self.columns.len();
        let cells = a.all_values()[shown..].iter().zip(&b.all_values()[shown..]);
        self.keys
            .iter()
            .zip(cells)
            .map(|(key, (a, b))| match (key.descending, a, b) {
                // Unknown stays last, whichever way round.
                (true, Value::Missing(_), _) | (true, _, Value::Missing(_)) | (false, ..) => {
                    a.compare(b)
                }
                (true, ..) => b.compare(a),
            })
            .find(|order| order.is_ne())
            .unwrap_or(std::cmp::Ordering::Equal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_join_there_is_no_host_to_speak_of() {
        let names = ["hpid", "huser", "huid", "hgroup", "hgroups", "hgid"];
        let table = process_info(Pids::All, &names).unwrap();
        // Kernel threads, which are in no group, among them.
        assert!(table.rows().len() > 1);
        for row in table.rows() {
            assert!(row.values().iter().all(Value::is_missing), "{row:?}");
        }
    }

    #[test]
    fn an_empty_list_of_pids_is_an_empty_answer() {
        let table = process_info(Pids::Only(&[]), &["pid"]).unwrap();
        assert_eq!((table.headers(), table.rows().len()), (vec!["PID"], 0));
    }

    #[test]
    fn a_thread_is_not_a_process() {
        let (send, receive) = std::sync::mpsc::channel();
        let (stop, stopped) = std::sync::mpsc::channel::<()>();
        let thread = std::thread::spawn(move || {
            send.send(nix::unistd::gettid().as_raw()).unwrap();
            stopped.recv()
        });
        let tid = Pid::new(receive.recv().unwrap().try_into().unwrap());
        let table = process_info(Pids::Only(&[tid]), &["pid"]).unwrap();
        assert!(table.rows().is_empty());
        assert_eq!(table.skipped()[0].error.kind(), crate::ErrorKind::Gone);
        drop(stop);
        let _ = thread.join().unwrap();
    }

    #[test]
    fn rows_are_sorted_by_keys_that_need_not_be_shown() {
        let table = Query::new(&["pid"])
            .unwrap()
            .sort(&["-pid"])
            .unwrap()
            .table()
            .unwrap();
        let pids: Vec<_> = table.rows().iter().map(Row::pid).collect();
        assert!(
            pids.len() > 1 && pids.is_sorted_by(|a, b| a > b),
            "{pids:?}"
        );
        assert_eq!(table.rows()[0].values().len(), 1);
        let empty = Query::parse("pid,,user").unwrap_err();
        assert_eq!(empty.kind(), crate::ErrorKind::UnknownDescriptor);
    }
}
