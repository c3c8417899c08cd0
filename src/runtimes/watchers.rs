//! The processes that watch containers, and the daemons that make them, by their command lines: `conmon`
//! and `containerd-shim` know the ID, and conmon the name and the bundle; dockerd, containerd and CRI-O
//! the directories of their files. A shim's working directory is the bundle, which tells those of a
//! containerd that has them from its configuration.
//!
//! What a process says of itself is believed of one outside of all containers alone, of root or of the
//! user whose containers it watches; directories of a root's daemon or shim in the namespaces of this
//! process.

use std::{collections::HashMap, io};

use super::{docker::Roots, named::Named};
use crate::{
    container::{ContainerPath, Runtime},
    format::pid::{Cgroup, Stat, Status},
    ids::{Pid, Uid},
    procfs::{ProcessDir, Procfs},
    value::Text,
    wait::{Name, process_file},
};

/// A process that watches a container.
#[derive(Debug)]
pub(super) struct Watcher {
    pub(super) path: ContainerPath,
    pub(super) named: Named,
    /// The directory of the bundle.
    pub(super) bundle: Option<Vec<u8>>,
}

/// Which directory a daemon keeps what in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kept {
    /// Docker's data root.
    Docker(Vec<u8>),
    /// Docker's configuration, which may say both.
    DockerConfig(Vec<u8>),
    /// A state directory of containerd.
    Containerd(Vec<u8>),
    /// A graph root.
    Storage(Vec<u8>),
}

/// What processes say.
#[derive(Debug, Default)]
pub(super) struct Watchers {
    pub(super) all: Vec<Watcher>,
    pub(super) kept: Vec<Kept>,
    /// The watchers of processes that no control group names, by the number of the process; each is a
    /// position in `all`.
    pub(super) of: HashMap<Pid, usize>,
}

/// What may be read of it.
struct Seen {
    uid: Uid,
    dir: ProcessDir,
}

/// The names by which they are found, as the kernel cuts them.
const CONMON: &[u8] = b"conmon";
const SHIM: &[u8] = b"containerd-shim";
const DAEMONS: [&[u8]; 5] = [
    b"dockerd",
    b"containerd",
    b"crio",
    b"podman",
    b"balena-engine-d",
];

impl Watchers {
    /// Finds them among the processes of a `/proc`.
    pub(super) fn find(proc: &Procfs, is_own: bool) -> io::Result<Self> {
        let mut found = Self::default();
        let pids = proc.pids().map_err(io::Error::other)?;
        let mut reader = proc.reader();
        let mut watching = Vec::new();
        let own = Namespaces::of(proc, is_own);
        for pid in &pids {
            reader.turn_to(*pid);
            // One that is gone, or may not be read, watches nothing that is known.
            let Ok(comm) = reader.read(process_file!("comm")) else {
                continue;
            };
            let comm = comm.strip_suffix(b"\n").unwrap_or(comm);
            let is_watcher = comm == CONMON || comm == SHIM;
            if !is_watcher && !DAEMONS.contains(&comm) {
                continue;
            }
            let comm = comm.to_vec();
            let Some(seen) = Seen::outside(proc, *pid, &own, !is_watcher) else {
                continue;
            };
            let Ok(cmdline) = seen.dir.read(process_file!("cmdline")) else {
                continue;
            };
            let args: Vec<&[u8]> = cmdline.split(|&b| b == 0).collect();
            if !is_watcher {
                daemon(&comm, &args, &mut found.kept);
                continue;
            }
            if comm == SHIM && seen.is_of_host(&own) {
                found.keep_state(&seen.dir);
            }
            let watcher = if comm == CONMON {
                conmon(&args, seen.uid)
            } else {
                shim(&args, seen.uid)
            };
            if let Some(watcher) = watcher {
                watching.push((*pid, found.all.len()));
                found.all.push(watcher);
            }
        }
        if watching.iter().any(|(pid, _)| has_unnamed(proc, *pid)) {
            found.of = below(proc, &pids, &watching);
        }
        Ok(found)
    }

    /// Keeps the state directory in which a shim works, once for all of them.
    fn keep_state(&mut self, shim: &ProcessDir) {
        let bundle = shim.link(process_file!("cwd")).ok();
        let state = bundle.as_deref().and_then(state_of_bundle);
        if let Some(state) = state {
            let kept = Kept::Containerd(state.to_vec());
            if !self.kept.contains(&kept) {
                self.kept.push(kept);
            }
        }
    }
}

