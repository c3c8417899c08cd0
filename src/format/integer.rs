//! Numbers as fields of records.

use std::{fmt, io::Write as _};

use super::{Conversion, Cursor, Field, Item, ParseError, Spec};
use crate::{bytes, value::Value};

/// The types of numbers in records.
pub(crate) trait Integer:
    Copy + TryFrom<i128> + Into<i128> + fmt::Display + fmt::LowerHex + fmt::UpperHex + fmt::Octal
{
}

impl Integer for u16 {}
impl Integer for u32 {}
impl Integer for u64 {}
impl Integer for i32 {}
impl Integer for i64 {}

#[expect(
    clippy::inline_always,
    reason = "once for each type, and where the spec is a constant"
)]
#[inline(always)]
fn take_integer<T: Integer>(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<T, ParseError> {
    let text = cursor.rest();
    let blanks = if spec.width == 0 || spec.left || spec.zero {
        0
    } else {
        text.iter().take_while(|&&b| b == b' ').count()
    };
    let digits = text.get(blanks..).unwrap_or_default();
    let number = match spec.kind {
        Conversion::Hex => bytes::leading_integer::<T, 16>(digits, spec.zero),
        Conversion::UpperHex => bytes::leading_upper_hex(digits, spec.zero),
        Conversion::Octal => bytes::leading_integer::<T, 8>(digits, spec.zero),
        Conversion::Fixed(places) => leading_fixed(digits, places),
        _ => bytes::leading_integer::<T, 10>(digits, spec.zero),
    };
    let (value, len) = number.map_err(|reason| {
        let reason = if cursor.at_line_end() {
            "missing"
        } else {
            reason
        };
        cursor.error(spec.field, reason)
    })?;
    // A number runs to its end: what stands after `12x` would be blamed on the next field.
    if let Some(next) = digits.get(len)
        && next.is_ascii_alphanumeric()
        && spec.after().first() != Some(next)
    {
        return Err(cursor.error(spec.field, "not a number"));
    }
    if spec.width > 0 {
        let fill = spec.width.saturating_sub(len);
        let filled = if spec.zero {
            // Zeros after a sign would be lost, and no field of the kernel has them.
            fill == 0 && (len == spec.width || !matches!(digits, [b'0' | b'-', ..]))
        } else if spec.left {
            let after = digits.iter().skip(len);
            after.take(fill).filter(|&&b| b == b' ').count() == fill
        } else {
            blanks == fill
        };
        if !filled {
            return Err(cursor.error(spec.field, "not as wide as the kernel prints it"));
        }
        if spec.left {
            cursor.take(fill);
        }
    }
    cursor.take(blanks + len);
    Ok(value)
}

impl<T: Integer> Field for T {
    #[inline(never)]
    fn read(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        cursor.literal(spec.before(), spec.field)?;
        let value = take_integer(cursor, spec)?;
        cursor.literal(spec.after(), spec.field)?;
        Ok(value)
    }

    #[expect(
        clippy::inline_always,
        reason = "the spec is a constant where it is inlined"
    )]
    #[inline(always)]
    fn renew(&mut self, cursor: &mut Cursor<'_>, spec: &Spec) -> Result<(), ParseError> {
        let mut ahead = *cursor;
        if spec.kind == Conversion::Decimal
            && spec.width == 0
            && ahead.skip(spec.before())
            && let Some((number, rest)) = bytes::common_integer::<b' '>(ahead.rest())
            && let Ok(number) = Self::try_from(number.into())
        {
            ahead.go_to(rest);
            if ahead.skip(spec.after()) {
                (*self, *cursor) = (number, ahead);
                return Ok(());
            }
        }
        // A copy, so that the cursor itself need not be in memory.
        let mut copy = *cursor;
        *self = Self::read(&mut copy, spec)?;
        cursor.go_to(copy.rest());
        Ok(())
    }

    #[inline(never)]
    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        take_integer(cursor, spec)
    }

    fn put(&self, spec: &Spec, out: &mut Vec<u8>) {
        let w = spec.width;
        if spec.kind == Conversion::Decimal && w == 0 {
            return bytes::push_decimal((*self).into(), out);
        }
        // Writing to a vector cannot fail.
        let _ = match (spec.kind, spec.left, spec.zero) {
            (Conversion::Hex, true, _) => write!(out, "{self:<w$x}"),
            (Conversion::Hex, _, true) => write!(out, "{self:0w$x}"),
            (Conversion::Hex, ..) => write!(out, "{self:w$x}"),
            (Conversion::Octal, true, _) => write!(out, "{self:<w$o}"),
            (Conversion::Octal, _, true) => write!(out, "{self:0w$o}"),
            (Conversion::Octal, ..) => write!(out, "{self:w$o}"),
            (Conversion::UpperHex, true, _) => write!(out, "{self:<w$X}"),
            (Conversion::UpperHex, _, true) => write!(out, "{self:0w$X}"),
            (Conversion::UpperHex, ..) => write!(out, "{self:w$X}"),
            (Conversion::Fixed(places), left, _) => {
                let text = fixed((*self).into(), places);
                if left {
                    write!(out, "{text:<w$}")
                } else {
                    write!(out, "{text:>w$}")
                }
            }
            (_, true, _) => write!(out, "{self:<w$}"),
            (_, _, true) => write!(out, "{self:0w$}"),
            _ => write!(out, "{self:w$}"),
        };
    }

    /// A number; a size in bytes, where kB stands after it. What the kernel prints in another
    /// radix is text, hexadecimal with `0x`: masks and addresses are no numbers to anyone.
    fn value(&self, spec: &Spec) -> Value {
        let number: i128 = (*self).into();
        match spec.kind {
            Conversion::Decimal => {}
            Conversion::Fixed(places) => {
                #[expect(
                    clippy::cast_precision_loss,
                    reason = "as any reader of the text has it"
                )]
                let ratio = number as f64 / 10_f64.powi(places.into());
                return Value::Real(ratio);
            }
            Conversion::Hex | Conversion::UpperHex => {
                let mut text = b"0x".to_vec();
                self.put(spec, &mut text);
                text.retain(|&b| b != b' ');
                return Value::text(text);
            }
            _ => {
                let mut text = Vec::new();
                self.put(spec, &mut text);
                return Value::text(text.trim_ascii());
            }
        }
        if let Ok(kib) = u64::try_from(number)
            && (spec.after().starts_with(b" kB") || spec.after().starts_with(b" KB"))
        {
            return kib.checked_mul(1024).map_or(Value::MISSING, Value::Size);
        }
        match i64::try_from(number) {
            Ok(number) => Value::Int(number),
            // No type of number here is wider than 64 bits.
            Err(_) => u64::try_from(number).map_or(Value::MISSING, Value::Uint),
        }
    }
}

