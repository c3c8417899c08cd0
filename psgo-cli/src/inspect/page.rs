//! A page for people: sections of names and values, and tables, kept to a width.

use psgo::{Error, ErrorKind, Missing};

use super::depth::Depth;
use crate::{
    ansi::{self, BOLD, FAINT, RED},
    failure, left_out,
    output::measure::{NARROWEST, cut, width, wrapped},
};

/// The column at which values begin.
const NAMES: usize = 20;
/// The same where there is no room for them beside their names.
const BELOW: usize = 4;

/// A page that sections are added to.
#[derive(Debug)]
pub(super) struct Page {
    text: String,
    limit: Option<usize>,
    has_color: bool,
    pub(super) depth: Depth,
    /// Whether a copy of a `/proc` is read.
    is_of_copy: bool,
}

impl Page {
    /// An empty page, of lines of at most `limit` columns.
    pub(super) fn new(limit: Option<usize>, has_color: bool, depth: Depth) -> Self {
        Self {
            text: String::new(),
            limit,
            has_color,
            depth,
            is_of_copy: false,
        }
    }

    /// The same, of what a copy has if it `is_of_copy`.
    pub(super) fn of_copy(self, is_of_copy: bool) -> Self {
        Self { is_of_copy, ..self }
    }

    /// For what is not told.
    pub(super) fn untold(&self) -> String {
        format!("? ({})", self.lacking())
    }

