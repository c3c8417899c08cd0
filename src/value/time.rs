//! `Time`: a moment with its zone.

use std::{
    fmt::{self, Write as _},
    time::{Duration, SystemTime},
};

use crate::bytes;

/// A moment in a zone, usually the host's.
///
/// Its [`Display`](fmt::Display) is psgo's form, `2019-12-09 10:50:36 +0100 CET`; with feature
/// `serde` it serialises by RFC 3339. It converts to [`SystemTime`] and, with feature `chrono`, to
/// chrono's `DateTime`.
///
/// ```
/// use std::time::{Duration, SystemTime};
///
/// let time = psgo::Time::new(1_575_885_036, 0, 3600, "CET").unwrap();
/// assert_eq!(time.to_string(), "2019-12-09 10:50:36 +0100 CET");
/// assert_eq!(time.time_of_day(), "10:50:36");
/// let since = SystemTime::UNIX_EPOCH + Duration::from_secs(1_575_885_036);
/// assert_eq!(SystemTime::try_from(&time), Ok(since));
/// ```
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
    /// UTC, or if `nanos` or `offset` is not below a second or a day.
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

    /// Whole seconds of Unix time, rounded down.
    #[must_use]
    pub fn unix_seconds(&self) -> i64 {
        self.secs
    }

    /// Nanoseconds since the last whole second.
    #[must_use]
    pub fn subsec_nanos(&self) -> u32 {
        self.nanos
    }

    /// Seconds east of UTC.
    #[must_use]
    pub fn utc_offset(&self) -> i32 {
        self.offset
    }

    /// The zone's abbreviation, `CET`.
    #[must_use]
    pub fn zone(&self) -> &str {
        &self.zone
    }

    /// `2019-12-09`, in its zone.
    #[must_use]
    pub fn date(&self) -> String {
        written(|out| self.write_date(out))
    }

    /// `10:50:36`, in its zone.
    #[must_use]
    pub fn time_of_day(&self) -> String {
        written(|out| self.write_time_of_day(out))
    }

    /// `2019-12-09T10:50:36.990+01:00`, in its zone: RFC 3339 with milliseconds.
    #[must_use]
    pub fn to_rfc3339_millis(&self) -> String {
        self.to_rfc3339(format_args!(".{:03}", self.nanos / 1_000_000))
    }

    fn to_rfc3339(&self, decimals: fmt::Arguments<'_>) -> String {
        written(|out| {
            self.write_date(out)?;
            out.write_char('T')?;
            self.write_time_of_day(out)?;
            out.write_fmt(decimals)?;
            self.write_offset(":", out)
        })
    }

    fn write_date(&self, out: &mut impl fmt::Write) -> fmt::Result {
        let (year, month, day) = self.civil();
        match year {
            0..=9999 => write!(out, "{year:04}")?,
            _ => write!(out, "{year:+05}")?,
        }
        write!(out, "-{month:02}-{day:02}")
    }

    fn write_time_of_day(&self, out: &mut impl fmt::Write) -> fmt::Result {
        let second = (self.secs + i64::from(self.offset)).rem_euclid(86_400);
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        write!(out, "{hour:02}:{minute:02}:{second:02}")
    }

    /// The offset from UTC to the minute, with `between` between hours and minutes.
    fn write_offset(&self, between: &str, out: &mut impl fmt::Write) -> fmt::Result {
        let sign = if self.offset < 0 { '-' } else { '+' };
        let minutes = (self.offset.unsigned_abs() + 30) / 60;
        write!(out, "{sign}{:02}{between}{:02}", minutes / 60, minutes % 60)
    }

    /// Year, month and day of the Gregorian calendar in its zone.
    ///
    /// Days are counted in years that begin in March, so that a leap day is the last of its year,
    /// and in eras of 400 years, which all have 146,097 days.
    fn civil(&self) -> (i64, i64, i64) {
        let days = (self.secs + i64::from(self.offset)).div_euclid(86_400) + 719_468;
        let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
        let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
        let day = day - (365 * year + year / 4 - year / 100);
        let month = (5 * day + 2) / 153;
        let day = day - (153 * month + 2) / 5 + 1;
        let month = if month < 10 { month + 3 } else { month - 9 };
        (era * 400 + year + i64::from(month <= 2), month, day)
    }
}

/// What `write` writes. A string takes everything, so nothing fails.
fn written(write: impl FnOnce(&mut String) -> fmt::Result) -> String {
    let mut text = String::new();
    let _ = write(&mut text);
    text
}

/// `2019-12-09 10:50:36 +0100 CET`, in whole seconds, as the Go psgo prints it.
impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write_date(f)?;
        f.write_char(' ')?;
        self.write_time_of_day(f)?;
        f.write_char(' ')?;
        self.write_offset("", f)?;
        write!(f, " {}", bytes::Escaped(self.zone.as_bytes()))
    }
}

#[cfg(feature = "chrono")]
impl From<&Time> for chrono::DateTime<chrono::FixedOffset> {
    fn from(time: &Time) -> Self {
        // `new` has checked both.
        let utc = chrono::DateTime::from_timestamp(time.secs, time.nanos).unwrap_or_default();
        match chrono::FixedOffset::east_opt(time.offset) {
            Some(offset) => utc.with_timezone(&offset),
            None => utc.fixed_offset(),
        }
    }
}

/// Fails with the Unix time in seconds if [`SystemTime`] cannot hold it.
impl TryFrom<&Time> for SystemTime {
    type Error = i64;

    fn try_from(time: &Time) -> Result<Self, i64> {
        let whole = Duration::from_secs(time.secs.unsigned_abs());
        let at = if time.secs < 0 {
            Self::UNIX_EPOCH.checked_sub(whole)
        } else {
            Self::UNIX_EPOCH.checked_add(whole)
        };
        let nanos = Duration::from_nanos(time.nanos.into());
        at.and_then(|at| at.checked_add(nanos)).ok_or(time.secs)
    }
}

/// RFC 3339 with as many decimals as it has, in groups of three.
#[cfg(feature = "serde")]
impl serde::Serialize for Time {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&match self.nanos {
            0 => self.to_rfc3339(format_args!("")),
            nanos if nanos % 1_000_000 == 0 => self.to_rfc3339_millis(),
            nanos if nanos % 1000 == 0 => self.to_rfc3339(format_args!(".{:06}", nanos / 1000)),
            nanos => self.to_rfc3339(format_args!(".{nanos:09}")),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_the_go_psgos_form() {
        let time = Time::new(1_575_885_036, 990_000_000, 3600, "CET").unwrap();
        assert_eq!(time.to_string(), "2019-12-09 10:50:36 +0100 CET");
        assert_eq!(time.to_rfc3339_millis(), "2019-12-09T10:50:36.990+01:00");
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
            assert!(serde_json::to_string(&time).unwrap().starts_with('"'));
        }
    }

    /// Days all over the calendar, and all offsets of a quarter of an hour.
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
            let chronos = chrono::DateTime::from(&time);
            let form = "%Y-%m-%d %H:%M:%S %z Z";
            assert_eq!(time.to_string(), chronos.format(form).to_string());
        }
    }
}
