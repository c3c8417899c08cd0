//! `Value`: one typed cell, its text and its order.

mod fields;
mod span;

use std::{
    cmp::Ordering,
    fmt::{self, Write as _},
    sync::Arc,
    time::Duration,
};

pub use fields::Fields;

use crate::{bytes, caps::CapSet};

/// A typed cell of a listing.
///
/// Its [`Display`](fmt::Display) is psgo's text form: no control byte, no escape sequence and
/// nothing that is not UTF-8 survives there (see [`bytes::Escaped`]).
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// Unknown. Text `?`, JSON `null`.
    Missing,
    /// A whole number.
    Int(i64),
    /// A ratio in percent. Text with three decimals.
    Percent(f64),
    /// So many a second. Text with three decimals.
    Rate(f64),
    /// Bytes that are meant to be read.
    Text(Text),
    /// A size in bytes. Text in KiB, rounded down; JSON in bytes.
    Size(u64),
    /// A span of time. Text in Go's form (`1h2m3.45s`), JSON in seconds.
    Duration(Duration),
    /// A moment. Text `2019-12-09 10:50:36 +0100 CET`, JSON RFC 3339.
    Time(Box<Time>),
    /// A set of capabilities. Text `none`, `full` or names, JSON an array of names.
    Caps(CapSet),
    /// Yes or no. Text `yes` and `no`, JSON `true` and `false`.
    Bool(bool),
    /// A whole number that [`Int`](Self::Int) cannot hold.
    Uint(u64),
    /// A number with decimals, as few of them as tell it from others.
    Real(f64),
    /// Several values. Text with `,` between, JSON an array.
    List(Vec<Value>),
    /// Values by name. Text `name=value` with blanks between, JSON an object.
    Fields(Fields),
}

impl From<u64> for Value {
    fn from(number: u64) -> Self {
        i64::try_from(number).map_or(Self::Uint(number), Self::Int)
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_char('?'),
            Self::Int(n) => fmt::Display::fmt(n, f),
            Self::Uint(n) => fmt::Display::fmt(n, f),
            Self::Real(n) => fmt::Display::fmt(n, f),
            Self::Bool(true) => f.write_str("yes"),
            Self::Bool(false) => f.write_str("no"),
            Self::Fields(fields) => fmt::Display::fmt(fields, f),
            Self::Percent(n) | Self::Rate(n) => write!(f, "{n:.3}"),
            Self::Text(text) => fmt::Display::fmt(text, f),
            Self::Size(bytes) => fmt::Display::fmt(&(bytes / 1024), f),
            Self::Duration(time) => span::write(*time, f),
            Self::Time(time) => fmt::Display::fmt(time, f),
            Self::Caps(set) => fmt::Display::fmt(set, f),
            Self::List(values) => {
                for (i, value) in values.iter().enumerate() {
                    if i > 0 {
                        f.write_char(',')?;
                    }
                    fmt::Display::fmt(value, f)?;
                }
                Ok(())
            }
        }
    }
}

impl Value {
    /// Text from bytes.
    pub fn text(bytes: impl AsRef<[u8]>) -> Self {
        Self::Text(Text::from(bytes.as_ref()))
    }

