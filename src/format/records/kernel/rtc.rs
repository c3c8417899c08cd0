//! `/proc/driver/rtc`: the clock that runs while the machine is off.

use crate::{
    bytes,
    format::{Cursor, Field, NumberOrText, ParseError, Spec, record},
    value::{Fields, Value},
};

record! {
    /// The clock that runs while the machine is off.
    ///
    /// `/proc/driver/rtc` (`rtc_proc_show`).
    pub struct Rtc: "driver/rtc" {
        /// What it says: `rtc_time`, `rtc_date`, `alrm_time`, `24hr`, `batt_status`.
        values: RtcLines = "%r",
    }
}

/// Lines of a name, tabs, a colon and a value.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RtcLines(Vec<RtcLine>);

#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct RtcLine {
    name: Vec<u8>,
    tabs: usize,
    value: NumberOrText,
}

impl RtcLines {
    /// The value of that name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&NumberOrText> {
        let line = self.0.iter().find(|line| line.name == name.as_bytes());
        line.map(|line| &line.value)
    }
}

impl Field for RtcLines {
    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        let mut lines = Vec::new();
        while !cursor.rest().is_empty() {
            let line = cursor.take_line();
            let at = bytes::find_part(line, b"\t: ");
            let at = at.ok_or_else(|| cursor.error(spec.field, "no colon after its name"))?;
            let (name, value) = line.split_at(at);
            let tabs = name.iter().rev().take_while(|&&b| b == b'\t').count();
            cursor.literal(b"\n", spec.field)?;
            lines.push(RtcLine {
                name: name.get(..at - tabs).unwrap_or_default().to_vec(),
                tabs: tabs + 1,
                value: NumberOrText::new(value.get(3..).unwrap_or_default()),
            });
        }
        Ok(Self(lines))
    }

    #[inline]
    fn put(&self, _: &Spec, out: &mut Vec<u8>) {
        for line in &self.0 {
            out.extend_from_slice(&line.name);
            out.extend(std::iter::repeat_n(b'\t', line.tabs));
            out.extend_from_slice(b": ");
            line.value.push(out);
            out.push(b'\n');
        }
    }

    #[inline]
    fn value(&self, spec: &Spec) -> Value {
        let mut fields = Fields::new();
        self.describe(spec, &mut fields);
        Value::Fields(fields)
    }

    #[inline]
    fn describe(&self, _: &Spec, fields: &mut Fields) {
        for line in &self.0 {
            fields.push(line.name.as_slice(), line.value.to_value());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::law;

    #[test]
    fn a_clock_has_a_time() {
        // Made by hand after the form of Linux 5.10; no clock is here.
        let file = b"rtc_time\t: 12:34:56\nrtc_date\t: 2024-02-29\nupdate IRQ enabled\t: no\nmax user IRQ frequency\t: 64\n24hr\t\t: yes\n";
        let rtc: Rtc = law::holds(file);
        assert_eq!(
            rtc.fields().find("rtc_time"),
            Some(&Value::text("12:34:56"))
        );
        assert_eq!(
            rtc.values.find("max user IRQ frequency"),
            Some(&NumberOrText::Int(64))
        );
        assert_eq!(
            rtc.values.find("24hr"),
            Some(&NumberOrText::Text(b"yes".into()))
        );
        law::mutants::<Rtc>(&[file], 5_000);
    }
}
