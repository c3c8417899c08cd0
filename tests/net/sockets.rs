//! Tables of sockets against `ss`.

use std::{
    collections::BTreeSet,
    io::{ErrorKind, Write as _},
    net::{Ipv4Addr, Ipv6Addr, TcpListener, TcpStream, UdpSocket},
    os::{
        fd::AsRawFd as _,
        linux::net::SocketAddrExt as _,
        unix::net::{SocketAddr, UnixDatagram, UnixListener, UnixStream},
    },
    process::Command,
    thread,
    time::Duration,
};

use nix::sys::socket::{
    AddressFamily, NetlinkAddr, SockFlag, SockProtocol, SockType, bind, socket,
};
use psgo::{Fields, Value};

use super::{in_own_network, ip, records, text};
use crate::machine::{dir, run, wait_for};

/// A socket: its state, ends, queues, user and inode.
type Socket = (String, String, String, u64, u64, String);

/// What psgo finds in both files of a kind.
fn sockets(name: &str) -> BTreeSet<Socket> {
    let queue = |fields: &Fields, name: &str| {
        u64::from_str_radix(text(fields, name).trim_start_matches("0x"), 16).unwrap()
    };
    let end = |fields: &Fields, name: &str| {
        let address = text(fields, &format!("{name}_address"));
        format!("{address} {}", text(fields, &format!("{name}_port")))
    };
    let files = [name.to_owned(), format!("{name}6")];
    let all = files.iter().flat_map(|name| records(name));
    all.map(|fields| {
        (
            text(&fields, "st"),
            end(&fields, "local"),
            end(&fields, "remote"),
            queue(&fields, "rx_queue"),
            queue(&fields, "tx_queue"),
            format!("{} {}", text(&fields, "uid"), text(&fields, "inode")),
        )
    })
    .collect()
}

/// What `ss` says of the same.
fn sockets_of_ss(kind: &str) -> BTreeSet<Socket> {
    let answer = run(Command::new("ss").args(["-H", "-a", "-n", "-e", "-O", kind]));
    let word = |line: &str, key: &str| {
        let mut words = line.split_ascii_whitespace();
        words
            .find_map(|word| word.strip_prefix(key).map(str::to_owned))
            .unwrap_or_else(|| "0".to_owned())
    };
    let end = |text: &str, six: bool| {
        let (address, port) = text.rsplit_once(':').unwrap();
        let address = address.split('%').next().unwrap();
        let address = address.trim_start_matches('[').trim_end_matches(']');
        let address = match (address, six) {
            ("*", true) => "::",
            ("*", false) => "0.0.0.0",
            (address, _) => address,
        };
        // Of raw sockets it names the protocol.
        let port = match port {
            "*" => "0",
            "icmp" => "1",
            "ipv6-icmp" => "58",
            port => port,
        };
        format!("{address} {port}")
    };
    let line = |line: &str| -> Socket {
        let words: Vec<_> = line.split_ascii_whitespace().collect();
        // One that is open to both families has asterisks for both ends.
        let six = line.contains('[') || words[3].starts_with("*:");
        let state = words[0].replace('-', "_");
        let state = match state.as_str() {
            "ESTAB" => "ESTABLISHED",
            "FIN_WAIT_1" => "FIN_WAIT1",
            "FIN_WAIT_2" => "FIN_WAIT2",
            state => state,
        };
        // The length of the queue of one that listens is not in the file.
        let tx = if state == "LISTEN" { "0" } else { words[2] };
        (
            state.to_owned(),
            end(words[3], six),
            end(words[4], six),
            words[1].parse().unwrap(),
            tx.parse().unwrap(),
            format!("{} {}", word(line, "uid:"), word(line, "ino:")),
        )
    };
    answer.lines().map(line).collect()
}

fn states(sockets: &BTreeSet<Socket>) -> BTreeSet<&str> {
    sockets.iter().map(|socket| socket.0.as_str()).collect()
}

