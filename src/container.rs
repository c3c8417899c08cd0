//! In which container a process runs, told by the paths of its control groups.

use std::fmt;

use crate::{
    bytes,
    format::pid::{Cgroup, CgroupRow},
    ids::Uid,
    value::Text,
};

/// The runtime that made a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Runtime {
    /// Docker.
    Docker,
    /// `BuildKit` in Docker: a step of a build.
    BuildKit,
    /// balenaEngine, which keeps its files as Docker does.
    Balena,
    /// Podman, or whatever else is made of libpod.
    Podman,
    /// containerd, for Kubernetes, by nerdctl or by ctr.
    Containerd,
    /// CRI-O.
    CriO,
    /// runc, without anything above it.
    Runc,
    /// crun, without anything above it.
    Crun,
    /// youki, without anything above it.
    Youki,
    /// systemd-nspawn, or a machine that is registered with systemd.
    Nspawn,
    /// LXC or LXD.
    Lxc,
    /// Incus.
    Incus,
}

impl Runtime {
    /// Its name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Docker => "docker",
            Self::BuildKit => "buildkit",
            Self::Balena => "balena",
            Self::Podman => "podman",
            Self::Containerd => "containerd",
            Self::CriO => "cri-o",
            Self::Runc => "runc",
            Self::Crun => "crun",
            Self::Youki => "youki",
            Self::Nspawn => "systemd-nspawn",
            Self::Lxc => "lxc",
            Self::Incus => "incus",
        }
    }
}

impl fmt::Display for Runtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A container, as the path of a control group names it.
///
/// It is the name that its runtime gave the group; whoever may make groups may call one so. A
/// process can make groups only below one that it was given: so what the parts of a path further
/// out say, whoever runs further in has not chosen. See [`user`](Self::user) and
/// [`all_from_path`](Self::all_from_path).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct ContainerPath {
    /// The runtime that made it; `None` where several name groups so. The runtimes' files may tell.
    pub runtime: Option<Runtime>,
    /// Its id, mostly 64 hexadecimal digits; of nspawn and LXC its name.
    pub id: Text,
    /// The UID of its Kubernetes pod; `None` outside of Kubernetes.
    pub pod: Option<Text>,
    /// The user whose own service manager (`user@UID.service`) has the group below it: a rootless
    /// container of that user, or a group that any process of that user calls so. `None` where no
    /// user's service manager could have made it.
    pub user: Option<Uid>,
}

impl ContainerPath {
    /// The container of that ID, of which nothing else is known.
    #[must_use]
    pub fn new(id: Text) -> Self {
        Self {
            runtime: None,
            id,
            pod: None,
            user: None,
        }
    }

    /// By what it is told from others: its ID, and whose it is.
    #[cfg(any(test, feature = "runtimes"))]
    pub(crate) fn key(&self) -> (Text, Option<Uid>) {
        (self.id.clone(), self.user)
    }

