//! `Flat`: a part of a record whose fields, read by name, are the record's own.

use std::ops::Deref;

use super::{Cursor, Field, ParseError, Spec};
use crate::value::{Fields, Value};

/// A part with a type of its own, but no name of its own among the fields by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Flat<T>(pub T);

impl<T> Deref for Flat<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: Field> Field for Flat<T> {
    const OPTIONAL: bool = T::OPTIONAL;

    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        T::take(cursor, spec).map(Self)
    }

    #[inline]
    fn put(&self, spec: &Spec, out: &mut Vec<u8>) {
        self.0.put(spec, out);
    }

    #[inline]
    fn value(&self, spec: &Spec) -> Value {
        self.0.value(spec)
    }

    /// What is missing adds nothing: the names of its fields are not known here.
    #[inline]
    fn describe(&self, spec: &Spec, fields: &mut Fields) {
        if let Value::Fields(own) = self.0.value(spec) {
            for (name, value) in own {
                fields.push(name, value);
            }
        }
    }

    #[inline]
    fn unknown(&self) -> bool {
        self.0.unknown()
    }

    fn read(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        T::read(cursor, spec).map(Self)
    }

    #[inline]
    fn write(&self, spec: &Spec, out: &mut Vec<u8>) {
        self.0.write(spec, out);
    }
}
