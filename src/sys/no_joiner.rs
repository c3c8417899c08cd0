//! Where the program could not be built: nothing is started.

use std::{ffi::CString, io, os::fd::BorrowedFd};

/// What the program would be started for.
#[derive(Debug)]
#[allow(dead_code)]
pub(crate) enum Task<'a> {
    Names(BorrowedFd<'a>),
    Space(BorrowedFd<'a>, CString),
    Network(Option<BorrowedFd<'a>>, CString),
    Read,
}

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
    pub(crate) fn start(_socket: BorrowedFd<'_>, _task: Task<'_>) -> io::Result<Self> {
        Err(io::Error::from_raw_os_error(libc::ENOSYS))
    }

    pub(crate) fn ended(self) -> Result<End, Self> {
        Ok(End::Clean)
    }

    pub(crate) fn end(self) -> End {
        End::Clean
    }

    pub(crate) fn leave(self) -> End {
        End::Clean
    }

    pub(crate) fn program(&self) -> u32 {
        0
    }
}

pub(crate) fn effective_capabilities() -> u64 {
    0
}
