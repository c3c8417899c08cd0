//! What every form of a table does.

use std::io;

use psgo::Value;

use super::stamp::Stamp;

/// Takes the rows of a table one after the other.
pub(crate) trait Rows {
    /// Takes a row: as many values as there are columns.
    fn row(&mut self, values: &[Value]) -> io::Result<()>;

    /// Writes what is left; before that, rows may not have been written.
    fn finish(&mut self) -> io::Result<()>;
}

/// The sample that is being written, where its rows say so: in a watch, and with `-stamp`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment<'a> {
    /// Its time, by RFC 3339.
    pub(crate) at: &'a str,
    pub(crate) is_first: bool,
    /// From which host it is, where that is asked for.
    pub(crate) stamp: Option<&'a Stamp>,
}
