//! How a process ended.

use std::{os::unix::process::ExitStatusExt as _, process::ExitStatus};

use psgo::{Process, Value, signal_name};

use crate::inspect::document::{int, maybe, object};

/// `exited with 3`, `killed by SIGKILL`.
pub(in crate::inspect) fn told(status: ExitStatus) -> String {
    let core = if status.core_dumped() {
        ", with a core dump"
    } else {
        ""
    };
    match (status.code(), signal(status)) {
        (Some(code), _) => format!("exited with {code}"),
        (None, Some(signal)) => format!("killed by {}{core}", signal_name(signal)),
        (None, None) => status.into_raw().to_string(),
    }
}

fn signal(status: ExitStatus) -> Option<u32> {
    status
        .signal()
        .and_then(|signal| u32::try_from(signal).ok())
}

/// Null of a process that has not ended.
pub(super) fn value(process: &Process) -> psgo::Result<Value> {
    let status = process.exit_status()?;
    Ok(maybe(status.map(|status| {
        let name = signal(status).map(signal_name);
        object([
            ("code", maybe(status.code().map(int))),
            ("signal", maybe(name.map(Value::Text))),
            ("core_dumped", Value::Bool(status.core_dumped())),
        ])
    })))
}
