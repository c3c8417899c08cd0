//! `Config`: what a view was told of runtimes.

use std::{path::PathBuf, sync::Arc};

use super::{supplied::Supplied, within::Within};

/// What a view was told of runtimes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Config {
    /// Directories in which runtimes keep their files, beside the usual ones.
    pub(crate) roots: Vec<PathBuf>,
    /// Tells what containers are called, before any file does.
    pub(crate) supplied: Option<Supplied>,
    /// The containers to whose processes it keeps.
    pub(crate) within: Option<Arc<Within>>,
}

impl Config {
    /// The containers to whose processes the view keeps.
    pub(crate) fn within(&self) -> Option<&Within> {
        self.within.as_deref()
    }
}
