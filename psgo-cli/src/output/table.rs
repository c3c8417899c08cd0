//! Columns for people, laid out as the Go psgo does.

use std::{
    fmt::{self, Write as _},
    io::{self, Write},
};

use psgo::{Value, bytes::Escaped};

use super::{
    fit::{Shape, Widths},
    human::Human,
    id,
    line::{Layout, Line, Shown},
    measure::{cut, width},
    rows::Rows,
};
use crate::ansi::{BOLD, PLAIN};

/// The longest text of a cell in bytes, and the same in a large table: processes can share
/// arguments whose copies would not fit in memory.
const LONGEST: [usize; 2] = [64 << 10, 1 << 10];
/// A table is large from this many bytes on.
const LARGE: usize = 16 << 20;
/// The end of a cell that was cut.
const MORE: &str = "...";

/// A table that is written to `out`.
///
/// The widths are known only after the last row, so it keeps the cells, as text and end to end: a
/// row costs little more than its text.
#[derive(Debug)]
pub(crate) struct Table<W> {
    out: W,
    layout: Layout,
    has_header: bool,
    text: Vec<u8>,
    cells: Vec<Cell>,
    rows: usize,
    /// The previous row.
    above: Vec<Value>,
    /// How many cells since the last one kept are equal to those above them.
    like_above: u16,
    widths: Widths,
    /// Whether sizes and durations are in the units that people think in.
    is_human: bool,
    /// The columns of IDs of containers, which are shown by their first digits.
    ids: Vec<usize>,
}

/// A cell that differs from the one above it. Others, which are the most in most columns, are not
/// kept. It is as small as possible: a large table has a hundred thousand of them.
#[derive(Debug, Clone, Copy)]
struct Cell {
    /// The length of its text, which begins where that of the previous cell ends.
    len: u32,
    width: u32,
    /// How many cells before it, from left to right and line by line, are not kept.
    like_above: u16,
    is_missing: bool,
    is_whole: bool,
}

impl<W: Write> Table<W> {
    /// An empty table of `columns` columns; the header, if there is one, is its first row.
    pub(crate) fn new(columns: usize, header: Option<&[&str]>, layout: Layout, out: W) -> Self {
        Self::with(Widths::new(columns), header, layout, out)
    }

    /// The same, with columns of these shapes.
    pub(crate) fn shaped(
        shapes: &[Shape],
        header: Option<&[&str]>,
        layout: Layout,
        out: W,
    ) -> Self {
        Self::with(Widths::of(shapes), header, layout, out)
    }

    /// Shows sizes and durations in the units that people think in.
    pub(crate) fn human(self, is_human: bool) -> Self {
        Self { is_human, ..self }
    }

    /// Shows IDs of containers in these columns by their first digits.
    pub(crate) fn with_ids(self, ids: Vec<usize>) -> Self {
        Self { ids, ..self }
    }

    fn with(widths: Widths, header: Option<&[&str]>, layout: Layout, out: W) -> Self {
        let mut table = Self {
            out,
            layout,
            has_header: header.is_some(),
            text: Vec::new(),
            cells: Vec::new(),
            rows: header.is_some().into(),
            above: Vec::new(),
            like_above: 0,
            widths,
            is_human: false,
            ids: Vec::new(),
        };
        for (column, header) in header.unwrap_or_default().iter().enumerate() {
            table.add(column, &Escaped(header.as_bytes()), Kind::Text);
        }
        table
    }

    /// Makes the columns at least this wide.
    pub(crate) fn widen(&mut self, widths: &[usize]) {
        self.widths.widen(widths);
    }

    /// Width of each column without padding.
    pub(crate) fn widths(&self) -> Vec<usize> {
        self.widths.each().collect()
    }

    /// Adds a number without `fmt`, which is slower: the column of pids has the most distinct
    /// cells.
    fn add_number(&mut self, column: usize, number: i64) {
        let start = self.text.len();
        let mut digits = itoa::Buffer::new();
        self.text
            .extend_from_slice(digits.format(number).as_bytes());
        self.added(column, start, self.text.len() - start, Kind::Whole);
    }

    fn add(&mut self, column: usize, cell: &dyn fmt::Display, kind: Kind) {
        let start = self.text.len();
        let most = LONGEST[usize::from(start > LARGE)];
        let end = start + most;
        let text = &mut self.text;
        // If it fails, the part that fits has been written.
        if write!(Room { text, end }, "{cell}").is_err() {
            text.extend_from_slice(MORE.as_bytes());
        }
        let text = &self.text[start..];
        let width = if text.is_ascii() {
            text.len()
        } else {
            str::from_utf8(text).map_or(0, width)
        };
        self.added(column, start, width, kind);
    }

