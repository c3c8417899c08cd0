//! Docker and containerd, a daemon of each, and runc without one: as Debian has them, in directories of
//! this run alone.

use std::{
    fs,
    io::{Read as _, Write as _},
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    process::Command,
    sync::LazyLock,
};

use serde_json::{Value, json};

use super::{
    at_end, dir,
    podman::{Container, rootfs, settled},
    process::{Held, quiet},
    run, wait_for,
};
use crate::oracle::kernel;

/// Two processes that have used some memory, some cache and some time, and rest.
const FAMILY: [&str; 3] = [
    "sh",
    "-c",
    "busybox dd if=/dev/zero of=/cache bs=1024k count=8 2>/dev/null; \
     i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done; sleep 100050 & wait",
];

/// The limit of memory of each.
pub(crate) const LIMIT: u64 = 64 << 20;

/// Starts a daemon, which runs until this run ends, and waits until it answers.
fn daemon(command: &mut Command, dir: &Path, asked: impl Fn() -> Command) {
    let log = dir.join("log");
    let mut daemon = Held::start(quiet(command).stderr(fs::File::create(&log).unwrap()));
    let start = kernel::start_ticks(daemon.pid()).unwrap();
    at_end(&format!("stop {} {start} {}", daemon.pid(), dir.display()));
    wait_for("the daemon answers", || {
        let ended = daemon.child().try_wait().unwrap();
        let said = || fs::read_to_string(&log).unwrap();
        assert!(ended.is_none(), "{command:?}: {ended:?}\n{}", said());
        let answers = asked().output().unwrap().status.success();
        answers.then_some(())
    });
    // The keeper ends it.
    std::mem::forget(daemon);
}

fn new_dir(name: &str) -> PathBuf {
    super::must_be_root();
    let dir = dir().join(name);
    fs::create_dir(&dir).unwrap();
    dir
}

/// A process that was told by its number, with one more.
fn both(id: String, pid: &Value) -> Container {
    let pid = i32::try_from(pid.as_i64().unwrap()).unwrap();
    settled(Container { id, pid }, 2)
}

/// A name that no other run has.
fn own_name(of: &str) -> String {
    format!("{of}-{}", std::process::id())
}

/// A daemon of Docker's, with its data root from its configuration and its exec root from its command
/// line.
#[derive(Debug)]
pub(crate) struct Docker {
    dir: PathBuf,
    pub(crate) name: String,
    pub(crate) container: Container,
}

impl Docker {
    pub(crate) const IMAGE: &'static str = "psgo-test:engines";

    fn start() -> Self {
        let dir = new_dir("docker");
        let config = json!({"data-root": dir.join("data")});
        fs::write(dir.join("daemon.json"), config.to_string()).unwrap();
        let mut command = Command::new("dockerd");
        let of = |flag: &str, name: &str| format!("--{flag}={}", dir.join(name).display());
        command.args([
            of("config-file", "daemon.json"),
            of("exec-root", "exec"),
            of("pidfile", "pid"),
            format!("--host=unix://{}", dir.join("sock").display()),
        ]);
        command.args([
            "--iptables=false",
            "--ip6tables=false",
            "--ip-forward=false",
            "--bridge=none",
            "--storage-driver=vfs",
            "--exec-opt=native.cgroupdriver=cgroupfs",
        ]);
        let name = own_name("web");
        let mut docker = Self {
            dir,
            container: Container {
                id: String::new(),
                pid: 0,
            },
            name,
        };
        daemon(&mut command, &docker.dir, || docker.command(&["version"]));
        let words = docker.words().join(" ");
        at_end(&format!(
            "ids=$({words} ps --all --quiet 2>/dev/null); [ -z \"$ids\" ] || {words} rm --force $ids >/dev/null"
        ));
        let tar = docker.dir.join("rootfs.tar");
        run(Command::new("tar")
            .arg("-C")
            .arg(rootfs())
            .arg("-cf")
            .arg(&tar)
            .arg("."));
        docker.run(&["import", tar.to_str().unwrap(), Self::IMAGE]);
        let limit = format!("--memory={LIMIT}");
        let flags = [
            "run",
            "--detach",
            "--network=none",
            &limit,
            "--name",
            &docker.name,
        ];
        let args = [&flags[..], &[Self::IMAGE], &FAMILY].concat();
        let id = docker.run(&args);
        let pid = docker.run(&["inspect", "--format", "{{.State.Pid}}", &id]);
        docker.container = both(id, &pid.parse::<i32>().unwrap().into());
        docker
    }

    fn words(&self) -> Vec<String> {
        let dir = self.dir.display();
        let config = format!("DOCKER_CONFIG={dir}");
        let host = format!("unix://{dir}/sock");
        ["env", &config, "docker", "--host", &host]
            .map(str::to_owned)
            .to_vec()
    }

    fn command(&self, args: &[&str]) -> Command {
        let words = self.words();
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]).args(args);
        command
    }

    pub(crate) fn run(&self, args: &[&str]) -> String {
        run(&mut self.command(args))
    }

    /// What `docker stats` of a container is computed from.
    pub(crate) fn stats(&self, id: &str) -> Value {
        let mut stream = UnixStream::connect(self.dir.join("sock")).unwrap();
        write!(
            stream,
            "GET /containers/{id}/stats?stream=false&one-shot=true HTTP/1.0\r\n\r\n"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (_, body) = answer.split_once("\r\n\r\n").expect("a body");
        serde_json::from_str(body).unwrap()
    }
}

