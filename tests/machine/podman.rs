//! Real containers: podman with runc, in a storage of this run alone.

use std::{
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::Command,
    sync::LazyLock,
};

use super::{at_end, dir, run, user::User, wait_for};
use crate::oracle::kernel;

/// Users of the containers: other names than the host has for the same numbers.
const PASSWD: &str = "\
root:x:0:0:root:/root:/bin/sh
keeper:x:1:1::/:/bin/sh
alice:x:1000:1000::/:/bin/sh
bob:x:1001:1001::/:/bin/sh
";

/// Groups of the containers; 44, which Debian calls `video`, has no name here.
const GROUP: &str = "\
root:x:0:
admins:x:4:alice
wheel:x:10:
alice:x:1000:
crew:x:2000:alice
";

const IMAGE: &str = "localhost/psgo-test";

/// What every container runs: two processes, of which the first is a shell.
const FAMILY: [&str; 3] = ["sh", "-c", "sleep 100001 & wait"];

/// A container, by the host's number of its first process.
#[derive(Debug)]
pub(crate) struct Container {
    pub(crate) id: String,
    pub(crate) pid: i32,
}

/// Podman of root or of a user.
#[derive(Debug)]
pub(crate) struct Podman {
    dir: PathBuf,
    prefix: Vec<String>,
}

/// The root file system of the containers: one busybox, links to it, a few users.
pub(super) fn rootfs() -> &'static Path {
    static ROOTFS: LazyLock<PathBuf> = LazyLock::new(|| make_rootfs(&dir().join("rootfs")));
    &ROOTFS
}

fn make_rootfs(root: &Path) -> PathBuf {
    for name in ["bin", "etc", "proc", "dev", "sys", "tmp", "root", "run"] {
        fs::create_dir_all(root.join(name)).unwrap();
    }
    let busybox = ["/bin/busybox", "/usr/bin/busybox"]
        .into_iter()
        .find(|path| Path::new(path).exists())
        .expect("busybox (apt-get install busybox-static)");
    fs::copy(busybox, root.join("bin/busybox")).unwrap();
    for name in ["sh", "sleep", "cat", "unshare", "mount", "id", "true"] {
        symlink("busybox", root.join("bin").join(name)).unwrap();
    }
    fs::write(root.join("etc/passwd"), PASSWD).unwrap();
    fs::write(root.join("etc/group"), GROUP).unwrap();
    root.to_owned()
}

impl Podman {
    fn new(dir: PathBuf, prefix: Vec<String>) -> Self {
        let podman = Self { dir, prefix };
        let words = podman.words().join(" ");
        at_end(&format!(
            "{words} pod rm --force --all --time 0 >/dev/null; {words} rm --force --all --time 0 >/dev/null"
        ));
        podman
    }

    /// The beginning of each command line: nothing of the machine's own podman is touched.
    fn words(&self) -> Vec<String> {
        let dir = self.dir.display();
        let mut words = self.prefix.clone();
        words.extend(
            [
                "env",
                &format!("CONTAINERS_CONF={}", conf().display()),
                "podman",
                &format!("--root={dir}/storage"),
                &format!("--runroot={dir}/runroot"),
                &format!("--tmpdir={dir}/tmp"),
                "--storage-driver=vfs",
                "--cgroup-manager=cgroupfs",
                "--events-backend=none",
            ]
            .map(str::to_owned),
        );
        words
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let words = self.words();
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]).args(args).current_dir("/");
        command
    }

    /// The beginning of a command line that runs in the user namespace of a rootless podman.
    pub(crate) fn unshare(&self) -> Vec<String> {
        let mut words = self.words();
        words.push("unshare".to_owned());
        words
    }

    pub(crate) fn run(&self, args: &[&str]) -> String {
        run(&mut self.command(args))
    }

    /// Starts a container of the common root file system that runs `argv`.
    pub(crate) fn start(&self, flags: &[&str], argv: &[&str]) -> Container {
        let rootfs = self.rootfs();
        let mut words = vec!["run", "--detach", "--network=none"];
        words.extend(flags);
        words.extend(["--rootfs", rootfs.to_str().unwrap()]);
        words.extend(argv);
        self.container(self.run(&words))
    }

    /// Starts a container from the image, which pods need.
    fn start_image(&self, flags: &[&str], argv: &[&str]) -> Container {
        let mut words = vec!["run", "--detach", "--network=none"];
        words.extend(flags);
        words.push(IMAGE);
        words.extend(argv);
        self.container(self.run(&words))
    }

    fn import(&self) {
        let tar = self.dir.join("rootfs.tar");
        run(Command::new("tar")
            .arg("-C")
            .arg(rootfs())
            .arg("-cf")
            .arg(&tar)
            .arg("."));
        self.run(&["import", "--quiet", tar.to_str().unwrap(), IMAGE]);
    }

    fn container(&self, id: String) -> Container {
        let pid = self
            .run(&["inspect", "--format", "{{.State.Pid}}", &id])
            .parse()
            .unwrap();
        assert!(pid > 0, "{id} does not run");
        Container { id, pid }
    }

    /// The folder of the containers' files; runc wants a container's own to be unshared by users.
    fn rootfs(&self) -> PathBuf {
        if self.prefix.is_empty() {
            return rootfs().to_owned();
        }
        self.dir.join("rootfs")
    }

    /// Starts a further process in a container and gives the host's number of it.
    pub(crate) fn exec(&self, container: &Container, flags: &[&str], argv: &[&str]) -> i32 {
        let before = kernel::visible_in(container.pid);
        let mut words = vec!["exec", "--detach"];
        words.extend(flags);
        words.push(&container.id);
        words.extend(argv);
        self.run(&words);
        wait_for("the executed process", || {
            kernel::visible_in(container.pid)
                .into_iter()
                .filter(|pid| !before.contains(pid))
                .find(|&pid| kernel::comm(pid).is_some_and(|comm| comm == b"sleep"))
        })
    }
}

