//! `psgo completions SHELL`

use clap::{Arg, Command, value_parser};
use clap_complete::Shell;

use crate::{
    args,
    failure::{Answer, Failure},
    output,
};

/// The description.
pub(crate) fn describe(command: Command) -> Command {
    command
        .arg(
            Arg::new("shell")
                .value_name("SHELL")
                .required(true)
                .value_parser(value_parser!(Shell))
                .help("The shell they are for"),
        )
        .arg(args::help())
}

/// Prints the completions of psgo for `shell`.
pub(crate) fn print(shell: Shell) -> Result<Answer, Failure> {
    // By way of memory: clap_complete panics when it cannot write.
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut args::command(), "psgo", &mut script);
    output::print(&String::from_utf8_lossy(&script))?;
    Ok(Answer::Complete)
}