    /// Whether that is the same container.
    #[cfg(any(test, feature = "runtimes"))]
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.id == other.id && self.user == other.user
    }

    /// The container that the path of a control group names; the outermost where there are
    /// several inside each other. The others are those of a runtime that runs in the first, or
    /// whatever a process of the first calls the groups that it may make.
    ///
    /// ```
    /// use psgo::{ContainerPath, Runtime};
    ///
    /// let id = "1".repeat(64);
    /// let path = format!("/machine.slice/libpod-{id}.scope/container/docker-{}.scope", "2".repeat(64));
    /// let container = ContainerPath::from_path(path.as_bytes()).unwrap();
    /// assert_eq!(container.runtime, Some(Runtime::Podman));
    /// assert_eq!(container.id.to_string(), id);
    /// assert!(ContainerPath::from_path(b"/user.slice/user-1000.slice").is_none());
    /// ```
    #[must_use]
    pub fn from_path(path: &[u8]) -> Option<Self> {
        let parts = parts(path);
        (0..parts.len()).find_map(|at| Self::at(&parts, at))
    }

    /// The innermost container that the path of a control group names. What runs in one that is
    /// further out may have made it up.
    #[must_use]
    pub fn innermost_from_path(path: &[u8]) -> Option<Self> {
        let parts = parts(path);
        (0..parts.len()).rev().find_map(|at| Self::at(&parts, at))
    }

    /// The containers that the path of a control group names, the outermost first. What runs in
    /// one of them may have made up those after it.
    ///
    /// ```
    /// use psgo::ContainerPath;
    ///
    /// let path = format!("/docker/{}/kubepods/pod{}/{}", "1".repeat(64), "2".repeat(32), "3".repeat(64));
    /// let all = ContainerPath::all_from_path(path.as_bytes());
    /// let ids: Vec<_> = all.iter().map(|container| container.id.to_string()).collect();
    /// assert_eq!(ids, ["1".repeat(64), "3".repeat(64)]);
    /// ```
    #[must_use]
    pub fn all_from_path(path: &[u8]) -> Vec<Self> {
        let parts = parts(path);
        let found = (0..parts.len()).filter_map(|at| Self::at(&parts, at));
        found.collect()
    }

    /// The container that the part of a path names that stands there.
    fn at(parts: &[&[u8]], at: usize) -> Option<Self> {
        let before = parts.get(..at)?;
        let (runtime, id) = of_part(before, parts.get(at)?)?;
        let outer = parts.get(..=at)?;
        Some(Self {
            runtime,
            id: Text::from(&*id),
            pod: outer.iter().rev().find_map(|part| pod(part)),
            user: before.iter().find_map(|part| user(part)),
        })
    }

    /// The container that the control groups of a process name: that of version 2 if it does,
    /// then those of version 1. The outermost, as by [`from_path`](Self::from_path).
    ///
    /// ```
    /// use psgo::{ContainerPath, Runtime, format::pid::Cgroup};
    ///
    /// let file = format!("4:memory:/docker/{}\n0::/\n", "1".repeat(64));
    /// let container = ContainerPath::from_cgroups(&Cgroup::parse(file.as_bytes())?);
    /// assert_eq!(container.unwrap().runtime, Some(Runtime::Docker));
    /// # Ok::<(), psgo::format::ParseError>(())
    /// ```
    #[must_use]
    pub fn from_cgroups(groups: &Cgroup) -> Option<Self> {
        paths(groups).find_map(Self::from_path)
    }

    /// All containers that the control groups of a process name, each once: those of version 2
    /// first, then those of version 1; of each path the outermost first.
    #[must_use]
    pub fn all_from_cgroups(groups: &Cgroup) -> Vec<Self> {
        let mut all: Vec<Self> = Vec::new();
        for container in paths(groups).flat_map(Self::all_from_path) {
            if !all.contains(&container) {
                all.push(container);
            }
        }
        all
    }

    /// The container's own of the control groups of one of its processes: each path that names it, cut
    /// behind the part that does. Where none does, as of one that was made by hand, all but the topmost.
    #[cfg(any(test, feature = "runtimes"))]
    pub(crate) fn own_groups(&self, groups: &Cgroup) -> Cgroup {
        let cut = |path: &[u8]| {
            let parts = parts(path);
            let names_it =
                |at: &usize| Self::at(&parts, *at).is_some_and(|container| container.id == self.id);
            let at = (0..parts.len()).find(names_it)?;
            let length = parts.iter().take(at + 1).map(|part| part.len() + 1);
            path.get(..length.sum::<usize>() - 1).map(<[u8]>::to_vec)
        };
        let cuts: Vec<_> = groups.rows.iter().map(|row| cut(&row.path.path)).collect();
        let is_named = cuts.iter().any(Option::is_some);
        let mut own = groups.clone();
        let mut cuts = cuts.into_iter();
        own.rows.0.retain_mut(|row| match cuts.next().flatten() {
            Some(path) => {
                row.path.path = path;
                true
            }
            None => !is_named && *row.path.path != *b"/",
        });
        own
    }
}

/// `podman:ID`; below a user's own service manager `podman:ID(uid 1000)`; the ID alone where the
/// runtime is unknown.
impl fmt::Display for ContainerPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(runtime) = self.runtime {
            write!(f, "{runtime}:")?;
        }
        write!(f, "{}", self.id)?;
        match self.user {
            Some(user) => write!(f, "(uid {user})"),
            None => Ok(()),
        }
    }
}

fn parts(path: &[u8]) -> Vec<&[u8]> {
    path.split(|&b| b == b'/').collect()
}

/// The paths of the groups of a process, in the order in which they are believed.
fn paths(groups: &Cgroup) -> impl Iterator<Item = &[u8]> {
    let named = |row: &&CgroupRow| row.controllers.name().is_some();
    // In the hierarchy of systemd's own, a service that has other groups is in one too.
    let first = groups.unified().into_iter();
    let all = first
        .chain(groups.rows.iter().filter(named))
        .chain(groups.rows.iter());
    all.map(|row| &*row.path.path)
}

