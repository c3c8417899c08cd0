//! Reading many processes: what to read of each, and what was read of it.
//!
//! Two layers, of which the first reads nothing:
//!
//! - data: `needs`, `kind`, `opened`, `unread`, `task`, `seen`, `entry`, `ask`, `ancestry`, `members`, `retained`, `rows`, `work`;
//! - readers: `simple`, `plan`, `descriptors`, `names`, `containers`, `rest`, `stuck`, `withheld`, `read`, `held`, `living`, `chunk`, `queue`,
//!   `pool`, `listing`, `bounded`.

mod ahead;
mod ancestry;
mod ask;
#[cfg_attr(not(any(test, feature = "runtimes")), path = "unbounded.rs")]
mod bounded;
mod chunk;
mod cmdline;
mod containers;
mod descriptors;
mod entry;
mod held;
mod kind;
mod listing;
mod living;
#[cfg(any(test, feature = "runtimes"))]
mod members;
mod mounts;
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
mod unread;
mod withheld;
mod work;

pub(crate) use ask::{Ask, Pace, Threads};
pub use ask::{Ended, Outcome};
pub(crate) use bounded::has_member;
pub(crate) use descriptors::{Holdings, SocketsOf, read as read_opened};
pub(crate) use entry::Pulse;
pub use kind::FileKind;
pub(crate) use kind::undeleted;
pub(crate) use listing::Listing;
pub(crate) use needs::{Files, Needs};
pub(crate) use opened::{Opened, PosixTimer, Slot};
pub(crate) use read::label_in;
pub(crate) use retained::Retained;
pub(crate) use rows::Extra;
pub(crate) use seen::Seen;
#[cfg(test)]
pub(crate) use simple::file_of;
pub(crate) use stuck::{is_silent, remember_file};
pub(crate) use task::has_no_cmdline;
pub use unread::Unread;
