//! Where runtimes keep their files.

use std::collections::HashMap;

use super::{
    config::Config,
    docker::{self, Roots},
    files::{Dir, OF_ONE, Root, path_of},
    storage::DRIVERS,
    store::{Asking, Kind, Store},
    watchers::{Kept, Watchers},
};
use crate::{bytes::decimal, ids::Uid};

/// The usual ones of root's.
const USUAL: &[(Kind, &str)] = &[
    (Kind::Docker, "/var/lib/docker"),
    (Kind::Docker, "/var/snap/docker/common/var-lib-docker"),
    (Kind::Balena, "/var/lib/balena-engine"),
    (Kind::Storage, "/var/lib/containers/storage"),
    (Kind::Containerd, "/run/containerd"),
    (Kind::Containerd, "/run/docker/containerd/daemon"),
    (Kind::Containerd, "/run/k3s/containerd"),
    (Kind::Containerd, "/var/snap/microk8s/common/run/containerd"),
    (Kind::Kubelet, "/var/log"),
    (Kind::State, "/run/runc"),
    (Kind::State, "/run/crun"),
    (Kind::State, "/run/youki"),
    (Kind::Machines, "/run/systemd/machines"),
    (Kind::Incus, "/run/incus"),
    (Kind::Incus, "/var/lib/incus/containers"),
];

/// The usual ones of a user's, below the home directory.
const AT_HOME: &[(Kind, &str)] = &[
    (Kind::Storage, ".local/share/containers/storage"),
    (Kind::Docker, ".local/share/docker"),
];

/// And below the directory that systemd makes for the user in `/run/user`.
const AT_RUN: &[(Kind, &str)] = &[
    (Kind::State, "runc"),
    (Kind::State, "crun"),
    (Kind::State, "youki"),
    (Kind::Containerd, "containerd"),
    (Kind::Containerd, "docker/containerd/daemon"),
];

/// What a directory that a caller named can be.
const ANY: &[Kind] = &[
    Kind::Docker,
    Kind::Storage,
    Kind::Containerd,
    Kind::Kubelet,
    Kind::State,
];

/// A list of stores without two of a directory.
#[derive(Default)]
struct Stores(Vec<Store>);

impl Stores {
    fn add(&mut self, kind: Kind, dir: Dir) {
        let mut same = self.0.iter().filter(|known| known.dir.path() == dir.path());
        let first = same.clone().next();
        if !same.any(|known| known.kind == kind) {
            let store = Store::new(kind, dir, first);
            self.0.push(store);
        }
    }

    /// Those that the caller named.
    fn add_named(&mut self, root: &Root, config: &Config) {
        for path in &config.roots {
            let dir = root.dir(path_of(path));
            for kind in ANY {
                self.add(*kind, dir.clone());
            }
        }
    }

    /// The graph roots of which the bundles are that `conmon` names, of this user's containers.
    fn add_watched(&mut self, root: &Root, user: Option<Uid>, watchers: &Watchers) {
        let own = watchers
            .all
            .iter()
            .filter(|watcher| watcher.path.user == user);
        for bundle in own.filter_map(|watcher| watcher.bundle.as_deref()) {
            if let Some(path) = graph_root(bundle) {
                self.add(Kind::Storage, root.dir(path));
            }
        }
    }
}

/// The directories of root's runtimes.
pub(super) fn of_root(root: &Root, config: &Config, watchers: &Watchers) -> Vec<Store> {
    let mut stores = Stores::default();
    stores.add_named(root, config);
    for (kind, path) in USUAL {
        stores.add(*kind, root.dir(path));
    }
    for kept in &watchers.kept {
        let (kind, path) = match kept {
            Kept::Docker(path) => (Kind::Docker, path),
            Kept::Containerd(path) => (Kind::Containerd, path),
            Kept::Storage(path) => (Kind::Storage, path),
            // What it says is added before.
            Kept::DockerConfig(_) => continue,
        };
        stores.add(kind, root.dir(path));
    }
    stores.add_watched(root, None, watchers);
    stores.0
}

/// The configurations of daemons, each by its directory and its name there.
pub(super) fn configs(root: &Root, watchers: &Watchers) -> Vec<(Dir, Vec<u8>)> {
    let path = |kept: &Kept| match kept {
        Kept::DockerConfig(path) => {
            let (dir, file) = crate::bytes::rsplit_once(path, b'/')?;
            Some((root.dir(dir), file.to_vec()))
        }
        _ => None,
    };
    watchers.kept.iter().filter_map(path).collect()
}

/// What such a configuration says.
pub(super) fn configured(dir: &Dir, file: &[u8], asking: &mut Asking<'_>) -> Roots {
    let bytes = asking.read(dir, &[file], OF_ONE).pop().flatten();
    let roots = bytes.and_then(|bytes| asking.parsed(dir, file, docker::roots(&bytes)));
    roots.unwrap_or_default()
}

/// The directories of a user's runtimes.
pub(super) fn of_user(
    root: &Root,
    user: Uid,
    home: Option<&[u8]>,
    config: &Config,
    watchers: &Watchers,
) -> Vec<Store> {
    let mut stores = Stores::default();
    stores.add_named(root, config);
    if let Some(home) = home {
        for (kind, path) in AT_HOME {
            stores.add(*kind, root.dir(home).join(path));
        }
    }
    let run = root.dir(format!("/run/user/{user}"));
    for (kind, path) in AT_RUN {
        stores.add(*kind, run.join(path));
    }
    stores.add_watched(root, Some(user), watchers);
    stores.0
}

/// `GRAPHROOT` of `GRAPHROOT/DRIVER-containers/ID/userdata`.
pub(super) fn graph_root(bundle: &[u8]) -> Option<&[u8]> {
    let above = |path| crate::bytes::rsplit_once(path, b'/');
    let (of_container, userdata) = above(bundle)?;
    let (containers, _) = above(of_container)?;
    let (root, containers) = above(containers)?;
    let driver = containers.strip_suffix(b"-containers")?;
    let is_known = DRIVERS.iter().any(|known| known.as_bytes() == driver);
    (userdata == b"userdata" && is_known && root.starts_with(b"/")).then_some(root)
}

/// The home directories of the users in a passwd file.
pub(super) fn homes(passwd: &[u8]) -> HashMap<u32, Vec<u8>> {
    let home = |line: &[u8]| {
        let mut fields = line.split(|&b| b == b':').skip(2);
        let user = decimal(fields.next()?)?;
        let home = fields.nth(2).filter(|home| home.starts_with(b"/"))?;
        Some((user, home.to_vec()))
    };
    let mut all = HashMap::new();
    for (user, home) in passwd.split(|&b| b == b'\n').filter_map(home) {
        // The first counts, as for the C library.
        all.entry(user).or_insert(home);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bundle_lies_in_a_graph_root() {
        let root = |path: &str| graph_root(path.as_bytes()).map(<[u8]>::to_vec);
        let found = root("/home/u/s/overlay-containers/0123/userdata");
        assert_eq!(found.unwrap(), b"/home/u/s");
        for path in [
            "",
            "/",
            "/x/userdata",
            "/s/overlay-containers/0/other",
            "s/vfs-containers/0/userdata",
        ] {
            assert_eq!(root(path), None, "{path}");
        }
    }

    #[test]
    fn homes_are_those_of_passwd() {
        let homes =
            homes(b"a:x:1000:1000:A,,:/home/a:/bin/sh\nb:x:1000:1:B:/home/b:\nx\nc:x:7:7::rel:\n");
        assert_eq!(homes.len(), 1);
        assert_eq!(homes[&1000], b"/home/a");
    }
}
