//! The control groups of a process, and the container that they name.

use super::Process;
use crate::{container::Container, error::Result, format::pid::Cgroup};

impl Process {
    /// Its control groups (`cgroup`), as this process's cgroup namespace shows them.
    ///
    /// # Errors
    ///
    /// See [`Process`].
    pub fn cgroups(&self) -> Result<Cgroup> {
        self.read()
    }

    /// The container in which it runs, told by the paths of its control groups; nothing where
    /// they name none.
    ///
    /// # Errors
    ///
    /// See [`Process`].
    pub fn container(&self) -> Result<Option<Container>> {
        Ok(Container::of_groups(&self.cgroups()?))
    }
}
