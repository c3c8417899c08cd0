//! `Value`: one typed cell, its text and its order; `Fields`: values by name.

use std::{
    cmp::Ordering,
    fmt::{self, Write as _},
    time::Duration,
};

use super::{Missing, Text, Time, span};
use crate::caps::CapSet;

/// A typed cell of a listing.
///
/// Its [`Display`](fmt::Display) is psgo's text form: no control byte, no escape sequence and
/// nothing that is not UTF-8 survives there (see [`Escaped`](crate::bytes::Escaped)).
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Value {
    /// Unknown, and why. Text `?`, JSON `null`.
    Missing(Missing),
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

/// Equal values of the same type; all [`Missing`](Value::Missing) values are equal.
impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Missing(_), Self::Missing(_)) => true,
            (Self::Int(a), Self::Int(b)) => a == b,
            (Self::Percent(a), Self::Percent(b))
            | (Self::Rate(a), Self::Rate(b))
            | (Self::Real(a), Self::Real(b)) => a == b,
            (Self::Text(a), Self::Text(b)) => a == b,
            (Self::Size(a), Self::Size(b)) | (Self::Uint(a), Self::Uint(b)) => a == b,
            (Self::Duration(a), Self::Duration(b)) => a == b,
            (Self::Time(a), Self::Time(b)) => a == b,
            (Self::Caps(a), Self::Caps(b)) => a == b,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::List(a), Self::List(b)) => a == b,
            (Self::Fields(a), Self::Fields(b)) => a == b,
            _ => false,
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(_) => f.write_char('?'),
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
    /// Unknown, for no known reason.
    pub const MISSING: Self = Self::Missing(Missing::None);

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
            Self::Text(text) => text.weight(),
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
            Self::Missing(_) => 13,
        }
    }
}

/// Values by name, in the order in which they were added.
///
/// ```
/// use psgo::{Fields, Value};
///
/// let fields: Fields = [("size", Value::Int(4567)), ("resident", Value::Int(393))]
///     .into_iter()
///     .collect();
/// assert_eq!(fields.find("resident"), Some(&Value::Int(393)));
/// assert_eq!(fields.to_string(), "size=4567 resident=393");
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Fields(Vec<(Text, Value)>);

impl Fields {
    /// None yet.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Adds a value after the others.
    pub fn push(&mut self, name: impl Into<Text>, value: Value) {
        self.0.push((name.into(), value));
    }

    /// The first value of that name; `a.b` is `b` of the fields that `a` is, where nothing is
    /// called `a.b` itself.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&Value> {
        let find = |name: &str| {
            let mut fields = self.iter();
            fields.find_map(|(key, value)| (key.as_bytes() == name.as_bytes()).then_some(value))
        };
        if let Some(value) = find(name) {
            return Some(value);
        }
        name.match_indices('.').find_map(|(dot, _)| {
            let (outer, inner) = (&name[..dot], &name[dot + 1..]);
            match find(outer)? {
                Value::Fields(fields) => fields.find(inner),
                _ => None,
            }
        })
    }

    /// Each name and its value.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&Text, &Value)> {
        self.0.iter().map(|(name, value)| (name, value))
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Is there none?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// By the first that differs, by its name, then by its value.
    fn compare(&self, other: &Self) -> Ordering {
        let pairs = self.0.iter().zip(&other.0);
        pairs
            .map(|((name, value), (other_name, other))| {
                name.cmp(other_name).then_with(|| value.compare(other))
            })
            .find(|order| order.is_ne())
            .unwrap_or_else(|| self.0.len().cmp(&other.0.len()))
    }
}

impl<N: Into<Text>> FromIterator<(N, Value)> for Fields {
    fn from_iter<I: IntoIterator<Item = (N, Value)>>(fields: I) -> Self {
        let fields = fields.into_iter();
        Self(fields.map(|(name, value)| (name.into(), value)).collect())
    }
}

impl IntoIterator for Fields {
    type Item = (Text, Value);
    type IntoIter = std::vec::IntoIter<(Text, Value)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

/// `name=value`, with blanks between; what is unknown is left out.
impl fmt::Display for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = self.0.iter().filter(|(_, value)| !value.is_missing());
        for (i, (name, value)) in known.enumerate() {
            let between = if i > 0 { " " } else { "" };
            match value {
                Value::Fields(fields) => write!(f, "{between}{name}=({fields})")?,
                value => write!(f, "{between}{name}={value}")?,
            }
        }
        Ok(())
    }
}

/// An object; a name that is not UTF-8 is escaped as text is.
#[cfg(feature = "serde")]
impl serde::Serialize for Fields {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeMap as _;

        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in &self.0 {
            match name.as_str() {
                Some(name) => map.serialize_entry(name, value)?,
                None => map.serialize_entry(&name.to_string(), value)?,
            }
        }
        map.end()
    }
}

/// What programs read: numbers as numbers, sizes in bytes, spans in seconds, moments by RFC 3339,
/// sets and lists as arrays, unknown as null, text that is not UTF-8 as `{"b64": "…"}`.
#[cfg(feature = "serde")]
mod serialize {
    use std::time::Duration;

    use serde::{Serialize, Serializer};

    use super::Value;

    impl Serialize for Value {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            match self {
                Self::Missing(_) => serializer.serialize_unit(),
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
    fn unknown_sorts_last_and_numbers_by_size() {
        let mut cells = [Value::MISSING, Value::Int(10), Value::Int(9)];
        cells.sort_by(Value::compare);
        assert_eq!(cells, [Value::Int(9), Value::Int(10), Value::MISSING]);
    }

    #[test]
    fn why_a_value_is_unknown_changes_neither_order_nor_text() {
        let (denied, none) = (Value::Missing(Missing::Denied), Value::MISSING);
        assert_eq!(denied, none);
        assert_eq!(denied.compare(&none), Ordering::Equal);
        assert_eq!(denied.to_string(), "?");
        assert!(denied.is_missing() && !Value::Int(0).is_missing());
        assert_ne!(none, Value::Int(0));
        assert_ne!(Value::Size(1), Value::Uint(1));
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
            (Value::MISSING, "null"),
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

    fn fields<const N: usize>(fields: [(&'static str, Value); N]) -> Fields {
        fields.into_iter().collect()
    }

    #[test]
    fn a_name_with_a_point_is_found_whole_or_by_its_parts() {
        let inner = fields([("b", Value::Int(1)), ("c.d", Value::Int(2))]);
        let all = fields([("a", Value::Fields(inner)), ("a.x", Value::Int(3))]);
        assert_eq!(all.find("a.b"), Some(&Value::Int(1)));
        assert_eq!(all.find("a.c.d"), Some(&Value::Int(2)));
        assert_eq!(all.find("a.x"), Some(&Value::Int(3)));
        assert_eq!(all.find("a.y"), None);
    }

    #[test]
    fn text_leaves_out_what_is_unknown() {
        let inner = fields([("port", Value::Int(22)), ("name", Value::MISSING)]);
        let all = fields([("local", Value::Fields(inner)), ("x\n", Value::Bool(true))]);
        assert_eq!(all.to_string(), "local=(port=22) x\\n=yes");
    }

    #[test]
    fn the_order_is_by_the_first_that_differs() {
        let one = fields([("a", Value::Int(1)), ("b", Value::Int(9))]);
        let two = fields([("a", Value::Int(2))]);
        assert_eq!(one.compare(&two), Ordering::Less);
        assert_eq!(two.compare(&one), Ordering::Greater);
        assert_eq!(one.compare(&one.clone()), Ordering::Equal);
    }
}