fn conf() -> &'static Path {
    static CONF: LazyLock<PathBuf> = LazyLock::new(|| {
        let path = dir().join("containers.conf");
        fs::write(&path, include_str!("../containers.conf")).unwrap();
        path
    });
    &CONF
}

/// Root's podman.
pub(crate) fn podman() -> &'static Podman {
    static PODMAN: LazyLock<Podman> = LazyLock::new(|| {
        super::must_be_root();
        let dir = dir().join("podman");
        fs::create_dir(&dir).unwrap();
        Podman::new(dir, Vec::new())
    });
    &PODMAN
}

/// Waits until a container has `count` processes that have come to rest.
pub(super) fn settled(container: Container, count: usize) -> Container {
    wait_for("the container's processes are at rest", || {
        let pids = kernel::visible_in(container.pid);
        let resting = pids.iter().filter(|&&pid| at_rest(pid)).count();
        (resting == count && pids.len() == count).then_some(())
    });
    container
}

fn at_rest(pid: i32) -> bool {
    kernel::status(pid).is_some_and(|status| status["State"].starts_with('S'))
        && kernel::comm(pid).is_some_and(|comm| !comm.starts_with(b"runc"))
}

macro_rules! shared {
    ($(#[$doc:meta])* $name:ident: $type:ty = $start:expr) => {
        $(#[$doc])*
        pub(crate) fn $name() -> &'static $type {
            static STARTED: LazyLock<$type> = LazyLock::new(|| $start);
            &STARTED
        }
    };
}

shared! {
    /// Nothing special: root in the container is root, podman's capabilities and seccomp filter.
    plain: Container = {
        let container = podman().start(&[], &FAMILY);
        podman().exec(&container, &["--user", "1000"], &["sleep", "100002"]);
        settled(container, 3)
    }
}

shared! {
    /// A user other than root.
    user: Container = settled(podman().start(&["--user", "1000:1000"], &FAMILY), 2)
}

shared! {
    /// Further groups: one with a name in the container, one with a name on the host alone.
    groups: Container = settled(
        podman().start(&["--user", "1000:1000", "--group-add", "2000", "--group-add", "44"], &FAMILY),
        2,
    )
}

shared! {
    /// A user namespace.
    uidmap: Container = {
        let flags = ["--uidmap", "0:300000:70000", "--gidmap", "0:100000:70000"];
        let container = podman().start(&flags, &FAMILY);
        podman().exec(&container, &["--user", "1000:10"], &["sleep", "100002"]);
        settled(container, 3)
    }
}

shared! {
    /// All capabilities that the machine has, no seccomp filter.
    privileged: Container = settled(podman().start(&["--privileged"], &FAMILY), 2)
}

shared! {
    /// The host's PID namespace.
    host_pid: Container = {
        let container = podman().start(&["--pid=host"], &["sleep", "100003"]);
        super::process::until_running(container.pid, "sleep");
        container
    }
}

shared! {
    /// A cgroup namespace of its own.
    cgroupns: Container = settled(podman().start(&["--cgroupns=private"], &FAMILY), 2)
}

shared! {
    /// A terminal.
    terminal: Container = settled(podman().start(&["--tty"], &FAMILY), 2)
}

/// A pod whose containers share one PID namespace.
#[derive(Debug)]
pub(crate) struct Pod {
    pub(crate) infra: Container,
    pub(crate) members: [Container; 2],
}

shared! {
    /// An infra container and two more.
    pod: Pod = {
        let podman = podman();
        podman.import();
        podman.run(&[
            "pod", "create", "--name", "shared", "--share", "pid", "--infra-image", IMAGE,
            "--infra-command", "/bin/sleep 100000",
        ]);
        let members = [
            podman.start_image(&["--pod=shared"], &["sleep", "100004"]),
            podman.start_image(&["--pod=shared", "--user", "1000:1000"], &["sleep", "100005"]),
        ];
        let infra = podman.run(&["pod", "inspect", "--format", "{{.InfraContainerID}}", "shared"]);
        let infra = settled(podman.container(infra), 3);
        Pod { infra, members }
    }
}

/// A container with a process in a further user and PID namespace.
#[derive(Debug)]
pub(crate) struct Nested {
    pub(crate) outer: Container,
    /// The process within, by the host's number.
    pub(crate) inner: i32,
}

shared! {
    /// Made inside, by the means of a container with nothing special.
    nested: Nested = {
        let outer = podman().start(&[], &FAMILY);
        let inner = podman().exec(
            &outer,
            &[],
            &["busybox", "unshare", "-U", "-r", "-p", "-f", "sleep", "100006"],
        );
        // The same command is a moment long a `sleep` that still has the outer namespace.
        Nested { outer: settled(outer, 4), inner }
    }
}

/// A user with containers of his own.
#[derive(Debug)]
pub(crate) struct Rootless {
    pub(crate) user: User,
    pub(crate) podman: Podman,
    pub(crate) plain: Container,
}

shared! {
    /// Rootless, with a process of the container's root and one of its alice.
    rootless: Rootless = {
        let user = User::new();
        let podman = Podman::new(user.home.clone(), user.prefix());
        let root = make_rootfs(&user.home.join("rootfs"));
        let owner = format!("{}:{}", user.uid, user.gid);
        run(Command::new("chown").arg("-R").arg(owner).arg(&root));
        let plain = podman.start(&[], &FAMILY);
        podman.exec(&plain, &["--user", "1000:2000"], &["sleep", "100002"]);
        Rootless { user, podman, plain: settled(plain, 3) }
    }
}
