//! `Table` and its rows: what a listing gives.

use std::net::SocketAddr;

use super::{Column, Outcome};
use crate::{ids::Pid, snapshot::Slot, value::Value, view::Skipped};

/// A listing: headers, rows of typed values, and what was left out.
#[derive(Debug, Clone)]
pub struct Table {
    pub(super) columns: Vec<Column>,
    pub(super) rows: Vec<Row>,
    pub(super) outcome: Outcome,
}

impl Table {
    /// The columns.
    #[must_use]
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// What stands above each column.
    #[must_use]
    pub fn headers(&self) -> Vec<&str> {
        self.columns.iter().map(Column::header).collect()
    }

    /// The rows, by pid unless sorted.
    #[must_use]
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// psgo's strings: one for each cell of each row, without the headers.
    ///
    /// The text is escaped, see [`Value`].
    #[must_use]
    pub fn to_strings(&self) -> Vec<Vec<String>> {
        let strings = |row: &Row| row.values().iter().map(Value::to_string).collect();
        self.rows.iter().map(strings).collect()
    }

    /// The processes and containers that were left out, and why.
    #[must_use]
    pub fn skipped(&self) -> &[Skipped] {
        &self.outcome.skipped
    }

    /// How the listing went.
    #[must_use]
    pub fn outcome(&self) -> &Outcome {
        &self.outcome
    }
}

/// One process, socket, open file or timer: a value for each column.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    pid: Pid,
    via: Option<Pid>,
    /// Only of what is watched, and is no process. Boxed, as a row is handed on from one to another.
    mark: Option<Box<Mark>>,
    values: Vec<Value>,
}

/// By what a row is known again at the next look.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Mark {
    /// A process.
    Process(Pid),
    /// What a process holds open, where its link leads: a descriptor can come to mean another file.
    Opened(Pid, Slot, Box<[u8]>),
    /// A connection by its ends: when it is closed, its socket has lost its inode, but the ends
    /// have it for a while.
    Connection(&'static str, SocketAddr, SocketAddr),
    /// Any other socket, by its inode.
    Socket(u64),
    /// One without: a connection of a Unix socket that waits to be accepted.
    Nameless(&'static str, Option<SocketAddr>, Option<Box<[u8]>>),
    /// A POSIX timer of a process.
    Timer(Pid, i32),
}

impl Row {
    pub(crate) fn new(pid: Pid, via: Option<Pid>, values: Vec<Value>) -> Self {
        Self {
            pid,
            via,
            mark: None,
            values,
        }
    }

    /// The same, known again by this mark.
    pub(super) fn marked(self, mark: Option<Mark>) -> Self {
        let mark = mark.map(Box::new);
        Self { mark, ..self }
    }

    /// By what it is known again.
    pub(super) fn take_mark(&mut self) -> Mark {
        let mark = self.mark.take();
        mark.map_or(Mark::Process(self.pid), |mark| *mark)
    }

    /// How many bytes of memory it takes, about.
    pub(super) fn weight(&self) -> usize {
        Value::weight_of(&self.values)
    }

    pub(super) fn truncate(&mut self, columns: usize) {
        self.values.truncate(columns);
    }

    /// The process, in the PID namespace of the `/proc` that was read: of a socket the first that
    /// has it. A socket that no process has, or none that may be read, has the number 0, which is
    /// no process's; its columns of a process are [`Value::MISSING`].
    #[must_use]
    pub fn pid(&self) -> Pid {
        self.pid
    }

    /// The pid through which its container was joined; nothing without a join.
    #[must_use]
    pub fn via(&self) -> Option<Pid> {
        self.via
    }

    /// The cells, in the order of the columns.
    #[must_use]
    pub fn values(&self) -> &[Value] {
        &self.values
    }

    /// The row with the names of its columns: with feature `serde` it serialises as one
    /// object keyed by the descriptors' names.
    #[must_use]
    pub fn record<'a>(&'a self, columns: &'a [Column]) -> Record<'a> {
        Record { columns, row: self }
    }
}

/// A row together with its columns.
#[derive(Debug, Clone, Copy)]
pub struct Record<'a> {
    columns: &'a [Column],
    row: &'a Row,
}

impl<'a> Record<'a> {
    /// Each column with its value.
    pub fn cells(&self) -> impl Iterator<Item = (&'a Column, &'a Value)> + use<'a> {
        self.columns.iter().zip(&self.row.values)
    }
}

/// # Errors
///
/// A descriptor that is among the columns twice would be a key twice.
#[cfg(feature = "serde")]
impl serde::Serialize for Record<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::Error as _;
        let twice = self.columns.iter().enumerate().find(|(i, column)| {
            let name = column.descriptor().name;
            self.columns[..*i]
                .iter()
                .any(|other| other.descriptor().name == name)
        });
        if let Some((_, column)) = twice {
            let name = column.descriptor().name;
            return Err(S::Error::custom(format!(
                "descriptor \"{name}\" twice in one object"
            )));
        }
        serializer.collect_map(
            self.cells()
                .map(|(column, value)| (column.descriptor().name, value)),
        )
    }
}

/// An array of objects keyed by the descriptors' names.
#[cfg(feature = "serde")]
impl serde::Serialize for Table {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.rows.iter().map(|row| row.record(&self.columns)))
    }
}
