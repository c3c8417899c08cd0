//! `Operand`: what a value of a filter means for a column, and whether a cell is it.

use std::{
    cmp::Ordering,
    time::{Duration, SystemTime},
};

use chrono::{DateTime, NaiveDate, NaiveDateTime};
use regex::bytes::{Regex, RegexBuilder};

use super::{
    grammar::Operator,
    quantity::{self, When},
};
use crate::{caps::CapSet, descriptor::Holds, value::Value};

/// What cells are compared with.
#[derive(Debug, Clone)]
pub(super) enum Operand {
    /// `?`: whether the cell is known at all.
    Unknown,
    /// A regular expression, or a pattern with `*` and `?` that has become one.
    Pattern(Regex),
    Text(Vec<u8>),
    /// One of these texts.
    OneOf(Vec<Vec<u8>>),
    /// An ID of a container, or the beginning of one.
    Id(Vec<u8>),
    /// A name of a command, or a pattern for one, that is longer than the kernel keeps.
    Long {
        text: Vec<u8>,
        is: Box<Operand>,
    },
    Number(i64),
    Ratio(f64),
    Size(u64),
    Duration(Duration),
    /// A moment of a known zone.
    Moment(i64),
    /// What the clock on the wall shows, in the zone of the cell.
    Wall(NaiveDateTime),
    /// A whole day, in the zone of the cell: what is in it is equal, the rest before or after.
    Day(NaiveDate),
    /// So long before the cell is compared.
    Ago(Duration),
    /// These capabilities, all of them; of none, the empty set.
    Caps(u64),
    FullCaps,
}

/// The memory that a regular expression may take, in bytes.
const LARGEST_PATTERN: usize = 1 << 20;

/// The names of commands that are not those of kernel threads have no more bytes.
const LONGEST_NAME: usize = 15;

impl Operand {
    /// `?`.
    pub(super) fn unknown(operator: Operator) -> Result<Self, String> {
        if operator.is_of_equality() {
            Ok(Self::Unknown)
        } else {
            Err("? is only equal or unequal".to_owned())
        }
    }

    /// A regular expression.
    pub(super) fn expression(text: &str) -> Result<Self, String> {
        pattern(text, true).map(Self::Pattern)
    }

    /// A text, where `*` and `?` are any text and any byte.
    pub(super) fn glob(text: &str) -> Result<Self, String> {
        pattern(&glob(text), false).map(Self::Pattern)
    }

    /// A text and nothing else.
    pub(super) fn text(text: &str) -> Self {
        Self::Text(text.as_bytes().to_vec())
    }

    /// The same of a command's name, which begins with `literal`: of more bytes than the kernel
    /// keeps, those that it keeps are compared.
    pub(super) fn of_command(self, literal: &str) -> Self {
        if literal.len() <= LONGEST_NAME {
            return self;
        }
        Self::Long {
            text: literal.as_bytes().to_vec(),
            is: Box::new(self),
        }
    }

    /// Whether a regular expression or a pattern holds for this text; any text does for others.
    pub(super) fn may_be(&self, text: &str) -> bool {
        match self {
            Self::Pattern(pattern) => pattern.is_match(text.as_bytes()),
            _ => true,
        }
    }

