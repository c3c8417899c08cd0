//! `Record`: a file that is parsed into a struct and written back as the same bytes.

use super::{Cursor, Field, ParseError, Spec, cursor::tri, layout::Lines};

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
    let value = tri!(T::read(&mut cursor, spec));
    if cursor.rest().is_empty() {
        return Ok(value);
    }
    Err(cursor.error(spec.field, "more than the kernel writes"))
}

/// [`Record::parse`] of a described record.
pub(crate) fn parse<T: Field>(file: &[u8]) -> Result<T, ParseError> {
    parse_whole(file, &WHOLE)
}

/// [`Field::read`] into `field`, compiled once per type: inlined for each field, it would be most of
/// the program, and values that are returned and moved would be most of the rest.
#[inline(never)]
pub(crate) fn read_field<T: Field>(
    field: &mut T,
    cursor: &mut Cursor<'_>,
    spec: &Spec,
) -> Result<(), ParseError> {
    *field = tri!(T::read(cursor, spec));
    Ok(())
}

/// Reads a labelled field into `field` if its label is next, or if it stands `on_line`, the line of
/// the one before.
#[inline(never)]
pub(crate) fn read_labelled<T: Field>(
    field: &mut T,
    cursor: &mut Cursor<'_>,
    (index, spec): (u8, &Spec),
    lines: &mut Lines,
    on_line: &mut bool,
) -> Result<(), ParseError> {
    if *on_line || cursor.rest().starts_with(spec.label()) {
        tri!(lines.see(index, cursor, spec.field));
        *field = tri!(T::read(cursor, spec));
        *on_line = !spec.ends_line();
    }
    Ok(())
}

/// [`Field::write`], compiled once per type.
#[inline(never)]
pub(crate) fn write_field<T: Field>(field: &T, spec: &Spec, out: &mut Vec<u8>) {
    field.write(spec, out);
}

/// [`Record::write`] of a described record.
pub(crate) fn write<T: Field>(record: &T, out: &mut Vec<u8>) {
    record.put(&WHOLE, out);
}