/// The directories of containerd's tasks in its state directory, of version 2 of its interface and of
/// version 1.
pub(super) const TASKS: [&str; 2] = [
    "io.containerd.runtime.v2.task",
    "io.containerd.runtime.v1.linux",
];

/// `STATE` of `STATE/TASKS/NAMESPACE/ID`.
fn state_of_bundle(bundle: &[u8]) -> Option<&[u8]> {
    let above = |path| crate::bytes::rsplit_once(path, b'/');
    let (namespace, _) = above(bundle)?;
    let (tasks, _) = above(namespace)?;
    let (state, tasks) = above(tasks)?;
    let is_known = TASKS.iter().any(|known| known.as_bytes() == tasks);
    (is_known && state.starts_with(b"/")).then_some(state)
}

/// The namespaces in which daemons are believed.
struct Namespaces {
    pids: Option<Vec<u8>>,
    mounts: Option<Vec<u8>>,
    users: Option<Vec<u8>>,
}

impl Namespaces {
    /// Those of this process, or, in another `/proc` and where it is not seen, of the first one.
    fn of(proc: &Procfs, is_own: bool) -> Self {
        let first = || proc.process(Pid::new(1));
        let own = if is_own {
            proc.process_self().or_else(|_| first())
        } else {
            first()
        };
        let link = |name| own.as_ref().ok()?.link(name).ok();
        Self {
            pids: link(process_file!("ns/pid")),
            mounts: link(process_file!("ns/mnt")),
            users: link(process_file!("ns/user")),
        }
    }
}

impl Seen {
    /// A process outside of all containers; a `daemon` is root's, and in the namespaces of this process.
    fn outside(proc: &Procfs, pid: Pid, own: &Namespaces, is_daemon: bool) -> Option<Self> {
        let dir = proc.process(pid).ok()?;
        if !shares(&dir, process_file!("ns/pid"), own.pids.as_ref()) {
            return None;
        }
        let groups = Cgroup::parse(&dir.read(process_file!("cgroup")).ok()?).ok()?;
        if ContainerPath::from_cgroups(&groups).is_some() {
            return None;
        }
        let status = Status::parse(&dir.read(process_file!("status")).ok()?).ok()?;
        let [_, uid, ..] = status.uid?;
        let uid = Uid::new(uid);
        let seen = Self { uid, dir };
        (!is_daemon || seen.is_of_host(own)).then_some(seen)
    }

    /// Whether it is root's, and sees the files that this process sees.
    fn is_of_host(&self, own: &Namespaces) -> bool {
        self.uid.get() == 0
            && shares(&self.dir, process_file!("ns/mnt"), own.mounts.as_ref())
            && shares(&self.dir, process_file!("ns/user"), own.users.as_ref())
    }
}

/// Whether a process is known to be in that namespace.
fn shares(dir: &ProcessDir, name: Name<'_>, own: Option<&Vec<u8>>) -> bool {
    let link = dir.link(name).ok();
    link.is_some() && link.as_ref() == own
}

/// The value behind an argument, or after its `=`.
fn value<'a>(args: &[&'a [u8]], names: &[&str]) -> Option<&'a [u8]> {
    let mut rest = args.iter().skip(1);
    while let Some(arg) = rest.next() {
        for name in names {
            match arg.strip_prefix(name.as_bytes()) {
                Some(b"") => return rest.next().copied(),
                Some([b'=', value @ ..]) if name.len() > 2 => return Some(value),
                _ => {}
            }
        }
    }
    None
}

/// What an argument of conmon says: only those before the ones that are for others.
fn conmon(args: &[&[u8]], uid: Uid) -> Option<Watcher> {
    let of_others = |arg: &&[u8]| {
        [&b"--runtime-arg"[..], b"--exit-command"]
            .iter()
            .any(|start| arg.starts_with(start))
    };
    let end = args.iter().position(of_others).unwrap_or(args.len());
    let args = args.get(..end).unwrap_or_default();
    let id = value(args, &["-c", "--cid"])?;
    let path = path_of(id, uid)?;
    let bundle = value(args, &["-b", "--bundle"]);
    let text = |name: &[u8]| (!name.is_empty()).then(|| Text::from(name));
    let named = Named {
        name: value(args, &["-n", "--name"]).and_then(text),
        ..Named::default()
    };
    Some(Watcher {
        path,
        named,
        bundle: bundle.map(<[u8]>::to_vec),
    })
}

