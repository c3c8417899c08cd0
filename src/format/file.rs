//! `File`: a record that has a path in `/proc` and can be read without knowing its type.

use std::{
    io::{self, Read as _},
    ops::ControlFlow,
};

use super::{Field, Piece, ReadError, Record, Spec};
use crate::value::{Fields, Value};

/// A [`Record`] that is a whole file with a fixed path.
pub trait File: Record {
    /// The file's path: below `/proc/PID` for a file of a process, otherwise below `/proc`. `*`
    /// matches any one name.
    const PATH: &'static str;

    /// What it is: the first line of its documentation.
    const ABOUT: &'static str;

    /// Whether it consists of rows, each a record of its own.
    const ROWS: bool = false;

    /// Whether it is a symbolic link, whose target is its content.
    const IS_LINK: bool = false;

    /// Calls `each` with the fields by name: of each row of a table, otherwise of the whole file.
    fn records(&self, each: &mut dyn FnMut(Fields));

    /// Whether it holds anything psgo does not know, such as lines of a later kernel. It is kept.
    fn unknown(&self) -> bool;

    /// Reads `input` to its end and calls `each` with each piece: rows one by one, in constant memory.
    ///
    /// # Errors
    ///
    /// If reading or parsing fails; pieces given before that are valid.
    fn stream(
        input: &mut dyn io::Read,
        each: &mut dyn FnMut(&dyn Piece) -> ControlFlow<()>,
    ) -> Result<(), ReadError> {
        whole::<Self>(input, each)
    }
}

/// Reads a file without rows.
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

    let bytes = read_whole(input)?;
    // There is only one piece, so `Break` changes nothing.
    let _ = each(&Whole(T::parse(&bytes)?));
    Ok(())
}

/// Maximum size of a file that is read as a whole. No kernel file comes near it, not even tables with
/// a row for each socket or mapping.
pub(crate) const LARGEST_FILE: usize = 64 << 20;

/// All of a file. One that is larger than [`LARGEST_FILE`] is an error: a part of it would be taken
/// for the whole.
pub(crate) fn read_whole(input: impl io::Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut input = input.take(LARGEST_FILE as u64 + 1);
    input.read_to_end(&mut bytes)?;
    if bytes.len() > LARGEST_FILE {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    Ok(bytes)
}

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
