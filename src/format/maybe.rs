//! `Maybe` and `Present`: text that some kernels write and others leave out, even whole lines.

use std::ops::Deref;

use super::{Cursor, Field, Item, ParseError, Spec};
use crate::value::{Fields, Value};

/// An optional value, recognised by the text before it.
///
/// The template is that of a list: `"{  boost %u\n}"`. Unlike an `Option` it may be in the middle of a
/// record, and its text may begin a line.
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
        if cursor.rest().is_empty() || !cursor.skip(spec.open()) {
            return Ok(Self(None));
        }
        let value = T::take(cursor, spec)?;
        cursor.literal(spec.close(), spec.field)?;
        Ok(Self(Some(value)))
    }

    #[inline]
    fn put(&self, spec: &Spec, out: &mut Vec<u8>) {
        if let Some(value) = &self.0 {
            out.extend_from_slice(spec.open());
            value.put(spec, out);
            out.extend_from_slice(spec.close());
        }
    }

    #[inline]
    fn value(&self, spec: &Spec) -> Value {
        let value = self.0.as_ref().map(|value| value.value(spec));
        value.unwrap_or(Value::MISSING)
    }

    #[inline]
    fn describe(&self, spec: &Spec, fields: &mut Fields) {
        match &self.0 {
            Some(value) => value.describe(spec, fields),
            None => fields.push(spec.field, Value::MISSING),
        }
    }

    #[inline]
    fn unknown(&self) -> bool {
        self.0.as_ref().is_some_and(T::unknown)
    }
}

/// Text may be optional too.
impl Item for Vec<u8> {}

/// Whether a word is there. The template is the word and `%r` after it, which prints nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Present(pub bool);

impl Field for Present {
    const OPTIONAL: bool = true;

    #[inline]
    fn take(_: &mut Cursor<'_>, _: &Spec) -> Result<Self, ParseError> {
        Ok(Self(true))
    }

    #[inline]
    fn put(&self, _: &Spec, _: &mut Vec<u8>) {}

    #[inline]
    fn value(&self, _: &Spec) -> Value {
        Value::Bool(self.0)
    }

    #[inline]
    fn read(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        if !cursor.skip(spec.before()) {
            return Ok(Self(false));
        }
        cursor.literal(spec.after(), spec.field)?;
        Ok(Self(true))
    }

    #[inline]
    fn write(&self, spec: &Spec, out: &mut Vec<u8>) {
        if self.0 {
            out.extend_from_slice(spec.before());
            out.extend_from_slice(spec.after());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_before_it_says_whether_it_is_there() {
        const SPEC: Spec = Spec::new("shared", "{shared:%u }");
        const MARK: Spec = Spec::new("unbindable", "unbindable %r");
        for (text, shared, unbindable) in [
            (&b"shared:5 unbindable - "[..], Some(5), true),
            (b"unbindable - ", None, true),
            (b"shared:5 - ", Some(5), false),
            (b"- ", None, false),
        ] {
            let mut cursor = Cursor::new(text);
            let value = Maybe::<u32>::read(&mut cursor, &SPEC).unwrap();
            let mark = Present::read(&mut cursor, &MARK).unwrap();
            assert_eq!((*value, mark.0), (shared, unbindable));
            let mut out = Vec::new();
            value.write(&SPEC, &mut out);
            mark.write(&MARK, &mut out);
            assert_eq!([&out, cursor.rest()].concat(), text);
        }
        assert!(Maybe::<u32>::read(&mut Cursor::new(b"shared:x "), &SPEC).is_err());
    }
}