/// The user whose service manager a part of a path is: `user@1000.service`.
fn user(part: &[u8]) -> Option<Uid> {
    let id = part.strip_prefix(b"user@")?.strip_suffix(b".service")?;
    bytes::decimal(id).map(Uid::new)
}

/// What runtimes put before the ids in the names of groups. Longer ones stand before what they
/// begin with.
const PREFIXES: [(&[u8], Runtime); 11] = [
    (b"docker-", Runtime::Docker),
    (b"balena-", Runtime::Balena),
    (b"libpod-payload-", Runtime::Podman),
    (b"libpod-", Runtime::Podman),
    (b"cri-containerd-", Runtime::Containerd),
    (b"nerdctl-", Runtime::Containerd),
    (b"containerd-", Runtime::Containerd),
    (b"crio-", Runtime::CriO),
    (b"runc-", Runtime::Runc),
    (b"crun-", Runtime::Crun),
    (b"youki-", Runtime::Youki),
];

/// Words before an id in a group of systemd's that was not made by systemd: `cri-containerd:ID`.
const WORDS: [(&[u8], Runtime); 9] = [
    (b"cri-containerd", Runtime::Containerd),
    (b"nerdctl", Runtime::Containerd),
    (b"crio", Runtime::CriO),
    (b"docker", Runtime::Docker),
    (b"balena", Runtime::Balena),
    (b"libpod", Runtime::Podman),
    (b"runc", Runtime::Runc),
    (b"crun", Runtime::Crun),
    (b"youki", Runtime::Youki),
];

/// The container that one part of a path names, whose parts `before` it are known.
fn of_part(before: &[&[u8]], part: &[u8]) -> Option<(Option<Runtime>, Vec<u8>)> {
    let known = |runtime, id: &[u8]| Some((Some(runtime), id.to_vec()));
    let bare = part.strip_suffix(b".scope").unwrap_or(part);
    for (prefix, runtime) in PREFIXES {
        if let Some(id) = bare.strip_prefix(prefix).filter(|id| is_id(id)) {
            return known(runtime, id);
        }
    }
    if let Some((words, id)) = bytes::rsplit_once(part, b':') {
        let word = words.rsplit(|&b| b == b':').next().unwrap_or_default();
        if word == b"docker" && is_build(id) {
            return known(Runtime::BuildKit, id);
        }
        let runtime = WORDS.iter().find(|(known, _)| *known == word);
        let runtime = runtime.map(|(_, runtime)| *runtime);
        // Whoever calls runc chooses the word.
        let is_it = is_whole_id(id) || (runtime.is_some() && is_id(id));
        return is_it.then(|| (runtime, id.to_vec()));
    }
    if let Some(name) = part
        .strip_prefix(b"lxc.payload.")
        .filter(|name| !name.is_empty())
    {
        return known(Runtime::Lxc, name);
    }
    if let Some(name) = bare.strip_prefix(b"machine-").filter(|_| bare != part) {
        let name = unescape(name);
        // Virtual machines are called so too, and are no containers.
        if let Some(lxc) = name.strip_prefix(b"lxc-") {
            return known(Runtime::Lxc, lxc);
        }
        return (!name.starts_with(b"qemu-")).then_some((Some(Runtime::Nspawn), name));
    }
    if let Some(name) = part.strip_prefix(b"systemd-nspawn@") {
        let name = name
            .strip_suffix(b".service")
            .filter(|name| !name.is_empty())?;
        return known(Runtime::Nspawn, &unescape(name));
    }
    match before {
        [.., b"docker", b"buildkit"] if !part.is_empty() => known(Runtime::BuildKit, part),
        [.., b"docker"] if is_id(part) => known(Runtime::Docker, part),
        [.., b"lxc" | b"lxc.payload"] if !part.is_empty() => known(Runtime::Lxc, part),
        // Podman's pods, which are groups of containers.
        [.., b"libpod_parent"] => None,
        [.., outer] if is_id(part) && pod(outer).is_some() => Some((None, part.to_vec())),
        [.., b"ecs", _] if is_of_fargate(part) => Some((None, part.to_vec())),
        // Of whatever parent somebody chose: by ECS, by GitHub's runners, by hand.
        _ => is_whole_id(part).then(|| (None, part.to_vec())),
    }
}

