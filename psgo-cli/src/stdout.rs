//! Standard output: written as it is, so that no error is lost.

use std::io::{self, Write};

use nix::unistd;

use crate::sys;

/// Standard output, unbuffered.
///
/// `io::Stdout` takes a descriptor that cannot be written (`1</dev/null`) for one that is closed,
/// and one that is closed for `/dev/null`: in both cases everything seems to be written.
#[derive(Debug)]
pub(crate) struct Stdout;

/// Fails if there is none.
pub(crate) fn check() -> io::Result<()> {
    if sys::started_without_stdout() {
        return Err(io::Error::other("standard output is closed"));
    }
    Ok(())
}

impl Write for Stdout {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        check()?;
        Ok(unistd::write(io::stdout(), bytes)?)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
