//! `Column`: a descriptor with its header and width.

use crate::{
    bytes::Escaped,
    descriptor::{Descriptor, Subject},
    error::{Error, ErrorKind, Result},
};

/// A column of a listing: a descriptor, and another header or a width if one was given.
#[derive(Debug, Clone)]
pub struct Column {
    descriptor: &'static Descriptor,
    header: Option<String>,
    width: Option<usize>,
}

/// The greatest width that can be asked for.
const WIDEST: usize = 65_535;

impl Column {
    /// From `NAME`, `NAME:WIDTH`, `NAME=HEADER` or `NAME:WIDTH=HEADER`.
    pub(super) fn parse(text: &str, subject: Subject) -> Result<Self> {
        let (name, header) = match text.split_once('=') {
            Some((name, header)) => (name, Some(header.to_owned())),
            None => (text, None),
        };
        let (name, width) = match name.split_once(':') {
            Some((name, width)) => (name, Some(width)),
            None => (name, None),
        };
        let descriptor = subject.find(name.trim())?;
        let width = width.map(|width| parse_width(text, width)).transpose()?;
        Ok(Self {
            descriptor,
            header,
            width,
        })
    }

    /// All columns of a list; of an empty one, or one that begins with `+`, the default columns
    /// first.
    pub(super) fn parse_all<S: AsRef<str>>(
        texts: impl IntoIterator<Item = S>,
        subject: Subject,
    ) -> Result<Vec<Self>> {
        let mut texts = texts.into_iter().peekable();
        let adds = texts
            .peek()
            .is_none_or(|first| first.as_ref().trim_start().starts_with('+'));
        let mut columns = Vec::new();
        if adds {
            let defaults = subject.default_descriptors().iter();
            columns = defaults
                .map(|name| Self::parse(name, subject))
                .collect::<Result<_>>()?;
        }
        for text in texts {
            let text = text.as_ref().trim_start();
            match text.strip_prefix('+') {
                Some(_) if !adds => {
                    return Err(invalid(
                        text,
                        "a + adds to the default columns, and stands before the first name",
                    ));
                }
                added => {
                    let column = Self::parse(added.unwrap_or(text), subject)?;
                    let same = |other: &&mut Self| other.descriptor.name == column.descriptor.name;
                    match columns.iter_mut().find(same) {
                        Some(known) if adds => *known = column,
                        _ => columns.push(column),
                    }
                }
            }
        }
        Ok(columns)
    }

    /// With the header of its own.
    #[cfg(feature = "filter")]
    pub(super) fn of(descriptor: &'static Descriptor) -> Self {
        Self {
            descriptor,
            header: None,
            width: None,
        }
    }

    /// What the column shows.
    #[must_use]
    pub fn descriptor(&self) -> &'static Descriptor {
        self.descriptor
    }

    /// Its header.
    #[must_use]
    pub fn header(&self) -> &str {
        self.header.as_deref().unwrap_or(self.descriptor.header)
    }

    /// The width that was asked for, for who lays out a text table. The command pads the column to
    /// it and cuts longer texts, with `+` in the place of the last character; numbers are not cut.
    #[must_use]
    pub fn width(&self) -> Option<usize> {
        self.width
    }
}

fn parse_width(column: &str, width: &str) -> Result<usize> {
    let is_number = width.bytes().all(|b| b.is_ascii_digit());
    let number = is_number.then(|| width.parse().ok()).flatten();
    let number = number.filter(|number| (1..=WIDEST).contains(number));
    let quoted = Escaped(width.as_bytes());
    number.ok_or_else(|| {
        let reason = format!("\"{quoted}\" is not a width: 1 to {WIDEST}");
        invalid(column, &reason)
    })
}

fn invalid(column: &str, reason: &str) -> Error {
    let name = format!("\"{}\"", Escaped(column.as_bytes()));
    Error::new(ErrorKind::Invalid, name, reason.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(format: &[&str]) -> String {
        match Column::parse_all(format, Subject::Timers) {
            Ok(columns) => {
                let columns = columns.iter().map(|column| {
                    let width = column.width().map_or(String::new(), |w| format!(":{w}"));
                    format!("{}{width}={}", column.descriptor().name, column.header())
                });
                columns.collect::<Vec<_>>().join(" ")
            }
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn a_column_has_a_name_a_width_and_a_header() {
        for (format, columns) in [
            (&["pid"][..], "pid=PID"),
            (&["pid:7"], "pid:7=PID"),
            (&["pid:7=A:B=C"], "pid:7=A:B=C"),
            (&["pid=X:9"], "pid=X:9"),
            (&["pid="], "pid="),
            (&["%p:3", "pid"], "pid:3=PID pid=PID"),
            (&["pid:"], "\"pid:\": \"\" is not a width: 1 to 65535"),
            (&["pid:0"], "\"pid:0\": \"0\" is not a width: 1 to 65535"),
            (&["pid:-1"], "\"pid:-1\": \"-1\" is not a width: 1 to 65535"),
            (
                &["pid:65536"],
                "\"pid:65536\": \"65536\" is not a width: 1 to 65535",
            ),
            (
                &["pid", "+rss"],
                "\"+rss\": a + adds to the default columns, and stands before the first name",
            ),
        ] {
            assert_eq!(shown(format), columns, "{format:?}");
        }
    }

    #[test]
    fn a_plus_adds_to_the_default_columns() {
        let default = shown(&[]);
        assert!(default.starts_with("pid=PID user=USER "), "{default}");
        for added in [&["+rss", "nice"][..], &["+rss", "+nice"]] {
            assert_eq!(shown(added), format!("{default} rss=RSS nice=NI"));
        }
        // One that is there stays in its place.
        let changed = shown(&["+user:12=WHO", "rss", "rss=MEM"]);
        let default = default.replace(" user=USER ", " user:12=WHO ");
        assert_eq!(changed, format!("{default} rss=MEM"));
        assert!(shown(&["+"]).starts_with("empty name"), "{}", shown(&["+"]));
    }
}
