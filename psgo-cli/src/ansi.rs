//! Escape codes: colours, the cursor, and erasing.

pub(crate) const BOLD: &str = "\x1b[1m";
pub(crate) const FAINT: &str = "\x1b[2m";
pub(crate) const RED: &str = "\x1b[31m";
pub(crate) const GREEN: &str = "\x1b[32m";
pub(crate) const YELLOW: &str = "\x1b[33m";
/// Ends all of those.
pub(crate) const PLAIN: &str = "\x1b[0m";

pub(crate) const HIDE_CURSOR: &str = "\x1b[?25l";
pub(crate) const SHOW_CURSOR: &str = "\x1b[?25h";
/// Moves the cursor to the first column of the first line.
pub(crate) const HOME: &str = "\x1b[H";
pub(crate) const ERASE_TO_END_OF_LINE: &str = "\x1b[K";
pub(crate) const ERASE_TO_END_OF_SCREEN: &str = "\x1b[J";

/// The text in that colour, if colours are wanted.
pub(crate) fn painted(color: &str, text: &str, has_color: bool) -> String {
    if has_color {
        format!("{color}{text}{PLAIN}")
    } else {
        text.to_owned()
    }
}

/// The parts of a text between its colour codes.
pub(crate) fn uncolored(text: &str) -> impl Iterator<Item = &str> {
    let mut parts = text.split('\x1b');
    let first = parts.next();
    let others = parts.filter_map(|part| part.split_once('m'));
    first.into_iter().chain(others.map(|(_, text)| text))
}
