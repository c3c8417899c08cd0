//! `PID@START`: a process that is never taken for a later one with its number.

use std::{
    net::TcpListener,
    process::{Child, Command, Stdio},
};

use crate::{Proc, answer};

/// A process that does nothing.
struct Sleeper(Child);

impl Sleeper {
    fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut sleep = Command::new("sleep");
        sleep.arg("100000").stdout(Stdio::null());
        Self(
            sleep
                .stdin(std::os::fd::OwnedFd::from(listener))
                .spawn()
                .unwrap(),
        )
    }

    fn pid(&self) -> String {
        self.0.id().to_string()
    }

    /// As psgo shows it.
    fn start(&self) -> u64 {
        let pid = self.pid();
        let (_, out, _) = answer(["-pids", &pid, "-format", "starttime", "-no-header"]);
        out.trim().parse().unwrap()
    }
}

impl Drop for Sleeper {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

#[test]
fn a_process_is_named_by_its_start_in_every_command() {
    let sleeper = Sleeper::new();
    let (pid, start) = (sleeper.pid(), sleeper.start());
    let (own, others) = (format!("{pid}@{start}"), format!("{pid}@{}", start + 1));
    for command in [
        &["-format", "pid", "-pids"][..],
        &["-format", "pid", "-watch", "0.01", "-count", "2", "-pids"],
        &["files", "-pids"],
        &["files", "-watch", "0.01", "-count", "2", "-pids"],
        &["sockets", "-pids"],
        &["sockets", "-watch", "0.01", "-count", "2", "-pids"],
        &["inspect", "-only", "identity"],
        &["proc", "PID/stat", "-pids"],
        &["proc", "PID/stat", "-watch", "0.01", "-count", "2", "-pids"],
        &["-limit", "1", "-join"],
        &["inspect", "1", "-only", "identity", "-join"],
    ] {
        let asked = |process| answer(command.iter().copied().chain([process]));
        let (code, out, err) = asked(&own);
        assert_eq!(code, 0, "{command:?}: {err}");
        assert!(
            !out.is_empty() || command.contains(&"-watch"),
            "{command:?}"
        );
        let (code, out, err) = asked(&others);
        assert_eq!(code, 1, "{command:?}: {err}");
        // Headers alone.
        assert!(
            !out.contains(|c: char| c.is_ascii_digit()),
            "{command:?}: {out}"
        );
        let gone = "ended, and another process has its number";
        assert!(
            err.contains(gone) && err.contains(&pid),
            "{command:?}: {err}"
        );
    }
}

#[test]
fn each_process_that_is_named_stands_for_itself() {
    let proc = Proc::new(3);
    for (pids, lines, left_out) in [
        ("1@1001,3", "PID 1 3", ""),
        ("2,2@1002,2@1002", "PID 2", ""),
        ("1@7", "PID", "1"),
        ("1@7,2", "PID 2", "1"),
        // The first of them is not there.
        ("1@7,1@1001", "PID 1", "1"),
    ] {
        let (code, out, err) = proc.ask(&format!("-format pid -pids {pids}"));
        assert_eq!(out.lines().collect::<Vec<_>>().join(" "), lines, "{pids}");
        let (expected, line) = if left_out.is_empty() {
            (0, String::new())
        } else {
            let why = "ended, and another process has its number";
            (1, format!("psgo: left out: {left_out} ({why})\n"))
        };
        assert_eq!((code, err), (expected, line), "{pids}");
    }
}

#[test]
fn a_watch_ends_to_show_a_process_whose_number_is_given_to_another() {
    let proc = Proc::new(1);
    let args = [
        "-format", "pid", "-pids", "1@1001", "-watch", "0.01", "-count", "3",
    ];
    let (code, out, _) = answer(args.into_iter().chain(["-proc", proc.path()]));
    assert_eq!((code, out.as_str()), (0, "PID\n1\n\nPID\n1\n\nPID\n1\n"));
    let args = args.map(|arg| if arg == "1@1001" { "1@1002" } else { arg });
    let (code, out, err) = answer(args.into_iter().chain(["-proc", proc.path()]));
    assert_eq!(code, 1, "{err}");
    assert!(!out.contains('1'), "{out}");
}
