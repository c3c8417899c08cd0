//! `Field`: a value in a file, read and written according to its [`Spec`].

use super::{
    Conversion, Cursor, ParseError, Spec,
    cursor::tri,
    stream::{Piece, Sink, Source, Stream},
};
use crate::{
    bytes,
    value::{Fields, Value},
};

/// A value in a file.
///
/// The law for every implementation: `write` gives exactly the bytes that `read` consumed.
pub(crate) trait Field: Sized {
    /// Whether a file may lack it.
    const OPTIONAL: bool = false;

    /// Whether it is the rows of a file.
    const ROWS: bool = false;

    /// Whether it is left out of the fields by name.
    const HIDDEN: bool = false;

    /// Reads the value, without the text around it.
    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError>;

    /// Writes the value, without the text around it.
    fn put(&self, spec: &Spec, out: &mut Vec<u8>);

    /// The value for readers that do not know the record's type.
    fn value(&self, spec: &Spec) -> Value;

    /// Adds it to `fields`, by default under its name.
    fn describe(&self, spec: &Spec, fields: &mut Fields) {
        if !Self::HIDDEN {
            fields.push(spec.field, self.value(spec));
        }
    }

    /// Whether it holds anything psgo does not know, such as columns of a later kernel.
    fn unknown(&self) -> bool {
        false
    }

    /// Calls the function with each row, if the value is rows.
    fn each_row(&self, _: &Spec, _: &mut dyn FnMut(Value)) {}

    /// Reads the value and the text around it; rows are read one by one.
    fn stream(source: &mut Source<'_>, spec: &'static Spec, sink: Sink<'_>) -> Stream {
        let value = source.read(spec.field, |cursor| Self::read(cursor, spec))?;
        if sink(&Alone {
            value: &value,
            spec,
        })
        .is_break()
        {
            source.stop();
        }
        Ok(())
    }

    /// Reads the value and the text around it.
    #[inline]
    fn read(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        tri!(cursor.before(spec));
        let value = tri!(Self::take(cursor, spec));
        tri!(cursor.after(spec));
        Ok(value)
    }

    /// [`read`](Self::read) into an old value, whose memory may be reused. Worth its code size for
    /// files that are read for each of thousands of processes.
    #[inline]
    fn renew(&mut self, cursor: &mut Cursor<'_>, spec: &Spec) -> Result<(), ParseError> {
        *self = tri!(Self::read(cursor, spec));
        Ok(())
    }

    /// Writes the value and the text around it.
    fn write(&self, spec: &Spec, out: &mut Vec<u8>) {
        spec.write_before(out);
        self.put(spec, out);
        spec.write_after(out);
    }
}

/// A field other than rows, as a piece of a stream.
struct Alone<'a, T> {
    value: &'a T,
    spec: &'static Spec,
}

impl<T: Field> Piece for Alone<'_, T> {
    fn write(&self, out: &mut Vec<u8>) {
        self.value.write(self.spec, out);
    }

    fn fields(&self) -> Option<Fields> {
        if T::HIDDEN {
            return None;
        }
        match self.value.value(self.spec) {
            Value::Fields(fields) => Some(fields),
            value => Some([(self.spec.field, value)].into_iter().collect()),
        }
    }

    fn unknown(&self) -> bool {
        self.value.unknown()
    }
}

/// Whether the field is missing: a field whose text begins with a newline is missing at the end of
/// the file, others at the end of the line.
#[inline]
fn is_missing(cursor: &Cursor<'_>, spec: &Spec) -> bool {
    if spec.before().starts_with(b"\n") {
        cursor.rest().is_empty()
    } else {
        cursor.at_line_end()
    }
}

