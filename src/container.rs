//! In which container a process runs, told by the paths of its control groups.

use std::fmt;

use crate::{
    bytes,
    format::pid::{Cgroup, CgroupRow},
    value::Text,
};

/// The runtime that made a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Runtime {
    /// Docker.
    Docker,
    /// Podman, or whatever else is made of libpod.
    Podman,
    /// containerd, for Kubernetes or by nerdctl.
    Containerd,
    /// CRI-O.
    CriO,
    /// systemd-nspawn, or a machine that is registered with systemd.
    Nspawn,
    /// LXC, LXD or Incus.
    Lxc,
    /// One of Kubernetes', made by whatever runtime it has.
    Kubernetes,
}

impl Runtime {
    /// Its name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Docker => "docker",
            Self::Podman => "podman",
            Self::Containerd => "containerd",
            Self::CriO => "cri-o",
            Self::Nspawn => "systemd-nspawn",
            Self::Lxc => "lxc",
            Self::Kubernetes => "kubernetes",
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
/// It is the name that its runtime gave the group; whoever may make groups may call one so.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Container {
    /// The runtime that made it.
    pub runtime: Runtime,
    /// Its id, mostly 64 hexadecimal digits; of nspawn and LXC its name.
    pub id: Text,
    /// The UID of its Kubernetes pod; `None` outside of Kubernetes.
    pub pod: Option<Text>,
}

impl Container {
    /// The container that the path of a control group names; the innermost where there are
    /// several inside each other.
    ///
    /// ```
    /// use psgo::{Container, Runtime};
    ///
    /// let id = "1".repeat(64);
    /// let path = format!("/machine.slice/libpod-{id}.scope/container");
    /// let container = Container::from_path(path.as_bytes()).unwrap();
    /// assert_eq!(container.runtime, Runtime::Podman);
    /// assert_eq!(container.id.to_string(), id);
    /// assert!(Container::from_path(b"/user.slice/user-1000.slice").is_none());
    /// ```
    #[must_use]
    pub fn from_path(path: &[u8]) -> Option<Self> {
        let parts: Vec<&[u8]> = path.split(|&b| b == b'/').collect();
        let found = (0..parts.len()).rev().find_map(|at| {
            let (before, part) = (parts.get(..at)?, parts.get(at)?);
            let (runtime, id) = of_part(before, part)?;
            Some((runtime, id, at))
        });
        let (runtime, id, at) = found?;
        let outer = parts.get(..=at).unwrap_or_default();
        Some(Self {
            runtime,
            id: Text::from(&*id),
            pod: outer.iter().rev().find_map(|part| pod(part)),
        })
    }

    /// The container that the control groups of a process name: that of version 2 if it does,
    /// then those of version 1.
    ///
    /// ```
    /// use psgo::{Container, format::pid::Cgroup};
    ///
    /// let file = format!("4:memory:/docker/{}\n0::/\n", "1".repeat(64));
    /// let container = Container::from_cgroups(&Cgroup::parse(file.as_bytes())?);
    /// assert_eq!(container.unwrap().runtime.as_str(), "docker");
    /// # Ok::<(), psgo::format::ParseError>(())
    /// ```
    #[must_use]
    pub fn from_cgroups(groups: &Cgroup) -> Option<Self> {
        let named = |row: &&CgroupRow| row.controllers.name().is_some();
        // In the hierarchy of systemd's own, a service that has other groups is in one too.
        let first = groups.unified().into_iter();
        let all = first
            .chain(groups.rows.iter().filter(named))
            .chain(groups.rows.iter());
        all.into_iter()
            .find_map(|row| Self::from_path(&row.path.path))
    }
}

/// What runtimes put before the ids in the names of groups. Longer ones stand before what they
/// begin with.
const PREFIXES: [(&[u8], Runtime); 7] = [
    (b"docker-", Runtime::Docker),
    (b"libpod-payload-", Runtime::Podman),
    (b"libpod-", Runtime::Podman),
    (b"cri-containerd-", Runtime::Containerd),
    (b"nerdctl-", Runtime::Containerd),
    (b"containerd-", Runtime::Containerd),
    (b"crio-", Runtime::CriO),
];

/// Words before an id in a group of systemd's that was not made by systemd: `cri-containerd:ID`.
const WORDS: [(&[u8], Runtime); 4] = [
    (b"cri-containerd", Runtime::Containerd),
    (b"crio", Runtime::CriO),
    (b"docker", Runtime::Docker),
    (b"libpod", Runtime::Podman),
];

