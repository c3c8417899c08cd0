//! The network: what its devices carried, and who is connected.

use std::net::{IpAddr, SocketAddr};

use crate::{
    bytes,
    descriptor::Subject,
    error::Result,
    format::net::Dev,
    ids::Pid,
    query::{Query, Row},
    value::{Text, Value},
    view::View,
};

/// What a device of the network carried since it is there: `/proc/net/dev`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Interface {
    /// Its name: `lo`, `eth0`.
    pub name: Text,
    /// Bytes received.
    pub received_bytes: u64,
    /// Bytes sent.
    pub sent_bytes: u64,
    /// Packets received.
    pub received_packets: u64,
    /// Packets sent.
    pub sent_packets: u64,
    /// Packets that came in broken.
    pub receive_errors: u64,
    /// Packets that could not be sent.
    pub send_errors: u64,
    /// Packets that came in and were dropped.
    pub receive_drops: u64,
    /// Packets that were dropped instead of being sent.
    pub send_drops: u64,
}

/// What the devices of the network carried: those of this process's network namespace, or of the
/// joined one's.
///
/// # Errors
///
/// As [`View::read`].
pub fn interfaces(view: &View) -> Result<Vec<Interface>> {
    let read: Dev = view.read()?;
    let interface = |row: &crate::format::net::Device| Interface {
        name: Text::from(row.face.as_slice()),
        received_bytes: row.rx_bytes.count,
        sent_bytes: row.tx_bytes,
        received_packets: row.rx_packets,
        sent_packets: row.tx_packets,
        receive_errors: row.rx_errs,
        send_errors: row.tx_errs,
        receive_drops: row.rx_drop,
        send_drops: row.tx_drop,
    };
    Ok(read.rows.iter().map(interface).collect())
}

/// A socket of the network namespace, and who has it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Connection {
    /// The kernel's table: `tcp`, `udp6`, `unix`, see [`Socket::protocol`](crate::Socket::protocol).
    pub protocol: Text,
    /// Its state: `LISTEN`, `ESTABLISHED`.
    pub state: Option<Text>,
    /// What is sent, of a Unix socket: `STREAM`, `DGRAM`, `SEQPACKET`.
    pub kind: Option<Text>,
    /// Its own end; nothing for a Unix socket.
    pub local: Option<SocketAddr>,
    /// The other end; nothing without one.
    pub remote: Option<SocketAddr>,
    /// What a Unix socket is bound to; `@` begins an abstract name.
    pub path: Option<Text>,
    /// Every process that has it. None where those who do may not be looked at, or nobody does.
    pub owners: Vec<Owner>,
}

/// A descriptor that stands for a socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Owner {
    /// The process.
    pub pid: Pid,
    /// Its descriptor.
    pub fd: u32,
}

/// The sockets of this process's network namespace, or of the joined one's, and who has them.
///
/// # Errors
///
/// As [`Query::table`].
pub fn connections(view: &View) -> Result<Vec<Connection>> {
    let names = [
        "proto", "state", "kind", "laddr", "lport", "raddr", "rport", "local", "owners",
    ];
    let query = Query::of(Subject::Sockets, &names)?.view(view.clone());
    let table = query.table()?;
    Ok(table.rows().iter().filter_map(connection).collect())
}

fn connection(row: &Row) -> Option<Connection> {
    let [
        protocol,
        state,
        kind,
        laddr,
        lport,
        raddr,
        rport,
        local,
        owners,
    ] = row.values()
    else {
        return None;
    };
    let protocol = text(protocol)?;
    let is_unix = protocol.as_bytes() == b"unix";
    let owners = match owners {
        Value::List(owners) => owners.iter().filter_map(owner).collect(),
        _ => Vec::new(),
    };
    Some(Connection {
        state: text(state),
        kind: text(kind),
        local: end(laddr, lport),
        remote: end(raddr, rport),
        path: text(local).filter(|path| is_unix && !path.as_bytes().is_empty()),
        owners,
        protocol,
    })
}

fn text(cell: &Value) -> Option<Text> {
    match cell {
        Value::Text(text) => Some(text.clone()),
        _ => None,
    }
}

fn end(address: &Value, port: &Value) -> Option<SocketAddr> {
    let address: IpAddr = text(address)?.as_str()?.parse().ok()?;
    match port {
        Value::Int(port) => Some(SocketAddr::new(address, u16::try_from(*port).ok()?)),
        _ => None,
    }
}

/// `4711/3`, process and descriptor.
fn owner(cell: &Value) -> Option<Owner> {
    let Value::Text(text) = cell else {
        return None;
    };
    let (pid, fd) = bytes::split_once(text.as_bytes(), b'/')?;
    Some(Owner {
        pid: Pid::new(bytes::decimal(pid)?),
        fd: bytes::decimal(fd)?,
    })
}
