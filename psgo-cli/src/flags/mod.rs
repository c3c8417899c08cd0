//! What the commands share: their flags, as clap describes them, and the values read from them.
//!
//! Commands import from here; `args`, which dispatches to the commands, imports from them.

mod help;
mod pace;
mod scope;
mod style;
pub(crate) mod values;

pub(crate) use help::{HOW_OFTEN, HOW_TO_SHOW, OTHERS, WHAT_TO_LIST, WHERE_TO_LOOK, help};
pub(crate) use pace::{Pace, count_flag, pace_flags, watch_flag};
pub(crate) use scope::{Join, Scope, TARGETS, scope_flags, scope_flags_named};
pub(crate) use style::{CSV_SAFE, Output, Style, color_flag, output_flag, style_flags, width_flag};
