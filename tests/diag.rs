//! Sockets as the kernel counts them: every family and state against `ss`, on the host and in a network
//! namespace of another's; names that are rows; connections that keep their locks.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::Write as _,
    net::{Ipv6Addr, TcpListener, TcpStream, UdpSocket},
    os::{
        fd::{AsFd, AsRawFd as _, OwnedFd},
        linux::net::SocketAddrExt as _,
        unix::net::{SocketAddr, UnixDatagram, UnixListener, UnixStream},
    },
    process::Command,
    thread,
    time::{Duration, Instant},
};

use nix::sys::{
    resource::{Resource, getrlimit, setrlimit},
    socket::{
        AddressFamily, NetlinkAddr, SockFlag, SockProtocol, SockType, bind, setsockopt, socket,
        sockopt,
    },
};
use psgo::{Missing, Pid, Query, View, descriptor::Subject};
use serde_json::Value;

use crate::{
    command::{Row, psgo},
    machine::{
        dir,
        process::{Held, quiet, until_running},
        run, wait_for,
    },
    net::in_own_network,
};

fn inode(file: &impl AsFd) -> u64 {
    let fd = file.as_fd().as_raw_fd();
    let link = fs::read_link(format!("/proc/self/fd/{fd}")).unwrap();
    let link = link.to_str().unwrap();
    let inode = link.trim_start_matches("socket:[").trim_end_matches(']');
    inode.parse().unwrap()
}

/// What psgo says of the sockets here that have an inode, by it.
fn told(columns: &str, flags: &[&str]) -> BTreeMap<u64, Row> {
    let columns = format!("inode,{columns}");
    let args = [&["sockets", "-format", &columns, "-output", "json"], flags].concat();
    let rows = psgo(&args).exits(0).json().into_iter();
    rows.filter_map(|row| Some((row["inode"].as_u64()?, row)))
        .collect()
}

fn number(row: &Row, column: &str) -> Option<u64> {
    row[column].as_u64()
}

/// The words of the lines of `ss`, by the inode of the socket.
fn ss(flags: &str) -> BTreeMap<u64, Vec<String>> {
    let said = run(Command::new("ss").args(["-H", "-anemiO"]).arg(flags));
    let line = |line: &str| {
        let words: Vec<_> = line.split_ascii_whitespace().map(str::to_owned).collect();
        // Of a path it is the file's.
        let inode = if line.starts_with("u_") {
            Some(&*words[5])
        } else {
            words.iter().find_map(|word| word.strip_prefix("ino:"))
        };
        // What is not yet accepted has none.
        let inode = inode?.parse().ok().filter(|inode| *inode != 0);
        Some((inode?, words))
    };
    said.lines().filter_map(line).collect()
}

/// The value of `name:value` in a line of `ss`.
fn value<'a>(words: &'a [String], name: &str) -> Option<&'a str> {
    let mut words = words.iter();
    words.find_map(|word| word.strip_prefix(name)?.strip_prefix(':'))
}

/// A socket that sees packets of the link, and one that speaks to the kernel.
fn of_the_link() -> (OwnedFd, OwnedFd) {
    let packet = socket(
        AddressFamily::Packet,
        SockType::Datagram,
        SockFlag::SOCK_CLOEXEC,
        SockProtocol::EthAll,
    );
    let netlink = socket(
        AddressFamily::Netlink,
        SockType::Raw,
        SockFlag::SOCK_CLOEXEC,
        SockProtocol::NetlinkRoute,
    )
    .unwrap();
    bind(netlink.as_raw_fd(), &NetlinkAddr::new(4711, 0)).unwrap();
    (packet.unwrap(), netlink)
}

