//! `Ip4Word`, `Ip4`, `Ip6` and `HardwareAddress`: addresses, in each form that the kernel prints.

use std::{
    fmt::Write as _,
    net::{Ipv4Addr, Ipv6Addr},
};

use crate::{
    bytes,
    format::{Cursor, Field, Item, ParseError, Spec},
    value::{Fields, Value},
};

/// Adds an address to `fields`, and the text of the file beside it.
fn describe(field: &impl Field, spec: &Spec, fields: &mut Fields) {
    let mut raw = Vec::new();
    field.put(spec, &mut raw);
    fields.push(spec.field, field.value(spec));
    fields.push(format!("{}_raw", spec.field), Value::text(raw));
}

/// An IPv4 address as a word of the machine, `%08X`: its bytes stand backwards where that is
/// little-endian.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ip4Word(pub Ipv4Addr);

impl Default for Ip4Word {
    fn default() -> Self {
        Self(Ipv4Addr::UNSPECIFIED)
    }
}

impl Field for Ip4Word {
    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        match bytes::leading_upper_hex::<u32>(cursor.rest(), true) {
            Ok((word, 8)) => {
                cursor.take(8);
                Ok(Self(word.to_ne_bytes().into()))
            }
            _ => Err(cursor.error(spec.field, "not an address of 8 digits")),
        }
    }

    #[inline]
    fn put(&self, _: &Spec, out: &mut Vec<u8>) {
        let word = u32::from_ne_bytes(self.0.octets());
        out.extend_from_slice(format!("{word:08X}").as_bytes());
    }

    #[inline]
    fn value(&self, _: &Spec) -> Value {
        Value::text(self.0.to_string())
    }

    #[inline]
    fn describe(&self, spec: &Spec, fields: &mut Fields) {
        describe(self, spec, fields);
    }
}

/// An IPv4 address as a number whose first byte is the highest: `0x%08x`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ip4Number(pub Ipv4Addr);

impl Default for Ip4Number {
    fn default() -> Self {
        Self(Ipv4Addr::UNSPECIFIED)
    }
}

impl Field for Ip4Number {
    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        match bytes::leading_integer::<u32, 16>(cursor.rest(), true) {
            Ok((word, 8)) => {
                cursor.take(8);
                Ok(Self(word.to_be_bytes().into()))
            }
            _ => Err(cursor.error(spec.field, "not an address of 8 digits")),
        }
    }

    #[inline]
    fn put(&self, _: &Spec, out: &mut Vec<u8>) {
        let word = u32::from_be_bytes(self.0.octets());
        out.extend_from_slice(format!("{word:08x}").as_bytes());
    }

    #[inline]
    fn value(&self, _: &Spec) -> Value {
        Value::text(self.0.to_string())
    }

    #[inline]
    fn describe(&self, spec: &Spec, fields: &mut Fields) {
        describe(self, spec, fields);
    }
}

/// An IPv4 address with points, `%pI4`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ip4(pub Ipv4Addr);

impl Default for Ip4 {
    fn default() -> Self {
        Self(Ipv4Addr::UNSPECIFIED)
    }
}

impl Field for Ip4 {
    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        let text = cursor.rest();
        let len = text
            .iter()
            .take_while(|b| matches!(b, b'0'..=b'9' | b'.'))
            .count();
        let address = text.get(..len).and_then(|text| {
            // It takes no leading zeros.
            std::str::from_utf8(text).ok()?.parse::<Ipv4Addr>().ok()
        });
        let address = address.ok_or_else(|| cursor.error(spec.field, "not an address"))?;
        cursor.take(len);
        Ok(Self(address))
    }

    #[inline]
    fn put(&self, _: &Spec, out: &mut Vec<u8>) {
        out.extend_from_slice(self.0.to_string().as_bytes());
    }

    #[inline]
    fn value(&self, _: &Spec) -> Value {
        Value::text(self.0.to_string())
    }
}

