//! `Wanted`: which rows a query keeps, by its filters.

use std::mem;

use super::{builder::Query, row::Cells};
use crate::{
    descriptor::Descriptor, error::Result, filter::Filter, snapshot::Unread, value::Value,
    view::View,
};

/// Which rows are kept, and what has to be known for that.
#[derive(Debug)]
pub(super) struct Wanted {
    filters: Vec<Filter>,
    /// Of each name in the filters, whether it was seen in a row.
    exists: Vec<Vec<bool>>,
    /// Where names that were not seen may exist.
    views: Vec<View>,
}

impl Wanted {
    /// Takes the filters of the query.
    pub(super) fn of(query: &mut Query) -> Self {
        Self {
            filters: mem::take(&mut query.filters),
            exists: Vec::new(),
            views: Vec::new(),
        }
    }

    /// Whether a row can be kept of which these cells are known and no others.
    pub(super) fn may_keep(&self, known: &dyn Fn(&Descriptor) -> Option<Value>) -> bool {
        self.filters.iter().all(|filter| filter.may_hold(known))
    }

    /// Whether a row is kept; its cells without those of the filters. What could not be read and
    /// would have decided that is added to `undecided`.
    pub(super) fn keeps(
        &mut self,
        query: &Query,
        mut cells: Cells,
        undecided: &mut Vec<Unread>,
    ) -> Option<Cells> {
        let kept = query.columns.len() + query.keys.len();
        let mut rest = cells.values.get(kept..).unwrap_or_default();
        let (mut is_wanted, mut is_refused) = (true, false);
        let mut unread = Vec::new();
        for (index, filter) in self.filters.iter().enumerate() {
            let (own, others) = rest.split_at_checked(filter.columns().len())?;
            if let Some(exists) = self.exists.get_mut(index) {
                filter.note(own, exists);
            }
            let columns = filter.undecided_by(own);
            let holds = filter.holds(own);
            is_wanted &= holds;
            // Whatever the others would say.
            is_refused |= !holds && columns.is_empty();
            unread.extend(columns);
            rest = others;
        }
        if !is_refused {
            for (column, why) in unread {
                Unread::add(undecided, column.name, why, cells.pid);
            }
        }
        if !is_wanted || cells.is_shut {
            return None;
        }
        cells.values.truncate(kept);
        Some(cells)
    }
}

#[cfg(feature = "filter")]
impl Wanted {
    /// Reads in this view what the filters need to know of other processes.
    ///
    /// # Errors
    ///
    /// There is no such process, or what it has is unknown.
    pub(super) fn enter(&mut self, query: &Query, view: &View) -> Result<()> {
        for filter in &mut self.filters {
            let mut cells = Vec::new();
            for reference in filter.references() {
                let asked = Query::of_column(reference.column)
                    .view(view.clone())
                    .pids(super::builder::Pids::Only(&[reference.pid]));
                let asked = Query {
                    pace: query.pace.clone(),
                    ..asked
                };
                cells.push(cell(&asked, reference.pid)?);
            }
            filter.tell(cells)?;
        }
        self.exists = self
            .filters
            .iter()
            .map(|filter| vec![false; filter.names().len()])
            .collect();
        self.views.push(view.clone());
        Ok(())
    }

    /// After the last row: whether what the filters name exists, where no row had it.
    ///
    /// # Errors
    ///
    /// There is no user, group, process or container of that name.
    pub(super) fn check_names(&self, query: &Query) -> Result<()> {
        use crate::{
            filter::{Names, What},
            snapshot::Threads,
            view::Kind,
        };
        let threads = query.pace.threads != Threads::None;
        for (filter, exists) in self.filters.iter().zip(&self.exists) {
            for (named, exists) in filter.names().iter().zip(exists) {
                if *exists {
                    continue;
                }
                let is_there = match named.what {
                    What::Name(names) => {
                        let (kind, of_host) = match names {
                            Names::Users => (Kind::User, false),
                            Names::Groups => (Kind::Group, false),
                            Names::HostUsers => (Kind::User, true),
                            Names::HostGroups => (Kind::Group, true),
                        };
                        let may_have =
                            |view: &View| view.may_have(kind, of_host, &named.name, threads);
                        self.views.iter().any(may_have)
                    }
                    // The rows may be those of some processes only.
                    What::Ancestor(pid) => self.asks(
                        query,
                        &Query::new(["pid"])?.pids(super::builder::Pids::Only(&[pid])),
                        |_| true,
                    )?,
                    What::Container(id, name) => {
                        let has = |column| {
                            self.asks(query, &Query::of_column(column), |cell| named.is_in(cell))
                        };
                        has(id)? || name.map(has).transpose()?.unwrap_or(false)
                    }
                };
                if !is_there {
                    return Err(match named.what {
                        What::Name(_) if self.views.iter().all(View::is_copy) => {
                            filter.nameless(named)
                        }
                        What::Name(_) => {
                            let mut reasons = self.views.iter().filter_map(View::hides_names);
                            let reason = reasons.next();
                            reason.map_or_else(
                                || filter.no_such(named),
                                |reason| filter.untold(named, reason),
                            )
                        }
                        _ => filter.no_such(named),
                    });
                }
            }
        }
        Ok(())
    }

    /// Whether one of the views has, or may have, a process whose only cell `is_it`.
    fn asks(
        &self,
        query: &Query,
        asked: &Query,
        is_it: impl Fn(&crate::value::Value) -> bool,
    ) -> Result<bool> {
        use crate::error::ErrorKind;
        for view in &self.views {
            let asked = Query {
                pace: query.pace.clone(),
                ..asked.clone().view(view.clone())
            };
            let table = asked.table()?;
            let mut skipped = table.skipped().iter();
            let mut cells = table.rows().iter().filter_map(|row| row.values().first());
            if cells.any(&is_it) || skipped.any(|other| other.error.kind() != ErrorKind::Gone) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// The only cell of the only row; or why there is none.
#[cfg(feature = "filter")]
fn cell(
    query: &Query,
    pid: crate::ids::Pid,
) -> Result<Result<Value, (crate::error::ErrorKind, String)>> {
    use crate::{error::ErrorKind, value::Missing};
    let table = query.table()?;
    let found = table.rows().first().and_then(|row| row.values().first());
    Ok(match found {
        Some(Value::Missing(why)) => {
            let name = query.columns()[0].descriptor().name;
            let why = match why {
                Missing::Denied => "permission denied; it takes CAP_SYS_PTRACE",
                why => why.as_str(),
            };
            let reason = format!("{name} of process {pid} is unknown ({why})");
            Err((ErrorKind::Invalid, reason))
        }
        Some(value) => Ok(value.clone()),
        None => Err(match table.outcome().skipped.first() {
            Some(skipped) if skipped.error.kind() != ErrorKind::Gone => {
                (ErrorKind::Invalid, skipped.error.to_string())
            }
            _ => (ErrorKind::Gone, format!("there is no process {pid}")),
        }),
    })
}

/// Without the feature there is no filter.
#[cfg(not(feature = "filter"))]
impl Wanted {
    #[expect(clippy::unnecessary_wraps, reason = "as with the feature")]
    pub(super) fn enter(&mut self, _: &Query, view: &View) -> Result<()> {
        self.views.push(view.clone());
        Ok(())
    }

    #[expect(
        clippy::unused_self,
        clippy::unnecessary_wraps,
        reason = "as with the feature"
    )]
    pub(super) fn check_names(&self, _: &Query) -> Result<()> {
        Ok(())
    }
}