/// What a shim says. One of Kubernetes' watches all containers of a pod, of which the first is its own.
fn shim(args: &[&[u8]], uid: Uid) -> Option<Watcher> {
    let namespace = value(args, &["-namespace", "--namespace"])?;
    if namespace == b"k8s.io" {
        return None;
    }
    let mut path = path_of(value(args, &["-id", "--id"])?, uid)?;
    path.runtime = Some(match namespace {
        b"moby" => Runtime::Docker,
        _ => Runtime::Containerd,
    });
    Some(Watcher {
        path,
        named: Named::default(),
        bundle: None,
    })
}

fn path_of(id: &[u8], uid: Uid) -> Option<ContainerPath> {
    let mut path = ContainerPath::new(Text::from(id));
    path.user = (uid.get() != 0).then_some(uid);
    super::files::is_name(id).then_some(path)
}

/// Keeps the directories of a Docker.
pub(super) fn keep(roots: Roots, kept: &mut Vec<Kept>) {
    kept.extend(roots.state().map(Kept::Containerd));
    kept.extend(roots.data.map(Kept::Docker));
}

/// Where a daemon keeps its files, if its command line says.
fn daemon(comm: &[u8], args: &[&[u8]], kept: &mut Vec<Kept>) {
    let absolute = |path: &&[u8]| path.starts_with(b"/");
    let dir = |names: &[&str]| value(args, names).filter(absolute).map(<[u8]>::to_vec);
    match comm {
        b"dockerd" | b"balena-engine-d" => {
            let roots = Roots {
                data: dir(&["--data-root", "-g", "--graph"]),
                exec: dir(&["--exec-root"]),
            };
            keep(roots, kept);
            let config = dir(&["--config-file"]);
            if comm == b"dockerd" {
                let config = config.unwrap_or_else(|| b"/etc/docker/daemon.json".to_vec());
                kept.push(Kept::DockerConfig(config));
            }
        }
        b"containerd" => kept.extend(dir(&["--state"]).map(Kept::Containerd)),
        _ => kept.extend(dir(&["--root", "-r"]).map(Kept::Storage)),
    }
}

/// Whether a process has a child that no control group names as a container's, or may have one.
fn has_unnamed(proc: &Procfs, pid: Pid) -> bool {
    let children = process_file!("children").of_thread(pid);
    let Ok(children) = proc.read(&children.of(pid)) else {
        // A kernel without these files, or the process is gone.
        return proc.process(pid).is_ok();
    };
    let mut children = children
        .split(|&b| b == b' ')
        .filter_map(crate::bytes::decimal::<u32>);
    let mounts = mounts_of(proc, pid);
    children.any(|child| {
        let groups = proc.read(&process_file!("cgroup").of(child));
        let groups = groups.ok().and_then(|bytes| Cgroup::parse(&bytes).ok());
        groups.is_some_and(|groups| ContainerPath::from_cgroups(&groups).is_none())
            && leaves(mounts.as_ref(), proc, Pid::new(child))
    })
}

/// The mount namespace of a process; unknown where it may not be asked.
fn mounts_of(proc: &Procfs, pid: Pid) -> Option<Vec<u8>> {
    proc.process(pid).ok()?.link(process_file!("ns/mnt")).ok()
}

/// Whether a process is not, as far as is known, where what watches a container runs: a runtime and the
/// command that `conmon` runs at the end of the container are, and are not in the container.
fn leaves(mounts: Option<&Vec<u8>>, proc: &Procfs, pid: Pid) -> bool {
    mounts.is_none() || mounts_of(proc, pid).as_ref() != mounts
}

