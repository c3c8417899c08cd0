//! The sockets of this process, as the kernel tells them; and what it does not tell.

use std::{
    io::Write as _,
    net::{Ipv6Addr, TcpListener, TcpStream, UdpSocket},
    os::{
        fd::{AsFd as _, AsRawFd as _},
        linux::net::SocketAddrExt as _,
        unix::net::{SocketAddr, UnixDatagram, UnixListener, UnixStream},
    },
    time::{Duration, Instant},
};

use super::{Details, Wanted, bytes::messages, inet, kinds::KINDS, list, listing, measure, open};
use crate::{socket::Socket, sys};

fn until() -> Instant {
    Instant::now() + Duration::from_secs(20)
}

fn inode(file: &impl std::os::fd::AsFd) -> u64 {
    let fd = file.as_fd().as_raw_fd();
    let link = std::fs::read_link(format!("/proc/self/fd/{fd}")).unwrap();
    let link = link.to_str().unwrap();
    let inode = link.trim_start_matches("socket:[").trim_end_matches(']');
    inode.parse().unwrap()
}

fn all() -> Vec<Socket> {
    let socket = open().unwrap();
    let mut listed = list(socket.as_fd(), &Wanted::ALL, Details::all(), until()).unwrap();
    listed.add(measure(socket.as_fd(), &Wanted::ALL, until()).unwrap());
    listed.sockets
}

fn of(all: &[Socket], file: &impl std::os::fd::AsFd) -> Socket {
    let inode = Some(inode(file));
    let mut found = all.iter().filter(|socket| socket.inode == inode);
    let socket = found.next().expect("it is listed").clone();
    assert_eq!(found.next(), None);
    socket
}

#[test]
fn sockets_are_what_their_makers_say() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let waiting = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let listener6 = TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).unwrap();
    let near = TcpStream::connect(listener6.local_addr().unwrap()).unwrap();
    let (mut far, _) = listener6.accept().unwrap();
    far.write_all(b"unread").unwrap();
    let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
    let (mut one, other) = UnixStream::pair().unwrap();
    one.write_all(b"12345").unwrap();
    // What the text would have for two rows.
    let name = b"z\n0000000000000000: 00000002 00000000 00010000 0001 01 4711 /run/forged";
    let named = UnixDatagram::bind_addr(&SocketAddr::from_abstract_name(name).unwrap()).unwrap();
    let path = std::env::temp_dir().join(format!("psgo-netlink-{}", std::process::id()));
    let bound = UnixListener::bind(&path).unwrap();
    let callers: Vec<_> = (0..3)
        .map(|_| UnixStream::connect(&path).unwrap())
        .collect();
    let asks = open().unwrap();
    // Before that it has no port, and is not known to be there.
    sys::diag_connect(&asks).unwrap();
    let all = all();
    std::fs::remove_file(&path).unwrap();

    let found = of(&all, &listener);
    assert_eq!((found.protocol, found.state), ("tcp", Some("LISTEN")));
    assert_eq!((found.received, found.sent), (Some(1), None));
    assert!(found.backlog.is_some() && found.tcp.is_none() && found.is_listening());
    assert_eq!(found.local, Some(listener.local_addr().unwrap()));
    let found = of(&all, &waiting);
    assert_eq!(found.remote, Some(listener.local_addr().unwrap()));
    assert!(found.congestion.is_some() && found.tcp.unwrap().congestion_window > 0);
    let found = of(&all, &near);
    assert_eq!((found.protocol, found.state), ("tcp6", Some("ESTABLISHED")));
    assert_eq!(found.local, Some(near.local_addr().unwrap()));
    assert_eq!((found.received, found.source()), (Some(6), "netlink"));
    let found = of(&all, &udp);
    assert_eq!((found.protocol, found.state), ("udp", Some("UNCONN")));
    let (found, its) = (of(&all, &one), of(&all, &other));
    assert_eq!((found.peer, its.received), (its.inode, Some(5)));
    assert_eq!(
        (found.state, found.kind),
        (Some("CONNECTED"), Some("STREAM"))
    );
    let found = of(&all, &named);
    assert_eq!(found.path.as_deref(), Some(&[b"@", &name[..]].concat()[..]));
    assert!(all.iter().all(|socket| socket.inode != Some(4711)));
    let found = of(&all, &bound);
    assert_eq!(
        found.path.as_deref(),
        Some(path.as_os_str().as_encoded_bytes())
    );
    assert_eq!((found.received, found.state), (Some(3), Some("LISTEN")));
    assert!(found.backlog.is_some() && found.uid.is_some());
    let found = of(&all, &asks);
    assert_eq!(found.protocol, "netlink");
    assert!(found.end.unwrap().to_string().starts_with("SOCK_DIAG:"));
    drop((callers, far));
}

#[test]
fn only_what_can_be_wanted_is_asked_for() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let open_one = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let listen = Wanted::those(&|_, state| state == Some("LISTEN"));
    assert!(listen.has("tcp") && listen.has("unix") && !listen.has("udp") && !listen.has("packet"));
    let socket = open().unwrap();
    let listed = list(socket.as_fd(), &listen, Details::empty(), until()).unwrap();
    assert!(
        listed
            .sockets
            .iter()
            .all(|socket| socket.state == Some("LISTEN"))
    );
    let found = of(&listed.sockets, &listener);
    // Nor what was not asked about.
    assert_eq!((found.congestion, found.interface), (None, None));
    let udp = Wanted::those(&|protocol, _| protocol == "udp");
    let listed = list(socket.as_fd(), &udp, Details::empty(), until()).unwrap();
    assert!(listed.sockets.iter().all(|socket| socket.protocol == "udp"));
    let none = Wanted::those(&|_, _| false);
    let listed = list(socket.as_fd(), &none, Details::empty(), until()).unwrap();
    assert!(listed.sockets.is_empty() && listed.absent.is_empty());
    drop(open_one);
}

