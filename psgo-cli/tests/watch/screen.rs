//! What a terminal shows, and that it is given back.

use std::{
    fs::File,
    io::{Read as _, Write as _},
    os::fd::{AsFd as _, OwnedFd},
    process::{Child, Command},
    sync::{Arc, Condvar, Mutex},
    thread::{self, JoinHandle},
    time::Instant,
};

use nix::{
    poll::{PollFd, PollFlags, PollTimeout, poll},
    sys::{
        signal::Signal,
        termios::{LocalFlags, tcgetattr},
    },
};

use crate::{PATIENCE, PSGO, Proc, ended, psgo, pty, signal, until, wait_for_end};

/// A command on a terminal of its own.
struct Terminal {
    screen: File,
    /// Its other side, which shows its mode.
    line: Option<OwnedFd>,
    reader: Option<JoinHandle<()>>,
    shown: Arc<(Mutex<Vec<u8>>, Condvar)>,
    child: Child,
}

impl Terminal {
    fn start(rows: u16, columns: u16, command: &[&str]) -> Self {
        let pty = pty::open(rows, columns);
        let line = || pty.slave.try_clone().unwrap();
        // The terminal is its own, so that Ctrl-C and a new size are signals to it. Under nohup a
        // hang-up would be ignored.
        let child = Command::new("env")
            .args(["--default-signal=HUP", "setsid", "--ctty"])
            .args(command)
            .env("TERM", "xterm")
            .env("NO_COLOR", "1")
            .env_remove("COLUMNS")
            .stdin(line())
            .stdout(line())
            .stderr(line())
            .spawn()
            .unwrap();
        let shown = Arc::new((Mutex::new(Vec::new()), Condvar::new()));
        let screen = File::from(pty.master);
        let (mut from, to) = (screen.try_clone().unwrap(), Arc::clone(&shown));
        let reader = thread::spawn(move || {
            let mut part = [0; 4096];
            while let Ok(count @ 1..) = from.read(&mut part) {
                to.0.lock().unwrap().extend_from_slice(&part[..count]);
                to.1.notify_all();
            }
        });
        Self {
            screen,
            line: Some(pty.slave),
            reader: Some(reader),
            shown,
            child,
        }
    }

    /// Psgo on a proc directory, watched.
    fn watch(rows: u16, columns: u16, proc: &Proc, more: &[&str]) -> Self {
        let args = [PSGO, "-proc", proc.path(), "-watch", "0.05"];
        Self::start(rows, columns, &[&args[..], more].concat())
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.shown.0.lock().unwrap()).into_owned()
    }

    fn mark(&self) -> usize {
        self.shown.0.lock().unwrap().len()
    }

    /// The first whole picture after `mark` that is as wanted, line by line.
    fn picture(&self, mark: usize, is_wanted: impl Fn(&[String]) -> bool) -> Vec<String> {
        let give_up = Instant::now() + PATIENCE;
        let mut shown = self.shown.0.lock().unwrap();
        loop {
            let text = String::from_utf8_lossy(&shown[mark..]).into_owned();
            for frame in text.split("\x1b[H").skip(1) {
                let Some((frame, _)) = frame.split_once("\x1b[J") else {
                    continue;
                };
                let lines = frame.split_terminator("\r\n");
                let lines: Vec<_> = lines.map(|line| line.replace("\x1b[K", "")).collect();
                if is_wanted(&lines) {
                    return lines;
                }
            }
            assert!(Instant::now() < give_up, "{text:?}");
            shown = self.shown.1.wait_timeout(shown, PATIENCE).unwrap().0;
        }
    }

    fn wait_for(&self, what: &str) {
        until(what, || self.text().contains(what));
    }

    fn type_in(&mut self, keys: &[u8]) {
        self.screen.write_all(keys).unwrap();
    }

    fn resize(&self, rows: u16, columns: u16) {
        let (rows, columns) = (rows.to_string(), columns.to_string());
        let status = Command::new("stty")
            .args(["rows", &rows, "cols", &columns])
            .stdin(self.line.as_ref().unwrap().try_clone().unwrap())
            .status();
        assert!(status.unwrap().success());
    }

    /// Whether it gives out keys as they are struck.
    fn is_raw(&self) -> bool {
        let mode = tcgetattr(self.line.as_ref().unwrap()).unwrap().local_flags;
        !mode.intersects(LocalFlags::ICANON | LocalFlags::ECHO)
    }

    /// The exit code; all that was ever shown.
    fn end(mut self) -> (i32, String) {
        wait_for_end(&mut self.child);
        let code = self.child.wait().unwrap().code().unwrap();
        assert!(!self.is_raw(), "the terminal's mode was not put back");
        // When nobody holds that side any more, all that was written has been read.
        drop(self.line.take());
        self.reader.take().unwrap().join().unwrap();
        let text = self.text();
        let last = |code| text.rfind(code);
        assert!(last("\x1b[?25h") >= last("\x1b[?25l"), "{text}");
        (code, text)
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // Where a test failed; otherwise it has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_picture_keeps_to_the_rows_and_columns() {
    let proc = Proc::new("fits", 50);
    let wide = ["-format", "user=A-HEADER-OF-MORE-THAN-HALF,pid,args"];
    let mut terminal = Terminal::watch(10, 40, &proc, &wide);
    let lines = terminal.picture(0, |_| true);
    assert_eq!(lines.len(), 9, "{lines:?}");
    assert!(lines.iter().all(|line| line.len() <= 40), "{lines:?}");
    assert!(lines[0].contains(", every 50ms: 50 process"), "{lines:?}");
    assert!(
        lines[1].starts_with("A-HEADER-OF-MORE-THAN-+   PID   COMMAND"),
        "{lines:?}"
    );
    // A status, a header, six processes and the others.
    assert_eq!(lines[8], "... 44 more");
    terminal.type_in(b"q");
    assert_eq!(terminal.end().0, 0);

    let narrow = Terminal::watch(6, 12, &proc, &wide);
    let lines = narrow.picture(0, |_| true);
    assert!(
        lines.len() == 5 && lines.iter().all(|line| line.chars().count() <= 12),
        "{lines:?}"
    );
    signal(&narrow.child, Signal::SIGTERM);
    assert_eq!(narrow.end().0, 0);

    let all = Terminal::watch(60, 80, &proc, &["-format", "pid", "-no-header"]);
    let lines = all.picture(0, |_| true);
    assert_eq!((lines.len(), lines[50].as_str()), (51, "50"));
    signal(&all.child, Signal::SIGHUP);
    assert_eq!(all.end().0, 0);
}

