//! `Layout`: the order of the lines of a file that `lines!` describes, and how it is found.

use super::{Cursor, ParseError};
use crate::value::{Fields, Value};

/// The order of a file's lines, if it is not the described one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Layout(Vec<Line>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Line {
    /// The field with that index.
    Field(u8),
    /// An unknown line.
    Unknown(Vec<u8>),
}

impl Layout {
    /// Adds the unknown lines to `fields`, if there are any.
    pub(crate) fn describe(&self, fields: &mut Fields) {
        let unknown: Vec<_> = self.unknown_lines().map(Value::text).collect();
        if !unknown.is_empty() {
            fields.push("unknown_lines", Value::List(unknown));
        }
    }

    pub(crate) fn unknown_lines(&self) -> impl Iterator<Item = &[u8]> {
        self.0.iter().filter_map(|line| match line {
            // An empty line says nothing.
            Line::Unknown(text) if !text.is_empty() => Some(text.as_slice()),
            Line::Field(_) | Line::Unknown(_) => None,
        })
    }

    /// Writes each field with `put`, and the unknown lines between them; fields that were set after
    /// parsing come last.
    pub(crate) fn write(&self, count: usize, out: &mut Vec<u8>, put: impl Fn(u8, &mut Vec<u8>)) {
        let mut written = 0_u128;
        for line in &self.0 {
            match line {
                Line::Field(index) => {
                    written |= 1 << index;
                    put(*index, out);
                }
                Line::Unknown(text) => {
                    out.extend_from_slice(text);
                    out.push(b'\n');
                }
            }
        }
        for index in (0..)
            .take(count)
            .filter(|&index| written & (1 << index) == 0)
        {
            put(index, out);
        }
    }
}

/// The state of `lines!` while it reads: it makes passes over the described fields, a single one if
/// the file is in their order.
pub(crate) struct Lines {
    /// A bit for each field that has been read.
    seen: u128,
    /// Recorded from the second pass on.
    layout: Option<Layout>,
    /// Unread bytes when the last pass began; `None` before the first.
    unread: Option<usize>,
    /// Whether the record ends before these bytes.
    end: fn(&[u8]) -> bool,
}

impl Lines {
    pub(crate) fn new(end: fn(&[u8]) -> bool) -> Self {
        Self {
            seen: 0,
            layout: None,
            unread: None,
            end,
        }
    }

    /// Whether another pass is needed. If the last one read nothing, the next line is unknown.
    #[inline]
    pub(crate) fn next_pass(&mut self, cursor: &mut Cursor<'_>) -> Result<bool, ParseError> {
        if cursor.rest().is_empty() || (self.end)(cursor.rest()) {
            return Ok(false);
        }
        if let Some(unread) = self.unread {
            self.leave_the_order(unread, cursor)?;
        }
        self.unread = Some(cursor.rest().len());
        Ok(!cursor.rest().is_empty() && !(self.end)(cursor.rest()))
    }

    #[cold]
    fn leave_the_order(
        &mut self,
        unread: usize,
        cursor: &mut Cursor<'_>,
    ) -> Result<(), ParseError> {
        let seen = self.seen;
        // The first pass reads in the described order.
        let layout = self.layout.get_or_insert_with(|| {
            let seen = (0..128).filter(|index| seen & (1 << index) != 0);
            Layout(seen.map(Line::Field).collect())
        });
        if unread == cursor.rest().len() {
            let line = cursor.rest();
            let text = cursor.take_line();
            if text.len() == line.len() {
                return Err(cursor.error("line", "no newline at its end"));
            }
            cursor.take(1);
            layout.0.push(Line::Unknown(text.to_vec()));
        }
        Ok(())
    }

    /// Records that a field is about to be read; it can be read once.
    #[inline]
    pub(crate) fn see(
        &mut self,
        index: u8,
        cursor: &Cursor<'_>,
        field: &'static str,
    ) -> Result<(), ParseError> {
        if self.seen & (1 << index) != 0 {
            return Err(cursor.error(field, "a second time"));
        }
        self.seen |= 1 << index;
        if let Some(layout) = &mut self.layout {
            layout.0.push(Line::Field(index));
        }
        Ok(())
    }

    /// The first required field that was not read.
    #[inline]
    pub(crate) fn lacking(&self, required: u128, names: &[&'static str]) -> Option<&'static str> {
        let lacking = required & !self.seen;
        let first = (lacking != 0).then(|| lacking.trailing_zeros() as usize)?;
        names.get(first).copied()
    }

    pub(crate) fn into_layout(self) -> Layout {
        self.layout.unwrap_or_default()
    }
}
