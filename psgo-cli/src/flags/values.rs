//! The values of flags, parsed from their text.

use std::{
    any::Any,
    num::{NonZeroU64, NonZeroUsize},
    time::Duration,
};

use clap::{ArgMatches, parser::MatchesError};
use psgo::Pid;

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

/// Pids between commas; empty items are ignored: `1, 2,`.
pub(crate) fn pids(text: &str) -> Result<Vec<Pid>, String> {
    text.split(',')
        .map(str::trim)
        .filter(|item| !item.is_empty())
        .map(pid)
        .collect()
}

/// A pid.
pub(crate) fn pid(text: &str) -> Result<Pid, String> {
    number(text).ok_or_else(|| format!("{} is not a process ID", wrong_use::quoted(text)))
}

/// A number of columns.
pub(crate) fn width(text: &str) -> Result<usize, String> {
    number(text).ok_or_else(|| format!("{} is not a width", wrong_use::quoted(text)))
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

/// A number of seconds, `0.5` too.
pub(crate) fn seconds(text: &str) -> Result<Duration, String> {
    text.parse()
        .ok()
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .filter(|span| !span.is_zero())
        .ok_or_else(|| format!("{} is not a number of seconds", wrong_use::quoted(text)))
}

/// Names between commas.
#[expect(clippy::unnecessary_wraps, reason = "clap's form of a parser")]
pub(crate) fn names(text: &str) -> Result<Vec<String>, std::convert::Infallible> {
    Ok(text.split(',').map(|name| name.trim().to_owned()).collect())
}
