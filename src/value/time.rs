//! `Time`: a moment with its zone.

use std::{cmp::Ordering, fmt, time::SystemTime};

use chrono::{DateTime, FixedOffset};

use crate::bytes;

/// A moment in a zone, usually the host's.
///
/// Its [`Display`](fmt::Display) is psgo's form, `2019-12-09 10:50:36 +0100 CET`; with feature
/// `serde` it serialises by RFC 3339. It converts to [`SystemTime`] and to chrono's `DateTime`.
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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Time {
    moment: DateTime<FixedOffset>,
    zone: Box<str>,
}

impl Time {
    /// `nanos` nanoseconds after `secs` seconds of Unix time, in a zone `offset` seconds east of
    /// UTC whose abbreviation is `zone`. `None` where the year, there or in UTC, is beyond some
    /// 262,000.
    #[must_use]
    pub fn new(secs: i64, nanos: u32, offset: i32, zone: &str) -> Option<Self> {
        let offset = FixedOffset::east_opt(offset)?;
        let moment = DateTime::from_timestamp(secs, nanos)?;
        // Most methods of a moment panic where the zone's clock is out of range.
        moment.naive_utc().checked_add_offset(offset)?;
        Some(Self {
            moment: moment.with_timezone(&offset),
            zone: zone.into(),
        })
    }

    /// Whole seconds of Unix time, rounded down.
    #[must_use]
    pub fn unix_seconds(&self) -> i64 {
        self.moment.timestamp()
    }

    /// Nanoseconds since the last whole second.
    #[must_use]
    pub fn subsec_nanos(&self) -> u32 {
        self.moment.timestamp_subsec_nanos()
    }

    /// Seconds east of UTC.
    #[must_use]
    pub fn utc_offset(&self) -> i32 {
        self.moment.offset().local_minus_utc()
    }

    /// The zone's abbreviation, `CET`.
    #[must_use]
    pub fn zone(&self) -> &str {
        &self.zone
    }

    /// `2019-12-09`, in its zone.
    #[must_use]
    pub fn date(&self) -> String {
        self.moment.format("%Y-%m-%d").to_string()
    }

    /// `10:50:36`, in its zone.
    #[must_use]
    pub fn time_of_day(&self) -> String {
        self.moment.format("%H:%M:%S").to_string()
    }

    /// `2019-12-09T10:50:36.990+01:00`, in its zone: RFC 3339 with milliseconds.
    #[must_use]
    pub fn to_rfc3339_millis(&self) -> String {
        self.moment.format("%Y-%m-%dT%H:%M:%S%.3f%:z").to_string()
    }

    pub(crate) fn moment(&self) -> DateTime<FixedOffset> {
        self.moment
    }
}

impl From<&Time> for DateTime<FixedOffset> {
    fn from(time: &Time) -> Self {
        time.moment
    }
}

/// Fails with the moment's Unix time in seconds if [`SystemTime`] cannot hold it.
impl TryFrom<&Time> for SystemTime {
    type Error = i64;

    fn try_from(time: &Time) -> Result<Self, i64> {
        use std::time::Duration;
        let secs = time.unix_seconds();
        let whole = Duration::from_secs(secs.unsigned_abs());
        let at = if secs < 0 {
            Self::UNIX_EPOCH.checked_sub(whole)
        } else {
            Self::UNIX_EPOCH.checked_add(whole)
        };
        let nanos = Duration::from_nanos(time.subsec_nanos().into());
        at.and_then(|at| at.checked_add(nanos)).ok_or(secs)
    }
}

impl PartialOrd for Time {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Time {
    fn cmp(&self, other: &Self) -> Ordering {
        self.moment
            .cmp(&other.moment)
            .then_with(|| self.zone.cmp(&other.zone))
    }
}

/// `2019-12-09 10:50:36 +0100 CET`, in whole seconds, as psgo prints it.
impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} {}",
            self.moment.format("%Y-%m-%d %H:%M:%S %z"),
            bytes::Escaped(self.zone.as_bytes())
        )
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Time {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let form = chrono::SecondsFormat::AutoSi;
        serializer.serialize_str(&self.moment.to_rfc3339_opts(form, false))
    }
}