impl Item for Ip4 {}

/// An IPv6 address in the order of the network, `%pi6`: 32 digits without colons.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ip6(pub Ipv6Addr);

impl Default for Ip6 {
    fn default() -> Self {
        Self(Ipv6Addr::UNSPECIFIED)
    }
}

impl Field for Ip6 {
    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        let text = cursor.rest();
        let half = |from: usize| {
            let text = text.get(from..from + 16)?;
            match bytes::leading_integer::<u64, 16>(text, true) {
                Ok((half, 16)) => Some(u128::from(half)),
                _ => None,
            }
        };
        let (Some(high), Some(low)) = (half(0), half(16)) else {
            return Err(cursor.error(spec.field, "not an address of 32 digits"));
        };
        cursor.take(32);
        Ok(Self((high << 64 | low).into()))
    }

    #[inline]
    fn put(&self, _: &Spec, out: &mut Vec<u8>) {
        out.extend_from_slice(format!("{:032x}", u128::from(self.0)).as_bytes());
    }

    #[inline]
    fn value(&self, _: &Spec) -> Value {
        Value::text(self.0.to_string())
    }

    #[inline]
    fn describe(&self, spec: &Spec, fields: &mut Fields) {
        describe(self, spec, fields);
    }
}

/// An IPv6 address with all its digits and colons, `%pI6`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ip6Colons(pub Ipv6Addr);

impl Default for Ip6Colons {
    fn default() -> Self {
        Self(Ipv6Addr::UNSPECIFIED)
    }
}

impl Field for Ip6Colons {
    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        let text = cursor.rest().get(..39);
        let segments = text.map(|text| text.split(|&b| b == b':'));
        let mut address = 0_u128;
        let mut count = 0;
        for segment in segments.into_iter().flatten() {
            let Ok((segment, 4)) = bytes::leading_integer::<u16, 16>(segment, true) else {
                count = 0;
                break;
            };
            address = address << 16 | u128::from(segment);
            count += 1;
        }
        if count != 8 {
            return Err(cursor.error(spec.field, "not an address of 32 digits with colons"));
        }
        cursor.take(39);
        Ok(Self(address.into()))
    }

    #[inline]
    fn put(&self, _: &Spec, out: &mut Vec<u8>) {
        let segments = self.0.segments().map(|segment| format!("{segment:04x}"));
        out.extend_from_slice(segments.join(":").as_bytes());
    }

    #[inline]
    fn value(&self, _: &Spec) -> Value {
        Value::text(self.0.to_string())
    }
}

/// The address of a device on its link, as hexadecimal digits without colons.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HardwareAddress(pub Vec<u8>);

impl Field for HardwareAddress {
    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        let mut address = Vec::new();
        while let Some(pair @ [_, _]) = cursor.rest().get(..2) {
            let Ok((byte, 2)) = bytes::leading_integer::<u16, 16>(pair, true) else {
                break;
            };
            // Two digits are a byte.
            address.push(byte.to_le_bytes()[0]);
            cursor.take(2);
        }
        if !cursor.at_line_end() {
            return Err(cursor.error(spec.field, "not an address in hexadecimal"));
        }
        Ok(Self(address))
    }

    #[inline]
    fn put(&self, _: &Spec, out: &mut Vec<u8>) {
        for byte in &self.0 {
            out.extend_from_slice(format!("{byte:02x}").as_bytes());
        }
    }

    /// With colons.
    #[inline]
    fn value(&self, _: &Spec) -> Value {
        let mut text = String::new();
        for (i, byte) in self.0.iter().enumerate() {
            let colon = if i > 0 { ":" } else { "" };
            // Writing to a string cannot fail.
            let _ = write!(text, "{colon}{byte:02x}");
        }
        Value::text(text)
    }

    #[inline]
    fn describe(&self, spec: &Spec, fields: &mut Fields) {
        describe(self, spec, fields);
    }
}