    /// The order of two cells of one column: numbers by size, text by bytes, unknown last.
    ///
    /// It is total: cells of different types are ordered by their type.
    #[must_use]
    pub fn compare(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Int(a), Self::Int(b)) => a.cmp(b),
            (Self::Bool(a), Self::Bool(b)) => a.cmp(b),
            (Self::Fields(a), Self::Fields(b)) => a.compare(b),
            (Self::Percent(a), Self::Percent(b))
            | (Self::Rate(a), Self::Rate(b))
            | (Self::Real(a), Self::Real(b)) => a.total_cmp(b),
            (Self::Text(a), Self::Text(b)) => a.cmp(b),
            (Self::Uint(a), Self::Uint(b)) | (Self::Size(a), Self::Size(b)) => a.cmp(b),
            (Self::Duration(a), Self::Duration(b)) => a.cmp(b),
            (Self::Time(a), Self::Time(b)) => a.cmp(b),
            (Self::Caps(a), Self::Caps(b)) => a.mask().cmp(&b.mask()),
            (Self::List(a), Self::List(b)) => a
                .iter()
                .zip(b)
                .map(|(a, b)| a.compare(b))
                .find(|order| order.is_ne())
                .unwrap_or_else(|| a.len().cmp(&b.len())),
            _ => self.rank().cmp(&other.rank()),
        }
    }

    /// How many bytes of memory these take, about.
    pub(crate) fn weight_of(values: &[Self]) -> usize {
        let behind = values.iter().map(|value| match value {
            Self::Text(Text(Repr::Shared(bytes))) => bytes.len(),
            Self::List(values) => Self::weight_of(values),
            _ => 0,
        });
        size_of_val(values) + behind.sum::<usize>()
    }

    fn rank(&self) -> u8 {
        match self {
            Self::Int(_) => 0,
            Self::Uint(_) => 1,
            Self::Percent(_) => 2,
            Self::Text(_) => 3,
            Self::Size(_) => 4,
            Self::Duration(_) => 5,
            Self::Time(_) => 6,
            Self::Caps(_) => 7,
            Self::List(_) => 8,
            Self::Rate(_) => 9,
            Self::Bool(_) => 10,
            Self::Fields(_) => 11,
            Self::Real(_) => 12,
            Self::Missing => 13,
        }
    }
}

/// Bytes that are meant to be read: nearly always UTF-8, never trusted to be.
///
/// Cloning is cheap. [`Display`](fmt::Display) escapes, see [`bytes::Escaped`].
#[derive(Clone)]
pub struct Text(Repr);

#[derive(Clone)]
enum Repr {
    Static(&'static [u8]),
    /// So many of them: most names, without a place of their own in memory. A count of who shares
    /// them would be what all threads that read wait for.
    Short(u8, [u8; SHORT]),
    Shared(Arc<[u8]>),
}

/// What fits beside a length where the others have a pointer and a length.
const SHORT: usize = 22;

impl Text {
    /// A word known when psgo was built.
    #[must_use]
    pub const fn word(word: &'static str) -> Self {
        Self(Repr::Static(word.as_bytes()))
    }

    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        match &self.0 {
            Repr::Static(bytes) => bytes,
            Repr::Short(len, bytes) => bytes.get(..usize::from(*len)).unwrap_or(bytes),
            Repr::Shared(bytes) => bytes,
        }
    }

    /// The text, if it is UTF-8.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        std::str::from_utf8(self.as_bytes()).ok()
    }
}

impl From<&'static str> for Text {
    fn from(word: &'static str) -> Self {
        Self::word(word)
    }
}

impl From<&[u8]> for Text {
    fn from(bytes: &[u8]) -> Self {
        let mut short = [0; SHORT];
        match (short.get_mut(..bytes.len()), u8::try_from(bytes.len())) {
            (Some(place), Ok(len)) => {
                place.copy_from_slice(bytes);
                Self(Repr::Short(len, short))
            }
            _ => Self(Repr::Shared(bytes.into())),
        }
    }
}

impl FromIterator<u8> for Text {
    fn from_iter<I: IntoIterator<Item = u8>>(bytes: I) -> Self {
        let bytes = bytes.into_iter();
        if bytes.size_hint().1.is_some_and(|most| most <= SHORT) {
            let (mut short, mut len) = ([0; SHORT], 0);
            for (place, byte) in short.iter_mut().zip(bytes) {
                *place = byte;
                len += 1;
            }
            return Self(Repr::Short(len, short));
        }
        Self(Repr::Shared(bytes.collect()))
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self::from(text.as_bytes())
    }
}

impl PartialEq for Text {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            // What is behind a short text is always the same, and so much is compared at once.
            (Repr::Short(a_len, a), Repr::Short(b_len, b)) => a_len == b_len && a == b,
            _ => self.as_bytes() == other.as_bytes(),
        }
    }
}

