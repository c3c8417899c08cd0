//! The `psgo` command: arguments, the library's answer, its form, the exit code.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

use std::process::ExitCode;

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
mod output;
mod proc;
mod stdout;
mod supervisor;
mod sync;
mod sys;
mod terminal;
mod watch;
mod wrong_use;

fn main() -> ExitCode {
    supervisor::supervised(|| failure::exit(answer()))
}

fn answer() -> Result<Answer, Failure> {
    match args::parse(std::env::args_os())? {
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
