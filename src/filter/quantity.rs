//! Quantities as psgo prints them and as people write them: sizes, durations, times, numbers.

use std::time::Duration;

use chrono::{DateTime, NaiveDate, NaiveDateTime};

/// A whole number.
pub(super) fn number(text: &str) -> Option<i64> {
    text.parse().ok()
}

/// A number with or without decimals.
pub(super) fn ratio(text: &str) -> Option<f64> {
    text.parse().ok().filter(|ratio: &f64| ratio.is_finite())
}

/// A number, with or without a sign of percent.
pub(super) fn percent(text: &str) -> Option<f64> {
    ratio(text.strip_suffix('%').unwrap_or(text).trim_end())
}

fn is_of_unit(c: char) -> bool {
    c.is_ascii_alphabetic() || matches!(c, 'µ' | 'μ')
}

/// A number and the unit after it.
fn split_unit(text: &str) -> (&str, &str) {
    let digits = text.trim_end_matches(is_of_unit);
    let unit = text.get(digits.len()..).unwrap_or_default();
    (digits.trim_end(), unit)
}

/// How many bytes a unit is: `K`, `KiB` are 1024, `KB` is 1000, as coreutils have it.
fn bytes_of(unit: &str) -> Option<u64> {
    let unit = unit.to_ascii_lowercase();
    if matches!(unit.as_str(), "" | "b" | "byte" | "bytes") {
        return Some(1);
    }
    let (scale, kind) = unit.split_at_checked(1)?;
    let power = u32::try_from("kmgtpe".find(scale)?).ok()? + 1;
    match kind {
        "" | "i" | "ib" => 1024_u64.checked_pow(power),
        "b" => 1000_u64.checked_pow(power),
        _ => None,
    }
}

/// Sizes in bytes: `4096`, `4K`, `1.5GiB`, `100 MB`.
pub(super) fn size(text: &str) -> Option<u64> {
    let (digits, unit) = split_unit(text);
    let scale = bytes_of(unit)?;
    if let Ok(whole) = digits.parse::<u64>() {
        return whole.checked_mul(scale);
    }
    #[expect(
        clippy::cast_precision_loss,
        reason = "all are powers of 2, or of 10 below 2^60"
    )]
    let bytes = ratio(digits)? * scale as f64;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it is not negative, and no machine has 2^63 bytes"
    )]
    (0.0..9e18).contains(&bytes).then_some(bytes as u64)
}

/// How many seconds a unit is.
fn seconds_of(unit: &str) -> Option<f64> {
    Some(match unit {
        "ns" => 1e-9,
        "us" | "µs" | "μs" => 1e-6,
        "ms" => 1e-3,
        "s" | "sec" | "secs" | "second" | "seconds" => 1.0,
        "m" | "min" | "mins" | "minute" | "minutes" => 60.0,
        "h" | "hr" | "hrs" | "hour" | "hours" => 3600.0,
        "d" | "day" | "days" => 86_400.0,
        "w" | "week" | "weeks" => 604_800.0,
        _ => return None,
    })
}