impl Eq for Text {}

impl PartialOrd for Text {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Text {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_bytes().cmp(other.as_bytes())
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.as_bytes().escape_ascii())
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&bytes::Escaped(self.as_bytes()), f)
    }
}

/// A moment, in the zone of the host.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Time {
    /// Unix time.
    secs: i64,
    nanos: u32,
    zone: Box<str>,
    /// Seconds east of UTC.
    offset: i32,
}

impl Time {
    /// Years -262143 to 262142, which every common library of dates can hold.
    const RANGE: std::ops::RangeInclusive<i64> = -8_334_601_228_800..=8_210_266_876_799;

    /// `nanos` nanoseconds after `secs` seconds of Unix time, in a zone `offset` seconds east of
    /// UTC whose abbreviation is `zone`. `None` if the year has more than six digits, there or in
    /// UTC, or if `nanos` or `offset` is a second or a day and more.
    #[must_use]
    pub fn new(secs: i64, nanos: u32, offset: i32, zone: &str) -> Option<Self> {
        let there = secs.checked_add(offset.into())?;
        let is_valid = nanos < 1_000_000_000
            && offset.unsigned_abs() < 86_400
            && Self::RANGE.contains(&secs)
            && Self::RANGE.contains(&there);
        is_valid.then(|| Self {
            secs,
            nanos,
            zone: zone.into(),
            offset,
        })
    }

    /// The moment as chrono has it. Feature `chrono`.
    #[cfg(feature = "chrono")]
    #[must_use]
    pub fn moment(&self) -> chrono::DateTime<chrono::FixedOffset> {
        // `new` has checked both.
        let utc = chrono::DateTime::from_timestamp(self.secs, self.nanos).unwrap_or_default();
        match chrono::FixedOffset::east_opt(self.offset) {
            Some(offset) => utc.with_timezone(&offset),
            None => utc.fixed_offset(),
        }
    }

    /// The zone's abbreviation, `CET`.
    #[must_use]
    pub fn zone(&self) -> &str {
        &self.zone
    }

    /// Writes date and time of day in the zone, with `between` between the two.
    fn write_date(&self, between: char, out: &mut impl fmt::Write) -> fmt::Result {
        let there = self.secs + i64::from(self.offset);
        let (days, second) = (there.div_euclid(86_400), there.rem_euclid(86_400));
        let (year, month, day) = civil(days);
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        match year {
            0..=9999 => write!(out, "{year:04}")?,
            _ => write!(out, "{year:+05}")?,
        }
        write!(
            out,
            "-{month:02}-{day:02}{between}{hour:02}:{minute:02}:{second:02}"
        )
    }

    /// Writes the offset from UTC to the minute, with `between` between hours and minutes.
    fn write_offset(&self, between: &str, out: &mut impl fmt::Write) -> fmt::Result {
        let sign = if self.offset < 0 { '-' } else { '+' };
        let minutes = (self.offset.unsigned_abs() + 30) / 60;
        write!(out, "{sign}{:02}{between}{:02}", minutes / 60, minutes % 60)
    }
}

/// Year, month and day in the Gregorian calendar, so many days after 1970-01-01.
///
/// Counted in years that begin in March, so that a leap day is the last of its year, and in eras
/// of 400 years, which all have 146,097 days.
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (era * 400 + year + i64::from(month <= 2), month, day)
}

/// `2019-12-09 10:50:36 +0100 CET`, in whole seconds, as psgo prints it.
impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write_date(' ', f)?;
        f.write_char(' ')?;
        self.write_offset("", f)?;
        write!(f, " {}", bytes::Escaped(self.zone.as_bytes()))
    }
}

/// What programs read: numbers as numbers, sizes in bytes, spans in seconds, moments by RFC 3339,
/// sets and lists as arrays, unknown as null, text that is not UTF-8 as `{"b64": "…"}`.
#[cfg(feature = "serde")]
mod serialize {
    use std::{fmt::Write as _, time::Duration};

