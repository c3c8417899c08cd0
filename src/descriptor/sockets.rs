//! Descriptors of sockets.

use super::{definition::descriptors, sources::Owned};
use crate::value::{Text, Value};

descriptors! {
    Socket;
    //name  code  header     holds    needs   what it is
    fd      ""    "FD"       Number   [FDS]   "descriptor by which the process has it"
    inode   ""    "INODE"    Number   []      "inode number"
    kind    ""    "KIND"     Text     []      "STREAM, DGRAM or SEQPACKET, of a Unix socket"
    laddr   ""    "LADDR"    Text     []      "its own address"
    local   ""    "LOCAL"    Text     []      "its own end: address and port, or path"
    lport   ""    "LPORT"    Number   []      "its own port"
    owners  ""    "OWNERS"   Texts    [FDS]   "every process that has it, and by which descriptor: 4711/3"
    proto   ""    "PROTO"    Text     []      "tcp, tcp6, udp, udp6, udplite, udplite6, raw, raw6, icmp, icmp6 or unix"
    raddr   ""    "RADDR"    Text     []      "address of the other end"
    recvq   ""    "RECV-Q"   Number   []      "bytes received and not read; connections that wait for accept"
    remote  ""    "REMOTE"   Text     []      "the other end: address and port"
    rport   ""    "RPORT"    Number   []      "port of the other end"
    sendq   ""    "SEND-Q"   Number   []      "bytes sent and not acknowledged"
    state   ""    "STATE"    Text     []      "LISTEN, ESTABLISHED and so on"
    suid    ""    "SUID"     Number   []      "user ID of who made it; unknown for a Unix socket"
    suser   ""    "SUSER"    Text     [USERS] "name of who made it, or his number; unknown for a Unix socket"
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
    owned
        .uid
        .map_or(Value::MISSING, |uid| Value::Int(uid.get().into()))
}

fn suser(owned: &Owned<'_>) -> Value {
    owned.user.clone().map_or(Value::MISSING, Value::Text)
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
