//! `psgo completions SHELL`

use clap::{Arg, Command, value_parser};
use clap_complete::Shell;

use crate::{
    failure::{Answer, Failure},
    flags::help,
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
        .arg(help())
}

/// Prints the completions of `command`, which is psgo, for `shell`.
pub(crate) fn print(shell: Shell, command: &mut Command) -> Result<Answer, Failure> {
    // To memory first: clap_complete panics when it cannot write.
    let mut script = Vec::new();
    clap_complete::generate(shell, command, "psgo", &mut script);
    output::print(&String::from_utf8_lossy(&script))?;
    Ok(Answer::Complete)
}
