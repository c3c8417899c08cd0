//! Every file by its name: feature `records`.
//!
//! The files that neither a listing nor [`Process`](crate::Process) nor [`system`](crate::system)
//! reads, the table of all files, and their contents by field name.

pub(in crate::format) mod cgroup;
mod format;
mod formats;
pub(in crate::format) mod kernel;
mod labels;
#[cfg(test)]
mod lists;
pub(in crate::format) mod net;
mod number_or_text;
mod paths;
pub(in crate::format) mod pid;
mod similar;
pub mod sysvipc;
pub(in crate::format) mod tty;
mod word;

pub use format::{Format, Parsed};
pub use formats::{NOT_RECORDS, all, at, find, of_cgroup, parse, setting_path};
pub use labels::{Label, Labels, Tag, Tags};
pub use number_or_text::NumberOrText;
pub use paths::in_proc;
pub use similar::similar;
pub use word::{Word, Words};
