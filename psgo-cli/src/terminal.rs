//! The terminal that standard output is connected to.

use std::{
    env,
    ffi::OsStr,
    io::{self, IsTerminal as _},
    os::fd::AsFd as _,
};

use crate::sys;

/// How many columns a line of standard output may have: `COLUMNS`, as for ps, otherwise the
/// terminal's width; `None` without a terminal, or if its width is unknown.
pub(crate) fn width() -> Option<usize> {
    let own = sys::window_size(io::stdout().as_fd())?.columns;
    columns(env::var_os("COLUMNS").as_deref()).or(own)
}

/// The number that `COLUMNS` is; `None` for anything but a positive number.
fn columns(set: Option<&OsStr>) -> Option<usize> {
    let text = set?.to_str()?;
    let is_number = text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|number| is_number && *number > 0)
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
    let own = known.columns.unwrap_or(80);
    // Lines that are longer than the terminal would break what is drawn over them.
    let set = columns(env::var_os("COLUMNS").as_deref());
    Size {
        rows: known.rows.unwrap_or(24),
        columns: set.map_or(own, |set| set.min(own)),
    }
}

/// Whether standard output is a terminal with a cursor that can be moved.
pub(crate) fn is_screen() -> bool {
    has_cursor() && io::stdout().is_terminal()
}

fn has_cursor() -> bool {
    env::var_os("TERM").is_some_and(|term| !term.is_empty() && term != "dumb")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_is_a_positive_number_or_not_set() {
        let columns = |text: &str| super::columns(Some(OsStr::new(text)));
        assert_eq!(columns("40"), Some(40));
        for text in ["", "0", "-1", "+40", "40 ", "x", "99999999999999999999999"] {
            assert_eq!(columns(text), None, "{text:?}");
        }
        assert_eq!(super::columns(None), None);
    }
}
