//! Asking the joiner: for the files of names of a container, for the space of its file systems, and for a
//! socket of its network namespace.

use std::{
    ffi::CString,
    io::{self, Read as _},
    os::{
        fd::{AsFd as _, BorrowedFd, OwnedFd},
        unix::{ffi::OsStrExt as _, net::UnixStream},
    },
    path::Path,
    time::{Duration, Instant},
};

use super::answer::{Answer, Failure, Part, Space};
use crate::sys::{
    self, exchange,
    joiner::{Child, End, Task},
    messages::COMPLETE,
};

/// The moment that is `time` from now. A time beyond the clock's end is as good as an hour of it.
pub(crate) fn deadline(time: Duration) -> Instant {
    let now = Instant::now();
    now.checked_add(time)
        .unwrap_or(now + Duration::from_secs(3600))
}

/// The bytes of passwd and group, or why they are not there.
#[derive(Debug)]
pub(crate) struct Files {
    pub(crate) users: Result<Vec<u8>, Failure>,
    pub(crate) groups: Result<Vec<u8>, Failure>,
}

/// A joiner at work.
#[derive(Debug)]
pub(crate) struct Asked {
    socket: UnixStream,
    child: Option<Child>,
}

impl Asked {
    /// Asks for passwd and group of the container in which the process with the directory
    /// `process` runs.
    pub(crate) fn for_names(process: BorrowedFd<'_>) -> io::Result<Self> {
        Self::start(Task::Names(process))
    }

    fn start(task: Task<'_>) -> io::Result<Self> {
        // Without it no path is guarded.
        if !sys::can_guard() {
            return Err(io::Error::from_raw_os_error(libc::ENOSYS));
        }
        let (socket, its) = UnixStream::pair()?;
        let child = Child::start(its.as_fd(), task)?;
        Ok(Self {
            socket,
            child: Some(child),
        })
    }

    /// All that it says until then.
    fn answer(mut self, until: Instant) -> io::Result<Answer> {
        let answer = self.listen(until);
        let is_complete = answer.as_ref().is_ok_and(Answer::is_complete);
        match self.end(is_complete) {
            End::Clean | End::LeftBehind => answer,
            End::NotStarted(error) => Err(error),
        }
    }

    fn listen(&mut self, until: Instant) -> io::Result<Answer> {
        let mut answer = Answer::default();
        let mut bytes = vec![0; 32 << 10];
        while !answer.is_complete() {
            let left = until.saturating_duration_since(Instant::now());
            // What has come already is taken, however late it is.
            let left = left.max(Duration::from_millis(1));
            self.socket.set_read_timeout(Some(left))?;
            match self.socket.read(&mut bytes) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(got) => answer.take(bytes.get(..got).unwrap_or_default())?,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    if Instant::now() >= until {
                        return Ok(answer);
                    }
                }
                Err(error) => return Err(error),
            }
        }
        Ok(answer)
    }

    /// Waits for its end. One that has said everything ends by itself, unless a file that it has
    /// open keeps it.
    fn end(&mut self, has_answered: bool) -> End {
        let Some(mut child) = self.child.take() else {
            return End::Clean;
        };
        if has_answered {
            match child.ended() {
                Ok(end) => return end,
                Err(silent) => child = silent,
            }
        }
        // A copy of this end may be in a child that another thread has just made.
        let _ = self.socket.shutdown(std::net::Shutdown::Both);
        child.end()
    }

    /// The files, as far as they are there by `until`.
    pub(crate) fn files(self, until: Instant) -> Files {
        let (users, groups) = match self.answer(until) {
            Ok(answer) => {
                let waits = answer.waits;
                let part = |part: Part| part.answer().unwrap_or_else(|| Err(silence(waits)));
                (part(answer.users), part(answer.groups))
            }
            Err(error) => {
                let again = error.raw_os_error().map(io::Error::from_raw_os_error);
                let again = again.unwrap_or_else(|| error.kind().into());
                (Err(error.into()), Err(again.into()))
            }
        };
        Files { users, groups }
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        self.end(false);
    }
}

/// Why a joiner has not said everything.
fn silence(waits: bool) -> Failure {
    if waits {
        Failure::Waits
    } else {
        Failure::Silent
    }
}

/// How full the file system is on which `path` lies, which begins at the root directory of the
/// process with the directory `process`.
pub(crate) fn space(
    process: BorrowedFd<'_>,
    path: &Path,
    until: Instant,
) -> Result<Space, Failure> {
    let path = CString::new(path.as_os_str().as_bytes()).map_err(io::Error::from)?;
    let answer = Asked::start(Task::Space(process, path))?.answer(until)?;
    let waits = answer.waits;
    let statfs = answer.space.answer();
    let statfs = statfs.unwrap_or_else(|| Err(silence(waits)))?;
    Space::of(&statfs).ok_or_else(|| io::Error::from(io::ErrorKind::InvalidData).into())
}

/// Where a network namespace is.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Network<'a> {
    /// It is open.
    Open(BorrowedFd<'a>),
    /// The process of this pidfd has it open, by that descriptor.
    Descriptor(BorrowedFd<'a>, u32),
    /// It is mounted at that path.
    Mount(&'a Path),
}

/// A socket that asks for the sockets of the network namespace with that number (inode).
///
/// # Errors
///
/// `ENOENT` where another one is found, or none.
pub(crate) fn network(number: u64, at: Network<'_>, until: Instant) -> io::Result<OwnedFd> {
    let mut what = number.to_string().into_bytes();
    let open = match at {
        Network::Open(namespace) => Some(namespace),
        Network::Descriptor(pidfd, fd) => {
            what.extend(format!(":{fd}").into_bytes());
            Some(pidfd)
        }
        Network::Mount(path) if path.is_absolute() => {
            what.extend(path.as_os_str().as_bytes());
            None
        }
        Network::Mount(_) => return Err(io::ErrorKind::NotFound.into()),
    };
    let what = CString::new(what).map_err(io::Error::from)?;
    let mut asked = Asked::start(Task::Network(open, what))?;
    let left = until.saturating_duration_since(Instant::now());
    let left = left.max(Duration::from_millis(1));
    asked.socket.set_read_timeout(Some(left))?;
    let answer = exchange::receive(&asked.socket);
    if let End::NotStarted(error) = asked.end(answer.is_ok()) {
        return Err(error);
    }
    match answer {
        Ok((COMPLETE, Some(socket))) => Ok(socket),
        Ok((COMPLETE, None)) => Err(io::ErrorKind::InvalidData.into()),
        Ok((errno, _)) => Err(io::Error::from_raw_os_error(
            i32::try_from(errno).unwrap_or(libc::EIO),
        )),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
            Err(io::Error::from_raw_os_error(libc::ETIMEDOUT))
        }
        Err(error) => Err(error),
    }
}
