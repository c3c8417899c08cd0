//! Timers: a row for each POSIX timer and each timerfd of a process.

use super::item::{Items, Make, Rest, of_its_process, unread};
use crate::{
    descriptor::{Descriptor, Extract, Timed},
    error::Result,
    query::row::{Cells, Mark},
    snapshot::{Ask, Needs, Seen, Slot},
};

pub(super) fn start<'a>(
    columns: Vec<&'static Descriptor>,
    ask: Ask<'_>,
    is_watched: bool,
) -> Result<Items<'a>> {
    let via = ask.view.target();
    let ask = Ask {
        needs: ask.needs | Needs::TIMERS,
        ..ask
    };
    let make = move |seen: &Seen<'_>| {
        let pid = seen.pid();
        if seen.opened().is_none() {
            let process = of_its_process(&columns, seen);
            return Rest {
                rows: vec![unread(&columns, &process, seen, via)],
                ..Rest::default()
            };
        }
        let posix = seen.timers().iter();
        let posix = posix.map(|timer| (Timed::Posix(timer), Mark::Timer(pid, timer.timer.id)));
        let opened = seen.opened().unwrap_or_default().iter();
        let fds = opened.filter_map(|opened| match (opened.slot, &opened.info) {
            (Slot::Fd(fd), Some(info)) if info.clockid.is_some() => {
                let mark = Mark::Opened(pid, opened.slot, opened.target.as_slice().into());
                Some((Timed::Fd(fd, info), mark))
            }
            _ => None,
        });
        let mut timed = posix.chain(fds).peekable();
        if timed.peek().is_none() {
            return Rest::default();
        }
        let process = of_its_process(&columns, seen);
        let row = |(timed, mark)| {
            let cells = columns.iter().zip(&process);
            let cells = cells.map(|(column, process)| match column.extract {
                Extract::Timer(extract) => extract(&timed),
                _ => process.clone(),
            });
            Cells::new(Some(pid), via, cells.collect()).marked(is_watched.then_some(mark))
        };
        Rest {
            rows: timed.map(row).collect(),
            ..Rest::default()
        }
    };
    Items::start(ask, None, Make::Rest(Box::new(make)))
}
