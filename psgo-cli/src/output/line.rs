//! A line of a table, of which only that is written in which it differs from the line above.

use super::table::{Look, cut};

/// No column is narrower, its padding included: Go's `tabwriter.NewWriter(…, 5, 1, 3, ' ', 0)`.
const MIN_WIDTH: usize = 5;
const PADDING: usize = 3;

const DIM: &str = "\x1b[2m";
pub(super) const PLAIN: &str = "\x1b[0m";

/// A line as it is shown, of which only what is not as in the line above is written.
#[derive(Debug)]
pub(super) struct Line<'a> {
    has_color: bool,
    places: Vec<Place<'a>>,
    text: Vec<u8>,
    /// How many of the cells are in the text: where one is not as long as that above, those after
    /// it are not where they were.
    written: usize,
}

/// What a line shows in a column.
#[derive(Debug, Clone, Copy, Default)]
struct Place<'a> {
    /// No text is wider.
    most: usize,
    /// How wide a text is made by blanks.
    padded: usize,
    text: &'a [u8],
    is_dim: bool,
    is_empty: bool,
    /// Where it begins, how long it is, and how many blanks are after it.
    begin: usize,
    len: usize,
    blanks: usize,
}

impl<'a> Line<'a> {
    /// An empty line of columns of these widths.
    pub(super) fn new(widths: &[usize], look: Look) -> Self {
        let last = widths.len().saturating_sub(1);
        let padded = |width: &usize| (width + PADDING).max(MIN_WIDTH);
        let room = look.limit.map_or(usize::MAX, |limit| {
            limit.saturating_sub(widths[..last].iter().map(padded).sum())
        });
        let mut left = match look.limit {
            Some(limit) if look.is_clipped => limit,
            _ => usize::MAX,
        };
        let place = |(column, width)| {
            let padded = padded(width).min(left);
            let place = Place {
                most: if column == last { room.min(left) } else { left },
                // Where nothing can follow, blanks would only break the line.
                padded: match column + 1 {
                    next if next > last || (next == last && room == 0) => 0,
                    _ => padded,
                },
                ..Place::default()
            };
            left -= padded;
            place
        };
        Self {
            has_color: look.color,
            places: widths.iter().enumerate().map(place).collect(),
            text: Vec::new(),
            written: 0,
        }
    }

    /// Sets what a column shows from this line on: a text, and how wide it is.
    pub(super) fn change(&mut self, column: usize, text: &'a [u8], width: usize, is_missing: bool) {
        let Some(place) = self.places.get_mut(column) else {
            return;
        };
        let was = place.len + place.blanks;
        place.text = if width > place.most {
            // Only text is put into a table.
            cut(str::from_utf8(text).unwrap_or_default(), place.most).as_bytes()
        } else {
            text
        };
        place.is_dim = self.has_color && is_missing;
        place.is_empty = width == 0;
        place.len = place.text.len();
        if place.is_dim {
            place.len += DIM.len() + PLAIN.len();
        }
        place.blanks = place.padded.saturating_sub(width);
        if column >= self.written {
            return;
        }
        if place.len + place.blanks == was {
            place.write(&mut self.text);
        } else {
            self.written = column;
        }
    }

    /// The text of the line.
    pub(super) fn write(&mut self, is_trimmed: bool) -> &[u8] {
        let before = self.written.checked_sub(1);
        let mut begin = before.map_or(0, |before| self.places[before].past());
        for place in &mut self.places[self.written..] {
            place.begin = begin;
            begin = place.past();
            self.text.resize(begin, b' ');
            place.write(&mut self.text);
        }
        self.written = self.places.len();
        if !is_trimmed {
            return &self.text;
        }
        let filled = self.places.iter().rfind(|place| !place.is_empty);
        let end = filled.or(self.places.first());
        &self.text[..end.map_or(0, |place| place.begin + place.len)]
    }
}

impl Place<'_> {
    /// Where the next one begins.
    fn past(&self) -> usize {
        self.begin + self.len + self.blanks
    }

    /// Writes it into the line, where there is room for it.
    fn write(&self, line: &mut [u8]) {
        let (text, blanks) = line[self.begin..self.past()].split_at_mut(self.len);
        if self.is_dim {
            let (dim, text) = text.split_at_mut(DIM.len());
            dim.copy_from_slice(DIM.as_bytes());
            let (text, plain) = text.split_at_mut(self.text.len());
            text.copy_from_slice(self.text);
            plain.copy_from_slice(PLAIN.as_bytes());
        } else {
            text.copy_from_slice(self.text);
        }
        blanks.fill(b' ');
    }
}
