//! The bundle of an OCI runtime: the annotations in its `config.json`, of containerd, CRI-O, podman and
//! nerdctl.

use super::{
    docker::sort_labels,
    json::{Leaf, pick},
    named::{Named, Pod},
};
use crate::{container::Runtime, value::Text};

/// What a `config.json` says.
#[derive(Debug, Default)]
pub(super) struct Bundle {
    pub(super) named: Named,
    /// The ID of the sandbox to which it belongs.
    pub(super) sandbox: Option<Vec<u8>>,
    /// The path of its control group.
    pub(super) group: Option<Vec<u8>>,
    pub(super) hostname: Option<Text>,
}

/// Annotations that name something, each with what it names. The first known of each counts.
#[derive(Debug, Clone, Copy, PartialEq)]
enum What {
    Name,
    Image,
    PodName,
    PodNamespace,
    PodUid,
    Kind,
    Sandbox,
    Manager,
    Created,
}

const ANNOTATIONS: &[(&str, What, Option<Runtime>)] = &[
    (
        "io.kubernetes.cri.container-name",
        What::Name,
        Some(Runtime::Containerd),
    ),
    (
        "io.kubernetes.cri.image-name",
        What::Image,
        Some(Runtime::Containerd),
    ),
    (
        "io.kubernetes.cri.sandbox-name",
        What::PodName,
        Some(Runtime::Containerd),
    ),
    (
        "io.kubernetes.cri.sandbox-namespace",
        What::PodNamespace,
        Some(Runtime::Containerd),
    ),
    (
        "io.kubernetes.cri.sandbox-uid",
        What::PodUid,
        Some(Runtime::Containerd),
    ),
    (
        "io.kubernetes.cri.container-type",
        What::Kind,
        Some(Runtime::Containerd),
    ),
    (
        "io.kubernetes.cri.sandbox-id",
        What::Sandbox,
        Some(Runtime::Containerd),
    ),
    ("nerdctl/name", What::Name, Some(Runtime::Containerd)),
    ("io.kubernetes.container.name", What::Name, None),
    ("io.kubernetes.pod.name", What::PodName, None),
    ("io.kubernetes.pod.namespace", What::PodNamespace, None),
    ("io.kubernetes.pod.uid", What::PodUid, None),
    (
        "io.kubernetes.cri-o.ImageName",
        What::Image,
        Some(Runtime::CriO),
    ),
    ("io.kubernetes.cri-o.ContainerType", What::Kind, None),
    ("io.kubernetes.cri-o.SandboxID", What::Sandbox, None),
    ("io.kubernetes.cri-o.Created", What::Created, None),
    (
        "io.kubernetes.cri-o.Namespace",
        What::PodNamespace,
        Some(Runtime::CriO),
    ),
    ("io.container.manager", What::Manager, None),
];

/// What the annotations of a `config.json` say.
pub(super) fn parse(bytes: &[u8]) -> Result<Bundle, serde_json::Error> {
    let mut bundle = Bundle::default();
    let mut found: Vec<(usize, Vec<u8>)> = Vec::new();
    let wants = |path: &[String]| {
        let words: Vec<_> = path.iter().map(String::as_str).collect();
        matches!(
            words[..],
            ["annotations" | "linux" | "hostname"] | ["linux", "cgroupsPath"] | ["annotations", _]
        )
    };
    let mut take = |path: &[String], leaf: Leaf<'_>| {
        let words: Vec<_> = path.iter().map(String::as_str).collect();
        let Some(text) = leaf.text() else { return };
        match words[..] {
            ["hostname"] => bundle.hostname = Some(Text::from(text)),
            ["linux", "cgroupsPath"] => bundle.group = Some(text.to_vec()),
            ["annotations", key] => {
                let known = ANNOTATIONS.iter().position(|(name, ..)| *name == key);
                found.extend(known.map(|at| (at, text.to_vec())));
                let is_of_podman = key.starts_with("io.podman.") || key == "io.container.manager";
                if is_of_podman && bundle.named.runtime.is_none() {
                    bundle.named.runtime = Some(Runtime::Podman);
                }
                let label = Text::from(key.as_bytes());
                bundle.named.labels.push((label, Text::from(text)));
            }
            _ => {}
        }
    };
    pick(bytes, &wants, &mut take)?;
    sort_labels(&mut bundle.named);
    let of = |what: What| {
        let mut all = found.iter().filter(|(at, _)| {
            let known = ANNOTATIONS.get(*at);
            known.is_some_and(|(_, known, _)| *known == what)
        });
        let first = all.next()?;
        Some(all.fold(
            first,
            |first, other| if other.0 < first.0 { other } else { first },
        ))
    };
    let text = |what| of(what).map(|(_, text)| Text::from(&text[..]));
    let pod = Pod {
        namespace: text(What::PodNamespace),
        name: text(What::PodName),
        uid: text(What::PodUid),
    };
    let named = &mut bundle.named;
    named.is_sandbox = text(What::Kind).is_some_and(|kind| kind.as_bytes() == b"sandbox");
    named.name = text(What::Name);
    named.image = text(What::Image);
    named.created = of(What::Created).and_then(|(_, text)| super::moment::moment(text));
    // CRI-O writes its own annotations, and podman some of them for `podman generate kube`.
    let is_of_crio = found.iter().any(|(at, _)| {
        let known = ANNOTATIONS.get(*at);
        known.is_some_and(|(.., runtime)| *runtime == Some(Runtime::CriO))
    });
    let is_of_containerd = found.iter().any(|(at, _)| {
        let known = ANNOTATIONS.get(*at);
        known.is_some_and(|(.., runtime)| *runtime == Some(Runtime::Containerd))
    });
    if is_of_containerd {
        named.runtime = Some(Runtime::Containerd);
    } else if named.runtime.is_none() && is_of_crio {
        named.runtime = Some(Runtime::CriO);
    }
    bundle.sandbox = of(What::Sandbox).map(|(_, id)| id.clone());
    named.pod = (!pod.is_unknown()).then_some(pod);
    Ok(bundle)
}
