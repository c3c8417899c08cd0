//! `Query`: which columns, of which processes, seen from where.

use std::{num::NonZeroUsize, sync::Arc, time::Instant};

use super::column::Column;
use crate::{
    cancel::Cancel,
    descriptor::{Descriptor, Subject},
    error::Result,
    filter::Filter,
    ids::Pid,
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
    pub(super) filter: Option<Filter>,
    pub(super) pids: Option<Vec<Pid>>,
    pub(super) views: Option<Vec<View>>,
    pub(super) pace: Pace,
    /// What rows need beside what columns do.
    pub(super) places: Needs,
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
            pace: Pace::default(),
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

    /// Sorts the rows by these descriptors, first key first; `-` before one turns it round.
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
    /// let query = psgo::Query::new(["pid", "args"])?.filter("user=root && rss>100M")?;
    /// # let _ = query;
    /// let error = psgo::Query::new(["pid"])?.filter("user=root && rss>100X").unwrap_err();
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

    /// In a table of files, includes working and root directories, programs and mapped files.
    #[must_use]
    pub fn with_places(mut self) -> Self {
        self.places |= Needs::PLACES;
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
