//! `Rows`: the rows of a query, one by one; and what is made of all of them.

use std::{cmp::Ordering, ops::ControlFlow, sync::Arc, vec};

use super::{
    builder::Query,
    column::Column,
    row::Cells,
    subjects::Feed,
    table::{Row, Table},
};
use crate::{
    descriptor::Descriptor,
    error::{Error, Result},
    filter::Filter,
    snapshot::{Ask, Ended, Needs, Outcome, Pace, Retained},
    value::Value,
    view::{JoinedContainer, View},
};

/// The rows of a query, in all its views.
///
/// Rows have the cells of the sort keys behind those of the columns.
pub(super) struct Run<'a> {
    query: Query,
    /// What is computed for each row: columns, sort keys, columns of the filter.
    extracted: Vec<&'static Descriptor>,
    views: vec::IntoIter<(View, Option<&'a mut Retained>)>,
    feed: Option<Feed<'a>>,
    outcome: Outcome,
}

impl<'a> Run<'a> {
    /// Starts in these views, each with what was retained of the previous sample.
    pub(super) fn new(query: Query, views: Vec<(View, Option<&'a mut Retained>)>) -> Self {
        let columns = query.columns.iter().map(Column::descriptor);
        let keys = query.keys.iter().map(|key| key.descriptor);
        let filter = query.filter.iter().flat_map(Filter::columns).copied();
        Self {
            extracted: columns.chain(keys).chain(filter).collect(),
            query,
            views: views.into_iter(),
            feed: None,
            outcome: Outcome::default(),
        }
    }

    /// The next row; `None` after the last.
    pub(super) fn next(&mut self) -> Result<Option<Row>> {
        loop {
            if let Some(feed) = &mut self.feed {
                while let Some(cells) = feed.next()? {
                    if let Some(cells) = wanted(&self.query, cells) {
                        return Ok(Some(Row::new(Arc::clone(&self.query.columns), cells)));
                    }
                }
                self.end_view();
            }
            if self.outcome.ended != Ended::Complete {
                return Ok(None);
            }
            match self.views.next() {
                Some((view, retained)) => self.feed = Some(self.start(&view, retained)?),
                None => return Ok(None),
            }
        }
    }

    fn start(&mut self, view: &View, retained: Option<&'a mut Retained>) -> Result<Feed<'a>> {
        if let Some(joined) = &view.0.joined {
            self.outcome.containers.push(JoinedContainer {
                via: joined.pid(),
                source: joined.source.clone(),
                unnamed: joined.unnamed.clone(),
            });
            self.outcome.abandoned += joined.left_behind;
        }
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
        Feed::start(self.query.subject, self.extracted.clone(), ask, retained)
    }

    fn end_view(&mut self) {
        if let Some(feed) = self.feed.take() {
            self.outcome.add(feed.finish());
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

/// The cells of a row that the filter lets pass, without those of the filter.
fn wanted(query: &Query, mut cells: Cells) -> Option<Cells> {
    if let Some(filter) = &query.filter {
        let kept = query.columns.len() + query.keys.len();
        if !filter.holds(cells.values.get(kept..).unwrap_or_default()) {
            return None;
        }
        cells.values.truncate(kept);
    }
    Some(cells)
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
    /// Rows that were collected to be sorted.
    sorted: Option<vec::IntoIter<Row>>,
    run: Run<'static>,
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
        let mut outcome = self.run.finish();
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
            return sorted.next();
        }
        if self.error.is_some() {
            return None;
        }
        match self.run.next() {
            Ok(row) => row,
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
        let sorted = if self.keys.is_empty() {
            None
        } else {
            let mut rows = Vec::new();
            while let Some(row) = run.next()? {
                rows.push(row);
            }
            self.arrange(&mut rows);
            Some(rows.into_iter())
        };
        Ok(Rows {
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

    /// Sorts the rows, and drops the cells of the sort keys.
    pub(super) fn arrange(&self, rows: &mut [Row]) {
        if !self.keys.is_empty() {
            rows.sort_by(|a, b| self.compare(a, b));
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