/// A field that may be missing at the end of a line, or a line that a file may lack.
impl<T: Field> Field for Option<T> {
    const OPTIONAL: bool = true;

    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        T::take(cursor, spec).map(Some)
    }

    #[inline]
    fn put(&self, spec: &Spec, out: &mut Vec<u8>) {
        if let Some(value) = self {
            value.put(spec, out);
        }
    }

    #[inline]
    fn value(&self, spec: &Spec) -> Value {
        let value = self.as_ref().map(|value| value.value(spec));
        value.unwrap_or(Value::MISSING)
    }

    #[inline]
    fn describe(&self, spec: &Spec, fields: &mut Fields) {
        match self {
            Some(value) => value.describe(spec, fields),
            None => fields.push(spec.field, Value::MISSING),
        }
    }

    #[inline]
    fn unknown(&self) -> bool {
        self.as_ref().is_some_and(T::unknown)
    }

    fn read(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        if is_missing(cursor, spec) {
            return Ok(None);
        }
        T::read(cursor, spec).map(Some)
    }

    #[inline]
    fn write(&self, spec: &Spec, out: &mut Vec<u8>) {
        if let Some(value) = self {
            value.write(spec, out);
        }
    }
}

/// `yes` or `no`. The template is that of text, `%s`.
impl Field for bool {
    #[inline]
    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        let yes = cursor.skip(b"yes");
        if yes || cursor.skip(b"no") {
            return Ok(yes);
        }
        Err(cursor.error(spec.field, "neither yes nor no"))
    }

    #[inline]
    fn put(&self, _: &Spec, out: &mut Vec<u8>) {
        out.extend_from_slice(if *self { b"yes" } else { b"no" });
    }

    #[inline]
    fn value(&self, _: &Spec) -> Value {
        Value::Bool(*self)
    }
}

/// One byte, such as the letter of a state.
impl Field for u8 {
    #[inline]
    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        if cursor.at_line_end() {
            return Err(cursor.error(spec.field, "missing"));
        }
        cursor
            .take(1)
            .first()
            .copied()
            .ok_or_else(|| cursor.error(spec.field, "missing"))
    }

    #[expect(
        clippy::inline_always,
        reason = "the spec is a constant where it is inlined"
    )]
    #[inline(always)]
    fn renew(&mut self, cursor: &mut Cursor<'_>, spec: &Spec) -> Result<(), ParseError> {
        cursor.literal(spec.before(), spec.field)?;
        *self = Self::take(cursor, spec)?;
        cursor.literal(spec.after(), spec.field)
    }

    #[inline]
    fn put(&self, _: &Spec, out: &mut Vec<u8>) {
        out.push(*self);
    }

    #[inline]
    fn value(&self, _: &Spec) -> Value {
        Value::text([*self])
    }
}

/// Text, as it stands.
impl Field for Vec<u8> {
    #[inline]
    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        let len = text_len(cursor.rest(), spec)
            .ok_or_else(|| cursor.error(spec.field, "not closed by the text after it"))?;
        let text = cursor.take(len);
        // As long as the column or longer: there is no padding.
        if len > spec.width {
            return Ok(text.to_vec());
        }
        let blank = |b: &u8| *b == b' ';
        let filled = if spec.left {
            text.iter().rev().take_while(|b| blank(b)).count()
        } else {
            text.iter().take_while(|b| blank(b)).count()
        };
        let text = if spec.left {
            text.get(..len - filled)
        } else {
            text.get(filled..)
        };
        Ok(text.unwrap_or_default().to_vec())
    }

    #[inline]
    fn renew(&mut self, cursor: &mut Cursor<'_>, spec: &Spec) -> Result<(), ParseError> {
        if spec.width > 0 {
            *self = Self::read(cursor, spec)?;
            return Ok(());
        }
        cursor.literal(spec.before(), spec.field)?;
        let len = text_len(cursor.rest(), spec)
            .ok_or_else(|| cursor.error(spec.field, "not closed by the text after it"))?;
        self.clear();
        self.extend_from_slice(cursor.take(len));
        cursor.literal(spec.after(), spec.field)
    }

    #[inline]
    fn put(&self, spec: &Spec, out: &mut Vec<u8>) {
        let fill = std::iter::repeat_n(b' ', spec.width.saturating_sub(self.len()));
        if spec.left {
            out.extend_from_slice(self);
            out.extend(fill);
        } else {
            out.extend(fill);
            out.extend_from_slice(self);
        }
    }

    #[inline]
    fn value(&self, _: &Spec) -> Value {
        Value::text(self)
    }
}

