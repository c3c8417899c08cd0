//! The terminal that standard output is connected to.

use std::{
    env,
    io::{self, IsTerminal as _},
};

/// The terminal's width in columns; `None` without a terminal, or if its width is unknown.
pub(crate) fn width() -> Option<usize> {
    let (width, _) = terminal_size::terminal_size_of(io::stdout())?;
    (width.0 > 0).then(|| width.0.into())
}

/// A terminal's rows and columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Size {
    pub(crate) rows: usize,
    pub(crate) columns: usize,
}

/// The terminal's current size; 80 by 24 where it is unknown, as on some serial lines.
pub(crate) fn size() -> Size {
    let known = terminal_size::terminal_size_of(io::stdout())
        .map(|(width, height)| (usize::from(width.0), usize::from(height.0)))
        .filter(|(columns, rows)| *columns > 0 && *rows > 0);
    let (columns, rows) = known.unwrap_or((80, 24));
    Size { rows, columns }
}

/// Whether standard output is a terminal with a cursor that can be moved.
pub(crate) fn is_screen() -> bool {
    has_cursor() && io::stdout().is_terminal()
}

fn has_cursor() -> bool {
    env::var_os("TERM").is_some_and(|term| !term.is_empty() && term != "dumb")
}
