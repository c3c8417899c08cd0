//! Files that describe a network namespace: `/proc/net/…`.

mod address;
mod column;
mod counters;
mod datagram;
mod ip;
mod socket;
mod stat;
mod tcp;
mod unix;

pub use address::SocketAddress;
pub use column::{Column, CommaList, HexCount, Names, Word};
pub use counters::{
    Counter, CounterGroup, CounterGroups, Counters, DevSnmp6, Netstat, Snmp, Snmp6, XfrmStat,
};
pub use datagram::{
    DatagramSocket, DatagramState, Icmp, Icmp6, Raw, Raw6, Udp, Udp6, UdpLite, UdpLite6,
};
pub use ip::{HardwareAddress, Ip4, Ip4Number, Ip4Word, Ip6, Ip6Colons};
pub use socket::{Absent, Blanks, Slot};
pub use stat::{
    ConntrackStat, CpuCounters, NeighbourStat, RtCacheStat, SoftnetCpu, SoftnetStat, SynproxyStat,
};
pub use tcp::{Tcp, Tcp6, TcpSocket, TcpState};
pub use unix::{Unix, UnixFlags, UnixPath, UnixSocket, UnixState, UnixType};

use super::Format;

/// The files that are known, by their names below `/proc`.
pub(super) const FORMATS: &[Format] = &[
    Format::of::<DevSnmp6>(),
    Format::of::<Icmp>(),
    Format::of::<Icmp6>(),
    Format::of::<Netstat>(),
    Format::of::<Raw>(),
    Format::of::<Raw6>(),
    Format::of::<Snmp>(),
    Format::of::<Snmp6>(),
    Format::of::<SoftnetStat>(),
    Format::named::<NeighbourStat>(&["net/stat/arp_cache", "net/stat/ndisc_cache"]),
    Format::named::<ConntrackStat>(&["net/stat/nf_conntrack", "net/stat/ip_conntrack"]),
    Format::of::<RtCacheStat>(),
    Format::of::<SynproxyStat>(),
    Format::of::<Tcp>(),
    Format::of::<Tcp6>(),
    Format::of::<Udp>(),
    Format::of::<Udp6>(),
    Format::of::<UdpLite>(),
    Format::of::<UdpLite6>(),
    Format::of::<Unix>(),
    Format::of::<XfrmStat>(),
];
