//! `Socket`: a socket of a network namespace, whichever way it is known.

use std::{net::SocketAddr, time::Duration};

use crate::{
    format::net::{DatagramSocket, TcpSocket, UnixSocket},
    ids::Uid,
    value::Text,
};

/// A socket of a network namespace.
///
/// As the kernel counts them (`NETLINK_SOCK_DIAG`), or where that is denied, and in a copy, from the text
/// of `/proc/PID/net/tcp`, `udp`, `udplite`, `raw`, `icmp`, `unix`, and those of IPv6. The text has no
/// sockets of other families (netlink, packet, vsock) in a common form, and less of each: what it lacks is
/// `None`.
///
/// ```
/// use psgo::{Pid, View};
///
/// let me = View::host()?.process(Pid::new(std::process::id()))?;
/// for open in me.sockets()? {
///     println!("{}: {} {:?}", open.fd, open.socket.protocol, open.socket.local);
/// }
/// # Ok::<(), psgo::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Socket {
    /// Its protocol, which for IPv6 ends in 6: `tcp`, `tcp6`, `udp`, `udp6`, `udplite`, `udplite6`, `raw`,
    /// `raw6`, `icmp`, `icmp6`, `mptcp`, `mptcp6`; or its family: `unix`, `netlink`, `packet`, `vsock`, `xdp`.
    pub protocol: &'static str,
    /// Its state: `LISTEN`, `ESTABLISHED`; `None` for one that psgo does not know, and where there is none.
    pub state: Option<&'static str>,
    /// Its type, where the protocol does not say it: `STREAM`, `DGRAM`, `SEQPACKET`, `RAW`.
    pub kind: Option<&'static str>,
    /// Bytes received that were not read, of netlink and packet the memory that they take; of one that listens, connections that wait for `accept`.
    pub received: Option<u64>,
    /// Bytes sent that were not acknowledged, or over a Unix socket not read; `None` for one that listens.
    pub sent: Option<u64>,
    /// How many connections may wait for `accept`, of one that listens.
    pub backlog: Option<u32>,
    /// The local address; `None` for families without IP addresses.
    pub local: Option<SocketAddr>,
    /// The peer's address; `None` without a peer.
    pub remote: Option<SocketAddr>,
    /// The path or name that a Unix socket is bound to; `@` begins an abstract name.
    pub path: Option<Vec<u8>>,
    /// The local end in a family without addresses and paths: `ROUTE:4711` (protocol and port of netlink, which is
    /// `kernel` for its own),
    /// `0x0806:eth0` (protocol of the link and device of packet), `3:1024` (CID and port of vsock), `eth0:2`
    /// (device and queue of xdp).
    pub end: Option<Text>,
    /// The peer in such a family.
    pub far_end: Option<Text>,
    /// The inode of the other end of a Unix socket; `None` without one, and where no process has it open.
    pub peer: Option<u64>,
    /// Its inode, by which descriptors name it; `None` (the kernel prints 0) where no process has
    /// it open, as in `TIME_WAIT` or before `accept`.
    pub inode: Option<u64>,
    /// Its owner, in the user namespace of the calling process; `None` where the kernel does not tell: of
    /// one in `TIME_WAIT`, or that no process has open and that seems to be root's; from text also of a
    /// Unix socket.
    pub uid: Option<Uid>,
    /// The timer that runs: `on` (retransmission), `keepalive`, `timewait`, `persist` (zero window).
    pub timer: Option<&'static str>,
    /// When the timer ends.
    pub expires: Option<Duration>,
    /// How often the segment that waits for an acknowledgement was sent again, or the peer was probed.
    pub retransmits: Option<u32>,
    /// Its mark (`SO_MARK`); `None` without `CAP_NET_ADMIN` in its network namespace.
    pub mark: Option<u32>,
    /// The network device to which it is bound, by name or, where that is gone, by number.
    pub interface: Option<Text>,
    /// The number (inode) of its control group, of version 2.
    pub cgroup: Option<u64>,
    /// How it controls congestion: `cubic`, `bbr`.
    pub congestion: Option<Text>,
    /// The protocol above TCP that the kernel handles: `tls`, `mptcp`.
    pub upper: Option<Text>,
    /// What TCP measures of a connection, where it was asked for.
    pub tcp: Option<Box<TcpInfo>>,
    /// Whether it comes from text in which a name, that any user may choose, can pass for the row of a
    /// socket: `/proc/PID/net/unix`, which is read where netlink is denied, and in a copy.
    pub forgeable: bool,
    /// By what the kernel knows it; 0 from text.
    pub(crate) cookie: u64,
}

