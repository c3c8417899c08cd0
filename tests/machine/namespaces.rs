//! Namespaces without podman: util-linux makes them, the test writes the maps.

use std::{
    fs,
    io::Write as _,
    process::{Command, Stdio},
};

use super::{
    process::{Held, Started, quiet, until_running},
    wait_for,
};
use crate::oracle::kernel;

/// A process in namespaces of its own.
#[derive(Debug)]
pub(crate) struct Inside {
    /// Ended by itself, where the end of the holder does not reach it.
    _first: Option<Started>,
    /// The outermost of the processes that hold it; its end is the end of them all.
    _holder: Held,
    /// The innermost process, by the host's number.
    pub(crate) inner: i32,
    /// The first process of each PID namespace, outermost first.
    pub(crate) levels: Vec<i32>,
}

/// What starts the first process of namespaces in which there is little to list.
pub(crate) const UNSHARE: [&str; 6] = ["unshare", "-m", "-p", "-f", "--kill-child", "--mount-proc"];

/// A shell that is the first process of a namespace, and starts what makes the next one.
///
/// Not `unshare` itself: the mount namespace that this process makes is its own too, and there
/// the /proc is that of the processes to come.
const FIRST: [&str; 4] = ["sh", "-c", "\"$@\" & wait", "sh"];

/// The processes from a child of `pid` downwards, as long as there is one child each.
fn chain(mut pid: i32) -> Vec<i32> {
    let mut chain = Vec::new();
    while let [child] = kernel::children(pid)[..] {
        chain.push(child);
        pid = child;
    }
    chain
}

/// The command line of PID namespaces within one another, each with its /proc.
fn words(depth: usize) -> Vec<&'static str> {
    let mut words = UNSHARE.to_vec();
    for _ in 1..depth {
        words.extend(FIRST);
        words.extend(UNSHARE);
    }
    words
}

/// Starts the command and waits until its innermost process has come to rest in `comm`.
fn hold(command: &mut Command, depth: usize, comm: &str, children: usize) -> Inside {
    super::must_be_root();
    let holder = Held::start(quiet(command));
    let chain = wait_for("the innermost process", || {
        let chain = chain(holder.pid());
        // Between the first processes of two namespaces stands the one that makes the second.
        let last = *chain.get(2 * depth - 2)?;
        let members = kernel::children(last);
        let at_rest = members.iter().all(|&pid| {
            kernel::comm(pid).is_some_and(|comm| comm == b"sleep")
                && kernel::status(pid).is_some_and(|status| status["State"].starts_with('S'))
        });
        (kernel::comm(last)? == comm.as_bytes() && members.len() == children && at_rest)
            .then_some(chain)
    });
    let levels: Vec<i32> = chain.into_iter().step_by(2).take(depth).collect();
    let inner = *levels.last().unwrap();
    until_running(inner, comm);
    Inside {
        _first: None,
        _holder: holder,
        inner,
        levels,
    }
}

/// The words of a command.
fn command(words: &[&str]) -> Command {
    let mut command = Command::new(words[0]);
    command.args(&words[1..]);
    command
}

/// `depth` PID namespaces within one another, each with its /proc.
pub(crate) fn nested(depth: usize) -> Inside {
    let words = [&words(depth)[..], &["sleep", "100000"]].concat();
    hold(&mut command(&words), depth, "sleep", 0)
}

/// A PID and a mount namespace, prepared by a line of shell, with so many further `sleep`s.
pub(crate) fn prepared_with(script: &str, children: usize) -> Inside {
    let script = format!("set -e; {script}; exec sleep 100000");
    let words = [&UNSHARE[..], &["sh", "-c", &script]].concat();
    hold(&mut command(&words), 1, "sleep", children)
}

/// A PID and a mount namespace, prepared by a line of shell.
pub(crate) fn prepared(script: &str) -> Inside {
    prepared_with(script, 0)
}

/// A PID and a mount namespace whose /proc is still that of the host.
pub(crate) fn without_own_proc() -> Inside {
    let words = [
        "unshare",
        "-m",
        "-p",
        "-f",
        "--kill-child",
        "sleep",
        "100000",
    ];
    hold(&mut command(&words), 1, "sleep", 0)
}

/// The innermost of nested PID namespaces has a shell with so many children.
///
/// `inner` is the shell.
pub(crate) fn family(depth: usize, children: usize) -> Inside {
    let script = format!("{} wait", "sleep 100000 & ".repeat(children));
    let words = [&words(depth)[..], &["sh", "-c", &script]].concat();
    hold(&mut command(&words), depth, "sh", children)
}

/// A mount namespace alone: the processes are the host's.
pub(crate) fn host_pid(script: &str) -> Held {
    super::must_be_root();
    let held = Held::start(quiet(Command::new("unshare").args([
        "-m",
        "sh",
        "-c",
        &format!("set -e; {script}; exec sleep 100000"),
    ])));
    until_running(held.pid(), "sleep");
    held
}

/// A user namespace with these maps, and PID and mount namespaces within it.
///
/// With empty maps the process stays as it is, with ids that nobody has mapped.
pub(crate) fn mapped(uid_map: &str, gid_map: &str, script: &str) -> Inside {
    super::must_be_root();
    let mut command = Command::new("unshare");
    // Its root is not the user namespace's until the map is there; --keep-caps lets it become so.
    command
        .args(["-U", "--keep-caps", "-m", "-p", "-f", "--kill-child"])
        .args(["sh", "-c"])
        .arg(format!("read -r _; {script}"))
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let mut holder = Held::start(&mut command);
    let pid = holder.pid();
    let child = wait_for("the shell in the user namespace", || {
        let [child] = kernel::children(pid)[..] else {
            return None;
        };
        (kernel::comm(child)? == b"sh").then_some(child)
    });
    for (file, map) in [("uid_map", uid_map), ("gid_map", gid_map)] {
        if !map.is_empty() {
            fs::write(format!("/proc/{pid}/{file}"), map).unwrap();
        }
    }
    let stdin = holder.child().stdin.as_mut().unwrap();
    stdin.write_all(b"go\n").unwrap();
    // A process that changes its ids loses the signal that --kill-child sends.
    let first = Started::of(child);
    until_running(child, "sleep");
    Inside {
        _first: Some(first),
        _holder: holder,
        inner: child,
        levels: vec![child],
    }
}

/// What a mapped process does to become root of its namespace, see its own processes and rest.
pub(crate) const BECOME_ROOT: &str = "exec setpriv --reuid=0 --regid=0 --clear-groups \
    sh -c 'mount -t proc proc /proc && exec sleep 100000'";
