//! `Container`: a container that runs, with what is known of it.

use std::{sync::Arc, time::SystemTime};

use super::named::{Named, Pod};
use crate::{
    container::{ContainerPath, Runtime},
    format::pid::Cgroup,
    ids::{Pid, ProcessId, Uid},
    value::{Missing, Text},
};

/// A container that has processes, see [`View::containers`](crate::View::containers).
///
/// ```no_run
/// for container in &psgo::View::host()?.containers()? {
///     let name = container.name().unwrap_or(container.id());
///     println!("{name}: {} processes", container.pids().len());
/// }
/// # Ok::<(), psgo::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Container {
    pub(crate) found: Arc<Found>,
    /// In the order of their numbers.
    pub(crate) pids: Vec<Pid>,
    /// The process of it that started first.
    pub(crate) first: ProcessId,
}

impl Container {
    /// Its ID: mostly 64 hexadecimal digits; of systemd-nspawn, LXC and Incus its name.
    #[must_use]
    pub fn id(&self) -> &Text {
        &self.found.path.id
    }

    /// What its control group says.
    #[must_use]
    pub fn path(&self) -> &ContainerPath {
        &self.found.path
    }

    /// Whether a control group names it. One of a user without control groups is known by the process
    /// that watches it, `conmon` or a shim, and has those of its user.
    #[must_use]
    pub fn has_control_group(&self) -> bool {
        self.found.has_group
    }

    /// All that is known of it beside its ID; `None` where no file and nobody tells anything.
    #[must_use]
    pub fn named(&self) -> Option<&Named> {
        self.found.named.as_deref()
    }

    /// Its name. In Kubernetes that of the container in its pod.
    #[must_use]
    pub fn name(&self) -> Option<&Text> {
        self.found.name()
    }

    /// The runtime that made it; `None` where its control group does not say and no file does.
    #[must_use]
    pub fn runtime(&self) -> Option<Runtime> {
        self.found.runtime()
    }

    /// The image, as it was asked for.
    #[must_use]
    pub fn image(&self) -> Option<&Text> {
        self.named()?.image.as_ref()
    }

    /// Its pod.
    #[must_use]
    pub fn pod(&self) -> Option<&Pod> {
        self.named()?.pod.as_ref()
    }

    /// Whether it is what holds a pod together and runs nothing else.
    #[must_use]
    pub fn is_sandbox(&self) -> bool {
        self.named().is_some_and(|named| named.is_sandbox)
    }

    /// The value of a label.
    #[must_use]
    pub fn label(&self, name: &str) -> Option<&Text> {
        self.named()?.label(name)
    }

    /// When it was created.
    #[must_use]
    pub fn created(&self) -> Option<SystemTime> {
        self.named()?.created
    }

    /// When it was started last.
    #[must_use]
    pub fn started(&self) -> Option<SystemTime> {
        self.named()?.started
    }

    /// The user whose rootless container it is, or whose processes call a group so; `None` for one of
    /// root's.
    #[must_use]
    pub fn user(&self) -> Option<Uid> {
        self.found.path.user
    }

    /// Its processes, by the numbers of the view, in their order.
    #[must_use]
    pub fn pids(&self) -> &[Pid] {
        &self.pids
    }

    /// Its first process: the one that a file names, if it is among its processes and started then;
    /// otherwise the one of its processes that started first. It is known with its start.
    #[must_use]
    pub fn first(&self) -> ProcessId {
        self.first
    }

    /// Whether `text` is its ID, or the beginning of it with at least four digits.
    #[must_use]
    pub fn has_id(&self, text: &str) -> bool {
        let id = self.id().as_bytes();
        let is_part = text.len() >= SHORTEST_ID && text.bytes().all(|b| b.is_ascii_hexdigit());
        id == text.as_bytes() || (is_part && id.starts_with(text.as_bytes()))
    }

    /// Whether that is its name. Of Docker's, also with the slash before it.
    #[must_use]
    pub fn has_name(&self, text: &str) -> bool {
        let text = text.strip_prefix('/').unwrap_or(text);
        self.name()
            .is_some_and(|name| name.as_bytes() == text.as_bytes())
    }
}

/// The beginning of an ID has at least so many digits.
pub(crate) const SHORTEST_ID: usize = 4;

/// The container of a process.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) path: ContainerPath,
    /// Whether a control group names it.
    pub(crate) has_group: bool,
    /// Its own control groups, by one of its processes; `None` where none names it.
    pub(crate) groups: Option<Cgroup>,
    pub(crate) named: Option<Arc<Named>>,
    /// Why something that a file could tell is not known.
    pub(crate) why: Missing,
}

impl Found {
    /// Its name, as [`Container::name`].
    pub(crate) fn name(&self) -> Option<&Text> {
        match self.path.runtime {
            // These have names for IDs.
            Some(Runtime::Nspawn | Runtime::Lxc | Runtime::Incus) => Some(&self.path.id),
            _ => self.named.as_deref()?.name.as_ref(),
        }
    }

    /// The runtime that made it, as [`Container::runtime`].
    pub(crate) fn runtime(&self) -> Option<Runtime> {
        let named = self.named.as_deref().and_then(|named| named.runtime);
        named.or(self.path.runtime)
    }
}
