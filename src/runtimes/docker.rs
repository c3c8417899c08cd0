//! Docker's file of a container, `DATAROOT/containers/ID/config.v2.json`, and that of its daemon.

use super::{
    json::{Leaf, pick},
    moment::moment,
    named::{Named, Pod},
};
use crate::{
    container::Runtime,
    ids::{Pid, ProcessId},
    sorting::sort_by,
    value::Text,
};

/// The labels of Kubernetes, by cri-dockerd or the kubelet.
const POD_NAME: &[u8] = b"io.kubernetes.pod.name";
const POD_NAMESPACE: &[u8] = b"io.kubernetes.pod.namespace";
const POD_UID: &[u8] = b"io.kubernetes.pod.uid";
const CONTAINER_NAME: &[u8] = b"io.kubernetes.container.name";
const KIND: &[u8] = b"io.kubernetes.docker.type";

/// The directory of the data root that has one for each container.
pub(super) const CONTAINERS: &[u8] = b"containers";

/// The file of that container below the data root.
pub(super) fn path(id: &[u8]) -> Vec<u8> {
    [CONTAINERS, b"/", id, b"/config.v2.json"].concat()
}

/// Where a daemon keeps its files, if it says so.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Roots {
    pub(super) data: Option<Vec<u8>>,
    pub(super) exec: Option<Vec<u8>>,
}

/// What a daemon's configuration, `/etc/docker/daemon.json`, says of that.
pub(super) fn roots(bytes: &[u8]) -> Result<Roots, serde_json::Error> {
    let mut roots = Roots::default();
    let wants = |path: &[String]| {
        let words: Vec<_> = path.iter().map(String::as_str).collect();
        matches!(words[..], ["data-root" | "graph" | "exec-root"])
    };
    let mut take = |path: &[String], leaf: Leaf<'_>| {
        let path: Vec<_> = path.iter().map(String::as_str).collect();
        let dir = leaf.text().filter(|dir| dir.starts_with(b"/"));
        let dir = dir.map(<[u8]>::to_vec);
        match path[..] {
            ["exec-root"] => roots.exec = dir,
            // The second is the old name.
            ["data-root" | "graph"] => roots.data = dir,
            _ => {}
        }
    };
    pick(bytes, &wants, &mut take)?;
    Ok(roots)
}

impl Roots {
    /// The state directory of the containerd that the daemon starts.
    pub(super) fn state(&self) -> Option<Vec<u8>> {
        let exec = self.exec.as_deref()?;
        Some([exec, b"/containerd/daemon"].concat())
    }
}

/// What it says. `runtime` is whose data root it is.
pub(super) fn parse(bytes: &[u8], runtime: Runtime) -> Result<Named, serde_json::Error> {
    let mut named = Named {
        runtime: Some(runtime),
        ..Named::default()
    };
    let (mut pid, mut runs) = (None, false);
    let wants = |path: &[String]| {
        let words: Vec<_> = path.iter().map(String::as_str).collect();
        matches!(
            words[..],
            ["Name" | "Created" | "Config" | "State"]
                | ["Config", "Image" | "Labels"]
                | ["State", "Pid" | "Running" | "StartedAt"]
                | ["Config", "Labels", _]
        )
    };
    let mut take = |path: &[String], leaf: Leaf<'_>| {
        let words: Vec<_> = path.iter().map(String::as_str).collect();
        let text = leaf.text();
        match words[..] {
            ["Name"] => {
                let name = text.map(|name| name.strip_prefix(b"/").unwrap_or(name));
                named.name = name.map(Text::from);
            }
            ["Created"] => named.created = text.and_then(moment),
            ["Config", "Image"] => named.image = text.map(Text::from),
            ["Config", "Labels", label] => {
                if let Leaf::Text(value) = leaf {
                    let label = Text::from(label.as_bytes());
                    named.labels.push((label, Text::from(value.as_bytes())));
                }
            }
            ["State", "StartedAt"] => named.started = text.and_then(moment),
            ["State", "Pid"] => pid = leaf.number().and_then(|pid| u32::try_from(pid).ok()),
            ["State", "Running"] => runs = leaf == Leaf::Flag(true),
            _ => {}
        }
    };
    pick(bytes, &wants, &mut take)?;
    sort_labels(&mut named);
    let pid = pid.filter(|pid| runs && *pid > 0);
    named.init = pid.map(|pid| ProcessId::from(Pid::new(pid)));
    of_kubernetes(&mut named);
    Ok(named)
}

/// In the order of their names; of several of a name the last counts.
pub(super) fn sort_labels(named: &mut Named) {
    named.labels.reverse();
    sort_by(&mut named.labels, |a, b| a.0.cmp(&b.0));
    named.labels.dedup_by(|later, first| later.0 == first.0);
}

/// Takes from the labels of Kubernetes what they say of the pod.
fn of_kubernetes(named: &mut Named) {
    let label = |name: &[u8]| {
        let is_it = |(known, _): &&(Text, Text)| known.as_bytes() == name;
        let found = named.labels.iter().find(is_it);
        found.map(|(_, value)| value.clone())
    };
    let pod = Pod {
        namespace: label(POD_NAMESPACE),
        name: label(POD_NAME),
        uid: label(POD_UID),
    };
    if pod.is_unknown() {
        return;
    }
    let is_sandbox = label(KIND).is_some_and(|kind| kind.as_bytes() == b"podsandbox");
    let name = label(CONTAINER_NAME);
    named.is_sandbox = is_sandbox;
    named.pod = Some(pod);
    // The name of Docker's is made of all of them.
    if let Some(name) = name {
        named.name = Some(name);
    }
}
