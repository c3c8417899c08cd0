//! On a terminal: the worker has it as the command has.

use std::{
    fs::{self, File},
    io::{self, PipeWriter, Read as _, Write as _},
    os::{
        fd::{AsFd as _, OwnedFd},
        unix::process::ExitStatusExt as _,
    },
    process::Command,
    sync::{Arc, Mutex},
    thread::{self, JoinHandle},
};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use crate::{PSGO, Proc, Psgo, children, has_state, is_gone, pty, until};

/// A command whose terminal this is.
struct Terminal {
    screen: Option<File>,
    /// Whoever reads from it has it open too, and ends when the pipe does.
    reader: Option<(PipeWriter, JoinHandle<()>)>,
    shown: Arc<Mutex<Vec<u8>>>,
    /// `setsid`, which is then the command.
    psgo: Psgo,
}

impl Terminal {
    fn start(rows: u16, columns: u16, command: &[&str]) -> Self {
        let pty = pty::open(rows, columns);
        let line = || -> OwnedFd { pty.slave.try_clone().unwrap() };
        // Under nohup a hang-up would be ignored.
        let mut given = Command::new("env");
        given
            .args(["--default-signal=HUP", "setsid", "--ctty"])
            .args(command)
            .env("TERM", "xterm")
            .env_remove("NO_COLOR")
            .env_remove("COLUMNS")
            .stdin(line())
            .stdout(line())
            .stderr(line());
        let psgo = Psgo::start(&mut given);
        drop(given);
        let shown = Arc::new(Mutex::new(Vec::new()));
        let screen = File::from(pty.master);
        let (mut from, to) = (screen.try_clone().unwrap(), Arc::clone(&shown));
        let (end, ends) = io::pipe().unwrap();
        let reader = thread::spawn(move || {
            let mut part = [0; 4096];
            loop {
                let mut ready = [
                    PollFd::new(from.as_fd(), PollFlags::POLLIN),
                    PollFd::new(end.as_fd(), PollFlags::POLLIN),
                ];
                poll(&mut ready, PollTimeout::NONE).unwrap();
                if ready[1].any() == Some(true) {
                    return;
                }
                let Ok(count @ 1..) = from.read(&mut part) else {
                    return;
                };
                to.lock().unwrap().extend_from_slice(&part[..count]);
            }
        });
        Self {
            screen: Some(screen),
            reader: Some((ends, reader)),
            shown,
            psgo,
        }
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.shown.lock().unwrap()).into_owned()
    }

    fn wait_for(&self, what: &str) {
        until(what, || self.text().contains(what).then_some(()));
    }

    /// Closes it: the terminal hangs up.
    fn close(&mut self) {
        if let Some((ends, reader)) = self.reader.take() {
            drop(ends);
            reader.join().unwrap();
        }
        drop(self.screen.take());
    }

    fn type_in(&mut self, keys: &[u8]) {
        self.screen.as_mut().unwrap().write_all(keys).unwrap();
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.close();
    }
}

#[test]
fn a_terminal_stays_one_for_the_worker() {
    let proc = Proc::new(2);
    let command = [PSGO, "-proc", proc.path(), "-format", "pid,args"];
    // The number of rows does not matter, and may be unknown.
    for rows in [24, 0] {
        let mut terminal = Terminal::start(rows, 30, &command);
        assert_eq!(terminal.psgo.status().code(), Some(0));
        terminal.wait_for("\r\n2 ");
        let text = terminal.text();
        let (header, rows) = text.split_once("\r\n").unwrap();
        assert!(header.starts_with("\x1b[1mPID"), "{text:?}");
        let rows: Vec<_> = rows.lines().collect();
        assert_eq!(rows.len(), 2, "{text:?}");
        assert!(rows.iter().all(|row| row.len() == 30), "{text:?}");
    }
}

/// Errors on a pipe beside it, and the terminal for errors alone.
#[test]
fn a_terminal_beside_a_pipe_stays_one() {
    let proc = Proc::new(1);
    for (to, shown) in [
        ("2>/dev/null", "\x1b[1mPID"),
        (">/dev/null", "psgo: left out: 7"),
    ] {
        let line = format!("\"$0\" \"$@\" {to} | cat; \"$0\" \"$@\" {to}; echo ended $?");
        let mut command = vec!["sh", "-c", &line, PSGO, "-proc", proc.path()];
        command.extend(["-format", "pid", "-pids", "1,7"]);
        let mut terminal = Terminal::start(24, 80, &command);
        terminal.wait_for("ended 1");
        terminal.wait_for(shown);
        assert_eq!(terminal.psgo.status().code(), Some(0));
    }
}

/// What reads standard input, so that it waits for us.
const READS: [&str; 4] = ["proc", "-as", "comm", "-"];

