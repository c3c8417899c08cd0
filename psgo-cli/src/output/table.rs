//! Columns for people, laid out as the Go psgo does.

use std::{
    fmt::{self, Write as _},
    io::{self, Write},
};

use psgo::{Value, bytes::Escaped};

use super::{
    line::{Layout, Line},
    measure::width,
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
    /// Width of each column without padding.
    widths: Vec<usize>,
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
}

impl<W: Write> Table<W> {
    /// An empty table of `columns` columns; the header, if there is one, is its first row.
    pub(crate) fn new(columns: usize, header: Option<&[&str]>, layout: Layout, out: W) -> Self {
        let mut table = Self {
            out,
            layout,
            has_header: header.is_some(),
            text: Vec::new(),
            cells: Vec::new(),
            rows: header.is_some().into(),
            above: Vec::new(),
            like_above: 0,
            widths: vec![0; columns],
        };
        for (column, header) in header.unwrap_or_default().iter().enumerate() {
            table.add(column, &Escaped(header.as_bytes()), false);
        }
        table
    }

    /// Makes the columns at least this wide.
    pub(crate) fn widen(&mut self, widths: &[usize]) {
        for (own, other) in self.widths.iter_mut().zip(widths) {
            *own = (*own).max(*other);
        }
    }

    /// Width of each column without padding.
    pub(crate) fn widths(&self) -> &[usize] {
        &self.widths
    }

    /// Adds a number without `fmt`, which is slower: the column of pids has the most distinct
    /// cells.
    fn add_number(&mut self, column: usize, number: i64) {
        let start = self.text.len();
        let mut digits = itoa::Buffer::new();
        self.text
            .extend_from_slice(digits.format(number).as_bytes());
        self.added(column, start, self.text.len() - start, false);
    }

    fn add(&mut self, column: usize, cell: &dyn fmt::Display, is_missing: bool) {
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
        self.added(column, start, width, is_missing);
    }

    /// Notes that a cell of this width was added at `start`.
    fn added(&mut self, column: usize, start: usize, width: usize, is_missing: bool) {
        if let Some(widest) = self.widths.get_mut(column) {
            *widest = width.max(*widest);
        }
        self.cells.push(Cell {
            // No text is so long, see LONGEST.
            len: saturated(self.text.len() - start),
            width: saturated(width),
            like_above: std::mem::take(&mut self.like_above),
            is_missing,
        });
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
                _ => self.add(column, value, value.is_missing()),
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
                line.change(before, text, cell.width as usize, cell.is_missing);
                start = past;
                before += 1 + like_above(cells.peek());
            }
            before = before.saturating_sub(columns);
            let text = line.write(self.layout.is_trimmed);
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

#[cfg(test)]
mod tests {
    use super::*;

    fn table(rows: &[&[&str]], layout: Layout) -> String {
        let mut out = Vec::new();
        let mut table = Table::new(rows[0].len(), Some(rows[0]), layout, &mut out);
        for row in &rows[1..] {
            let cell = |text: &&str| match *text {
                "?" => Value::MISSING,
                text => Value::text(text),
            };
            table
                .row(&row.iter().map(cell).collect::<Vec<_>>())
                .unwrap();
        }
        table.finish().unwrap();
        String::from_utf8(out).unwrap()
    }

    fn plain(rows: &[&[&str]]) -> String {
        table(rows, Layout::default())
    }

    fn within(limit: usize, rows: &[&[&str]]) -> String {
        table(
            rows,
            Layout {
                limit: Some(limit),
                ..Layout::default()
            },
        )
    }

    #[test]
    fn a_cell_longer_than_a_table_can_hold_is_cut_and_says_so() {
        let [longest, shorter] = LONGEST;
        let (whole, long) = ("x".repeat(longest), "ä".repeat(longest));
        let shown = plain(&[&["A"], &[&whole], &[&long]]);
        let cut = format!("{}...", &long[..longest]);
        assert_eq!(shown.lines().collect::<Vec<_>>(), ["A", &whole, &cut]);
        // Where there are very many such, there is less room for each. One like that above takes
        // none.
        let others = ["x", "y"].map(|letter| letter.repeat(longest));
        let many: Vec<_> = (0..LARGE / longest + 2)
            .map(|line| [others[line % 2].as_str()])
            .collect();
        let many: Vec<&[&str]> = many.iter().map(|row| &row[..]).collect();
        let shown = plain(&many);
        let (cut, whole): (Vec<_>, Vec<_>) = shown.lines().partition(|line| line.ends_with(MORE));
        assert_eq!(cut.len(), 1);
        assert_eq!(cut[0].len(), shorter + MORE.len());
        assert!(
            whole
                .iter()
                .all(|line| others.iter().any(|text| text == line))
        );
    }

