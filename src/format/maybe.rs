//! `Maybe`: what some kernels write and others leave out, lines and all.

use std::ops::Deref;

use super::{Cursor, Field, Item, ParseError, Spec};
use crate::value::Value;

/// What stands in a file or does not; the text before it tells.
///
/// The template has the form of a list's: `"{  boost %u\n}"`. Other than an `Option` it may be in
/// the middle of a record, and its text may begin a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Maybe<T>(pub Option<T>);

impl<T> Default for Maybe<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T> Deref for Maybe<T> {
    type Target = Option<T>;

    fn deref(&self) -> &Option<T> {
        &self.0
    }
}

impl<T: Item> Field for Maybe<T> {
    const OPTIONAL: bool = true;

    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        if cursor.rest().is_empty() || !cursor.skip(spec.open) {
            return Ok(Self(None));
        }
        let value = T::take(cursor, spec)?;
        cursor.literal(spec.close, spec.field)?;
        Ok(Self(Some(value)))
    }

    fn put(&self, spec: &Spec, out: &mut Vec<u8>) {
        if let Some(value) = &self.0 {
            out.extend_from_slice(spec.open);
            value.put(spec, out);
            out.extend_from_slice(spec.close);
        }
    }

    fn value(&self, spec: &Spec) -> Value {
        let value = self.0.as_ref().map(|value| value.value(spec));
        value.unwrap_or(Value::Missing)
    }

    fn unknown(&self) -> bool {
        self.0.as_ref().is_some_and(T::unknown)
    }
}

/// Text may be left out as well.
impl Item for Vec<u8> {}
