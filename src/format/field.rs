//! `Field`: a value that stands in a file, read and written by its [`Spec`].

use std::{fmt, io::Write as _};

use super::{
    Cursor, Kind, ParseError, Spec,
    stream::{Alone, Sink, Source, Stream},
};
use crate::{
    bytes,
    value::{Fields, Value},
};

/// A value that stands in a file.
///
/// The law for every implementation: what `read` took is what `write` gives.
pub(crate) trait Field: Sized {
    /// May a file lack it?
    const OPTIONAL: bool = false;

    /// Is it the rows of a file?
    const ROWS: bool = false;

    /// Is it nothing to whoever reads by name?
    const HIDDEN: bool = false;

    /// Reads the value alone.
    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError>;

    /// Writes the value alone.
    fn put(&self, spec: &Spec, out: &mut Vec<u8>);

    /// The value as those see it who do not know the record's type.
    fn value(&self, spec: &Spec) -> Value;

    /// Adds it to `fields`: under its name, unless it says otherwise.
    fn describe(&self, spec: &Spec, fields: &mut Fields) {
        if !Self::HIDDEN {
            fields.push(spec.field, self.value(spec));
        }
    }

    /// Does it hold what psgo does not know, such as columns of a later kernel?
    fn unknown(&self) -> bool {
        false
    }

    /// Gives each row, where the value is rows.
    fn each_row(&self, _: &Spec, _: &mut dyn FnMut(Value)) {}

    /// Reads the value and the text around it, piece by piece if it is rows.
    fn stream(source: &mut Source<'_>, spec: &'static Spec, sink: Sink<'_>) -> Stream {
        let value = source.read(spec.field, |cursor| Self::read(cursor, spec))?;
        if sink(&Alone {
            value: &value,
            spec,
        })
        .is_break()
        {
            source.stop();
        }
        Ok(())
    }

    /// Reads the value and the text around it.
    #[inline]
    fn read(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        cursor.literal(spec.before(), spec.field)?;
        let value = Self::take(cursor, spec)?;
        cursor.literal(spec.after(), spec.field)?;
        Ok(value)
    }

    /// The same, where it is worth its code: for a file that is read of ten thousand processes.
    #[inline]
    fn read_inlined(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        Self::read(cursor, spec)
    }

    /// Writes the value and the text around it.
    fn write(&self, spec: &Spec, out: &mut Vec<u8>) {
        out.extend_from_slice(spec.before());
        self.put(spec, out);
        out.extend_from_slice(spec.after());
    }
}

/// Whether the field is not there: what begins with the end of a line is missing where the file
/// ends.
#[inline]
fn is_missing(cursor: &Cursor<'_>, spec: &Spec) -> bool {
    if spec.before().starts_with(b"\n") {
        cursor.rest().is_empty()
    } else {
        cursor.at_line_end()
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

    fn value(&self, spec: &Spec) -> Value {
        let value = self.as_ref().map(|value| value.value(spec));
        value.unwrap_or(Value::Missing)
    }

    fn describe(&self, spec: &Spec, fields: &mut Fields) {
        match self {
            Some(value) => value.describe(spec, fields),
            None => fields.push(spec.field, Value::Missing),
        }
    }

    fn unknown(&self) -> bool {
        self.as_ref().is_some_and(T::unknown)
    }

    fn read(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        if is_missing(cursor, spec) {
            return Ok(None);
        }
        T::read(cursor, spec).map(Some)
    }

    #[expect(
        clippy::inline_always,
        reason = "the spec is a constant where it is inlined"
    )]
    #[inline(always)]
    fn read_inlined(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        if is_missing(cursor, spec) {
            return Ok(None);
        }
        T::read_inlined(cursor, spec).map(Some)
    }

    fn write(&self, spec: &Spec, out: &mut Vec<u8>) {
        if let Some(value) = self {
            value.write(spec, out);
        }
    }
}

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
        Kind::Hex => bytes::leading_integer::<T, 16>(digits, spec.zero),
        Kind::UpperHex => bytes::leading_upper_hex(digits, spec.zero),
        Kind::Octal => bytes::leading_integer::<T, 8>(digits, spec.zero),
        Kind::Fixed(places) => leading_fixed(digits, places),
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
        Self::read_inlined(cursor, spec)
    }

    #[expect(
        clippy::inline_always,
        reason = "the spec is a constant where it is inlined"
    )]
    #[inline(always)]
    fn read_inlined(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        cursor.literal(spec.before(), spec.field)?;
        let value = take_integer(cursor, spec)?;
        cursor.literal(spec.after(), spec.field)?;
        Ok(value)
    }

    #[inline(never)]
    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        take_integer(cursor, spec)
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
            (Kind::UpperHex, true, _) => write!(out, "{self:<w$X}"),
            (Kind::UpperHex, _, true) => write!(out, "{self:0w$X}"),
            (Kind::UpperHex, ..) => write!(out, "{self:w$X}"),
            (Kind::Fixed(places), left, _) => {
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
            Kind::Decimal => {}
            Kind::Fixed(places) => {
                #[expect(
                    clippy::cast_precision_loss,
                    reason = "as any reader of the text has it"
                )]
                let ratio = number as f64 / 10_f64.powi(places.into());
                return Value::Real(ratio);
            }
            Kind::Hex | Kind::UpperHex => {
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
            return kib.checked_mul(1024).map_or(Value::Missing, Value::Size);
        }
        match i64::try_from(number) {
            Ok(number) => Value::Int(number),
            // No type of number here is wider than 64 bits.
            Err(_) => u64::try_from(number).map_or(Value::Missing, Value::Uint),
        }
    }
}

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