    /// Notes that a cell of this width was added at `start`.
    fn added(&mut self, column: usize, start: usize, width: usize, kind: Kind) {
        self.widths.add(column, width, kind == Kind::Whole);
        self.cells.push(Cell {
            // No text is so long, see LONGEST.
            len: saturated(self.text.len() - start),
            width: saturated(width),
            like_above: std::mem::take(&mut self.like_above),
            is_missing: kind == Kind::Missing,
            is_whole: kind == Kind::Whole,
        });
    }
}

/// What a cell is when there is no room for all of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// It can be cut.
    Text,
    /// Nothing can be read from a part of it.
    Whole,
    Missing,
}

impl Kind {
    fn of(value: &Value) -> Self {
        match value {
            Value::Missing(_) => Self::Missing,
            Value::Text(_) | Value::List(_) | Value::Fields(_) | Value::Caps(_) => Self::Text,
            _ => Self::Whole,
        }
    }
}

fn saturated(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// A text that takes no more than fits before `end`.
struct Room<'a> {
    text: &'a mut Vec<u8>,
    end: usize,
}

impl fmt::Write for Room<'_> {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        let left = self.end.saturating_sub(self.text.len());
        if part.len() <= left {
            self.text.extend_from_slice(part.as_bytes());
            return Ok(());
        }
        let fits = (0..=left).rev().find(|&end| part.is_char_boundary(end));
        let fits = &part[..fits.unwrap_or(0)];
        self.text.extend_from_slice(fits.as_bytes());
        Err(fmt::Error)
    }
}

impl<W: Write> Rows for Table<W> {
    fn row(&mut self, values: &[Value]) -> io::Result<()> {
        let mut above = std::mem::take(&mut self.above);
        if above.len() != values.len() {
            // NaN is equal to nothing, so every cell of the first row is kept.
            above.resize(values.len(), Value::Real(f64::NAN));
        }
        for (column, (value, above)) in values.iter().zip(&mut above).enumerate() {
            if above == value && self.like_above < u16::MAX {
                self.like_above += 1;
                continue;
            }
            above.clone_from(value);
            match value {
                Value::Int(number) => self.add_number(column, *number),
                _ if self.ids.contains(&column) => {
                    self.add(column, &id::short(value), Kind::of(value));
                }
                _ if self.is_human => self.add(column, &Human(value), Kind::of(value)),
                _ => self.add(column, value, Kind::of(value)),
            }
        }
        self.above = above;
        self.rows += 1;
        Ok(())
    }

    fn finish(&mut self) -> io::Result<()> {
        let columns = self.widths.len();
        if columns == 0 {
            return self.out.flush();
        }
        let mut line = Line::new(&self.widths, self.layout);
        let mut cells = self.cells.iter().peekable();
        let like_above = |cell: Option<&&Cell>| cell.map_or(0, |cell| cell.like_above.into());
        let mut start = 0;
        // How many cells come before the next one that is kept.
        let mut before: usize = like_above(cells.peek());
        for row in 0..self.rows {
            while before < columns
                && let Some(cell) = cells.next()
            {
                let past = start + cell.len as usize;
                let text = &self.text[start..past];
                let cell = Shown {
                    text,
                    width: cell.width as usize,
                    is_missing: cell.is_missing,
                    is_whole: cell.is_whole,
                };
                line.change(before, cell);
                start = past;
                before += 1 + like_above(cells.peek());
            }
            before = before.saturating_sub(columns);
            let leaves_out = self.has_header && row == 0 && line.leaves_out();
            let text = line.write(self.layout.is_trimmed);
            let marked;
            let text = match self.layout.limit {
                Some(limit @ 1..) if leaves_out => {
                    marked = left_out(text, limit);
                    marked.as_bytes()
                }
                _ => text,
            };
            if self.layout.color && self.has_header && row == 0 {
                for part in [BOLD.as_bytes(), text, PLAIN.as_bytes()] {
                    self.out.write_all(part)?;
                }
            } else {
                self.out.write_all(text)?;
            }
            self.out.write_all(b"\n")?;
        }
        self.out.flush()
    }
}

/// The line of headers, whose end says that there are further columns.
fn left_out(header: &[u8], limit: usize) -> String {
    let text = String::from_utf8_lossy(header);
    [cut(&text, limit.saturating_sub(1)), "…"].concat()
}

#[cfg(test)]
#[path = "table_tests.rs"]
mod tests;
