//! Listings: of processes, sockets, open files or timers, once or again and again.

use std::{ops::ControlFlow, time::SystemTime};

use psgo::{Ended, Outcome, Query, Skipped, Time};

use crate::{
    failure::{self, Answer, Failure},
    left_out,
    output::{self, Moment},
};
use query::{hosts, scoped, stamp};

mod grammar;
mod peers;
mod query;
mod resolve;
pub(crate) mod tables;
mod watched;

pub(crate) use grammar::{List, is_list, list_flags, request};

/// Lists what `list` asks for.
pub(crate) fn list(list: &List) -> Result<Answer, Failure> {
    let query = query::query(list)?;
    let mut columns = query.columns().iter();
    if list.resolve && !columns.any(|column| resolve::is_of_host(column.descriptor().name)) {
        return Err(Failure::wrong_use(
            "-resolve needs one of the columns raddr, remote",
        ));
    }
    match list.pace {
        None if list.is_quiet => quiet(list, query),
        None => once(list, query),
        Some(pace) => watched::watch(list, query, pace),
    }
}

/// Each row as it comes.
fn once(list: &List, query: Query) -> Result<Answer, Failure> {
    let stamp = stamp(list)?;
    let at = stamp
        .as_ref()
        .and_then(|_| psgo::local_time(SystemTime::now()));
    let at = at
        .as_ref()
        .map_or_else(String::new, Time::to_rfc3339_millis);
    let moment = stamp.as_ref().map(|stamp| Moment {
        at: &at,
        is_first: true,
        stamp: Some(stamp),
    });
    let mut rows = output::rows(&list.style, &query, moment, output::stdout())?;
    let mut hosts = hosts(list)?;
    let mut unnamed = Vec::new();
    let (query, not_joined) = scoped(&list.scope, !list.words.is_empty(), query)?;
    let query = match list.limit {
        Some(limit) => query.limit(limit),
        None => query,
    };

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
    });
    written?;
    let outcome = match outcome {
        Ok(outcome) => outcome,
        Err(error) => {
            let failure = Failure::of_listing(error);
            if let Failure::Gone(_) = failure {
                // The rows that other parts of the filter let pass.
                rows.finish()?;
            }
            return Err(failure);
        }
    };
    if let Some(hosts) = &mut hosts {
        let all = unnamed.iter();
        hosts.learn(all.flat_map(|row| resolve::hosts(&query, row.values())));
        for row in &unnamed {
            rows.row(&hosts.named(&query, row.values()))?;
        }
    }
    rows.finish()?;
    Ok(tell(list, &not_joined, &outcome))
}

/// Whether there is a row.
fn quiet(list: &List, query: Query) -> Result<Answer, Failure> {
    // Flags that make no sense together are reported all the same.
    drop(output::rows(&list.style, &query, None, std::io::sink())?);
    let (query, not_joined) = scoped(&list.scope, !list.words.is_empty(), query)?;
    let query = query.limit(list.limit.unwrap_or(1).min(1));
    let mut has_row = false;
    let outcome = query.for_each(|_| {
        has_row = true;
        ControlFlow::Break(())
    });
    let outcome = outcome.map_err(Failure::of_listing)?;
    if has_row {
        return Ok(Answer::Complete);
    }
    tell(list, &not_joined, &outcome);
    Ok(Answer::No)
}

/// Says what the rows lack, and whether they are the whole answer.
fn tell(list: &List, not_joined: &[Skipped], outcome: &Outcome) -> Answer {
    let (line, answer) = left_out::summary(list.subject, list.scope.asked(), not_joined, outcome);
    for line in line.into_iter().chain(left_out::unasked(outcome)) {
        failure::say(&line);
    }
    for line in left_out::unnamed(outcome) {
        failure::say(&line);
    }
    if outcome.ended != Ended::Complete {
        failure::say("the deadline came before all was listed");
        return Answer::Incomplete;
    }
    answer
}
