//! The entry points: names of descriptors and processes in, rows of values out.

use std::{num::NonZeroUsize, ops::ControlFlow, time::Duration};

use crate::{
    descriptor::{self, DEFAULT_DESCRIPTORS, Descriptor},
    error::Result,
    ids::Pid,
    snapshot::{self, Needs},
    value::Value,
    view::{JoinOptions, View},
};

mod table;

pub use table::{Record, Row, Table};

pub use crate::snapshot::{Outcome, Skipped};

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
/// No descriptor at all means [`DEFAULT_DESCRIPTORS`]. A process that ends meanwhile is left
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
/// See [`View::inside`] for how it is entered and what is believed there.
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
    query.view(View::host()?.join(pid, options)?).table()
}

/// The processes of the containers in which `pids` run: each PID namespace once, the first pid
/// of it wins, in the order given. Each row tells [through which pid](Row::via) it was found.
///
/// A container that cannot be entered is left out, with its reason in
/// [`Table::skipped`].
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
    let (views, skipped) = View::host()?.join_each(pids, options);
    let mut table = query.views(views).table()?;
    table.outcome.skipped.splice(0..0, skipped);
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
    fn parse(text: &str) -> Result<Self> {
        let (name, header) = match text.split_once('=') {
            Some((name, header)) => (name, Some(header.to_owned())),
            None => (text, None),
        };
        let descriptor = descriptor::find(name.trim())?;
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
    columns: Vec<Column>,
    keys: Vec<Key>,
    pids: Option<Vec<Pid>>,
    views: Option<Vec<View>>,
    pace: snapshot::Pace,
}

impl Query {
    /// A listing of all processes of this host with these columns: names, codes or aliases of
    /// descriptors, `NAME=HEADER` for a header of one's own. An empty list means
    /// [`DEFAULT_DESCRIPTORS`].
    ///
    /// # Errors
    ///
    /// [`UnknownDescriptor`](crate::ErrorKind::UnknownDescriptor).
    pub fn new<S: AsRef<str>>(descriptors: &[S]) -> Result<Self> {
        let columns: Result<_> = if descriptors.is_empty() {
            DEFAULT_DESCRIPTORS
                .iter()
                .map(|name| Column::parse(name))
                .collect()
        } else {
            descriptors
                .iter()
                .map(|name| Column::parse(name.as_ref()))
                .collect()
        };
        Ok(Self {
            columns: columns?,
            keys: Vec::new(),
            pids: None,
            views: None,
            pace: snapshot::Pace::default(),
        })
    }

    /// The same from one text, `"pid, user %C"`: split at commas or blanks.
    ///
    /// # Errors
    ///
    /// [`UnknownDescriptor`](crate::ErrorKind::UnknownDescriptor), also for an empty item (`"pid,,user"`).
    pub fn parse(format: &str) -> Result<Self> {
        let items = format.split(',').flat_map(|item| {
            let mut words: Vec<_> = item.split_whitespace().collect();
            if words.is_empty() {
                words.push("");
            }
            words
        });
        Self::new(&items.collect::<Vec<_>>())
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
            descriptor::find(name).map(|descriptor| Key {
                descriptor,
                descending,
            })
        };
        self.keys = keys.iter().map(key).collect::<Result<_>>()?;
        Ok(self)
    }

    /// How long to wait for a process whose files do not answer, 2 s unless told. It bounds
    /// the waiting without progress, never the sum of the work.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.pace.timeout = timeout;
        self
    }

    /// How many threads read; as many as pay unless told.
    #[must_use]
    pub fn threads(mut self, threads: NonZeroUsize) -> Self {
        self.pace.threads = Some(threads);
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
        rows.sort_by(|a, b| self.compare(a, b));
        for mut row in rows {
            row.truncate(self.columns.len());
            if each(row).is_break() {
                break;
            }
        }
        Ok(outcome)
    }

    /// All rows.
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
            columns: self.columns.clone(),
            rows,
            outcome,
        })
    }

    /// Rows with the cells of the sort keys behind those of the columns.
    fn run(&self, each: &mut dyn FnMut(Row) -> ControlFlow<()>) -> Result<Outcome> {
        let extracted: Vec<&'static Descriptor> = self
            .columns
            .iter()
            .map(|column| column.descriptor)
            .chain(self.keys.iter().map(|key| key.descriptor))
            .collect();
        let needs = extracted
            .iter()
            .fold(Needs::empty(), |sum, d| sum | d.needs);
        let host;
        let views = match &self.views {
            Some(views) => views,
            None => {
                host = [View::host()?];
                &host[..]
            }
        };
        let mut outcome = Outcome::default();
        for view in views {
            let columns = extracted.clone();
            let via = view.target();
            if let Some(joined) = &view.0.joined {
                outcome.ways.push((joined.pid(), joined.way.clone()));
                outcome.abandoned += joined.left_behind;
            }
            let extract = move |seen: &snapshot::Seen<'_>| {
                let cells = columns.iter().map(|d| (d.extract)(seen)).collect();
                Row::new(seen.pid(), via, cells)
            };
            let flow = snapshot::collect(
                view,
                self.pids.as_deref(),
                needs,
                self.pace,
                extract,
                &mut *each,
                &mut outcome,
            )?;
            if flow.is_break() {
                break;
            }
        }
        Ok(outcome)
    }

    fn compare(&self, a: &Row, b: &Row) -> std::cmp::Ordering {
        let shown = self.columns.len();
        let cells = a.values()[shown..].iter().zip(&b.values()[shown..]);
        self.keys
            .iter()
            .zip(cells)
            .map(|(key, (a, b))| match (key.descending, a, b) {
                // Unknown stays last, whichever way round.
                (true, Value::Missing, _) | (true, _, Value::Missing) | (false, ..) => a.compare(b),
                (true, ..) => b.compare(a),
            })
            .find(|order| order.is_ne())
            .unwrap_or(std::cmp::Ordering::Equal)
    }
}
