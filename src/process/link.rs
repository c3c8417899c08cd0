//! `LinkTarget`: where a link of a process leads.

use crate::{format::pid::DELETED, value::Text};

/// Where a link of a process leads (`/proc/PID/exe`, `cwd`, `root`).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LinkTarget {
    /// The path, as seen from the root of the reading process; without ` (deleted)`.
    pub path: Text,
    /// Whether the file has no name any more.
    pub deleted: bool,
}

/// `link` without what the kernel adds to a name that is gone, and whether it is. `names` is how
/// many names there are, where that is known: a file may be called so itself.
#[inline]
pub(super) fn undeleted(link: &[u8], names: Option<u32>) -> (&[u8], bool) {
    match (link.strip_suffix(DELETED), names) {
        (Some(path), Some(0) | None) => (path, true),
        (_, names) => (link, names == Some(0)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_may_be_called_deleted() {
        assert_eq!(undeleted(b"/a (deleted)", Some(0)), (&b"/a"[..], true));
        assert_eq!(
            undeleted(b"/a (deleted)", Some(1)),
            (&b"/a (deleted)"[..], false)
        );
        assert_eq!(undeleted(b"/a (deleted)", None), (&b"/a"[..], true));
        assert_eq!(undeleted(b"/a", Some(0)), (&b"/a"[..], true));
        assert_eq!(undeleted(b"/a", None), (&b"/a"[..], false));
    }
}
