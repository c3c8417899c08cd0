//! psgo tells what the processes of a Linux host and of its containers are,
//! without running anything inside them.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

pub mod bytes;
pub mod caps;
mod error;
pub mod format;
pub mod host;
pub mod ids;
pub mod tty;
mod value;

pub use error::{Error, ErrorKind, Result};
pub use ids::{Gid, IdMap, Pid, Uid};
pub use value::{Text, Time, Value};