/// Length of the text at the start of `rest`, including the blanks that pad its column.
#[inline]
fn text_len(rest: &[u8], spec: &Spec) -> Option<usize> {
    if spec.kind == Conversion::Greedy {
        return bytes::rfind_part(rest, spec.after());
    }
    let newline = bytes::find(rest, b'\n');
    let len = if let [line_end @ .., b'\n'] = spec.after() {
        rest.get(..newline?)?.strip_suffix(line_end)?.len()
    } else {
        let line = rest.get(..newline.unwrap_or(rest.len()))?;
        if spec.after().is_empty() {
            line.len()
        } else {
            // A padding blank is not the separator.
            spec.width + bytes::find_part(line.get(spec.width..)?, spec.after())?
        }
    };
    (len >= spec.width).then_some(len)
}

/// An element of a list: a number or a record. `u8` is none, since `Vec<u8>` is text.
pub(crate) trait Item: Field {}

impl<T: Item> Field for Vec<T> {
    const OPTIONAL: bool = true;

    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        let mut list = Self::new();
        if let Some(between) = spec.between() {
            while !cursor.rest().starts_with(spec.after()) {
                if !list.is_empty() {
                    tri!(cursor.shared_literal(between, spec.field));
                }
                list.push(tri!(T::take(cursor, spec)));
            }
            return Ok(list);
        }
        // Anything that begins like an element but is not one is an error.
        while !cursor.rest().is_empty() && cursor.skip(spec.open()) {
            let left = cursor.rest().len();
            list.push(tri!(T::take(cursor, spec)));
            tri!(cursor.close(spec));
            // An empty element would repeat forever.
            if cursor.rest().len() == left && spec.open().is_empty() {
                return Err(cursor.error(spec.field, "empty"));
            }
        }
        Ok(list)
    }

    #[inline]
    fn put(&self, spec: &Spec, out: &mut Vec<u8>) {
        for (i, item) in self.iter().enumerate() {
            if i > 0
                && let Some(between) = spec.between()
            {
                out.extend_from_slice(between);
            }
            out.extend_from_slice(spec.open());
            item.put(spec, out);
            out.extend_from_slice(spec.close());
        }
    }

    #[inline]
    fn value(&self, spec: &Spec) -> Value {
        Value::List(self.iter().map(|item| item.value(spec)).collect())
    }

    #[inline]
    fn unknown(&self) -> bool {
        self.iter().any(T::unknown)
    }
}

/// Exactly `N` elements; the template has the braces before the directive.
impl<T: Item + Copy + Default, const N: usize> Field for [T; N] {
    #[inline]
    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        let mut list = [T::default(); N];
        for item in &mut list {
            tri!(cursor.literal(spec.open(), spec.field));
            *item = tri!(T::take(cursor, spec));
            tri!(cursor.literal(spec.close(), spec.field));
        }
        Ok(list)
    }

    #[inline]
    fn put(&self, spec: &Spec, out: &mut Vec<u8>) {
        for item in self {
            out.extend_from_slice(spec.open());
            item.put(spec, out);
            out.extend_from_slice(spec.close());
        }
    }

    #[inline]
    fn value(&self, spec: &Spec) -> Value {
        Value::List(self.iter().map(|item| item.value(spec)).collect())
    }

    #[inline]
    fn unknown(&self) -> bool {
        self.iter().any(T::unknown)
    }
}

/// Columns after the known ones, which a later kernel may print.
///
/// Empty on the kernels that psgo knows. Otherwise it begins with the blank after the last known
/// column.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rest(Vec<u8>);

impl Rest {
    /// The columns, each with the blank before it.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Field for Rest {
    const OPTIONAL: bool = true;

    #[inline]
    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        if !cursor.at_line_end() && !cursor.rest().starts_with(b" ") {
            return Err(cursor.error(spec.field, "no blank before it"));
        }
        Ok(Self(cursor.take_line().to_vec()))
    }

    #[inline]
    fn put(&self, _: &Spec, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.0);
    }

    /// A list of the columns; missing if there are none.
    #[inline]
    fn value(&self, _: &Spec) -> Value {
        if self.is_empty() {
            return Value::MISSING;
        }
        let columns = self.0.split(u8::is_ascii_whitespace);
        let columns = columns.filter(|column| !column.is_empty());
        Value::List(columns.map(Value::text).collect())
    }

    #[inline]
    fn unknown(&self) -> bool {
        !self.is_empty()
    }
}
