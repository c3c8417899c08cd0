//! How often to sample: `-watch` and `-count`.

use std::{num::NonZeroU64, time::Duration};

use clap::{Arg, ArgMatches};

use super::{help::HOW_OFTEN, values};
use crate::failure::Failure;

/// The interval between samples, and how many to take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pace {
    pub(crate) every: Duration,
    /// `None`: until the watch is interrupted.
    pub(crate) count: Option<NonZeroU64>,
}

impl Pace {
    /// The pace asked for; `None` for a single sample.
    ///
    /// # Errors
    ///
    /// `-count` without `-watch`.
    pub(crate) fn from_matches(matches: &ArgMatches) -> Result<Option<Self>, Failure> {
        let count = matches.get_one("count").copied();
        match matches.get_one("watch").copied() {
            None if count.is_some() => Err(Failure::wrong_use("-count needs -watch")),
            None => Ok(None),
            Some(every) => Ok(Some(Self { every, count })),
        }
    }
}

/// `-watch` and `-count`, as listings have them.
pub(crate) fn pace_flags() -> [Arg; 2] {
    let watch = watch_flag("Refresh every so many seconds (2, 0.5, 500ms); q or Ctrl-C ends it");
    let watch = watch.long_help(
        "Look again every so many seconds, 0.5 too. pcpu and the columns that end in ps \
         then tell of the time since the look before, and are ? on the first look.\n\n\
         On a terminal a table is redrawn in place, as many rows as there is room for; q \
         or Ctrl-C ends it, and what was last seen stays, below what was there before. \
         Otherwise look follows look: tables with an empty line between, and in ndjson \
         and csv each row begins with the moment of its look, at.",
    );
    [watch, count_flag()]
}

pub(crate) fn watch_flag(help: &'static str) -> Arg {
    Arg::new("watch")
        .long("watch")
        .value_name("SECONDS")
        .value_parser(values::seconds)
        .help_heading(HOW_OFTEN)
        .help(help)
}

pub(crate) fn count_flag() -> Arg {
    Arg::new("count")
        .long("count")
        .value_name("N")
        .value_parser(values::count)
        .help_heading(HOW_OFTEN)
        .help("With -watch: end after so many looks")
}
