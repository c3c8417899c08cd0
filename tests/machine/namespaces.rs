//! Namespaces without podman: util-linux makes them, the test writes the maps.

use std::{
    fs,
    io::Write as _,
    process::{Command, Stdio},
};

use super::{
    process::{Held, quiet, until_running},
    wait_for,
};
use crate::oracle::kernel;

/// A process in namespaces of its own.
#[derive(Debug)]
pub(crate) struct Inside {
    /// The outermost of the processes that hold it; its end is the end of them all.
    _holder: Held,
    /// The innermost process, by the host's number.
    pub(crate) inner: i32,
    /// All processes from the holder's first child to the innermost.
    pub(crate) chain: Vec<i32>,
}

const UNSHARE: [&str; 6] = ["unshare", "-m", "-p", "-f", "--kill-child", "--mount-proc"];

/// The processes from a child of `pid` downwards, as long as there is one child each.
fn chain(mut pid: i32) -> Vec<i32> {
    let mut chain = Vec::new();
    while let [child] = kernel::children(pid)[..] {
        chain.push(child);
        pid = child;
    }
    chain
}

fn hold(mut command: Command, levels: usize) -> Inside {
    super::must_be_root();
    let holder = Held::start(&mut command);
    let chain = wait_for("the innermost process", || {
        let chain = chain(holder.pid());
        (chain.len() == levels && kernel::comm(*chain.last()?)? == b"sleep").then_some(chain)
    });
    let inner = *chain.last().unwrap();
    until_running(inner, "sleep");
    Inside {
        _holder: holder,
        inner,
        chain,
    }
}

/// `depth` PID namespaces within one another, each with its /proc.
pub(crate) fn nested(depth: usize) -> Inside {
    let mut words = UNSHARE.repeat(depth);
    words.extend(["sleep", "100000"]);
    let mut command = Command::new(words[0]);
    quiet(command.args(&words[1..]));
    hold(command, depth)
}

/// A PID and a mount namespace, prepared by a line of shell.
pub(crate) fn prepared(script: &str) -> Inside {
    let mut command = Command::new(UNSHARE[0]);
    quiet(command.args(&UNSHARE[1..]).args([
        "sh",
        "-c",
        &format!("set -e; {script}; exec sleep 100000"),
    ]));
    hold(command, 1)
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
        .stderr(Stdio::inherit());
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
    until_running(child, "sleep");
    Inside {
        _holder: holder,
        inner: child,
        chain: vec![child],
    }
}

/// What a mapped process does to become root of its namespace, see its own processes and rest.
pub(crate) const BECOME_ROOT: &str = "exec setpriv --reuid=0 --regid=0 --clear-groups \
    sh -c 'mount -t proc proc /proc && exec sleep 100000'";
