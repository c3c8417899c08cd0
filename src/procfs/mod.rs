//! An open directory of a `/proc`, and every open below it, guarded.

mod files;
mod links;
mod open;
mod reader;

pub(crate) use files::{PidList, ProcessDir, Procfs};
pub(crate) use open::OpenFile;
pub(crate) use reader::{KEPT, Reader};
