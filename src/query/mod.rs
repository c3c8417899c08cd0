//! The entry points: names of descriptors and processes in, rows of values out.

mod builder;
mod column;
mod functions;
mod row;
mod rows;
mod subjects;
mod table;
mod watch;

pub use builder::{Pids, Query};
pub use column::Column;
pub use functions::{
    join_namespace_and_process_info, join_namespace_and_process_info_by_pids, process_info,
};
pub use rows::Rows;
pub use table::{Row, Table};
pub use watch::{Sample, Watcher};

#[cfg(any(test, feature = "system"))]
pub(crate) use subjects::owned_sockets;

pub use crate::snapshot::{Ended, Outcome};
