//! A test in a process of its own.

use std::{
    env,
    path::PathBuf,
    process::{Command, Stdio},
    thread,
};

use super::calls::{Call, refuse};
use crate::machine::dir;

const ALONE: &str = "PSGO_TEST_ALONE";

/// Runs the body of the calling test in another process of this program, with no test beside it.
pub(super) fn alone(body: impl FnOnce()) {
    alone_without(&[], body);
}

/// The same on a kernel that lacks `calls`: a filter answers `ENOSYS` to them, `ENOTTY` to an
/// ioctl.
pub(super) fn alone_without(calls: &[Call], body: impl FnOnce()) {
    let name = thread::current().name().unwrap_or("main").to_owned();
    // A program that runs one test at a time does it on its first thread.
    if name == "main" || env::var_os(ALONE).is_some() {
        crate::machine::must_be_root();
        // The keeper has a pipe, which is not to be found later as something new.
        dir();
        // What is measured begins its own line.
        println!();
        return body();
    }
    another(&[], &name, &[], calls);
}

/// Runs a test of this program in another process, whose command line begins with `prefix`.
///
/// The kernel is as if it lacked `calls`.
pub(super) fn another(prefix: &[String], test: &str, variables: &[(&str, &str)], calls: &[Call]) {
    // Only what hangs takes as long, also on a machine that is busy otherwise.
    let limit = super::few_or_many(900, 3600).to_string();
    let mut words = vec!["timeout".to_owned(), "--signal=KILL".to_owned(), limit];
    words.extend_from_slice(prefix);
    let mut command = Command::new(&words[0]);
    let is_ioctl = |call: &Call| matches!(call, Call::Ioctl(_));
    for (errno, ioctls) in [(libc::ENOSYS, false), (libc::ENOTTY, true)] {
        let some = calls.iter().copied();
        let some: Vec<_> = some.filter(|call| is_ioctl(call) == ioctls).collect();
        if !some.is_empty() {
            refuse(&mut command, &some, errno);
        }
    }
    let output = command
        .args(&words[1..])
        .arg(program())
        .args(["--exact", test, "--include-ignored"])
        .args(["--nocapture", "--test-threads=1"])
        .env(ALONE, test)
        .envs(variables.iter().copied())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && told.contains("1 passed"),
        "{test}: {}\n{told}\n{complaint}",
        output.status
    );
    for line in told.lines().filter(|line| line.starts_with("measured")) {
        println!("{line}");
    }
}

/// This program, where every user can execute it.
pub(super) fn program() -> PathBuf {
    let built = env::current_exe().unwrap();
    let copy = dir().join("tests");
    if std::fs::hard_link(&built, &copy).is_err() && !copy.exists() {
        std::fs::copy(&built, &copy).unwrap();
    }
    copy
}