    /// What `text` means for a column that holds `holds`, which is no text; the error says what it
    /// should be.
    pub(super) fn quantity(text: &str, operator: Operator, holds: Holds) -> Result<Self, String> {
        let expected =
            |what: &str| format!("{} is not {what}", crate::bytes::Escaped(text.as_bytes()));
        match holds {
            Holds::Text | Holds::Texts => Ok(Self::text(text)),
            Holds::Number | Holds::Numbers => quantity::number(text)
                .map(Self::Number)
                .ok_or_else(|| expected("a number")),
            Holds::Percent | Holds::Rate => quantity::percent(text)
                .map(Self::Ratio)
                .ok_or_else(|| expected("a number")),
            Holds::Size => quantity::size(text)
                .map(Self::Size)
                .ok_or_else(|| expected("a size: 4096, 4K, 100MB, 1.5GiB")),
            Holds::Duration => quantity::parse_duration(text)
                .map(Self::Duration)
                .ok_or_else(|| expected("a duration: 90, 90s, 5m, 1h30m, 2d, 01:30:00")),
            Holds::Time => match quantity::time(text) {
                Some(When::Moment(nanos)) => Ok(Self::Moment(nanos)),
                Some(When::Wall(wall)) => Ok(Self::Wall(wall)),
                Some(When::Day(day)) => Ok(Self::Day(day)),
                Some(When::Ago(span)) => Ok(Self::Ago(span)),
                None => Err(expected(
                    "a time: 2026-11-20, 2026-11-20 22:05:00, or -1h for an hour ago",
                )),
            },
            Holds::Caps if operator.is_of_order() => Err(NO_ORDER.to_owned()),
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
                operator.of_any(cells, |positive, cell| operand.holds(positive, cell))
            }
            // The kernel has cut it.
            (Self::Long { text, .. }, Value::Text(cell))
                if cell.as_bytes().len() == LONGEST_NAME && text.starts_with(cell.as_bytes()) =>
            {
                operator.holds(Ordering::Equal)
            }
            (Self::Long { is, .. }, cell) => is.holds(operator, cell),
            (Self::Pattern(pattern), cell) => {
                let matches = match cell {
                    Value::Text(text) => pattern.is_match(text.as_bytes()),
                    cell => pattern.is_match(cell.to_string().as_bytes()),
                };
                matches == matches!(operator, Operator::Matches | Operator::Equal)
            }
            (operand, cell) => operand
                .compare(cell)
                .is_some_and(|order| operator.holds(order)),
        }
    }

    /// The order of a cell and this; nothing where they cannot be compared.
    fn compare(&self, cell: &Value) -> Option<Ordering> {
        Some(match (cell, self) {
            (Value::Text(cell), Self::Text(text)) => cell.as_bytes().cmp(text),
            (Value::Text(cell), Self::OneOf(texts)) => {
                unordered(texts.iter().any(|text| text == cell.as_bytes()))
            }
            (Value::Text(cell), Self::Id(text)) => unordered(is_id(cell.as_bytes(), text)),
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
            (Value::Time(cell), Self::Day(day)) => {
                DateTime::from(&**cell).naive_local().date().cmp(day)
            }
            (Value::Time(cell), Self::Ago(span)) => {
                let then = SystemTime::now().checked_sub(*span)?;
                DateTime::from(&**cell).timestamp_nanos_opt()?.cmp(
                    &then
                        .duration_since(SystemTime::UNIX_EPOCH)
                        .map_or(Some(i64::MIN), |time| time.as_nanos().try_into().ok())?,
                )
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

pub(super) const NO_ORDER: &str = "capabilities have no order";

/// The order of two things that have none.
fn unordered(is_equal: bool) -> Ordering {
    if is_equal {
        Ordering::Equal
    } else {
        Ordering::Less
    }
}

/// Whether two cells of one row stand in this relation; what is unknown stands in none.
pub(super) fn related(operator: Operator, a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Missing(_), _) | (_, Value::Missing(_)) => false,
        (Value::List(list), Value::List(other)) => {
            operator.holds(unordered(list.iter().any(|cell| other.contains(cell))))
        }
        (Value::List(list), one) => {
            operator.of_any(list, |operator, cell| related(operator, cell, one))
        }
        (one, Value::List(list)) => {
            operator.of_any(list, |operator, cell| related(operator, one, cell))
        }
        (Value::Int(_), Value::Uint(_)) => operator.holds(Ordering::Less),
        (Value::Uint(_), Value::Int(_)) => operator.holds(Ordering::Greater),
        (a, b) => operator.holds(a.compare(b)),
    }
}

/// An ID is known by so many of its first digits.
const FEWEST_DIGITS: usize = 4;

/// IDs with fewer digits are names that somebody chose.
const MADE_UP: usize = 32;

/// Whether the ID of a container, perhaps with its runtime before a colon, is the one that begins so.
pub(super) fn is_id(cell: &[u8], text: &[u8]) -> bool {
    let id = |bytes: &[u8]| {
        let colon = bytes.iter().rposition(|byte| *byte == b':');
        bytes[colon.map_or(0, |colon| colon + 1)..].to_vec()
    };
    let whole = if text.contains(&b':') {
        cell.to_vec()
    } else {
        id(cell)
    };
    let is_hex = |bytes: &[u8]| bytes.iter().all(u8::is_ascii_hexdigit);
    let is_made = id(cell).len() >= MADE_UP && is_hex(&id(cell));
    let is_beginning = id(text).len() >= FEWEST_DIGITS && whole.starts_with(text);
    whole == text || cell == text || (is_made && is_beginning)
}

/// Whether a regular expression is a text, with or without a `^` before it.
pub(super) fn is_plain(text: &str) -> bool {
    let text = text.strip_prefix('^').unwrap_or(text);
    !text.contains([
        '\\', '.', '+', '*', '?', '(', ')', '|', '[', ']', '{', '}', '^', '$',
    ])
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

/// The highest capability that a mask has room for: a filter may name one that this kernel lacks.
const HIGHEST: u8 = 63;

fn capabilities(text: &str) -> Option<Operand> {
    if text == "full" {
        return Some(Operand::FullCaps);
    }
    let set = CapSet::parse(text.as_bytes(), HIGHEST).ok()?;
    Some(Operand::Caps(set.mask()))
}