/// containerd with `ctr`, its state directory from its configuration.
#[derive(Debug)]
pub(crate) struct Containerd {
    dir: PathBuf,
    /// Of a name that somebody chose.
    pub(crate) named: Container,
    /// Of an ID as Kubernetes and nerdctl make them.
    pub(crate) plain: Container,
}

impl Containerd {
    fn start() -> Self {
        let dir = new_dir("containerd");
        let [state, root, sock] =
            ["state", "root", "sock"].map(|name| dir.join(name).display().to_string());
        let config = format!(
            "version = 2\nroot = {root:?}\nstate = {state:?}\n\
             disabled_plugins = [\"io.containerd.grpc.v1.cri\"]\n[grpc]\naddress = {sock:?}\n"
        );
        let file = dir.join("config.toml");
        fs::write(&file, config).unwrap();
        let none = || Container {
            id: String::new(),
            pid: 0,
        };
        let mut containerd = Self {
            dir,
            named: none(),
            plain: none(),
        };
        let mut command = Command::new("containerd");
        command.arg("--config").arg(&file);
        daemon(&mut command, &containerd.dir, || {
            containerd.command(&["version"])
        });
        let image = containerd.dir.join("image.tar");
        docker().run(&["save", "--output", image.to_str().unwrap(), Docker::IMAGE]);
        let native = ["--snapshotter", "native"];
        let import = [
            &["image", "import"][..],
            &native,
            &[image.to_str().unwrap()],
        ]
        .concat();
        containerd.run(&import);
        let start = |id: String| {
            let limit = LIMIT.to_string();
            let image = format!("docker.io/library/{}", Docker::IMAGE);
            let runs = ["run", "--detach", "--null-io", "--memory-limit", &limit];
            let words = containerd.words().join(" ");
            at_end(&format!(
                "{words} task rm --force {id} >/dev/null 2>&1; {words} container rm {id}"
            ));
            containerd.run(&[&runs[..], &native, &[&image, &id], &FAMILY].concat());
            let tasks = containerd.run(&["task", "ls"]);
            let mut tasks = tasks
                .lines()
                .map(|line| line.split_whitespace().collect::<Vec<_>>());
            let task = tasks.find(|task| task[0] == id).unwrap();
            let pid: i32 = task[1].parse().unwrap();
            both(id, &pid.into())
        };
        let named = start(own_name("task"));
        let plain = start(format!("c7d{:061x}", std::process::id()));
        containerd.named = named;
        containerd.plain = plain;
        containerd
    }

    fn words(&self) -> Vec<String> {
        let sock = self.dir.join("sock").display().to_string();
        vec!["ctr".to_owned(), "--address".to_owned(), sock]
    }

    fn command(&self, args: &[&str]) -> Command {
        let words = self.words();
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]).args(args);
        command
    }

    fn run(&self, args: &[&str]) -> String {
        run(&mut self.command(args))
    }

    /// What `ctr task metrics` says of a container.
    pub(crate) fn metrics(&self, of: &Container) -> Value {
        let said = self.run(&["task", "metrics", "--format", "json", &of.id]);
        serde_json::from_str(&said).unwrap()
    }
}

/// runc without anything above it.
#[derive(Debug)]
pub(crate) struct Runc {
    pub(crate) root: PathBuf,
    pub(crate) container: Container,
}

impl Runc {
    fn start() -> Self {
        let dir = new_dir("runc");
        let files = dir.join("rootfs");
        run(Command::new("cp").arg("-a").arg(rootfs()).arg(&files));
        run(Command::new("runc").arg("spec").current_dir(&dir));
        let config = dir.join("config.json");
        let mut spec: Value = serde_json::from_slice(&fs::read(&config).unwrap()).unwrap();
        spec["process"]["terminal"] = false.into();
        spec["process"]["args"] = json!(FAMILY);
        spec["root"] = json!({"path": files});
        spec["linux"]["resources"]["memory"] = json!({"limit": LIMIT});
        fs::write(&config, spec.to_string()).unwrap();
        let root = dir.join("root");
        let id = own_name("box");
        at_end(&format!(
            "runc --root {} delete --force {id}",
            root.display()
        ));
        let mut command = Command::new("runc");
        command
            .arg("--root")
            .arg(&root)
            .args(["run", "--detach", "--bundle"]);
        let status = quiet(command.arg(&dir).arg(&id)).status().unwrap();
        assert!(status.success(), "{status}");
        let state = fs::read(root.join(&id).join("state.json")).unwrap();
        let state: Value = serde_json::from_slice(&state).unwrap();
        let container = both(id, &state["init_process_pid"]);
        Self { root, container }
    }

    /// What `runc events` says of it.
    pub(crate) fn stats(&self) -> Value {
        let mut command = Command::new("runc");
        command
            .arg("--root")
            .arg(&self.root)
            .args(["events", "--stats", &self.container.id]);
        let said: Value = serde_json::from_str(&run(&mut command)).unwrap();
        said["data"].clone()
    }
}

macro_rules! shared {
    ($name:ident: $type:ty) => {
        pub(crate) fn $name() -> &'static $type {
            static STARTED: LazyLock<$type> = LazyLock::new(<$type>::start);
            &STARTED
        }
    };
}

shared! { docker: Docker }
shared! { containerd: Containerd }
shared! { runc: Runc }
