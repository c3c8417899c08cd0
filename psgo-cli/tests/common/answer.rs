//! What the command answers.
#![allow(dead_code, reason = "some tests use a part")]

use std::process::{Command, Output, Stdio};

/// The command, without input.
pub(crate) fn psgo(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_psgo"));
    command.args(args).stdin(Stdio::null());
    command
}

/// Its exit code, output and errors.
pub(crate) fn run(args: &[&str]) -> (i32, String, String) {
    ended(&psgo(args).output().unwrap())
}

/// The exit code, output and errors of what has ended.
pub(crate) fn ended(output: &Output) -> (i32, String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (
        output.status.code().unwrap(),
        text(&output.stdout),
        text(&output.stderr),
    )
}

/// The pid of the test.
pub(crate) fn me() -> String {
    std::process::id().to_string()
}
