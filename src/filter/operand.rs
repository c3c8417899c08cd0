//! `Operand`: what a value of a filter means for a column, and whether a cell is it.

use std::{cmp::Ordering, time::Duration};

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime};
use regex::bytes::{Regex, RegexBuilder};

use super::grammar::Operator;
use crate::{caps::CapSet, descriptor::Holds, value::Value};

/// What cells are compared with.
#[derive(Debug, Clone)]
pub(super) enum Operand {
    /// `?`: whether the cell is known at all.
    Unknown,
    /// A regular expression, or a pattern with `*` and `?` that has become one.
    Pattern(Regex),
    Text(Vec<u8>),
    Number(i64),
    Ratio(f64),
    Size(u64),
    Duration(Duration),
    /// A moment of a known zone.
    Moment(i64),
    /// What the clock on the wall shows, in the zone of the cell.
    Wall(NaiveDateTime),
    /// These capabilities, all of them; of none, the empty set.
    Caps(u64),
    FullCaps,
}

/// The memory that a regular expression may take, in bytes.
const LARGEST_PATTERN: usize = 1 << 20;

impl Operand {
    /// What `text` means for a column that holds `holds`; the error says what it should be.
    pub(super) fn new(
        text: &str,
        is_quoted: bool,
        operator: Operator,
        holds: Holds,
    ) -> Result<Self, String> {
        if text == "?" && !is_quoted {
            return match operator {
                Operator::Equal | Operator::Unequal => Ok(Self::Unknown),
                _ => Err("? is only equal or unequal".to_owned()),
            };
        }
        if matches!(operator, Operator::Matches | Operator::MatchesNot) {
            return pattern(text, true).map(Self::Pattern);
        }
        let orders = matches!(
            operator,
            Operator::Less | Operator::LessOrEqual | Operator::Greater | Operator::GreaterOrEqual
        );
        let expected =
            |what: &str| format!("{} is not {what}", crate::bytes::Escaped(text.as_bytes()));
        match holds {
            Holds::Text | Holds::Texts if !orders && !is_quoted && text.contains(['*', '?']) => {
                pattern(&glob(text), false).map(Self::Pattern)
            }
            Holds::Text | Holds::Texts => Ok(Self::Text(text.as_bytes().to_vec())),
            Holds::Number | Holds::Numbers => number(text)
                .map(Self::Number)
                .ok_or_else(|| expected("a number")),
            Holds::Percent | Holds::Rate => ratio(text.strip_suffix('%').unwrap_or(text))
                .map(Self::Ratio)
                .ok_or_else(|| expected("a number")),
            Holds::Size => size(text)
                .map(Self::Size)
                .ok_or_else(|| expected("a size: 4096, 4K, 1.5GiB")),
            Holds::Duration => duration(text)
                .map(Self::Duration)
                .ok_or_else(|| expected("a duration: 90, 90s, 5m, 1h30m, 2d")),
            Holds::Time => {
                time(text).ok_or_else(|| expected("a time: 2026-11-20, \"2026-11-20 22:05:00\""))
            }
            Holds::Caps if orders => Err("capabilities have no order".to_owned()),
            Holds::Caps => {
                capabilities(text).ok_or_else(|| expected("none, full or names of capabilities"))
            }
        }
    }

    /// Is `cell` what is asked for? What is unknown is nothing but unknown.
    pub(super) fn holds(&self, operator: Operator, cell: &Value) -> bool {
        match (self, cell) {
            (Self::Unknown, cell) => cell.is_missing() == (operator == Operator::Equal),
            (_, Value::Missing(_)) => false,
            (operand, Value::List(cells)) => {
                let positive = match operator {
                    Operator::Unequal => Operator::Equal,
                    Operator::MatchesNot => Operator::Matches,
                    other => other,
                };
                // One of them is it; or, told negatively, none is.
                cells.iter().any(|cell| operand.holds(positive, cell)) == (positive == operator)
            }
            (Self::Pattern(pattern), cell) => {
                let matches = match cell {
                    Value::Text(text) => pattern.is_match(text.as_bytes()),
                    cell => pattern.is_match(cell.to_string().as_bytes()),
                };
                matches == matches!(operator, Operator::Matches | Operator::Equal)
            }
            (operand, cell) => operand.compare(cell).is_some_and(|order| match operator {
                Operator::Equal | Operator::Matches => order.is_eq(),
                Operator::Unequal | Operator::MatchesNot => order.is_ne(),
                Operator::Less => order.is_lt(),
                Operator::LessOrEqual => order.is_le(),
                Operator::Greater => order.is_gt(),
                Operator::GreaterOrEqual => order.is_ge(),
            }),
        }
    }

    /// The order of a cell and this; nothing where they cannot be compared.
    fn compare(&self, cell: &Value) -> Option<Ordering> {
        Some(match (cell, self) {
            (Value::Text(cell), Self::Text(text)) => cell.as_bytes().cmp(text),
            (Value::Int(cell), Self::Number(number)) => cell.cmp(number),
            (Value::Uint(_), Self::Number(_)) => Ordering::Greater,
            (Value::Percent(cell) | Value::Rate(cell) | Value::Real(cell), Self::Ratio(ratio)) => {
                cell.total_cmp(ratio)
            }
            (Value::Size(cell), Self::Size(size)) => cell.cmp(size),
            (Value::Duration(cell), Self::Duration(span)) => cell.cmp(span),
            (Value::Time(cell), Self::Moment(nanos)) => {
                DateTime::from(&**cell).timestamp_nanos_opt()?.cmp(nanos)
            }
            (Value::Time(cell), Self::Wall(wall)) => {
                DateTime::from(&**cell).naive_local().cmp(wall)
            }
            // A set has these: equal. Otherwise it is another.
            (Value::Caps(cell), Self::Caps(0)) => cell.mask().cmp(&0),
            (Value::Caps(cell), Self::Caps(mask)) => (cell.mask() & mask).cmp(mask),
            (Value::Caps(cell), Self::FullCaps) if cell.is_full() => Ordering::Equal,
            (Value::Caps(_), Self::FullCaps) => Ordering::Less,
            _ => return None,
        })
    }
}

