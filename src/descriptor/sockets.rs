//! Descriptors of sockets.

use super::{definition::descriptors, sources::Owned};
use crate::{
    ids::Uid,
    socket::TcpInfo,
    value::{Missing, Text, Value},
};

descriptors! {
    Socket;
    //name     code header     holds    needs                what it is
    backlog      "" "BACKLOG"      Number   []                   "connections that may wait for accept, of one that listens"
    cgid         "" "CGID"         Number   []                   "number (inode) of its control group"
    cgroup       "" "CGROUP"       Text     [SOCKET_GROUPS]      "path of its control group, of version 2"
    cong         "" "CONG"         Text     [SOCKET_CONGESTION]  "how TCP controls congestion: cubic, bbr"
    cwnd         "" "CWND"         Number   [SOCKET_TCP]         "congestion window, in segments"
    expires      "" "EXPIRES"      Duration []                   "time until its timer ends"
    fd           "" "FD"           Number   [FDS]                "descriptor by which the process has it"
    ifname       "" "IFNAME"       Text     [SOCKET_DEVICES]     "network device to which it is bound"
    inode        "" "INODE"        Number   []                   "inode number"
    kind         "" "KIND"         Text     []                   "STREAM, DGRAM, SEQPACKET or RAW, where the protocol does not say it"
    laddr        "" "LADDR"        Text     []                   "its own address"
    local        "" "LOCAL"        Text     []                   "its own end: address and port, path, or what its family has instead"
    lport        "" "LPORT"        Number   []                   "its own port"
    mark         "" "MARK"         Number   []                   "mark (SO_MARK)"
    netns        "" "NETNS"        Number   []                   "number of its network namespace"
    owners       "" "OWNERS"       Texts    [FDS]                "every process that has it, and by which descriptor: 4711/3"
    peer         "" "PEER"         Number   [SOCKET_PEERS]       "inode of the other end, of a Unix socket"
    proto        "" "PROTO"        Text     []                   "tcp, mptcp, udp, udplite, raw or icmp, with a 6 for IPv6; unix, netlink, packet, vsock or xdp"
    raddr        "" "RADDR"        Text     []                   "address of the other end"
    recvq        "" "RECV-Q"       Number   [SOCKET_QUEUES]      "bytes received and not read; connections that wait for accept"
    remote       "" "REMOTE"       Text     []                   "the other end: address and port"
    retrans      "" "RETRANS"      Number   []                   "how often the segment at hand was sent again, or the peer probed"
    rport        "" "RPORT"        Number   []                   "port of the other end"
    rto          "" "RTO"          Duration [SOCKET_TCP]         "time after which TCP sends again"
    rtt          "" "RTT"          Duration [SOCKET_TCP]         "round-trip time"
    rttvar       "" "RTTVAR"       Duration [SOCKET_TCP]         "mean deviation of the round-trip time"
    sendq        "" "SEND-Q"       Number   [SOCKET_QUEUES]      "bytes sent and not acknowledged; unknown of one that listens"
    source       "" "SOURCE"       Text     []                   "netlink; or text, in which a name can forge the row of a Unix socket: forgeable"
    state        "" "STATE"        Text     []                   "LISTEN, ESTABLISHED and so on"
    suid         "" "SUID"         Number   [SOCKET_USERS]       "user ID of who made it"
    suser        "" "SUSER"        Text     [USERS SOCKET_USERS] "name of who made it, or the number"
    timer        "" "TIMER"        Text     []                   "timer that runs: on (retransmission), keepalive, timewait, persist"
    totalretrans "" "TOTALRETRANS" Number   [SOCKET_TCP]         "segments sent again since the connection was made"
    ulp          "" "ULP"          Text     [SOCKET_TCP]         "protocol above TCP in the kernel: tls, mptcp"
}

fn fd(owned: &Owned<'_>) -> Value {
    let first = owned.owners.first();
    first.map_or(Value::MISSING, |(_, fd)| Value::Int((*fd).into()))
}

fn inode(owned: &Owned<'_>) -> Value {
    owned.socket.inode.map_or(Value::MISSING, Value::from)
}

fn kind(owned: &Owned<'_>) -> Value {
    word(owned.socket.kind)
}

fn laddr(owned: &Owned<'_>) -> Value {
    address(owned.socket.local)
}

fn local(owned: &Owned<'_>) -> Value {
    owned
        .socket
        .local_text()
        .map_or(Value::MISSING, Value::Text)
}

fn lport(owned: &Owned<'_>) -> Value {
    port(owned.socket.local)
}

fn netns(owned: &Owned<'_>) -> Value {
    owned.network.map_or(Value::MISSING, Value::from)
}

fn owners(owned: &Owned<'_>) -> Value {
    let owner = |(pid, fd): &(crate::Pid, u32)| Value::text(format!("{pid}/{fd}"));
    Value::List(owned.owners.iter().map(owner).collect())
}

