//! What is said of a file that cannot be used.

use std::{io, path::Path};

use psgo::bytes::Escaped;

use crate::failure::{Failure, system_words};

/// A path as it is shown.
pub(super) fn shown(path: &Path) -> String {
    Escaped(path.as_os_str().as_encoded_bytes()).to_string()
}

pub(super) fn trouble(path: &Path, reason: &str) -> Failure {
    Failure::trouble(format!("{}: {reason}", shown(path)))
}

/// The failure of a system call on `path`.
pub(super) fn failed(path: &Path, error: &io::Error) -> Failure {
    trouble(path, &system_words(error))
}