/// What is 64 digits in hex is hardly ever anything else.
fn is_whole_id(text: &[u8]) -> bool {
    text.len() == 64 && is_id(text)
}

/// `BuildKit` has 25 letters and digits.
fn is_build(text: &[u8]) -> bool {
    let is_of_it = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    text.len() == 25 && text.iter().all(is_of_it)
}

/// On AWS Fargate: the 32 digits of the task, and a number.
fn is_of_fargate(text: &[u8]) -> bool {
    let Some((task, number)) = bytes::rsplit_once(text, b'-') else {
        return false;
    };
    task.len() == 32 && is_id(task) && bytes::decimal::<u64>(number).is_some()
}

/// Runtimes have ids of 64 digits in hex; some shorten them.
fn is_id(text: &[u8]) -> bool {
    (12..=64).contains(&text.len()) && text.iter().all(u8::is_ascii_hexdigit)
}

/// The pod that a part of a path names: `kubepods-burstable-podUID.slice`, `podUID`; of kind
/// `kubelet-kubepods-burstable-podUID.slice`.
fn pod(part: &[u8]) -> Option<Text> {
    let part = part.split(|&b| b == b':').next().unwrap_or_default();
    let part = part.strip_suffix(b".slice").unwrap_or(part);
    let id = match bytes::find_part(part, b"-pod") {
        Some(at) if bytes::find_part(part, b"kubepods").is_some() => part.get(at + 4..)?,
        _ => part.strip_prefix(b"pod")?,
    };
    let is_digit = |b: &u8| b.is_ascii_hexdigit() || matches!(b, b'-' | b'_');
    // systemd has another meaning for a dash.
    let id: Text = (id.len() >= 32 && id.iter().all(is_digit)).then(|| {
        id.iter()
            .map(|&b| if b == b'_' { b'-' } else { b })
            .collect()
    })?;
    Some(id)
}

