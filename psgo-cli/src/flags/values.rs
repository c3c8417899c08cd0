//! The values of flags, parsed from their text.

use std::{
    any::Any,
    num::{NonZeroU64, NonZeroUsize},
    path::PathBuf,
    time::Duration,
};

use clap::{ArgMatches, parser::MatchesError};
use psgo::{Pid, ProcessId, Target};

use crate::wrong_use;

/// The value of a flag, if the command has it and it was given.
pub(crate) fn given<T: Any + Clone + Send + Sync>(matches: &ArgMatches, id: &str) -> Option<T> {
    match matches.try_get_one(id) {
        Ok(value) => value.cloned(),
        Err(error) => {
            let is_unknown = matches!(error, MatchesError::UnknownArgument { .. });
            debug_assert!(is_unknown, "{id}: {error}");
            None
        }
    }
}

/// The values of a flag that may be repeated.
pub(crate) fn all<T: Any + Clone + Send + Sync>(matches: &ArgMatches, id: &str) -> Vec<T> {
    let values = matches.try_get_many(id).ok().flatten();
    values.into_iter().flatten().cloned().collect()
}

/// Processes between commas; empty items are ignored: `1, 2@8137,`.
pub(crate) fn processes(text: &str) -> Result<Vec<ProcessId>, String> {
    text.split(',')
        .map(str::trim)
        .filter(|item| !item.is_empty())
        .map(process)
        .collect()
}

/// Directories between commas; empty items are ignored.
pub(crate) fn directories(text: &str) -> Result<Vec<PathBuf>, String> {
    let items = text.split(',').map(str::trim);
    let all: Vec<_> = items
        .filter(|item| !item.is_empty())
        .map(PathBuf::from)
        .collect();
    if all.is_empty() {
        return Err("no directory is named".to_owned());
    }
    Ok(all)
}

/// A process, by its pid or by that and its start: `4711@8137`.
pub(crate) fn process(text: &str) -> Result<ProcessId, String> {
    match text.parse() {
        Ok(process) => Ok(process),
        Err(_) if text.contains('@') => Err(format!(
            "{} is not PID@START, as the columns pid and starttime show them",
            wrong_use::quoted(text)
        )),
        Err(_) => pid(text).map(Into::into),
    }
}

/// A container that is joined, as it was typed.
pub(crate) fn target(text: &str) -> Result<String, String> {
    match Target::parse(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

/// A pid.
pub(crate) fn pid(text: &str) -> Result<Pid, String> {
    number(text).ok_or_else(|| format!("{} is not a process ID", wrong_use::quoted(text)))
}

/// A number of columns.
pub(crate) fn width(text: &str) -> Result<usize, String> {
    number(text).ok_or_else(|| format!("{} is not a width", wrong_use::quoted(text)))
}

/// A number of rows.
pub(crate) fn limit(text: &str) -> Result<usize, String> {
    number(text).ok_or_else(|| format!("{} is not a number of rows", wrong_use::quoted(text)))
}

/// A number of threads.
pub(crate) fn threads(text: &str) -> Result<NonZeroUsize, String> {
    number(text).ok_or_else(|| format!("{} is not a number of threads", wrong_use::quoted(text)))
}

/// A number of samples.
pub(crate) fn count(text: &str) -> Result<NonZeroU64, String> {
    number(text).ok_or_else(|| format!("{} is not a number of looks", wrong_use::quoted(text)))
}

/// A number of digits only: no sign.
fn number<N: std::str::FromStr>(text: &str) -> Option<N> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

/// A span of time: a number of seconds, `0.5` too, or one with units, `500ms`.
pub(crate) fn seconds(text: &str) -> Result<Duration, String> {
    psgo::parse_duration(text.trim())
        .filter(|span| !span.is_zero())
        .ok_or_else(|| {
            format!(
                "{} is not a time: 2, 0.5, 500ms, 2s, 1m30s",
                wrong_use::quoted(text)
            )
        })
}

/// Names between commas.
#[expect(clippy::unnecessary_wraps, reason = "clap's form of a parser")]
pub(crate) fn names(text: &str) -> Result<Vec<String>, std::convert::Infallible> {
    Ok(text.split(',').map(|name| name.trim().to_owned()).collect())
}
