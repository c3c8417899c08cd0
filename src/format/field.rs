//! `Field`: a value that stands in a file, read and written by its [`Spec`].

use std::{fmt, io::Write as _};

use super::{Cursor, Kind, ParseError, Spec};
use crate::bytes;

/// A value that stands in a file.
///
/// The law for every implementation: what `read` took is what `write` gives.
pub(crate) trait Field: Sized {
    /// May a file lack it?
    const OPTIONAL: bool = false;

    /// Reads the value alone.
    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError>;

    /// Writes the value alone.
    fn put(&self, spec: &Spec, out: &mut Vec<u8>);

    /// Reads the value and the text around it.
    #[inline]
    fn read(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        cursor.literal(spec.before, spec.field)?;
        let value = Self::take(cursor, spec)?;
        cursor.literal(spec.after, spec.field)?;
        Ok(value)
    }

    /// Writes the value and the text around it.
    fn write(&self, spec: &Spec, out: &mut Vec<u8>) {
        out.extend_from_slice(spec.before);
        self.put(spec, out);
        out.extend_from_slice(spec.after);
    }
}

/// What a line may lack at its end, or a file as a whole line.
impl<T: Field> Field for Option<T> {
    const OPTIONAL: bool = true;

    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        T::take(cursor, spec).map(Some)
    }

    fn put(&self, spec: &Spec, out: &mut Vec<u8>) {
        if let Some(value) = self {
            value.put(spec, out);
        }
    }

    #[expect(
        clippy::inline_always,
        reason = "the spec is a constant where it is inlined"
    )]
    #[inline(always)]
    fn read(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        if cursor.at_line_end() {
            return Ok(None);
        }
        T::read(cursor, spec).map(Some)
    }

    fn write(&self, spec: &Spec, out: &mut Vec<u8>) {
        if let Some(value) = self {
            value.write(spec, out);
        }
    }
}

/// The types of numbers in records.
pub(crate) trait Integer:
    Copy + TryFrom<i128> + Into<i128> + fmt::Display + fmt::LowerHex + fmt::Octal
{
}

impl Integer for u32 {}
impl Integer for u64 {}
impl Integer for i32 {}
impl Integer for i64 {}

impl<T: Integer> Field for T {
    #[expect(
        clippy::inline_always,
        reason = "the spec is a constant where it is inlined"
    )]
    #[inline(always)]
    fn read(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        cursor.literal(spec.before, spec.field)?;
        let value = Self::take(cursor, spec)?;
        cursor.literal(spec.after, spec.field)?;
        Ok(value)
    }

    #[expect(
        clippy::inline_always,
        reason = "the spec is a constant where it is inlined"
    )]
    #[inline(always)]
    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        let text = cursor.rest();
        let blanks = if spec.width == 0 || spec.left || spec.zero {
            0
        } else {
            text.iter().take_while(|&&b| b == b' ').count()
        };
        let digits = text.get(blanks..).unwrap_or_default();
        let number = match spec.kind {
            Kind::Hex => bytes::leading_integer::<T, 16>(digits, spec.zero),
            Kind::Octal => bytes::leading_integer::<T, 8>(digits, spec.zero),
            Kind::Hundredths => leading_hundredths(digits),
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
            && spec.after.first() != Some(next)
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

    fn put(&self, spec: &Spec, out: &mut Vec<u8>) {
        let w = spec.width;
        if spec.kind == Kind::Decimal && w == 0 {
            return bytes::push_decimal((*self).into(), out);
        }
        // Writing to a vector cannot fail.
        let _ = match (spec.kind, spec.left, spec.zero) {
            (Kind::Hex, true, _) => write!(out, "{self:<w$x}"),
            (Kind::Hex, _, true) => write!(out, "{self:0w$x}"),
            (Kind::Hex, ..) => write!(out, "{self:w$x}"),
            (Kind::Octal, true, _) => write!(out, "{self:<w$o}"),
            (Kind::Octal, _, true) => write!(out, "{self:0w$o}"),
            (Kind::Octal, ..) => write!(out, "{self:w$o}"),
            (Kind::Hundredths, ..) => {
                let hundredths: i128 = (*self).into();
                write!(out, "{}.{:02}", hundredths / 100, (hundredths % 100).abs())
            }
            (_, true, _) => write!(out, "{self:<w$}"),
            (_, _, true) => write!(out, "{self:0w$}"),
            _ => write!(out, "{self:w$}"),
        };
    }
}

/// `12.34` as 1234.
fn leading_hundredths<T: Integer>(text: &[u8]) -> Result<(T, usize), &'static str> {
    let (whole, len) = bytes::leading_integer::<u64, 10>(text, false)?;
    let Some(&[b'.', tens @ b'0'..=b'9', ones @ b'0'..=b'9']) = text.get(len..len + 3) else {
        return Err("not a number with two decimals");
    };
    let part = (tens - b'0') * 10 + (ones - b'0');
    let hundredths = i128::from(whole) * 100 + i128::from(part);
    let hundredths = T::try_from(hundredths).map_err(|_| "out of range")?;
    Ok((hundredths, len + 3))
}

