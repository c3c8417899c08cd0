//! A span of time in Go's form.

use std::{fmt, time::Duration};

/// Go's `time.Duration` text: `0s`, `20ms`, `13.98s`, `1h2m3.5s`.
pub(super) fn write(span: Duration, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let (secs, nanos) = (span.as_secs(), span.subsec_nanos());
    let mut text = FromEnd::NEW;
    if secs > 0 {
        text.push(b's');
        text.push_fraction(nanos, 9);
        text.push_number(secs % 60);
        if secs >= 60 {
            text.push(b'm');
            text.push_number(secs / 60 % 60);
        }
        if secs >= 3600 {
            text.push(b'h');
            text.push_number(secs / 3600);
        }
        return f.write_str(text.as_str());
    }
    let (unit, per_unit, places) = match nanos {
        0 => return f.write_str("0s"),
        1..1_000 => ("ns", 1, 0),
        1_000..1_000_000 => ("µs", 1_000, 3),
        _ => ("ms", 1_000_000, 6),
    };
    text.push_fraction(nanos % per_unit, places);
    text.push_number((nanos / per_unit).into());
    f.write_str(text.as_str())?;
    f.write_str(unit)
}

/// A short text that is made from its end, and then written as one: each piece that is written costs
/// more than all the digits.
struct FromEnd {
    /// The longest span has 33 bytes.
    bytes: [u8; 40],
    len: usize,
}

impl FromEnd {
    const NEW: Self = Self {
        bytes: [0; 40],
        len: 0,
    };

    fn push(&mut self, byte: u8) {
        let at = self.bytes.len().checked_sub(self.len + 1);
        if let Some(place) = at.and_then(|at| self.bytes.get_mut(at)) {
            *place = byte;
            self.len += 1;
        }
    }

    fn push_number(&mut self, mut number: u64) {
        loop {
            self.push(b'0' + u8::try_from(number % 10).unwrap_or(0));
            number /= 10;
            if number == 0 {
                return;
            }
        }
    }

    /// `.25` for 250 of so many places; nothing for 0.
    fn push_fraction(&mut self, mut part: u32, mut places: usize) {
        if part == 0 {
            return;
        }
        while part.is_multiple_of(10) {
            part /= 10;
            places -= 1;
        }
        for _ in 0..places {
            self.push(b'0' + u8::try_from(part % 10).unwrap_or(0));
            part /= 10;
        }
        self.push(b'.');
    }

    fn as_str(&self) -> &str {
        let from = self.bytes.len() - self.len;
        std::str::from_utf8(&self.bytes[from..]).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Value;

    #[test]
    fn durations_have_gos_form() {
        // Compared with fmt.Println(time.Duration(n)) of Go 1.19.
        for (nanos, text) in [
            (0, "0s"),
            (1, "1ns"),
            (1_500, "1.5µs"),
            (20_000_000, "20ms"),
            (13_980_000_000, "13.98s"),
            (60_000_000_000, "1m0s"),
            (65_010_000_000, "1m5.01s"),
            (3_600_000_000_000, "1h0m0s"),
            (93_784_000_000_000, "26h3m4s"),
            (21_807_677_997_443, "6h3m27.677997443s"),
            (1_000_100, "1.0001ms"),
            (999, "999ns"),
            (1_000_000_100, "1.0000001s"),
        ] {
            let span = Duration::from_nanos(nanos);
            assert_eq!(Value::Duration(span).to_string(), text);
        }
        let longest = Duration::new(u64::MAX - 16, 999_999_999);
        assert_eq!(
            Value::Duration(longest).to_string(),
            "5124095576030430h59m59.999999999s"
        );
    }
}
