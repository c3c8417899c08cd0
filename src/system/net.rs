//! The network: the counters of its devices, and its sockets with the processes that own them.

use crate::{
    error::Result,
    format::net::Dev,
    ids::Pid,
    query::{Outcome, owned_sockets},
    socket::Socket,
    value::Text,
    view::View,
};

/// The counters of a network device since it was created: a row of `/proc/net/dev`.
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
    /// Packets received with errors.
    pub receive_errors: u64,
    /// Packets that could not be sent for errors.
    pub send_errors: u64,
    /// Received packets that were dropped.
    pub receive_drops: u64,
    /// Packets that were dropped before they were sent.
    pub send_drops: u64,
}

/// The counters of the network devices of the calling process's network namespace, or of the joined
/// process's: `/proc/net/dev`.
///
/// ```
/// let view = psgo::View::host()?;
/// for interface in psgo::system::interfaces(&view)? {
///     println!("{}: {} bytes received", interface.name, interface.received_bytes);
/// }
/// # Ok::<(), psgo::Error>(())
/// ```
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

/// A socket of a network namespace, and the descriptors that refer to it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Connection {
    /// The socket.
    pub socket: Socket,
    /// Every descriptor that refers to it, by pid. Empty where no process has it open, or those that
    /// do could not be read: [`Connections::outcome`] tells.
    pub owners: Vec<Owner>,
}

/// A descriptor that refers to a socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Owner {
    /// The process.
    pub pid: Pid,
    /// Its descriptor.
    pub fd: u32,
}

/// The sockets of a network namespace, and what could not be read.
///
/// ```
/// let view = psgo::View::host()?;
/// let connections = psgo::system::connections(&view)?;
/// for unread in &connections.outcome.partial {
///     eprintln!("{} of {:?}: {}", unread.what, unread.pids, unread.why);
/// }
/// # Ok::<(), psgo::Error>(())
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct Connections {
    /// The sockets.
    pub all: Vec<Connection>,
    /// What they lack: tables that could not be read, processes that are left out as owners, and
    /// descriptors of which it is unknown whether they are sockets.
    pub outcome: Outcome,
}

impl IntoIterator for Connections {
    type Item = Connection;
    type IntoIter = std::vec::IntoIter<Connection>;

    fn into_iter(self) -> Self::IntoIter {
        self.all.into_iter()
    }
}

/// The sockets of the calling process's network namespace, or of the joined process's, with the
/// processes that own them: the tables of `/proc/net`, and `/proc/PID/fd` of every process.
///
/// ```
/// let view = psgo::View::host()?;
/// for connection in psgo::system::connections(&view)? {
///     let pids: Vec<_> = connection.owners.iter().map(|owner| owner.pid).collect();
///     println!("{} {pids:?}", connection.socket.text());
/// }
/// # Ok::<(), psgo::Error>(())
/// ```
///
/// # Errors
///
/// As [`Query::table`](crate::Query::table).
pub fn connections(view: &View) -> Result<Connections> {
    let (all, outcome) = owned_sockets(view, |socket, owners| {
        let owners = owners.into_iter().map(|(pid, fd)| Owner { pid, fd });
        Connection {
            socket,
            owners: owners.collect(),
        }
    })?;
    Ok(Connections { all, outcome })
}
