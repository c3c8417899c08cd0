//! Looks that do not read again what cannot have changed, and read what has.

use std::{
    io::Write as _,
    process::{Command, Stdio},
};

use nix::{
    fcntl::{FcntlArg, FdFlag, fcntl},
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use psgo::{Query, Value, Watcher};

use crate::{
    cost::traced,
    machine::{
        process::{Held, Started, quiet, until_running},
        wait_for,
    },
    oracle::kernel,
};

/// All processes, with their command lines: without these stat is read at each look.
fn watching(columns: &[&str]) -> Watcher {
    let columns = [&["pid", "args"], columns].concat();
    Query::new(columns).unwrap().watch().unwrap()
}

/// The cells of the process at one more look, but for the first two.
fn look(watcher: &mut Watcher, pid: i32) -> Vec<Value> {
    let look = watcher.sample().unwrap();
    let mut rows = look.table.rows().iter();
    let row = rows.find(|row| row.values()[0] == Value::Int(pid.into()));
    row.expect("it is there").values()[2..].to_vec()
}

/// Looks until the process is known to rest, with the cells of the last look.
fn look_at_rest(watcher: &mut Watcher, pid: i32) -> Vec<Value> {
    // The first look learns who its parent is, the second how long that one has run.
    look(watcher, pid);
    look(watcher, pid);
    look(watcher, pid)
}

/// A process that does nothing, its child, which runs `script`, and the child's number. The child
/// reads what its parent was given to read.
fn parent_and_child(input: Stdio, script: &str, comm: &str) -> (Held, Started, i32) {
    let mut parent = Command::new("sh");
    let both = "exec 3<&0; sh -c \"$1\" <&3 & exec sleep 100000";
    quiet(parent.args(["-c", both, "sh", script])).stdin(input);
    let parent = Held::start(&mut parent);
    until_running(parent.pid(), "sleep");
    let pid = wait_for("the child", || kernel::children(parent.pid()).pop());
    until_running(pid, comm);
    (parent, Started::of(pid), pid)
}

const SLEEPS: &str = "exec sleep 100000";

#[test]
fn of_who_has_not_run_only_the_command_line_and_the_owner_are_read_again() {
    let (parent, _child, pid) = parent_and_child(Stdio::null(), SLEEPS, "sleep");
    let calls = |columns: &str| {
        let lines = traced(
            "openat,openat2,pread64,newfstatat",
            &[
                "-watch", "0.05", "-count", "6", "-output", "csv", "-format", columns,
            ],
        );
        let of = |call: &str, path: &str| {
            let lines = lines.iter().filter(|line| line.contains(call));
            lines.filter(|line| line.contains(path)).count()
        };
        let file = |name: &str| format!("</proc/{pid}/{name}>");
        (
            of("pread64", &file("stat")),
            of("pread64", &file("cmdline")),
            of("newfstatat", &format!("\"{pid}\"")),
        )
    };
    // What a busy machine makes run between the samples has to be read again, rightly.
    let ran =
        || [parent.pid(), pid].map(|pid| std::fs::read(format!("/proc/{pid}/schedstat")).ok());
    let (stat, cmdline, owner) = wait_for("samples of processes that do not run", || {
        let before = ran();
        let calls = calls("pid,user,ppid,pcpu,time,args");
        (ran() == before).then_some(calls)
    });
    // Twice until it is known to rest. The first sample reads a process again if the one before it
    // is a kernel thread: it did not expect a command line then.
    assert!(stat <= 3, "stat was read {stat} times");
    assert_eq!(cmdline, 6);
    assert!((6..=7).contains(&owner), "the owner was read {owner} times");
    // What others can change.
    for columns in [
        "pid,args,nice",
        "pid,args,state",
        "pid,args,pgid",
        "pid,ppid",
    ] {
        let stat = calls(columns).0;
        assert!(
            (6..=7).contains(&stat),
            "{columns}: stat was read {stat} times"
        );
    }
    drop(parent);
}

#[test]
fn who_ran_is_read_again() {
    // Of a parent that does not run, or it would be read again for that.
    let script = "read -r line; printf new >/proc/$$/comm; read -r line";
    let (mut parent, _child, pid) = parent_and_child(Stdio::piped(), script, "sh");
    let mut watcher = watching(&["comm"]);
    assert_eq!(look_at_rest(&mut watcher, pid), [Value::text("sh")]);
    let input = parent.child().stdin.as_mut().unwrap();
    input.write_all(b"\n").unwrap();
    until_running(pid, "new");
    assert_eq!(look(&mut watcher, pid), [Value::text("new")]);
}

#[test]
fn a_lost_parent_is_seen_though_the_child_does_not_run() {
    let (mut parent, _child, pid) = parent_and_child(Stdio::null(), SLEEPS, "sleep");
    let mut watcher = watching(&["ppid"]);
    let parent_of = |pid| [Value::Int(kernel::stat_number(pid, 4).unwrap())];
    assert_eq!(
        look_at_rest(&mut watcher, pid),
        [Value::Int(parent.pid().into())]
    );
    // Not waited for: it still has its number.
    kill(Pid::from_raw(parent.pid()), Signal::SIGKILL).unwrap();
    wait_for("another parent", || {
        (kernel::stat_number(pid, 4)? != i64::from(parent.pid())).then_some(())
    });
    assert_eq!(look(&mut watcher, pid), parent_of(pid));
    parent.child().wait().unwrap();
    assert_eq!(look_at_rest(&mut watcher, pid), parent_of(pid));
}

#[test]
fn a_terminal_that_hangs_up_is_seen_though_nobody_runs() {
    let pty = nix::pty::openpty(None, None).unwrap();
    // Nobody else may hold it.
    fcntl(&pty.master, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC)).unwrap();
    let script = "exec setsid --ctty sh -c \"trap '' HUP; exec sleep 100000\"";
    let (_parent, _child, pid) = parent_and_child(pty.slave.into(), script, "sleep");
    let mut watcher = watching(&["tty"]);
    let [Value::Text(tty)] = &look_at_rest(&mut watcher, pid)[..] else {
        panic!("it has no terminal");
    };
    assert!(tty.as_bytes().starts_with(b"pts/"), "{tty:?}");
    drop(pty.master);
    wait_for("no terminal", || {
        (kernel::stat_number(pid, 7)? == 0).then_some(())
    });
    assert_eq!(look(&mut watcher, pid), [Value::MISSING]);
}

#[test]
fn what_others_change_is_seen_though_the_process_does_not_run() {
    let (_parent, _child, pid) = parent_and_child(Stdio::null(), SLEEPS, "sleep");
    let mut watcher = watching(&["nice"]);
    assert_eq!(look_at_rest(&mut watcher, pid), [Value::Int(0)]);
    let mut renice = Command::new("renice");
    let renice = quiet(renice.args(["-n", "7", "-p", &pid.to_string()]));
    assert!(renice.status().unwrap().success());
    assert_eq!(look(&mut watcher, pid), [Value::Int(7)]);
}
