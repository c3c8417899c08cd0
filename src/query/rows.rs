//! `Rows`: the rows of a query, one by one; and what is made of all of them.

use std::{cmp::Ordering, mem, ops::ControlFlow, sync::Arc, vec};

use super::{
    builder::Query,
    column::Column,
    subjects::{Feed, WantedSockets},
    table::{Row, Table},
    wanted::Wanted,
};
use crate::{
    descriptor::{Descriptor, Extract, Subject},
    error::{Error, Result},
    filter::Filter,
    ids::Pid,
    namespace::Numbers,
    netlink,
    snapshot::{Ask, Ended, Needs, Outcome, Pace, Retained, Unread},
    sorting::sort_by,
    value::{Text, Value},
    view::{Joined, JoinedContainer, View},
};

/// The rows of a query, in all its views.
///
/// Rows have the cells of the sort keys behind those of the columns.
pub(super) struct Run<'a> {
    query: Query,
    wanted: Wanted,
    /// Whether the names in the filters have to exist.
    checks_names: bool,
    /// What is computed for each row: columns, sort keys, columns of the filter.
    extracted: Vec<&'static Descriptor>,
    views: vec::IntoIter<(View, Option<&'a mut Retained>)>,
    /// The rows of the view that is read, and whether it is joined.
    feed: Option<(Feed<'a>, bool)>,
    /// The containers that were listed before the current one.
    listed: Vec<View>,
    overlap: Overlap,
    outcome: Outcome,
}

/// Which processes of the current container were listed before, with that of an earlier one.
#[derive(Default)]
enum Overlap {
    #[default]
    None,
    /// Those in these, by the numbers of the `/proc` from which all were joined; the first translates
    /// from those of the current one.
    Some(Numbers, Vec<Numbers>),
}

impl Overlap {
    /// Whether the process was listed before.
    fn has(&self, pid: Option<Pid>) -> bool {
        match (self, pid) {
            (Self::Some(own, others), Some(pid)) => own
                .outside(pid)
                .is_some_and(|pid| others.iter().any(|other| other.inside(pid).is_some())),
            _ => false,
        }
    }
}

impl<'a> Run<'a> {
    /// Starts in these views, each with what was retained of the previous sample.
    pub(super) fn new(mut query: Query, views: Vec<(View, Option<&'a mut Retained>)>) -> Self {
        let columns = query.columns.iter().map(Column::descriptor);
        let keys = query.keys.iter().map(|key| key.descriptor);
        let filters = query.filters.iter().flat_map(Filter::columns).copied();
        let extracted = columns.chain(keys).chain(filters).collect();
        let wanted = Wanted::of(&mut query);
        Self {
            extracted,
            query,
            wanted,
            checks_names: true,
            views: views.into_iter(),
            feed: None,
            listed: Vec::new(),
            overlap: Overlap::None,
            outcome: Outcome::default(),
        }
    }

    /// The same, whether or not the names in the filters exist.
    pub(super) fn with_any_names(self) -> Self {
        Self {
            checks_names: false,
            ..self
        }
    }

    /// The next row; `None` after the last.
    pub(super) fn next(&mut self) -> Result<Option<Row>> {
        loop {
            if let Some((feed, _)) = &mut self.feed {
                while let Some(cells) = feed.next()? {
                    if self.overlap.has(cells.pid) {
                        continue;
                    }
                    let undecided = &mut self.outcome.undecided;
                    if let Some(cells) = self.wanted.keeps(&self.query, cells, undecided) {
                        self.outcome.forgeable_sockets += usize::from(cells.is_forgeable);
                        return Ok(Some(Row::new(Arc::clone(&self.query.columns), cells)));
                    }
                }
                self.end_view();
            }
            if self.outcome.ended != Ended::Complete {
                return Ok(None);
            }
            match self.views.next() {
                Some((view, retained)) => {
                    if !self.is_listed(&view) {
                        let feed = self.start(&view, retained)?;
                        self.feed = Some((feed, view.target().is_some()));
                    }
                    self.listed.push(view);
                }
                None => {
                    if mem::take(&mut self.checks_names) {
                        self.wanted.check_names(&self.query)?;
                    }
                    return Ok(None);
                }
            }
        }
    }

    /// Whether all processes of the container were listed with an earlier one; notes which were.
    ///
    /// Sockets are those of a network namespace, which is another matter.
    fn is_listed(&mut self, view: &View) -> bool {
        self.overlap = Overlap::None;
        let Some(joined) = view.0.joined.as_ref() else {
            return false;
        };
        if self.query.subject == Subject::Sockets {
            return false;
        }
        if view.within().is_some() {
            return false;
        }
        let earlier = self.listed.iter().filter(|view| view.within().is_none());
        let earlier = earlier.filter_map(|view| view.0.joined.as_ref());
        if earlier.clone().any(|other| joined.lies_in(other)) {
            return true;
        }
        let inner: Vec<_> = earlier
            .filter(|other| other.lies_in(joined))
            .map(Joined::numbers)
            .collect();
        if !inner.is_empty() {
            self.overlap = Overlap::Some(joined.numbers(), inner);
        }
        false
    }

    fn start(&mut self, view: &View, retained: Option<&'a mut Retained>) -> Result<Feed<'a>> {
        if let Some(joined) = &view.0.joined {
            self.outcome.containers.push(JoinedContainer {
                via: joined.pid(),
                source: joined.source.clone(),
                // Known when its rows were read.
                unnamed: None,
            });
            self.outcome.abandoned += joined.left_behind;
        }
        self.wanted.enter(&self.query, view)?;
        // Without a join nothing is read for the columns of the host: there is none to speak of.
        let is_known = |descriptor: &&&Descriptor| {
            view.0.joined.is_some() || !descriptor.needs.contains(Needs::HOST)
        };
        let known = self.extracted.iter().filter(is_known);
        let needs = known.fold(self.query.places, |sum, descriptor| sum | descriptor.needs);
        let ask = Ask {
            view,
            pids: self.query.pids.as_deref(),
            needs,
            pace: Pace {
                timeout: view.patience(),
                ..self.query.pace.clone()
            },
        };
        let (subject, columns) = (self.query.subject, self.extracted.clone());
        Feed::start(subject, columns, ask, retained, &self.wanted_sockets())
    }

    /// The sockets that the filters may keep.
    fn wanted_sockets(&self) -> WantedSockets {
        // Of named processes it is counted what the table has not, so all of it is needed.
        let of_all_networks = self.query.of_all_networks;
        if self.query.subject != Subject::Sockets || self.query.pids.is_some() {
            return WantedSockets {
                of_all_networks,
                ..WantedSockets::default()
            };
        }
        let may = |protocol: &'static str, state: Option<Value>| {
            self.wanted.may_keep(&|column| match column.name {
                "proto" if column.is_of_socket() => Some(Value::Text(Text::word(protocol))),
                "state" if column.is_of_socket() => state.clone(),
                _ => None,
            })
        };
        let word = |state: Option<&'static str>| match state {
            Some(state) => Value::Text(Text::word(state)),
            None => Value::MISSING,
        };
        WantedSockets {
            kinds: netlink::Wanted::those(&|protocol, state| may(protocol, Some(word(state)))),
            // Filters that keep any other protocol name none: `proto!=unix`.
            are_named: !may("none", None),
            of_all_networks,
        }
    }

    fn end_view(&mut self) {
        if let Some((feed, is_joined)) = self.feed.take() {
            let mut outcome = feed.finish();
            if let (true, Some(container)) = (is_joined, self.outcome.containers.last_mut()) {
                container.unnamed = outcome.unnamed.take();
            }
            self.outcome.add(outcome);
        }
    }

    /// Ends it, and says how it went.
    pub(super) fn finish(mut self) -> Outcome {
        self.end_view();
        if self.outcome.ended == Ended::Complete && self.views.next().is_some() {
            self.outcome.ended = Ended::Stopped;
        }
        self.outcome
    }
}

/// The rows of a [`Query`], by pid within each view unless sorted: an iterator that ends in an
/// [`Outcome`].
///
/// The threads that read have ended when the last row was given out, or when this is dropped.
///
/// ```
/// use psgo::{Query, Value};
///
/// let mut rows = Query::new(["pid", "rss"])?.rows()?;
/// let mut sum = 0;
/// for row in &mut rows {
///     sum += row.get("rss").and_then(Value::as_bytes).unwrap_or(0);
/// }
/// let outcome = rows.finish()?;
/// println!("{sum} bytes, {} processes left out", outcome.skipped.len());
/// # Ok::<(), psgo::Error>(())
/// ```
#[must_use = "rows are read when they are asked for"]
pub struct Rows {
    /// What could not be read of the rows that were given out, and of the keys by which all were
    /// sorted.
    unknown: Vec<Unread>,
    /// Rows that were collected to be sorted.
    sorted: Option<vec::IntoIter<Row>>,
    run: Run<'static>,
    /// How many more rows are wanted, if not all are.
    left: Option<usize>,
    error: Option<Error>,
}

impl Rows {
    /// Ends the listing, and says how it went.
    ///
    /// # Errors
    ///
    /// The reason for which there were no further rows, if it was an error: `/proc` itself could
    /// not be read, or no thread could be started.
    pub fn finish(self) -> Result<Outcome> {
        let is_whole = self.sorted.is_none_or(|rows| rows.len() == 0);
        let is_enough = self.left == Some(0);
        let mut outcome = self.run.finish();
        outcome.unknown = self.unknown;
        if is_enough && outcome.ended == Ended::Stopped {
            // No more was asked for.
            outcome.ended = Ended::Complete;
        }
        if !is_whole && outcome.ended == Ended::Complete {
            outcome.ended = Ended::Stopped;
        }
        self.error.map_or(Ok(outcome), Err)
    }
}

impl Iterator for Rows {
    type Item = Row;

    fn next(&mut self) -> Option<Row> {
        if let Some(sorted) = &mut self.sorted {
            let row = sorted.next()?;
            self.run.query.note_unknown(&row, &mut self.unknown);
            return Some(row);
        }
        if self.error.is_some() || self.left == Some(0) {
            return None;
        }
        match self.run.next() {
            Ok(row) => {
                let row = row?;
                self.left = self.left.map(|left| left - 1);
                self.run.query.note_unknown(&row, &mut self.unknown);
                Some(row)
            }
            Err(error) => {
                self.error = Some(error);
                None
            }
        }
    }
}

impl std::fmt::Debug for Rows {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rows")
            .field("query", &self.run.query)
            .finish_non_exhaustive()
    }
}

