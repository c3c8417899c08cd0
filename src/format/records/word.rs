//! `Word` and `Words`: bytes without a blank.

use crate::{
    format::{Cursor, Field, Item, ParseError, Spec},
    value::Value,
};

/// Bytes up to the next blank, tab or newline; the template is `%r`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Word(pub Vec<u8>);

impl Field for Word {
    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        let text = cursor.rest();
        let len = text
            .iter()
            .take_while(|b| !matches!(b, b' ' | b'\t' | b'\n'))
            .count();
        if len == 0 {
            return Err(cursor.error(spec.field, "missing"));
        }
        Ok(Self(cursor.take(len).to_vec()))
    }

    #[inline]
    fn put(&self, _: &Spec, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.0);
    }

    #[inline]
    fn value(&self, _: &Spec) -> Value {
        Value::text(&self.0)
    }
}

impl Item for Word {}

/// Words in a row, each with a blank before it, up to the end of the line; the template is `%r`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Words(Vec<Vec<u8>>);

impl Words {
    /// Each word.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.0
            .iter()
            .map(Vec::as_slice)
            .filter(|word| !word.is_empty())
    }
}

impl Field for Words {
    const OPTIONAL: bool = true;

    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        match cursor.take_line() {
            [] => Ok(Self::default()),
            [b' ', words @ ..] => Ok(Self(
                words.split(|&b| b == b' ').map(<[u8]>::to_vec).collect(),
            )),
            _ => Err(cursor.error(spec.field, "no blank before it")),
        }
    }

    #[inline]
    fn put(&self, _: &Spec, out: &mut Vec<u8>) {
        for word in &self.0 {
            out.push(b' ');
            out.extend_from_slice(word);
        }
    }

    #[inline]
    fn value(&self, _: &Spec) -> Value {
        Value::List(self.iter().map(Value::text).collect())
    }
}
