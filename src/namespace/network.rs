//! A socket that asks for the sockets of a network namespace.

use std::{
    io,
    os::fd::{AsFd as _, OwnedFd},
    time::Instant,
};

use super::inode_in;
use crate::{
    netlink,
    procfs::Procfs,
    reader::{self, Network},
    wait::process_file,
};

/// A socket that asks for the sockets of the network namespace `link` (`net:[4026531840]`), which `open`
/// opens. The calling thread makes it if it is in that namespace, otherwise a process that enters it does.
pub(crate) fn asking(
    base: &Procfs,
    link: &[u8],
    open: impl FnOnce() -> io::Result<OwnedFd>,
    until: Instant,
) -> io::Result<OwnedFd> {
    let own = base.this_thread();
    let own = own.and_then(|thread| thread.link(process_file!("ns/net")));
    if own.is_ok_and(|own| own == link) {
        return netlink::open();
    }
    let number = inode_in(link).ok_or(io::ErrorKind::InvalidData)?;
    // A process may have entered another one since its link was read.
    reader::network(number, Network::Open(open()?.as_fd()), until)
}