impl Query {
    /// The rows one by one, each as soon as it is read; sorted rows after all have been read.
    ///
    /// However slowly they are taken and however long the arguments of processes are, rows that
    /// wait take a few megabytes at most, unless they are [sorted](Self::sort).
    ///
    /// # Errors
    ///
    /// `/proc` cannot be opened; for a sorted listing, also what [`Rows::finish`] returns. A
    /// process that cannot be read is in [`Outcome::skipped`] instead.
    pub fn rows(&self) -> Result<Rows> {
        let views = match &self.views {
            Some(views) => views.clone(),
            None => vec![View::host()?],
        };
        let views = views.into_iter().map(|view| (view, None)).collect();
        let mut run = Run::new(self.clone(), views);
        let mut unknown = Vec::new();
        let sorted = if self.keys.is_empty() {
            None
        } else {
            let mut rows = Vec::new();
            while let Some(row) = run.next()? {
                rows.push(row);
            }
            self.arrange(&mut rows, &mut unknown);
            rows.truncate(self.limit.unwrap_or(usize::MAX));
            Some(rows.into_iter())
        };
        Ok(Rows {
            unknown,
            left: self.limit.filter(|_| sorted.is_none()),
            sorted,
            run,
            error: None,
        })
    }

    /// Calls `each` with every row until it breaks: [`rows`](Self::rows) for those who prefer a
    /// closure.
    ///
    /// # Errors
    ///
    /// As [`rows`](Self::rows) and [`Rows::finish`].
    pub fn for_each(&self, each: impl FnMut(Row) -> ControlFlow<()>) -> Result<Outcome> {
        let mut rows = self.rows()?;
        let _ = rows.try_for_each(each);
        rows.finish()
    }

