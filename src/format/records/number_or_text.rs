//! `NumberOrText`: a number if it is one, otherwise text.

use crate::{
    bytes,
    format::{Cursor, Field, Item, ParseError, Spec},
    value::Value,
};

/// A value that the kernel writes as a number or as a word: `max`, `-1`, `reno`.
///
/// Only the kernel's form of a number counts as one: `007` is text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NumberOrText {
    /// A whole number.
    Int(i64),
    /// A whole number that `Int` cannot hold.
    Uint(u64),
    /// Anything else.
    Text(Vec<u8>),
}

impl Default for NumberOrText {
    fn default() -> Self {
        Self::Text(Vec::new())
    }
}

impl NumberOrText {
    /// What `text` is.
    #[must_use]
    pub fn new(text: &[u8]) -> Self {
        if let Some(number) = bytes::decimal(text) {
            return Self::Int(number);
        }
        bytes::decimal(text).map_or_else(|| Self::Text(text.to_vec()), Self::Uint)
    }

    /// The number, if it is one that is not negative.
    #[must_use]
    pub fn number(&self) -> Option<u64> {
        match self {
            Self::Int(number) => u64::try_from(*number).ok(),
            Self::Uint(number) => Some(*number),
            Self::Text(_) => None,
        }
    }

    /// Appends its bytes to `out`.
    pub(crate) fn push(&self, out: &mut Vec<u8>) {
        match self {
            Self::Int(number) => bytes::push_decimal((*number).into(), out),
            Self::Uint(number) => bytes::push_decimal((*number).into(), out),
            Self::Text(text) => out.extend_from_slice(text),
        }
    }

    /// As those see it who do not know this type.
    pub(crate) fn to_value(&self) -> Value {
        match self {
            Self::Int(number) => Value::Int(*number),
            Self::Uint(number) => Value::from(*number),
            Self::Text(text) => Value::text(text),
        }
    }

    pub(crate) const fn is_number(&self) -> bool {
        !matches!(self, Self::Text(_))
    }
}

/// Up to the next blank, tab or newline; the template is `%r`.
impl Field for NumberOrText {
    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        let text = cursor.rest();
        let end = text.iter().position(|b| matches!(b, b' ' | b'\t' | b'\n'));
        match cursor.take(end.unwrap_or(text.len())) {
            [] => Err(cursor.error(spec.field, "missing")),
            text => Ok(Self::new(text)),
        }
    }

    #[inline]
    fn put(&self, _: &Spec, out: &mut Vec<u8>) {
        self.push(out);
    }

    #[inline]
    fn value(&self, _: &Spec) -> Value {
        self.to_value()
    }
}

impl Item for NumberOrText {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_one_in_the_kernels_form_alone() {
        for (text, number) in [("0", 0), ("-1", -1), ("9223372036854775807", i64::MAX)] {
            assert_eq!(
                NumberOrText::new(text.as_bytes()),
                NumberOrText::Int(number)
            );
        }
        assert_eq!(
            NumberOrText::new(b"18446744073709551615"),
            NumberOrText::Uint(u64::MAX)
        );
        for text in ["", "max", "007", "-0", "+1", "1.5", "18446744073709551616"] {
            let word = NumberOrText::new(text.as_bytes());
            assert_eq!(word, NumberOrText::Text(text.into()));
            assert_eq!(word.number(), None);
        }
    }
}
