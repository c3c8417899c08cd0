//! `Line`: a process in a tree, as it is printed and saved.

use std::{fmt, str::FromStr};

use crate::{
    bytes::{self, Escaped},
    error::{Error, ErrorKind},
    ids::Pid,
    value::{Missing, Text},
};

use super::cut;

/// What stands for each level.
const INDENT: usize = 2;

/// What stands between the command line and the user.
const USER: &str = "  {user=";

/// What stands for a command line that is unknown. No command line is shown so: a backslash in one
/// is doubled.
const UNKNOWN: &str = "\\?";

/// A process of which not all that is compared could be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Unknown {
    /// Which process.
    pub pid: Pid,
    /// Why.
    pub reason: Missing,
}

/// A process in a tree: how deep it is, its command line, its user.
///
/// Its [`Display`](fmt::Display) is one line, `    /usr/sbin/sshd -D  {user=root}`, two blanks for
/// each level. Bytes are [escaped](bytes::Escaped), a blank at the beginning of the command line
/// too, which would be a level otherwise; so [`FromStr`] gives back what was written.
///
/// ```
/// let line: psgo::drift::Line = "    cat /tmp/a\\nb  {user=root}".parse()?;
/// assert_eq!((line.level, line.cmdline.as_bytes()), (2, &b"cat /tmp/a\nb"[..]));
/// assert_eq!(line.to_string(), "    cat /tmp/a\\nb  {user=root}");
/// # Ok::<(), psgo::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Line {
    /// How many processes are above it, shown or not; 255 for all that are deeper.
    pub level: u8,
    /// Its command line after the rules, without the blanks at its end; empty if that is
    /// [unknown](Self::unknown).
    pub cmdline: Text,
    /// The name of its effective user, or its number.
    pub user: Text,
    /// Set if it could not be read what the process is. It is then shown as `\?`, which no list has.
    pub unknown: Option<Unknown>,
}

impl Line {
    /// A process `level` levels below the root.
    #[must_use]
    pub fn new(level: u8, cmdline: &[u8], user: &[u8]) -> Self {
        Self::of(level, &Text::from(cmdline), &Text::from(user))
    }

    /// The same, without a copy of what needs none.
    pub(super) fn of(level: u8, cmdline: &Text, user: &Text) -> Self {
        let bytes = cmdline.as_bytes();
        let blanks = bytes.iter().rev().take_while(|b| **b == b' ').count();
        let cmdline = match bytes.len() - blanks {
            _ if blanks == 0 => cmdline.clone(),
            len => Text::from(bytes.get(..len).unwrap_or_default()),
        };
        Self {
            level,
            cmdline,
            user: user.clone(),
            unknown: None,
        }
    }

    /// A line of a list that was written without the limit on the [length](super::MOST) of command
    /// lines, with it.
    #[must_use]
    pub fn shortened(self) -> Self {
        Self {
            cmdline: cut::kept(self.cmdline.as_bytes()),
            ..self
        }
    }

    /// The first line of each tree: what has no parent is below it.
    pub(super) fn root() -> Self {
        Self::new(0, b"root", b"root")
    }

    /// What the children of one parent are sorted by.
    fn key(&self) -> (&Text, &Text) {
        (&self.cmdline, &self.user)
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:1$}", "", usize::from(self.level) * INDENT)?;
        if self.unknown.is_some() {
            return write!(f, "{UNKNOWN}{USER}{}}}", self.user);
        }
        let cmdline = match self.cmdline.as_bytes() {
            [b' ', rest @ ..] => {
                f.write_str("\\x20")?;
                rest
            }
            all => all,
        };
        write!(f, "{}{USER}{}}}", Escaped(cmdline), self.user)
    }
}

