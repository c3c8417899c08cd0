//! Processes that keep whoever reads them waiting, of each kind, beside others: every row of the
//! others is what it is without them.

use std::{
    collections::BTreeMap,
    env, fs,
    os::unix::process::CommandExt as _,
    process::Command,
    time::{Duration, Instant},
};

use nix::unistd::{Uid, chown};

use super::{
    alone::{alone, program},
    calls, few_or_many,
    fuse::{FLUSH, Fuse, Kind, READ, WRITE},
};
use crate::{
    command,
    machine::{
        dir,
        process::{Held, quiet, sleeping},
        wait_for,
    },
    oracle::kernel,
};

const FILE: &str = "PSGO_TEST_FILE";
const KIND: &str = "PSGO_TEST_KIND";

/// What a victim waits in, for as long as its file server lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Victim {
    /// In `execve`, which closes a file: `exec_update_lock` is held.
    Exec,
    /// In `mmap`, with the lock of its memory.
    Memory,
    /// In `epoll_wait`, with the lock of the epoll instance.
    Epoll,
}

impl Victim {
    /// The request that its server takes and does not answer.
    fn request(self) -> u32 {
        match self {
            Self::Exec => FLUSH,
            Self::Memory => WRITE,
            Self::Epoll => READ,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Exec => "exec",
            Self::Memory => "memory",
            Self::Epoll => "epoll",
        }
    }
}

#[test]
#[ignore = "a process that never ends, run by the others here"]
fn the_one_that_stands_still() {
    let file = env::var(FILE).unwrap();
    match &*env::var(KIND).unwrap() {
        "exec" => {
            // Close-on-exec, as all files of Rust.
            let _file = fs::File::open(file).unwrap();
            panic!("{}", Command::new("sleep").arg("100018").exec());
        }
        "memory" => calls::write_to_a_mapping_and_map_again(&file),
        _ => calls::take_events_into_a_mapping(&file),
    }
}

/// Victims of one kind, of so many users.
struct Victims {
    // The servers end first: no process of theirs ends before.
    servers: Vec<Fuse>,
    processes: Vec<Held>,
    _holder: Held,
}

impl Victims {
    fn new(kind: Victim, count: u32, users: u32) -> Self {
        let mut command = Command::new("unshare");
        command.args(["-m", "--propagation=private", "sleep", "100019"]);
        let holder = Held::start(quiet(&mut command));
        wait_for("a mount namespace of its own", || {
            let own = kernel::namespace(holder.pid(), "mnt")? != kernel::own_namespace("mnt");
            (own && kernel::comm(holder.pid())? == b"sleep").then_some(())
        });
        let (mut servers, mut processes) = (Vec::new(), Vec::new());
        for number in 0..count {
            let user = 4000 + number % users;
            let file = dir().join(format!("{}-{number}", kind.name()));
            fs::write(&file, "").unwrap();
            chown(&file, Some(Uid::from_raw(user)), None).unwrap();
            let at = file.to_str().unwrap();
            let (server, taken) = Fuse::that_takes(kind.request(), holder.pid(), at, Kind::File);
            let id = user.to_string();
            let pid = holder.pid().to_string();
            let mut command = Command::new("nsenter");
            command
                .args(["-m", "-t", &pid, "setpriv", "--reuid", &id, "--regid", &id])
                .arg("--clear-groups")
                .arg(program())
                .args(["--exact", "hostile::neighbours::the_one_that_stands_still"])
                .arg("--ignored")
                .env(FILE, at)
                .env(KIND, kind.name());
            processes.push(Held::start(quiet(&mut command)));
            taken
                .recv_timeout(Duration::from_secs(20))
                .expect("it asks its file server");
            servers.push(server);
        }
        Self {
            servers,
            processes,
            _holder: holder,
        }
    }

    fn pids(&self) -> Vec<i32> {
        self.processes.iter().map(Held::pid).collect()
    }
}

impl Drop for Victims {
    fn drop(&mut self) {
        self.servers.clear();
    }
}

