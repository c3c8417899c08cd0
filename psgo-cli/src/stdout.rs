//! Standard output: written as it is, so that no error is lost.

// One function has to run before the standard library's start-up.
#![allow(unsafe_code)]

use std::{
    io::{self, Write},
    os::fd::BorrowedFd,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
};

use nix::{
    errno::Errno,
    fcntl::{FcntlArg, fcntl},
    unistd,
};

/// Whether the program was started without a standard output.
static WAS_CLOSED: AtomicBool = AtomicBool::new(false);

/// Before `main` the standard library opens `/dev/null` in the place of standard files that are
/// closed, and then nobody can tell that from a `>/dev/null`, where nothing is wrong. So it is
/// asked before: what stands in this section runs first, by glibc and by musl.
// SAFETY: the section holds pointers to functions of the C ABI, which are called once each before
// `main`; this is one. It makes one system call and stores one byte: it needs nothing of the
// standard library that is not there yet, and cannot panic.
#[used]
#[unsafe(link_section = ".init_array")]
static BEFORE_MAIN: extern "C" fn() = note_closed;

extern "C" fn note_closed() {
    // SAFETY: the descriptor is only asked about, and that it may be closed is the question; it is
    // used no longer than this call.
    let stdout = unsafe { BorrowedFd::borrow_raw(1) };
    WAS_CLOSED.store(
        fcntl(stdout, FcntlArg::F_GETFD) == Err(Errno::EBADF),
        Relaxed,
    );
}

/// Standard output, unbuffered.
///
/// `io::Stdout` takes a descriptor that cannot be written (`1</dev/null`) for one that is closed,
/// and one that is closed for `/dev/null`: in both cases everything seems to be written.
#[derive(Debug)]
pub(crate) struct Stdout;

/// Fails if there is none.
pub(crate) fn check() -> io::Result<()> {
    if WAS_CLOSED.load(Relaxed) {
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
