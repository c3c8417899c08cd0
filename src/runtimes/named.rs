//! `Named`: what is known of a container beside its ID.

use std::time::SystemTime;

use crate::{container::Runtime, ids::ProcessId, value::Text};

/// What is known of a container beside its ID: from the files of its runtime, or from a runtime that
/// embeds psgo, see [`View::names_containers`](crate::View::names_containers).
///
/// Whoever starts containers chooses their names, images and labels: they are text of a stranger.
///
/// ```
/// use psgo::{Named, Text};
///
/// let mut named = Named::default();
/// named.name = Some(Text::from("web"));
/// assert!(named.image.is_none());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Named {
    /// The runtime that made it.
    pub runtime: Option<Runtime>,
    /// Its name, without the slash that Docker puts before it. In Kubernetes that of the container in
    /// its pod.
    pub name: Option<Text>,
    /// The image, as it was asked for.
    pub image: Option<Text>,
    /// The pod to which it belongs.
    pub pod: Option<Pod>,
    /// Whether it is what holds a pod together and runs nothing else: `pause`, the infra container.
    pub is_sandbox: bool,
    /// Labels, in the order of their names.
    pub labels: Vec<(Text, Text)>,
    /// When it was created.
    pub created: Option<SystemTime>,
    /// When it was started last.
    pub started: Option<SystemTime>,
    /// Its first process, by the numbers of the host, where a file says so: with its start if that is
    /// said too. It may have ended since.
    pub init: Option<ProcessId>,
}

/// A pod: containers that share namespaces.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
#[non_exhaustive]
pub struct Pod {
    /// Its namespace in Kubernetes; podman's pods have none.
    pub namespace: Option<Text>,
    /// Its name.
    pub name: Option<Text>,
    /// Its UID in Kubernetes; podman's ID of it.
    pub uid: Option<Text>,
}

impl Pod {
    /// Whether nothing is known of it.
    pub(super) fn is_unknown(&self) -> bool {
        self.namespace.is_none() && self.name.is_none() && self.uid.is_none()
    }

    fn fill(&mut self, other: Self) {
        fill(&mut self.namespace, other.namespace);
        fill(&mut self.name, other.name);
        fill(&mut self.uid, other.uid);
    }
}

/// Takes what is not known yet.
fn fill<T>(known: &mut Option<T>, other: Option<T>) {
    if known.is_none() {
        *known = other;
    }
}

impl Named {
    /// The value of a label.
    #[must_use]
    pub fn label(&self, name: &str) -> Option<&Text> {
        let is_it = |(known, _): &&(Text, Text)| known.as_bytes() == name.as_bytes();
        self.labels.iter().find(is_it).map(|(_, value)| value)
    }

    /// Takes from `other` what is not known here.
    pub(super) fn fill(&mut self, other: Self) {
        fill(&mut self.runtime, other.runtime);
        fill(&mut self.name, other.name);
        fill(&mut self.image, other.image);
        fill(&mut self.created, other.created);
        fill(&mut self.started, other.started);
        fill(&mut self.init, other.init);
        self.is_sandbox |= other.is_sandbox;
        if self.labels.is_empty() {
            self.labels = other.labels;
        }
        match (&mut self.pod, other.pod) {
            (Some(pod), Some(other)) => pod.fill(other),
            (None, other) => self.pod = other,
            (Some(_), None) => {}
        }
    }

    /// Whether nothing is missing that a column shows.
    pub(super) fn is_whole(&self) -> bool {
        self.runtime.is_some() && self.name.is_some() && self.image.is_some()
    }
}
