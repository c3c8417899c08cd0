//! What was made of processes that were read one after the other.

use std::vec;

use crate::{error::Error, ids::Pid, value::Value};

/// What was made of each process, or why nothing was.
///
/// The cells of all are in one place. One of its own for each process, made by a thread that reads
/// and given back by the caller's, costs more than all the moving from one place to another.
pub(super) struct Rows<R> {
    /// Each with how many cells it has.
    made: Vec<Result<(R, usize), (Pid, Error)>>,
    /// End to end, in the order of the processes.
    cells: Vec<Value>,
}

impl<R> Rows<R> {
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

    /// Adds what `make` makes, with the cells that it adds, and tells what `weigh` makes of them.
    pub(super) fn add(
        &mut self,
        make: impl FnOnce(&mut Vec<Value>) -> R,
        weigh: fn(&R, &[Value]) -> usize,
    ) -> usize {
        let start = self.cells.len();
        let made = make(&mut self.cells);
        let cells = self.cells.get(start..).unwrap_or_default();
        let (weight, count) = (weigh(&made, cells), cells.len());
        if self.made.is_empty() {
            // The others will have as many.
            let others = self.made.capacity().saturating_sub(1);
            self.cells.reserve_exact(count * others);
        }
        self.made.push(Ok((made, count)));
        weight
    }

    /// Adds a process of which nothing was made.
    pub(super) fn add_lost(&mut self, pid: Pid, error: Error) {
        self.made.push(Err((pid, error)));
    }

    /// Forgets the first of them.
    pub(super) fn forget(&mut self, first: usize) {
        let made = self.made.drain(..first);
        let cells: usize = made.flatten().map(|(_, count)| count).sum();
        self.cells.drain(..cells);
    }
}

impl<R> IntoIterator for Rows<R> {
    type Item = Result<(R, Vec<Value>), (Pid, Error)>;
    type IntoIter = IntoRows<R>;

    fn into_iter(self) -> IntoRows<R> {
        IntoRows {
            made: self.made.into_iter(),
            cells: self.cells.into_iter(),
        }
    }
}

/// Gives out what was made of each process with its cells, or why nothing was.
pub(super) struct IntoRows<R> {
    made: vec::IntoIter<Result<(R, usize), (Pid, Error)>>,
    cells: vec::IntoIter<Value>,
}

impl<R> Iterator for IntoRows<R> {
    type Item = Result<(R, Vec<Value>), (Pid, Error)>;

    fn next(&mut self) -> Option<Self::Item> {
        let made = self.made.next()?;
        Some(made.map(|(made, count)| (made, self.cells.by_ref().take(count).collect())))
    }
}