#[test]
fn details_of_sockets_are_what_ss_says() {
    in_own_network(|| {
        let four = TcpListener::bind("127.0.0.1:0").unwrap();
        let six = TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).unwrap();
        let waits = TcpStream::connect(four.local_addr().unwrap()).unwrap();
        let near = TcpStream::connect(six.local_addr().unwrap()).unwrap();
        let (mut far, _) = six.accept().unwrap();
        far.write_all(b"not read").unwrap();
        setsockopt(&near, sockopt::Mark, &77).unwrap();
        setsockopt(&near, sockopt::KeepAlive, &true).unwrap();
        let closed = TcpStream::connect(six.local_addr().unwrap()).unwrap();
        let (half, _) = six.accept().unwrap();
        drop(closed);
        let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
        setsockopt(&udp, sockopt::BindToDevice, &"lo".into()).unwrap();
        let path = dir().join("diag-socket");
        let unix = UnixListener::bind(&path).unwrap();
        let callers: Vec<_> = (0..3)
            .map(|_| UnixStream::connect(&path).unwrap())
            .collect();
        let (mut one, other) = UnixStream::pair().unwrap();
        one.write_all(b"12345").unwrap();
        let (packet, netlink) = of_the_link();

        let columns = "proto,state,recvq,sendq,backlog,cong,cwnd,rtt,rto,totalretrans,mark,cgid,timer,peer,\
                       ifname,source,local,kind,uid,suid";
        let (mut seen, mut tcp) = (BTreeMap::new(), BTreeMap::new());
        wait_for("ss and psgo to count the same", || {
            (seen, tcp) = (told(columns, &[]), ss("-tux"));
            let is_same = |(inode, words): (&u64, &Vec<String>)| {
                let row = seen.get(inode)?;
                let queues = (number(row, "recvq")?, number(row, "sendq"));
                let is_listening = words[1] == "LISTEN";
                let theirs: (u64, u64) = (words[2].parse().ok()?, words[3].parse().ok()?);
                let second = if is_listening {
                    number(row, "backlog")
                } else {
                    queues.1
                };
                ((queues.0, second) == (theirs.0, Some(theirs.1))).then_some(())
            };
            tcp.iter()
                .all(|socket| is_same(socket).is_some())
                .then_some(())
        });
        for row in seen.values() {
            assert_eq!(row["source"], "netlink", "{row:?}");
        }
        let of = |file: &dyn Fn() -> u64| seen[&file()].clone();
        for connection in [inode(&waits), inode(&near), inode(&far)] {
            let (row, words) = (&seen[&connection], &tcp[&connection]);
            assert_eq!(
                row["cong"].as_str(),
                words
                    .iter()
                    .map(String::as_str)
                    .find(|word| { ["cubic", "bbr", "reno", "dctcp", "vegas"].contains(word) })
            );
            let cwnd = value(words, "cwnd").unwrap();
            assert_eq!(row["cwnd"].to_string(), cwnd, "{words:?}");
            let rtt = value(words, "rtt").unwrap().split('/').next().unwrap();
            let millis = row["rtt"].as_f64().unwrap() * 1000.0;
            assert!(
                (millis - rtt.parse::<f64>().unwrap()).abs() < 0.01,
                "{row:?} {words:?}"
            );
            assert_eq!(row["totalretrans"], 0);
        }
        let row = of(&|| inode(&near));
        assert_eq!(
            (&row["mark"], &row["timer"]),
            (&77.into(), &"keepalive".into())
        );
        assert_eq!(row["recvq"], 8);
        let row = of(&|| inode(&half));
        assert_eq!(row["state"], "CLOSE_WAIT");
        assert_eq!(of(&|| inode(&udp))["ifname"], "lo");
        let row = of(&|| inode(&one));
        assert_eq!(row["peer"], inode(&other));
        let words = &tcp[&inode(&one)];
        assert_eq!(row["peer"].to_string(), words[7], "{words:?}");
        assert_eq!(of(&|| inode(&unix))["recvq"], 3);
        assert_eq!(of(&|| inode(&unix))["suid"], 0);
        let row = of(&|| inode(&netlink));
        assert_eq!(
            (&row["proto"], &row["local"]),
            (&"netlink".into(), &"ROUTE:4711".into())
        );
        let row = of(&|| inode(&packet));
        assert_eq!(
            (&row["proto"], &row["kind"]),
            (&"packet".into(), &"DGRAM".into())
        );
        assert_eq!(row["local"], "*:*");
        // Those that have no inode, by their ends.
        let kinds: BTreeSet<_> = ["netlink", "packet"].into();
        let all = psgo(&["sockets", "-format", "proto", "-no-header"]).exits(0);
        let all: BTreeSet<_> = all.lines().into_iter().map(str::trim).collect();
        assert!(kinds.iter().all(|kind| all.contains(kind)), "{all:?}");
        drop((callers, unix));
    });
}

