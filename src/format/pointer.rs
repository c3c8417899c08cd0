//! `Pointer`: an address of the kernel's, or of a process.

use super::{Cursor, Field, ParseError, Spec, field::Item};
use crate::{bytes, value::Value};

/// An address as the kernel's `%p` and `%pK` print it, 8 or 16 digits by the kernel's width.
///
/// It is zero, or a number made up for this boot, to who may not know it (`kptr_restrict`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pointer {
    address: u64,
    short: bool,
}

impl Pointer {
    /// The address.
    #[must_use]
    pub const fn address(self) -> u64 {
        self.address
    }
}

impl Field for Pointer {
    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        let read = bytes::leading_integer::<u64, 16>(cursor.rest(), true);
        match read {
            Ok((address, len @ (8 | 16))) => {
                cursor.take(len);
                Ok(Self {
                    address,
                    short: len == 8,
                })
            }
            _ => Err(cursor.error(spec.field, "not an address of 8 or 16 digits")),
        }
    }

    fn put(&self, _: &Spec, out: &mut Vec<u8>) {
        let width = if self.short { 8 } else { 16 };
        out.extend_from_slice(format!("{:0width$x}", self.address).as_bytes());
    }

    fn value(&self, _: &Spec) -> Value {
        Value::text(format!("{:#x}", self.address))
    }
}

impl Item for Pointer {}
