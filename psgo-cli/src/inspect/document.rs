//! A process as an object: the schema `psutil-parity/1`.
//!
//! What is unknown is null, and `errors` has the reason. `ext` has what the schema has beyond
//! psutil, `psgo` what only psgo has.

use psgo::{
    CgroupPressure, Error, ErrorKind, Fields, Missing, Pid, Result, Value,
    format::{File, kernel::Pressure},
};

use super::depth::Depth;

const SCHEMA: &str = "psutil-parity/1";

/// An object that sections add their fields to.
#[derive(Debug)]
pub(super) struct Document {
    pub(super) depth: Depth,
    top: Fields,
    ext: Fields,
    own: Fields,
    errors: Fields,
}

impl Document {
    pub(super) fn new(depth: Depth) -> Self {
        Self {
            depth,
            top: Fields::new(),
            ext: Fields::new(),
            own: Fields::new(),
            errors: Fields::new(),
        }
    }

    /// Adds a field of the schema. One that is unknown has its reason in `errors`.
    pub(super) fn put(&mut self, name: &'static str, value: Result<Value>) {
        match value {
            Ok(value) => self.top.push(name, value),
            Err(error) => self.put_missing(name, schema_reason(&error)),
        }
    }

    /// Adds a field of the schema that is null for that reason.
    pub(super) fn put_missing(&mut self, name: &'static str, reason: &'static str) {
        self.top.push(name, Value::MISSING);
        self.errors.push(name, Value::text(reason));
    }

    /// Says in `errors` why something is missing of what is there, or a file was not read.
    pub(super) fn note_missing(&mut self, name: &str, why: Missing) {
        if self.errors.find(name).is_none() {
            self.errors.push(name.to_owned(), Value::text(word_of(why)));
        }
    }

    /// Adds a field that the schema has beyond psutil: null if it is unknown.
    pub(super) fn put_ext(&mut self, name: &'static str, value: Result<Value>) {
        self.ext.push(name, known(value));
    }

    /// Adds a field that only psgo has: null if it is unknown.
    pub(super) fn put_own(&mut self, name: &'static str, value: Result<Value>) {
        self.own.push(name, known(value));
    }

    /// The object of the process `pid`.
    pub(super) fn finish(self, pid: Pid) -> Fields {
        let mut all = head(pid);
        for (name, value) in self.top {
            all.push(name, value);
        }
        all.push("ext", Value::Fields(self.ext));
        all.push("psgo", Value::Fields(self.own));
        all.push("errors", Value::Fields(self.errors));
        all
    }
}

/// An object as a line.
pub(super) fn render(fields: &Fields) -> Vec<u8> {
    // All keys are texts, and writing to memory does not fail.
    let mut text = serde_json::to_vec(fields).unwrap_or_default();
    text.push(b'\n');
    text
}

/// The object of a process that cannot be inspected.
pub(super) fn of_error(pid: Pid, error: &Error) -> Fields {
    let mut all = head(pid);
    all.push("error", Value::text(schema_reason(error)));
    all
}

/// The first fields of every object.
fn head(pid: Pid) -> Fields {
    let head = [("schema", Value::text(SCHEMA)), ("pid", int(pid.get()))];
    head.into_iter().collect()
}

/// The schema's word for why something is unknown.
fn schema_reason(error: &Error) -> &'static str {
    match error.kind() {
        ErrorKind::Denied => "access_denied",
        ErrorKind::Zombie => "zombie",
        ErrorKind::Gone => "no_such_process",
        ErrorKind::TimedOut => "timed_out",
        ErrorKind::Absent | ErrorKind::Unsupported => "not_implemented",
        ErrorKind::NotTrusted => "not_trusted",
        _ => "error",
    }
}

/// The same of something that is unknown for another reason than an error.
fn word_of(why: Missing) -> &'static str {
    match why {
        Missing::Denied => "access_denied",
        Missing::Silent => "timed_out",
        Missing::Unsupported => "not_implemented",
        _ => "error",
    }
}

/// The value; null if it is unknown.
pub(super) fn known(value: Result<Value>) -> Value {
    value.unwrap_or(Value::MISSING)
}

/// The value; null if there is none.
pub(super) fn maybe(value: Option<Value>) -> Value {
    value.unwrap_or(Value::MISSING)
}

pub(super) fn int(number: impl Into<i64>) -> Value {
    Value::Int(number.into())
}

/// A number of things.
pub(super) fn count(number: usize) -> Value {
    Value::from(number as u64)
}

pub(super) fn object<const N: usize>(fields: [(&'static str, Value); N]) -> Value {
    Value::Fields(fields.into_iter().collect())
}

pub(super) fn list(values: impl IntoIterator<Item = Value>) -> Value {
    Value::List(values.into_iter().collect())
}

/// The fields of a record that are there; a list of those of each row, if the file has rows.
pub(super) fn record<T: File>(record: &T) -> Value {
    let mut rows: Vec<Fields> = Vec::new();
    record.records(&mut |fields| rows.push(present(fields)));
    if T::ROWS {
        return list(rows.into_iter().map(Value::Fields));
    }
    maybe(rows.pop().map(Value::Fields))
}

/// How long the tasks of a control group, or of the machine, waited.
pub(super) fn pressure(waits: &CgroupPressure) -> Value {
    let of = |pressure: Option<&Pressure>| maybe(pressure.map(record));
    object([
        ("cpu", of(waits.cpu.as_ref())),
        ("memory", of(waits.memory.as_ref())),
        ("io", of(waits.io.as_ref())),
    ])
}

/// The fields that are neither unknown nor empty lists.
pub(super) fn present(fields: Fields) -> Fields {
    fields
        .into_iter()
        .filter(|(_, value)| match value {
            Value::List(values) => !values.is_empty(),
            value => !value.is_missing(),
        })
        .collect()
}
