//! `HexCount`: a count that is printed in hexadecimal.

use crate::{
    format::{Cursor, Field, Item, ParseError, Spec},
    value::Value,
};

/// A count that the kernel prints in hexadecimal; the template is `%08x` or `%08X`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, PartialOrd, Ord)]
pub struct HexCount(pub u64);

impl Field for HexCount {
    #[inline]
    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        u64::take(cursor, spec).map(Self)
    }

    #[inline]
    fn put(&self, spec: &Spec, out: &mut Vec<u8>) {
        self.0.put(spec, out);
    }

    #[inline]
    fn value(&self, _: &Spec) -> Value {
        Value::from(self.0)
    }
}

impl Item for HexCount {}
