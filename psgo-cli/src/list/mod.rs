//! Listings: of processes, sockets, open files or timers, once or again and again.

use std::ops::ControlFlow;

use psgo::{Ended, Query};

use crate::{
    failure::{self, Answer, Failure},
    left_out, output,
};
use query::{hosts, scoped};

mod grammar;
mod peers;
mod query;
mod resolve;
pub(crate) mod tables;
mod watched;

pub(crate) use grammar::{List, list_flags, request};

/// Lists what `list` asks for.
pub(crate) fn list(list: &List) -> Result<Answer, Failure> {
    let query = query::query(list, "")?;
    let mut columns = query.columns().iter();
    if list.resolve && !columns.any(|column| resolve::is_of_host(column.descriptor().name)) {
        return Err(Failure::wrong_use(
            "-resolve needs one of the columns raddr, remote",
        ));
    }
    match list.pace {
        None => once(list, query),
        Some(pace) => watched::watch(list, query, pace),
    }
}

/// Each row as it comes.
fn once(list: &List, query: Query) -> Result<Answer, Failure> {
    let mut rows = output::rows(&list.style, &query, None, output::stdout())?;
    let mut hosts = hosts(list)?;
    let mut unnamed = Vec::new();
    let (query, not_joined) = scoped(&list.scope, query)?;

    let mut written = Ok(());
    let outcome = query.for_each(|row| {
        if hosts.is_some() {
            unnamed.push(row);
            return ControlFlow::Continue(());
        }
        written = rows.row(row.values());
        match written {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        }
    })?;
    written?;
    if let Some(hosts) = &mut hosts {
        let all = unnamed.iter();
        hosts.learn(all.flat_map(|row| resolve::hosts(&query, row.values())));
        for row in &unnamed {
            rows.row(&hosts.named(&query, row.values()))?;
        }
    }
    rows.finish()?;

    let (line, answer) = left_out::summary(list.subject, &not_joined, &outcome);
    for line in line.into_iter().chain(left_out::unasked(&outcome)) {
        failure::say(&line);
    }
    let unnamed = outcome.containers.iter();
    for error in unnamed.filter_map(|container| container.unnamed.as_ref()) {
        failure::say(&format!("ids have no names: {error}"));
    }
    if outcome.ended != Ended::Complete {
        failure::say("the deadline came before all was listed");
        return Ok(Answer::Incomplete);
    }
    Ok(answer)
}