    /// What Go 1.19's text/tabwriter prints for the same cells.
    #[test]
    fn the_layout_is_that_of_gos_tabwriter() {
        assert_eq!(
            plain(&[
                &["USER", "PID", "NI", "TTY", "COMMAND"],
                &["root", "1", "0", "?", "/sbin/init splash"],
                &["systemd-network", "4194304", "-20", "pts/0", ""]
            ]),
            "USER              PID       NI    TTY     COMMAND\n\
             root              1         0     ?       /sbin/init splash\n\
             systemd-network   4194304   -20   pts/0   \n"
        );
        // The minimal width includes the padding: 1 + 3 < 5, 2 + 3 = 5.
        assert_eq!(
            plain(&[&["A", "BB", "CCC", "", "E"], &["", "", "", "", ""]]),
            "A    BB   CCC        E\n                     \n"
        );
        assert_eq!(
            plain(&[&["PID", "EFFECTIVE CAPS"], &["1", "full"]]),
            "PID   EFFECTIVE CAPS\n1     full\n"
        );
        // Latin letters, where Go's count of characters is that of columns.
        assert_eq!(
            plain(&[&["WHO", "X"], &["ängström", "µ"], &["a", "b"]]),
            "WHO        X\nängström   µ\na          b\n"
        );
        assert_eq!(
            plain(&[&["PID"], &["1"], &["4194304"]]),
            "PID\n1\n4194304\n"
        );
    }

    #[test]
    fn wide_and_combining_characters_count_as_they_show() {
        // Two columns each for Go counts one, and none for one that Go counts.
        assert_eq!(
            plain(&[&["WHO", "X"], &["日本語", "a"], &["e\u{301}e\u{301}", "b"]]),
            "WHO      X\n日本語   a\ne\u{301}e\u{301}       b\n"
        );
    }

    #[test]
    fn no_cell_makes_a_line_of_its_own() {
        assert_eq!(
            plain(&[&["A\nB", "C"], &["a\nroot", "\x1b[31m"]]),
            "A\\nB      C\na\\nroot   \\x1b[31m\n"
        );
    }

    #[test]
    fn only_the_last_column_is_cut() {
        let rows: &[&[&str]] = &[
            &["PID", "COMMAND"],
            &["4194304", "sleep 1000"],
            &["1", "init"],
        ];
        assert_eq!(
            within(15, rows),
            "PID       COMMA\n4194304   sleep\n1         init\n"
        );
        assert_eq!(within(20, rows), plain(rows));
        // No room: not even the blanks before it, which would break the line.
        assert_eq!(within(10, rows), "PID\n4194304\n1\n");
        assert_eq!(within(3, rows), "PID\n4194304\n1\n");
    }

    #[test]
    fn a_wide_character_is_not_cut_in_the_middle() {
        let rows: &[&[&str]] = &[&["X"], &["a日本語"], &["日本語"], &["e\u{301}日本"]];
        assert_eq!(within(4, rows), "X\na日\n日本\ne\u{301}日\n");
        for limit in 1..9 {
            assert!(
                within(limit, rows).lines().all(|line| width(line) <= limit),
                "{limit}"
            );
        }
    }

