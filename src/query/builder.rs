//! `Query`: which columns, of which processes, seen from where.

use std::{num::NonZeroUsize, sync::Arc, time::Instant};

use super::column::Column;
use crate::{
    cancel::Cancel,
    descriptor::{Descriptor, Subject},
    error::Result,
    filter::Filter,
    ids::{Pid, ProcessId},
    snapshot::{Needs, Pace, Threads},
    view::View,
};

/// Which processes to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pids<'a> {
    /// All that can be seen.
    All,
    /// These alone; none at all gives headers only.
    Only(&'a [Pid]),
}

/// A key to sort by.
#[derive(Debug, Clone, Copy)]
pub(super) struct Key {
    pub(super) descriptor: &'static Descriptor,
    pub(super) descending: bool,
}

/// A listing to be made: which columns, of which processes, seen from where.
///
/// ```
/// use std::ops::ControlFlow;
///
/// let mut count = 0;
/// psgo::Query::new(["pid", "args"])?.for_each(|row| {
///     count += row.values().len();
///     ControlFlow::Continue(())
/// })?;
/// assert!(count >= 2);
/// # Ok::<(), psgo::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Query {
    pub(super) subject: Subject,
    pub(super) columns: Arc<[Column]>,
    pub(super) keys: Vec<Key>,
    /// All of them hold for a row that is listed.
    pub(super) filters: Vec<Filter>,
    pub(super) pids: Option<Vec<ProcessId>>,
    pub(super) views: Option<Vec<View>>,
    pub(super) limit: Option<usize>,
    pub(super) pace: Pace,
    /// What rows need beside what columns do.
    pub(super) places: Needs,
    /// In a table of sockets, those of all network namespaces of the host.
    pub(super) of_all_networks: bool,
}

