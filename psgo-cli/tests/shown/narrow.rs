//! On terminals of all widths: no line is longer.

use std::{
    fs::{self, File},
    os::{
        fd::{AsRawFd as _, OwnedFd},
        unix::net::UnixListener,
    },
    path::PathBuf,
    process::Command,
    sync::atomic::{AtomicU32, Ordering},
};

use nix::sys::{
    time::TimeSpec,
    timer::{Expiration, TimerSetTimeFlags},
    timerfd::{ClockId, TimerFd, TimerFlags},
};
use unicode_width::UnicodeWidthStr as _;

use crate::{PSGO, pty};

/// The lines that a command shows on a terminal of so many columns, its errors aside.
fn shown(columns: u16, env: &[(&str, &str)], args: &[&str]) -> Vec<String> {
    let pty = pty::open(24, columns);
    let line = || -> OwnedFd { pty.slave.try_clone().unwrap() };
    let mut command = Command::new("timeout");
    command
        .args(["--foreground", "60", PSGO])
        .args(args)
        .env("TERM", "xterm")
        .env("NO_COLOR", "1")
        .env_remove("COLUMNS")
        .envs(env.iter().copied())
        .stdin(line())
        .stdout(line())
        .stderr(std::process::Stdio::null());
    let mut child = command.spawn().unwrap();
    drop(command);
    drop(pty.slave);
    let text = pty::read_to_end(pty.master);
    let status = child.wait().unwrap();
    assert!(matches!(status.code(), Some(0 | 1)), "{args:?}: {status}");
    text.lines()
        .map(|line| line.trim_end_matches('\r').to_owned())
        .collect()
}

/// What this process has open, by names that are long, wide and combined.
struct Things {
    dir: PathBuf,
    _open: (File, UnixListener, TimerFd),
}

impl Things {
    fn new() -> Self {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let me = std::process::id();
        let name = format!("psgo-narrow-{me}-{number}-日本語日本語-e\u{301}e\u{301}");
        let dir = std::env::temp_dir().join(name);
        fs::create_dir_all(&dir).unwrap();
        let file = File::create(dir.join("語".repeat(60))).unwrap();
        let listener = UnixListener::bind(dir.join("s❤\u{fe0f}\u{1b}[31m")).unwrap();
        let timer = TimerFd::new(ClockId::CLOCK_MONOTONIC, TimerFlags::TFD_CLOEXEC).unwrap();
        let hour = Expiration::OneShot(TimeSpec::new(3600, 0));
        timer.set(hour, TimerSetTimeFlags::empty()).unwrap();
        assert!(file.as_raw_fd() > 2);
        Self {
            dir,
            _open: (file, listener, timer),
        }
    }
}

impl Drop for Things {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.dir).unwrap();
    }
}

#[test]
fn no_line_is_longer_than_the_terminal() {
    let _things = Things::new();
    let me = std::process::id().to_string();
    let status = format!("{me}/status");
    let commands: [&[&str]; 14] = [
        &[],
        &["-format", "+rss,starttime"],
        &["-format", "args,pid"],
        &["-human", "-format", "+vsz"],
        &["-format", "pid:30,args:300,user:4"],
        &["sockets"],
        &["sockets", "-format", "local,remote,state"],
        &["files", "-pids", &me],
        &["files", "-pids", &me, "-format", "name,pid,kind"],
        &["timers", "-pids", &me],
        &["-list"],
        &["files", "-list"],
        &["inspect", &me],
        &["proc", &status],
    ];
    for columns in [20, 40, 80, 200] {
        for command in commands {
            let lines = shown(columns, &[], command);
            assert!(lines.len() > 1, "{command:?} at {columns}: {lines:?}");
            for line in &lines {
                let width = line.width();
                assert!(
                    width <= usize::from(columns),
                    "{command:?} at {columns}: {width}: {line:?}"
                );
            }
        }
    }
    // Tables of /proc's files, which are not of this process.
    for columns in [20, 40] {
        let lines = shown(columns, &[], &["proc", "-list"]);
        assert!(
            lines
                .iter()
                .all(|line| line.width() <= usize::from(columns))
        );
    }
}

/// The longest line of a listing whose first column is longer than any terminal here.
fn longest(columns: u16, env: &[(&str, &str)], more: &[&str]) -> usize {
    let me = std::process::id().to_string();
    let args = ["files", "-pids", &me, "-format", "name,pid"];
    let lines = shown(columns, env, &[&args, more].concat());
    lines.iter().map(|line| line.width()).max().unwrap()
}

#[test]
fn the_width_is_that_of_the_flag_of_columns_or_of_the_terminal() {
    let _things = Things::new();
    for (columns, env, more, longest_line) in [
        (60, None, &[][..], 60),
        (60, Some("50"), &[], 50),
        (60, Some("70"), &[], 70),
        (60, Some("50"), &["-width", "40"], 40),
        (60, None, &["-width", "70"], 70),
        (60, Some("0"), &[], 60),
        (60, Some("x"), &[], 60),
        (60, Some(""), &[], 60),
    ] {
        let env: Vec<_> = env.map(|value| ("COLUMNS", value)).into_iter().collect();
        let longest = longest(columns, &env, more);
        // A wide character may leave the last column free.
        assert!(
            (longest_line - 1..=longest_line).contains(&longest),
            "{columns} {env:?} {more:?}: {longest}"
        );
    }
    assert!(longest(60, &[], &["-width", "0"]) > 120);
    assert!(longest(60, &[("COLUMNS", "40")], &["-width", "0"]) > 120);
}

#[test]
fn without_a_terminal_nothing_is_cut() {
    let things = Things::new();
    let me = std::process::id().to_string();
    let whole = things.dir.join("語".repeat(60));
    for columns in ["", "20"] {
        let output = Command::new(PSGO)
            .args(["files", "-pids", &me, "-format", "name,pid"])
            .env("COLUMNS", columns)
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.contains(whole.to_str().unwrap()), "{text}");
    }
}
