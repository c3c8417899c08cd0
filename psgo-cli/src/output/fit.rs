//! How wide the columns of a table are, and which of them are cut where there is no room for all.

/// No column is narrower, its padding included: Go's `tabwriter.NewWriter(…, 5, 1, 3, ' ', 0)`.
const MIN_WIDTH: usize = 5;
const PADDING: usize = 3;

/// To this width a column of text is cut at most, as long as there is anything else to cut.
const NARROW: usize = 4;

/// The last column keeps so much of its text; other columns are cut for it.
const LAST: usize = 8;

/// How a column was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Shape {
    /// Its width; `None` for that of its widest text.
    pub(crate) width: Option<usize>,
    /// Whether its texts end at the same column.
    pub(crate) is_right: bool,
}

/// The columns of a table, as wide as what was added.
#[derive(Debug)]
pub(super) struct Widths(Vec<Column>);

#[derive(Debug, Clone, Copy, Default)]
struct Column {
    shape: Shape,
    width: usize,
    /// The widest cell that is shown whole or not at all.
    whole: usize,
}

/// A column's place in a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Place {
    /// The widest text that it shows.
    pub(super) room: usize,
    /// The width with the blanks behind it.
    pub(super) padded: usize,
    /// Whether a text that is cut says so. Of a text that ends with the line it can be seen.
    pub(super) is_marked: bool,
    pub(super) is_right: bool,
}

impl Widths {
    /// So many columns.
    pub(super) fn new(columns: usize) -> Self {
        Self(vec![Column::default(); columns])
    }

    /// Columns of these shapes.
    pub(super) fn of(shapes: &[Shape]) -> Self {
        let column = |shape: &Shape| Column {
            shape: *shape,
            width: shape.width.unwrap_or(0),
            whole: 0,
        };
        Self(shapes.iter().map(column).collect())
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Makes room for a cell of that width.
    pub(super) fn add(&mut self, column: usize, width: usize, is_whole: bool) {
        let Some(column) = self.0.get_mut(column) else {
            return;
        };
        if is_whole {
            column.whole = column.whole.max(width);
        }
        if is_whole || column.shape.width.is_none() {
            column.width = column.width.max(width);
        }
    }

    /// Makes the columns at least this wide.
    pub(super) fn widen(&mut self, widths: &[usize]) {
        for (column, width) in self.0.iter_mut().zip(widths) {
            column.width = column.width.max(*width);
        }
    }

    /// The width of each column without padding.
    pub(super) fn each(&self) -> impl Iterator<Item = usize> {
        self.0.iter().map(|column| column.width)
    }

    /// Where the columns stand in lines of at most `limit` columns.
    ///
    /// The last column is cut first. Where it would keep nothing that is worth reading, the widest
    /// columns of text are cut to one width, as wide as possible. Where even that is not enough,
    /// the line ends at the limit.
    pub(super) fn fitted(&self, limit: Option<usize>) -> impl Iterator<Item = Place> {
        let last = self.0.len().saturating_sub(1);
        let level = limit.map_or(usize::MAX, |limit| self.level(limit));
        let mut left = limit.unwrap_or(usize::MAX);
        self.0.iter().enumerate().map(move |(at, column)| {
            let is_last = at == last;
            let width = if is_last {
                column.width
            } else {
                column.cut_to(level)
            };
            let room = width.min(left);
            let padded = padded(width).min(left);
            let before = left;
            left -= padded;
            Place {
                room,
                // Where nothing can follow, blanks would only make the terminal break the line.
                padded: if is_last || left == 0 { 0 } else { padded },
                is_marked: !is_last || column.shape.width.is_some_and(|width| width <= before),
                is_right: column.shape.is_right,
            }
        })
    }

    /// The width to which wider columns of text are cut, all but the last.
    fn level(&self, limit: usize) -> usize {
        let Some((last, others)) = self.0.split_last() else {
            return usize::MAX;
        };
        let last = last.width.min(last.whole.max(LAST));
        let fits = |level: usize| {
            let widths = others.iter().map(|column| padded(column.cut_to(level)));
            widths.fold(last, usize::saturating_add) <= limit
        };
        let widest = others.iter().map(|column| column.width).max().unwrap_or(0);
        if fits(widest) {
            return usize::MAX;
        }
        // The widest that fits: it does up to there and not beyond.
        let (mut fitting, mut beyond) = (0, widest);
        while beyond - fitting > 1 {
            let level = fitting.midpoint(beyond);
            if fits(level) {
                fitting = level;
            } else {
                beyond = level;
            }
        }
        fitting
    }
}

impl Column {
    /// Its width where columns of text are cut to `level`.
    fn cut_to(&self, level: usize) -> usize {
        self.width.min(level.max(self.whole).max(NARROW))
    }
}

fn padded(width: usize) -> usize {
    width.saturating_add(PADDING).max(MIN_WIDTH)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The widths of columns; those of numbers are negative.
    fn fitted(widths: &[isize], limit: usize) -> Vec<usize> {
        let mut all = Widths::new(widths.len());
        for (at, width) in widths.iter().enumerate() {
            all.add(at, width.unsigned_abs(), *width < 0);
        }
        all.fitted(Some(limit)).map(|place| place.room).collect()
    }

    #[test]
    fn the_last_column_is_cut_and_then_the_widest_of_text() {
        for (widths, limit, rooms) in [
            (&[4, -7, 100][..], 80, [4, 7, 63]),
            // The last one keeps a little; the others give way to it.
            (&[30, -7, 100], 40, [19, 7, 8]),
            (&[30, 20, 100], 50, [18, 18, 8]),
            (&[30, 6, 100], 34, [14, 6, 8]),
            // A number is no text, wherever it stands.
            (&[30, 20, -12], 60, [22, 20, 12]),
            (&[-30, 20, 12], 50, [30, 6, 8]),
            // There is nothing left to cut: the line ends.
            (&[-10, -10, 50], 20, [10, 7, 0]),
            (&[-10, 10, 50], 21, [10, 4, 1]),
            (&[20, 5, -5], 3, [3, 0, 0]),
            (&[20, 5, -5], 0, [0, 0, 0]),
        ] {
            assert_eq!(fitted(widths, limit), rooms, "{widths:?} in {limit}");
        }
    }

    #[test]
    fn a_line_is_as_long_as_its_limit_at_most() {
        for limit in 0..60 {
            for widths in [[9, -5, 30], [-9, 20, -9], [0, 0, 7], [40, 40, 40]] {
                let mut all = Widths::new(3);
                for (at, width) in widths.iter().enumerate() {
                    let width: isize = *width;
                    all.add(at, width.unsigned_abs(), width < 0);
                }
                let places: Vec<_> = all.fitted(Some(limit)).collect();
                let length: usize = places
                    .iter()
                    .map(|place| place.padded.max(place.room))
                    .sum();
                assert!(length <= limit, "{widths:?} in {limit}: {places:?}");
            }
        }
    }
}
