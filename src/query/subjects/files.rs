//! Open files: a row for each descriptor of a process, and for its directories, its program and
//! its mapped files where these are asked for.

use super::item::{Items, Make, Rest, of_its_process, unread};
use crate::{
    descriptor::{Descriptor, End, Ends, Extract, Held},
    error::Result,
    query::row::{Cells, Mark},
    snapshot::{Ask, Needs, Opened, Outcome, Seen},
    value::{Missing, Value},
};

pub(super) fn start<'a>(
    columns: Vec<&'static Descriptor>,
    ask: Ask<'_>,
    is_watched: bool,
) -> Result<Items<'a>> {
    let via = ask.view.target();
    let ask = Ask {
        needs: ask.needs | Needs::FDS,
        ..ask
    };
    let (ends, abandoned) = if ask.needs.contains(Needs::ENDS) {
        let (ends, outcome) = ends(&ask)?;
        (Some(ends), outcome.abandoned)
    } else {
        (None, 0)
    };
    let make = move |seen: &Seen<'_>| {
        let ends = ends.as_ref();
        let process = of_its_process(&columns, seen);
        let row = |opened: &Opened| {
            let cells = columns.iter().zip(&process);
            let cells = cells.map(|(column, process)| match column.extract {
                Extract::Opened(extract) => match extract(&Held { opened, seen, ends }) {
                    Value::Missing(Missing::None) => {
                        Value::Missing(opened.why_missing(column.needs))
                    }
                    value => value,
                },
                _ => process.clone(),
            });
            let mark = || Mark::Opened(seen.pid(), opened.slot, opened.target.as_slice().into());
            let is_forgeable = opened
                .socket
                .as_ref()
                .is_some_and(|socket| socket.forgeable);
            Cells::new(Some(seen.pid()), via, cells.collect())
                .marked(is_watched.then(mark))
                .forgeable(is_forgeable)
        };
        let rows = match seen.opened() {
            Some(opened) => opened.iter().map(row).collect(),
            // What it has open is unknown, and so is whether it is wanted.
            None => vec![unread(&columns, &process, seen, via)],
        };
        Rest {
            rows,
            ..Rest::default()
        }
    };
    let mut items = Items::start(ask, None, Make::Rest(Box::new(make)))?;
    items.abandoned = abandoned;
    Ok(items)
}

/// Who has the ends of pipes and Unix sockets open, of all processes, and how reading them went.
fn ends(ask: &Ask<'_>) -> Result<(Ends, Outcome)> {
    let ask = Ask {
        pids: None,
        needs: Needs::FDS | Needs::ENDS,
        ..ask.clone()
    };
    let make = |seen: &Seen<'_>| Rest {
        ends: seen
            .opened()
            .unwrap_or_default()
            .iter()
            .filter_map(End::of)
            .collect(),
        ..Rest::default()
    };
    let mut items = Items::start(ask, None, Make::Rest(Box::new(make)))?;
    let mut ends = Ends::default();
    while let Some((pid, rest)) = items.next_rest()? {
        ends.add(pid, &rest.ends);
    }
    let outcome = items.finish();
    ends.hide(outcome.hides_descriptors());
    Ok((ends, outcome))
}
