//! What standard output is connected to.

use std::{
    env,
    io::{self, IsTerminal as _},
};

use crate::args::Color;

/// The terminal's width in columns; nothing where there is no terminal, or one of no known width.
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

/// The terminal's size as it is now; that of the first terminals where it does not tell, as some
/// serial lines do not.
pub(crate) fn size() -> Size {
    let told = terminal_size::terminal_size_of(io::stdout())
        .map(|(width, height)| (usize::from(width.0), usize::from(height.0)))
        .filter(|(columns, rows)| *columns > 0 && *rows > 0);
    let (columns, rows) = told.unwrap_or((80, 24));
    Size { rows, columns }
}

/// Whether standard output is a terminal on which lines can be written over.
pub(crate) fn is_screen() -> bool {
    has_cursor() && io::stdout().is_terminal()
}

fn has_cursor() -> bool {
    env::var_os("TERM").is_some_and(|term| !term.is_empty() && term != "dumb")
}

/// Whether to colour: `wish` decides, then <https://no-color.org>, then what the terminal can do.
pub(crate) fn has_color(wish: Color) -> bool {
    match wish {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => {
            let set = |name| env::var_os(name).filter(|value| !value.is_empty());
            set("NO_COLOR").is_none() && is_screen()
        }
    }
}
