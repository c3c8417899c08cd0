//! `LinkTarget`: where a link of a process leads.

use crate::value::Text;

/// Where a link of a process leads (`/proc/PID/exe`, `cwd`, `root`).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LinkTarget {
    /// The path, as seen from the root of the reading process; without the ` (deleted)` of one that
    /// was removed.
    pub path: Text,
    /// Whether its name was removed, see [`OpenDescriptor::deleted`](crate::OpenDescriptor::deleted).
    pub deleted: Option<bool>,
}
