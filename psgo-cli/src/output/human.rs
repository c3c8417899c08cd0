//! Cells for people: sizes and durations in the units that they think in.

use std::{fmt, time::Duration};

use psgo::{Value, descriptor::Holds};

/// A cell as `-human` shows it.
pub(super) struct Human<'a>(pub(super) &'a Value);

impl fmt::Display for Human<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Value::Size(bytes) => size(*bytes, f),
            Value::Duration(span) => duration(*span, f),
            Value::Percent(n) | Value::Rate(n) => write!(f, "{n:.1}"),
            Value::List(values) => {
                for (i, value) in values.iter().enumerate() {
                    let between = if i > 0 { "," } else { "" };
                    write!(f, "{between}{}", Self(value))?;
                }
                Ok(())
            }
            value => fmt::Display::fmt(value, f),
        }
    }
}

/// Whether the cells of a column are numbers, which then stand to the right.
pub(super) fn is_number(holds: Holds) -> bool {
    matches!(
        holds,
        Holds::Number | Holds::Percent | Holds::Rate | Holds::Size | Holds::Duration
    )
}

/// Two or three digits and a unit, a power of 1024: `512`, `1.2K`, `31M`, `1023G`.
fn size(bytes: u64, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if bytes < 1024 {
        return write!(f, "{bytes}");
    }
    let mut unit: u128 = 1024;
    for (at, letter) in "KMGTPE".chars().enumerate() {
        let rounded = |parts: u128| (u128::from(bytes) * parts + unit / 2) / unit;
        let (tenths, whole) = (rounded(10), rounded(1));
        if whole < 1024 || at == 5 {
            return match (tenths / 10, tenths % 10) {
                (0..10, 1..) => write!(f, "{}.{}{letter}", tenths / 10, tenths % 10),
                _ => write!(f, "{whole}{letter}"),
            };
        }
        unit *= 1024;
    }
    Ok(())
}

/// The two largest units: `3d4h`, `5m2s`; of less than ten seconds a tenth, of less than one the
/// milliseconds.
fn duration(span: Duration, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let (seconds, millis) = (span.as_secs(), span.subsec_millis());
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86400);
    let two = |f: &mut fmt::Formatter<'_>, large: u64, unit: char, small: u64, below: char| {
        if small == 0 {
            write!(f, "{large}{unit}")
        } else {
            write!(f, "{large}{unit}{small}{below}")
        }
    };
    match seconds {
        0 if millis == 0 => f.write_str("0s"),
        0 => write!(f, "{millis}ms"),
        1..10 if millis >= 100 => write!(f, "{seconds}.{}s", millis / 100),
        1..60 => write!(f, "{seconds}s"),
        60..3600 => two(f, minutes, 'm', seconds % 60, 's'),
        3600..86400 => two(f, hours, 'h', minutes % 60, 'm'),
        _ => two(f, days, 'd', hours % 24, 'h'),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_has_the_digits_that_people_read() {
        for (bytes, text) in [
            (0, "0"),
            (1, "1"),
            (1023, "1023"),
            (1024, "1K"),
            (1229, "1.2K"),
            (1536, "1.5K"),
            (10 << 10, "10K"),
            (10_200, "10K"),
            (1023 << 10, "1023K"),
            ((1 << 20) - 1, "1M"),
            (1_288_490_189, "1.2G"),
            (31 << 30, "31G"),
            (1 << 40, "1T"),
            (u64::MAX, "16E"),
        ] {
            assert_eq!(Human(&Value::Size(bytes)).to_string(), text, "{bytes}");
        }
    }

    #[test]
    fn a_duration_has_two_units() {
        for (millis, text) in [
            (0, "0s"),
            (30, "30ms"),
            (1000, "1s"),
            (1990, "1.9s"),
            (10_990, "10s"),
            (60_000, "1m"),
            (62_000, "1m2s"),
            (3_600_000, "1h"),
            (3_660_000, "1h1m"),
            (86_400_000, "1d"),
            (3 * 86_400_000 + 4 * 3_600_000 + 59 * 60_000, "3d4h"),
            (400 * 86_400_000, "400d"),
        ] {
            let value = Value::Duration(Duration::from_millis(millis));
            assert_eq!(Human(&value).to_string(), text, "{millis}");
        }
    }

    #[test]
    fn what_is_unknown_stays_so_and_text_too() {
        for value in [Value::MISSING, Value::text("a\n"), Value::Int(1_000_000)] {
            assert_eq!(Human(&value).to_string(), value.to_string());
        }
        let sizes = Value::List(vec![Value::Size(1024), Value::Size(2048)]);
        assert_eq!(Human(&sizes).to_string(), "1K,2K");
    }
}
