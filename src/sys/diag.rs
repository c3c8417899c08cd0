//! Netlink sockets for questions about sockets (`NETLINK_SOCK_DIAG`).
//!
//! `unsafe` for this: std has no such sockets, and nix only with one more crate.

use std::{
    ffi::c_int,
    io,
    os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd},
    time::Duration,
};

use nix::errno::Errno;

use super::new_descriptor;

/// A socket that asks for the sockets of the calling thread's network namespace.
pub(crate) fn diag_socket() -> io::Result<OwnedFd> {
    let kind = libc::SOCK_RAW | libc::SOCK_CLOEXEC;
    // SAFETY: numbers alone are passed.
    let fd = unsafe { libc::socket(libc::AF_NETLINK, kind, libc::NETLINK_SOCK_DIAG) };
    Ok(new_descriptor(fd.into())?)
}

/// Connects the socket to the kernel, so that it takes messages of nobody else, and tells the number
/// (port) by which the kernel addresses it.
pub(crate) fn diag_connect(socket: impl AsFd) -> io::Result<u32> {
    let fd = socket.as_fd().as_raw_fd();
    // SAFETY: all zero is a valid address: of the kernel.
    let mut address: libc::sockaddr_nl = unsafe { std::mem::zeroed() };
    address.nl_family = libc::sa_family_t::try_from(libc::AF_NETLINK).unwrap_or_default();
    let mut length = libc::socklen_t::try_from(size_of_val(&address)).unwrap_or_default();
    // SAFETY: the address lives as long as the calls, and its length is told.
    let answer = unsafe { libc::connect(fd, (&raw const address).cast(), length) };
    Errno::result(answer)?;
    // SAFETY: as above.
    let answer = unsafe { libc::getsockname(fd, (&raw mut address).cast(), &raw mut length) };
    Errno::result(answer)?;
    Ok(address.nl_pid)
}

/// How long receiving may take; asking for more of a dump makes it, so it is not all of the time.
pub(crate) fn diag_timeout(socket: impl AsFd, time: Duration) -> io::Result<()> {
    let time = libc::timeval {
        tv_sec: time.as_secs().try_into().unwrap_or(libc::time_t::MAX),
        tv_usec: time.subsec_micros().max(1).into(),
    };
    let length = libc::socklen_t::try_from(size_of_val(&time)).unwrap_or_default();
    // SAFETY: the option is one `timeval`.
    let answer = unsafe {
        libc::setsockopt(
            socket.as_fd().as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_RCVTIMEO,
            (&raw const time).cast(),
            length,
        )
    };
    Errno::result(answer)?;
    Ok(())
}

/// Sends a request.
pub(crate) fn diag_send(socket: impl AsFd, request: &[u8]) -> io::Result<()> {
    let fd = socket.as_fd().as_raw_fd();
    loop {
        // SAFETY: the kernel reads as many bytes as there are.
        let sent = unsafe { libc::send(fd, request.as_ptr().cast(), request.len(), 0) };
        match Errno::result(sent) {
            Ok(_) => return Ok(()),
            Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno.into()),
        }
    }
}

/// Receives the next message or messages: how long they are, which is more than the buffer if they were
/// cut.
pub(crate) fn diag_receive(socket: impl AsFd, buffer: &mut [u8]) -> io::Result<usize> {
    let fd = socket.as_fd().as_raw_fd();
    loop {
        // SAFETY: the kernel writes at most as many bytes as there are.
        let got = unsafe {
            libc::recv(
                fd,
                buffer.as_mut_ptr().cast(),
                buffer.len(),
                libc::MSG_TRUNC,
            )
        };
        match Errno::result(got) {
            Ok(got) => return Ok(usize::try_from(got).unwrap_or(0)),
            Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno.into()),
        }
    }
}

/// The name of the network device `index` in the network namespace of the socket.
pub(crate) fn interface_name(socket: BorrowedFd<'_>, index: u32) -> io::Result<Vec<u8>> {
    // SAFETY: all zero is a valid request.
    let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
    request.ifr_ifru.ifru_ifindex = c_int::try_from(index).map_err(|_| Errno::ENODEV)?;
    // SAFETY: the request is one `ifreq`.
    let answer =
        unsafe { libc::ioctl(socket.as_raw_fd(), libc::SIOCGIFNAME as _, &raw mut request) };
    Errno::result(answer)?;
    let bytes = request.ifr_name.map(c_to_byte);
    Ok(bytes.into_iter().take_while(|byte| *byte != 0).collect())
}

/// Characters are signed on some machines.
#[allow(clippy::cast_sign_loss, clippy::unnecessary_cast)]
fn c_to_byte(char: libc::c_char) -> u8 {
    char as u8
}