/// Bytes that the kernel sent for each kind.
fn captured() -> Vec<(usize, Vec<u8>)> {
    let socket = open().unwrap();
    sys::diag_connect(&socket).unwrap();
    sys::diag_timeout(&socket, Duration::from_secs(10)).unwrap();
    let mut all = Vec::new();
    for (at, kind) in KINDS.iter().enumerate() {
        let request = kind.request(u32::MAX, Details::all());
        let length = 16 + request.len();
        let mut message = u32::try_from(length).unwrap().to_ne_bytes().to_vec();
        message.extend([20, 0, 1, 3, 1, 0, 0, 0, 0, 0, 0, 0]);
        message.extend(&request);
        if request.len() < 8 {
            continue;
        }
        sys::diag_send(&socket, &message).unwrap();
        loop {
            let mut bytes = vec![0; 64 << 10];
            let got = sys::diag_receive(&socket, &mut bytes).unwrap();
            bytes.truncate(got);
            let is_last = |kind: u16| kind == 2 || kind == 3;
            let ends = messages(&bytes).flatten().any(|m| is_last(m.kind));
            bytes.truncate(4096);
            all.push((at, bytes));
            if ends {
                break;
            }
        }
    }
    all
}

#[test]
fn no_bytes_make_it_panic() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let one = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let pair = UnixStream::pair().unwrap();
    let mut seed = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        usize::try_from(seed >> 33).unwrap()
    };
    let mut read = 0;
    let mut try_all = |bytes: &[u8]| {
        for message in messages(bytes).flatten() {
            for kind in KINDS {
                read += usize::from(listing::read(kind, message.body).is_some());
            }
            let _ = inet::measures(message.body);
        }
    };
    for (_, bytes) in captured() {
        try_all(&bytes);
        for _ in 0..200 {
            let mut mutant = bytes.clone();
            for _ in 0..=next() % 4 {
                let at = next() % mutant.len();
                // Lengths and kinds of attributes are small, or as large as they can be.
                mutant[at] = [next().to_ne_bytes()[0], 0, 1, 0xff][next() % 4];
            }
            mutant.truncate(next() % (mutant.len() + 1));
            try_all(&mutant);
        }
    }
    assert!(read > 100, "{read}");
    drop((one, pair));
}

#[test]
fn families_that_this_kernel_lacks_are_read_as_they_are_defined() {
    let find = |protocol: &str| {
        let mut kinds = KINDS.into_iter();
        kinds.find(|kind| kind.protocol == protocol).unwrap()
    };
    let words = |head: [u8; 4], words: &[u32]| {
        let words = words.iter().flat_map(|word| word.to_ne_bytes());
        head.into_iter().chain(words).collect::<Vec<u8>>()
    };
    let read = |protocol: &str, bytes: &[u8]| {
        let body = super::bytes::Bytes(bytes);
        listing::read(find(protocol), body).expect("it is understood")
    };
    let vsock = words(
        [40, 1, 10, 0],
        &[u32::MAX, 1024, u32::MAX, u32::MAX, 4711, 5, 0],
    );
    let (socket, _) = read("vsock", &vsock);
    assert_eq!((socket.state, socket.inode), (Some("LISTEN"), Some(4711)));
    assert_eq!(socket.local_text().unwrap().as_str(), Some("*:1024"));
    assert_eq!((socket.remote_text(), socket.cookie), (None, 5));
    let vsock = words([40, 1, 1, 0], &[3, 1024, 2, 99, 4711, 5, 0]);
    let (socket, _) = read("vsock", &vsock);
    assert_eq!(socket.remote_text().unwrap().as_str(), Some("2:99"));
    let mut xdp = words([44, 3, 0, 0], &[4711, 6, 0]);
    // XDP_DIAG_INFO: device and queue.
    xdp.extend([12, 0, 1, 0, 1, 0, 0, 0, 2, 0, 0, 0]);
    let (socket, device) = read("xdp", &xdp);
    assert_eq!((socket.kind, socket.inode), (Some("RAW"), Some(4711)));
    let device = device.unwrap();
    assert_eq!((device.index, device.behind.as_str()), (1, ":2"));
}

#[test]
fn what_waits_in_the_queue_of_a_netlink_socket_is_what_the_text_says() {
    use nix::sys::socket::{
        AddressFamily, MsgFlags, SockFlag, SockProtocol, SockType, send, socket,
    };
    let (family, flags) = (AddressFamily::Netlink, SockFlag::SOCK_CLOEXEC);
    let route = socket(family, SockType::Raw, flags, SockProtocol::NetlinkRoute).unwrap();
    // RTM_GETLINK, of which all are asked for: the answers are not read.
    let mut request = 20_u32.to_ne_bytes().to_vec();
    request.extend(18_u16.to_ne_bytes());
    request.extend(0x301_u16.to_ne_bytes());
    request.extend([0; 12]);
    send(route.as_raw_fd(), &request, MsgFlags::empty()).unwrap();
    let found = of(&all(), &route);
    let text = std::fs::read_to_string("/proc/thread-self/net/netlink").unwrap();
    let number = inode(&route).to_string();
    let mut rows = text
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>());
    let row = rows.find(|row| row.last() == Some(&&*number)).unwrap();
    let word = |at: usize| row[at].parse::<u64>().ok();
    assert_eq!((found.received, found.sent), (word(4), word(5)));
    assert!(found.received > Some(0), "{found:?}");
}