fn proto(owned: &Owned<'_>) -> Value {
    Value::Text(Text::word(owned.socket.protocol))
}

fn raddr(owned: &Owned<'_>) -> Value {
    address(owned.socket.remote)
}

fn recvq(owned: &Owned<'_>) -> Value {
    owned.socket.received.map_or(Value::MISSING, Value::from)
}

fn remote(owned: &Owned<'_>) -> Value {
    owned
        .socket
        .remote_text()
        .map_or(Value::MISSING, Value::Text)
}

fn rport(owned: &Owned<'_>) -> Value {
    port(owned.socket.remote)
}

fn sendq(owned: &Owned<'_>) -> Value {
    owned.socket.sent.map_or(Value::MISSING, Value::from)
}

fn state(owned: &Owned<'_>) -> Value {
    word(owned.socket.state)
}

fn suid(owned: &Owned<'_>) -> Value {
    let uid = |uid: Uid| Value::Int(uid.get().into());
    owned.uid.map_or(Value::MISSING, |known| {
        known.map_or_else(Value::Missing, uid)
    })
}

fn suser(owned: &Owned<'_>) -> Value {
    match (&owned.user, owned.uid) {
        (Some(user), _) => Value::Text(user.clone()),
        (None, Some(Err(why))) => Value::Missing(why),
        (None, _) => Value::MISSING,
    }
}

fn backlog(owned: &Owned<'_>) -> Value {
    number(owned.socket.backlog)
}

fn cgid(owned: &Owned<'_>) -> Value {
    owned.socket.cgroup.map_or(Value::MISSING, Value::from)
}

fn cgroup(owned: &Owned<'_>) -> Value {
    let group = owned.group.clone();
    group.map_or_else(Value::Missing, Value::Text)
}

fn cong(owned: &Owned<'_>) -> Value {
    owned
        .socket
        .congestion
        .clone()
        .map_or(Value::MISSING, Value::Text)
}

fn cwnd(owned: &Owned<'_>) -> Value {
    measured(owned, |tcp| Value::Int(tcp.congestion_window.into()))
}

fn expires(owned: &Owned<'_>) -> Value {
    owned.socket.expires.map_or(Value::MISSING, Value::Duration)
}

fn ifname(owned: &Owned<'_>) -> Value {
    owned
        .socket
        .interface
        .clone()
        .map_or(Value::MISSING, Value::Text)
}

fn peer(owned: &Owned<'_>) -> Value {
    owned.socket.peer.map_or(Value::MISSING, Value::from)
}

fn retrans(owned: &Owned<'_>) -> Value {
    number(owned.socket.retransmits)
}

fn rto(owned: &Owned<'_>) -> Value {
    measured(owned, |tcp| Value::Duration(tcp.retransmission_timeout))
}

fn rtt(owned: &Owned<'_>) -> Value {
    measured(owned, |tcp| Value::Duration(tcp.round_trip))
}

fn rttvar(owned: &Owned<'_>) -> Value {
    measured(owned, |tcp| Value::Duration(tcp.round_trip_deviation))
}

fn timer(owned: &Owned<'_>) -> Value {
    word(owned.socket.timer)
}

fn totalretrans(owned: &Owned<'_>) -> Value {
    measured(owned, |tcp| Value::Int(tcp.total_retransmits.into()))
}

fn ulp(owned: &Owned<'_>) -> Value {
    owned
        .socket
        .upper
        .clone()
        .map_or(Value::MISSING, Value::Text)
}

fn mark(owned: &Owned<'_>) -> Value {
    match (owned.socket.mark, owned.socket.inode) {
        (Some(mark), _) => Value::Int(mark.into()),
        // Each socket of an IP protocol has one, which takes CAP_NET_ADMIN.
        (None, Some(_)) if owned.socket.local.is_some() && owned.socket.source() == "netlink" => {
            Value::Missing(Missing::Denied)
        }
        (None, _) => Value::MISSING,
    }
}

fn source(owned: &Owned<'_>) -> Value {
    Value::Text(Text::word(owned.socket.source()))
}

fn number(number: Option<u32>) -> Value {
    number.map_or(Value::MISSING, |number| Value::Int(number.into()))
}

fn measured(owned: &Owned<'_>, of: impl Fn(&TcpInfo) -> Value) -> Value {
    owned.socket.tcp.as_deref().map_or(Value::MISSING, of)
}

fn word(word: Option<&'static str>) -> Value {
    word.map_or(Value::MISSING, |word| Value::Text(Text::word(word)))
}

fn address(end: Option<std::net::SocketAddr>) -> Value {
    end.map_or(Value::MISSING, |end| Value::text(end.ip().to_string()))
}

fn port(end: Option<std::net::SocketAddr>) -> Value {
    end.map_or(Value::MISSING, |end| Value::Int(end.port().into()))
}