impl<T: Integer> Item for T {}

/// `12.34` as 1234, where there are two places.
fn leading_fixed<T: Integer>(text: &[u8], places: u8) -> Result<(T, usize), &'static str> {
    const REASON: &str = "not a number with as many decimals as the kernel prints";
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        _ => (false, text),
    };
    let (whole, len) = bytes::leading_integer::<u64, 10>(digits, false)?;
    let end = len + 1 + usize::from(places);
    let Some([b'.', decimals @ ..]) = digits.get(len..end) else {
        return Err(REASON);
    };
    let (part, part_len) = bytes::leading_integer::<u64, 10>(decimals, true)?;
    if part_len != decimals.len() || digits.get(end).is_some_and(u8::is_ascii_digit) {
        return Err(REASON);
    }
    let number = i128::from(whole) * 10_i128.pow(places.into()) + i128::from(part);
    if negative && number == 0 {
        return Err("not a number");
    }
    let number = if negative { -number } else { number };
    let number = T::try_from(number).map_err(|_| "out of range")?;
    Ok((number, end + usize::from(negative)))
}

/// 1234 as `12.34`, where there are two places.
fn fixed(number: i128, places: u8) -> String {
    let unit = 10_u128.pow(places.into());
    let magnitude = number.unsigned_abs();
    let sign = if number < 0 { "-" } else { "" };
    let places = usize::from(places);
    format!("{sign}{}.{:0places$}", magnitude / unit, magnitude % unit)
}