/// The processes below those that watch, each with the nearest of them.
fn below(proc: &Procfs, pids: &[Pid], watching: &[(Pid, usize)]) -> HashMap<Pid, usize> {
    let mut parents = HashMap::new();
    let mut reader = proc.reader();
    for pid in pids {
        reader.turn_to(*pid);
        let stat = reader.read(process_file!("stat"));
        let stat = stat.ok().and_then(|bytes| Stat::parse(bytes).ok());
        let parent = stat.and_then(|stat| u32::try_from(stat.ppid).ok());
        if let Some(parent) = parent {
            parents.insert(*pid, Pid::new(parent));
        }
    }
    let watching: HashMap<Pid, usize> = watching.iter().copied().collect();
    let (mut of, mut mounts) = (HashMap::new(), HashMap::new());
    for pid in pids.iter().filter(|pid| !watching.contains_key(pid)) {
        // Numbers can come again while they are read, and make a circle.
        let up = std::iter::successors(Some(*pid), |pid| parents.get(pid).copied());
        let watcher = up
            .take(1000)
            .find_map(|pid| Some((pid, watching.get(&pid)?)));
        if let Some((by, watcher)) = watcher {
            let mounts = mounts.entry(by).or_insert_with(|| mounts_of(proc, by));
            if leaves(mounts.as_ref(), proc, *pid) {
                of.insert(*pid, *watcher);
            }
        }
    }
    of
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(line: &str) -> Vec<&[u8]> {
        line.split(' ').map(str::as_bytes).collect()
    }

    #[test]
    fn conmon_says_id_name_and_bundle_and_no_others_do_for_it() {
        let line = "/usr/bin/conmon --api-version 1 -c 0123456789ab -u abc -r /usr/bin/runc \
                    -b /s/vfs-containers/0123456789ab/userdata -n web --exit-dir /e \
                    --runtime-arg --root --exit-command /usr/bin/podman --exit-command-arg -n -c";
        let found = conmon(&args(line), Uid::new(0)).unwrap();
        assert_eq!(found.path.id.as_bytes(), b"0123456789ab");
        assert_eq!(found.path.user, None);
        assert_eq!(found.named.name.unwrap().as_bytes(), b"web");
        assert_eq!(
            found.bundle.unwrap(),
            b"/s/vfs-containers/0123456789ab/userdata"
        );
        let found = conmon(&args(line), Uid::new(1000)).unwrap();
        assert_eq!(found.path.user, Some(Uid::new(1000)));
        for line in [
            "conmon",
            "conmon -c",
            "conmon -c ../x",
            "conmon --exit-command -c x",
        ] {
            assert!(conmon(&args(line), Uid::new(0)).is_none(), "{line}");
        }
    }

    #[test]
    fn a_shim_says_id_and_namespace() {
        let line = "/usr/bin/containerd-shim-runc-v2 -namespace moby -id 0123456789ab -address /a";
        let found = shim(&args(line), Uid::new(0)).unwrap();
        assert_eq!(found.path.runtime, Some(Runtime::Docker));
        assert_eq!(found.path.id.as_bytes(), b"0123456789ab");
        assert!(shim(&args(&line.replace("moby", "k8s.io")), Uid::new(0)).is_none());
    }

    #[test]
    fn daemons_say_where_their_files_are() {
        let kept = |comm: &str, line: &str| {
            let mut kept = Vec::new();
            daemon(comm.as_bytes(), &args(line), &mut kept);
            kept
        };
        assert_eq!(
            kept(
                "dockerd",
                "dockerd --data-root /d --exec-root=/e --config-file /c"
            ),
            [
                Kept::Containerd(b"/e/containerd/daemon".to_vec()),
                Kept::Docker(b"/d".to_vec()),
                Kept::DockerConfig(b"/c".to_vec()),
            ]
        );
        assert_eq!(
            kept("containerd", "containerd --state=/s --root /r"),
            [Kept::Containerd(b"/s".to_vec())]
        );
        assert_eq!(
            kept("podman", "podman --root /g system service"),
            [Kept::Storage(b"/g".to_vec())]
        );
        let usual = || [Kept::DockerConfig(b"/etc/docker/daemon.json".to_vec())];
        assert_eq!(kept("dockerd", "dockerd --data-root relative"), usual());
        assert_eq!(kept("dockerd", "dockerd --data-root"), usual());
    }

    #[test]
    fn a_bundle_lies_in_a_state_directory_of_containerd() {
        let state = |path: &str| state_of_bundle(path.as_bytes()).map(<[u8]>::to_vec);
        let found = state("/run/k3s/x/io.containerd.runtime.v2.task/k8s.io/0123");
        assert_eq!(found.unwrap(), b"/run/k3s/x");
        for path in [
            "",
            "/",
            "/io.containerd.runtime.v2.task/moby",
            "/run/tasks/moby/0123",
            "x/io.containerd.runtime.v2.task/moby/0123",
        ] {
            assert_eq!(state(path), None, "{path}");
        }
    }
}