#[test]
fn keys_and_signals_end_it_and_the_picture_stays() {
    let proc = Proc::new("ends", 3);
    for ends in ["q", "Q", "\x03", "\x1c", "xyq"] {
        let mut terminal = Terminal::watch(24, 80, &proc, &["-format", "pid,args"]);
        terminal.picture(0, |_| true);
        assert!(terminal.is_raw());
        terminal.type_in(ends.as_bytes());
        let (code, text) = terminal.end();
        assert_eq!(code, 0, "{ends:?}");
        let (_, after) = text.rsplit_once("name-of-3").unwrap();
        let after = after
            .replace("\x1b[K", "")
            .replace("\x1b[J", "")
            .replace("\x1b[?25h", "");
        let after = after.strip_prefix("\r\npsgo: ").unwrap();
        assert!(after.ends_with(": 0 came, 0 went\r\n"), "{after:?}");
        assert!(
            after.contains(" look") && after.lines().count() == 1,
            "{after:?}"
        );
    }
}

#[test]
fn keys_that_mean_nothing_do_nothing() {
    let proc = Proc::new("keys", 1);
    let mut terminal = Terminal::watch(24, 80, &proc, &["-format", "pid"]);
    terminal.picture(0, |_| true);
    // An arrow, a function key, letters.
    terminal.type_in(b"\x1b[A\x1bOq");
    let mark = terminal.mark();
    terminal.picture(mark, |_| true);
    terminal.type_in(b"abc\n ");
    let mark = terminal.mark();
    terminal.picture(mark, |_| true);
    assert!(terminal.child.try_wait().unwrap().is_none());
    terminal.type_in(b"q");
    assert_eq!(terminal.end().0, 0);
}

#[test]
fn a_window_that_changes_is_drawn_anew_at_once() {
    let proc = Proc::new("resize", 50);
    let args = [
        PSGO,
        "-proc",
        proc.path(),
        "-watch",
        "3600",
        "-format",
        "pid,args",
    ];
    let mut terminal = Terminal::start(10, 40, &args);
    let before = terminal.picture(0, |_| true);
    let mark = terminal.mark();
    terminal.resize(20, 14);
    // Rows and columns come one after the other: there is a picture between.
    let fits = |lines: &[String]| lines.len() == 19 && lines.iter().all(|line| line.len() <= 14);
    let after = terminal.picture(mark, fits);
    // The same look.
    assert_eq!(after[0], before[0][..14]);
    let mark = terminal.mark();
    terminal.resize(80, 60);
    let after = terminal.picture(mark, |lines| {
        lines.len() == 52 && lines[51].ends_with("-50")
    });
    assert_eq!(
        (after[0].as_str(), after[51].as_str()),
        (&*format!("{}came, 0 went", before[0]), "50    name-of-50")
    );
    terminal.type_in(b"q");
    let (code, text) = terminal.end();
    assert!(code == 0 && text.contains("psgo: 1 look in "), "{text}");
}

