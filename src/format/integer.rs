//! Numbers as fields of records.

use std::io::Write as _;

use super::{Conversion, Cursor, Field, Item, ParseError, Spec, cursor::tri};
use crate::{bytes, value::Value};

/// The types of numbers in records.
///
/// What is done with numbers is compiled once for all of them, as `i128`.
pub(crate) trait Integer: Copy + Into<i128> {
    /// The least and the greatest one.
    const RANGE: (i128, i128);

    /// The number, which is in range.
    fn narrow(number: i128) -> Self;

    /// Its bits, as it is printed in hex and in octal.
    fn bits(self) -> u64;
}

macro_rules! integers {
    ($($type:ident as $bits:ident),*) => {$(
        impl Integer for $type {
            const RANGE: (i128, i128) = ($type::MIN as i128, $type::MAX as i128);

            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            #[inline]
            fn narrow(number: i128) -> Self {
                number as Self
            }

            #[allow(clippy::cast_sign_loss, clippy::cast_lossless)]
            #[inline]
            fn bits(self) -> u64 {
                self as $bits as u64
            }
        }
    )*};
}

integers! { u16 as u16, u32 as u32, u64 as u64, i32 as u32, i64 as u64 }

fn take_integer(
    cursor: &mut Cursor<'_>,
    spec: &Spec,
    (least, greatest): (i128, i128),
) -> Result<i128, ParseError> {
    let text = cursor.rest();
    let blanks = if spec.width == 0 || spec.left || spec.zero {
        0
    } else {
        text.iter().take_while(|&&b| b == b' ').count()
    };
    let digits = text.get(blanks..).unwrap_or_default();
    let number = match spec.kind {
        Conversion::Hex => bytes::leading_integer::<i128, 16>(digits, spec.zero),
        Conversion::UpperHex => bytes::leading_upper_hex(digits, spec.zero),
        Conversion::Octal => bytes::leading_integer::<i128, 8>(digits, spec.zero),
        Conversion::Fixed(places) => leading_fixed(digits, places),
        _ => bytes::leading_integer::<i128, 10>(digits, spec.zero),
    };
    let number = match number {
        Ok((number, _)) if number < least || number > greatest => Err("out of range"),
        number => number,
    };
    let (value, len) = match number {
        Ok(number) => number,
        Err(_) if cursor.at_line_end() => return Err(cursor.error(spec.field, "missing")),
        Err(reason) => return Err(cursor.error(spec.field, reason)),
    };
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

/// Reads a number and the text around it.
#[inline(never)]
fn read_integer(
    cursor: &mut Cursor<'_>,
    spec: &Spec,
    range: (i128, i128),
) -> Result<i128, ParseError> {
    tri!(cursor.literal(spec.before(), spec.field));
    let number = tri!(take_integer(cursor, spec, range));
    tri!(cursor.literal(spec.after(), spec.field));
    Ok(number)
}

#[inline(never)]
fn put_integer(number: i128, bits: u64, spec: &Spec, out: &mut Vec<u8>) {
    let w = spec.width;
    // Writing to a vector cannot fail.
    let _ = match (spec.kind, spec.left, spec.zero) {
        (Conversion::Decimal, ..) if w == 0 => {
            bytes::push_decimal(number, out);
            Ok(())
        }
        (Conversion::Hex, true, _) => write!(out, "{bits:<w$x}"),
        (Conversion::Hex, _, true) => write!(out, "{bits:0w$x}"),
        (Conversion::Hex, ..) => write!(out, "{bits:w$x}"),
        (Conversion::Octal, true, _) => write!(out, "{bits:<w$o}"),
        (Conversion::Octal, _, true) => write!(out, "{bits:0w$o}"),
        (Conversion::Octal, ..) => write!(out, "{bits:w$o}"),
        (Conversion::UpperHex, true, _) => write!(out, "{bits:<w$X}"),
        (Conversion::UpperHex, _, true) => write!(out, "{bits:0w$X}"),
        (Conversion::UpperHex, ..) => write!(out, "{bits:w$X}"),
        (Conversion::Fixed(places), left, _) => {
            let text = fixed(number, places);
            if left {
                write!(out, "{text:<w$}")
            } else {
                write!(out, "{text:>w$}")
            }
        }
        (_, true, _) => write!(out, "{number:<w$}"),
        (_, _, true) => write!(out, "{number:0w$}"),
        _ => write!(out, "{number:w$}"),
    };
}

/// A number; a size in bytes, where kB stands after it. What the kernel prints in another radix is
/// text, hexadecimal with `0x`: masks and addresses are no numbers to anyone.
#[inline(never)]
fn integer_value(number: i128, bits: u64, spec: &Spec) -> Value {
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
            put_integer(number, bits, spec, &mut text);
            text.retain(|&b| b != b' ');
            return Value::text(text);
        }
        _ => {
            let mut text = Vec::new();
            put_integer(number, bits, spec, &mut text);
            return Value::text(text.trim_ascii());
        }
    }
    if let Ok(kib) = u64::try_from(number)
        && (spec.after().starts_with(b" kB") || spec.after().starts_with(b" KB"))
    {
        // No machine has as much: such a number is of a file that was made up.
        return kib.checked_mul(1024).map_or(Value::MISSING, Value::Size);
    }
    match i64::try_from(number) {
        Ok(number) => Value::Int(number),
        // No type of number here is wider than 64 bits.
        Err(_) => u64::try_from(number).map_or(Value::MISSING, Value::Uint),
    }
}

impl<T: Integer> Field for T {
    #[inline]
    fn read(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        read_integer(cursor, spec, T::RANGE).map(T::narrow)
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
            && let number = i128::from(number)
            && (T::RANGE.0..=T::RANGE.1).contains(&number)
        {
            ahead.go_to(rest);
            if ahead.skip(spec.after()) {
                (*self, *cursor) = (T::narrow(number), ahead);
                return Ok(());
            }
        }
        // A copy, so that the cursor itself need not be in memory.
        let mut copy = *cursor;
        *self = tri!(Self::read(&mut copy, spec));
        cursor.go_to(copy.rest());
        Ok(())
    }

    #[inline]
    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        take_integer(cursor, spec, T::RANGE).map(T::narrow)
    }

    #[inline]
    fn put(&self, spec: &Spec, out: &mut Vec<u8>) {
        put_integer((*self).into(), self.bits(), spec, out);
    }

    #[inline]
    fn value(&self, spec: &Spec) -> Value {
        integer_value((*self).into(), self.bits(), spec)
    }
}

impl<T: Integer> Item for T {}

/// `12.34` as 1234, where there are two places.
fn leading_fixed(text: &[u8], places: u8) -> Result<(i128, usize), &'static str> {
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
