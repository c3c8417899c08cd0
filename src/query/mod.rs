//! The entry points: names of descriptors and processes in, rows of values out.

mod builder;
mod column;
#[cfg(any(test, feature = "runtimes"))]
mod containers;
mod functions;
#[cfg(any(test, feature = "runtimes"))]
mod gathered;
mod join;
#[cfg(any(test, feature = "runtimes"))]
mod named_join;
mod row;
mod rows;
mod subjects;
mod table;
mod wanted;
mod watch;

pub use builder::{Pids, Query};
pub use column::Column;
#[cfg(any(test, feature = "runtimes"))]
pub use containers::Containers;
pub use functions::{
    join_namespace_and_process_info, join_namespace_and_process_info_by_pids, process_info,
};
pub use rows::Rows;
pub use table::{Row, Table};
pub use watch::{Sample, Watcher};

#[cfg(any(test, feature = "system"))]
pub(crate) use subjects::owned_sockets;

pub use crate::snapshot::{Ended, Outcome, Unread};