    /// Why it is not told.
    fn lacking(&self) -> &'static str {
        if self.is_of_copy {
            "the copy does not have it"
        } else {
            "this kernel does not tell"
        }
    }

    pub(super) fn finish(self) -> Vec<u8> {
        self.text.into_bytes()
    }

    fn painted(&self, color: &str, text: &str) -> String {
        ansi::painted(color, text, self.has_color)
    }

    fn line(&mut self, line: &str) {
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }

    /// Writes what the page is about.
    pub(super) fn title(&mut self, title: &str) {
        let title = match self.limit {
            Some(limit) => cut(title, limit),
            None => title,
        };
        let title = self.painted(BOLD, title);
        self.line(&title);
    }

    /// Begins a section.
    pub(super) fn section(&mut self, name: &str) {
        let name = self.painted(BOLD, &name.to_uppercase());
        self.line("");
        self.line(&name);
    }

    /// Whether there is no room for values beside their names, so that they stand below.
    fn is_narrow(&self) -> bool {
        self.limit.is_some_and(|limit| limit < NAMES + NARROWEST)
    }

    /// The column at which values begin.
    fn start(&self) -> usize {
        if self.is_narrow() { BELOW } else { NAMES }
    }

    /// How many columns are left after so many.
    fn room_after(&self, start: usize) -> usize {
        self.limit
            .map_or(usize::MAX, |limit| limit.saturating_sub(start).max(1))
    }

    fn room(&self) -> usize {
        self.room_after(self.start())
    }

    /// A name and its value, in as many lines as it takes.
    pub(super) fn row(&mut self, name: &str, value: &str) {
        self.rows(name, &wrapped(value, self.room()));
    }

    /// The same, as a warning.
    pub(super) fn warn(&mut self, name: &str, value: &str) {
        let lines = wrapped(value, self.room());
        let lines: Vec<_> = lines.iter().map(|line| self.painted(RED, line)).collect();
        self.rows(name, &lines);
    }

    /// How many processes of a control group, or of the machine, were killed for want of memory, where that
    /// is counted.
    pub(super) fn killed_for_memory(&mut self, kills: Option<u64>) {
        let name = "killed for memory";
        match kills {
            Some(0) => self.row(name, "no process"),
            Some(1) => self.warn(name, "1 process"),
            Some(kills) => self.warn(name, &format!("{kills} processes")),
            None => {}
        }
    }

    fn rows(&mut self, name: &str, lines: &[String]) {
        if self.is_narrow() {
            for line in wrapped(name, self.room_after(2)) {
                self.line(&format!("  {line}"));
            }
            for line in lines {
                self.line(&format!("{:BELOW$}{line}", ""));
            }
            return;
        }
        let rest = NAMES.saturating_sub(2);
        for (i, line) in lines.iter().enumerate() {
            let name = if i == 0 { name } else { "" };
            self.line(&format!("  {name:<rest$}{line}"));
        }
    }

    /// A name, and its value or why it is unknown.
    pub(super) fn told(&mut self, name: &str, value: psgo::Result<String>) {
        match value {
            Ok(value) => self.row(name, &value),
            Err(error) => self.missing(name, &error),
        }
    }

    /// A name, and why its value is unknown.
    pub(super) fn missing(&mut self, name: &str, error: &Error) {
        let lines = wrapped(&format!("? ({})", self.why(error)), self.room());
        let lines: Vec<_> = lines.iter().map(|line| self.painted(FAINT, line)).collect();
        self.rows(name, &lines);
    }

    /// A name and several values, separated by commas.
    pub(super) fn list(&mut self, name: &str, values: impl IntoIterator<Item = String>) {
        let values: Vec<String> = values.into_iter().collect();
        let text = if values.is_empty() {
            "none".to_owned()
        } else {
            values.join(", ")
        };
        self.row(name, &text);
    }

    /// Columns below their headers; lines end at the width, after a `+` where that is not in the
    /// last column: a number that is cut is another number. Numbers are right-aligned.
    pub(super) fn table<const N: usize>(&mut self, headers: [&str; N], rows: &[[String; N]]) {
        let widths: [usize; N] = std::array::from_fn(|i| {
            let cells = rows.iter().map(|row| width(&row[i]));
            cells.chain([width(headers[i])]).max().unwrap_or(0)
        });
        let is_number = |cell: &String| cell.bytes().all(|b| b.is_ascii_digit());
        let numbers: [bool; N] = std::array::from_fn(|i| rows.iter().all(|row| is_number(&row[i])));
        let limit = self.limit.unwrap_or(usize::MAX);
        let line = |cells: [&str; N]| {
            let mut line = "  ".to_owned();
            for (i, cell) in cells.into_iter().enumerate() {
                let end = width(&line) + widths[i];
                if i + 1 < N && end > limit && limit > 0 {
                    let end = if numbers[i] { width(&line) } else { limit - 1 };
                    let text = cut(&(line + cell), end.min(limit - 1)).to_owned();
                    return if cell.is_empty() { text } else { text + "+" };
                }
                let fill = " ".repeat(widths[i].saturating_sub(width(cell)));
                let cell = if numbers[i] {
                    fill + cell
                } else {
                    cell.to_owned() + &fill
                };
                line.push_str(&cell);
                line.push_str("  ");
            }
            cut(line.trim_end(), limit).to_owned()
        };
        let head = self.painted(FAINT, &line(headers));
        self.line(&head);
        for row in rows {
            let cells: [&str; N] = std::array::from_fn(|i| row[i].as_str());
            self.line(&line(cells));
        }
    }

    /// Says how many rows of a table were left out, and which section has them.
    pub(super) fn more(&mut self, all: usize, shown: usize, section: &str) {
        let more = all.saturating_sub(shown);
        if more > 0 {
            self.remark(&format!("and {more} more: -only {section}"));
        }
    }

    /// Why something is unknown, in words.
    pub(super) fn reason(&self, why: Missing) -> &'static str {
        left_out::lacking(why, self.is_of_copy)
    }

    /// Why a value is unknown.
    pub(super) fn why(&self, error: &Error) -> String {
        match error.kind() {
            ErrorKind::Zombie => "it has ended".to_owned(),
            ErrorKind::Gone => "it is gone".to_owned(),
            ErrorKind::Absent => self.lacking().to_owned(),
            _ => failure::reason(error),
        }
    }

    /// A remark on a line of its own.
    pub(super) fn remark(&mut self, text: &str) {
        for line in wrapped(text, self.room_after(2)) {
            let line = self.painted(FAINT, &line);
            self.line(&format!("  {line}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(limit: Option<usize>) -> Page {
        let depth = Depth {
            rows: 40,
            alone: false,
            environ: false,
        };
        Page::new(limit, false, depth)
    }

    #[test]
    fn no_line_is_longer_than_the_width() {
        let mut page = page(Some(40));
        page.title(&"title ".repeat(20));
        page.section("identity");
        page.row("arguments", &"word ".repeat(30));
        page.row("path", &"/x".repeat(60));
        page.list("groups", (0..40).map(|n| n.to_string()));
        page.table(["FD", "TARGET"], &[["3".to_owned(), "é".repeat(90)]]);
        let text = String::from_utf8(page.finish()).unwrap();
        assert!(text.lines().all(|line| width(line) <= 40), "{text}");
        assert_eq!(text.matches("/x").count(), 60);
        assert_eq!(text.matches("word").count(), 30);
    }

    #[test]
    fn without_a_width_a_value_is_one_line() {
        let mut page = page(None);
        page.row("arguments", &"word ".repeat(300));
        page.row("empty", "");
        let text = String::from_utf8(page.finish()).unwrap();
        assert_eq!(text.lines().count(), 2);
    }

    #[test]
    fn numbers_stand_to_the_right() {
        let mut page = page(None);
        let rows = [["3", "a"], ["12", "b"]].map(|row| row.map(str::to_owned));
        page.table(["FD", "WHAT"], &rows);
        let text = String::from_utf8(page.finish()).unwrap();
        assert_eq!(text, "  FD  WHAT\n   3  a\n  12  b\n");
    }
}
