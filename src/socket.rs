//! `Socket`: a socket of a network namespace, whichever table of the kernel's it stands in.

use std::{
    collections::{HashMap, hash_map::Entry},
    net::SocketAddr,
};

use crate::{
    format::{
        ParseError,
        net::{
            DatagramSocket, Icmp, Icmp6, Raw, Raw6, Tcp, Tcp6, TcpSocket, Udp, Udp6, UdpLite,
            UdpLite6, Unix, UnixSocket,
        },
    },
    ids::Uid,
    value::Text,
    wait::{Name, process_file},
};

/// A socket of a network namespace.
///
/// From `/proc/PID/net/tcp`, `udp`, `udplite`, `raw`, `icmp`, `unix`, and those of IPv6. Sockets of
/// other families (netlink, packet, vsock) have no common form there.
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
    /// The name of its table below `/proc/PID/net`: `tcp`, `tcp6`, `udp`, `udp6`, `udplite`, `udplite6`, `raw`,
    /// `raw6`, `icmp`, `icmp6`, `unix`.
    pub protocol: &'static str,
    /// Its state: `LISTEN`, `ESTABLISHED`; `None` for one that psgo does not know.
    pub state: Option<&'static str>,
    /// The type of a Unix socket: `STREAM`, `DGRAM`, `SEQPACKET`; `None` for others.
    pub kind: Option<&'static str>,
    /// Bytes received that were not read; of one that listens for TCP, connections that wait for
    /// `accept`. `None` for a Unix socket.
    pub received: Option<u64>,
    /// Bytes sent that were not acknowledged; `None` for a Unix socket.
    pub sent: Option<u64>,
    /// The local address; `None` for a Unix socket.
    pub local: Option<SocketAddr>,
    /// The peer's address; `None` without a peer.
    pub remote: Option<SocketAddr>,
    /// The path or name that a Unix socket is bound to; `@` begins an abstract name.
    pub path: Option<Vec<u8>>,
    /// Its inode, by which descriptors name it; `None` (the kernel prints 0) where no process has
    /// it open, as in `TIME_WAIT` or before `accept`.
    pub inode: Option<u64>,
    /// Its owner, in the user namespace of the calling process; `None` for a Unix socket.
    pub uid: Option<Uid>,
}

impl Socket {
    /// Whether it listens for connections, or receives datagrams from anywhere.
    #[must_use]
    pub fn is_listening(&self) -> bool {
        match self.protocol {
            "tcp" | "tcp6" | "unix" => self.state == Some("LISTEN"),
            _ => self.remote.is_none() && self.local.is_some_and(|end| end.port() != 0),
        }
    }

    /// The local end as text: `127.0.0.1:80`, `[::]:22`, `/run/x.sock`.
    #[must_use]
    pub fn local_text(&self) -> Option<Text> {
        match (&self.path, self.local) {
            (Some(path), _) => Some(Text::from(path.as_slice())),
            (None, end) => end.map(|end| Text::from(end.to_string())),
        }
    }

