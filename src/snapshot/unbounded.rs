//! Without the feature `runtimes` no view keeps to a container.

use super::{ask::Ask, listing::Listing, retained::Retained, work::Extract};
use crate::{error::Result, ids::ProcessId, view::View};

impl<'a> Listing<'a> {
    /// Starts to read what is asked for. `extract` makes the cells of each process and the extra; what
    /// is in `retained` is not read again.
    pub(crate) fn start(
        ask: Ask<'_>,
        retained: Option<&'a mut Retained>,
        extract: Box<Extract>,
    ) -> Result<Self> {
        let are_named = ask.pids.is_some();
        Self::begin(ask, are_named, retained, extract)
    }
}

/// Whether the view shows a process.
#[expect(clippy::unnecessary_wraps, reason = "as with the feature")]
pub(crate) fn has_member(_: &View, _: ProcessId) -> Result<bool> {
    Ok(true)
}
