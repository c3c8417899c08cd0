//! Plain processes of the host.

use std::{
    ffi::OsStr,
    fmt::Write as _,
    os::{
        fd::OwnedFd,
        unix::{ffi::OsStrExt as _, process::CommandExt as _},
    },
    process::{Child, Command, Stdio},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use super::{at_end, wait_for};
use crate::oracle::kernel;

/// A started process; it and, with `unshare --kill-child`, its namespace end with this value.
#[derive(Debug)]
pub(crate) struct Held(Child);

impl Held {
    /// Starts a command with nothing to read and nowhere to write, unless the command says so.
    pub(crate) fn start(command: &mut Command) -> Self {
        let child = command
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let pid = i32::try_from(child.id()).unwrap();
        if let Some(start) = kernel::start_ticks(pid) {
            at_end(&format!("end {pid} {start}"));
        }
        Self(child)
    }

    pub(crate) fn pid(&self) -> i32 {
        i32::try_from(self.0.id()).unwrap()
    }

    pub(crate) fn child(&mut self) -> &mut Child {
        &mut self.0
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A process that is nobody's child here, by its number and its start.
#[derive(Debug)]
pub(crate) struct Started {
    pid: i32,
    start: i64,
}

impl Started {
    pub(crate) fn of(pid: i32) -> Self {
        let start = kernel::start_ticks(pid).expect("it has just been seen");
        at_end(&format!("end {pid} {start}"));
        Self { pid, start }
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        if kernel::start_ticks(self.pid) == Some(self.start) {
            let _ = kill(Pid::from_raw(self.pid), Signal::SIGKILL);
        }
    }
}

/// `sleep` that does nothing for longer than any test.
pub(crate) fn sleeping() -> Held {
    let held = Held::start(quiet(Command::new("sleep").arg("100000")));
    until_running(held.pid(), "sleep");
    held
}

/// `sleep` with these for its standard input, output and error.
pub(crate) fn holding(fds: [OwnedFd; 3]) -> Held {
    let [stdin, stdout, stderr] = fds.map(Stdio::from);
    let mut command = Command::new("sleep");
    let command = command.arg("100000").stdin(stdin).stdout(stdout);
    let held = Held::start(command.stderr(stderr));
    until_running(held.pid(), "sleep");
    held
}

/// No input, no output.
pub(crate) fn quiet(command: &mut Command) -> &mut Command {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
}

/// Waits until the process has executed what it is to be and sleeps in it.
pub(crate) fn until_running(pid: i32, comm: &str) {
    wait_for(&format!("{pid} is {comm}"), || {
        (kernel::comm(pid)? == comm.as_bytes() && kernel::status(pid)?["State"].starts_with('S'))
            .then_some(())
    });
}

/// A process with any name, any argument vector: a shell that renames itself and waits for input.
pub(crate) fn named(comm: &[u8], argv0: &[u8], argument: &[u8]) -> Held {
    let octal = comm.iter().fold(String::new(), |mut octal, byte| {
        write!(octal, "\\{byte:03o}").unwrap();
        octal
    });
    let held = Held::start(
        quiet(&mut Command::new("sh"))
            .arg0(OsStr::from_bytes(argv0))
            .arg("-c")
            .arg(format!("printf '{octal}' >/proc/$$/comm; read -r line"))
            .arg(OsStr::from_bytes(argument))
            .stdin(Stdio::piped()),
    );
    let pid = held.pid();
    wait_for("the process has its name", || {
        (kernel::comm(pid)? == comm && kernel::status(pid)?["State"].starts_with('S')).then_some(())
    });
    held
}
