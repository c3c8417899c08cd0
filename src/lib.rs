//! psgo tells what the processes of a Linux host and of its containers are,
//! without running anything inside them.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

pub mod bytes;
pub mod caps;
pub mod descriptor;
mod error;
pub mod format;
pub mod host;
pub mod ids;
mod namespace;
mod procfs;
mod query;
mod snapshot;
mod sys;
pub mod tty;
mod value;
mod view;
mod watchdog;

pub use descriptor::{DEFAULT_DESCRIPTORS, list_descriptors};
pub use error::{Error, ErrorKind, Result};
pub use ids::{Gid, IdMap, Pid, Uid};
pub use query::{
    Column, Outcome, Pids, Query, Record, Row, Skipped, Table, join_namespace_and_process_info,
    join_namespace_and_process_info_by_pids, process_info,
};
#[doc(hidden)]
pub use sys::{Calls, without};
pub use value::{Text, Time, Value};
pub use view::{JoinOptions, PidOrFd, Through, View, Way};
