//! Looking again and again: what is written, what is drawn on a terminal, and how it ends.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use std::{
    fs::{self, File},
    io::Write as _,
    path::PathBuf,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

#[path = "../common/pty.rs"]
mod pty;
mod screen;
mod tables;
mod written;

const PSGO: &str = env!("CARGO_BIN_EXE_psgo");

/// Whatever takes longer does not come.
const PATIENCE: Duration = Duration::from_secs(30);

/// A proc directory of the test's own, whose processes come and go as it likes.
struct Proc(PathBuf);

impl Proc {
    fn new(name: &str, count: u32) -> Self {
        let name = format!("psgo-watch-{}-{name}", std::process::id());
        let proc = Self(std::env::temp_dir().join(name));
        fs::create_dir_all(&proc.0).unwrap();
        (1..=count).for_each(|pid| proc.add(pid));
        proc
    }

    fn add(&self, pid: u32) {
        let dir = self.0.join(pid.to_string());
        fs::create_dir(&dir).unwrap();
        fs::write(dir.join("stat"), stat(0)).unwrap();
        let status = format!("Name:\tname\nTgid:\t{pid}\nPid:\t{pid}\n");
        fs::write(dir.join("status"), status).unwrap();
        fs::write(dir.join("cmdline"), format!("name-of-{pid}")).unwrap();
    }

    /// Ten seconds of work, without a moment in which the file is not whole.
    fn work(&self, pid: u32) {
        let path = self.0.join(pid.to_string()).join("stat");
        let mut file = File::options().write(true).open(path).unwrap();
        file.write_all(stat(1000).as_bytes()).unwrap();
    }

    fn remove(&self, pid: u32) {
        // First that which makes it a process: no look sees half of one.
        let dir = self.0.join(pid.to_string());
        fs::rename(&dir, self.0.join(format!("gone-{pid}"))).unwrap();
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

/// `/proc/PID/stat`, always of one length: so many ticks were used.
fn stat(ticks: u32) -> String {
    let rest = "0 0 0 20 0 1 0 7 4096 1 ".to_owned() + &"0 ".repeat(27);
    format!("1 (name) S 0 1 1 0 -1 0 0 0 0 0 {} {rest}0\n", 1000 + ticks)
}

impl Drop for Proc {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).unwrap();
    }
}

fn psgo(args: &[&str]) -> Command {
    let mut command = Command::new(PSGO);
    command
        .args(args)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Its exit code, what it wrote, what it said.
fn ended(mut child: Child) -> (i32, String, String) {
    // What it writes meanwhile fits a pipe.
    wait_for_end(&mut child);
    let output = child.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (
        output.status.code().unwrap(),
        text(output.stdout),
        text(output.stderr),
    )
}

fn run(args: &[&str]) -> (i32, String, String) {
    ended(psgo(args).spawn().unwrap())
}

fn signal(child: &Child, signal: Signal) {
    kill(Pid::from_raw(child.id().try_into().unwrap()), signal).unwrap();
}

fn wait_for_end(child: &mut Child) {
    let mut has_ended = || child.try_wait().unwrap().is_some();
    let give_up = Instant::now() + PATIENCE;
    while !has_ended() && Instant::now() < give_up {
        thread::sleep(Duration::from_millis(10));
    }
    if !has_ended() {
        child.kill().unwrap();
        panic!("it does not end");
    }
}

/// Waits until it is so.
fn until(what: &str, is_so: impl Fn() -> bool) {
    for _ in 0..PATIENCE.as_millis() / 10 {
        if is_so() {
            return;
        }
        thread::sleep(Duration::from_millis(10));
    }
    panic!("{what}");
}
