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

/// Whether to colour: `wish` decides, then <https://no-color.org>, then what the terminal can do.
pub(crate) fn has_color(wish: Color) -> bool {
    match wish {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => {
            let set = |name| env::var_os(name).filter(|value| !value.is_empty());
            set("NO_COLOR").is_none()
                && set("TERM").is_some_and(|term| term != "dumb")
                && io::stdout().is_terminal()
        }
    }
}