impl Query {
    /// A listing of all processes of this host with these columns: names, codes or aliases of
    /// descriptors. An empty list means [`DEFAULT_DESCRIPTORS`](crate::DEFAULT_DESCRIPTORS).
    ///
    /// `NAME=HEADER` gives a column another header, `NAME:WIDTH` the [width](Column::width) that it
    /// has in a text table, `NAME:WIDTH=HEADER` both. Where the first name begins with `+`, all of
    /// the list is added to the default columns; one that is already among them gets the header and
    /// width that are given for it.
    ///
    /// ```
    /// use psgo::Query;
    ///
    /// let query = Query::new(["pid", "user:12=WHO"])?;
    /// assert_eq!(query.headers(), ["PID", "WHO"]);
    /// assert_eq!(query.columns()[1].width(), Some(12));
    /// assert_eq!(Query::new(["+rss", "user:12"])?.columns().len(), 9);
    /// assert!(Query::new(["rss", "+vsz"]).is_err());
    /// # Ok::<(), psgo::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`UnknownDescriptor`](crate::ErrorKind::UnknownDescriptor);
    /// [`Invalid`](crate::ErrorKind::Invalid) for a width that is none, and for a `+` after a name
    /// without one.
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
    /// let sockets = Query::of(Subject::Sockets, ["proto", "local", "pid", "comm"])?.table()?;
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
        let columns = Column::parse_all(descriptors, subject)?;
        Ok(Self::of_columns(subject, columns))
    }

    fn of_columns(subject: Subject, columns: Vec<Column>) -> Self {
        Self {
            subject,
            columns: columns.into(),
            keys: Vec::new(),
            filters: Vec::new(),
            pids: None,
            views: None,
            limit: None,
            pace: Pace::default(),
            places: Needs::empty(),
            of_all_networks: false,
        }
    }

    /// A listing of processes with this column alone.
    #[cfg(feature = "filter")]
    pub(super) fn of_column(descriptor: &'static Descriptor) -> Self {
        Self::of_columns(Subject::Processes, vec![Column::of(descriptor)])
    }

    /// The same from one text, `"pid, user %C"`: split at commas or blanks. Names may be written
    /// in any case, and as the headers are: `"PID, EFFECTIVE CAPS"`.
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
            let item = item.trim();
            // A header may have a blank: `EFFECTIVE CAPS`.
            if item.is_empty() || subject.find(item).is_ok() {
                return vec![item];
            }
            item.split_whitespace().collect()
        });
        Self::of(subject, items)
    }

    /// Lists these processes.
    #[must_use]
    pub fn pids(mut self, pids: Pids<'_>) -> Self {
        self.pids = match pids {
            Pids::All => None,
            Pids::Only(pids) => Some(pids.iter().copied().map(Into::into).collect()),
        };
        self
    }

    /// Lists these processes alone, which may be told from later ones of their pids by their start,
    /// see [`ProcessId`]. None at all gives headers only.
    #[must_use]
    pub fn processes<P>(mut self, processes: impl IntoIterator<Item = P>) -> Self
    where
        P: Into<ProcessId>,
    {
        self.pids = Some(processes.into_iter().map(Into::into).collect());
        self
    }

    /// Adds a column after the others, as [`new`](Self::new) takes it, also one that is there.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    pub fn with_column(mut self, column: &str) -> Result<Self> {
        let column = Column::parse(column, self.subject)?;
        self.columns = self.columns.iter().cloned().chain([column]).collect();
        Ok(self)
    }

    /// Lists the processes of `view` instead of those of this host.
    #[must_use]
    pub fn view(self, view: View) -> Self {
        self.views(vec![view])
    }

    /// Lists the processes of each of `views`, one after the other.
    #[must_use]
    pub fn views(mut self, views: Vec<View>) -> Self {
        self.views = Some(views);
        self
    }

    /// Sorts the rows by these descriptors, first key first; `-` before one turns it round, `+`
    /// does not.
    /// Equal rows stay in the order of their pids. A sorted listing is collected before the
    /// first row is given out.
    ///
    /// ```
    /// let table = psgo::Query::new(["pid", "rss"])?.sort(&["-rss", "pid"])?.table()?;
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
                None => (text.strip_prefix('+').unwrap_or(text), false),
            };
            self.subject.find(name).map(|descriptor| Key {
                descriptor,
                descending,
            })
        };
        self.keys = keys.iter().map(key).collect::<Result<_>>()?;
        Ok(self)
    }

    /// Lists only the rows for which `filter` holds, see [`Filter`]; with several, those for which
    /// all hold. Feature `filter`.
    ///
    /// ```
    /// let query = psgo::Query::new(["pid", "args"])?.filter("user=root && rss>100M")?;
    /// # let _ = query;
    /// let error = psgo::Query::new(["pid"])?.filter("user=root && rss>100X").unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "filter, column 18: rss: 100X is not a size: 4096, 4K, 100MB, 1.5GiB",
    /// );
    /// # Ok::<(), psgo::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Invalid`](crate::ErrorKind::Invalid): what is not understood, and where. That a user, a
    /// group or a process does not exist is an error of the listing: it depends on where it looks.
    #[cfg(feature = "filter")]
    pub fn filter(mut self, filter: &str) -> Result<Self> {
        let filter = Filter::parse(filter, |name| self.subject.find(name))?;
        self.filters.push(filter);
        Ok(self)
    }

    /// Gives out no more than the first `rows` rows. Without [`sort`](Self::sort) nothing is read
    /// after them. The listing is [complete](crate::Ended::Complete) then: no more was asked for.
    ///
    /// A [watch](Self::watch) reads all rows, since it compares them, and cuts the table of each
    /// sample.
    ///
    /// ```
    /// let largest = psgo::Query::new(["pid", "rss"])?.sort(&["-rss"])?.limit(3).table()?;
    /// assert!(largest.rows().len() <= 3);
    /// # Ok::<(), psgo::Error>(())
    /// ```
    #[must_use]
    pub fn limit(mut self, rows: usize) -> Self {
        self.limit = Some(rows);
        self
    }

    /// In a table of files, includes working and root directories, programs and mapped files; in one of
    /// containers, PID namespaces that no runtime claims.
    #[must_use]
    pub fn with_places(mut self) -> Self {
        self.places |= Needs::PLACES;
        self
    }

    /// In a table of sockets, shows those of all network namespaces of the host: those in which the first
    /// thread of a process is, that a process has open, and that are mounted where the calling thread sees
    /// them. The column `netns` tells them apart; owners and their containers are those of the host.
    ///
    /// One that cannot be entered is in [`Outcome::partial`](crate::Outcome::partial) as `net:[NUMBER]`, and its
    /// sockets are read as text if a process is in it. A container that is joined, and a copy of `/proc`,
    /// have one network: there the listing fails.
    ///
    /// ```
    /// use psgo::{Query, descriptor::Subject};
    ///
    /// let sockets = Query::of(Subject::Sockets, ["netns", "local", "pid", "container"])?;
    /// for row in sockets.with_all_networks().rows()? {
    ///     println!("{:?} {:?}", row.get("netns"), row.get("local"));
    /// }
    /// # Ok::<(), psgo::Error>(())
    /// ```
    #[must_use]
    pub fn with_all_networks(mut self) -> Self {
        self.of_all_networks = true;
        self
    }

    /// Ends the listing at this time, with the rows read by then and [`Ended::Deadline`](crate::Ended::Deadline).
    ///
    /// The [time-out of a view](View::timeout) bounds the wait for a single file; this bounds the
    /// whole.
    ///
    /// ```
    /// use std::time::{Duration, Instant};
    ///
    /// let deadline = Instant::now() + Duration::from_secs(5);
    /// let table = psgo::Query::new(["pid", "args"])?.deadline(deadline).table()?;
    /// assert_eq!(table.outcome().ended, psgo::Ended::Complete);
    /// # Ok::<(), psgo::Error>(())
    /// ```
    #[must_use]
    pub fn deadline(mut self, deadline: Instant) -> Self {
        self.pace.deadline = Some(deadline);
        self
    }

    /// Lets another thread end the listing: with the rows read by then and [`Ended::Cancelled`](crate::Ended::Cancelled).
    ///
    /// ```
    /// let cancel = psgo::Cancel::new();
    /// let query = psgo::Query::new(["pid", "args"])?.cancelled_by(&cancel);
    /// let listing = std::thread::spawn(move || query.table());
    /// cancel.cancel();
    /// let table = listing.join().unwrap()?;
    /// # let _ = table;
    /// # Ok::<(), psgo::Error>(())
    /// ```
    #[must_use]
    pub fn cancelled_by(mut self, cancel: &Cancel) -> Self {
        self.pace.cancel = Some(cancel.clone());
        self
    }

    /// How many threads read; by default chosen by the number of processes.
    #[must_use]
    pub fn threads(mut self, threads: NonZeroUsize) -> Self {
        self.pace.threads = Threads::Exactly(threads);
        self
    }

    /// Reads on the calling thread alone, for a program that must not have other threads.
    ///
    /// The [time-out](View::timeout) has no effect then: a process whose command line does not
    /// answer blocks the caller for as long as it likes.
    #[must_use]
    pub fn on_this_thread(mut self) -> Self {
        self.pace.threads = Threads::None;
        self
    }

    /// The columns.
    #[must_use]
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The header of each column.
    #[must_use]
    pub fn headers(&self) -> Vec<&str> {
        self.columns.iter().map(Column::header).collect()
    }
}
