//! Open files: a row for each descriptor of a process, and for its directories, its program and
//! its mapped files where these are asked for.

use super::item::{Items, Make, Rest, of_its_process};
use crate::{
    descriptor::{Descriptor, Extract},
    error::Result,
    query::row::{Cells, Mark},
    snapshot::{Ask, Needs, Opened, Seen},
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
    let make = move |seen: &Seen<'_>| {
        let process = of_its_process(&columns, seen);
        let row = |opened: &Opened| {
            let cells = columns.iter().zip(&process);
            let cells = cells.map(|(column, process)| match column.extract {
                Extract::Opened(extract) => match extract(opened) {
                    Value::Missing(Missing::None) => Value::Missing(seen.why_missing(column.needs)),
                    value => value,
                },
                _ => process.clone(),
            });
            let mark = || Mark::Opened(seen.pid(), opened.slot, opened.target.as_slice().into());
            Cells::new(Some(seen.pid()), via, cells.collect()).marked(is_watched.then(mark))
        };
        Rest {
            rows: seen.opened().unwrap_or_default().iter().map(row).collect(),
            ..Rest::default()
        }
    };
    Items::start(ask, None, Make::Rest(Box::new(make)))
}
