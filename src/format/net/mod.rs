//! Files that describe a network namespace: `/proc/net/…`.

mod address;
mod datagram;
mod hex;
mod socket;
mod tcp;
mod unix;

pub use address::SocketAddress;
pub use datagram::{
    DatagramSocket, DatagramState, Icmp, Icmp6, Raw, Raw6, Udp, Udp6, UdpLite, UdpLite6,
};
pub use hex::HexCount;
pub use socket::{Absent, Blanks, Slot};
pub use tcp::{Tcp, Tcp6, TcpSocket, TcpState};
pub use unix::{Unix, UnixFlags, UnixPath, UnixSocket, UnixState, UnixType};

#[cfg(any(test, feature = "records"))]
pub use super::records::net::*;
#[cfg(any(test, feature = "system"))]
pub use super::system::{Dev, Device, FirstCount};
