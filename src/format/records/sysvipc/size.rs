//! `Size`: a number of bytes in a column whose width is the machine's.

use crate::{
    format::{Cursor, Field, ParseError, Spec},
    value::Value,
};

/// A size in bytes, 21 columns wide where the kernel has 64 bits, 10 where it has 32.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Size {
    bytes: u64,
    narrow: bool,
}

impl Size {
    /// The size.
    #[must_use]
    pub const fn bytes(self) -> u64 {
        self.bytes
    }
}

const WIDE: Spec = Spec::new("size", "%21u");
const NARROW: Spec = Spec::new("size", "%10u");

impl Field for Size {
    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        let blanks = cursor.rest().iter().take_while(|&&b| b == b' ').count();
        let digits = cursor.rest().iter().skip(blanks);
        let digits = digits.take_while(|b| b.is_ascii_digit()).count();
        let narrow = blanks + digits < WIDE.width;
        let width = if narrow { NARROW.width } else { WIDE.width };
        let form = spec.with_width(width);
        let bytes = u64::take(cursor, &form)?;
        Ok(Self { bytes, narrow })
    }

    #[inline]
    fn put(&self, _: &Spec, out: &mut Vec<u8>) {
        self.bytes
            .put(if self.narrow { &NARROW } else { &WIDE }, out);
    }

    #[inline]
    fn value(&self, _: &Spec) -> Value {
        Value::Size(self.bytes)
    }
}
