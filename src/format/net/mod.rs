//! Files that describe a network namespace: `/proc/net/…`.

mod address;
mod datagram;
mod socket;
mod tcp;
mod unix;

pub use address::SocketAddress;
pub use datagram::{
    DatagramSocket, DatagramState, Icmp, Icmp6, Raw, Raw6, Udp, Udp6, UdpLite, UdpLite6,
};
pub use socket::{Absent, Blanks, Slot};
pub use tcp::{Tcp, Tcp6, TcpSocket, TcpState};
pub use unix::{Unix, UnixFlags, UnixPath, UnixSocket, UnixState, UnixType};

use super::Format;

/// The files that are known, by their names below `/proc`.
pub(super) const FORMATS: &[Format] = &[
    Format::of::<Icmp>(),
    Format::of::<Icmp6>(),
    Format::of::<Raw>(),
    Format::of::<Raw6>(),
    Format::of::<Tcp>(),
    Format::of::<Tcp6>(),
    Format::of::<Udp>(),
    Format::of::<Udp6>(),
    Format::of::<UdpLite>(),
    Format::of::<UdpLite6>(),
    Format::of::<Unix>(),
];
