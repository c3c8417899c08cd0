//! The forms of an answer. Each is a pure function of headers and values.

use std::io::{self, BufWriter, StdoutLock, Write};

use psgo::{Query, Value};

use crate::{
    args::{Output, Show},
    failure::Failure,
    terminal,
};

mod csv;
mod json;
mod line;
pub(crate) mod table;

/// Takes the rows of a listing one after the other.
pub(crate) trait Rows {
    /// Takes a row: as many values as there are columns.
    fn row(&mut self, values: &[Value]) -> io::Result<()>;

    /// Writes what is left; before that nothing is sure to have been written.
    fn finish(&mut self) -> io::Result<()>;
}

/// Which look of a watch is being written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment<'a> {
    /// When it was, by RFC 3339.
    pub(crate) at: &'a str,
    pub(crate) is_first: bool,
}

/// What `show` asks for, for the rows of `query`, at some moment of a watch, to `out`.
pub(crate) fn rows<'a>(
    show: &Show,
    query: &Query,
    moment: Option<Moment<'_>>,
    out: impl Write + 'a,
) -> Result<Box<dyn Rows + 'a>, Failure> {
    let headers = query.headers();
    let header = (!show.no_header).then_some(&headers[..]);
    let keys: Vec<_> = query
        .columns()
        .iter()
        .map(|column| column.descriptor().name)
        .collect();
    if let (Output::Json | Output::Ndjson, Some(twice)) = (show.output, repeated(&keys)) {
        return Err(Failure::WrongUse(format!(
            "an object cannot have \"{twice}\" twice: -output table and csv can"
        )));
    }
    let at = moment.map(|moment| moment.at);
    Ok(match show.output {
        Output::Table => Box::new(table::Table::new(keys.len(), header, look(show), out)),
        Output::Json => Box::new(json::Array::new(keys, out)),
        Output::Ndjson => Box::new(json::Lines::new(keys, at, out)),
        Output::Csv => {
            // One file, however many looks: its header is that of the first.
            let header = header.filter(|_| moment.is_none_or(|moment| moment.is_first));
            Box::new(csv::Csv::new(header, at, out)?)
        }
    })
}

pub(crate) fn look(show: &Show) -> table::Look {
    table::Look {
        is_clipped: false,
        is_trimmed: false,
        limit: match show.width {
            Some(0) => None,
            Some(width) => Some(width),
            None => terminal::width(),
        },
        color: terminal::has_color(show.color),
    }
}

/// The first that was there before.
fn repeated<'a>(keys: &[&'a str]) -> Option<&'a str> {
    (1..keys.len())
        .find(|&i| keys[..i].contains(&keys[i]))
        .map(|i| keys[i])
}

/// Standard output, locked and buffered; whoever writes must flush, for only that can fail.
pub(crate) fn stdout() -> BufWriter<StdoutLock<'static>> {
    BufWriter::with_capacity(64 * 1024, io::stdout().lock())
}

/// Writes one text to standard output.
pub(crate) fn print(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}
