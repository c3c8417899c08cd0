//! Standard output and standard error where they are pipes or sockets: the worker writes to a pipe
//! of its own, and what comes is passed on.
//!
//! So no worker that cannot end keeps the reader from its end of file.

use std::{
    fs::File,
    io::{self, PipeReader, PipeWriter, Read as _},
    os::fd::{AsFd as _, AsRawFd as _, BorrowedFd, OwnedFd},
};

use nix::{
    errno::Errno,
    fcntl::{FcntlArg, OFlag, SpliceFFlags, fcntl, splice},
    poll::{PollFd, PollFlags, PollTimeout, poll},
    sys::{
        socket::{MsgFlags, SockType, getsockopt, send, sockopt},
        stat::{FileStat, SFlag, fstat},
    },
    unistd,
};

/// As much as an unprivileged process may ask for.
const SIZE: i32 = 1 << 20;

/// A writable pipe takes this much without blocking: `PIPE_BUF`, a page.
const AT_ONCE: usize = 4096;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Pipe,
    Socket,
}

/// Where a relay stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// Everything that came was passed on.
    Empty,
    /// What came waits for the reader.
    Full,
    /// No more can come.
    End,
    /// The reader is gone.
    Broken,
}

/// The supervisor's side of a standard stream.
#[derive(Debug)]
pub(super) struct Relay {
    from: File,
    to: OwnedFd,
    kind: Kind,
    /// Whether the kernel moves the bytes.
    can_splice: bool,
    /// Bytes that were read, where the kernel does not move them, from `at` on.
    pending: Vec<u8>,
    at: usize,
    /// How many bytes were passed on.
    pub(super) passed: u64,
}

/// The relays, and what the worker writes to instead of standard output and standard error.
#[derive(Debug, Default)]
pub(super) struct Relays {
    pub(super) streams: Vec<Relay>,
    pub(super) stdout: Option<OwnedFd>,
    pub(super) stderr: Option<OwnedFd>,
}

/// The pipe or stream socket that `fd` can be written to as.
fn kind(fd: BorrowedFd<'_>) -> Option<(Kind, FileStat)> {
    let stat = fstat(fd).ok()?;
    let flags = OFlag::from_bits_truncate(fcntl(fd, FcntlArg::F_GETFL).ok()?);
    if flags & OFlag::O_ACCMODE == OFlag::O_RDONLY {
        return None;
    }
    let kind = match SFlag::from_bits_truncate(stat.st_mode) & SFlag::S_IFMT {
        SFlag::S_IFIFO => Kind::Pipe,
        // Others keep the bounds of each write.
        SFlag::S_IFSOCK if getsockopt(&fd, sockopt::SockType) == Ok(SockType::Stream) => {
            Kind::Socket
        }
        _ => return None,
    };
    Some((kind, stat))
}

impl Relays {
    /// Relays for what of the two is a pipe or a socket; one for both if they are the same, so that
    /// the order is kept.
    pub(super) fn new() -> io::Result<Self> {
        let mut all = Self::default();
        let (stdout, stderr) = (io::stdout(), io::stderr());
        let out = kind(stdout.as_fd());
        if let Some((kind, _)) = out {
            all.stdout = Some(all.relay(stdout.as_fd(), kind)?.into());
        }
        if let Some((kind, stat)) = kind(stderr.as_fd()) {
            let is_same =
                out.is_some_and(|(_, out)| (out.st_dev, out.st_ino) == (stat.st_dev, stat.st_ino));
            all.stderr = Some(match &all.stdout {
                Some(stdout) if is_same => stdout.try_clone()?,
                _ => all.relay(stderr.as_fd(), kind)?.into(),
            });
        }
        Ok(all)
    }

    fn relay(&mut self, to: BorrowedFd<'_>, kind: Kind) -> io::Result<PipeWriter> {
        let (from, writer): (PipeReader, _) = io::pipe()?;
        // The default is enough.
        let _ = fcntl(&from, FcntlArg::F_SETPIPE_SZ(SIZE));
        // The worker is given the other end, which stays blocking: it is another open file.
        fcntl(&from, FcntlArg::F_SETFL(OFlag::O_NONBLOCK))?;
        self.streams.push(Relay {
            from: OwnedFd::from(from).into(),
            to: to.try_clone_to_owned()?,
            kind,
            can_splice: kind == Kind::Pipe,
            pending: Vec::new(),
            at: 0,
            passed: 0,
        });
        Ok(writer)
    }
}

impl Relay {
    pub(super) fn from(&self) -> BorrowedFd<'_> {
        self.from.as_fd()
    }

    pub(super) fn to(&self) -> BorrowedFd<'_> {
        self.to.as_fd()
    }

    /// Passes on what there is, and never blocks.
    pub(super) fn pass(&mut self) -> State {
        // In the end a turn is that of others: signals.
        for _ in 0..64 {
            let moved = if self.can_splice {
                self.splice()
            } else {
                self.copy()
            };
            match moved {
                Ok(0) => return State::End,
                Ok(count) => self.passed += count as u64,
                Err(Errno::EAGAIN) => return self.stand(),
                Err(Errno::EINTR) => (),
                Err(Errno::EINVAL | Errno::ENOSYS | Errno::EPERM) if self.can_splice => {
                    self.can_splice = false;
                }
                Err(_) => return State::Broken,
            }
        }
        self.stand()
    }

    fn stand(&self) -> State {
        let mut ready = [PollFd::new(self.from(), PollFlags::POLLIN)];
        let polled = poll(&mut ready, PollTimeout::ZERO);
        let is_readable = polled.is_ok_and(|count| count > 0)
            && ready[0]
                .revents()
                .is_some_and(|events| events.contains(PollFlags::POLLIN));
        if is_readable || self.at < self.pending.len() {
            State::Full
        } else {
            State::Empty
        }
    }

    fn splice(&self) -> nix::Result<usize> {
        let flags = SpliceFFlags::SPLICE_F_NONBLOCK | SpliceFFlags::SPLICE_F_MOVE;
        let length = usize::try_from(SIZE).unwrap_or(AT_ONCE);
        splice(&self.from, None, &self.to, None, length, flags)
    }

    fn copy(&mut self) -> nix::Result<usize> {
        if self.at == self.pending.len() {
            self.pending.resize(1 << 16, 0);
            self.at = 0;
            let read = self.from.read(&mut self.pending);
            self.pending.truncate(*read.as_ref().unwrap_or(&0));
            let count =
                read.map_err(|error| error.raw_os_error().map_or(Errno::EIO, Errno::from_raw))?;
            if count == 0 {
                return Ok(0);
            }
        }
        let rest = &self.pending[self.at..];
        let count = match self.kind {
            Kind::Socket => {
                let flags = MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_NOSIGNAL;
                send(self.to.as_raw_fd(), rest, flags)?
            }
            Kind::Pipe => {
                if !is_writable(self.to()) {
                    return Err(Errno::EAGAIN);
                }
                unistd::write(&self.to, &rest[..rest.len().min(AT_ONCE)])?
            }
        };
        self.at += count;
        Ok(count)
    }
}

/// Whether a write of at most a page would not wait.
pub(super) fn is_writable(fd: BorrowedFd<'_>) -> bool {
    let mut ready = [PollFd::new(fd, PollFlags::POLLOUT)];
    poll(&mut ready, PollTimeout::ZERO).is_ok_and(|count| count > 0)
}