#[test]
fn ctrl_c_ends_both() {
    let line = "\"$0\" \"$@\"; echo ended $?";
    let command = [&["sh", "-c", line, PSGO][..], &READS].concat();
    let mut terminal = Terminal::start(24, 80, &command);
    let worker = until("there is no worker", || {
        let [psgo] = children(terminal.psgo.pid())[..] else {
            return None;
        };
        let [worker] = children(psgo)[..] else {
            return None;
        };
        has_state(worker, 'S').map(|()| worker)
    });
    terminal.type_in(b"\x03");
    // A shell script ends by the signal that ends what it waits for.
    let status = terminal.psgo.status();
    let is_told = terminal.text().contains("ended 130");
    assert!(status.signal() == Some(2) || is_told, "{status}");
    until("the worker stays", || is_gone(worker));
}

#[test]
fn ctrl_z_stops_both_for_the_shell_to_see() {
    let line = "set -m; \"$0\" \"$@\"; echo is stopped $?; jobs; fg; echo ended $?";
    let command = [&["sh", "-c", line, PSGO][..], &READS].concat();
    let mut terminal = Terminal::start(24, 80, &command);
    let find = |terminal: &Terminal| {
        until("there is no worker", || {
            let [psgo] = children(terminal.psgo.pid())[..] else {
                return None;
            };
            let [worker] = children(psgo)[..] else {
                return None;
            };
            has_state(worker, 'S').map(|()| (psgo, worker))
        })
    };
    let (psgo, worker) = find(&terminal);
    terminal.type_in(b"\x1a");
    terminal.wait_for("is stopped 148");
    terminal.wait_for("topped");
    // The shell continues it at once, and then it reads on.
    until("it does not go on", || has_state(psgo, 'S'));
    until("it does not go on", || has_state(worker, 'S'));
    terminal.type_in(b"name\n\x04");
    terminal.wait_for("ended 0");
}

#[test]
fn a_terminal_that_closes_ends_both() {
    let proc = Proc::new(1);
    let (out, errors) = (proc.0.join("out"), proc.0.join("errors"));
    // The leader of the session is told of it, and the foreground when that has ended.
    for is_leader in [true, false] {
        for to in ["", ">\"$OUT\" 2>\"$ERRORS\""] {
            for args in [&["-proc", proc.path(), "-watch", "3600"][..], &READS] {
                println!("{args:?} {to}, leader: {is_leader}");
                fs::write(&out, "").unwrap();
                fs::write(&errors, "").unwrap();
                let line = if is_leader {
                    format!("exec \"$0\" \"$@\" {to}")
                } else {
                    format!("\"$0\" \"$@\" {to}; true")
                };
                let (out_is, errors_are) = (out.display(), errors.display());
                let line = format!("OUT={out_is} ERRORS={errors_are}; {line}");
                let command = [&["sh", "-c", &line, PSGO][..], args].concat();
                let mut terminal = Terminal::start(24, 80, &command);
                let (psgo, worker) = until("there is no worker", || {
                    let mut psgo = terminal.psgo.pid();
                    while !is_psgo(psgo) {
                        psgo = *children(psgo).first()?;
                    }
                    let worker = *children(psgo).first()?;
                    has_state(worker, 'S').map(|()| (psgo, worker))
                });
                let is_watch = args.contains(&"-watch");
                if is_watch {
                    let is_shown = |text: String| text.contains("PID").then_some(());
                    until("nothing is shown", || {
                        is_shown(terminal.text() + &fs::read_to_string(&out).unwrap())
                    });
                }
                terminal.close();
                until("the command stays", || is_gone(psgo));
                until("the worker stays", || is_gone(worker));
                if is_watch && !to.is_empty() {
                    // In order, as any signal ends it.
                    let said = fs::read_to_string(&errors).unwrap();
                    assert!(said.contains("1 look in "), "{said}");
                }
            }
        }
    }
}

fn is_psgo(pid: nix::unistd::Pid) -> bool {
    fs::read(format!("/proc/{pid}/comm")).is_ok_and(|comm| comm == b"psgo\n")
}

#[test]
fn in_the_background_it_stops_where_the_terminal_is_another_jobs() {
    let proc = Proc::new(1);
    let line = "set -m; \"$0\" \"$@\" & wait $!; echo is stopped; jobs; fg; echo ended $?";
    let mut command = vec!["sh", "-c", line, PSGO];
    command.extend(["-proc", proc.path(), "-watch", "3600"]);
    let mut terminal = Terminal::start(24, 80, &command);
    terminal.wait_for("is stopped");
    terminal.wait_for("topped (tty output)");
    terminal.wait_for("\x1b[H");
    terminal.type_in(b"q");
    terminal.wait_for("ended 0");
}
