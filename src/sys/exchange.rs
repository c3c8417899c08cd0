//! What is said to the reader: requests, with a directory; and the descriptor that a joiner answers with.
//!
//! `unsafe` for this: std sends no descriptors, and receives none.

use std::{
    ffi::c_int,
    io,
    os::{
        fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd},
        unix::net::UnixStream,
    },
    ptr,
};

use nix::errno::Errno;

use super::{
    Behind, Guard,
    messages::{ANYWHERE, Request},
};

impl Guard {
    /// How a request says it.
    pub(crate) fn to_word(self) -> u64 {
        match self {
            Self::Trusting => ANYWHERE,
            guard => guard.resolve().bits(),
        }
    }
}

impl Behind {
    /// What the kernel's `struct statx` says, which is as long as that.
    pub(crate) fn of_statx(bytes: &[u8]) -> Option<Self> {
        let mut stat = std::mem::MaybeUninit::<libc::statx>::zeroed();
        if bytes.len() != size_of::<libc::statx>() {
            return None;
        }
        // SAFETY: both are as long, and do not overlap; all bytes together are a valid statx.
        let stat = unsafe {
            std::ptr::copy_nonoverlapping(bytes.as_ptr(), stat.as_mut_ptr().cast(), bytes.len());
            stat.assume_init()
        };
        Some(Self::of(&stat))
    }
}

/// Room for the head of a control message and one descriptor, aligned as the kernel wants it.
#[repr(C, align(8))]
struct Control([u8; 32]);

/// Sends a request, its paths, and the directory in which they begin.
pub(crate) fn send(
    socket: &UnixStream,
    request: Request,
    paths: &[u8],
    dir: Option<BorrowedFd<'_>>,
) -> io::Result<()> {
    let mut bytes = Vec::with_capacity(size_of::<Request>() + paths.len());
    for word in request {
        bytes.extend_from_slice(&word.to_ne_bytes());
    }
    bytes.extend_from_slice(paths);
    let mut sent = send_first(socket, &bytes, dir)?;
    while let Some(rest) = bytes.get(sent..).filter(|rest| !rest.is_empty()) {
        sent += send_first(socket, rest, None)?;
    }
    Ok(())
}

/// Sends as many of the bytes as are taken at once, and with them the directory.
fn send_first(socket: &UnixStream, bytes: &[u8], dir: Option<BorrowedFd<'_>>) -> io::Result<usize> {
    let mut piece = libc::iovec {
        iov_base: bytes.as_ptr().cast_mut().cast(),
        iov_len: bytes.len(),
    };
    let mut control = Control([0; 32]);
    // SAFETY: all zero is a message without anything.
    let mut message: libc::msghdr = unsafe { std::mem::zeroed() };
    message.msg_iov = &raw mut piece;
    message.msg_iovlen = 1;
    if let Some(dir) = dir {
        /// A descriptor's.
        const LENGTH: u32 = 4;
        message.msg_control = (&raw mut control).cast();
        // SAFETY: numbers alone are computed.
        message.msg_controllen = unsafe { libc::CMSG_SPACE(LENGTH) } as _;
        // SAFETY: the room for control messages has been said, and is longer than one of these.
        unsafe {
            let head = libc::CMSG_FIRSTHDR(&raw const message);
            (*head).cmsg_level = libc::SOL_SOCKET;
            (*head).cmsg_type = libc::SCM_RIGHTS;
            (*head).cmsg_len = libc::CMSG_LEN(LENGTH) as _;
            ptr::write_unaligned(libc::CMSG_DATA(head).cast(), dir.as_raw_fd());
        }
    }
    loop {
        // SAFETY: the message and what it points to live as long as the call.
        let sent = unsafe {
            libc::sendmsg(
                socket.as_fd().as_raw_fd(),
                &raw const message,
                libc::MSG_NOSIGNAL,
            )
        };
        match Errno::result(sent) {
            Ok(sent) => return Ok(usize::try_from(sent).unwrap_or(0)),
            Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno.into()),
        }
    }
}

/// Receives a word, and the descriptor that comes with it, if one does.
pub(crate) fn receive(socket: &UnixStream) -> io::Result<(u32, Option<OwnedFd>)> {
    let mut word = [0; 4];
    let mut piece = libc::iovec {
        iov_base: word.as_mut_ptr().cast(),
        iov_len: word.len(),
    };
    let mut control = Control([0; 32]);
    // SAFETY: all zero is a message without anything.
    let mut message: libc::msghdr = unsafe { std::mem::zeroed() };
    message.msg_iov = &raw mut piece;
    message.msg_iovlen = 1;
    message.msg_control = (&raw mut control).cast();
    message.msg_controllen = size_of_val(&control) as _;
    let got = loop {
        // SAFETY: the message and what it points to live as long as the call.
        let got = unsafe {
            let flags = libc::MSG_CMSG_CLOEXEC | libc::MSG_WAITALL;
            libc::recvmsg(socket.as_fd().as_raw_fd(), &raw mut message, flags)
        };
        match Errno::result(got) {
            Ok(got) => break usize::try_from(got).unwrap_or(0),
            Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno.into()),
        }
    };
    // SAFETY: the kernel has written the room for control messages, and how much of it is used. There is
    // room for one descriptor, which is ours alone then.
    let descriptor = unsafe {
        let head = libc::CMSG_FIRSTHDR(&raw const message);
        let is_descriptor = !head.is_null()
            && (*head).cmsg_level == libc::SOL_SOCKET
            && (*head).cmsg_type == libc::SCM_RIGHTS;
        is_descriptor.then(|| {
            let fd: c_int = ptr::read_unaligned(libc::CMSG_DATA(head).cast());
            OwnedFd::from_raw_fd(fd)
        })
    };
    if got < word.len() {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok((u32::from_ne_bytes(word), descriptor))
}
