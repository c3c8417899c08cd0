//! The `psgo` command: arguments, the library's answer, its form, the exit code.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]
#![cfg_attr(not(test), no_main)]

use std::ffi::OsString;

use crate::{
    args::Request,
    failure::{Answer, Failure},
};

mod ansi;
mod args;
mod completions;
mod console;
mod descriptors;
mod drift;
mod failure;
mod flags;
mod fold;
mod inspect;
mod left_out;
mod list;
#[cfg(test)]
mod man;
mod meant;
#[cfg(test)]
mod modes;
mod output;
mod own;
mod proc;
mod stdout;
mod supervisor;
mod sync;
mod sys;
mod terminal;
mod watch;
mod wrong_use;

sys::entry!(run);

/// The whole of the command, and its exit code.
#[cfg_attr(test, expect(dead_code, reason = "tests have an entry of their own"))]
fn run(args: &[OsString]) -> u8 {
    supervisor::supervised(|| failure::exit(answer(args)))
}

fn answer(args: &[OsString]) -> Result<Answer, Failure> {
    match args::parse(args.iter().cloned())? {
        Request::List(list) => list::list(&list),
        Request::Descriptors(subject) => descriptors::list(subject),
        Request::Inspect(inspect) => inspect::inspect(&inspect),
        Request::Proc(proc) => proc::proc(&proc),
        Request::Drift(drift) => drift::drift(&drift),
        Request::Completions(shell) => completions::print(shell, &mut args::command()),
        Request::Text(text) => {
            output::print(&text)?;
            Ok(Answer::Complete)
        }
    }
}