    /// The peer as text; `None` without a peer.
    #[must_use]
    pub fn remote_text(&self) -> Option<Text> {
        self.remote.map(|end| Text::from(end.to_string()))
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

    fn of_tcp(protocol: &'static str, socket: &TcpSocket) -> Self {
        let remote = socket.remote.0;
        Self {
            protocol,
            state: socket.st.name(),
            kind: None,
            received: Some(socket.rx_queue.0),
            sent: Some(socket.tx_queue.0),
            local: Some(socket.local.0),
            remote: has_end(remote).then_some(remote),
            path: None,
            inode: inode(socket.inode),
            uid: Some(Uid::new(socket.uid)),
        }
    }

    fn of_datagrams(protocol: &'static str, socket: &DatagramSocket) -> Self {
        let remote = socket.remote.0;
        Self {
            protocol,
            state: socket.st.name(),
            kind: None,
            received: Some(socket.rx_queue.0),
            sent: Some(socket.tx_queue.0),
            local: Some(socket.local.0),
            remote: has_end(remote).then_some(remote),
            path: None,
            inode: inode(socket.inode),
            uid: Some(Uid::new(socket.uid)),
        }
    }

    fn of_unix(socket: UnixSocket) -> Self {
        const LISTENS: u32 = 0x10000;
        let state = match socket.st.name() {
            Some("UNCONNECTED") if socket.flags.0 & LISTENS != 0 => Some("LISTEN"),
            state => state,
        };
        Self {
            protocol: "unix",
            state,
            kind: socket.r#type.name(),
            received: None,
            sent: None,
            local: None,
            remote: None,
            path: socket.path.0,
            inode: inode(socket.inode),
            uid: None,
        }
    }
}

/// The kernel prints 0 for a socket that no process has open.
fn inode(number: u64) -> Option<u64> {
    (number != 0).then_some(number)
}

/// Whether there is a peer at this end.
fn has_end(end: SocketAddr) -> bool {
    end.port() != 0 || !end.ip().is_unspecified()
}

type Parse = fn(&[u8]) -> Result<Vec<Socket>, ParseError>;

macro_rules! of {
    ($file:ty, $protocol:literal, $of:ident) => {
        |bytes| {
            let rows = <$file>::parse(bytes)?.rows;
            Ok(rows.iter().map(|row| Socket::$of($protocol, row)).collect())
        }
    };
}

/// The tables, by their path below `/proc/PID`, and how each is understood.
pub(crate) const TABLES: [(Name<'static>, Parse); 11] = [
    (process_file!("net/tcp"), |bytes| {
        of!(Tcp, "tcp", of_tcp)(bytes).map(once)
    }),
    (process_file!("net/tcp6"), |bytes| {
        of!(Tcp6, "tcp6", of_tcp)(bytes).map(once)
    }),
    (process_file!("net/udp"), of!(Udp, "udp", of_datagrams)),
    (process_file!("net/udp6"), of!(Udp6, "udp6", of_datagrams)),
    (
        process_file!("net/udplite"),
        of!(UdpLite, "udplite", of_datagrams),
    ),
    (
        process_file!("net/udplite6"),
        of!(UdpLite6, "udplite6", of_datagrams),
    ),
    (process_file!("net/raw"), of!(Raw, "raw", of_datagrams)),
    (process_file!("net/raw6"), of!(Raw6, "raw6", of_datagrams)),
    (process_file!("net/icmp"), of!(Icmp, "icmp", of_datagrams)),
    (
        process_file!("net/icmp6"),
        of!(Icmp6, "icmp6", of_datagrams),
    ),
    (process_file!("net/unix"), |bytes| {
        let rows = Unix::parse(bytes)?.rows.0;
        Ok(rows.into_iter().map(Socket::of_unix).collect())
    }),
];

/// Each connection once.
///
/// The kernel gives out its table in parts, and finds the place to go on after the last of a part
/// by counting: connections that were made meanwhile shift it, and the last ones come again,
/// perhaps closed and thus without inode.
fn once(mut sockets: Vec<Socket>) -> Vec<Socket> {
    let mut seen: HashMap<_, Option<u64>> = HashMap::new();
    sockets.retain(|socket| {
        let (Some(local), Some(remote)) = (socket.local, socket.remote) else {
            return true;
        };
        match seen.entry((local, remote)) {
            Entry::Vacant(entry) => {
                entry.insert(socket.inode);
                true
            }
            // Two of the same ends are different sockets where they are bound to devices.
            Entry::Occupied(entry) => match (entry.get(), socket.inode) {
                (Some(before), Some(inode)) => *before != inode,
                _ => false,
            },
        }
    });
    sockets
}

/// Sockets by their inodes.
pub(crate) fn by_inode(sockets: Vec<Socket>) -> HashMap<u64, std::sync::Arc<Socket>> {
    let known = sockets.into_iter();
    known
        .filter_map(|socket| Some((socket.inode?, std::sync::Arc::new(socket))))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::{
        net::{TcpListener, TcpStream, UdpSocket},
        os::{fd::AsRawFd as _, unix::net::UnixListener},
    };

    use super::*;

    fn inode(file: &impl std::os::fd::AsFd) -> u64 {
        let fd = file.as_fd().as_raw_fd();
        let link = std::fs::read_link(format!("/proc/self/fd/{fd}")).unwrap();
        let link = link.to_str().unwrap();
        let inode = link
            .strip_prefix("socket:[")
            .and_then(|rest| rest.strip_suffix(']'));
        inode.unwrap().parse().unwrap()
    }

    fn all() -> HashMap<u64, std::sync::Arc<Socket>> {
        let sockets = TABLES.iter().flat_map(|(path, parse)| {
            let bytes = std::fs::read(format!("/proc/self/{}", path.as_str())).unwrap_or_default();
            if bytes.is_empty() {
                Vec::new()
            } else {
                parse(&bytes).unwrap()
            }
        });
        by_inode(sockets.collect())
    }

    #[test]
    fn a_connection_that_the_kernel_tells_twice_is_there_once() {
        let table = std::fs::read_to_string("/proc/self/net/tcp").unwrap();
        let header = table.lines().next().unwrap();
        let width = header.len();
        let row = |ends: &str, state: &str, inode: u32| {
            let rest = "00000000:00000000 00:00000000 00000000     0        0";
            let end = match state {
                "06" => "3 0000000000000000",
                _ => "1 0000000000000000 100 0 0 10 0",
            };
            let row = format!("   0: {ends} {state} {rest} {inode} {end}");
            format!("{row:<width$}\n")
        };
        let [one, other] = ["0100007F:0016 0100007F:A2C4", "0100007F:0016 0100007F:A2C6"];
        let listens = "00000000:0016 00000000:0000";
        let rows = [
            row(listens, "0A", 11),
            row(listens, "0A", 12),
            row(one, "01", 13),
            row(other, "01", 14),
            // Again as it was, again when it is closed, and another that is bound to a device.
            row(other, "01", 14),
            row(other, "06", 0),
            row(one, "01", 15),
        ];
        let (_, parse) = TABLES[0];
        let sockets = parse(format!("{header}\n{}", rows.concat()).as_bytes()).unwrap();
        let inodes: Vec<_> = sockets.iter().filter_map(|socket| socket.inode).collect();
        assert_eq!(inodes, [11, 12, 13, 14, 15]);
        assert_eq!(sockets.len(), 5);
    }

    #[test]
    fn sockets_of_every_kind_are_what_their_makers_say() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let listener6 = TcpListener::bind("[::1]:0").unwrap();
        let datagrams = UdpSocket::bind("127.0.0.1:0").unwrap();
        let path = std::env::temp_dir().join(format!("psgo-socket-{}", std::process::id()));
        let unix = UnixListener::bind(&path).unwrap();
        let all = all();

        let found = &all[&inode(&listener)];
        assert_eq!((found.protocol, found.state), ("tcp", Some("LISTEN")));
        assert_eq!(found.local, Some(listener.local_addr().unwrap()));
        assert!(found.is_listening() && found.remote.is_none() && found.received == Some(1));
        let found = &all[&inode(&client)];
        assert_eq!(found.remote, Some(listener.local_addr().unwrap()));
        assert_eq!(
            found.text().as_str().unwrap(),
            format!(
                "tcp {}->{} ESTABLISHED",
                client.local_addr().unwrap(),
                client.peer_addr().unwrap()
            )
        );
        let found = &all[&inode(&listener6)];
        assert_eq!(
            (found.protocol, found.local),
            ("tcp6", Some(listener6.local_addr().unwrap()))
        );
        let found = &all[&inode(&datagrams)];
        assert_eq!((found.protocol, found.is_listening()), ("udp", true));
        let found = &all[&inode(&unix)];
        assert_eq!((found.kind, found.state), (Some("STREAM"), Some("LISTEN")));
        assert_eq!(
            found.local_text(),
            Some(Text::from(path.as_os_str().as_encoded_bytes()))
        );
        std::fs::remove_file(path).unwrap();
    }
}