/// A span of time as psgo prints it and as people write it, at most some 584 years:
/// `90` (seconds), `90s`, `1h30m`, `1h2m3.5s`, `1.5 d`, `2 hours`, and ps's `[[DD-]HH:]MM:SS`.
/// Feature `filter`.
///
/// ```
/// use std::time::Duration;
///
/// assert_eq!(psgo::parse_duration("1m30s"), Some(Duration::from_secs(90)));
/// assert_eq!(psgo::parse_duration("01:30"), Some(Duration::from_secs(90)));
/// assert_eq!(psgo::parse_duration("soon"), None);
/// ```
#[must_use]
pub fn parse_duration(text: &str) -> Option<Duration> {
    if text.contains(':') {
        return clock(text);
    }
    if let Some(seconds) = ratio(text) {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let mut sum = Duration::ZERO;
    let mut rest = text;
    while !rest.is_empty() {
        let unit = rest.find(is_of_unit)?;
        let after = rest.get(unit..)?;
        let end = after.find(|c| !is_of_unit(c)).unwrap_or(after.len());
        let (part, next) = rest.split_at_checked(unit + end)?;
        let (number, unit) = split_unit(part);
        let span = ratio(number)? * seconds_of(unit)?;
        sum = sum.checked_add(Duration::try_from_secs_f64(span).ok()?)?;
        rest = next.trim_start();
    }
    (!text.is_empty()).then_some(sum)
}

/// `[[DD-]HH:]MM:SS`, as ps prints it, also with decimals.
fn clock(text: &str) -> Option<Duration> {
    let (days, clock) = match text.split_once('-') {
        Some((days, clock)) => (digits(days)?, clock),
        None => (0, text),
    };
    let parts: Vec<_> = clock.split(':').collect();
    let (hours, minutes, seconds) = match *parts.as_slice() {
        [minutes, seconds] if clock.len() == text.len() => ("0", minutes, seconds),
        [hours, minutes, seconds] => (hours, minutes, seconds),
        _ => return None,
    };
    let (whole, _) = seconds.split_once('.').unwrap_or((seconds, ""));
    let (minutes_number, whole) = (digits(minutes)?, digits(whole)?);
    if whole >= 60 || (parts.len() == 3 && minutes_number >= 60) {
        return None;
    }
    let hours = days.checked_mul(24)?.checked_add(digits(hours)?)?;
    let minutes = hours.checked_mul(60)?.checked_add(minutes_number)?;
    Duration::from_secs(minutes.checked_mul(60)?)
        .checked_add(Duration::try_from_secs_f64(ratio(seconds)?).ok()?)
}

fn digits(text: &str) -> Option<u64> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten()
}

/// A moment, as it was written.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum When {
    /// Nanoseconds of Unix time.
    Moment(i64),
    /// What the clock on the wall shows, in the zone of the cell.
    Wall(NaiveDateTime),
    /// A whole day, in the zone of the cell.
    Day(NaiveDate),
    /// So long before now.
    Ago(Duration),
}

/// Dates with a time of day, in no zone.
const FORMS: [&str; 4] = [
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y-%m-%dT%H:%M:%S%.f",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%dT%H:%M",
];

/// A date, a date and a time of day, either by RFC 3339 or as psgo prints it with its zone, or
/// `-1h`: a duration before now.
pub(super) fn time(text: &str) -> Option<When> {
    if let Some(ago) = text.strip_prefix('-') {
        return parse_duration(ago.trim_start()).map(When::Ago);
    }
    // psgo prints the zone's number and its name, `+0100 CET`.
    let of_zone = |text: &str| DateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f %z");
    let moment = DateTime::parse_from_rfc3339(text).or_else(|error| {
        let (start, name) = text.rsplit_once(' ').ok_or(error)?;
        of_zone(text).or_else(|error| match digits(name) {
            None if !name.starts_with(['+', '-']) => of_zone(start),
            _ => Err(error),
        })
    });
    if let Ok(moment) = moment {
        return moment.timestamp_nanos_opt().map(When::Moment);
    }
    let wall = FORMS
        .iter()
        .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok());
    let day = || NaiveDate::parse_from_str(text, "%Y-%m-%d").ok();
    wall.map(When::Wall).or_else(|| day().map(When::Day))
}

