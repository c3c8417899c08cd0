//! Timers, in short.

use psgo::{
    OpenDescriptor, Process,
    format::pid::{Timer, TimerTime},
    signal_name,
};

use crate::inspect::{page::Page, text::span};

/// More timers than these are only counted.
const MOST: usize = 8;

pub(super) fn page(page: &mut Page, process: &Process) {
    let mut all = Vec::new();
    match process.timers() {
        Ok(timers) => all.extend(timers.rows.iter().map(posix)),
        Err(error) => page.missing("timers", &error),
    }
    // Where the descriptors are unknown, their section says why.
    let open = process.descriptors();
    let open = open.iter().flat_map(|open| open.iter());
    all.extend(open.filter_map(timerfd));
    if all.is_empty() {
        return;
    }
    let more = all.len().saturating_sub(MOST);
    all.truncate(MOST);
    if more > 0 {
        all.push(format!(
            "and {more} more: psgo timers -pids {}",
            process.pid()
        ));
    }
    page.list("timers", all);
}

/// `posix 0 (SIGALRM)`
fn posix(timer: &Timer) -> String {
    format!("posix {} ({})", timer.id, signal_name(timer.signal))
}

/// `fd 5 in 3.2s, then every 5s`
fn timerfd(open: &OpenDescriptor) -> Option<String> {
    let info = open.info.as_ref()?;
    let left = info.it_value?.span()?;
    let fd = open.fd;
    if left.is_zero() {
        return Some(format!("fd {fd} not set"));
    }
    let every = info.it_interval.and_then(TimerTime::span);
    let every = every.filter(|every| !every.is_zero());
    let every = every.map_or_else(String::new, |every| format!(" and every {}", span(every)));
    Some(format!("fd {fd} in {}{every}", span(left)))
}
