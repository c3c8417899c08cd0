//! The output forms of records.

use std::io::{self, Write};

use psgo::{Fields, Value};

use super::{
    grammar::Form,
    indented::Indented,
    records::{Records, leaves},
};
use crate::{
    output::{
        csv::{no_formula, system_error},
        json::{Array, Lines},
    },
    terminal,
};

/// Writes records in that form to `out`; `many` means that there may be more than one.
pub(crate) fn records<'a>(
    form: Form,
    delimiter: u8,
    many: bool,
    out: impl Write + 'a,
) -> Box<dyn Records + 'a> {
    match form {
        Form::Json if many => Box::new(Array::new(out)),
        form => records_after(form, delimiter, Vec::new(), out),
    }
}

/// Writes further records, after one with the columns of `header`.
pub(crate) fn records_after<'a>(
    form: Form,
    delimiter: u8,
    header: Vec<String>,
    out: impl Write + 'a,
) -> Box<dyn Records + 'a> {
    match form {
        Form::Json | Form::Ndjson => Box::new(Lines::new(out)),
        Form::Csv | Form::CsvSafe => {
            let is_safe = form == Form::CsvSafe;
            Box::new(Csv::new(delimiter, header, is_safe, out))
        }
        Form::Fields | Form::Raw => Box::new(Indented::new(terminal::width(), out)),
    }
}

/// A column for each field, however deep. Records with other fields make a new table, after an
/// empty line.
struct Csv<W: Write> {
    /// `None` only while it is being replaced.
    out: Option<csv::Writer<W>>,
    delimiter: u8,
    header: Vec<String>,
    /// Whether no cell may be a formula.
    is_safe: bool,
}

impl<W: Write> Csv<W> {
    fn new(delimiter: u8, header: Vec<String>, is_safe: bool, out: W) -> Self {
        Self {
            out: Some(writer(delimiter, out)),
            delimiter,
            header,
            is_safe,
        }
    }

    fn begin(&mut self, header: Vec<String>) -> io::Result<()> {
        if !self.header.is_empty()
            && let Some(out) = self.out.take()
        {
            let mut out = out.into_inner().map_err(|error| {
                let error = error.error();
                io::Error::new(error.kind(), error.to_string())
            })?;
            out.write_all(b"\n")?;
            self.out = Some(writer(self.delimiter, out));
        }
        self.line(&header)?;
        self.header = header;
        Ok(())
    }

    fn line(&mut self, cells: &[String]) -> io::Result<()> {
        let Some(out) = &mut self.out else {
            return Ok(());
        };
        let written = if self.is_safe {
            out.write_record(cells.iter().map(|cell| no_formula(cell).into_owned()))
        } else {
            out.write_record(cells)
        };
        written.map_err(system_error)
    }
}

fn writer<W: Write>(delimiter: u8, out: W) -> csv::Writer<W> {
    csv::WriterBuilder::new()
        .delimiter(delimiter)
        .flexible(true)
        .from_writer(out)
}

impl<W: Write> Records for Csv<W> {
    fn record(&mut self, record: &Fields) -> io::Result<()> {
        let (mut names, mut cells) = (Vec::new(), Vec::new());
        leaves(record, &mut |name, value| {
            names.push(name);
            cells.push(cell(value));
        });
        // A record without fields has no line.
        if names.is_empty() {
            return Ok(());
        }
        if names != self.header {
            self.begin(names)?;
        }
        self.line(&cells)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.as_mut().map_or(Ok(()), csv::Writer::flush)
    }
}

/// A size in bytes, as in JSON: what programs read is not rounded. Anything else as text.
fn cell(value: &Value) -> String {
    match value {
        Value::Size(bytes) => bytes.to_string(),
        Value::List(values) => values.iter().map(cell).collect::<Vec<_>>().join(","),
        value => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(form: Form, many: bool, all: &[Fields]) -> String {
        let mut out = Vec::new();
        {
            let mut records = records(form, b',', many, &mut out);
            for record in all {
                records.record(record).unwrap();
            }
            records.finish().unwrap();
        }
        String::from_utf8(out).unwrap()
    }

    fn fields<const N: usize>(fields: [(&'static str, Value); N]) -> Fields {
        fields.into_iter().collect()
    }

    #[test]
    fn one_record_is_an_object_and_a_table_an_array() {
        let record = fields([("a", Value::Int(1)), ("b", Value::MISSING)]);
        let object = "{\"a\":1,\"b\":null}\n";
        assert_eq!(
            written(Form::Json, false, std::slice::from_ref(&record)),
            object
        );
        assert_eq!(
            written(Form::Ndjson, true, std::slice::from_ref(&record)),
            object
        );
        assert_eq!(written(Form::Json, true, &[]), "[]\n");
        let both = [record.clone(), record];
        assert_eq!(
            written(Form::Json, true, &both),
            "[\n{\"a\":1,\"b\":null},\n{\"a\":1,\"b\":null}\n]\n"
        );
    }

    #[test]
    fn no_cell_is_a_formula_where_that_is_asked_for() {
        let record = fields([("name", Value::text("=1+1")), ("nice", Value::Int(-5))]);
        let all = std::slice::from_ref(&record);
        assert_eq!(written(Form::Csv, true, all), "name,nice\n=1+1,-5\n");
        assert_eq!(written(Form::CsvSafe, true, all), "name,nice\n'=1+1,-5\n");
    }

    #[test]
    fn other_fields_are_another_table_of_csv() {
        let port = |port| fields([("port", Value::Int(port)), ("size", Value::Size(1500))]);
        let nested = |n| {
            fields([
                ("local", Value::Fields(port(n))),
                ("x", Value::text("a,\"b")),
            ])
        };
        let list = Value::List(vec![Value::Fields(port(9))]);
        assert_eq!(
            written(
                Form::Csv,
                true,
                &[nested(1), nested(2), fields([("c", list)])]
            ),
            "local.port,local.size,x\n1,1500,\"a,\"\"b\"\n2,1500,\"a,\"\"b\"\n\n\
             c.0.port,c.0.size\n9,1500\n"
        );
    }
}
