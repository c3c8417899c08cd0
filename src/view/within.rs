//! The containers to whose processes a view keeps, where others share their PID namespace.

use super::handle::View;
use crate::runtimes::Within;

impl View {
    /// The containers to whose processes it keeps.
    pub(crate) fn within(&self) -> Option<&Within> {
        self.2.within()
    }
}

#[cfg(any(test, feature = "runtimes"))]
mod bounds {
    use std::sync::Arc;

    use super::{View, Within};
    use crate::{namespace::HeldProcess, view::Joined};

    impl View {
        /// Shows the processes of these containers alone.
        pub(crate) fn keep_within(&mut self, within: Arc<Within>) {
            self.2.within = Some(within);
        }

        /// The same, with all processes of its PID namespace.
        pub(crate) fn without_bounds(&self) -> Self {
            let mut all = self.clone();
            all.2.within = None;
            all
        }

        /// Whether it shows the PID namespace of that process.
        pub(crate) fn shares_processes_with(&self, held: &HeldProcess) -> bool {
            let joined = self.0.joined.as_ref();
            joined.is_some_and(|joined| joined.target.pid_link() == held.pid_link())
        }

        /// Whether it shows the PID namespace from which it was joined.
        pub(crate) fn shows_processes_of_host(&self) -> bool {
            self.0
                .joined
                .as_ref()
                .is_none_or(|joined| Joined::level(joined) == 0)
        }
    }
}
