//! `Pointer`: an address of the kernel's, or of a process.

use super::{Cursor, Field, ParseError, Spec, field::Item};
use crate::value::Value;

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
    #[inline]
    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        // Of one length or the other, so that the digits are read in one go.
        let text = cursor.rest();
        let long = text.first_chunk::<16>().and_then(address);
        let short = || text.first_chunk::<8>().and_then(address);
        let (found, len) = if long.is_some() {
            (long, 16)
        } else {
            (short(), 8)
        };
        match found {
            Some(address) if !text.get(len).is_some_and(u8::is_ascii_hexdigit) => {
                cursor.take(len);
                Ok(Self {
                    address,
                    short: len == 8,
                })
            }
            _ => Err(cursor.error(spec.field, "not an address of 8 or 16 digits")),
        }
    }

    #[inline]
    fn put(&self, _: &Spec, out: &mut Vec<u8>) {
        let width = if self.short { 8 } else { 16 };
        out.extend_from_slice(format!("{:0width$x}", self.address).as_bytes());
    }

    #[inline]
    fn value(&self, _: &Spec) -> Value {
        Value::text(format!("{:#x}", self.address))
    }
}

/// The number that hexadecimal digits of lower case are; nothing for anything else.
#[inline]
fn address<const LEN: usize>(digits: &[u8; LEN]) -> Option<u64> {
    let mut wrong = false;
    let number = digits.iter().fold(0, |number, &byte| {
        let (decimal, letter) = (byte.wrapping_sub(b'0'), byte.wrapping_sub(b'a'));
        wrong |= decimal > 9 && letter > 5;
        let digit = if decimal <= 9 {
            decimal
        } else {
            letter.wrapping_add(10)
        };
        number << 4 | u64::from(digit & 15)
    });
    (!wrong).then_some(number)
}

impl Item for Pointer {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_8_or_16_digits_of_lower_case() {
        let read = |text: &str| {
            let spec = Spec::new("address", "%r");
            let pointer = Pointer::take(&mut Cursor::new(text.as_bytes()), &spec).ok()?;
            let mut out = Vec::new();
            pointer.put(&spec, &mut out);
            assert!(text.as_bytes().starts_with(&out), "{text}");
            Some(pointer.address())
        };
        assert_eq!(read("ffffffff81000080 T"), Some(0xffff_ffff_8100_0080));
        assert_eq!(read("00000000"), Some(0));
        assert_eq!(read("c0008000\n"), Some(0xc000_8000));
        for text in [
            "",
            "c000800",
            "c0008000f",
            "C0008000",
            "c000:000",
            "ffffffff810000800",
            "ffffffff8100008G",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
