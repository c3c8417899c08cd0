//! Errors about a process that is not there.

use crate::{
    error::{Error, ErrorKind},
    ids::Pid,
};

/// The process is not there, or not any more.
pub(crate) fn gone(pid: Pid) -> Error {
    no_more(pid, "no such process")
}

/// The number is there, but was given to another process.
pub(crate) fn another(pid: Pid) -> Error {
    no_more(pid, "ended, and another process has its number")
}

pub(super) fn no_more(pid: Pid, reason: &'static str) -> Error {
    Error::new(ErrorKind::Gone, format!("process {pid}"), reason)
}
