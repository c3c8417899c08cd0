//! `psgo proc`: a file of `/proc` as records, or a copy of one.

use crate::failure::{Answer, Failure};
use grammar::What;

mod check;
mod copies;
mod forms;
mod grammar;
mod indented;
mod moves;
mod print;
mod records;
mod report;
mod targets;

pub(crate) use grammar::{Proc, describe, request};

/// Answers what was asked.
pub(crate) fn proc(proc: &Proc) -> Result<Answer, Failure> {
    match &proc.what {
        What::File(path) => match proc.watch {
            None => print::file(proc, path),
            Some(watch) => moves::watch(proc, path, watch),
        },
        What::Copy(path, format) => print::copy(proc, path, format.as_deref()),
        What::Input(format) => print::input(proc, format),
        What::List => check::list(proc),
        What::Check => check::check(proc),
    }
}
