//! Moments as runtimes write them: RFC 3339.

use std::time::{Duration, SystemTime};

/// `2026-01-02T03:04:05.678Z`, or with an offset for the Z; nothing for what is none, and for one before
/// 1971, which Go writes for none.
pub(super) fn moment(text: &[u8]) -> Option<SystemTime> {
    let number = |at: usize, length: usize| digits(text.get(at..at + length)?);
    let separators = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')];
    if separators.iter().any(|(at, b)| text.get(*at) != Some(b)) {
        return None;
    }
    let (year, month, day) = (number(0, 4)?, number(5, 2)?, number(8, 2)?);
    let (hour, minute, second) = (number(11, 2)?, number(14, 2)?, number(17, 2)?);
    let are_right = (1..=12).contains(&month)
        && (1..=31).contains(&day)
        && hour < 24
        && minute < 60
        && second <= 60;
    if !are_right || year < 1971 {
        return None;
    }
    let rest = text.get(19..)?;
    let (fraction, zone) = match rest.split_first() {
        Some((b'.', digits)) => {
            let length = digits.iter().take_while(|b| b.is_ascii_digit()).count();
            digits.split_at_checked(length)?
        }
        _ => (&[][..], rest),
    };
    let mut nanos = 0;
    for place in 0..9 {
        let digit = fraction.get(place).map_or(0, |digit| digit - b'0');
        nanos = nanos * 10 + u32::from(digit);
    }
    let offset = match zone {
        b"Z" => 0,
        [sign @ (b'+' | b'-'), hours @ .., b':', tens, ones] => {
            let minutes = digits(hours)? * 60 + digits(&[*tens, *ones])?;
            if *sign == b'-' { -minutes } else { minutes }
        }
        _ => return None,
    };
    let seconds = days(year, month, day) * 86_400 + hour * 3600 + (minute - offset) * 60 + second;
    let seconds = u64::try_from(seconds).ok()?;
    SystemTime::UNIX_EPOCH.checked_add(Duration::new(seconds, nanos))
}

/// A number of a few digits, with zeros before it.
fn digits(text: &[u8]) -> Option<i64> {
    let is_short = (1..=4).contains(&text.len());
    let digit = |sum: i64, digit: &u8| {
        let is_digit = digit.is_ascii_digit();
        is_digit.then(|| sum * 10 + i64::from(digit - b'0'))
    };
    is_short.then_some(text)?.iter().try_fold(0, digit)
}

/// Days from 1970-01-01, in the calendar of today: years that begin in March have the odd day at their end.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let leap = year / 4 - year / 100 + year / 400;
    year * 365 + leap + (153 * month + 2) / 5 + day - 1 - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_as_runtimes_write_them() {
        for (text, seconds, nanos) in [
            ("1971-01-01T00:00:00Z", 31_536_000, 0),
            ("2019-12-05T22:03:56Z", 1_575_583_436, 0),
            ("2026-02-28T23:59:59.5Z", 1_772_323_199, 500_000_000),
            (
                "2024-02-29T12:00:00.123456789+02:00",
                1_709_200_800,
                123_456_789,
            ),
            ("2024-03-01T00:30:00-05:30", 1_709_272_800, 0),
        ] {
            let at = SystemTime::UNIX_EPOCH + Duration::new(seconds, nanos);
            assert_eq!(moment(text.as_bytes()), Some(at), "{text}");
        }
        for text in [
            "",
            "0001-01-01T00:00:00Z",
            "2024-13-01T00:00:00Z",
            "2024-01-01 00:00:00Z",
            "2024-01-01T00:00:00",
            "2024-01-01T00:00:00+x:00",
            "9999-01-01T00:00:00.é",
        ] {
            assert_eq!(moment(text.as_bytes()), None, "{text}");
        }
    }
}
