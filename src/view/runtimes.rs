//! What a view is told of the runtimes of containers, and what it finds out of them.

use super::handle::View;
use crate::{
    runtimes::{Asked, Host, Search, Usage},
    watchdog::Patience,
};

impl View {
    /// Begins to find what is `asked` of containers, if anything is. `usage` is what control groups had
    /// used at the previous sample, if they are watched. Without `patience` the caller has given up the
    /// time-out.
    pub(crate) fn search_containers(
        &self,
        asked: Asked,
        usage: Option<Usage>,
        patience: Option<&mut Patience>,
    ) -> Option<Search> {
        if !asked.ids && !asked.names && !asked.figures {
            return None;
        }
        let joined = self.0.joined.as_ref();
        let host = joined.map_or(&self.0.proc, |joined| &joined.base);
        // Through a join the numbers that are read can be those of the container.
        let has_same_pids = joined.is_none_or(super::joined::Joined::is_from_outside);
        let host = Host {
            proc: host,
            is_own: self.0.host_names.is_of_this_process(),
            has_same_pids,
        };
        Some(Search::begin(&self.2, &host, asked, usage, patience))
    }
}

#[cfg(any(test, feature = "runtimes"))]
mod told {
    use std::{path::PathBuf, sync::Arc};

    use super::View;
    use crate::runtimes::{ContainerNames, Supplied};

    impl View {
        /// Directories in which runtimes of containers keep their files, beside the usual ones: a data
        /// root of Docker, a graph root of podman or CRI-O, a state directory of containerd, runc, crun
        /// or youki. Feature `runtimes`.
        ///
        /// Those of a root's daemon that runs in the namespaces of this host are known by its command
        /// line.
        #[must_use]
        pub fn runtime_roots<P: Into<PathBuf>>(
            mut self,
            roots: impl IntoIterator<Item = P>,
        ) -> Self {
            self.2.roots = roots.into_iter().map(Into::into).collect();
            self
        }

        /// Lets `names` tell what containers are called, before any file of a runtime is read. Feature
        /// `runtimes`.
        ///
        /// ```
        /// use psgo::{ContainerPath, Named, Text, View};
        ///
        /// let view = View::host()?.names_containers(|container: &ContainerPath| {
        ///     let mut named = Named::default();
        ///     named.name = container.id.as_bytes().starts_with(b"4711").then(|| Text::from("web"));
        ///     Some(named)
        /// });
        /// # let _ = view;
        /// # Ok::<(), psgo::Error>(())
        /// ```
        #[must_use]
        pub fn names_containers(mut self, names: impl ContainerNames + 'static) -> Self {
            self.2.supplied = Some(Supplied(Arc::new(names)));
            self
        }
    }
}
