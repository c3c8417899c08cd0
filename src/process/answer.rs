//! What the system's answer to a read below `/proc/PID` means.

use std::io;

/// What an error number means below the directory of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    /// There is no such process, or no such file (`ENOENT`, `ESRCH`).
    NotThere,
    /// Another file system is mounted there, or a link stands there (`EXDEV`, `ELOOP` of
    /// `openat2`).
    MountedOver,
    /// The process has no such thing (`EINVAL`): a zombie, or a thread of the kernel's own.
    Invalid,
    /// Any other.
    Other,
}

impl Answer {
    pub(super) fn of(error: &io::Error) -> Self {
        match error.raw_os_error() {
            Some(libc::ENOENT | libc::ESRCH) => Self::NotThere,
            Some(libc::EXDEV | libc::ELOOP) => Self::MountedOver,
            Some(libc::EINVAL) => Self::Invalid,
            _ => Self::Other,
        }
    }
}