/// # Errors
///
/// [`ErrorKind::NotUnderstood`]: it is no line of a tree, or of a process that was unknown.
impl FromStr for Line {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let wrong = |reason| Error::new(ErrorKind::NotUnderstood, "", reason);
        let parts = text
            .strip_suffix('}')
            .and_then(|text| text.rsplit_once(USER));
        let (rest, user) = parts.ok_or_else(|| wrong("it does not end with \"  {user=NAME}\""))?;
        let cmdline = rest.trim_start_matches(' ');
        let blanks = rest.len() - cmdline.len();
        if blanks % INDENT != 0 {
            return Err(wrong("an odd number of blanks before the command line"));
        }
        let level = u8::try_from(blanks / INDENT).map_err(|_| wrong("too many blanks"))?;
        if cmdline == UNKNOWN {
            return Err(wrong("a process whose command line was unknown"));
        }
        let bytes = |text: &str| bytes::unescape(text.as_bytes());
        Ok(Self::new(level, &bytes(cmdline), &bytes(user)))
    }
}

/// Where the first process below the root begins and ends: the line of its first child, and the
/// line after its last.
fn first_family(lines: &[Line]) -> std::ops::Range<usize> {
    let is_top = |line: &Line| line.level <= 1;
    let begin = match lines.get(1) {
        Some(line) if is_top(line) => 2,
        // It is not shown, but its children are below it.
        _ => 1,
    };
    let begin = begin.min(lines.len());
    let length = lines[begin..].iter().position(is_top);
    begin..length.map_or(lines.len(), |length| begin + length)
}

/// Adds a child to the first process below the root, in its sorted place. A long command line is
/// [cut](super::MOST).
///
/// ```
/// use psgo::drift::{Line, add};
///
/// let tree = ["root  {user=root}", "  INIT  {user=root}", "    cron  {user=root}"];
/// let mut tree: Vec<Line> = tree.iter().map(|line| line.parse()).collect::<Result<_, _>>()?;
/// add(&mut tree, b"atd", b"daemon");
/// assert_eq!(tree[2].to_string(), "    atd  {user=daemon}");
/// # Ok::<(), psgo::Error>(())
/// ```
pub fn add(lines: &mut Vec<Line>, cmdline: &[u8], user: &[u8]) {
    let line = Line::new(2, cmdline, user).shortened();
    let family = first_family(lines);
    let is_after = |other: &Line| other.level == 2 && other.key() >= line.key();
    let place = lines[family.clone()].iter().position(is_after);
    lines.insert(place.map_or(family.end, |place| family.start + place), line);
}

