//! The forms of an answer. Each is a pure function of headers and values.

use std::io::{self, BufWriter, Write};

use psgo::{Column, Query};

use crate::{
    failure::Failure,
    flags::{Output, Style},
    stdout::Stdout,
    supervisor::Patient,
};
use table::Table;

pub(crate) mod csv;
mod fit;
mod human;
mod id;
pub(crate) mod json;
mod line;
pub(crate) mod measure;
mod rows;
mod stamp;
pub(crate) mod table;

use fit::Shape;
pub(crate) use line::Layout;
pub(crate) use rows::{Moment, Rows};
pub(crate) use stamp::Stamp;

/// Writes the rows of `query` to `out` in the style asked for; `moment` is that of a watch or a stamp.
pub(crate) fn rows<'a>(
    style: &Style,
    query: &Query,
    moment: Option<Moment<'_>>,
    out: impl Write + 'a,
) -> Result<Box<dyn Rows + 'a>, Failure> {
    let headers = query.headers();
    let header = header(style, &headers);
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
        Output::Table => Box::new(table(style, query.columns(), header, layout(style), out)),
        Output::Json => Box::new(json::Objects::new(keys, None, json::Array::new(out))),
        Output::Ndjson => Box::new(json::Objects::new(keys, moment, json::Lines::new(out))),
        Output::Csv | Output::CsvSafe => {
            // All samples are one file, whose header is that of the first.
            let header = header.filter(|_| moment.is_none_or(|moment| moment.is_first));
            let is_safe = style.output == Output::CsvSafe;
            Box::new(csv::Csv::new(header, at, is_safe, out)?)
        }
    })
}

/// A table of these columns in that style.
pub(crate) fn table<'a, W: Write>(
    style: &Style,
    columns: &[Column],
    header: Option<&'a [&'a str]>,
    layout: Layout,
    out: W,
) -> Table<W> {
    let shape = |column: &Column| Shape {
        width: column.width(),
        is_right: style.is_human && human::is_number(column.descriptor().holds),
    };
    let shapes: Vec<_> = columns.iter().map(shape).collect();
    let is_of_ids = |column: &&Column| id::is_of_ids(column.descriptor().name);
    let ids = (0..).zip(columns).filter(|(_, column)| is_of_ids(column));
    let ids = ids.map(|(at, _)| at).collect();
    let table = Table::shaped(&shapes, header, layout, out);
    table.human(style.is_human).with_ids(ids)
}

/// The line of headers, if there is one: not with `-no-header`, nor where all are empty, as with
/// `-format pid=`.
pub(crate) fn header<'a, F>(style: &Style<F>, headers: &'a [&'a str]) -> Option<&'a [&'a str]> {
    let is_shown = !style.no_header && headers.iter().any(|header| !header.is_empty());
    is_shown.then_some(headers)
}

/// How a table is laid out in that style.
pub(crate) fn layout<F>(style: &Style<F>) -> Layout {
    Layout {
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