/// The name in the name of a unit of systemd's: `\x2d` is a dash, and a dash a slash.
fn unescape(name: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(name.len());
    let mut rest = name;
    loop {
        rest = match rest {
            [] => return text,
            [b'\\', b'x', a, b, rest @ ..] if let Some(byte) = bytes::hex(&[*a, *b]) => {
                text.push(byte);
                rest
            }
            [byte, rest @ ..] => {
                text.push(*byte);
                rest
            }
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    /// What a runtime is called, where it is known.
    fn name(runtime: Option<Runtime>) -> &'static str {
        runtime.map_or("?", Runtime::as_str)
    }

    fn found(path: &str) -> Option<(&'static str, String, Option<String>)> {
        let path = path.replace("/ID", &format!("/{ID}"));
        let path = path.replace("-ID", &format!("-{ID}"));
        let path = path.replace(":ID", &format!(":{ID}"));
        let container = ContainerPath::from_path(path.as_bytes())?;
        let pod = container.pod.map(|pod| pod.to_string());
        Some((name(container.runtime), container.id.to_string(), pod))
    }

    #[test]
    fn each_runtime_is_known_by_its_paths() {
        let pod = "a1b2c3d4-1111-2222-3333-0123456789ab";
        let slice = "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-poda1b2c3d4_1111_2222_3333_0123456789ab.slice";
        let plain = |runtime| Some((runtime, ID.to_owned(), None));
        let named = |runtime, name: &str| Some((runtime, name.to_owned(), None));
        let of_pod = |runtime| Some((runtime, ID.to_owned(), Some(pod.to_owned())));
        for (path, expected) in [
            ("/docker/ID", plain("docker")),
            ("/system.slice/docker-ID.scope", plain("docker")),
            ("/system.slice/docker-ID.scope/init", plain("docker")),
            ("/machine.slice/libpod-ID.scope/container", plain("podman")),
            (
                "/user.slice/user-1.slice/user@1.service/user.slice/libpod-ID.scope",
                plain("podman"),
            ),
            ("/libpod_parent/libpod-ID", plain("podman")),
            ("/machine.slice/libpod-conmon-ID.scope", None),
            // The first is a pod.
            ("/libpod_parent/ID", None),
            ("/libpod_parent/conmon", None),
            (
                &format!("/libpod_parent/{}/libpod-ID", "e".repeat(64)),
                plain("podman"),
            ),
            (
                "/docker/buildkit/0v2z8bq6n1rvxk9qj4l7c3fty",
                named("buildkit", "0v2z8bq6n1rvxk9qj4l7c3fty"),
            ),
            (
                "/system.slice:docker:0v2z8bq6n1rvxk9qj4l7c3fty",
                named("buildkit", "0v2z8bq6n1rvxk9qj4l7c3fty"),
            ),
            ("/system.slice:docker:ID", plain("docker")),
            ("/system.slice/balena-ID.scope", plain("balena")),
            ("/system.slice/nerdctl-ID.scope", plain("containerd")),
            ("/system.slice/runc-ID.scope", plain("runc")),
            ("/system.slice/crun-ID.scope", plain("crun")),
            ("/system.slice/youki-ID.scope", plain("youki")),
            ("/:youki:ID", plain("youki")),
            ("/system.slice:libpod:ID", plain("podman")),
            // The form does not say which runtime it was.
            ("/default/ID", plain("?")),
            ("/ID", plain("?")),
            ("/ID/init.scope", plain("?")),
            ("/ecs/1f3b0e9a-0000-4000-8000-1f3b0e9a1f3b/ID", plain("?")),
            (
                "/ecs/cluster/0123456789abcdef0123456789abcdef/ID",
                plain("?"),
            ),
            (
                "/ecs/0123456789abcdef0123456789abcdef/0123456789abcdef0123456789abcdef-2543487123",
                named("?", "0123456789abcdef0123456789abcdef-2543487123"),
            ),
            ("/actions_job/ID", plain("?")),
            ("/my.slice/of/mine/ID", plain("?")),
            ("/user.slice:mine:ID", plain("?")),
            // Too short to be nothing else.
            ("/actions_job/0123456789ab", None),
            ("/user.slice:mine:0123456789ab", None),
            ("/web", None),
            ("/default/web", None),
            (
                &format!("{slice}/cri-containerd-ID.scope"),
                of_pod("containerd"),
            ),
            (&format!("{slice}/crio-ID.scope"), of_pod("cri-o")),
            (&format!("{slice}/crio-conmon-ID.scope"), None),
            (&format!("{slice}/docker-ID.scope"), of_pod("docker")),
            (&format!("/kubepods/besteffort/pod{pod}/ID"), of_pod("?")),
            (&format!("/kubepods/pod{pod}/crio-ID"), of_pod("cri-o")),
            (
                "/system.slice/containerd.service/kubepods-burstable-poda1b2c3d4_1111_2222_3333_0123456789ab.slice:cri-containerd:ID",
                of_pod("containerd"),
            ),
            (
                "/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-burstable.slice/kubelet-kubepods-burstable-poda1b2c3d4_1111_2222_3333_0123456789ab.slice/cri-containerd-ID.scope",
                of_pod("containerd"),
            ),
            (
                &format!("/kubelet/kubepods/burstable/pod{pod}/ID"),
                of_pod("?"),
            ),
            (
                "/machine.slice/machine-my\\x2dbox.scope/payload",
                named("systemd-nspawn", "my-box"),
            ),
            (
                "/machine.slice/systemd-nspawn@web.service/payload",
                named("systemd-nspawn", "web"),
            ),
            ("/machine.slice/machine-qemu\\x2d1\\x2dvm.scope", None),
            ("/lxc/web", named("lxc", "web")),
            ("/lxc.payload.web/system.slice", named("lxc", "web")),
            ("/lxc.payload/web", named("lxc", "web")),
            ("/lxc.monitor.web", None),
            ("/", None),
            ("/user.slice/user-1000.slice/session-1.scope", None),
            ("/system.slice/docker.service", None),
        ] {
            assert_eq!(found(path), expected, "{path}");
        }
    }

    /// Of each container that a path names: its runtime, how its id begins, its user.
    fn all(path: &str) -> Vec<(&'static str, String, Option<u32>)> {
        let [a, b] = [("AAAA", "a"), ("BBBB", "b")].map(|(name, digit)| (name, digit.repeat(64)));
        let path = path.replace(a.0, &a.1).replace(b.0, &b.1);
        let path = path.as_bytes();
        let all = ContainerPath::all_from_path(path);
        assert_eq!(ContainerPath::from_path(path).as_ref(), all.first());
        assert_eq!(
            ContainerPath::innermost_from_path(path).as_ref(),
            all.last()
        );
        let one = |container: ContainerPath| {
            let id = container.id.to_string().chars().take(3).collect();
            let user = container.user.map(Uid::get);
            (name(container.runtime), id, user)
        };
        all.into_iter().map(one).collect()
    }

    #[test]
    fn who_runs_in_a_container_does_not_choose_which_it_is() {
        const SESSION: &str = "/user.slice/user-1000.slice/user@1000.service";
        let one = |runtime, id: &str| (runtime, id.to_owned(), None);
        let of = |user, runtime, id: &str| (runtime, id.to_owned(), Some(user));
        for (path, expected) in [
            // In a delegated group: by cgroupfs, by systemd, in a pod.
            (
                "/docker/AAAA/docker-BBBB.scope".to_owned(),
                vec![one("docker", "aaa"), one("docker", "bbb")],
            ),
            (
                "/system.slice/docker-AAAA.scope/x/y/libpod-BBBB.scope".to_owned(),
                vec![one("docker", "aaa"), one("podman", "bbb")],
            ),
            (
                "/kubepods/pod0123456789abcdef0123456789abcdef/AAAA/docker/BBBB".to_owned(),
                vec![one("?", "aaa"), one("docker", "bbb")],
            ),
            (
                "/lxc.payload.web/system.slice/docker-BBBB.scope".to_owned(),
                vec![one("lxc", "web"), one("docker", "bbb")],
            ),
            // kind: a pod in a node that is a container.
            (
                "/docker/AAAA/kubelet.slice/kubelet-kubepods.slice/cri-containerd-BBBB.scope"
                    .to_owned(),
                vec![one("docker", "aaa"), one("containerd", "bbb")],
            ),
            // A user's own, and one in it.
            (
                format!("{SESSION}/user.slice/libpod-AAAA.scope/container/docker/BBBB"),
                vec![of(1000, "podman", "aaa"), of(1000, "docker", "bbb")],
            ),
            (
                format!("{SESSION}/app.slice/docker-AAAA.scope"),
                vec![of(1000, "docker", "aaa")],
            ),
            // A user's service manager that runs in a container is that container's affair.
            (
                format!("/machine.slice/libpod-AAAA.scope{SESSION}/libpod-BBBB.scope"),
                vec![one("podman", "aaa"), of(1000, "podman", "bbb")],
            ),
            ("/user.slice/user@x.service/a".to_owned(), vec![]),
            // A group that only looks like a container, in one.
            (
                "/my.slice/AAAA/cri-containerd-BBBB.scope".to_owned(),
                vec![one("?", "aaa"), one("containerd", "bbb")],
            ),
        ] {
            assert_eq!(all(&path), expected, "{path}");
        }
    }

    #[test]
    fn the_groups_of_a_process_lie_in_those_of_its_container() {
        let (a, b) = ("a".repeat(64), "b".repeat(64));
        let file = format!("2:memory:/docker/{a}/docker/{b}\n1:cpu:/docker\n0::/docker/{a}/init\n");
        let groups = Cgroup::parse(file.as_bytes()).unwrap();
        let container = ContainerPath::from_cgroups(&groups).unwrap();
        let paths = |groups: &Cgroup| {
            let own = container.own_groups(groups);
            let paths = own.rows.iter().map(|row| row.path.path.clone());
            paths.collect::<Vec<_>>()
        };
        let own = format!("/docker/{a}").into_bytes();
        assert_eq!(paths(&groups), [own.clone(), own]);
        // Of one that was made by hand no path has the ID.
        let groups = Cgroup::parse(b"2:memory:/mine\n1:cpu:/\n").unwrap();
        assert_eq!(paths(&groups), [b"/mine".to_vec()]);
    }

    #[test]
    fn each_container_of_a_process_is_told_once() {
        let (a, b) = ("a".repeat(64), "b".repeat(64));
        let file = format!("3:cpu:/docker/{a}/docker/{b}\n2:memory:/docker/{a}\n0::/\n");
        let groups = Cgroup::parse(file.as_bytes()).unwrap();
        let all = ContainerPath::all_from_cgroups(&groups);
        let all: Vec<_> = all.iter().map(ToString::to_string).collect();
        assert_eq!(all, [format!("docker:{a}"), format!("docker:{b}")]);
        let one = ContainerPath::from_cgroups(&groups).unwrap();
        assert_eq!(one.to_string(), format!("docker:{a}"));
    }
}
