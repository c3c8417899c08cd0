//! containers/storage, of podman and CRI-O: `GRAPHROOT/DRIVER-containers/`.

use std::collections::HashMap;

use super::{
    bundle::Bundle,
    json::{Leaf, pick},
    moment::moment,
    named::{Named, Pod},
};
use crate::{container::Runtime, value::Text};

/// The drivers, in the order of how often they are met.
pub(super) const DRIVERS: [&str; 5] = ["overlay", "vfs", "btrfs", "zfs", "aufs"];

/// What the list of all containers says of one.
#[derive(Debug, Clone, Default)]
pub(super) struct Stored {
    /// The driver, in whose directory its own is.
    pub(super) driver: usize,
    pub(super) named: Named,
}

/// All containers of a graph root, by ID.
pub(super) type All = HashMap<Vec<u8>, Stored>;

/// The lists of a graph root; the one of containers that are gone after a boot too.
pub(super) fn lists() -> Vec<(usize, Vec<u8>)> {
    let of_driver = |(driver, name): (usize, &&str)| {
        ["containers.json", "volatile-containers.json"]
            .map(|file| (driver, format!("{name}-containers/{file}").into_bytes()))
    };
    DRIVERS.iter().enumerate().flat_map(of_driver).collect()
}

/// The bundle of a container below the graph root.
pub(super) fn bundle_path(driver: usize, id: &[u8]) -> Vec<u8> {
    let driver = DRIVERS.get(driver).copied().unwrap_or_default();
    [
        driver.as_bytes(),
        b"-containers/",
        id,
        b"/userdata/config.json",
    ]
    .concat()
}

/// Adds all that a list says.
pub(super) fn parse(bytes: &[u8], driver: usize, all: &mut All) -> Result<(), serde_json::Error> {
    let mut at = String::new();
    let (mut id, mut stored) = (None, Stored::default());
    let wants = |path: &[String]| {
        let words: Vec<_> = path.iter().map(String::as_str).collect();
        matches!(
            words[..],
            [_] | [_, "id" | "names" | "metadata" | "created"] | [_, "names", "0"]
        )
    };
    let mut add = |id: &mut Option<Vec<u8>>, stored: &mut Stored| {
        let stored = std::mem::take(stored);
        if let Some(id) = id.take() {
            all.insert(id, Stored { driver, ..stored });
        }
    };
    let mut take = |path: &[String], leaf: Leaf<'_>| {
        let [index, path @ ..] = path else { return };
        if *index != at {
            add(&mut id, &mut stored);
            at.clone_from(index);
        }
        let Some(text) = leaf.text() else { return };
        let words: Vec<_> = path.iter().map(String::as_str).collect();
        match words[..] {
            ["id"] => id = Some(text.to_vec()),
            ["names", _] => stored.named.name = Some(Text::from(text)),
            ["created"] => stored.named.created = moment(text),
            ["metadata"] => stored.named.image = image_in(text),
            _ => {}
        }
    };
    pick(bytes, &wants, &mut take)?;
    add(&mut id, &mut stored);
    Ok(())
}

/// The image in the metadata, which is JSON in a text. What is none there costs itself.
fn image_in(metadata: &[u8]) -> Option<Text> {
    let mut image = None;
    let wants = |path: &[String]| path == ["image-name"];
    let mut take = |path: &[String], leaf: Leaf<'_>| {
        if !path.is_empty() {
            image = leaf.text().map(Text::from);
        }
    };
    pick(metadata, &wants, &mut take).ok()?;
    image
}

/// Joins what the list and the bundle say; `sandbox` is the bundle of the pod's first container, of
/// which podman calls the host as the pod.
pub(super) fn join(stored: Named, own: Option<Bundle>, sandbox: Option<&Bundle>) -> Named {
    let own = own.unwrap_or_default();
    let is_of_crio = own.named.runtime == Some(Runtime::CriO);
    let mut named = own.named;
    if is_of_crio {
        named.fill(stored);
        return named;
    }
    // The annotations of podman name its image and its container in other words, or not at all.
    let mut of_podman = stored;
    of_podman.runtime = Some(Runtime::Podman);
    let name = of_podman.name.as_ref().map(Text::as_bytes);
    let is_infra = own.sandbox.is_none() && name.is_some_and(is_infra);
    let pod = if is_infra {
        own.hostname
    } else {
        sandbox.and_then(|sandbox| sandbox.hostname.clone())
    };
    of_podman.is_sandbox = is_infra;
    of_podman.pod = pod.map(|name| Pod {
        name: Some(name),
        ..Pod::default()
    });
    of_podman.fill(named);
    of_podman
}

/// Podman calls the first container of a pod by the beginning of the pod's ID.
fn is_infra(name: &[u8]) -> bool {
    let id = name.strip_suffix(b"-infra");
    id.is_some_and(|id| id.len() == 12 && id.iter().all(u8::is_ascii_hexdigit))
}
