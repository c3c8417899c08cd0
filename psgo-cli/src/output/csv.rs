//! Comma-separated values: the table's text.

use std::{
    borrow::Cow,
    fmt::Write as _,
    io::{self, Write},
};

use psgo::{Value, bytes::Escaped};

use super::rows::Rows;

/// Lines of comma-separated values, each written as it comes.
#[derive(Debug)]
pub(crate) struct Csv<W: Write> {
    out: csv::Writer<W>,
    /// The first cell of each row.
    at: Option<String>,
    /// Whether no cell may be a formula.
    is_safe: bool,
    /// Of the current cell.
    text: String,
}

impl<W: Write> Csv<W> {
    /// Writes the header, if there is one, as the first line.
    pub(crate) fn new(
        header: Option<&[&str]>,
        at: Option<&str>,
        is_safe: bool,
        out: W,
    ) -> io::Result<Self> {
        let mut csv = Self {
            out: csv::Writer::from_writer(out),
            at: at.map(ToOwned::to_owned),
            is_safe,
            text: String::new(),
        };
        if let Some(header) = header {
            if csv.at.is_some() {
                csv.out.write_field("AT").map_err(system_error)?;
            }
            csv.record(header.iter().map(|header| Escaped(header.as_bytes())))?;
        }
        Ok(csv)
    }

    fn record(&mut self, cells: impl Iterator<Item: std::fmt::Display>) -> io::Result<()> {
        for cell in cells {
            self.text.clear();
            // A string takes whatever is written to it.
            let _ = write!(self.text, "{cell}");
            let text = if self.is_safe {
                no_formula(&self.text)
            } else {
                Cow::Borrowed(&self.text[..])
            };
            self.out.write_field(&*text).map_err(system_error)?;
        }
        self.out.write_record(None::<&[u8]>).map_err(system_error)
    }
}

/// The text of a cell, after an apostrophe if a spreadsheet would take it for a formula: what
/// begins with `=`, `+`, `-` or `@`, or their full-width forms, and is no number. Tabs and returns,
/// which some skip before it, are escaped in every text.
pub(crate) fn no_formula(text: &str) -> Cow<'_, str> {
    const BEGINNINGS: [char; 10] = [
        '=', '+', '-', '@', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}', '\t', '\r',
    ];
    let is_number = || {
        let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
        digits.starts_with(|c: char| c.is_ascii_digit()) && digits.parse::<f64>().is_ok()
    };
    if text.starts_with(BEGINNINGS) && !is_number() {
        Cow::Owned(format!("'{text}"))
    } else {
        Cow::Borrowed(text)
    }
}

/// The error of the system itself. csv's own conversion hides its kind, by which a closed pipe is
/// recognised.
pub(crate) fn system_error(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

impl<W: Write> Rows for Csv<W> {
    fn row(&mut self, values: &[Value]) -> io::Result<()> {
        if let Some(at) = &self.at {
            self.out.write_field(at).map_err(system_error)?;
        }
        self.record(values.iter())
    }

    fn finish(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(header: Option<&[&str]>, rows: &[&[Value]]) -> String {
        lines_at(None, header, rows)
    }

    fn lines_at(at: Option<&str>, header: Option<&[&str]>, rows: &[&[Value]]) -> String {
        let mut out = Vec::new();
        let mut csv = Csv::new(header, at, false, &mut out).unwrap();
        for row in rows {
            csv.row(row).unwrap();
        }
        csv.finish().unwrap();
        drop(csv);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn cells_are_the_tables_text() {
        let row = [
            Value::Size(4096),
            Value::text("a,\"b\"\n\x1b"),
            Value::MISSING,
            Value::text(""),
        ];
        assert_eq!(
            lines(Some(&["RSS", "CAPS, MY", "TTY", "X"]), &[&row]),
            "RSS,\"CAPS, MY\",TTY,X\n4,\"a,\"\"b\"\"\\n\\x1b\",?,\n"
        );
    }

    #[test]
    fn no_cell_is_a_formula_where_that_is_asked_for() {
        let mut out = Vec::new();
        let mut csv = Csv::new(Some(&["=A", "B"]), None, true, &mut out).unwrap();
        for text in [
            "=1+1",
            "@x",
            "-c evil",
            "+a",
            "-1+cmd|' /C x'!A0",
            "－x",
            "a=1",
        ] {
            csv.row(&[Value::text(text), Value::Int(-5)]).unwrap();
        }
        csv.row(&[Value::text("\t=1"), Value::text("-0.5")])
            .unwrap();
        csv.finish().unwrap();
        drop(csv);
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "'=A,B\n'=1+1,-5\n'@x,-5\n'-c evil,-5\n'+a,-5\n'-1+cmd|' /C x'!A0,-5\n'－x,-5\n\
             a=1,-5\n\\t=1,-0.5\n"
        );
    }

    #[test]
    fn a_line_of_one_empty_cell_is_no_empty_line() {
        assert_eq!(lines(None, &[&[Value::text("")]]), "\"\"\n");
    }

    #[test]
    fn in_a_watch_a_row_begins_with_its_moment() {
        let row = [Value::Int(1)];
        assert_eq!(
            lines_at(
                Some("2026-01-02T03:04:05.678Z"),
                Some(&["PID"]),
                &[&row, &row]
            ),
            "AT,PID\n2026-01-02T03:04:05.678Z,1\n2026-01-02T03:04:05.678Z,1\n"
        );
    }
}