/// The container that one part of a path names, whose parts `before` it are known.
fn of_part(before: &[&[u8]], part: &[u8]) -> Option<(Runtime, Vec<u8>)> {
    let bare = part.strip_suffix(b".scope").unwrap_or(part);
    for (prefix, runtime) in PREFIXES {
        if let Some(id) = bare.strip_prefix(prefix).filter(|id| is_id(id)) {
            return Some((runtime, id.to_vec()));
        }
    }
    if let Some((word, id)) = bytes::rsplit_once(part, b':').filter(|(_, id)| is_id(id)) {
        let word = word.rsplit(|&b| b == b':').next().unwrap_or_default();
        let known = WORDS.iter().find(|(known, _)| *known == word);
        return known.map(|(_, runtime)| (*runtime, id.to_vec()));
    }
    if let Some(name) = part
        .strip_prefix(b"lxc.payload.")
        .filter(|name| !name.is_empty())
    {
        return Some((Runtime::Lxc, name.to_vec()));
    }
    if let Some(name) = bare.strip_prefix(b"machine-").filter(|_| bare != part) {
        let name = unescape(name);
        // Virtual machines are called so too, and are no containers.
        if let Some(lxc) = name.strip_prefix(b"lxc-") {
            return Some((Runtime::Lxc, lxc.to_vec()));
        }
        return (!name.starts_with(b"qemu-")).then_some((Runtime::Nspawn, name));
    }
    if let Some(name) = part.strip_prefix(b"systemd-nspawn@") {
        let name = name
            .strip_suffix(b".service")
            .filter(|name| !name.is_empty())?;
        return Some((Runtime::Nspawn, unescape(name)));
    }
    match before.last().copied() {
        Some(b"docker") if is_id(part) => Some((Runtime::Docker, part.to_vec())),
        Some(b"lxc" | b"lxc.payload") if !part.is_empty() => Some((Runtime::Lxc, part.to_vec())),
        Some(outer) if is_id(part) && pod(outer).is_some() => {
            Some((Runtime::Kubernetes, part.to_vec()))
        }
        _ => None,
    }
}

/// Runtimes have ids of 64 digits in hex; some shorten them.
fn is_id(text: &[u8]) -> bool {
    (12..=64).contains(&text.len()) && text.iter().all(u8::is_ascii_hexdigit)
}

/// The pod that a part of a path names: `kubepods-burstable-podUID.slice`, `podUID`.
fn pod(part: &[u8]) -> Option<Text> {
    let part = part.split(|&b| b == b':').next().unwrap_or_default();
    let part = part.strip_suffix(b".slice").unwrap_or(part);
    let id = match bytes::find_part(part, b"-pod") {
        Some(at) if part.starts_with(b"kubepods") => part.get(at + 4..)?,
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

    fn found(path: &str) -> Option<(&'static str, String, Option<String>)> {
        let path = path.replace("ID", ID);
        let container = Container::from_path(path.as_bytes())?;
        let pod = container.pod.map(|pod| pod.to_string());
        Some((container.runtime.as_str(), container.id.to_string(), pod))
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
            (
                &format!("{slice}/cri-containerd-ID.scope"),
                of_pod("containerd"),
            ),
            (&format!("{slice}/crio-ID.scope"), of_pod("cri-o")),
            (&format!("{slice}/crio-conmon-ID.scope"), None),
            (&format!("{slice}/docker-ID.scope"), of_pod("docker")),
            (
                &format!("/kubepods/besteffort/pod{pod}/ID"),
                of_pod("kubernetes"),
            ),
            (&format!("/kubepods/pod{pod}/crio-ID"), of_pod("cri-o")),
            (
                "/system.slice/containerd.service/kubepods-burstable-poda1b2c3d4_1111_2222_3333_0123456789ab.slice:cri-containerd:ID",
                of_pod("containerd"),
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
            (
                "/docker/ID/docker/ffffffffffffffff",
                named("docker", "ffffffffffffffff"),
            ),
            ("/", None),
            ("/user.slice/user-1000.slice/session-1.scope", None),
            ("/system.slice/docker.service", None),
        ] {
            assert_eq!(found(path), expected, "{path}");
        }
    }
}
