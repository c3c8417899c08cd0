//! `Absent`, `Slot` and `Blanks`: what tables of sockets have in common beside addresses.

use crate::{
    bytes,
    format::{Cursor, Field, ParseError, Spec},
    value::Value,
};

/// A field that tables of other sockets have, and this one has not.
///
/// So those who read sockets by name find the same names in every table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Absent;

impl Field for Absent {
    const OPTIONAL: bool = true;

    #[inline]
    fn take(_: &mut Cursor<'_>, _: &Spec) -> Result<Self, ParseError> {
        Ok(Self)
    }

    #[inline]
    fn put(&self, _: &Spec, _: &mut Vec<u8>) {}

    #[inline]
    fn value(&self, _: &Spec) -> Value {
        Value::MISSING
    }
}

/// The kernel's `sl` (slot): the position of a socket in its hash table or listing.
///
/// The column is 4 wide, or 5 on most kernels since 2.6.29.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Slot {
    number: u32,
    wide: bool,
}

impl Slot {
    /// The position.
    #[must_use]
    pub const fn number(self) -> u32 {
        self.number
    }
}

impl Field for Slot {
    #[inline]
    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        let text = cursor.rest();
        let blanks = text.iter().take_while(|&&b| b == b' ').count();
        let digits = text.get(blanks..).unwrap_or_default();
        let (number, len) = bytes::leading_integer::<u32, 10>(digits, false)
            .map_err(|reason| cursor.error(spec.field, reason))?;
        let width = blanks + len;
        if width < 4 || (blanks > 0 && width > 5) {
            return Err(cursor.error(spec.field, "not as wide as the kernel prints it"));
        }
        cursor.take(width);
        Ok(Self {
            number,
            wide: blanks > 0 && width == 5,
        })
    }

    #[inline]
    fn put(&self, _: &Spec, out: &mut Vec<u8>) {
        let width = if self.wide { 5 } else { 4 };
        out.extend_from_slice(format!("{:width$}", self.number).as_bytes());
    }

    #[inline]
    fn value(&self, _: &Spec) -> Value {
        Value::Int(self.number.into())
    }
}

/// Blanks at the end of a line, where some kernels fill it up and others do not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Blanks(usize);

impl Field for Blanks {
    const OPTIONAL: bool = true;
    const HIDDEN: bool = true;

    #[inline]
    fn take(cursor: &mut Cursor<'_>, _: &Spec) -> Result<Self, ParseError> {
        let text = cursor.rest();
        let count = text.iter().take_while(|&&b| b == b' ').count();
        // Before anything else they are not the end of the line.
        match text.get(count) {
            None | Some(b'\n') => {
                cursor.take(count);
                Ok(Self(count))
            }
            Some(_) => Ok(Self(0)),
        }
    }

    #[inline]
    fn put(&self, _: &Spec, out: &mut Vec<u8>) {
        out.extend(std::iter::repeat_n(b' ', self.0));
    }

    #[inline]
    fn value(&self, _: &Spec) -> Value {
        Value::MISSING
    }
}
