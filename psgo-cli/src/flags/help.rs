//! The headings under which help lists the flags, and the flag that prints it.

use clap::{Arg, ArgAction};

pub(crate) const WHAT_TO_LIST: &str = "What to list";
pub(crate) const WHERE_TO_LOOK: &str = "Where to look";
pub(crate) const HOW_TO_SHOW: &str = "How to show it";
pub(crate) const HOW_OFTEN: &str = "How often";
pub(crate) const OTHERS: &str = "Others";

/// `-help` and `-h`.
pub(crate) fn help() -> Arg {
    Arg::new("help")
        .long("help")
        .short('h')
        .action(ArgAction::Help)
        .help_heading(OTHERS)
        .help("Print help, -h in short")
}
