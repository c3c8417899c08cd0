//! Reading many processes: what to read of each, and what was read of it.
//!
//! Two layers, of which the first reads nothing:
//!
//! - data: `needs`, `opened`, `task`, `seen`, `entry`, `ask`, `ancestry`, `retained`, `rows`, `work`;
//! - readers: `simple`, `plan`, `descriptors`, `names`, `rest`, `stuck`, `read`, `chunk`, `queue`,
//!   `pool`, `listing`.

mod ancestry;
mod ask;
mod chunk;
mod descriptors;
mod entry;
mod listing;
mod living;
mod names;
mod needs;
mod opened;
mod plan;
mod pool;
mod queue;
mod read;
mod rest;
mod retained;
mod rows;
mod seen;
mod simple;
mod stuck;
mod task;
mod work;

pub(crate) use ask::{Ask, Pace, Threads};
pub use ask::{Ended, Outcome};
pub(crate) use descriptors::{SocketsOf, read as read_opened};
pub(crate) use entry::Pulse;
pub(crate) use listing::Listing;
pub(crate) use needs::{Files, Needs};
pub(crate) use opened::{Opened, PosixTimer, Slot};
pub(crate) use read::label_in;
pub(crate) use retained::Retained;
pub(crate) use rows::Extra;
pub(crate) use seen::Seen;
#[cfg(test)]
pub(crate) use simple::file_of;
