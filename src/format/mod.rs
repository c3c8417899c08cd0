//! The files of `/proc`: bytes to records, and records to the same bytes.
//!
//! One kernel file is one file here: its record, with the kernel's labels in snake case as field
//! names and the kernel's units. A record is described once, by what the kernel's printf has for
//! each field, and both [`parse`](Record::parse) and [`write`](Record::write) follow from that.
//!
//! The law of this room: for all bytes, parsing fails, or writing what was parsed gives these
//! bytes back, none added, none lost, none put into another form. So a record knows a number only
//! in the form that the kernel gives it, and keeps what a later kernel adds: columns at the
//! [`Rest`] of a line, unknown lines in their place. No input makes it panic.
//!
//! Nothing here opens a file.
//!
//! ```
//! use psgo::format::pid::Statm;
//!
//! let statm = Statm::parse(b"4567 393 364 5 0 252 0\n")?;
//! assert_eq!(statm.resident, 393);
//! let error = Statm::parse(b"4567 three\n").unwrap_err();
//! assert_eq!(error.to_string(), "line 1: resident: not a number");
//! # Ok::<(), psgo::format::ParseError>(())
//! ```

mod aligned;
pub mod cgroup;
mod cursor;
mod describe;
mod escaped;
mod field;
mod file;
mod flat;
mod integer;
pub mod kernel;
#[cfg(test)]
mod law;
mod layout;
mod maybe;
mod named;
pub mod net;
pub mod pid;
mod pointer;
mod record;
// Tested in every build: the law is one, whichever files are built in.
#[cfg(any(test, feature = "records"))]
mod records;
mod rows;
mod scalar;
mod spec;
mod stream;
pub mod tty;

pub use aligned::Aligned;
pub(crate) use cursor::Cursor;
pub use cursor::ParseError;
pub(crate) use describe::{lines, record};
pub use escaped::{LinePath, Mangled, MountPath, OctalEscaped};
pub use field::Rest;
pub(crate) use field::{Field, Item};
pub use file::File;
pub(crate) use file::LARGEST_FILE;
pub use flat::Flat;
pub use maybe::{Maybe, Present};
#[allow(unused_imports)]
pub(crate) use named::{flags, named};
pub use pointer::Pointer;
pub use record::Record;
#[cfg(any(test, feature = "records"))]
pub use records::{
    Format, Label, Labels, NOT_RECORDS, NumberOrText, Parsed, Tag, Tags, Word, Words, all, at,
    find, in_proc, of_cgroup, parse, setting_path, similar, sysvipc,
};
pub use rows::{Head, Rows};
pub use scalar::Scalar;
pub(crate) use spec::{Conversion, Spec};
pub use stream::{Piece, ReadError};
pub(crate) use stream::{Source, Stream};
