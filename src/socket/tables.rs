//! The tables of sockets as text, `/proc/PID/net/tcp` and so on.

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::Arc,
};

use super::definition::{Socket, has_address};
use crate::{
    format::{
        ParseError,
        net::{Icmp, Icmp6, Raw, Raw6, Tcp, Tcp6, Udp, Udp6, UdpLite, UdpLite6, Unix},
    },
    value::Missing,
    wait::{Name, process_file},
};

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
const TABLES: [(Name<'static>, Parse); 11] = [
    (process_file!("net/tcp"), of!(Tcp, "tcp", of_tcp)),
    (process_file!("net/tcp6"), of!(Tcp6, "tcp6", of_tcp)),
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

/// The protocol of a table.
fn protocol_of(name: &'static str) -> &'static str {
    name.strip_prefix("net/").unwrap_or(name)
}

/// The tables that are there wherever there is any: without one of the others the kernel lacks the
/// protocol, or IPv6 as a whole, and there are no such sockets.
const ALWAYS: [&str; 4] = ["net/tcp", "net/udp", "net/raw", "net/unix"];

/// The sockets of a network namespace, as far as its tables could be read.
#[derive(Debug, Default)]
pub(crate) struct Tables {
    pub(crate) sockets: Vec<Socket>,
    /// The tables that could not be read, wholly or in part, by their paths below `/proc/PID`; or what
    /// netlink did not tell.
    pub(crate) unread: Vec<(&'static str, Missing)>,
    /// The protocols and families for which this kernel has neither a table nor anybody to ask.
    pub(crate) absent: Vec<&'static str>,
    /// Whether nobody could be found to read text by, so that what stands in text alone is missing.
    pub(crate) lacks_text: bool,
}

impl Tables {
    /// Adds what `read` gives of the tables of these protocols: the bytes of a table, or why there are none,
    /// [`Missing::None`] where there is no such table. Whether there is any.
    pub(crate) fn read_those(
        &mut self,
        wanted: &dyn Fn(&str) -> bool,
        read: &mut dyn FnMut(Name<'static>) -> Result<Vec<u8>, Missing>,
    ) -> bool {
        let all = self;
        let (mut absent, mut asked) = (Vec::new(), 0);
        for (name, parse) in TABLES {
            if !wanted(protocol_of(name.as_str())) {
                continue;
            }
            asked += 1;
            match read(name) {
                Ok(bytes) => all.add(name.as_str(), parse, &bytes),
                Err(Missing::None) => absent.push(name.as_str()),
                Err(why) => all.unread.push((name.as_str(), why)),
            }
        }
        let has_any = absent.len() < asked || asked == 0;
        absent.retain(|name| {
            let may_lack = !ALWAYS.contains(name);
            if may_lack {
                all.absent.push(protocol_of(name));
            }
            !may_lack
        });
        let absent = absent.into_iter();
        all.unread
            .extend(absent.map(|name| (name, Missing::Unsupported)));
        has_any
    }

    /// Whether there is a table of the protocol's sockets.
    pub(crate) fn has_one_of(protocol: &str) -> bool {
        let mut names = TABLES.iter().map(|(name, _)| name.as_str());
        names.any(|name| protocol_of(name) == protocol)
    }

    /// Whether no table could be read at all.
    pub(crate) fn is_unknown(&self) -> bool {
        self.sockets.is_empty() && self.unread.len() >= TABLES.len()
    }

    /// Why a port may be missing, if one may.
    pub(crate) fn hides_ports(&self) -> Missing {
        let of_ports = |(name, _): &&(&'static str, Missing)| has_address(protocol_of(name));
        let mut of_ports = self.unread.iter().filter(of_ports);
        of_ports.next().map_or(Missing::None, |(_, why)| *why)
    }

    /// Adds what is understood of a table.
    fn add(&mut self, name: &'static str, parse: Parse, bytes: &[u8]) {
        let mut sockets = parse(bytes).unwrap_or_else(|_| {
            self.unread.push((name, Missing::Malformed));
            line_by_line(parse, bytes)
        });
        if name.starts_with("net/tcp") {
            sockets = once(sockets);
        }
        self.sockets.append(&mut sockets);
    }
}

/// The rows of a table that are understood, where the table as a whole is not: it was cut, or has a
/// row of another form.
fn line_by_line(parse: Parse, bytes: &[u8]) -> Vec<Socket> {
    let mut lines = bytes.split_inclusive(|b| *b == b'\n');
    let head = lines.next().unwrap_or_default();
    let rows = lines.filter_map(|line| parse(&[head, line].concat()).ok());
    rows.flatten().collect()
}

/// Each connection once.
///
/// The kernel gives out its table in parts, and finds the place to go on after the last of a part
/// by counting: connections that were made meanwhile shift it, and the last ones come again,
/// perhaps closed and thus without inode.
pub(crate) fn once(mut sockets: Vec<Socket>) -> Vec<Socket> {
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

/// Sockets by their inodes. Below one of several paths (MPTCP) lies one of TCP, which has the same inode
/// and stands before it: the former is the socket of the process.
pub(crate) fn by_inode(sockets: Vec<Socket>) -> HashMap<u64, Arc<Socket>> {
    let known = sockets.into_iter();
    known
        .filter_map(|socket| Some((socket.inode?, Arc::new(socket))))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::{
        net::{TcpListener, TcpStream, UdpSocket},
        os::{fd::AsRawFd as _, unix::net::UnixListener},
    };

    use super::*;
    use crate::{ids::Uid, value::Text};

    fn inode(file: &impl std::os::fd::AsFd) -> u64 {
        let fd = file.as_fd().as_raw_fd();
        let link = std::fs::read_link(format!("/proc/self/fd/{fd}")).unwrap();
        let link = link.to_str().unwrap();
        let inode = link
            .strip_prefix("socket:[")
            .and_then(|rest| rest.strip_suffix(']'));
        inode.unwrap().parse().unwrap()
    }

    /// All that `read` gives; `None` if there is no table at all.
    fn read_all(read: &mut dyn FnMut(Name<'static>) -> Result<Vec<u8>, Missing>) -> Option<Tables> {
        let mut all = Tables::default();
        all.read_those(&|_| true, read).then_some(all)
    }

    fn all() -> HashMap<u64, Arc<Socket>> {
        let tables = read_all(&mut |path| {
            let bytes = std::fs::read(format!("/proc/self/{}", path.as_str()));
            bytes.map_err(|error| Missing::because_of(&error))
        });
        let tables = tables.unwrap();
        assert_eq!(tables.unread, []);
        by_inode(tables.sockets)
    }

    #[test]
    fn a_table_that_cannot_be_read_costs_its_own_sockets_alone() {
        let unix = std::fs::read("/proc/self/net/unix").unwrap();
        let read = |name: Name<'static>| match name.as_str() {
            "net/tcp" => Err(Missing::Denied),
            // Kernels can be without the first two, and not without the last.
            "net/udplite" | "net/tcp6" | "net/raw" => Err(Missing::None),
            // It is cut within its last row.
            "net/unix" => Ok(unix[..unix.len() - 3].to_vec()),
            other => Ok(std::fs::read(format!("/proc/self/{other}")).unwrap()),
        };
        let tables = read_all(&mut { read }).unwrap();
        assert_eq!(
            tables.unread,
            [
                ("net/tcp", Missing::Denied),
                ("net/unix", Missing::Malformed),
                ("net/raw", Missing::Unsupported)
            ]
        );
        // But for the header, the last row, and what is behind it.
        let rows = unix.split(|b| *b == b'\n').count() - 3;
        let of_unix = tables.sockets.iter().filter(|s| s.protocol == "unix");
        assert_eq!(of_unix.count(), rows);
        assert_eq!(tables.hides_ports(), Missing::Denied);
        assert!(read_all(&mut |_| Err(Missing::None)).is_none());
        let denied = read_all(&mut |_| Err(Missing::Denied)).unwrap();
        assert!(denied.is_unknown() && !tables.is_unknown());
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
        let read = |rows: &str| {
            let table = format!("{header}\n{rows}").into_bytes();
            let tables = read_all(&mut |name| match name.as_str() {
                "net/tcp" => Ok(table.clone()),
                _ => Err(Missing::None),
            });
            tables.unwrap().sockets
        };
        let sockets = read(&rows.concat());
        // Neither of them is root's.
        let waits = read(&row(other, "06", 0));
        assert_eq!((waits[0].state, waits[0].uid), (Some("TIME_WAIT"), None));
        assert_eq!(sockets[0].uid, Some(Uid::new(0)));
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