/// `yes` or `no`. The template is a text's, `%s`.
impl Field for bool {
    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        let yes = cursor.skip(b"yes");
        if yes || cursor.skip(b"no") {
            return Ok(yes);
        }
        Err(cursor.error(spec.field, "neither yes nor no"))
    }

    fn put(&self, _: &Spec, out: &mut Vec<u8>) {
        out.extend_from_slice(if *self { b"yes" } else { b"no" });
    }

    fn value(&self, _: &Spec) -> Value {
        Value::Bool(*self)
    }
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

    fn value(&self, _: &Spec) -> Value {
        Value::text([*self])
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

    fn value(&self, _: &Spec) -> Value {
        Value::text(self)
    }
}

/// How long the text at the start of `rest` is, the blanks that fill its column included.
#[inline]
fn text_len(rest: &[u8], spec: &Spec) -> Option<usize> {
    if spec.kind == Kind::Greedy {
        return bytes::rfind_part(rest, spec.after());
    }
    let newline = bytes::find(rest, b'\n');
    let len = if let [line_end @ .., b'\n'] = spec.after() {
        rest.get(..newline?)?.strip_suffix(line_end)?.len()
    } else {
        let line = rest.get(..newline.unwrap_or(rest.len()))?;
        if spec.after().is_empty() {
            line.len()
        } else {
            // A blank that fills the column is not the one after it.
            spec.width + bytes::find_part(line.get(spec.width..)?, spec.after())?
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
        if let Some(between) = spec.between() {
            while !cursor.rest().starts_with(spec.after()) {
                if !list.is_empty() {
                    cursor.literal(between, spec.field)?;
                }
                list.push(T::take(cursor, spec)?);
            }
            return Ok(list);
        }
        // Whatever else begins as an element does is one that is not understood.
        while !cursor.rest().is_empty() && cursor.skip(spec.open()) {
            let left = cursor.rest().len();
            list.push(T::take(cursor, spec)?);
            cursor.literal(spec.close(), spec.field)?;
            // An element of no bytes would come for ever.
            if cursor.rest().len() == left && spec.open().is_empty() {
                return Err(cursor.error(spec.field, "empty"));
            }
        }
        Ok(list)
    }

    fn put(&self, spec: &Spec, out: &mut Vec<u8>) {
        for (i, item) in self.iter().enumerate() {
            if i > 0
                && let Some(between) = spec.between()
            {
                out.extend_from_slice(between);
            }
            out.extend_from_slice(spec.open());
            item.put(spec, out);
            out.extend_from_slice(spec.close());
        }
    }

    fn value(&self, spec: &Spec) -> Value {
        Value::List(self.iter().map(|item| item.value(spec)).collect())
    }

    fn unknown(&self) -> bool {
        self.iter().any(T::unknown)
    }
}

/// As many as there are; the template has the form with braces before the directive.
impl<T: Item + Copy + Default, const N: usize> Field for [T; N] {
    #[inline]
    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        let mut list = [T::default(); N];
        for item in &mut list {
            cursor.literal(spec.open(), spec.field)?;
            *item = T::take(cursor, spec)?;
            cursor.literal(spec.close(), spec.field)?;
        }
        Ok(list)
    }

    fn put(&self, spec: &Spec, out: &mut Vec<u8>) {
        for item in self {
            out.extend_from_slice(spec.open());
            item.put(spec, out);
            out.extend_from_slice(spec.close());
        }
    }

    fn value(&self, spec: &Spec) -> Value {
        Value::List(self.iter().map(|item| item.value(spec)).collect())
    }

    fn unknown(&self) -> bool {
        self.iter().any(T::unknown)
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

    /// A list of the columns; unknown where there are none.
    fn value(&self, _: &Spec) -> Value {
        if self.is_empty() {
            return Value::Missing;
        }
        let columns = self.0.split(u8::is_ascii_whitespace);
        let columns = columns.filter(|column| !column.is_empty());
        Value::List(columns.map(Value::text).collect())
    }

    fn unknown(&self) -> bool {
        !self.is_empty()
    }
}
