//! Everything that is read or called for another process: how it can wait, in which function of the
//! kernel, and who therefore does it. One table, and the names by which alone files are opened.

#[cfg(test)]
mod calls;
mod cause;
#[cfg(test)]
mod lists;
mod machine;
mod name;
mod processes;
mod reader;
mod row;

#[cfg(test)]
pub(crate) use calls::{CALLS, Call, OF_THIS_PROCESS};
pub(crate) use cause::Cause;
pub(crate) use name::{Name, Numbered, Path, machine_file, process_file};
pub(crate) use reader::{Reader, as_one_that_can_be_left};
