//! What every form of records does, and the values in a record.

use std::io;

use psgo::{Fields, Value};

use crate::output::json::Items;

/// Takes records one after the other.
pub(crate) trait Records {
    fn record(&mut self, record: &Fields) -> io::Result<()>;

    /// Writes what is buffered.
    fn flush(&mut self) -> io::Result<()>;

    /// Writes the end, and what is buffered.
    fn finish(&mut self) -> io::Result<()> {
        self.flush()
    }
}

impl<I: Items> Records for I {
    fn record(&mut self, record: &Fields) -> io::Result<()> {
        self.item(record)
    }

    fn flush(&mut self) -> io::Result<()> {
        Items::flush(self)
    }

    fn finish(&mut self) -> io::Result<()> {
        Items::finish(self)
    }
}

/// Calls `each` with every value that has no others inside it, and its path: `a.b`, and `a.0.b` in a
/// list.
pub(crate) fn leaves(fields: &Fields, each: &mut dyn FnMut(String, &Value)) {
    for (name, value) in fields.iter() {
        leaf(name.to_string(), value, each);
    }
}

fn leaf(name: String, value: &Value, each: &mut dyn FnMut(String, &Value)) {
    match value {
        Value::Fields(fields) => {
            for (inner, value) in fields.iter() {
                leaf(format!("{name}.{inner}"), value, each);
            }
        }
        Value::List(values) if values.iter().any(|v| matches!(v, Value::Fields(_))) => {
            for (i, value) in values.iter().enumerate() {
                leaf(format!("{name}.{i}"), value, each);
            }
        }
        value => each(name, value),
    }
}
