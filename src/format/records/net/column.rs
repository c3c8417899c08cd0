//! `Padded`, `CommaList` and `ColumnNames`: tables whose column widths differ between kernels.

use std::ops::Deref;

use crate::{
    bytes,
    format::{Cursor, Field, ParseError, Spec},
    value::Value,
};

/// A value in a column, and the blanks around it, whose number differs between kernels and is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Padded<T> {
    /// The value.
    pub value: T,
    before: usize,
    after: usize,
}

impl<T> Deref for Padded<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

/// Goes past blanks.
fn blanks(cursor: &mut Cursor<'_>) -> usize {
    let count = cursor.rest().iter().take_while(|&&b| b == b' ').count();
    cursor.take(count).len()
}

impl<T: Field> Field for Padded<T> {
    const OPTIONAL: bool = T::OPTIONAL;

    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        let before = blanks(cursor);
        let value = T::take(cursor, spec)?;
        let after = blanks(cursor);
        if after == 0 && !cursor.at_line_end() {
            return Err(cursor.error(spec.field, "no blank after it"));
        }
        Ok(Self {
            value,
            before,
            after,
        })
    }

    #[inline]
    fn put(&self, spec: &Spec, out: &mut Vec<u8>) {
        out.extend(std::iter::repeat_n(b' ', self.before));
        self.value.put(spec, out);
        out.extend(std::iter::repeat_n(b' ', self.after));
    }

    #[inline]
    fn value(&self, spec: &Spec) -> Value {
        self.value.value(spec)
    }

    #[inline]
    fn describe(&self, spec: &Spec, fields: &mut crate::Fields) {
        self.value.describe(spec, fields);
    }

    #[inline]
    fn unknown(&self) -> bool {
        self.value.unknown()
    }
}

/// Names with commas between.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CommaList(pub Vec<Vec<u8>>);

/// The template is a text's, `(%s)`.
impl Field for CommaList {
    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        let text = Vec::<u8>::take(cursor, spec)?;
        if text.is_empty() {
            return Ok(Self::default());
        }
        Ok(Self(
            text.split(|&b| b == b',').map(<[u8]>::to_vec).collect(),
        ))
    }

    #[inline]
    fn put(&self, _: &Spec, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.0.join(&b','));
    }

    #[inline]
    fn value(&self, _: &Spec) -> Value {
        Value::List(self.0.iter().map(Value::text).collect())
    }
}

/// The line of column names above a table, with any number of blanks between them.
///
/// The template is `%h` and the known names in braces, separated by blanks.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ColumnNames {
    names: Vec<(Vec<u8>, Vec<u8>)>,
    known: bool,
}

impl ColumnNames {
    /// The names.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.names.iter().map(|(name, _)| name.as_slice())
    }
}

impl Field for ColumnNames {
    const HIDDEN: bool = true;

    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        let list = spec.after().strip_prefix(b"{").unwrap_or(spec.after());
        let list = list.strip_suffix(b"}").unwrap_or(list);
        let known = |name: &[u8]| list.split(|&b| b == b' ').any(|known| known == name);
        let text = cursor.rest();
        let line = bytes::find(text, b'\n').map_or(text, |len| text.get(..len).unwrap_or(text));
        let names = words(line)
            .ok_or_else(|| cursor.error(spec.field, "not the column names that psgo knows"))?;
        // So a file of another kind is not taken for this one.
        let first = names.first().map(|(name, _)| name.as_slice());
        if line.len() == text.len() || !first.is_some_and(known) {
            return Err(cursor.error(spec.field, "not the column names that psgo knows"));
        }
        cursor.take(line.len() + 1);
        Ok(Self {
            known: names.iter().all(|(name, _)| known(name)),
            names,
        })
    }

    #[inline]
    fn put(&self, _: &Spec, out: &mut Vec<u8>) {
        for (name, gap) in &self.names {
            out.extend_from_slice(name);
            out.extend_from_slice(gap);
        }
        out.push(b'\n');
    }

    /// The text after the directive is the names.
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
        !self.known
    }
}

/// The words of a line, each with the blanks after it; nothing for a line that begins with one.
pub(super) fn words(line: &[u8]) -> Option<Vec<(Vec<u8>, Vec<u8>)>> {
    let is_blank = |b: &u8| matches!(b, b' ' | b'\t');
    let mut words = Vec::new();
    let mut rest = line;
    while !rest.is_empty() {
        let word = rest.iter().position(is_blank).unwrap_or(rest.len());
        let (word, after) = rest.split_at_checked(word)?;
        let gap = after.iter().take_while(|b| is_blank(b)).count();
        let (gap, next) = after.split_at_checked(gap)?;
        if word.is_empty() {
            return None;
        }
        words.push((word.to_vec(), gap.to_vec()));
        rest = next;
    }
    Some(words)
}
