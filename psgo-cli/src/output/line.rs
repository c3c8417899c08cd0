//! A line of a table; only what differs from the line above is written anew.

use super::{
    fit::{Place, Widths},
    measure::{cut, width},
};
use crate::ansi::{FAINT, PLAIN};

/// How a table is laid out.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Layout {
    /// Columns of the terminal: no line is longer.
    pub(crate) limit: Option<usize>,
    /// Whether a line ends with its last cell that is not empty, without blanks behind it.
    pub(crate) is_trimmed: bool,
    pub(crate) color: bool,
}

/// What stands in the place of the last character of a text that is cut, or of a number that has
/// no room.
pub(super) const MORE: &[u8] = b"+";

/// A cell, as a line shows it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shown<'a> {
    pub(super) text: &'a [u8],
    pub(super) width: usize,
    pub(super) is_missing: bool,
    /// Whether it is shown whole or not at all: of a number, the beginning is another number.
    pub(super) is_whole: bool,
}

/// A line as it is shown. It is kept from one line to the next, and only cells that change are
/// written anew.
#[derive(Debug)]
pub(super) struct Line<'a> {
    has_color: bool,
    slots: Vec<Slot<'a>>,
    text: Vec<u8>,
    /// How many of the cells are in the text. A cell of another length than the one above moves
    /// all cells after it.
    written: usize,
}

/// What a line shows in a column.
#[derive(Debug, Clone, Copy, Default)]
struct Slot<'a> {
    place: Place,
    text: &'a [u8],
    /// Whether it is cut, with a mark.
    is_cut: bool,
    is_faint: bool,
    is_empty: bool,
    /// Where it begins, the number of blanks before it, its length, and the number of blanks after
    /// it.
    begin: usize,
    indent: usize,
    len: usize,
    blanks: usize,
}

impl<'a> Line<'a> {
    /// An empty line of columns of these widths.
    pub(super) fn new(widths: &Widths, layout: Layout) -> Self {
        let slots = widths.fitted(layout.limit).map(|place| Slot {
            place,
            ..Slot::default()
        });
        Self {
            has_color: layout.color,
            slots: slots.collect(),
            text: Vec::new(),
            written: 0,
        }
    }

    /// Sets the cell that a column shows from this line on.
    pub(super) fn change(&mut self, column: usize, cell: Shown<'a>) {
        let Some(slot) = self.slots.get_mut(column) else {
            return;
        };
        let was = slot.indent + slot.len + slot.blanks;
        let shown = slot.set(cell);
        slot.is_faint = self.has_color && cell.is_missing;
        slot.is_empty = cell.width == 0;
        slot.len = slot.text.len();
        if slot.is_cut {
            slot.len += MORE.len();
        }
        if slot.is_faint {
            slot.len += FAINT.len() + PLAIN.len();
        }
        let Place { room, padded, .. } = slot.place;
        slot.indent = if slot.place.is_right { room - shown } else { 0 };
        slot.blanks = padded.saturating_sub(slot.indent + shown);
        if column >= self.written {
            return;
        }
        if slot.indent + slot.len + slot.blanks == was {
            slot.write(&mut self.text);
        } else {
            self.written = column;
        }
    }

    /// Whether there is no room for anything of a column that is not empty.
    pub(super) fn leaves_out(&self) -> bool {
        self.slots
            .iter()
            .any(|slot| slot.place.room == 0 && !slot.is_empty)
    }

    /// The text of the line.
    pub(super) fn write(&mut self, is_trimmed: bool) -> &[u8] {
        let before = self.written.checked_sub(1);
        let mut begin = before.map_or(0, |before| self.slots[before].past());
        for slot in &mut self.slots[self.written..] {
            slot.begin = begin;
            begin = slot.past();
            self.text.resize(begin, b' ');
            slot.write(&mut self.text);
        }
        self.written = self.slots.len();
        if !is_trimmed {
            return &self.text;
        }
        let filled = self.slots.iter().rfind(|slot| !slot.is_empty);
        let end = filled.or(self.slots.first());
        &self.text[..end.map_or(0, |slot| slot.begin + slot.indent + slot.len)]
    }
}

impl<'a> Slot<'a> {
    /// Takes as much of a cell as there is room for; gives its width.
    fn set(&mut self, cell: Shown<'a>) -> usize {
        let Place {
            room, is_marked, ..
        } = self.place;
        self.is_cut = false;
        if cell.width <= room {
            self.text = cell.text;
            return cell.width;
        }
        // Tables are given only text.
        let text = str::from_utf8(cell.text).unwrap_or_default();
        self.is_cut = (is_marked || cell.is_whole) && room > 0;
        let room = room - usize::from(self.is_cut);
        let text = if cell.is_whole { "" } else { cut(text, room) };
        self.text = text.as_bytes();
        width(text) + usize::from(self.is_cut)
    }

    /// Where the next one begins.
    fn past(&self) -> usize {
        self.begin + self.indent + self.len + self.blanks
    }

    /// Writes it into the line, where there is room for it.
    fn write(&self, line: &mut [u8]) {
        let (indent, rest) = line[self.begin..self.past()].split_at_mut(self.indent);
        let (text, blanks) = rest.split_at_mut(self.len);
        let (faint, plain) = if self.is_faint {
            (FAINT.as_bytes(), PLAIN.as_bytes())
        } else {
            (&[][..], &[][..])
        };
        let mark = if self.is_cut { MORE } else { &[] };
        indent.fill(b' ');
        let mut rest = text;
        for part in [faint, self.text, mark, plain] {
            let place;
            (place, rest) = rest.split_at_mut(part.len());
            place.copy_from_slice(part);
        }
        blanks.fill(b' ');
    }
}
