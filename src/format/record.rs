//! `Record`: a file that is parsed into a struct and written back as the same bytes.

use super::{Cursor, Field, ParseError, Spec};

/// A file, or a part of one, that psgo can parse.
///
/// The law: for any bytes, either `parse` fails or `write` gives exactly these bytes.
pub trait Record: Sized {
    /// Parses the whole of `file`.
    ///
    /// # Errors
    ///
    /// Names the first line and field that could not be parsed.
    fn parse(file: &[u8]) -> Result<Self, ParseError>;

    /// Appends the bytes that [`parse`](Self::parse) consumed to `out`.
    fn write(&self, out: &mut Vec<u8>);
}

/// The spec of a whole file: the record's own templates describe everything.
const WHOLE: Spec = Spec::new("file", "%r");

/// Parses a file that holds one `T` and nothing else.
pub(crate) fn parse_whole<T: Field>(file: &[u8], spec: &Spec) -> Result<T, ParseError> {
    let mut cursor = Cursor::new(file);
    let value = T::read(&mut cursor, spec)?;
    if cursor.rest().is_empty() {
        return Ok(value);
    }
    Err(cursor.error(spec.field, "more than the kernel writes"))
}

/// [`Record::parse`] of a described record.
pub(crate) fn parse<T: Field>(file: &[u8]) -> Result<T, ParseError> {
    parse_whole(file, &WHOLE)
}

/// [`Field::read`], compiled once per type: inlined for each field, it would be most of the program.
#[inline(never)]
pub(crate) fn read_field<T: Field>(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<T, ParseError> {
    T::read(cursor, spec)
}

/// [`Field::write`], compiled once per type.
#[inline(never)]
pub(crate) fn write_field<T: Field>(field: &T, spec: &Spec, out: &mut Vec<u8>) {
    field.write(spec, out);
}

/// Reads a record that is padded with blanks to the width of `spec`.
pub(crate) fn padded<T: Field>(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<T, ParseError> {
    const BARE: Spec = Spec::new("record", "%r");
    let mut inner = cursor.padded(spec)?;
    let record = T::take(&mut inner, &BARE)?;
    inner.end(spec)?;
    Ok(record)
}

/// [`Record::write`] of a described record.
pub(crate) fn write<T: Field>(record: &T, out: &mut Vec<u8>) {
    record.put(&WHOLE, out);
}
