//! What was made of processes that were read one after the other.

use std::{any::Any, vec};

use crate::{
    error::{Error, Result},
    ids::Pid,
    value::Value,
};

/// What was made of a process beside its cells.
pub(crate) enum Extra {
    None,
    /// Its parent.
    Parent(Pid),
    /// What its caller knows the type of, and about how many bytes of memory it takes.
    Made(Box<dyn Any + Send>, usize),
}

impl Extra {
    /// What was made, if it is of that type.
    pub(crate) fn made<T: 'static>(self) -> Option<T> {
        match self {
            Self::Made(made, _) => made.downcast().ok().map(|made| *made),
            Self::None | Self::Parent(_) => None,
        }
    }

    fn weight(&self) -> usize {
        match self {
            Self::None | Self::Parent(_) => 0,
            Self::Made(_, weight) => *weight,
        }
    }
}

/// What was made of a process.
pub(crate) struct Row {
    pub(crate) pid: Pid,
    pub(crate) extra: Extra,
    pub(crate) cells: Vec<Value>,
}

/// What was made of a process, and how many cells it has.
type Made = (Extra, usize);

/// What was made of each process, or why nothing was.
///
/// The cells of all are in one place. One of its own for each process, made by a thread that reads
/// and given back by the caller's, costs more than all the moving from one place to another.
pub(super) struct Rows {
    made: Vec<(Pid, Result<Made>)>,
    /// End to end, in the order of the processes.
    cells: Vec<Value>,
}

impl Rows {
    /// Room for so many.
    pub(super) fn new(rows: usize) -> Self {
        Self {
            made: Vec::with_capacity(rows),
            cells: Vec::new(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.made.len()
    }

    /// Adds what `make` makes of `pid`, with the cells that it adds, and returns how many bytes
    /// these take.
    pub(super) fn add(&mut self, pid: Pid, make: impl FnOnce(&mut Vec<Value>) -> Extra) -> usize {
        let start = self.cells.len();
        let extra = make(&mut self.cells);
        let cells = self.cells.get(start..).unwrap_or_default();
        let (weight, count) = (extra.weight() + Value::weight_of(cells), cells.len());
        if self.made.is_empty() {
            // The others will have as many.
            let others = self.made.capacity().saturating_sub(1);
            self.cells.reserve_exact(count * others);
        }
        self.made.push((pid, Ok((extra, count))));
        weight
    }

    /// Adds a process of which nothing was made.
    pub(super) fn add_lost(&mut self, pid: Pid, error: Error) {
        self.made.push((pid, Err(error)));
    }

    /// Forgets the first of them.
    pub(super) fn forget(&mut self, first: usize) {
        let made = self.made.drain(..first).filter_map(|(_, made)| made.ok());
        let cells: usize = made.map(|(_, count)| count).sum();
        self.cells.drain(..cells);
    }
}

impl IntoIterator for Rows {
    type Item = Result<Row, (Pid, Error)>;
    type IntoIter = IntoRows;

    fn into_iter(self) -> IntoRows {
        IntoRows {
            made: self.made.into_iter(),
            cells: self.cells.into_iter(),
        }
    }
}

/// Gives out what was made of each process with its cells, or why nothing was.
pub(super) struct IntoRows {
    made: vec::IntoIter<(Pid, Result<Made>)>,
    cells: vec::IntoIter<Value>,
}

impl Iterator for IntoRows {
    type Item = Result<Row, (Pid, Error)>;

    fn next(&mut self) -> Option<Self::Item> {
        let (pid, made) = self.made.next()?;
        let row = |(extra, count)| Row {
            pid,
            extra,
            cells: self.cells.by_ref().take(count).collect(),
        };
        Some(made.map(row).map_err(|error| (pid, error)))
    }
}
