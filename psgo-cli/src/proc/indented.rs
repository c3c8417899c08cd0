//! Records for people: a name and a value a line, nested fields indented below.

use std::io::{self, Write};

use psgo::{Fields, Value};

use super::records::Records;
use crate::output::measure::{NARROWEST, filled, parts, width, wrapped};

/// Fields below each other; an empty line between two records.
#[derive(Debug)]
pub(crate) struct Indented<W> {
    out: W,
    /// The terminal's width, if there is a terminal.
    width: Option<usize>,
    is_first: bool,
}

impl<W: Write> Indented<W> {
    pub(crate) fn new(width: Option<usize>, out: W) -> Self {
        Self {
            out,
            width,
            is_first: true,
        }
    }

    fn fields(&mut self, fields: &Fields, indent: usize) -> io::Result<()> {
        let known = || fields.iter().filter(|(_, value)| is_known(value));
        let of_line = known().filter(|(_, value)| !is_nested(value));
        let names = of_line.map(|(name, _)| width(&name.to_string())).max();
        let names = names.unwrap_or(0);
        for (name, value) in known() {
            let name = name.to_string();
            match value {
                Value::Fields(inner) => {
                    self.name(&name, indent)?;
                    self.fields(inner, indent + 2)?;
                }
                Value::List(values) if is_nested(value) => {
                    for value in values {
                        self.name(&name, indent)?;
                        match value {
                            Value::Fields(inner) => self.fields(inner, indent + 2)?,
                            value => writeln!(self.out, "{:indent$}  {}", "", text(value))?,
                        }
                    }
                }
                value => {
                    let fill = names.saturating_sub(width(&name));
                    let start = indent + names + 2;
                    if self.width.is_some_and(|width| width < start + NARROWEST) {
                        // There is no room beside the name.
                        let start = indent + 2;
                        self.name(&name, indent)?;
                        for line in self.lines(value, start) {
                            let line = format!("{:start$}{line}", "");
                            writeln!(self.out, "{}", line.trim_end())?;
                        }
                        continue;
                    }
                    let lines = self.lines(value, start);
                    let mut lines = lines.iter();
                    let first = lines.next().map_or("", String::as_str);
                    let line = format!("{:indent$}{name}{:fill$}  {first}", "", "");
                    writeln!(self.out, "{}", line.trim_end())?;
                    for line in lines {
                        writeln!(self.out, "{:start$}{line}", "")?;
                    }
                }
            }
        }
        Ok(())
    }

    /// A name on lines of its own.
    fn name(&mut self, name: &str, indent: usize) -> io::Result<()> {
        for line in parts(name, self.room(indent)) {
            writeln!(self.out, "{:indent$}{line}", "")?;
        }
        Ok(())
    }

    /// How many columns are left after so many.
    fn room(&self, start: usize) -> usize {
        self.width
            .map_or(usize::MAX, |width| width.saturating_sub(start).max(1))
    }

    /// The value in lines that fit after `start` columns.
    fn lines(&self, value: &Value, start: usize) -> Vec<String> {
        let room = self.room(start);
        let Value::List(values) = value else {
            return wrapped(&text(value), room);
        };
        let last = values.len().saturating_sub(1);
        let word = |(i, value)| text(value) + if i < last { "," } else { "" };
        let words: Vec<_> = values.iter().enumerate().map(word).collect();
        filled(words.iter().flat_map(|word| parts(word, room)), room)
    }
}

/// Unknown and empty values are not shown.
fn is_known(value: &Value) -> bool {
    match value {
        Value::Missing(_) => false,
        Value::Fields(fields) => fields.iter().any(|(_, value)| is_known(value)),
        Value::List(values) => !values.is_empty(),
        _ => true,
    }
}

fn is_nested(value: &Value) -> bool {
    match value {
        Value::Fields(_) => true,
        Value::List(values) => values
            .iter()
            .any(|value| matches!(value, Value::Fields(_) | Value::List(_))),
        _ => false,
    }
}

/// A size with its unit, unrounded; anything else as everywhere.
pub(super) fn text(value: &Value) -> String {
    match value {
        Value::Size(bytes) if bytes % 1024 == 0 => format!("{} KiB", bytes / 1024),
        Value::Size(bytes) => format!("{bytes} B"),
        value => value.to_string(),
    }
}

impl<W: Write> Records for Indented<W> {
    fn record(&mut self, record: &Fields) -> io::Result<()> {
        if !std::mem::take(&mut self.is_first) {
            self.out.write_all(b"\n")?;
        }
        self.fields(record, 0)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(width: Option<usize>, records: &[Fields]) -> String {
        let mut out = Vec::new();
        let mut text = Indented::new(width, &mut out);
        for record in records {
            text.record(record).unwrap();
        }
        text.finish().unwrap();
        String::from_utf8(out).unwrap()
    }

    fn fields<const N: usize>(fields: [(&'static str, Value); N]) -> Fields {
        fields.into_iter().collect()
    }

    #[test]
    fn what_is_inside_stands_below_and_what_is_unknown_nowhere() {
        let inner = fields([("port", Value::Int(22)), ("x", Value::MISSING)]);
        let record = fields([
            ("local", Value::Fields(inner.clone())),
            ("mem_total", Value::Size(2048)),
            ("odd", Value::Size(2049)),
            ("name", Value::text("a\nb")),
            ("none", Value::List(Vec::new())),
            ("cpu", Value::List(vec![Value::Fields(inner)])),
        ]);
        let expected = "local\n  port  22\nmem_total  2 KiB\nodd        2049 B\n\
                        name       a\\nb\ncpu\n  port  22\n";
        assert_eq!(written(None, &[record]), expected);
    }

    #[test]
    fn a_list_is_broken_between_its_values() {
        let numbers = (100..106).map(Value::Int).collect();
        let record = fields([("groups", Value::List(numbers)), ("a", Value::Int(1))]);
        assert_eq!(
            written(Some(24), &[record.clone(), record]),
            "groups  100, 101, 102,\n        103, 104, 105\na       1\n\n\
             groups  100, 101, 102,\n        103, 104, 105\na       1\n"
        );
    }
}
