//! What a filter needs to know beside the row: what it names has to exist; cells of other processes.

use super::{operand::is_id, words::Names};
use crate::{descriptor::Descriptor, ids::Pid, value::Value};

/// What a test names, without which it holds for nothing.
#[derive(Debug, Clone)]
pub(crate) struct Named {
    pub(crate) what: What,
    pub(crate) name: String,
    /// Which of the columns it is compared with.
    pub(super) column: usize,
    /// Another of them with which it is compared.
    pub(super) also: Option<usize>,
    /// Where it stands, in bytes.
    pub(super) at: usize,
}

/// What is named.
#[derive(Debug, Clone, Copy)]
pub(crate) enum What {
    /// A user or a group.
    Name(Names),
    /// A process below which others are to be.
    Ancestor(Pid),
    /// A container, by the column that has its ID, and the one that has its name.
    Container(&'static Descriptor, Option<&'static Descriptor>),
}

/// A cell of another process that a test compares with.
#[derive(Debug, Clone)]
pub(crate) struct Reference {
    pub(crate) pid: Pid,
    pub(crate) column: &'static Descriptor,
    /// Unknown until it is told.
    pub(super) cell: Value,
    /// Where it stands, in bytes.
    pub(super) at: usize,
}

impl Named {
    /// Whether a cell of the column has it.
    pub(crate) fn is_in(&self, cell: &Value) -> bool {
        match (cell, self.what) {
            (Value::Text(text), What::Name(_)) => text.as_bytes() == self.name.as_bytes(),
            (Value::Text(text), What::Container(..)) => {
                let name = self.name.strip_prefix('/').unwrap_or(&self.name);
                is_id(text.as_bytes(), self.name.as_bytes()) || text.as_bytes() == name.as_bytes()
            }
            (Value::Int(number), What::Ancestor(pid)) => *number == i64::from(pid.get()),
            (Value::List(cells), _) => cells.iter().any(|cell| self.is_in(cell)),
            _ => false,
        }
    }
}