#[test]
fn a_picture_tells_who_came_went_and_did_not_answer() {
    let proc = Proc::new("status", 3);
    let terminal = Terminal::watch(24, 80, &proc, &["-format", "pid", "-pids", "1,2,3,4"]);
    let ends = |end: &'static str| move |lines: &[String]| lines[0].ends_with(end);
    let gone = "3 processes, 0 came, 0 went; left out: 4 (no such process)";
    terminal.picture(0, ends(gone));
    proc.add(4);
    terminal.picture(0, ends("4 processes, 1 came, 0 went"));
    signal(&terminal.child, Signal::SIGINT);
    let (code, text) = terminal.end();
    assert!(
        code == 0 && text.ends_with(": 1 came, 0 went\r\n"),
        "{text}"
    );
    let terminal = Terminal::watch(24, 80, &proc, &["-format", "pid"]);
    terminal.picture(0, ends("4 processes, 0 came, 0 went"));
    proc.remove(1);
    terminal.picture(0, ends("3 processes, 0 came, 1 went"));
    signal(&terminal.child, Signal::SIGTERM);
    assert_eq!(terminal.end().0, 0);
}

/// A terminal that is halted, or whose window hangs.
#[test]
fn a_terminal_that_takes_nothing_cannot_keep_it() {
    let proc = Proc::new("halted", 50);
    let pty = pty::open(60, 80);
    let line = || pty.slave.try_clone().unwrap();
    let args = ["-proc", proc.path(), "-watch", "0.001", "-format", "pid"];
    let mut command = psgo(&args);
    command.env("TERM", "xterm").stdin(line()).stdout(line());
    let child = command.spawn().unwrap();
    until("it takes too much", || {
        let mut files = [PollFd::new(pty.slave.as_fd(), PollFlags::POLLOUT)];
        poll(&mut files, PollTimeout::ZERO).unwrap() == 0
    });
    signal(&child, Signal::SIGTERM);
    let (code, _, err) = ended(child);
    assert!(code == 0 && err.starts_with("psgo: "), "{err}");
    let mode = tcgetattr(&pty.slave).unwrap().local_flags;
    assert!(mode.contains(LocalFlags::ICANON | LocalFlags::ECHO));
}

#[test]
fn ctrl_z_gives_the_terminal_back_and_fg_takes_it_again() {
    let proc = Proc::new("stop", 3);
    let watch = format!("{PSGO} -proc {} -watch 0.05 -format pid", proc.path());
    let script = format!("set -m; {watch}; stty -a; echo is stopped; fg; echo ended $?");
    let mut terminal = Terminal::start(24, 80, &["sh", "-c", &script]);
    terminal.picture(0, |_| true);
    terminal.type_in(b"\x1a");
    terminal.wait_for("is stopped");
    let text = terminal.text();
    assert!(
        text.contains(" icanon ") && text.contains(" echo "),
        "{text}"
    );
    let stopped = text.find("is stopped").unwrap();
    terminal.picture(stopped, |_| true);
    until("keys are not read", || terminal.is_raw());
    terminal.type_in(b"q");
    let (code, text) = terminal.end();
    assert!(code == 0 && text.ends_with("ended 0\r\n"), "{text}");
}

#[test]
fn a_failure_puts_the_terminal_back() {
    let proc = Proc::new("failure", 1);
    let missing = format!("{}/no", proc.path());
    let args = [PSGO, "-proc", &missing, "-watch", "1"];
    let (code, text) = Terminal::start(24, 80, &args).end();
    assert!(code == 2 && text.contains("psgo: "), "{text}");
}

#[test]
fn so_many_looks_leave_their_picture() {
    let proc = Proc::new("counts", 2);
    let terminal = Terminal::watch(24, 80, &proc, &["-format", "pid,args", "-count", "3"]);
    let (code, text) = terminal.end();
    assert_eq!((code, text.matches("\x1b[H").count()), (0, 3), "{text}");
    assert!(text.contains("name-of-2"), "{text}");
}

#[test]
fn a_terminal_without_a_cursor_gets_table_after_table() {
    let proc = Proc::new("dumb", 1);
    let args = [
        "env",
        "TERM=dumb",
        PSGO,
        "-proc",
        proc.path(),
        "-format",
        "pid",
    ];
    let terminal = Terminal::start(
        24,
        80,
        &[&args[..], &["-watch", "0.01", "-count", "2"]].concat(),
    );
    until("not two tables", || {
        terminal.text() == "PID\r\n1\r\n\r\nPID\r\n1\r\n"
    });
}
