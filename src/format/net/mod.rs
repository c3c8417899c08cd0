//! Files that describe a network namespace: `/proc/net/…`.

mod address;
mod tcp;

pub use address::SocketAddress;
pub use tcp::{Tcp, Tcp6, TcpSocket, TcpState};

use super::Format;

/// The files that are known, by their names below `/proc`.
pub(super) const FORMATS: &[Format] = &[Format::of::<Tcp>(), Format::of::<Tcp6>()];
