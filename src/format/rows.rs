//! `Rows` and `Head`: the parts of a kernel table.

use std::ops::Deref;

use super::{
    Cursor, Field, Item, ParseError, Source, Spec, Stream,
    cursor::tri,
    stream::{Piece, Sink},
};
use crate::{
    bytes,
    value::{Fields, Value},
};

/// The rows of a file, each a record of its own when read by name.
///
/// [`Format::stream`](super::Format::stream) gives them one by one, for files too large to keep in
/// memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rows<T>(pub Vec<T>);

impl<T> Default for Rows<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Deref for Rows<T> {
    type Target = Vec<T>;

    fn deref(&self) -> &Vec<T> {
        &self.0
    }
}

impl<'a, T> IntoIterator for &'a Rows<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

/// The template is that of a list, with nothing before or after: `"{%r}"`.
impl<T: Item> Field for Rows<T> {
    const OPTIONAL: bool = true;
    const ROWS: bool = true;

    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        let mut rows = Vec::new();
        while !cursor.rest().is_empty() {
            rows.push(tri!(row(cursor, spec)));
        }
        Ok(Self(rows))
    }

    #[inline]
    fn put(&self, spec: &Spec, out: &mut Vec<u8>) {
        self.0.put(spec, out);
    }

    #[inline]
    fn value(&self, spec: &Spec) -> Value {
        self.0.value(spec)
    }

    #[inline]
    fn unknown(&self) -> bool {
        self.0.iter().any(T::unknown)
    }

    fn each_row(&self, spec: &Spec, each: &mut dyn FnMut(Value)) {
        for row in &self.0 {
            each(row.value(spec));
        }
    }

    fn stream(source: &mut Source<'_>, spec: &'static Spec, sink: Sink<'_>) -> Stream {
        while !source.is_at_end()? {
            let row: T = source.read(spec.field, |cursor| row(cursor, spec))?;
            if sink(&Written { value: &row, spec }).is_break() {
                source.stop();
            }
        }
        Ok(())
    }
}

/// A row, as a piece of a stream.
struct Written<'a, T> {
    value: &'a T,
    spec: &'static Spec,
}

impl<T: Field> Piece for Written<'_, T> {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.spec.open());
        self.value.put(self.spec, out);
        out.extend_from_slice(self.spec.close());
    }

    fn fields(&self) -> Option<Fields> {
        match self.value.value(self.spec) {
            Value::Fields(fields) => Some(fields),
            value => Some([(self.spec.field, value)].into_iter().collect()),
        }
    }

    fn unknown(&self) -> bool {
        self.value.unknown()
    }
}

fn row<T: Item>(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<T, ParseError> {
    let left = cursor.rest().len();
    tri!(cursor.open(spec));
    let row = tri!(T::take(cursor, spec));
    tri!(cursor.close(spec));
    // An empty row would repeat forever.
    if cursor.rest().len() == left {
        return Err(cursor.error(spec.field, "empty"));
    }
    Ok(row)
}

/// The lines of column names above a table, in one of the forms of different kernel versions.
///
/// The template is `%h` and each form in braces. Further columns after a form are kept.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Head {
    form: u8,
    further: Vec<u8>,
}

impl Head {
    /// Names of unknown columns, each with the blank before it.
    #[must_use]
    pub fn further_columns(&self) -> &[u8] {
        &self.further
    }
}

/// The forms in braces after `%h` of a template.
fn forms(spec: &Spec) -> impl Iterator<Item = &'static [u8]> {
    let forms = spec.after().split(|&b| b == b'{').skip(1);
    forms.map(|form| form.strip_suffix(b"}").unwrap_or(form))
}

impl Field for Head {
    const HIDDEN: bool = true;

    #[inline]
    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        for (index, form) in (0..).zip(forms(spec)) {
            if cursor.skip(form) {
                return Ok(Self {
                    form: index,
                    further: Vec::new(),
                });
            }
        }
        let longest = (0..)
            .zip(forms(spec))
            .filter_map(|(index, form)| Some((index, form.strip_suffix(b"\n")?)))
            .filter(|(_, form)| cursor.rest().starts_with(form))
            .max_by_key(|(_, form)| form.len());
        let Some((form, known)) = longest else {
            return Err(cursor.error(spec.field, "not the column names that psgo knows"));
        };
        cursor.take(known.len());
        let newline = bytes::find(cursor.rest(), b'\n');
        let further = cursor.take_line().to_vec();
        if newline.is_none() || !matches!(further.first(), Some(b' ' | b'\t')) {
            return Err(cursor.error(spec.field, "not the column names that psgo knows"));
        }
        cursor.take(1);
        Ok(Self { form, further })
    }

    #[inline]
    fn put(&self, spec: &Spec, out: &mut Vec<u8>) {
        let form = forms(spec).nth(self.form.into()).unwrap_or_default();
        if self.further.is_empty() {
            return out.extend_from_slice(form);
        }
        out.extend_from_slice(form.strip_suffix(b"\n").unwrap_or(form));
        out.extend_from_slice(&self.further);
        out.push(b'\n');
    }

    /// The text after the directive holds the forms, so it is not read.
    #[inline]
    fn read(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        Self::take(cursor, spec)
    }

    #[inline]
    fn write(&self, spec: &Spec, out: &mut Vec<u8>) {
        self.put(spec, out);
    }

    #[inline]
    fn value(&self, _: &Spec) -> Value {
        Value::MISSING
    }

    #[inline]
    fn unknown(&self) -> bool {
        !self.further.is_empty()
    }
}