/// One byte, such as the letter of a state.
impl Field for u8 {
    #[inline]
    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        if cursor.at_line_end() {
            return Err(cursor.error(spec.field, "missing"));
        }
        cursor
            .take(1)
            .first()
            .copied()
            .ok_or_else(|| cursor.error(spec.field, "missing"))
    }

    fn put(&self, _: &Spec, out: &mut Vec<u8>) {
        out.push(*self);
    }
}

/// Text, as it stands.
impl Field for Vec<u8> {
    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        let len = text_len(cursor.rest(), spec)
            .ok_or_else(|| cursor.error(spec.field, "not closed by the text after it"))?;
        let text = cursor.take(len);
        // Longer than the column: no blank was put there to fill it.
        if len > spec.width {
            return Ok(text.to_vec());
        }
        let blank = |b: &u8| *b == b' ';
        let filled = if spec.left {
            text.iter().rev().take_while(|b| blank(b)).count()
        } else {
            text.iter().take_while(|b| blank(b)).count()
        };
        let text = if spec.left {
            text.get(..len - filled)
        } else {
            text.get(filled..)
        };
        Ok(text.unwrap_or_default().to_vec())
    }

    fn put(&self, spec: &Spec, out: &mut Vec<u8>) {
        let fill = std::iter::repeat_n(b' ', spec.width.saturating_sub(self.len()));
        if spec.left {
            out.extend_from_slice(self);
            out.extend(fill);
        } else {
            out.extend(fill);
            out.extend_from_slice(self);
        }
    }
}

/// How long the text at the start of `rest` is, the blanks that fill its column included.
#[inline]
fn text_len(rest: &[u8], spec: &Spec) -> Option<usize> {
    if spec.kind == Kind::Greedy {
        return bytes::rfind_part(rest, spec.after);
    }
    let newline = bytes::find(rest, b'\n');
    let len = if let [line_end @ .., b'\n'] = spec.after {
        rest.get(..newline?)?.strip_suffix(line_end)?.len()
    } else {
        let line = rest.get(..newline.unwrap_or(rest.len()))?;
        if spec.after.is_empty() {
            line.len()
        } else {
            // A blank that fills the column is not the one after it.
            spec.width + bytes::find_part(line.get(spec.width..)?, spec.after)?
        }
    };
    (len >= spec.width).then_some(len)
}

/// What may stand in a list: numbers and records. Bytes may not, a list of them is text.
pub(crate) trait Item: Field {}

impl<T: Integer> Item for T {}

impl<T: Item> Field for Vec<T> {
    const OPTIONAL: bool = true;

    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        let mut list = Self::new();
        if let Some(between) = spec.between {
            while !cursor.rest().starts_with(spec.after) {
                if !list.is_empty() {
                    cursor.literal(between, spec.field)?;
                }
                list.push(T::take(cursor, spec)?);
            }
            return Ok(list);
        }
        // Whatever else begins as an element does is one that is not understood.
        while !cursor.rest().is_empty() && cursor.skip(spec.open) {
            let left = cursor.rest().len();
            list.push(T::take(cursor, spec)?);
            cursor.literal(spec.close, spec.field)?;
            // An element of no bytes would come for ever.
            if cursor.rest().len() == left && spec.open.is_empty() {
                return Err(cursor.error(spec.field, "empty"));
            }
        }
        Ok(list)
    }

    fn put(&self, spec: &Spec, out: &mut Vec<u8>) {
        for (i, item) in self.iter().enumerate() {
            if i > 0
                && let Some(between) = spec.between
            {
                out.extend_from_slice(between);
            }
            out.extend_from_slice(spec.open);
            item.put(spec, out);
            out.extend_from_slice(spec.close);
        }
    }
}

/// As many as there are; the template has the form with braces before the directive.
impl<T: Item + Copy + Default, const N: usize> Field for [T; N] {
    #[inline]
    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        let mut list = [T::default(); N];
        for item in &mut list {
            cursor.literal(spec.open, spec.field)?;
            *item = T::take(cursor, spec)?;
            cursor.literal(spec.close, spec.field)?;
        }
        Ok(list)
    }

    fn put(&self, spec: &Spec, out: &mut Vec<u8>) {
        for item in self {
            out.extend_from_slice(spec.open);
            item.put(spec, out);
            out.extend_from_slice(spec.close);
        }
    }
}

/// Columns after the known ones, as a later kernel may print them.
///
/// Empty on the kernels that psgo knows. Otherwise it begins with the blank after the last
/// known column.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rest(Vec<u8>);

impl Rest {
    /// The columns, with the blank before each.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Are there none?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Field for Rest {
    const OPTIONAL: bool = true;

    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        if !cursor.at_line_end() && !cursor.rest().starts_with(b" ") {
            return Err(cursor.error(spec.field, "no blank before it"));
        }
        Ok(Self(cursor.take_line().to_vec()))
    }

    fn put(&self, _: &Spec, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.0);
    }
}