/// Takes away the children of the first process below the root that are called so, and says how
/// many they were. What was below them stays, as below what is not shown.
///
/// ```
/// use psgo::drift::{Line, remove};
///
/// let tree = ["root  {user=root}", "  INIT  {user=root}", "    cron  {user=root}"];
/// let mut tree: Vec<Line> = tree.iter().map(|line| line.parse()).collect::<Result<_, _>>()?;
/// assert_eq!(remove(&mut tree, b"cron", b"root"), 1);
/// # Ok::<(), psgo::Error>(())
/// ```
pub fn remove(lines: &mut Vec<Line>, cmdline: &[u8], user: &[u8]) -> usize {
    let line = Line::new(2, cmdline, user).shortened();
    let (family, before) = (first_family(lines), lines.len());
    let mut at = 0;
    lines.retain(|other| {
        let goes = family.contains(&at) && *other == line;
        at += 1;
        !goes
    });
    before - lines.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<Line> {
        text.lines().map(|line| line.parse().unwrap()).collect()
    }

    fn text(lines: &[Line]) -> String {
        let line = |line: &Line| format!("{line}\n");
        lines.iter().map(line).collect()
    }

    #[test]
    fn a_line_comes_back_whatever_is_in_it() {
        for cmdline in [
            &b"sleep 100"[..],
            b"",
            b" ",
            b"  two blanks",
            b"a\n  root  {user=root}",
            b"cat  {user=root}",
            b"\xff\\x20\\",
            b"\\n",
            b"\\?",
            b"?",
            "é\u{202e}".as_bytes(),
        ] {
            for (level, user) in [(0, &b"root"[..]), (7, b"a b"), (255, b"\xff}")] {
                let line = Line::new(level, cmdline, user);
                let shown = line.to_string();
                assert_eq!(shown.parse::<Line>().unwrap(), line, "{shown}");
                assert!(!shown.contains('\n'));
            }
        }
    }

    #[test]
    fn blanks_at_the_end_are_not_part_of_it() {
        assert_eq!(
            Line::new(1, b"sshd: a   ", b"root").to_string(),
            "  sshd: a  {user=root}"
        );
    }

    #[test]
    fn a_process_cannot_look_like_a_child_of_another() {
        assert_eq!(
            Line::new(1, b"  evil", b"root").to_string(),
            "  \\x20 evil  {user=root}"
        );
    }

    #[test]
    fn what_is_no_line_is_told() {
        for (text, reason) in [
            ("", "it does not end with \"  {user=NAME}\""),
            (
                "  sleep  {user=ro",
                "it does not end with \"  {user=NAME}\"",
            ),
            (
                "sleep {user=root}",
                "it does not end with \"  {user=NAME}\"",
            ),
            (
                "   sleep  {user=root}",
                "an odd number of blanks before the command line",
            ),
            (
                "  \\?  {user=root}",
                "a process whose command line was unknown",
            ),
        ] {
            assert_eq!(text.parse::<Line>().unwrap_err().to_string(), reason);
        }
        let deep = format!("{:512}sleep  {{user=root}}", "");
        assert_eq!(
            deep.parse::<Line>().unwrap_err().to_string(),
            "too many blanks"
        );
    }

    const TREE: &str = "\
root  {user=root}
  INIT  {user=root}
    b  {user=root}
      z  {user=root}
    c  {user=a}
    c  {user=root}
  other  {user=root}
    b  {user=root}
";

    #[test]
    fn an_added_line_stands_where_it_would_be_sorted() {
        let added = |cmdline: &str, user: &str| {
            let mut lines = lines(TREE);
            add(&mut lines, cmdline.as_bytes(), user.as_bytes());
            let line = format!("    {cmdline}  {{user={user}}}");
            let old: Vec<_> = TREE.lines().collect();
            let new = text(&lines);
            let new: Vec<_> = new.lines().collect();
            assert_eq!(new.len(), old.len() + 1);
            new.iter().position(|other| *other == line).unwrap()
        };
        assert_eq!(added("a", "root"), 2);
        assert_eq!(added("b x", "root"), 4);
        assert_eq!(added("c", "b"), 5);
        assert_eq!(added("zz", "root"), 6);
        // Of the same name, the one without children is first.
        assert_eq!(added("b", "root"), 2);
    }

    #[test]
    fn a_line_is_added_where_nothing_is() {
        for (tree, want) in [
            (
                "root  {user=root}\n",
                "root  {user=root}\n    a  {user=root}\n",
            ),
            (
                "root  {user=root}\n  INIT  {user=root}\n",
                "root  {user=root}\n  INIT  {user=root}\n    a  {user=root}\n",
            ),
            (
                "root  {user=root}\n    b  {user=root}\n",
                "root  {user=root}\n    a  {user=root}\n    b  {user=root}\n",
            ),
        ] {
            let mut lines = lines(tree);
            add(&mut lines, b"a", b"root");
            assert_eq!(text(&lines), want);
        }
        let mut none = Vec::new();
        add(&mut none, b"a", b"root");
        assert_eq!(none.len(), 1);
    }

    #[test]
    fn only_children_of_the_first_process_are_removed() {
        let mut tree = lines(TREE);
        assert_eq!(remove(&mut tree, b"b", b"root"), 1);
        assert_eq!(text(&tree), TREE.replacen("    b  {user=root}\n", "", 1));
        assert_eq!(remove(&mut tree, b"z", b"root"), 0);
        assert_eq!(remove(&mut tree, b"c", b"a"), 1);
        assert_eq!(remove(&mut Vec::new(), b"c", b"a"), 0);
    }
}
