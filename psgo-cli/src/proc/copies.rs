//! Copies of files of `/proc`: the one place where the command opens what it is given.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

/// Opens the copy at `path`.
pub(crate) fn open(path: &Path) -> io::Result<Box<dyn Read>> {
    Ok(Box::new(File::open(path)?))
}
