//! The terminal that standard output is connected to.

use std::{
    env,
    io::{self, IsTerminal as _},
    os::fd::AsFd as _,
};

use crate::sys;

/// The terminal's width in columns; `None` without a terminal, or if its width is unknown.
pub(crate) fn width() -> Option<usize> {
    sys::window_size(io::stdout().as_fd())?.columns
}

/// A terminal's rows and columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Size {
    pub(crate) rows: usize,
    pub(crate) columns: usize,
}

/// The terminal's current size; of 80 by 24 what is unknown, as on some serial lines.
pub(crate) fn size() -> Size {
    let known = sys::window_size(io::stdout().as_fd()).unwrap_or_default();
    Size {
        rows: known.rows.unwrap_or(24),
        columns: known.columns.unwrap_or(80),
    }
}

/// Whether standard output is a terminal with a cursor that can be moved.
pub(crate) fn is_screen() -> bool {
    has_cursor() && io::stdout().is_terminal()
}

fn has_cursor() -> bool {
    env::var_os("TERM").is_some_and(|term| !term.is_empty() && term != "dumb")
}
