//! Files that describe System V's means of communication: `/proc/sysvipc/…`.

use super::Format;

/// The files that are known, by their names below `/proc`.
pub(super) const FORMATS: &[Format] = &[];