/// Whether `more`, which stands after a blank, belongs to the quantity that begins with `text`:
/// `100 MiB`, `1h 30m`, `2026-11-20 22:05`.
pub(super) fn goes_on(text: &str, more: &str) -> bool {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    if !unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return false;
    }
    if NaiveDate::parse_from_str(text, "%Y-%m-%d").is_ok() {
        return more.starts_with(|c: char| c.is_ascii_digit()) && more.contains(':');
    }
    let ends_in_unit = unsigned.ends_with(is_of_unit);
    let (number, unit) = split_unit(more);
    let is_unit = seconds_of(unit).is_some() || bytes_of(unit).is_some();
    if more == "%" {
        ratio(unsigned).is_some()
    } else if ends_in_unit {
        // A further part of a duration, `1h 30m`.
        parse_duration(unsigned).is_some() && !number.is_empty() && seconds_of(unit).is_some()
    } else if unsigned.contains(' ') {
        false
    } else {
        ratio(unsigned).is_some() && number.is_empty() && is_unit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_accepted_as_psgo_prints_them_and_as_people_write_them() {
        for (text, bytes) in [
            ("0", 0),
            ("4096", 4096),
            ("1B", 1),
            ("12 bytes", 12),
            ("4K", 4096),
            ("4k", 4096),
            ("4KiB", 4096),
            ("4 kib", 4096),
            ("4kB", 4000),
            ("4KB", 4000),
            ("100MB", 100_000_000),
            ("100mb", 100_000_000),
            ("100 MiB", 100 << 20),
            ("512m", 512 << 20),
            ("1.5GiB", 3 << 29),
            ("0.5 TB", 500_000_000_000),
            ("1P", 1 << 50),
            ("1EiB", 1 << 60),
        ] {
            assert_eq!(size(text), Some(bytes), "{text}");
        }
        for text in [
            "",
            "K",
            "1X",
            "1iB",
            "1MBs",
            "-1",
            "1 2",
            "1.2.3K",
            "99999999P",
            "nan",
            "1Kib2",
        ] {
            assert_eq!(size(text), None, "{text}");
        }
    }

    #[test]
    fn durations_are_accepted_as_psgo_and_ps_print_them_and_as_people_write_them() {
        for (text, millis) in [
            ("0", 0),
            ("90", 90_000),
            ("0.5", 500),
            ("90s", 90_000),
            ("20ms", 20),
            ("5000us", 5),
            ("5000µs", 5),
            ("5000000ns", 5),
            ("1h2m3.5s", 3_723_500),
            ("1h30m", 5_400_000),
            ("1h 30m", 5_400_000),
            ("1.5 d", 129_600_000),
            ("2 hours", 7_200_000),
            ("5min", 300_000),
            ("1w", 604_800_000),
            ("01:30", 90_000),
            ("90:00", 5_400_000),
            ("01:00:00", 3_600_000),
            ("00:00:00.5", 500),
            ("2-03:04:05", 183_845_000),
        ] {
            assert_eq!(
                parse_duration(text),
                Some(Duration::from_millis(millis)),
                "{text}"
            );
        }
        for text in [
            "",
            "s",
            "5x",
            "1h30",
            "-1h",
            "1:2:3:4",
            "1:",
            ":1",
            "00:60",
            "01:60:00",
            "1-02:03",
            "inf",
            "1e400",
            "x-1:00:00",
            "1M",
        ] {
            assert_eq!(parse_duration(text), None, "{text}");
        }
    }

    #[test]
    fn times_are_accepted_as_psgo_prints_them_and_as_people_write_them() {
        let moment = Some(When::Moment(1_575_885_036_000_000_000));
        for text in [
            "2019-12-09T10:50:36+01:00",
            "2019-12-09T09:50:36Z",
            "2019-12-09 10:50:36 +0100 CET",
            "2019-12-09 10:50:36 +0100",
        ] {
            assert_eq!(time(text), moment, "{text}");
        }
        let date = NaiveDate::from_ymd_opt(2019, 12, 9).unwrap();
        let wall = |h, m, s| Some(When::Wall(date.and_hms_opt(h, m, s).unwrap()));
        assert_eq!(time("2019-12-09"), Some(When::Day(date)));
        assert_eq!(time("2019-12-09 10:50"), wall(10, 50, 0));
        assert_eq!(time("2019-12-09T10:50:36"), wall(10, 50, 36));
        assert_eq!(time("-1h"), Some(When::Ago(Duration::from_secs(3600))));
        assert_eq!(
            time("-01:00:00"),
            Some(When::Ago(Duration::from_secs(3600)))
        );
        for text in [
            "",
            "today",
            "1h",
            "2019-13-01",
            "-",
            "- x",
            "10:50",
            "2019-12-09 +0100",
        ] {
            assert_eq!(time(text), None, "{text}");
        }
    }

    #[test]
    fn what_stands_after_a_blank_belongs_to_a_quantity_alone() {
        for (text, more) in [
            ("100", "MiB"),
            ("100", "B"),
            ("-1", "h"),
            ("1h", "30m"),
            ("1h 30m", "5s"),
            ("50", "%"),
            ("2026-11-20", "22:05"),
        ] {
            assert!(goes_on(text, more), "{text} {more}");
        }
        for (text, more) in [
            ("100", "and"),
            ("100", "or"),
            ("100", "pid=1"),
            ("100", "30m"),
            ("100M", "B"),
            ("x", "MiB"),
            ("100 MiB", "MiB"),
            ("2026-11-20", "x"),
        ] {
            assert!(!goes_on(text, more), "{text} {more}");
        }
    }
}