    /// All rows. They take as much memory as the arguments of the processes: up to 2 MiB each,
    /// which processes can share and rows cannot.
    ///
    /// # Errors
    ///
    /// As [`for_each`](Self::for_each).
    pub fn table(&self) -> Result<Table> {
        let mut rows = self.rows()?;
        let all = rows.by_ref().collect();
        Ok(Table::new(Arc::clone(&self.columns), all, rows.finish()?))
    }

    /// Notes which columns of a row could not be read.
    pub(super) fn note_unknown(&self, row: &Row, unknown: &mut Vec<Unread>) {
        for (index, (column, value)) in row.cells().enumerate() {
            let Some(why) = value.missing().filter(|why| why.is_trouble()) else {
                continue;
            };
            let name = column.descriptor().name;
            // The processes that may have the socket are among those that were skipped.
            let is_of_owner = matches!(column.descriptor().extract, Extract::Process(_))
                || column.descriptor().name == "owners";
            if self.subject == Subject::Sockets && row.pid().is_none() && is_of_owner {
                continue;
            }
            let is_it = |descriptor: &Descriptor| descriptor.name == name;
            let before = row.columns().iter().take(index).map(Column::descriptor);
            // Of a key, all rows were noted before any was dropped.
            let keys = self.keys.iter().map(|key| key.descriptor);
            if !before.chain(keys).any(is_it) {
                Unread::add(unknown, name, why, row.pid());
            }
        }
    }

    /// Sorts the rows, and drops the cells of the sort keys. What of these could not be read is
    /// added to `unknown`.
    pub(super) fn arrange(&self, rows: &mut [Row], unknown: &mut Vec<Unread>) {
        if !self.keys.is_empty() {
            for row in &*rows {
                let cells = row.all_values().iter().skip(self.columns.len());
                for (key, cell) in self.keys.iter().zip(cells) {
                    if let Some(why) = cell.missing().filter(|why| why.is_trouble()) {
                        Unread::add(unknown, key.descriptor.name, why, row.pid());
                    }
                }
            }
            sort_by(rows, |a, b| self.compare(a, b));
            for row in rows {
                row.cells_mut().values.truncate(self.columns.len());
            }
        }
    }

    fn compare(&self, a: &Row, b: &Row) -> Ordering {
        let shown = self.columns.len();
        let cells = a.all_values()[shown..].iter().zip(&b.all_values()[shown..]);
        self.keys
            .iter()
            .zip(cells)
            .map(|(key, (a, b))| match (key.descending, a, b) {
                // Unknown values stay last in either direction.
                (true, Value::Missing(_), _) | (true, _, Value::Missing(_)) | (false, ..) => {
                    a.compare(b)
                }
                (true, ..) => b.compare(a),
            })
            .find(|order| order.is_ne())
            .unwrap_or(Ordering::Equal)
    }
}
