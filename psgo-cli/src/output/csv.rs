//! Comma-separated values: the table's text.

use std::{
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
    /// Of the current cell.
    text: String,
}

impl<W: Write> Csv<W> {
    /// Writes the header, if there is one, as the first line.
    pub(crate) fn new(header: Option<&[&str]>, at: Option<&str>, out: W) -> io::Result<Self> {
        let mut csv = Self {
            out: csv::Writer::from_writer(out),
            at: at.map(ToOwned::to_owned),
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
            self.out.write_field(&self.text).map_err(system_error)?;
        }
        self.out.write_record(None::<&[u8]>).map_err(system_error)
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
        let mut csv = Csv::new(header, at, &mut out).unwrap();
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
