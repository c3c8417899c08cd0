//! The two processes of the command, its worker and its supervisor: whatever happens to one of
//! them, they look and end as one.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use std::{
    fmt::Write as _,
    fs,
    io::Read,
    os::fd::AsFd,
    path::PathBuf,
    process::{Child, Command, ExitStatus, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use nix::{
    poll::{PollFd, PollFlags, PollTimeout, poll},
    sys::signal::{Signal, kill},
    unistd::Pid,
};

mod places;
#[path = "../common/pty.rs"]
mod pty;
mod signals;
mod streams;
mod terminal;

const PSGO: &str = env!("CARGO_BIN_EXE_psgo");

/// Whatever takes longer does not come.
const PATIENCE: Duration = Duration::from_secs(15);

/// A proc directory of the test's own: what is in it is known, and nothing of it ever waits.
struct Proc(PathBuf);

impl Proc {
    fn new(count: u32) -> Self {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let name = format!("psgo-supervised-{}-{number}", std::process::id());
        let proc = Self(std::env::temp_dir().join(name));
        for pid in 1..=count {
            let dir = proc.0.join(pid.to_string());
            fs::create_dir_all(&dir).unwrap();
            let rest = "0 0 0 20 0 1 0 7 4096 1 ".to_owned() + &"0 ".repeat(27);
            let stat = format!("{pid} (name) S 0 1 1 0 -1 0 0 0 0 0 1000 {rest}0\n");
            fs::write(dir.join("stat"), stat).unwrap();
            let status = format!("Name:\tname\nTgid:\t{pid}\nPid:\t{pid}\n");
            fs::write(dir.join("status"), status).unwrap();
            fs::write(dir.join("cmdline"), args(pid)).unwrap();
        }
        proc
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }

    /// The command that lists it.
    fn list(&self, more: &[&str]) -> Command {
        let mut command = Command::new(PSGO);
        command.args(["-proc", self.path(), "-format", "pid,args"]);
        command.args(more).stdin(Stdio::null());
        command
    }

    /// What that prints of so many processes with `-output csv`.
    fn csv(count: u32) -> String {
        (1..=count).fold("PID,COMMAND\n".to_owned(), |mut csv, pid| {
            writeln!(csv, "{pid},{}", args(pid)).unwrap();
            csv
        })
    }
}

/// The command line of a process there: long, so that a few of them fill a pipe.
fn args(pid: u32) -> String {
    format!("name-of-{pid}-").repeat(40)
}

impl Drop for Proc {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).unwrap();
    }
}

/// How the command ended, and what it wrote.
#[derive(Debug)]
struct Ended {
    status: ExitStatus,
    out: String,
    err: String,
}

/// The command, which ends with this value.
struct Psgo {
    child: Child,
}

impl Psgo {
    fn start(command: &mut Command) -> Self {
        Self {
            child: command.spawn().unwrap(),
        }
    }

    fn pid(&self) -> Pid {
        Pid::from_raw(self.child.id().try_into().unwrap())
    }

    fn signal(&self, signal: Signal) {
        kill(self.pid(), signal).unwrap();
    }

    /// Its worker, once that has written something to a pipe.
    fn worker(&self) -> Pid {
        wait_for_output(self.child.stdout.as_ref().unwrap());
        worker_of(self.pid())
    }

    fn wait(mut self) -> ExitStatus {
        self.status()
    }

    fn status(&mut self) -> ExitStatus {
        until("it does not end", || self.child.try_wait().unwrap())
    }

    fn ended(mut self) -> Ended {
        let out = read_all(self.child.stdout.take());
        let err = read_all(self.child.stderr.take());
        let status = self.status();
        Ended {
            status,
            out: out.join().unwrap(),
            err: err.join().unwrap(),
        }
    }
}

impl Drop for Psgo {
    fn drop(&mut self) {
        // Both fail if it has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Everything up to the end, as it comes.
fn read_all(from: Option<impl Read + Send + 'static>) -> JoinHandle<String> {
    thread::spawn(move || {
        let mut text = String::new();
        if let Some(mut from) = from {
            from.read_to_string(&mut text).unwrap();
        }
        text
    })
}

fn ended(command: &mut Command) -> Ended {
    Psgo::start(command.stdout(Stdio::piped()).stderr(Stdio::piped())).ended()
}

/// The worker of that supervisor.
fn worker_of(supervisor: Pid) -> Pid {
    until("there is no worker", || {
        children(supervisor).first().copied()
    })
}

/// Waits until it has written something: a watch takes over signals before.
fn wait_for_output(of: &impl AsFd) {
    until("it writes nothing", || {
        let mut ready = [PollFd::new(of.as_fd(), PollFlags::POLLIN)];
        (poll(&mut ready, PollTimeout::ZERO).unwrap() > 0).then_some(())
    });
}

fn children(pid: Pid) -> Vec<Pid> {
    let path = format!("/proc/{pid}/task/{pid}/children");
    let text = fs::read_to_string(path).unwrap_or_default();
    let pids = text.split_whitespace();
    pids.map(|pid| Pid::from_raw(pid.parse().unwrap()))
        .collect()
}

/// The state of a process by one letter; `None` if it is gone, or only waits to be reaped.
fn state(pid: Pid) -> Option<char> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let state = stat.rsplit_once(") ")?.1.chars().next()?;
    (!matches!(state, 'Z' | 'X')).then_some(state)
}

fn is_gone(pid: Pid) -> Option<()> {
    state(pid).is_none().then_some(())
}

fn has_state(pid: Pid, wanted: char) -> Option<()> {
    (state(pid) == Some(wanted)).then_some(())
}

/// Waits for it.
fn until<T>(what: &str, mut ready: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + PATIENCE;
    loop {
        if let Some(value) = ready() {
            return value;
        }
        assert!(Instant::now() < end, "{what}");
        thread::sleep(Duration::from_millis(5));
    }
}