/// A listener of MPTCP.
#[allow(unsafe_code)]
fn multipath() -> TcpListener {
    use std::os::fd::FromRawFd as _;
    const MPTCP: i32 = 262;
    // SAFETY: numbers are passed, and the descriptor is nobody else's.
    let socket = unsafe {
        let fd = libc::socket(libc::AF_INET, libc::SOCK_STREAM | libc::SOCK_CLOEXEC, MPTCP);
        assert!(fd >= 0, "{}", std::io::Error::last_os_error());
        OwnedFd::from_raw_fd(fd)
    };
    nix::sys::socket::listen(&socket, nix::sys::socket::Backlog::new(9).unwrap()).unwrap();
    socket.into()
}

#[test]
fn a_socket_of_several_paths_is_one_of_its_own_protocol() {
    in_own_network(|| {
        let listener = multipath();
        let (near, (far, _)) = (
            TcpStream::connect(listener.local_addr().unwrap()).unwrap(),
            listener.accept().unwrap(),
        );
        let rows = told("proto,state,backlog,local", &["-where", "proto=mptcp"]);
        let said = run(Command::new("ss").args(["-H", "-Mane"]));
        assert!(
            said.contains(&format!("ino:{}", inode(&listener))),
            "{said}"
        );
        let row = &rows[&inode(&listener)];
        assert_eq!(
            (&row["state"], &row["backlog"]),
            (&"LISTEN".into(), &9.into())
        );
        let local = listener.local_addr().unwrap().to_string();
        assert_eq!(row["local"], local.as_str());
        // Below it is one of TCP.
        let below = told("proto,ulp", &["-where", "proto=tcp"]);
        assert!(below.contains_key(&inode(&listener)), "{below:?}");
        drop((near, far));
    });
}

/// The name with which a row of another socket would be made in the text.
fn forging(inode: u64) -> Vec<u8> {
    let row =
        format!("z\n0000000000000000: 00000002 00000000 00010000 0001 01 {inode} /run/forged.sock");
    row.into_bytes()
}

#[test]
fn no_name_forges_the_row_of_a_socket() {
    in_own_network(|| {
        let (victim, _other) = UnixStream::pair().unwrap();
        let victim = inode(&victim);
        let name = SocketAddr::from_abstract_name(forging(victim)).unwrap();
        let forger = UnixDatagram::bind_addr(&name).unwrap();
        let text = fs::read("/proc/thread-self/net/unix").unwrap();
        let sockets = |flags: &[&str]| {
            let columns = [
                "sockets",
                "-format",
                "inode,proto,local,source",
                "-output",
                "csv",
            ];
            psgo(&[&columns[..], flags].concat())
        };
        let answer = sockets(&[]).exits(0);
        let forged: Vec<_> = answer
            .lines()
            .into_iter()
            .filter(|line| line.contains("/run/forged"))
            .map(str::to_owned)
            .collect();
        // The name is one cell, of its own socket.
        let [line] = &forged[..] else {
            panic!("{forged:?}")
        };
        assert!(
            line.starts_with(&format!("{},unix,", inode(&forger))),
            "{line}"
        );
        assert!(line.ends_with(",netlink"), "{line}");

        // In the text it makes a row, which says so.
        let copy = dir().join("diag-copy");
        fs::create_dir_all(copy.join("7")).unwrap();
        fs::create_dir_all(copy.join("net")).unwrap();
        for file in ["stat", "status"] {
            let bytes = fs::read(format!("/proc/self/{file}")).unwrap();
            fs::write(copy.join("7").join(file), bytes).unwrap();
        }
        fs::write(copy.join("net/unix"), text).unwrap();
        let copy = copy.display().to_string();
        let answer = sockets(&["-proc", &copy, "-where", "proto=unix"]);
        let lines = answer
            .lines()
            .into_iter()
            .map(str::to_owned)
            .collect::<Vec<_>>();
        let forged = format!("{victim},unix,/run/forged.sock,forgeable");
        assert!(lines.contains(&forged), "{lines:?}");
        assert!(
            lines[1..].iter().all(|line| line.ends_with(",forgeable")),
            "{lines:?}"
        );
        let said = "a name can pass for a row (source=forgeable)";
        assert!(answer.stderr.contains(said), "{}", answer.stderr);
        // Of what is not shown nothing is said.
        let answer = sockets(&["-proc", &copy, "-where", "proto=tcp"]);
        assert!(!answer.stderr.contains(said), "{}", answer.stderr);
    });
}

