//! Where the joiner could not be built: nothing is started.

use std::{
    ffi::CString,
    io,
    os::fd::{AsFd, BorrowedFd},
};

/// There is none.
#[derive(Debug)]
pub(crate) struct Child;

/// How a child ended.
#[derive(Debug)]
#[allow(dead_code)]
pub(crate) enum End {
    Clean,
    LeftBehind,
    NotStarted(io::Error),
}

impl Child {
    pub(crate) fn start(
        _socket: BorrowedFd<'_>,
        _process: BorrowedFd<'_>,
        _path: Option<CString>,
    ) -> io::Result<Self> {
        Err(io::Error::from_raw_os_error(libc::ENOSYS))
    }

    pub(crate) fn ended(self) -> Result<End, Self> {
        Ok(End::Clean)
    }

    pub(crate) fn end(self) -> End {
        End::Clean
    }
}