#[test]
fn tcp_is_what_ss_says() {
    in_own_network(|| {
        // Whoever is asked there never answers: it is on a link without another end.
        ip("link add far type veth peer name near");
        ip("link set far up");
        ip("link set near up");
        ip("addr add 192.0.2.1/24 dev far");
        ip("neigh add 192.0.2.2 lladdr 02:00:00:00:00:02 dev far");
        let asking = thread::spawn(|| {
            let far = (Ipv4Addr::new(192, 0, 2, 2), 9).into();
            TcpStream::connect_timeout(&far, Duration::from_secs(4))
        });
        let four = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let six = TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).unwrap();
        let both = TcpListener::bind((Ipv6Addr::UNSPECIFIED, 0)).unwrap();
        let connect = |listener: &TcpListener| {
            let ours = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
            (ours, listener.accept().unwrap().0)
        };
        let mut open = connect(&four);
        open.0.write_all(b"unread").unwrap();
        let open_six = connect(&six);
        // FIN_WAIT2 and CLOSE_WAIT.
        let half = connect(&six);
        half.0.shutdown(std::net::Shutdown::Write).unwrap();
        // TIME_WAIT, which nobody holds.
        let (ours, theirs) = connect(&four);
        drop(ours);
        drop(theirs);
        // Waits for `accept`.
        let waiting = TcpStream::connect(both.local_addr().unwrap()).unwrap();
        let wanted = [
            "CLOSE_WAIT",
            "ESTABLISHED",
            "FIN_WAIT2",
            "LISTEN",
            "SYN_SENT",
            "TIME_WAIT",
        ];
        // States change while one looks: both have to say the same, once.
        let seen = wait_for("ss and psgo to agree on TCP", || {
            let seen = sockets("tcp");
            let all = states(&seen) == BTreeSet::from(wanted);
            (all && seen == sockets_of_ss("-t")).then_some(seen)
        });
        assert!(seen.iter().any(|socket| socket.3 == 6));
        assert!(seen.iter().any(|socket| socket.1.starts_with("::1 ")));
        drop((open, open_six, half, waiting));
        let error = asking.join().unwrap().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut);
    });
}

#[test]
fn udp_and_raw_are_what_ss_says() {
    in_own_network(|| {
        let bound = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).unwrap();
        let sender = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        sender
            .connect((Ipv4Addr::LOCALHOST, bound.local_addr().unwrap().port()))
            .unwrap();
        let six = UdpSocket::bind((Ipv6Addr::LOCALHOST, 0)).unwrap();
        let udp = sockets("udp");
        assert_eq!(udp, sockets_of_ss("-u"));
        assert_eq!(states(&udp), BTreeSet::from(["ESTABLISHED", "UNCONN"]));
        assert_eq!(udp.len(), 3);

        let raw = |family, protocol| {
            socket(family, SockType::Raw, SockFlag::SOCK_CLOEXEC, protocol).unwrap()
        };
        let pings = raw(AddressFamily::Inet, SockProtocol::Icmp);
        let pings_six = raw(AddressFamily::Inet6, SockProtocol::IcmpV6);
        // Where the kernel has no answer of its own for raw sockets, `ss` has no inode.
        let without_inode = |sockets: BTreeSet<Socket>| -> BTreeSet<Socket> {
            let sockets = sockets.into_iter();
            sockets
                .map(|mut socket| {
                    socket.5.clear();
                    socket
                })
                .collect()
        };
        let raw = without_inode(sockets("raw"));
        assert_eq!(raw, without_inode(sockets_of_ss("-w")));
        assert_eq!(raw.len(), 2);
        drop((bound, sender, six, pings, pings_six));
    });
}

#[test]
fn all_tables_of_sockets_have_the_same_names() {
    in_own_network(|| {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let listener_six = TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).unwrap();
        let udp = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let udp_six = UdpSocket::bind((Ipv6Addr::LOCALHOST, 0)).unwrap();
        let names = |file: &str| -> Vec<String> {
            let first = records(file).into_iter().next().unwrap();
            first.iter().map(|(name, _)| name.to_string()).collect()
        };
        let expected = names("tcp");
        for file in ["tcp6", "udp", "udp6"] {
            assert_eq!(names(file), expected, "{file}");
        }
        drop((listener, listener_six, udp, udp_six));
    });
}

