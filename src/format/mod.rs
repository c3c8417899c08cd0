//! The files of `/proc`: bytes are parsed into records, and records are written as the same bytes.
//!
//! Each kernel file has one source file here, with its record: field names are the kernel's labels
//! in snake case, units are the kernel's. A record is described once, by the kernel's printf
//! directive for each field; [`parse`](Record::parse) and [`write`](Record::write) both follow from
//! that.
//!
//! The round-trip law: for any bytes, either parsing fails, or writing the parsed record gives
//! exactly these bytes. So a number is accepted only in the form that the kernel prints, and what a
//! later kernel adds is kept: further columns in the [`Rest`] of a line, unknown lines in their
//! place. No input causes a panic.
//!
//! This module opens no file.
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
// Tests cover all records, whichever features are enabled.
#[cfg(any(test, feature = "records"))]
mod records;
mod rows;
mod scalar;
mod spec;
mod stream;
#[cfg(any(test, feature = "system"))]
mod system;
pub mod tty;

pub use aligned::Aligned;
pub(crate) use cursor::Cursor;
pub use cursor::ParseError;
pub(crate) use describe::{lines, record};
pub use escaped::{LinePath, Mangled, MountPath, OctalEscaped};
pub use field::Rest;
pub(crate) use field::{Field, Item};
pub use file::File;
pub(crate) use file::{LARGEST_FILE, read_whole};
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