fn pattern(text: &str, is_expression: bool) -> Result<Regex, String> {
    RegexBuilder::new(text)
        .size_limit(LARGEST_PATTERN)
        // A blank, a letter is that; names may be any bytes.
        .unicode(false)
        .dot_matches_new_line(!is_expression)
        .build()
        .map_err(|error| {
            let told = error.to_string();
            let last = told.lines().last().unwrap_or_default();
            format!(
                "not a regular expression: {}",
                last.trim_start_matches("error: ")
            )
        })
}

/// `*` stands for any text, `?` for any byte.
fn glob(text: &str) -> String {
    let mut expression = String::from(r"\A");
    for c in text.chars() {
        match c {
            '*' => expression.push_str(".*"),
            '?' => expression.push('.'),
            c => expression.push_str(&regex::escape(c.encode_utf8(&mut [0; 4]))),
        }
    }
    expression.push_str(r"\z");
    expression
}

fn number(text: &str) -> Option<i64> {
    text.parse().ok()
}

fn ratio(text: &str) -> Option<f64> {
    text.parse().ok().filter(|ratio: &f64| ratio.is_finite())
}

/// A number and its unit, the longest that the end of `text` is.
fn with_unit<'a, T: Copy>(text: &'a str, units: &[(&str, T)]) -> Option<(&'a str, T)> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic() || c == 'µ');
    let unit = text.get(digits.len()..)?;
    let (_, scale) = units.iter().find(|(name, _)| *name == unit)?;
    Some((digits, *scale))
}

/// Sizes in bytes: `4096`, `4K`, `1.5GiB`.
fn size(text: &str) -> Option<u64> {
    const UNITS: [(&str, i32); 12] = [
        ("", 0),
        ("B", 0),
        ("K", 10),
        ("k", 10),
        ("KiB", 10),
        ("M", 20),
        ("MiB", 20),
        ("G", 30),
        ("GiB", 30),
        ("T", 40),
        ("TiB", 40),
        ("P", 50),
    ];
    let (digits, shift) = with_unit(text, &UNITS)?;
    if let Ok(whole) = digits.parse::<u64>() {
        return whole.checked_mul(1_u64 << shift);
    }
    let bytes = ratio(digits)? * 2_f64.powi(shift);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it is not negative, and no machine has 2^63 bytes"
    )]
    (0.0..9e18).contains(&bytes).then_some(bytes as u64)
}

/// `90`, `90s`, `1h30m`, `1.5d`: numbers with units, one after the other.
fn duration(text: &str) -> Option<Duration> {
    const UNITS: [(&str, f64); 8] = [
        ("", 1.0),
        ("ms", 0.001),
        ("us", 0.000_001),
        ("s", 1.0),
        ("m", 60.0),
        ("h", 3600.0),
        ("d", 86_400.0),
        ("w", 604_800.0),
    ];
    let mut sum = Duration::ZERO;
    let mut rest = text;
    while !rest.is_empty() || sum.is_zero() && text.is_empty() {
        let digits = rest
            .find(|c: char| c.is_ascii_alphabetic())
            .unwrap_or(rest.len());
        let unit = rest.get(digits..)?;
        let end = unit
            .find(|c: char| !c.is_ascii_alphabetic())
            .unwrap_or(unit.len());
        let (part, after) = rest.split_at_checked(digits + end)?;
        let (number, scale) = with_unit(part, &UNITS)?;
        // Without a unit it is all there is.
        if end == 0 && part.len() != text.len() {
            return None;
        }
        let span = Duration::try_from_secs_f64(ratio(number)? * scale).ok()?;
        sum = sum.checked_add(span)?;
        rest = after;
    }
    Some(sum)
}

/// A date, a date and a time of day, or either by RFC 3339 with its zone.
fn time(text: &str) -> Option<Operand> {
    if let Ok(moment) = DateTime::parse_from_rfc3339(text) {
        return moment.timestamp_nanos_opt().map(Operand::Moment);
    }
    let form = |form| NaiveDateTime::parse_from_str(text, form).ok();
    let wall = form("%Y-%m-%d %H:%M:%S")
        .or_else(|| form("%Y-%m-%dT%H:%M:%S"))
        .or_else(|| form("%Y-%m-%d %H:%M"))
        .or_else(|| {
            let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
            Some(date.and_time(NaiveTime::MIN))
        })?;
    Some(Operand::Wall(wall))
}

/// The highest capability that a mask has room for: a filter may name one that this kernel lacks.
const HIGHEST: u8 = 63;

fn capabilities(text: &str) -> Option<Operand> {
    if text == "full" {
        return Some(Operand::FullCaps);
    }
    let set = CapSet::parse(text.as_bytes(), HIGHEST).ok()?;
    Some(Operand::Caps(set.mask()))
}
