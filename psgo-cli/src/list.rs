//! A listing of processes.

use std::ops::ControlFlow;

use psgo::{JoinOptions, Pids, Query, Skipped, View};

use crate::{
    args::{Join, List, Look},
    failure::{self, Answer, Failure},
    left_out, output,
};

/// Lists the processes that `list` asks for, each row as it comes.
pub(crate) fn list(list: &List) -> Result<Answer, Failure> {
    let query = match &list.format {
        Some(format) => Query::parse(format)?,
        None => Query::new::<&str>(&[])?,
    };
    let query = query.sort(&list.sort)?;
    let mut rows = output::rows(&list.show, &query, output::stdout())?;
    let (query, not_joined) = look(&list.look, query)?;

    let mut written = Ok(());
    let outcome = query.for_each(|row| {
        written = rows.row(row.values());
        match written {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        }
    })?;
    written?;
    rows.finish()?;

    let left_out: Vec<_> = not_joined.into_iter().chain(outcome.skipped).collect();
    let (line, answer) = left_out::summary(&left_out, outcome.abandoned);
    if let Some(line) = line {
        failure::say(&line);
    }
    Ok(answer)
}

/// The query of what `look` names, and the containers that could not be joined.
fn look(look: &Look, mut query: Query) -> Result<(Query, Vec<Skipped>), Failure> {
    let mut join = JoinOptions::default();
    join.fill_mappings = look.fill_mappings;
    if let Some(timeout) = look.timeout {
        join.timeout = timeout;
        query = query.timeout(timeout);
    }
    if let Some(threads) = look.threads {
        query = query.threads(threads);
    }
    let view = match &look.proc {
        Some(proc) => View::at(proc)?,
        None => View::host()?,
    };
    let pids = look.pids.as_deref().map_or(Pids::All, Pids::Only);
    match (look.join, &look.pids) {
        (Some(Join::Each), Some(containers)) => {
            let (views, skipped) = view.join_each(containers, &join);
            Ok((query.views(views), skipped))
        }
        (Some(Join::Into(pid)), _) => {
            Ok((query.view(view.join(pid, &join)?).pids(pids), Vec::new()))
        }
        (Some(Join::Each) | None, _) => Ok((query.view(view).pids(pids), Vec::new())),
    }
}
