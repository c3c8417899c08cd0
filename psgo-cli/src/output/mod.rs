//! The forms of an answer. Each is a pure function of headers and values.

use std::io::{self, BufWriter, Write};

use psgo::Query;

use crate::{
    failure::Failure,
    flags::{Output, Style},
    stdout::Stdout,
    supervisor::Patient,
};

pub(crate) mod csv;
pub(crate) mod json;
mod line;
pub(crate) mod measure;
mod rows;
pub(crate) mod table;

pub(crate) use line::Layout;
pub(crate) use rows::{Moment, Rows};

/// Writes the rows of `query` to `out` in the style asked for; `moment` is that of a watch.
pub(crate) fn rows<'a>(
    style: &Style,
    query: &Query,
    moment: Option<Moment<'_>>,
    out: impl Write + 'a,
) -> Result<Box<dyn Rows + 'a>, Failure> {
    let headers = query.headers();
    let header = (!style.no_header).then_some(&headers[..]);
    let keys: Vec<_> = query
        .columns()
        .iter()
        .map(|column| column.descriptor().name)
        .collect();
    if let (Output::Json | Output::Ndjson, Some(twice)) = (style.output, repeated(&keys)) {
        return Err(Failure::WrongUse(format!(
            "an object cannot have \"{twice}\" twice: -output table and csv can"
        )));
    }
    let at = moment.map(|moment| moment.at);
    Ok(match style.output {
        Output::Table => Box::new(table::Table::new(keys.len(), header, layout(style), out)),
        Output::Json => Box::new(json::Objects::new(keys, None, json::Array::new(out))),
        Output::Ndjson => Box::new(json::Objects::new(keys, at, json::Lines::new(out))),
        Output::Csv | Output::CsvSafe => {
            // All samples are one file, whose header is that of the first.
            let header = header.filter(|_| moment.is_none_or(|moment| moment.is_first));
            let is_safe = style.output == Output::CsvSafe;
            Box::new(csv::Csv::new(header, at, is_safe, out)?)
        }
    })
}

/// How a table is laid out in that style.
pub(crate) fn layout<F>(style: &Style<F>) -> Layout {
    Layout {
        is_clipped: false,
        is_trimmed: false,
        limit: style.limit(),
        color: style.has_color(),
    }
}

/// The first key that is there twice.
fn repeated<'a>(keys: &[&'a str]) -> Option<&'a str> {
    (1..keys.len())
        .find(|&i| keys[..i].contains(&keys[i]))
        .map(|i| keys[i])
}

/// Standard output, buffered. Flush it at the end: dropping it hides errors.
pub(crate) fn stdout() -> BufWriter<Patient<Stdout>> {
    BufWriter::with_capacity(64 * 1024, Patient(Stdout))
}

/// Writes a text to standard output.
pub(crate) fn print(text: &str) -> io::Result<()> {
    Patient(Stdout).write_all(text.as_bytes())
}
