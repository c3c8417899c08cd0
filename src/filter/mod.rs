//! `Filter`: which rows are wanted, in the language of `-where`.

#[cfg(test)]
mod examples;
mod grammar;
#[cfg(test)]
mod listed;
mod needed;
mod operand;
mod quantity;
mod test;
#[cfg(test)]
mod tests;
mod undecided;
mod words;

use std::fmt;

use crate::{
    descriptor::Descriptor,
    error::{Error, ErrorKind, Result},
    value::Value,
};

use grammar::Tree;
pub(crate) use needed::What;
use needed::{Named, Reference};
use test::{Parts, Test};

pub use quantity::parse_duration;
pub(crate) use words::Names;

/// Which rows are wanted: `user=root && rss>100M`.
///
/// | form | holds |
/// | --- | --- |
/// | `user=root`, `user!=root` | for this text, and for any other |
/// | `user=0`, `groups!=27` | by the ID, where a number stands for a user or a group |
/// | `comm in (bash,sh)`, `pid not in (1,2)` | for one of them, and for none of them |
/// | `args=*nginx*`, `comm=kworker/?:*` | for text with that pattern: `*` is any text, `?` any byte |
/// | `comm~^k`, `args!~'worker\|master'` | for text in which the regular expression is found, or is not |
/// | `rss>100M`, `vsz<=1.5 GiB`, `rss>100MB` | for sizes; a number alone is bytes, `K` and `KiB` are 1024 of them, `KB` is 1000 |
/// | `etime<5m`, `time>=1h30m`, `age>01:00:00` | for durations; a number alone is seconds |
/// | `stime=2026-11-20`, `stime>-1h` | for times: a whole day, a date with a time, RFC 3339, or a duration before now |
/// | `pcpu>50`, `nice<0`, `pid=1` | for numbers |
/// | `kthread`, `!kthread` | for a flag that is set, and for one that is not |
/// | `state=running`, `state=Z` | for one of the words of the column, or of their names |
/// | `capeff=SYS_ADMIN`, `capeff=none` | for sets that have this capability, or for the empty one |
/// | `groups=docker`, `port=80`, `ancestor=1` | for lists in which one is that |
/// | `container=web`, `container=3f2a` | for the container of that name or ID, or the one whose ID begins with these digits |
/// | `uid!=ruid`, `rss>vsz` | by another column of the same kind |
/// | `netns=@4711` | for what process 4711 has there |
/// | `tty=?`, `label!=?` | for what is unknown, and for what is known |
///
/// `&&` or `and`, `||` or `or`, `!` or `not` and parentheses join them. A value with blanks, commas
/// or `&|()` goes in quotes, and what is in quotes is no pattern, no column and no number. Any
/// column may stand there, also one that is not shown. What is unknown is neither equal nor unequal
/// to anything.
///
/// A filter that can never match is an error: a user that does not exist, `state=xyz`, `pid=0`. So is,
/// of kind [`ErrorKind::Gone`], one that names a process or a container that is not there.
#[derive(Debug, Clone)]
pub struct Filter {
    text: String,
    tree: Tree<Test>,
    /// The columns that the tests ask for.
    columns: Vec<&'static Descriptor>,
    /// Names, processes and containers that have to exist.
    names: Vec<Named>,
    /// Cells of other processes.
    references: Vec<Reference>,
}

impl Filter {
    /// Understands `text`, whose columns are found by `find`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`]: what is wrong, and at which column of the text.
    pub(crate) fn parse(
        text: &str,
        find: impl Fn(&str) -> Result<&'static Descriptor>,
    ) -> Result<Self> {
        let tree = grammar::parse(text).map_err(|wrong| at(text, wrong.at, wrong.reason))?;
        let mut parts = Parts::default();
        let tree = tree.try_map(&mut |clause| {
            parts
                .test(&clause, &find)
                .map_err(|(place, reason)| at(text, place, &reason))
        })?;
        let Parts {
            columns,
            names,
            references,
        } = parts;
        Ok(Self {
            text: text.to_owned(),
            tree,
            columns,
            names,
            references,
        })
    }

    /// The columns that [`holds`](Self::holds) asks for.
    pub(crate) fn columns(&self) -> &[&'static Descriptor] {
        &self.columns
    }

    /// Is a row wanted, whose cells of these columns are `cells`?
    pub(crate) fn holds(&self, cells: &[Value]) -> bool {
        self.tree
            .holds(&|test: &Test| test.holds(cells, &self.references))
    }

    /// The cells of other processes that it needs to be told first.
    pub(crate) fn references(&self) -> &[Reference] {
        &self.references
    }

    /// Tells it these cells, or says why one is unknown.
    pub(crate) fn tell(&mut self, cells: Vec<Result<Value, (ErrorKind, String)>>) -> Result<()> {
        for (reference, cell) in self.references.iter_mut().zip(cells) {
            reference.cell =
                cell.map_err(|(kind, reason)| at_of(kind, &self.text, reference.at, &reason))?;
        }
        Ok(())
    }

    /// The names, processes and containers that have to exist.
    pub(crate) fn names(&self) -> &[Named] {
        &self.names
    }

    /// Marks the names that a row has: they exist.
    pub(crate) fn note(&self, cells: &[Value], exists: &mut [bool]) {
        for (named, exists) in self.names.iter().zip(exists) {
            let columns = std::iter::once(named.column).chain(named.also);
            let mut cells = columns.filter_map(|column| cells.get(column));
            *exists = *exists || cells.any(|cell| named.is_in(cell));
        }
    }

    /// That there are no names at all, as in a copy.
    pub(crate) fn nameless(&self, named: &Named) -> Error {
        let What::Name(names) = named.what else {
            return self.no_such(named);
        };
        let of_one = names.of_one();
        let reason = format!("a copy has no names of {of_one}s: type the number of the {of_one}");
        at_of(ErrorKind::Invalid, &self.text, named.at, &reason)
    }

    /// That nobody can tell whether there is something of the name.
    pub(crate) fn untold(&self, named: &Named, why: &Error) -> Error {
        let What::Name(names) = named.what else {
            return self.no_such(named);
        };
        let of_one = names.of_one();
        let name = crate::bytes::Escaped(named.name.as_bytes());
        let reason = format!(
            "whether there is a {of_one} \"{name}\" is unknown, type the number of the {of_one}: {why}"
        );
        at_of(why.kind(), &self.text, named.at, &reason)
    }

    /// That there is nothing of the name.
    pub(crate) fn no_such(&self, named: &Named) -> Error {
        let name = crate::bytes::Escaped(named.name.as_bytes());
        let (kind, reason) = match named.what {
            What::Name(names) => (
                ErrorKind::Invalid,
                format!("there is no {} \"{name}\"", names.of_one()),
            ),
            What::Ancestor(pid) => (ErrorKind::Gone, format!("there is no process {pid}")),
            What::Container(..) => (
                ErrorKind::Gone,
                format!("no process is in a container \"{name}\""),
            ),
        };
        at_of(kind, &self.text, named.at, &reason)
    }
}

/// The text that it was.
impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// What is wrong at a byte of `text`.
fn at(text: &str, byte: usize, reason: &str) -> Error {
    at_of(ErrorKind::Invalid, text, byte, reason)
}

/// An error at a byte of `text`, which is told by the column in which people see it.
fn at_of(kind: ErrorKind, text: &str, byte: usize, reason: &str) -> Error {
    let before = text.get(..byte).unwrap_or(text);
    let column = before.chars().count() + 1;
    Error::new(kind, format!("filter, column {column}"), reason.to_owned())
}
