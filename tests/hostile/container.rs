//! A container of our own making, whose every file and mount can be made to lie.

use std::{
    fs,
    os::fd::OwnedFd,
    path::PathBuf,
    process::Command,
    sync::atomic::{AtomicU32, Ordering},
    thread,
};

use nix::{
    fcntl::{OFlag, open},
    mount::{MntFlags, MsFlags, mount, umount2},
    sched::{CloneFlags, setns, unshare},
    sys::stat::Mode,
};

use super::{
    calls,
    fuse::{Fuse, Kind},
    truth::Names,
};
use crate::{
    machine::{
        dir,
        process::{Held, quiet},
        wait_for,
    },
    oracle::kernel,
};

/// Its users: other names than the host has for the same numbers.
const PASSWD: &str = "captain:x:0:0::/:/bin/sh\nalice:x:1000:1000::/:/bin/sh\n";
const GROUP: &str = "bridge:x:0:\ncabin:x:1000:\ncrew:x:2000:alice\n";

/// What its users are called.
pub(super) fn names() -> Names {
    Names::new(
        &[(0, "captain"), (1000, "alice")],
        &[(0, "bridge"), (1000, "cabin"), (2000, "crew")],
    )
}

/// Runs in the mount namespace of `pid`.
pub(super) fn within<T: Send>(pid: i32, body: impl FnOnce() -> T + Send) -> T {
    let path = format!("/proc/{pid}/ns/mnt");
    let flags = OFlag::O_RDONLY | OFlag::O_CLOEXEC;
    let namespace = open(path.as_str(), flags, Mode::empty()).unwrap();
    let enter_and_run = || {
        unshare(CloneFlags::CLONE_FS).unwrap();
        setns(namespace, CloneFlags::CLONE_NEWNS).unwrap();
        body()
    };
    thread::scope(|scope| scope.spawn(enter_and_run).join())
        .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// A container with four processes: its root's shell and sleep, its alice's sleep, and one with a
/// name and an argument that nobody would choose.
#[derive(Debug)]
pub(super) struct Container {
    _holder: Held,
    /// Its first process, by the host's number.
    pub(super) pid: i32,
    /// The others, by their numbers inside.
    pub(super) others: Vec<i64>,
}

impl Container {
    pub(super) fn new() -> Self {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let root = dir().join(format!("container-{number}"));
        let etc = dir().join(format!("etc-{number}"));
        for new in [&root, &etc] {
            fs::create_dir(new).unwrap();
        }
        fs::write(etc.join("passwd"), PASSWD).unwrap();
        fs::write(etc.join("group"), GROUP).unwrap();
        let mut command = Command::new("unshare");
        command
            .args(["-m", "-p", "-f", "--kill-child"])
            .args(["sh", "-c", include_str!("container.sh"), "sh"])
            .args([root, etc]);
        let holder = Held::start(quiet(&mut command));
        let pid = wait_for("the container's processes are at rest", || {
            let [pid] = kernel::children(holder.pid())[..] else {
                return None;
            };
            let children = kernel::children(pid);
            let comms: Vec<_> = children
                .iter()
                .filter_map(|&pid| kernel::comm(pid))
                .collect();
            let asleep = |pid: &i32| {
                kernel::status(*pid).is_some_and(|status| status["State"].starts_with('S'))
            };
            let known = comms == [&b"sleep"[..], b"sleep", b"x)y (z\n1 S"];
            (known && children.iter().all(asleep) && asleep(&pid)).then_some(pid)
        });
        let children = kernel::children(pid).into_iter();
        let others = children
            .map(|pid| kernel::ns_pids(pid).unwrap()[1])
            .collect();
        Self {
            _holder: holder,
            pid,
            others,
        }
    }

    /// A path of the container, as the host reaches it.
    pub(super) fn path(&self, path: &str) -> PathBuf {
        PathBuf::from(format!("/proc/{}/root{path}", self.pid))
    }

    pub(super) fn within<T: Send>(&self, body: impl FnOnce() -> T + Send) -> T {
        within(self.pid, body)
    }

    /// Lays something over `at`, for as long as the value lives.
    pub(super) fn cover(&self, at: &str, by: By<'_>) -> Cover {
        cover(self.pid, at, by)
    }

    /// Another PID namespace, within this one's, whose /proc lies at `at`.
    pub(super) fn nested_proc(&self, at: &str) -> Held {
        let script = format!(
            "/bin/busybox mkdir -p {at}; /bin/busybox mount -t proc proc {at} && exec /bin/sleep 100004"
        );
        let mut command = Command::new("nsenter");
        command
            .args(["-t", &self.pid.to_string(), "-m", "-p"])
            .args([
                "/bin/busybox",
                "unshare",
                "-p",
                "-f",
                "/bin/sh",
                "-c",
                &script,
            ]);
        let held = Held::start(quiet(&mut command));
        wait_for("the nested /proc", || {
            let inner = self.path(&format!("{at}/1/comm"));
            (fs::read(inner).ok()? == b"sleep\n").then_some(())
        });
        held
    }
}

/// What something is covered by.
#[derive(Debug)]
pub(super) enum By<'a> {
    /// What lies at this path of the container.
    Bind(String),
    Tmpfs,
    /// A mount made elsewhere.
    Tree(&'a OwnedFd),
    /// A link with this content.
    Link(&'a str),
    /// A file system whose server never answers.
    Silence(Kind),
    /// One whose server takes each request, and never answers.
    Taking(Kind),
}

/// A mount that goes with this value.
#[derive(Debug)]
pub(super) struct Cover {
    pid: i32,
    at: String,
    fuse: Option<Fuse>,
}

pub(super) fn cover(pid: i32, at: &str, by: By<'_>) -> Cover {
    let none = None::<&str>;
    let mut fuse = None;
    match by {
        By::Silence(kind) => fuse = Some(Fuse::silent(pid, at, kind)),
        By::Taking(kind) => fuse = Some(Fuse::taking(pid, at, kind)),
        By::Bind(path) => within(pid, || {
            mount(Some(path.as_str()), at, none, MsFlags::MS_BIND, none)
                .unwrap_or_else(|error| panic!("{path} over {at}: {error}"));
        }),
        By::Tmpfs => within(pid, || {
            mount(Some("none"), at, Some("tmpfs"), MsFlags::empty(), none).unwrap();
        }),
        By::Tree(tree) => within(pid, || calls::move_mount(tree, at)),
        By::Link(content) => within(pid, || {
            let _ = fs::remove_file("/tmp/link");
            std::os::unix::fs::symlink(content, "/tmp/link").unwrap();
            calls::move_mount(&calls::open_tree("/tmp/link"), at);
        }),
    }
    Cover {
        pid,
        at: at.to_owned(),
        fuse,
    }
}

impl Drop for Cover {
    fn drop(&mut self) {
        // What waits for the server goes first.
        drop(self.fuse.take());
        let flags = MntFlags::MNT_DETACH | MntFlags::UMOUNT_NOFOLLOW;
        if kernel::start_ticks(self.pid).is_some() {
            within(self.pid, || {
                let _ = umount2(self.at.as_str(), flags);
            });
        }
    }
}