    #[test]
    fn a_line_that_is_clipped_ends_there_whatever_its_columns() {
        let rows: &[&[&str]] = &[
            &["PID", "COMMAND", "X"],
            &["4194304", "sleep 日本", "?"],
            &["1", "", "a"],
        ];
        for limit in 0..40 {
            for color in [false, true] {
                let layout = Layout {
                    limit: Some(limit),
                    is_clipped: true,
                    color,
                    ..Layout::default()
                };
                let shown = table(rows, layout);
                let shown = [BOLD, crate::ansi::FAINT, PLAIN]
                    .iter()
                    .fold(shown, |shown, code| shown.replace(code, ""));
                let mut lines = shown.lines();
                assert!(lines.all(|line| width(line) <= limit), "{limit}: {shown}");
            }
        }
        let layout = Layout {
            limit: Some(14),
            is_clipped: true,
            ..Layout::default()
        };
        assert_eq!(
            table(rows, layout),
            "PID       COMM\n4194304   slee\n1         \n"
        );
        let wide = Layout {
            limit: Some(40),
            ..layout
        };
        assert_eq!(table(rows, wide), plain(rows));
    }

    #[test]
    fn a_table_is_as_wide_as_the_one_before_it() {
        let mut out = Vec::new();
        let mut table = Table::new(2, Some(&["A", "B"]), Layout::default(), &mut out);
        table.widen(&[5, 0]);
        assert_eq!(table.widths(), [5, 1]);
        table.finish().unwrap();
        assert_eq!(out, b"A       B\n");
    }

    #[test]
    fn a_cell_like_the_one_above_is_kept_once() {
        let rows: &[&[&str]] = &[
            &["A", "B", "C"],
            &["A", "?", "x"],
            &["A", "?", "y"],
            &["b", "?", "y"],
            &["A", "0", "y"],
        ];
        assert_eq!(
            plain(rows),
            "A    B    C\nA    ?    x\nA    ?    y\nb    ?    y\nA    0    y\n"
        );
        let mut table = Table::new(1, None, Layout::default(), Vec::new());
        for _ in 0..1000 {
            table.row(&[Value::text("a name")]).unwrap();
        }
        assert_eq!(table.text, b"a name");
        // More cannot be counted, then it is kept again.
        for _ in 1000..70_000 {
            table.row(&[Value::text("a name")]).unwrap();
        }
        assert_eq!(table.text, b"a namea name");
        table.finish().unwrap();
        assert_eq!(table.out, b"a name\n".repeat(70_000));
    }

    #[test]
    fn a_line_is_the_same_whatever_stands_above_it() {
        let cells = ["", "?", "a", "日本語", "a longer text", "e\u{301}", "-12"];
        let cell = |number: usize| match cells[number % cells.len()] {
            "?" => Value::MISSING,
            "-12" => Value::Int(-12),
            text => Value::text(text),
        };
        let row = |n: usize| {
            [
                cell(n / 3),
                cell(n / 7),
                cell(n * n / 5),
                cell(n / 4 + n / 9),
            ]
        };
        for layout in (0..48).map(|bits: usize| Layout {
            limit: [None, Some(0), Some(7), Some(20), Some(33), Some(100)][bits / 8],
            is_clipped: bits & 1 > 0,
            is_trimmed: bits & 2 > 0,
            color: bits & 4 > 0,
        }) {
            let mut all = Table::new(4, None, layout, Vec::new());
            for n in 0..200 {
                all.row(&row(n)).unwrap();
            }
            all.finish().unwrap();
            let mut each = Vec::new();
            for n in 0..200 {
                let mut alone = Table::new(4, None, layout, &mut each);
                alone.widen(all.widths());
                alone.row(&row(n)).unwrap();
                alone.finish().unwrap();
            }
            assert_eq!(
                String::from_utf8(all.out),
                String::from_utf8(each),
                "{layout:?}"
            );
        }
    }

    #[test]
    fn colours_take_no_room() {
        let rows: &[&[&str]] = &[&["TTY", "X"], &["?", "a"], &["pts/0", "?"]];
        let layout = Layout {
            limit: Some(9),
            color: true,
            ..Layout::default()
        };
        assert_eq!(
            table(rows, layout),
            "\x1b[1mTTY     X\x1b[0m\n\x1b[2m?\x1b[0m       a\npts/0   \x1b[2m?\x1b[0m\n"
        );
    }

    #[test]
    fn without_a_header_rows_are_laid_out_by_themselves() {
        let mut out = Vec::new();
        let mut table = Table::new(
            2,
            None,
            Layout {
                color: true,
                ..Layout::default()
            },
            &mut out,
        );
        table.row(&[Value::Int(1), Value::text("a")]).unwrap();
        table.finish().unwrap();
        assert_eq!(out, b"1    a\n");
    }
}
