//! `Target`: the process whose container is joined.

use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};

use crate::ids::Pid;

/// The process whose container is joined: by pid, or by something that is not reused.
///
/// ```
/// use psgo::{ErrorKind, Pid, Target, View, format::{Record, pid::Stat}};
///
/// let pid = Pid::new(std::process::id());
/// // Remembered together when the process was chosen.
/// let start = Stat::parse(&std::fs::read("/proc/self/stat")?).unwrap().starttime;
///
/// let mine = Target::Started { pid, start };
/// assert_eq!(View::join(mine).open()?.target(), Some(pid));
/// let another = Target::Started { pid, start: start + 1 };
/// assert_eq!(View::join(another).open().unwrap_err().kind(), ErrorKind::Gone);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Target<'a> {
    /// Its pid in the `/proc` of the view.
    Pid(Pid),
    /// Its pid and start time. A process with that pid but another start time is another process,
    /// and the target is [gone](crate::ErrorKind::Gone).
    ///
    /// For callers that stored both and hold no pidfd. Two processes that started within the same
    /// clock tick (a hundredth of a second) cannot be told apart.
    Started {
        /// Its pid in the `/proc` of the view.
        pid: Pid,
        /// In ticks since boot, the 22nd field of `/proc/PID/stat`
        /// ([`Stat::starttime`](crate::format::pid::Stat::starttime)).
        start: u64,
    },
    /// A pidfd, from `pidfd_open` or `clone`.
    Pidfd(BorrowedFd<'a>),
}

impl From<Pid> for Target<'_> {
    fn from(pid: Pid) -> Self {
        Self::Pid(pid)
    }
}

impl<'a> From<BorrowedFd<'a>> for Target<'a> {
    fn from(pidfd: BorrowedFd<'a>) -> Self {
        Self::Pidfd(pidfd)
    }
}

impl<'a> From<&'a OwnedFd> for Target<'a> {
    fn from(pidfd: &'a OwnedFd) -> Self {
        Self::Pidfd(pidfd.as_fd())
    }
}
