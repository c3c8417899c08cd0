//! The container of a process that is named by a pidfd: its pid could be reused.
//!
//! `cargo run --example pidfd -- 5572`
#![allow(
    unsafe_code,
    reason = "std cannot open a pidfd yet; a runtime has one already"
)]

use std::{
    io,
    os::fd::{FromRawFd as _, OwnedFd, RawFd},
};

use psgo::{Query, View};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let pid = std::env::args().nth(1).ok_or("which pid?")?;
    let pidfd = pidfd_open(pid.parse()?)?;
    let view = View::join(&pidfd).open()?;
    for row in Query::new(["pid", "hpid", "args"])?
        .view(view)
        .table()?
        .to_strings()
    {
        println!("{}", row.join("\t"));
    }
    Ok(())
}

fn pidfd_open(pid: libc::pid_t) -> io::Result<OwnedFd> {
    // SAFETY: it takes two numbers.
    let fd = unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) };
    let fd = RawFd::try_from(fd).ok().filter(|fd| *fd >= 0);
    // SAFETY: the kernel has just made this descriptor, for us alone.
    fd.map(|fd| unsafe { OwnedFd::from_raw_fd(fd) })
        .ok_or_else(io::Error::last_os_error)
}
