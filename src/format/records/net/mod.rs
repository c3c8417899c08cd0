//! Files of a network namespace that psgo itself does not read, and the table of all of them.

mod column;
mod conntrack;
mod counters;
mod device;
mod family;
mod fib_trie;
mod group;
mod ip;
mod multicast;
mod netfilter;
mod route;
mod sockstat;
mod stat;
mod tables;

pub use column::{ColumnNames, CommaList, Padded};
pub use conntrack::{
    Connection, Connection4, Expected, ExpectedTuple, IpConntrack, NfConntrack, NfConntrackExpect,
    Tracked,
};
pub use counters::{
    Counter, CounterGroup, CounterGroups, Counters, DevSnmp6, Netstat, SctpSnmp, Snmp, Snmp6,
    XfrmStat,
};
pub use device::{
    DevMcast, LinkGroup, PacketType, Ptype, VlanConfig, VlanDevice, Wireless, WirelessDevice,
};
pub use family::*;
pub use fib_trie::{
    FibCounters, FibEntry, FibKind, FibNode, FibPrefixes, FibRoute, FibSizes, FibTable,
    FibTableStat, FibTrie, FibTriestat, FibUse, NodesByBits, TableName,
};
pub use group::{
    AddressFlags, AddressScope, Anycast6, AnycastAddress, DeviceAddress6, Filter, Filter6, IfInet6,
    Igmp, Igmp6, Igmp6Flags, Igmp6Group, IgmpDevice, IgmpGroup, Mcfilter, Mcfilter6,
};
pub use ip::{HardwareAddress, Ip4, Ip4Number, Ip4Word, Ip6, Ip6Colons};
pub use multicast::{
    Ip6MrCache, Ip6MrVif, IpMrCache, IpMrVif, MulticastDevice, MulticastDevice6, MulticastRoute,
    MulticastRoute6, OutDevice,
};
pub use netfilter::{
    CopyMode, Hashlimit, LimitedFlow, LogGroup, Logger, NetfilterFamily, NfLog, NfQueue,
    NfnetlinkLog, NfnetlinkQueue, PacketQueue, QueueHandler, RecentAddress, Stamps, XtRecent,
};
pub use route::{
    CachedFlags, CachedRoute, Ipv6Route, Route, Route4, Route6, RouteFlags, Rt6Stats, RtCache,
};
pub use sockstat::{FragmentUse, SocketUse, SocketsUsed, Sockstat, Sockstat6, TcpUse};
pub use stat::{
    ConntrackStat, CpuCounters, NeighbourStat, RtCacheStat, SoftnetCpu, SoftnetStat, SynproxyStat,
};
pub use tables::{
    Arp, ArpFlags, Connector, ConnectorName, Functions, Neighbour, NtpServers, Pnp, Protocol,
    Protocols, Psched, TableNames,
};

use super::format::Format;
use crate::format::net::{
    Dev, Icmp, Icmp6, Raw, Raw6, Tcp, Tcp6, Udp, Udp6, UdpLite, UdpLite6, Unix,
};

/// The files that are known, by their names below `/proc`.
pub(super) static FORMATS: &[Format] = &[
    Format::of::<Anycast6>(),
    Format::of::<Arp>(),
    Format::named::<Bluetooth>(&[
        "net/bnep",
        "net/cmtp",
        "net/hci",
        "net/hidp",
        "net/iso",
        "net/l2cap",
        "net/rfcomm",
        "net/sco",
    ]),
    Format::of::<Connector>(),
    Format::of::<Dev>(),
    Format::of::<DevMcast>(),
    Format::of::<DevSnmp6>(),
    Format::of::<FibTrie>(),
    Format::of::<FibTriestat>(),
    Format::named::<Hashlimit>(&["net/ipt_hashlimit/*", "net/ip6t_hashlimit/*"]),
    Format::of::<Icmp>(),
    Format::of::<Icmp6>(),
    Format::of::<IfInet6>(),
    Format::of::<Igmp>(),
    Format::of::<Igmp6>(),
    Format::of::<Ip6Flowlabel>(),
    Format::of::<Ip6MrCache>(),
    Format::of::<Ip6MrVif>(),
    Format::of::<IpConntrack>(),
    Format::of::<IpMrCache>(),
    Format::of::<IpMrVif>(),
    Format::named::<TableNames>(&[
        "net/ip_tables_names",
        "net/ip_tables_matches",
        "net/ip_tables_targets",
        "net/ip6_tables_names",
        "net/ip6_tables_matches",
        "net/ip6_tables_targets",
        "net/arp_tables_names",
        "net/arp_tables_matches",
        "net/arp_tables_targets",
    ]),
    Format::of::<NtpServers>(),
    Format::of::<Ipv6Route>(),
    Format::of::<Mcfilter>(),
    Format::of::<Mcfilter6>(),
    Format::of::<NfConntrack>(),
    Format::named::<NfConntrackExpect>(&["net/nf_conntrack_expect", "net/ip_conntrack_expect"]),
    Format::of::<NfLog>(),
    Format::of::<NfQueue>(),
    Format::of::<NfnetlinkLog>(),
    Format::of::<NfnetlinkQueue>(),
    Format::of::<Netlink>(),
    Format::of::<Netstat>(),
    Format::of::<Packet>(),
    Format::of::<Pfkey>(),
    Format::of::<Pnp>(),
    Format::of::<Protocols>(),
    Format::of::<Psched>(),
    Format::of::<Ptype>(),
    Format::of::<Raw>(),
    Format::of::<Raw6>(),
    Format::of::<Route>(),
    Format::of::<Rt6Stats>(),
    Format::of::<RtCache>(),
    Format::of::<Snmp>(),
    Format::of::<Snmp6>(),
    Format::of::<SctpSnmp>(),
    Format::of::<Sockstat>(),
    Format::of::<Sockstat6>(),
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
    Format::of::<VlanConfig>(),
    Format::of::<Wireless>(),
    Format::of::<XfrmStat>(),
    Format::named::<XtRecent>(&["net/xt_recent/*", "net/ipt_recent/*"]),
];