/// What TCP measures of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct TcpInfo {
    /// The round-trip time, smoothed.
    pub round_trip: Duration,
    /// Its mean deviation.
    pub round_trip_deviation: Duration,
    /// How long an acknowledgement is waited for before a segment is sent again.
    pub retransmission_timeout: Duration,
    /// The congestion window, in segments.
    pub congestion_window: u32,
    /// Segments sent again since the connection was made.
    pub total_retransmits: u32,
}

impl Socket {
    /// Whether it listens for connections, or receives datagrams from anywhere.
    #[must_use]
    pub fn is_listening(&self) -> bool {
        match self.protocol {
            "udp" | "udp6" | "udplite" | "udplite6" | "raw" | "raw6" | "icmp" | "icmp6" => {
                self.remote.is_none() && self.local.is_some_and(|end| end.port() != 0)
            }
            _ => self.state == Some("LISTEN"),
        }
    }

    /// The local end as text: `127.0.0.1:80`, `[::]:22`, `/run/x.sock`.
    #[must_use]
    pub fn local_text(&self) -> Option<Text> {
        match (&self.path, self.local) {
            (Some(path), _) => Some(Text::from(path.as_slice())),
            (None, Some(end)) => Some(Text::from(end.to_string())),
            (None, None) => self.end.clone(),
        }
    }

    /// The peer as text; `None` without a peer.
    #[must_use]
    pub fn remote_text(&self) -> Option<Text> {
        let remote = self.remote.map(|end| Text::from(end.to_string()));
        remote.or_else(|| self.far_end.clone())
    }

    /// From where it is known: `netlink`, `text`, or `forgeable` text, see [`forgeable`](Self::forgeable).
    #[must_use]
    pub fn source(&self) -> &'static str {
        match (self.forgeable, self.cookie) {
            (true, _) => "forgeable",
            (false, 0) => "text",
            (false, _) => "netlink",
        }
    }

    /// The socket in one line: `tcp 127.0.0.1:80->127.0.0.1:4711 ESTABLISHED`.
    #[must_use]
    pub fn text(&self) -> Text {
        let mut text = self.protocol.as_bytes().to_vec();
        let mut word = |before: &[u8], word: &[u8]| {
            text.extend_from_slice(before);
            text.extend_from_slice(word);
        };
        if let Some(kind) = self.kind {
            word(b" ", kind.as_bytes());
        }
        if let Some(local) = self.local_text() {
            word(b" ", local.as_bytes());
        }
        if let Some(remote) = self.remote_text() {
            word(b"->", remote.as_bytes());
        }
        if let Some(state) = self.state {
            word(b" ", state.as_bytes());
        }
        Text::from(text.as_slice())
    }

    /// One of which nothing else is known.
    pub(crate) fn new(protocol: &'static str) -> Self {
        Self {
            protocol,
            state: None,
            kind: None,
            received: None,
            sent: None,
            backlog: None,
            local: None,
            remote: None,
            path: None,
            end: None,
            far_end: None,
            peer: None,
            inode: None,
            uid: None,
            timer: None,
            expires: None,
            retransmits: None,
            mark: None,
            interface: None,
            cgroup: None,
            congestion: None,
            upper: None,
            tcp: None,
            forgeable: false,
            cookie: 0,
        }
    }

    pub(super) fn of_tcp(protocol: &'static str, socket: &TcpSocket) -> Self {
        let remote = socket.remote.0;
        Self {
            state: socket.st.name(),
            received: Some(socket.rx_queue.0),
            // Of one that listens the text says 0.
            sent: (socket.st.name() != Some("LISTEN")).then_some(socket.tx_queue.0),
            local: Some(socket.local.0),
            remote: has_end(remote).then_some(remote),
            inode: inode(socket.inode),
            uid: uid(socket.uid, socket.inode),
            ..Self::new(protocol)
        }
    }

    pub(super) fn of_datagrams(protocol: &'static str, socket: &DatagramSocket) -> Self {
        let remote = socket.remote.0;
        Self {
            state: socket.st.name(),
            received: Some(socket.rx_queue.0),
            sent: Some(socket.tx_queue.0),
            local: Some(socket.local.0),
            remote: has_end(remote).then_some(remote),
            inode: inode(socket.inode),
            uid: uid(socket.uid, socket.inode),
            ..Self::new(protocol)
        }
    }

    pub(super) fn of_unix(socket: UnixSocket) -> Self {
        const LISTENS: u32 = 0x10000;
        let state = match socket.st.name() {
            Some("UNCONNECTED") if socket.flags.0 & LISTENS != 0 => Some("LISTEN"),
            state => state,
        };
        Self {
            state,
            kind: socket.r#type.name(),
            path: socket.path.0,
            inode: inode(socket.inode),
            forgeable: true,
            ..Self::new("unix")
        }
    }
}

