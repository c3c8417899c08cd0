//! The query of a listing, and the views that it reads.

use psgo::{JoinedViews, Pid, Query, Skipped, View, descriptor::Subject};

use super::{grammar::List, resolve::Hosts};
use crate::{
    failure::{self, Failure},
    flags::Scope,
    output::Stamp,
    own::own_and_wrappers,
};

/// The query of the columns asked for.
pub(super) fn query(list: &List) -> Result<Query, Failure> {
    let query = match &list.format {
        Some(format) => Query::parse_of(list.subject, format)?,
        // What tells their rows apart.
        None if list.all && list.subject == Subject::Sockets => {
            Query::of(list.subject, ["+netns", "container"])?
        }
        None => Query::of(list.subject, std::iter::empty::<&str>())?,
    };
    let mut query = query.sort(&list.sort)?;
    for filter in &list.filters {
        query = query.filter(filter)?;
    }
    for word in &list.words {
        query = query.filter(&containing(word))?;
    }
    if list.all {
        query = match list.subject {
            Subject::Sockets => query.with_all_networks(),
            _ => query.with_places(),
        };
    }
    Ok(query)
}

/// The filter of the processes whose name or command line contains `word`.
fn containing(word: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut text = String::new();
    for byte in word {
        if byte.is_ascii_alphanumeric() {
            text.push(char::from(*byte));
        } else {
            // Neither the expression nor the quotes can end at it.
            let _ = write!(text, "\\x{byte:02x}");
        }
    }
    format!("args~'{text}' || comm~'{text}'")
}

/// The filter that leaves out psgo and what runs it where they are seen.
fn without_psgo(views: &[View]) -> Result<Option<String>, Failure> {
    // Several views are containers, in whose numbers psgo has none.
    let [view] = views else { return Ok(None) };
    let own = own_and_wrappers(view)?;
    let own: Vec<_> = own.iter().map(Pid::to_string).collect();
    Ok((!own.is_empty()).then(|| format!("pid not in ({})", own.join(","))))
}

/// The query within that scope, without psgo if it `finds` processes, and the containers that could not be joined.
pub(super) fn scoped(
    scope: &Scope,
    finds: bool,
    mut query: Query,
) -> Result<(Query, Vec<Skipped>), Failure> {
    let JoinedViews {
        views,
        skipped: not_joined,
        ..
    } = scope.views()?;
    views.iter().try_for_each(View::check)?;
    if finds && let Some(filter) = without_psgo(&views)? {
        query = query.filter(&filter)?;
    }
    let query = scope.limited(query).views(views);
    let query = match scope.pids_in_view() {
        Some(pids) => query.processes(pids.iter().copied()),
        None => query,
    };
    Ok((query, not_joined))
}

/// From which host and boot the rows are, if that is asked for; what it lacks is said.
pub(super) fn stamp(list: &List) -> Result<Option<Stamp>, Failure> {
    if !list.style.is_stamped {
        return Ok(None);
    }
    let (stamp, errors) = Stamp::of(&list.scope.root()?);
    if !errors.is_empty() {
        let errors: Vec<_> = errors.iter().map(ToString::to_string).collect();
        failure::say(&format!("the stamp is not whole: {}", errors.join("; ")));
    }
    Ok(Some(stamp))
}

/// The resolver of host names, if they are asked for.
pub(super) fn hosts(list: &List) -> Result<Option<Hosts>, Failure> {
    let hosts = list.resolve.then(|| Hosts::new(list.scope.timeout()));
    let hosts = hosts.transpose();
    hosts.map_err(|error| failure::no_thread(&error))
}
