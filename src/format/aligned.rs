//! `Aligned`: a value in a column whose width changed from one kernel to another.

use std::ops::Deref;

use super::{Cursor, Field, ParseError, Spec, field::Item};
use crate::value::Value;

/// A value and the number of blanks or tabs before it, which differs between kernels and is kept.
///
/// The template is the value's, without a width.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Aligned<T> {
    value: T,
    blanks: u8,
    tabs: u8,
}

impl<T> Deref for Aligned<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: Field> Field for Aligned<T> {
    const OPTIONAL: bool = T::OPTIONAL;

    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        let mut run = |byte| {
            let len = cursor.rest().iter().take_while(|&&b| b == byte).count();
            cursor.take(len);
            u8::try_from(len).map_err(|_| cursor.error(spec.field, "after too many blanks"))
        };
        let (tabs, blanks) = (run(b'\t')?, run(b' ')?);
        Ok(Self {
            value: T::take(cursor, spec)?,
            blanks,
            tabs,
        })
    }

    #[inline]
    fn put(&self, spec: &Spec, out: &mut Vec<u8>) {
        out.extend(std::iter::repeat_n(b'\t', self.tabs.into()));
        out.extend(std::iter::repeat_n(b' ', self.blanks.into()));
        self.value.put(spec, out);
    }

    #[inline]
    fn value(&self, spec: &Spec) -> Value {
        self.value.value(spec)
    }

    #[inline]
    fn unknown(&self) -> bool {
        self.value.unknown()
    }
}

impl<T: Item> Item for Aligned<T> {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_blanks_before_a_value_are_kept_and_are_none_of_it() {
        const SPEC: Spec = Spec::new("total", "MemTotal:%u kB\n");
        for (text, blanks) in [("MemTotal:     7 kB\n", 5), ("MemTotal:7 kB\n", 0)] {
            let total = Aligned::<u64>::read(&mut Cursor::new(text.as_bytes()), &SPEC).unwrap();
            assert_eq!((*total, total.blanks), (7, blanks));
            assert_eq!(total.value(&SPEC), Value::Size(7 * 1024));
            let mut out = Vec::new();
            total.write(&SPEC, &mut out);
            assert_eq!(out, text.as_bytes());
        }
        let many = format!("MemTotal:{}7 kB\n", " ".repeat(256));
        assert!(Aligned::<u64>::read(&mut Cursor::new(many.as_bytes()), &SPEC).is_err());
    }
}