#[test]
fn the_sockets_of_a_container_are_asked_for_in_its_network() {
    in_own_network(|| {
        let ours = TcpListener::bind("127.0.0.1:0").unwrap();
        let script = "ip link set lo up; exec sleep 100000";
        let mut command = Command::new("unshare");
        let held = Held::start(quiet(command.args(["-n", "sh", "-c", script])));
        until_running(held.pid(), "sleep");
        let pid = held.pid().to_string();
        let mut command = Command::new("nsenter");
        let command = command.args(["-t", &pid, "-n", "ip", "monitor"]);
        let monitor = Held::start(quiet(command));
        until_running(monitor.pid(), "ip");
        let link = |fd: String| fs::read_link(fd).ok()?.to_str().map(str::to_owned);
        // It is there before it has its socket.
        let theirs = wait_for("the socket of ip", || {
            let fds = fs::read_dir(format!("/proc/{}/fd", monitor.pid())).ok()?;
            let links = fds.filter_map(|fd| link(fd.ok()?.path().display().to_string()));
            let inodes = links.filter_map(|link| {
                link.strip_prefix("socket:[")?
                    .strip_suffix(']')?
                    .parse()
                    .ok()
            });
            let inodes: Vec<u64> = inodes.collect();
            (!inodes.is_empty()).then_some(inodes)
        });
        let rows = psgo(&[
            "sockets",
            "-join",
            &pid,
            "-format",
            "inode,proto,local,source",
            "-output",
            "json",
        ]);
        let rows = rows.exits(0).json();
        assert!(
            rows.iter().all(|row| row["source"] == "netlink"),
            "{rows:?}"
        );
        let inodes: Vec<_> = rows
            .iter()
            .filter_map(|row| row["inode"].as_u64())
            .collect();
        assert!(!inodes.contains(&inode(&ours)), "{rows:?}");
        assert!(
            theirs.iter().all(|inode| inodes.contains(inode)),
            "{theirs:?} {rows:?}"
        );
        // The library does the same, and leaves nothing behind.
        let view = View::join(Pid::new(held.pid().cast_unsigned()))
            .open()
            .unwrap();
        let query = Query::of(Subject::Sockets, ["inode", "source"])
            .unwrap()
            .view(view);
        let table = query.table().unwrap();
        assert!(table.rows().len() >= theirs.len());
        assert_eq!(table.outcome().abandoned, 0);
    });
}

#[test]
fn ten_thousand_sockets_are_those_of_ss() {
    in_own_network(|| {
        let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
        setrlimit(Resource::RLIMIT_NOFILE, hard.max(20_000), hard.max(20_000)).unwrap();
        let listeners: Vec<_> = (0..3000)
            .map(|_| TcpListener::bind("127.0.0.1:0").unwrap())
            .collect();
        let datagrams: Vec<_> = (0..3000)
            .map(|_| UdpSocket::bind("127.0.0.1:0").unwrap())
            .collect();
        let pairs: Vec<_> = (0..2000).map(|_| UnixStream::pair().unwrap()).collect();
        let seen = told("proto,state", &[]);
        let said: BTreeSet<u64> = ss("-tux").into_keys().collect();
        let own = listeners
            .iter()
            .map(inode)
            .chain(datagrams.iter().map(inode));
        let own = own.chain(pairs.iter().flat_map(|(a, b)| [inode(a), inode(b)]));
        let own: BTreeSet<u64> = own.collect();
        assert_eq!(own.len(), 10_000);
        for inode in &own {
            assert!(said.contains(inode) && seen.contains_key(inode), "{inode}");
        }
        let listening = told("state", &["-where", "state=LISTEN"]);
        assert!(listening.values().all(|row| row["state"] == "LISTEN"));
        assert!(
            listeners
                .iter()
                .all(|one| listening.contains_key(&inode(one)))
        );
        drop((listeners, datagrams, pairs));
        setrlimit(Resource::RLIMIT_NOFILE, soft, hard).unwrap();
    });
}

/// Keeps the lock of a connection: it sends from memory whose pages nobody gives.
struct Keeping {
    userfault: Option<OwnedFd>,
    sender: Option<thread::JoinHandle<()>>,
}

