//! An open directory of a `/proc`, and every open below it, guarded.

mod files;
mod reader;

pub(crate) use files::{OpenFile, PidList, ProcessDir, Procfs, is_too_long};
pub(crate) use reader::{KEPT, Reader};
