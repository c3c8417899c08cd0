//! `Within`: the containers to whose processes a view keeps, where others share their PID namespace.

use crate::{container::ContainerPath, ids::ProcessId};

/// The containers to whose processes a view keeps, where others share their PID namespace.
#[derive(Debug, Clone)]
pub(crate) struct Within {
    containers: Vec<ContainerPath>,
    /// The process that was joined, by its own number.
    pub(crate) init: ProcessId,
}

impl Within {
    pub(crate) fn new(containers: Vec<ContainerPath>, init: ProcessId) -> Self {
        Self { containers, init }
    }

    /// Whether that is one of them.
    pub(crate) fn has(&self, path: &ContainerPath) -> bool {
        self.containers.iter().any(|known| known.is_same(path))
    }
}
