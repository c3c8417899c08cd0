//! What is asked of containers, and of which host, whether the feature `runtimes` is there or not.

use std::sync::Arc;

use crate::procfs::Procfs;

/// What is asked of containers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked {
    pub(crate) ids: bool,
    pub(crate) names: bool,
    /// What control groups use and may use.
    pub(crate) figures: bool,
}

/// The host whose runtimes are asked.
#[derive(Debug)]
#[cfg_attr(
    not(any(test, feature = "runtimes")),
    expect(dead_code, reason = "nothing is asked")
)]
pub(crate) struct Host<'a> {
    pub(crate) proc: &'a Arc<Procfs>,
    /// Whether that is the `/proc` of this process.
    pub(crate) is_own: bool,
    /// Whether processes are asked for by the numbers that they have there.
    pub(crate) has_same_pids: bool,
}
