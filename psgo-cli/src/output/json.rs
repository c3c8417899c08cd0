//! Objects for programs: one array of them, or one a line.

use std::io::{self, Write};

use psgo::Value;
use serde::{Serialize, Serializer};

use super::Rows;

/// A row as one object: its keys are the full names of the descriptors, whatever the headers.
struct Object<'a> {
    keys: &'a [&'static str],
    values: &'a [Value],
}

impl Serialize for Object<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.keys.iter().zip(self.values))
    }
}

/// One array, an object a line, each written as it comes.
#[derive(Debug)]
pub(crate) struct Array<W> {
    out: W,
    keys: Vec<&'static str>,
    is_empty: bool,
}

impl<W: Write> Array<W> {
    pub(crate) fn new(keys: Vec<&'static str>, out: W) -> Self {
        Self {
            out,
            keys,
            is_empty: true,
        }
    }
}

impl<W: Write> Rows for Array<W> {
    fn row(&mut self, values: &[Value]) -> io::Result<()> {
        let before: &[u8] = if self.is_empty { b"[\n" } else { b",\n" };
        self.is_empty = false;
        self.out.write_all(before)?;
        serde_json::to_writer(
            &mut self.out,
            &Object {
                keys: &self.keys,
                values,
            },
        )?;
        Ok(())
    }

    fn finish(&mut self) -> io::Result<()> {
        let end: &[u8] = if self.is_empty { b"[]\n" } else { b"\n]\n" };
        self.out.write_all(end)?;
        self.out.flush()
    }
}

/// One object a line.
#[derive(Debug)]
pub(crate) struct Lines<W> {
    out: W,
    keys: Vec<&'static str>,
}

impl<W: Write> Lines<W> {
    pub(crate) fn new(keys: Vec<&'static str>, out: W) -> Self {
        Self { out, keys }
    }
}

impl<W: Write> Rows for Lines<W> {
    fn row(&mut self, values: &[Value]) -> io::Result<()> {
        serde_json::to_writer(
            &mut self.out,
            &Object {
                keys: &self.keys,
                values,
            },
        )?;
        self.out.write_all(b"\n")
    }

    fn finish(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