    use base64::{display::Base64Display, engine::general_purpose::STANDARD};
    use serde::{Serialize, Serializer, ser::Error as _};

    use super::{Text, Time, Value};

    impl Serialize for Value {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            match self {
                Self::Missing => serializer.serialize_unit(),
                Self::Int(n) => serializer.serialize_i64(*n),
                Self::Uint(n) => serializer.serialize_u64(*n),
                Self::Real(n) => serializer.serialize_f64(*n),
                Self::Bool(yes) => serializer.serialize_bool(*yes),
                Self::Fields(fields) => fields.serialize(serializer),
                Self::Percent(n) | Self::Rate(n) => {
                    serializer.serialize_f64((n * 1000.0).round() / 1000.0)
                }
                Self::Text(text) => text.serialize(serializer),
                Self::Size(bytes) => serializer.serialize_u64(*bytes),
                Self::Duration(span) => serializer.serialize_f64(seconds(*span)),
                Self::Time(time) => time.serialize(serializer),
                Self::Caps(set) => set.serialize(serializer),
                Self::List(values) => serializer.collect_seq(values),
            }
        }
    }

    impl Serialize for Text {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            match self.as_str() {
                Some(text) => serializer.serialize_str(text),
                None => serializer.collect_map([("b64", Base64(self.as_bytes()))]),
            }
        }
    }

    struct Base64<'a>(&'a [u8]);

    impl Serialize for Base64<'_> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_str(&Base64Display::new(self.0, &STANDARD))
        }
    }

    impl Serialize for Time {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut text = String::new();
            self.write_date('T', &mut text).map_err(S::Error::custom)?;
            // As many decimals as it has, by three.
            match self.nanos {
                0 => Ok(()),
                nanos if nanos % 1_000_000 == 0 => write!(text, ".{:03}", nanos / 1_000_000),
                nanos if nanos % 1000 == 0 => write!(text, ".{:06}", nanos / 1000),
                nanos => write!(text, ".{nanos:09}"),
            }
            .and_then(|()| self.write_offset(":", &mut text))
            .map_err(S::Error::custom)?;
            serializer.serialize_str(&text)
        }
    }

    /// The double nearest to the span, which is the one that prints as 13.98 and not as 13.979999.
    ///
    /// `Duration::as_secs_f64` adds two rounded numbers; one division of two exact ones rounds
    /// once. They are exact below 2^53 units: 104 days of nanoseconds, 2.8 million years of
    /// clock ticks. A span of more than fifteen digits is as near as any reader's double is.
    #[allow(clippy::cast_precision_loss, reason = "see above")]
    fn seconds(span: Duration) -> f64 {
        let per_second = match span.subsec_nanos() {
            nanos if nanos % 10_000_000 == 0 => 100,
            nanos if nanos % 1000 == 0 => 1_000_000,
            _ => 1_000_000_000,
        };
        (span.as_nanos() / (1_000_000_000 / per_second)) as f64 / per_second as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_psgos_form() {
        let time = Time::new(1_575_885_036, 990_000_000, 3600, "CET").unwrap();
        assert_eq!(time.to_string(), "2019-12-09 10:50:36 +0100 CET");
    }

    #[test]
    fn a_time_is_within_what_its_zone_can_say() {
        let (first, last) = (-8_334_601_228_800, 8_210_266_876_799);
        for (secs, offset, can) in [
            (last, 0, true),
            (last, -1, true),
            (last, 1, false),
            (last - 3600, 3600, true),
            (first, 1, true),
            (first, -1, false),
            (last + 1, -3600, false),
            (0, 86_400, false),
            (i64::MIN, 0, false),
        ] {
            let time = Time::new(secs, 999_999_999, offset, "CET");
            assert_eq!(time.is_some(), can, "{secs} {offset}");
            let Some(time) = time else { continue };
            assert!(time.to_string().ends_with(" CET"));
            #[cfg(feature = "serde")]
            assert!(json(&Value::Time(Box::new(time))).starts_with('"'));
        }
    }

    #[test]
    fn unknown_sorts_last_and_numbers_by_size() {
        let mut cells = [Value::Missing, Value::Int(10), Value::Int(9)];
        cells.sort_by(Value::compare);
        assert_eq!(cells, [Value::Int(9), Value::Int(10), Value::Missing]);
    }

    /// Days around each that is odd in the calendar, all offsets of a quarter of an hour.
    #[test]
    #[cfg(feature = "chrono")]
    fn a_time_has_the_date_that_chrono_has() {
        let days = (-800_000..800_000).step_by(53);
        let ends = [-8_334_601_228_800, -1, 0, 951_782_399, 8_210_266_876_799];
        for (at, offset) in days
            .map(|day: i64| day * 86_400 + day.rem_euclid(86_400))
            .chain(ends)
            .zip((-95..96).map(|quarters| quarters * 900).cycle())
        {
            let Some(time) = Time::new(at, 0, offset, "Z") else {
                assert!(ends.contains(&at), "{at}");
                continue;
            };
            let form = "%Y-%m-%d %H:%M:%S %z Z";
            assert_eq!(time.to_string(), time.moment().format(form).to_string());
        }
    }

    #[test]
    fn no_cell_can_move_the_cursor() {
        let cell = Value::text(b"a\x1b[31m\nroot\xff\\");
        assert_eq!(cell.to_string(), "a\\x1b[31m\\nroot\\xff\\\\");
    }

    #[cfg(feature = "serde")]
    fn json(value: &Value) -> String {
        serde_json::to_string(value).unwrap()
    }

    #[test]
    #[cfg(feature = "serde")]
    fn programs_get_typed_values() {
        let time = |nanos| {
            Value::Time(Box::new(
                Time::new(1_575_885_036, nanos, 3600, "CET").unwrap(),
            ))
        };
        for (value, text) in [
            (Value::Missing, "null"),
            (Value::Int(-5), "-5"),
            (Value::Size(5_496_832), "5496832"),
            (Value::Percent(12.345_678), "12.346"),
            (Value::Percent(0.0), "0.0"),
            (Value::Percent(f64::NAN), "null"),
            (Value::text("a\u{1b}\"é"), "\"a\\u001b\\\"é\""),
            (Value::text(b"a\xff"), "{\"b64\":\"Yf8=\"}"),
            (time(0), "\"2019-12-09T10:50:36+01:00\""),
            (time(990_000_000), "\"2019-12-09T10:50:36.990+01:00\""),
            (Value::Caps(CapSet::new(1, 40)), "[\"CHOWN\"]"),
            (Value::Caps(CapSet::new(0, 40)), "[]"),
            (
                Value::List(vec![Value::Int(1), Value::text("a")]),
                "[1,\"a\"]",
            ),
        ] {
            assert_eq!(json(&value), text, "{value:?}");
        }
    }

    #[test]
    #[cfg(feature = "serde")]
    fn seconds_print_exactly() {
        for nanos in [
            0,
            20_000_000,
            13_980_000_000,
            21_807_677_997_443,
            93_784_070_000_000,
            // Decades, to the tick, and ten days, to the nanosecond: fifteen digits are sure.
            1_607_721_599_990_000_000,
            2_713_453_290_070_000_000,
            899_999_123_456_789,
        ] {
            let span = Duration::from_nanos(nanos);
            let exact = format!("{}.{:09}", span.as_secs(), span.subsec_nanos());
            let exact = exact.trim_end_matches('0');
            let text = json(&Value::Duration(span));
            assert_eq!(
                text.trim_end_matches(".0"),
                exact.trim_end_matches('.'),
                "{nanos}"
            );
        }
        // Every tick of an hour.
        for ticks in 0..360_000_u64 {
            let text = json(&Value::Duration(Duration::from_millis(ticks * 10)));
            let (whole, part) = text.split_once('.').unwrap();
            let back =
                whole.parse::<u64>().unwrap() * 100 + format!("{part:0<2}").parse::<u64>().unwrap();
            assert_eq!(back, ticks, "{text}");
        }
    }
}
