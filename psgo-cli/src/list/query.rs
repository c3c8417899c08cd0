//! The query of a listing, and the views that it reads.

use psgo::{JoinedViews, Pids, Query, Skipped};

use super::{grammar::List, resolve::Hosts};
use crate::{
    failure::{self, Failure},
    flags::Scope,
};

/// The query of the columns asked for, and of `more` columns after them.
pub(super) fn query(list: &List, more: &str) -> Result<Query, Failure> {
    let own = || list.subject.default_descriptors().join(",");
    let format = list.format.clone().unwrap_or_else(own);
    let query = Query::parse_of(list.subject, &(format + more))?;
    let mut query = query.sort(&list.sort)?;
    if let Some(filter) = &list.filter {
        query = query.filter(filter)?;
    }
    if list.all {
        query = query.with_places();
    }
    Ok(query)
}

/// The query within that scope, and the containers that could not be joined.
pub(super) fn scoped(scope: &Scope, query: Query) -> Result<(Query, Vec<Skipped>), Failure> {
    let JoinedViews {
        views,
        skipped: not_joined,
        ..
    } = scope.views()?;
    let pids = scope.pids_in_view().map_or(Pids::All, Pids::Only);
    Ok((scope.limited(query).views(views).pids(pids), not_joined))
}

/// The resolver of host names, if they are asked for.
pub(super) fn hosts(list: &List) -> Result<Option<Hosts>, Failure> {
    let hosts = list.resolve.then(|| Hosts::new(list.scope.timeout()));
    let hosts = hosts.transpose();
    hosts.map_err(|error| failure::no_thread(&error))
}
