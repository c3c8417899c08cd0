//! A line of a table; only what differs from the line above is written anew.

use super::measure::cut;
use crate::ansi::{FAINT, PLAIN};

/// No column is narrower, its padding included: Go's `tabwriter.NewWriter(…, 5, 1, 3, ' ', 0)`.
const MIN_WIDTH: usize = 5;
const PADDING: usize = 3;

/// How a table is laid out.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Layout {
    /// Columns of the terminal; the last cell of a line ends there.
    pub(crate) limit: Option<usize>,
    /// Whether every line ends there, whatever its columns: the terminal would break it in two.
    pub(crate) is_clipped: bool,
    /// Whether a line ends with its last cell that is not empty, without blanks behind it.
    pub(crate) is_trimmed: bool,
    pub(crate) color: bool,
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
    /// The widest text it shows.
    most: usize,
    /// The width to which a text is padded.
    padded: usize,
    text: &'a [u8],
    is_faint: bool,
    is_empty: bool,
    /// Where it begins, its length, and the number of blanks after it.
    begin: usize,
    len: usize,
    blanks: usize,
}

impl<'a> Line<'a> {
    /// An empty line of columns of these widths.
    pub(super) fn new(widths: &[usize], layout: Layout) -> Self {
        let last = widths.len().saturating_sub(1);
        let padded = |width: &usize| (width + PADDING).max(MIN_WIDTH);
        let room = layout.limit.map_or(usize::MAX, |limit| {
            limit.saturating_sub(widths[..last].iter().map(padded).sum())
        });
        let mut left = match layout.limit {
            Some(limit) if layout.is_clipped => limit,
            _ => usize::MAX,
        };
        let slot = |(column, width)| {
            let padded = padded(width).min(left);
            let slot = Slot {
                most: if column == last { room.min(left) } else { left },
                // Where nothing can follow, blanks would only make the terminal break the line.
                padded: match column + 1 {
                    next if next > last || (next == last && room == 0) => 0,
                    _ => padded,
                },
                ..Slot::default()
            };
            left -= padded;
            slot
        };
        Self {
            has_color: layout.color,
            slots: widths.iter().enumerate().map(slot).collect(),
            text: Vec::new(),
            written: 0,
        }
    }

    /// Sets the text that a column shows from this line on, and its width.
    pub(super) fn change(&mut self, column: usize, text: &'a [u8], width: usize, is_missing: bool) {
        let Some(slot) = self.slots.get_mut(column) else {
            return;
        };
        let was = slot.len + slot.blanks;
        slot.text = if width > slot.most {
            // Tables are given only text.
            cut(str::from_utf8(text).unwrap_or_default(), slot.most).as_bytes()
        } else {
            text
        };
        slot.is_faint = self.has_color && is_missing;
        slot.is_empty = width == 0;
        slot.len = slot.text.len();
        if slot.is_faint {
            slot.len += FAINT.len() + PLAIN.len();
        }
        slot.blanks = slot.padded.saturating_sub(width);
        if column >= self.written {
            return;
        }
        if slot.len + slot.blanks == was {
            slot.write(&mut self.text);
        } else {
            self.written = column;
        }
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
        &self.text[..end.map_or(0, |slot| slot.begin + slot.len)]
    }
}

impl Slot<'_> {
    /// Where the next one begins.
    fn past(&self) -> usize {
        self.begin + self.len + self.blanks
    }

    /// Writes it into the line, where there is room for it.
    fn write(&self, line: &mut [u8]) {
        let (text, blanks) = line[self.begin..self.past()].split_at_mut(self.len);
        if self.is_faint {
            let (faint, text) = text.split_at_mut(FAINT.len());
            faint.copy_from_slice(FAINT.as_bytes());
            let (text, plain) = text.split_at_mut(self.text.len());
            text.copy_from_slice(self.text);
            plain.copy_from_slice(PLAIN.as_bytes());
        } else {
            text.copy_from_slice(self.text);
        }
        blanks.fill(b' ');
    }
}