impl Keeping {
    #[allow(unsafe_code)]
    fn new(connection: TcpStream) -> Self {
        use std::os::fd::FromRawFd as _;
        const LENGTH: usize = 1 << 16;
        /// `UFFDIO_API`, `UFFDIO_REGISTER`
        const API: libc::c_ulong = 0xc018_aa3f;
        const REGISTER: libc::c_ulong = 0xc020_aa00;
        // SAFETY: numbers are passed, and memory that lives; the mapping is nobody else's.
        let (userfault, memory) = unsafe {
            let fd = libc::syscall(libc::SYS_userfaultfd, libc::O_CLOEXEC);
            let fd = i32::try_from(fd).unwrap();
            assert!(fd >= 0, "{}", std::io::Error::last_os_error());
            let access = libc::PROT_READ | libc::PROT_WRITE;
            let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
            let memory = libc::mmap(std::ptr::null_mut(), LENGTH, access, flags, -1, 0);
            assert_ne!(memory, libc::MAP_FAILED);
            let mut api = [0xaa_u64, 0, 0];
            assert_eq!(libc::ioctl(fd, API as _, api.as_mut_ptr()), 0);
            let mut range = [memory as u64, LENGTH as u64, 1, 0];
            assert_eq!(libc::ioctl(fd, REGISTER as _, range.as_mut_ptr()), 0);
            (OwnedFd::from_raw_fd(fd), memory as usize)
        };
        let sender = thread::spawn(move || {
            // SAFETY: it is mapped, and stays so.
            unsafe {
                libc::send(
                    connection.as_raw_fd(),
                    memory as *const _,
                    4096,
                    libc::MSG_NOSIGNAL,
                );
                libc::munmap(memory as *mut _, LENGTH);
            }
        });
        Self {
            userfault: Some(userfault),
            sender: Some(sender),
        }
    }
}

impl Drop for Keeping {
    fn drop(&mut self) {
        drop(self.userfault.take());
        let _ = self.sender.take().map(thread::JoinHandle::join);
    }
}

#[test]
fn a_connection_that_keeps_its_lock_costs_what_tcp_measures_alone() {
    in_own_network(|| {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let connection = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let sender = inode(&connection);
        let keeping = Keeping::new(connection);
        // As `ss` sees: until it is killed, and not even then.
        let held = Held::start(quiet(Command::new("ss").args(["-H", "-t", "-n", "-i"])));
        wait_for("ss waits for the lock", || {
            let stat = fs::read_to_string(format!("/proc/{}/stat", held.pid())).ok()?;
            (stat.rsplit(") ").next()?.starts_with('D')).then_some(())
        });
        let start = Instant::now();
        let columns = "inode,state,source,rtt";
        let answer = psgo(&[
            "sockets",
            "-timeout",
            "0.5",
            "-where",
            "proto=tcp",
            "-format",
            columns,
            "-output",
            "json",
        ])
        .exits(1);
        assert!(
            start.elapsed() < Duration::from_secs(10),
            "{:?}",
            start.elapsed()
        );
        let rows = answer.json();
        let row = rows.iter().find(|row| row["inode"] == sender).unwrap();
        assert_eq!(
            (&row["state"], &row["source"]),
            (&"ESTABLISHED".into(), &"netlink".into())
        );
        assert_eq!(row["rtt"], Value::Null);
        assert!(
            answer.stderr.contains("tcp_info (did not answer in time)"),
            "{}",
            answer.stderr
        );
        // The library has a process of its own wait, and knows the rest.
        let view = View::host().unwrap().timeout(Duration::from_millis(500));
        let query = Query::of(Subject::Sockets, ["inode", "rtt"])
            .unwrap()
            .view(view.clone());
        let table = query.table().unwrap();
        let partial = &table.outcome().partial;
        assert!(
            partial
                .iter()
                .any(|unread| unread.what == "tcp_info" && unread.why == Missing::Silent)
        );
        assert!(table.iter().any(|row| row.get("inode").is_some()));
        // Without it nothing is waited for.
        let start = Instant::now();
        let query = Query::of(Subject::Sockets, ["inode", "cong"])
            .unwrap()
            .view(view);
        assert!(query.table().unwrap().outcome().partial.is_empty());
        assert!(start.elapsed() < Duration::from_secs(5));
        drop(keeping);
        drop(held);
    });
}