/// The rows of these processes, by pid, as text; how it ended, and what it said.
fn rows(args: &[&str], of: &[i32]) -> (BTreeMap<i32, Vec<String>>, Option<i32>, String) {
    let all = [args, &["-timeout", "0.5", "-output", "ndjson"]].concat();
    let answer = command::Answer::of(&mut command::command_after(&[], &all));
    let mut rows: BTreeMap<i32, Vec<String>> = BTreeMap::new();
    for line in answer.text().lines() {
        let row: command::Row = serde_json::from_str(line).unwrap();
        let pid = row["pid"].as_i64().and_then(|pid| i32::try_from(pid).ok());
        if let Some(pid) = pid.filter(|pid| of.contains(pid)) {
            rows.entry(pid).or_default().push(line.to_owned());
        }
    }
    (rows, answer.code, answer.stderr)
}

const ASKED: [&[&str]; 3] = [
    &[
        "-format",
        "pid,ppid,user,group,state,comm,args,exe,cwd,fds,netns,rss,vsz,capeff",
    ],
    &["files", "-format", "pid,fd,kind,mode,target"],
    &["files", "-all", "-format", "pid,fd,kind,target"],
];

fn beside(kind: Victim, count: u32, users: u32) {
    let others: Vec<_> = (0..few_or_many(40, 300)).map(|_| sleeping()).collect();
    let others: Vec<_> = others.iter().map(Held::pid).zip(&others).collect();
    let pids: Vec<_> = others.iter().map(|(pid, _)| *pid).collect();
    let before: Vec<_> = ASKED.iter().map(|args| rows(args, &pids).0).collect();
    let victims = Victims::new(kind, count, users);
    for (args, before) in ASKED.iter().zip(&before) {
        let start = Instant::now();
        let (after, ..) = rows(args, &pids);
        println!(
            "measured {:.0} ms: {count} {kind:?} of {users} users, {args:?}",
            start.elapsed().as_secs_f64() * 1e3
        );
        assert_eq!(before.len(), pids.len());
        assert_eq!(&after, before, "{kind:?}, {count} of {users}: {args:?}");
    }
    // Who keeps something to itself is named, and not in vain when there are others.
    let args = ASKED[usize::from(kind == Victim::Epoll)];
    let silent = victims.pids();
    let of: Vec<_> = silent.iter().map(ToString::to_string).collect();
    let of = of.join(",");
    let (_, code, err) = rows(&[args, &["-pids", &of]].concat(), &silent);
    assert_eq!(code, Some(1), "{kind:?}: {err}");
    let named = silent.iter().filter(|pid| err.contains(&pid.to_string()));
    assert!(named.count() >= silent.len().min(5), "{kind:?}: {err}");
}

/// Few of the kind, of one user and of ten; in the long run as many as a machine has.
fn of_one_user_and_of_ten(kind: Victim) {
    alone(|| {
        for count in [1, 12] {
            beside(kind, count, 1);
        }
        beside(kind, 20, 10);
        if env::var_os("PSGO_LONG").is_some() {
            beside(kind, 50, 10);
            beside(kind, 500, 1);
            beside(kind, 500, 10);
        } else {
            println!("measured 0 ms: 50 and 500 of them are left out without PSGO_LONG");
        }
    });
}

#[test]
#[ignore = "keeps others from listing the host; tests/run runs it alone"]
fn those_that_stand_in_execve_cost_no_other_row_anything() {
    of_one_user_and_of_ten(Victim::Exec);
}

#[test]
#[ignore = "keeps others from listing the host; tests/run runs it alone"]
fn those_whose_memory_is_locked_cost_no_other_row_anything() {
    of_one_user_and_of_ten(Victim::Memory);
}

#[test]
#[ignore = "keeps others from listing the host; tests/run runs it alone"]
fn those_whose_epoll_is_locked_cost_no_other_row_anything() {
    of_one_user_and_of_ten(Victim::Epoll);
}
