//! `File`: a record that has a name in `/proc`, and how one is read that nobody knows by type.

use std::{
    io::{self, Read as _},
    ops::ControlFlow,
};

use super::{Field, Piece, ReadError, Record, Spec};
use crate::value::{Fields, Value};

/// A [`Record`] that is a file, and always has the same name.
pub trait File: Record {
    /// The file's path: below `/proc/PID` for what describes a process, otherwise below `/proc`.
    /// `*` stands for any one name in it.
    const PATH: &'static str;

    /// What it is, in one line: the first of its documentation.
    const ABOUT: &'static str;

    /// Is it rows, each a record of its own?
    const ROWS: bool = false;

    /// Is it a symbolic link, whose target is what there is to read?
    const IS_LINK: bool = false;

    /// Gives what the file holds by name: each row of a table, otherwise the file as one.
    fn records(&self, each: &mut dyn FnMut(Fields));

    /// Does it hold what psgo does not know, such as lines of a later kernel? They are kept.
    fn unknown(&self) -> bool;

    /// Reads `input` to its end, and gives each piece of it: rows one by one, in constant memory.
    ///
    /// # Errors
    ///
    /// Of reading, and of understanding; pieces that were given before are right.
    fn stream(
        input: &mut dyn io::Read,
        each: &mut dyn FnMut(&dyn Piece) -> ControlFlow<()>,
    ) -> Result<(), ReadError> {
        whole::<Self>(input, each)
    }
}

/// Reads a file that has no rows.
pub(crate) fn whole<T: File>(
    input: &mut dyn io::Read,
    each: &mut dyn FnMut(&dyn Piece) -> ControlFlow<()>,
) -> Result<(), ReadError> {
    struct Whole<T>(T);

    impl<T: File> Piece for Whole<T> {
        fn write(&self, out: &mut Vec<u8>) {
            self.0.write(out);
        }

        fn fields(&self) -> Option<Fields> {
            let mut all = None;
            self.0.records(&mut |fields| all = Some(fields));
            all
        }

        fn unknown(&self) -> bool {
            self.0.unknown()
        }
    }

    let mut bytes = Vec::new();
    input.take(LARGEST_FILE as u64).read_to_end(&mut bytes)?;
    // Breaking off after the only piece changes nothing.
    let _ = each(&Whole(T::parse(&bytes)?));
    Ok(())
}

/// The most that is read of a file as a whole; none of the kernel's is near it, though a table has
/// a row for each socket, for each mapping.
pub(crate) const LARGEST_FILE: usize = 64 << 20;

/// [`File::records`] of one field of a file with rows.
pub(crate) fn records_of<T: Field>(field: &T, spec: &Spec, each: &mut dyn FnMut(Fields)) {
    let mut give = |value| match value {
        Value::Fields(fields) => each(fields),
        value => each([(spec.field, value)].into_iter().collect()),
    };
    if T::ROWS {
        field.each_row(spec, &mut give);
    } else if !T::HIDDEN {
        give(field.value(spec));
    }
}
