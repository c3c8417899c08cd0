//! `Cells`: a row before it is given out, and `Mark`: by what a row is recognised in the next
//! sample.

use std::net::SocketAddr;

use crate::{ids::Pid, snapshot::Slot, value::Value};

/// A row without the names of its columns: what the threads that read make.
#[derive(Debug, Clone)]
pub(super) struct Cells {
    pub(super) pid: Option<Pid>,
    pub(super) via: Option<Pid>,
    /// Only of subjects that are watched and are not processes. Boxed, as rows are moved a lot.
    mark: Option<Box<Mark>>,
    /// Whether it stands for the rows of a process that could not be read: it is judged by the
    /// filter and never given out.
    pub(super) is_shut: bool,
    /// Whether it comes from text that another may have written.
    pub(super) is_forgeable: bool,
    pub(super) values: Vec<Value>,
}

/// By what a row is recognised in the next sample.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Mark {
    /// A process.
    Process(Option<Pid>),
    /// An open file of a process, with the target of its link: a descriptor can be reused for
    /// another file.
    Opened(Pid, Slot, Box<[u8]>),
    /// A connection by its network namespace and its ends: a closed socket loses its inode, but keeps its ends for a while.
    Connection(Option<u64>, &'static str, SocketAddr, SocketAddr),
    /// Any other socket, by its inode.
    Socket(u64),
    /// A socket without inode: a connection of a Unix socket that waits to be accepted.
    Nameless(
        Option<u64>,
        &'static str,
        Option<SocketAddr>,
        Option<Box<[u8]>>,
    ),
    /// A socket without inode of which the kernel told its cookie.
    Cookie(Option<u64>, u64),
    /// A POSIX timer of a process.
    Timer(Pid, i32),
}

impl Cells {
    pub(super) fn new(pid: Option<Pid>, via: Option<Pid>, values: Vec<Value>) -> Self {
        Self {
            pid,
            via,
            mark: None,
            is_shut: false,
            is_forgeable: false,
            values,
        }
    }

    /// The same, recognised by `mark`.
    pub(super) fn marked(self, mark: Option<Mark>) -> Self {
        let mark = mark.map(Box::new);
        Self { mark, ..self }
    }

    /// The same, which stands for rows that could not be read.
    pub(super) fn shut(self) -> Self {
        Self {
            is_shut: true,
            ..self
        }
    }

    /// The same, which comes from text that another may have written if `is_forgeable`.
    pub(super) fn forgeable(self, is_forgeable: bool) -> Self {
        Self {
            is_forgeable,
            ..self
        }
    }

    /// By what it is recognised.
    pub(super) fn take_mark(&mut self) -> Mark {
        let mark = self.mark.take();
        mark.map_or(Mark::Process(self.pid), |mark| *mark)
    }

    /// About how many bytes of memory it takes.
    pub(super) fn weight(&self) -> usize {
        Value::weight_of(&self.values)
    }
}