/// Whether a socket of the protocol in that state can listen at a port, see [`Socket::is_listening`].
pub(crate) fn may_listen(protocol: &str, state: Option<&str>) -> bool {
    match protocol {
        "tcp" | "tcp6" | "mptcp" | "mptcp6" => state == Some("LISTEN"),
        _ => has_address(protocol) && state != Some("ESTABLISHED"),
    }
}

/// Whether a socket of the protocol in that state can have another end with an IP address.
pub(crate) fn may_have_peer(protocol: &str, state: Option<&str>) -> bool {
    has_address(protocol) && state != Some("LISTEN")
}

/// Whether the ends of the protocol's sockets have IP addresses.
pub(super) fn has_address(protocol: &str) -> bool {
    !matches!(protocol, "unix" | "netlink" | "packet" | "vsock" | "xdp")
}

/// The word for a protocol that the kernel calls `name` (`system.sockprotoname`): that of its table
/// where there is one, as `tcp6` for `TCPv6`.
pub(crate) fn protocol(name: &[u8]) -> Text {
    let name = name.to_ascii_lowercase();
    let (bare, version) = match name.strip_suffix(b"v6") {
        Some(bare) => (bare, &b"6"[..]),
        None => (&*name, &b""[..]),
    };
    let bare: &[u8] = match bare {
        b"unix-stream" => b"unix",
        b"af_vsock" => b"vsock",
        b"ping" => b"icmp",
        b"udp-lite" => b"udplite",
        other => other,
    };
    Text::from(&*[bare, version].concat())
}

/// The kernel prints 0 for a socket that no process has open.
pub(crate) fn inode(number: u64) -> Option<u64> {
    (number != 0).then_some(number)
}

/// The kernel prints 0 for a socket of which it does not tell the user: one in `TIME_WAIT`, or waiting
/// as `FIN_WAIT2`, or that no process has open.
pub(crate) fn uid(uid: u32, inode: u64) -> Option<Uid> {
    (uid != 0 || inode != 0).then(|| Uid::new(uid))
}

/// Whether there is a peer at this end.
pub(crate) fn has_end(end: SocketAddr) -> bool {
    end.port() != 0 || !end.ip().is_unspecified()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_protocol_has_the_word_of_its_table() {
        for (name, word) in [
            (&b"TCP"[..], "tcp"),
            (b"TCPv6", "tcp6"),
            (b"UNIX-STREAM", "unix"),
            (b"PINGv6", "icmp6"),
            (b"UDP-Lite", "udplite"),
            (b"NETLINK", "netlink"),
            (b"AF_VSOCK", "vsock"),
        ] {
            assert_eq!(protocol(name).as_str(), Some(word));
        }
    }
}
