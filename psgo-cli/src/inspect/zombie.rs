//! The page of a process that has ended and was not reaped: there is little left of it.

use psgo::{Process, State};

use super::{
    page::Page,
    sections::ending,
    text::{named, span, text},
};

/// Whether all of its threads have ended.
pub(super) fn is_one(process: &Process) -> bool {
    let is_zombie = process.state().is_ok_and(State::is_zombie);
    // Where its first thread alone has ended, the others have all that it had.
    is_zombie && !matches!(process.exit_status(), Ok(None))
}

pub(super) fn page(page: &mut Page, process: &Process) {
    page.section("state");
    page.warn(
        "state",
        "zombie: it has ended, and its parent has not waited for it",
    );
    let ended = process.exit_status();
    page.told(
        "ended",
        ended.map(|status| status.map_or_else(|| "?".to_owned(), ending::told)),
    );
    match process.parent() {
        Ok(Some(parent)) => {
            let state = parent.state();
            let state = state.map_or_else(|_| "?".to_owned(), |state| state.as_str().to_owned());
            page.row("parent", &format!("{}, {state}", named(&parent)));
        }
        Ok(None) => page.row("parent", "none that is seen here"),
        Err(error) => page.missing("parent", &error),
    }
    let times = process.cpu_times();
    page.told(
        "time",
        times.map(|times| format!("{} user, {} system", span(times.user), span(times.system))),
    );
    page.told(
        "age",
        process
            .age()
            .map(|age| span(std::time::Duration::from_secs(age.as_secs()))),
    );
    page.told("user", process.user().map(text));
    page.remark("It goes when its parent waits for it, or ends itself. The rest: -only SECTION,…");
}