#[test]
fn unix_sockets_are_what_ss_says() {
    in_own_network(|| {
        let path = dir().join("plain");
        let odd = dir().join("a\nb");
        let listener = UnixListener::bind(&path).unwrap();
        let odd_listener = UnixListener::bind(&odd).unwrap();
        let name = SocketAddr::from_abstract_name(b"psgo\0test").unwrap();
        let hidden = UnixDatagram::bind_addr(&name).unwrap();
        let open = UnixStream::connect(&path).unwrap();
        let theirs = listener.accept().unwrap().0;

        let seen = records("unix");
        let path_of = |fields: &Fields| match fields.find("path") {
            Some(Value::Text(text)) => text.as_bytes().to_vec(),
            _ => Vec::new(),
        };
        let mut paths: Vec<_> = seen.iter().map(path_of).collect();
        paths.sort();
        let plain = path.as_os_str().as_encoded_bytes().to_vec();
        let mut expected = vec![
            b"".to_vec(),
            b"@psgo@test".to_vec(),
            odd.as_os_str().as_encoded_bytes().to_vec(),
            plain.clone(),
            plain,
        ];
        expected.sort();
        assert_eq!(paths, expected);

        // The type, the state and the inode; a path with a newline makes two lines of it there.
        let answer = run(Command::new("ss").args(["-H", "-a", "-n", "-x"]));
        let answer = answer.replace("a\nb", "a.b");
        let said: BTreeSet<_> = answer
            .lines()
            .map(|line| {
                let words: Vec<_> = line.split_ascii_whitespace().collect();
                (
                    words[0].to_owned(),
                    words[1].to_owned(),
                    words[5].to_owned(),
                )
            })
            .collect();
        let seen: BTreeSet<_> = seen
            .iter()
            .map(|fields| {
                let kind = match text(fields, "type").as_str() {
                    "STREAM" => "u_str",
                    "DGRAM" => "u_dgr",
                    other => panic!("{other}"),
                };
                let state = match (text(fields, "st").as_str(), text(fields, "flags").as_str()) {
                    ("UNCONNECTED", "ACC") => "LISTEN",
                    ("UNCONNECTED", "") => "UNCONN",
                    ("CONNECTED", "") => "ESTAB",
                    other => panic!("{other:?}"),
                };
                (kind.to_owned(), state.to_owned(), text(fields, "inode"))
            })
            .collect();
        assert_eq!(seen, said);
        drop((listener, odd_listener, hidden, open, theirs));
    });
}

#[test]
fn sockets_of_netlink_are_what_ss_says() {
    in_own_network(|| {
        let ours = socket(
            AddressFamily::Netlink,
            SockType::Raw,
            SockFlag::SOCK_CLOEXEC,
            SockProtocol::NetlinkKObjectUEvent,
        )
        .unwrap();
        let bound = NetlinkAddr::new(4109, 1);
        bind(ours.as_raw_fd(), &bound).unwrap();
        let rows = records("netlink");
        let own = rows.iter().find(|row| text(row, "pid") == "4109").unwrap();
        assert_eq!(text(own, "eth"), "KOBJECT_UEVENT");
        assert_eq!(text(own, "groups"), "0x00000001");
        let seen: BTreeSet<_> = rows
            .iter()
            .map(|row| format!("{}:{}", text(row, "eth_raw"), text(row, "pid")))
            .collect();
        let answer = run(Command::new("ss").args(["-H", "-a", "-n", "-f", "netlink"]));
        let said: BTreeSet<_> = answer
            .lines()
            .map(|line| {
                line.split_ascii_whitespace()
                    .find(|word| word.contains(':'))
                    .unwrap()
                    .to_owned()
            })
            .collect();
        // What `ss` asks with is a socket too.
        assert!(seen.is_subset(&said), "{seen:?} {said:?}");
    });
}
