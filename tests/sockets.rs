//! Made sockets of processes: every family and state against `ss`, descriptors against `lsof`, and names that
//! are rows of other sockets.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    net::{TcpListener, TcpStream, UdpSocket},
    os::{
        fd::{AsFd, AsRawFd as _, OwnedFd},
        linux::net::SocketAddrExt as _,
        unix::fs::MetadataExt as _,
        unix::net::{SocketAddr, UnixDatagram, UnixListener, UnixStream},
    },
    process::Command,
    sync::{Arc, Mutex},
};

use nix::{
    errno::Errno,
    sys::socket::{AddressFamily, SockFlag, SockProtocol, SockType, socket},
};
use psgo::{ErrorKind, Pid, Pids, Query, View, descriptor::Subject};

use crate::{
    command::{Row, psgo},
    machine::{
        dir,
        process::{Held, holding},
        run,
    },
    net::in_own_network,
};

pub(crate) fn inode(file: &impl AsFd) -> u64 {
    let fd = file.as_fd().as_raw_fd();
    let link = fs::read_link(format!("/proc/self/fd/{fd}")).unwrap();
    let link = link.to_str().unwrap();
    let inode = link.trim_start_matches("socket:[").trim_end_matches(']');
    inode.parse().unwrap()
}

fn cloned(file: &impl AsFd) -> OwnedFd {
    file.as_fd().try_clone_to_owned().unwrap()
}

fn pid(held: &Held) -> Pid {
    Pid::new(held.pid().cast_unsigned())
}

/// The name with which a row of another socket would be made in the text.
fn forging(inode: u64) -> Vec<u8> {
    let row =
        format!("z\n0000000000000000: 00000002 00000000 00010000 0001 01 {inode} /run/forged.sock");
    row.into_bytes()
}

#[test]
fn no_name_forges_the_socket_of_a_process() {
    in_own_network(|| {
        let (victim, other) = UnixStream::pair().unwrap();
        let name = SocketAddr::from_abstract_name(forging(inode(&victim))).unwrap();
        let forger = UnixDatagram::bind_addr(&name).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let held = holding([cloned(&victim), cloned(&other), cloned(&listener)]);
        let of = held.pid().to_string();

        let columns = "fd,inode,proto,name,source";
        let rows = psgo(&[
            "files", "-pids", &of, "-where", "fd<3", "-format", columns, "-output", "json",
        ]);
        let rows = rows.succeeds().json();
        assert_eq!(rows[0]["inode"], inode(&victim));
        assert_eq!(rows[0]["name"], "unix STREAM CONNECTED");
        assert!(
            rows.iter().all(|row| row["source"] == "netlink"),
            "{rows:?}"
        );

        let page = psgo(&["inspect", &of, "-only", "sockets,files", "-output", "json"]).exits(0);
        assert!(!page.text().contains("/run/forged"), "{}", page.text());

        let process = View::host().unwrap().process(pid(&held)).unwrap();
        for open in process.sockets().unwrap() {
            assert_eq!(
                (open.socket.source(), open.socket.forgeable),
                ("netlink", false)
            );
            assert_eq!(open.socket.path, None);
        }
        drop(forger);
    });
}

#[test]
fn sockets_of_a_process_are_those_of_its_network_whichever_the_thread_is_in() {
    // This thread is in the first one, the other in its own: its process is in the first one.
    let here = TcpListener::bind("127.0.0.1:0").unwrap();
    let (one, other) = UnixStream::pair().unwrap();
    let process_here = holding([cloned(&here), one.into(), other.into()]);
    in_own_network(move || {
        let there = TcpListener::bind("127.0.0.1:0").unwrap();
        let (one, other) = UnixStream::pair().unwrap();
        let process_there = holding([cloned(&there), one.into(), other.into()]);
        let view = View::host().unwrap();
        for (held, listener) in [(&process_here, &here), (&process_there, &there)] {
            let sockets = view.process(pid(held)).unwrap().sockets().unwrap();
            let known: Vec<_> = sockets.iter().map(|open| open.socket.local).collect();
            assert_eq!(known, [listener.local_addr().ok(), None, None]);
            assert!(sockets.iter().all(|open| open.socket.source() == "netlink"));
            let query = psgo::Query::new(["lports"]).unwrap();
            let query = query.pids(psgo::Pids::Only(&[pid(held)]));
            let table = query.table().unwrap();
            let port = listener.local_addr().unwrap().port();
            assert_eq!(table.rows()[0].values()[0].to_string(), port.to_string());
        }
    });
}

/// A socket of a protocol without a type of its own in std.
fn made(kind: SockType, protocol: Option<SockProtocol>, number: i32) -> OwnedFd {
    if let Some(protocol) = protocol {
        return socket(AddressFamily::Inet, kind, SockFlag::SOCK_CLOEXEC, protocol).unwrap();
    }
    raw_socket(kind, number)
}

#[allow(unsafe_code)]
fn raw_socket(kind: SockType, number: i32) -> OwnedFd {
    use std::os::fd::FromRawFd as _;
    let kind = kind as i32 | libc::SOCK_CLOEXEC;
    // SAFETY: numbers are passed, and the descriptor is nobody else's.
    unsafe {
        let fd = libc::socket(libc::AF_INET, kind, number);
        assert!(fd >= 0, "{}", std::io::Error::last_os_error());
        OwnedFd::from_raw_fd(fd)
    }
}

/// Binds or connects to a port of this machine.
#[allow(unsafe_code)]
fn with_address(
    socket: &OwnedFd,
    port: u16,
    call: unsafe extern "C" fn(i32, *const libc::sockaddr, libc::socklen_t) -> i32,
) -> nix::Result<i32> {
    let length = libc::socklen_t::try_from(size_of::<libc::sockaddr_in>()).unwrap();
    // SAFETY: the address is made of numbers, and lives as long as the call.
    Errno::result(unsafe {
        let mut address: libc::sockaddr_in = std::mem::zeroed();
        address.sin_family = libc::sa_family_t::try_from(libc::AF_INET).unwrap();
        address.sin_port = port.to_be();
        address.sin_addr.s_addr = u32::from_ne_bytes([127, 0, 0, 1]);
        call(socket.as_raw_fd(), (&raw const address).cast(), length)
    })
}

/// A connection that nobody answers: the queue of who listens there is full.
fn unanswered() -> (OwnedFd, TcpListener, Vec<OwnedFd>) {
    let listener = made(SockType::Stream, Some(SockProtocol::Tcp), 0);
    nix::sys::socket::listen(&listener, nix::sys::socket::Backlog::new(1).unwrap()).unwrap();
    let listener = TcpListener::from(listener);
    let port = listener.local_addr().unwrap().port();
    let mut callers: Vec<_> = (0..4)
        .map(|_| {
            let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
            let tcp = SockProtocol::Tcp;
            let caller = socket(AddressFamily::Inet, SockType::Stream, flags, tcp).unwrap();
            let answer = with_address(&caller, port, libc::connect);
            assert!(
                matches!(answer, Ok(_) | Err(Errno::EINPROGRESS)),
                "{answer:?}"
            );
            caller
        })
        .collect();
    (callers.pop().unwrap(), listener, callers)
}

/// A socket as both say: protocol, state, queues, ends and owners.
type Told = (String, String, String, String, BTreeSet<String>);

/// What `ss` says of the sockets that have an inode.
fn ss() -> BTreeMap<u64, Told> {
    let said = run(Command::new("ss").args(["-H", "-anpeOtuwx"]));
    let line = |line: &str| {
        let words: Vec<_> = line.split_ascii_whitespace().collect();
        let is_unix = line.starts_with("u_");
        let inode = words.iter().find_map(|word| word.strip_prefix("ino:"));
        let inode = if is_unix { words[5] } else { inode? };
        let users = words.iter().find(|word| word.starts_with("users:"));
        let users = users
            .into_iter()
            .flat_map(|users| users.split("pid=").skip(1));
        let owner = |user: &str| {
            let (pid, rest) = user.split_once(",fd=").unwrap();
            let fd = rest.split(')').next().unwrap();
            format!("{pid}/{fd}")
        };
        let told = (
            words[0].to_owned(),
            words[1].to_owned(),
            if is_unix {
                String::new()
            } else {
                words[4].to_owned()
            },
            if is_unix {
                String::new()
            } else {
                words[5].to_owned()
            },
            users.map(owner).collect(),
        );
        // What nobody has accepted has none.
        let inode = inode.parse().ok().filter(|inode| *inode != 0);
        Some((inode?, told))
    };
    said.lines().filter_map(line).collect()
}

fn text<'a>(row: &'a Row, column: &str) -> &'a str {
    row[column].as_str().unwrap_or_default()
}

/// The same of psgo, in the words of `ss`.
fn seen() -> BTreeMap<u64, Told> {
    let columns = "inode,proto,kind,state,local,remote,owners,source";
    let rows = psgo(&["sockets", "-format", columns, "-output", "json"]).exits(0);
    let told = |row: &Row| {
        let protocol = match (text(row, "proto"), text(row, "kind")) {
            ("unix", "STREAM") => "u_str",
            ("unix", "DGRAM") => "u_dgr",
            ("unix", _) => "u_seq",
            (protocol, _) => protocol.trim_end_matches('6'),
        };
        let state = match text(row, "state") {
            "ESTABLISHED" | "CONNECTED" => "ESTAB".to_owned(),
            "UNCONNECTED" => "UNCONN".to_owned(),
            state => state.replace('_', "-"),
        };
        let end = |column| match (protocol, text(row, column)) {
            ("u_str" | "u_dgr" | "u_seq", _) => String::new(),
            (_, "") => "0.0.0.0:*".to_owned(),
            (_, end) => end.to_owned(),
        };
        let owners = row["owners"].as_array().into_iter().flatten();
        let owners = owners.filter_map(|owner| owner.as_str().map(str::to_owned));
        (
            protocol.to_owned(),
            state,
            end("local"),
            end("remote"),
            owners.collect(),
        )
    };
    let rows = rows.json().into_iter();
    rows.filter_map(|row| Some((row["inode"].as_u64()?, told(&row))))
        .collect()
}

#[test]
fn made_sockets_of_every_protocol_and_state_are_what_ss_says() {
    in_own_network(|| {
        let (unanswered, listener, queued) = unanswered();
        let four = TcpListener::bind("127.0.0.1:0").unwrap();
        let near = TcpStream::connect(four.local_addr().unwrap()).unwrap();
        let (far, _) = four.accept().unwrap();
        // The end that closes first waits.
        let first = TcpStream::connect(four.local_addr().unwrap()).unwrap();
        let ends = (first.local_addr().unwrap(), first.peer_addr().unwrap());
        let (second, _) = four.accept().unwrap();
        drop(first);
        drop(second);
        let datagrams = UdpSocket::bind("127.0.0.1:0").unwrap();
        let connected = UdpSocket::bind("127.0.0.1:0").unwrap();
        connected.connect(datagrams.local_addr().unwrap()).unwrap();
        let raw = made(SockType::Raw, None, 253);
        let path = dir().join("sockets-unix");
        let unix = UnixListener::bind(&path).unwrap();
        let caller = UnixStream::connect(&path).unwrap();
        // Two have the same socket; this process has it too.
        let one = holding([cloned(&near), cloned(&unix), cloned(&raw)]);
        let other = holding([cloned(&near), cloned(&near), cloned(&datagrams)]);

        let ours = [
            inode(&unanswered),
            inode(&listener),
            inode(&four),
            inode(&near),
            inode(&far),
            inode(&datagrams),
            inode(&connected),
            inode(&unix),
            inode(&caller),
        ];
        let (mut differ, mut seen_here) = (Vec::new(), BTreeMap::new());
        // What is on its way arrives.
        for _ in 0..20 {
            let theirs = ss();
            seen_here = seen();
            let both = ours.map(|inode| (theirs.get(&inode), seen_here.get(&inode)));
            let both = both.into_iter().filter(|(theirs, own)| theirs != own);
            let both = both.map(|(theirs, own)| format!("{theirs:?} {own:?}"));
            differ = both.collect();
            if differ.is_empty() {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
        assert_eq!(differ, [""; 0]);
        for inode in ours {
            assert!(seen_here.contains_key(&inode), "{inode}");
        }
        assert_eq!(seen_here[&inode(&unanswered)].1, "SYN-SENT");
        // Where the kernel has nobody to ask, ss shows no inode of it.
        let told = &seen_here[&inode(&raw)];
        assert_eq!(
            (&*told.0, &*told.1, &*told.2),
            ("raw", "UNCONN", "0.0.0.0:253")
        );
        let said = run(Command::new("ss").args(["-H", "-anpOw"]));
        let mut said = said.lines().filter(|line| line.contains("UNCONN"));
        let is_it = |line: &str| {
            told.4.iter().all(|owner| {
                let (pid, fd) = owner.split_once('/').unwrap();
                line.contains(&format!("pid={pid},fd={fd})"))
            })
        };
        assert!(said.any(|line| line.contains("0.0.0.0:253") && is_it(line)));
        let owners = &seen_here[&inode(&near)].4;
        let (one, other) = (one.pid(), other.pid());
        for owner in [
            format!("{one}/0"),
            format!("{other}/0"),
            format!("{other}/1"),
        ] {
            assert!(owners.contains(&owner), "{owner} {owners:?}");
        }
        let columns = "proto,local,remote,inode,timer,owners";
        let waits = ["sockets", "-where", "state=TIME_WAIT", "-format", columns];
        let rows = psgo(&[&waits[..], &["-output", "json"]].concat())
            .exits(0)
            .json();
        let rows: Vec<_> = rows
            .iter()
            .filter(|row| text(row, "local") == ends.0.to_string())
            .collect();
        let [row] = rows[..] else { panic!("{rows:?}") };
        assert_eq!(text(row, "remote"), ends.1.to_string());
        assert_eq!(
            (text(row, "timer"), &row["inode"]),
            ("timewait", &serde_json::Value::Null)
        );
        let said = run(Command::new("ss").args(["-H", "-tan", "state", "time-wait"]));
        assert!(said.contains(&ends.0.to_string()), "{said}");
        drop((queued, caller));
    });
}

#[test]
fn sockets_of_which_ss_says_nothing_are_those_of_the_text() {
    in_own_network(|| {
        // Whoever may have one is told in each network.
        fs::write("/proc/sys/net/ipv4/ping_group_range", "0 2147483647").unwrap();
        let ping = made(SockType::Datagram, None, libc::IPPROTO_ICMP);
        with_address(&ping, 77, libc::bind).unwrap();
        let mut all = vec![("icmp", ping)];
        // Kernels from 7.1 have none of it.
        if fs::exists("/proc/thread-self/net/udplite").unwrap() {
            let lite = made(SockType::Datagram, None, libc::IPPROTO_UDPLITE);
            with_address(&lite, 78, libc::bind).unwrap();
            all.push(("udplite", lite));
        }
        let seen = seen();
        for (protocol, socket) in &all {
            let text = fs::read_to_string(format!("/proc/thread-self/net/{protocol}")).unwrap();
            let number = inode(socket);
            let row = text
                .lines()
                .find(|line| line.contains(&format!(" {number} ")));
            let local = row.unwrap().split_whitespace().nth(1).unwrap();
            let port = local.split(':').nth(1);
            let port = u16::from_str_radix(port.unwrap(), 16).unwrap();
            let told = &seen[&number];
            assert_eq!(
                (&*told.0, &*told.2),
                (*protocol, &*format!("127.0.0.1:{port}"))
            );
        }
    });
}

/// What `lsof` says of a descriptor: protocol, ends and state.
fn lsof(pid: i32, fd: u32) -> (String, String) {
    let said = run(Command::new("lsof").args([
        "-nP",
        "-a",
        "-p",
        &pid.to_string(),
        "-d",
        &fd.to_string(),
        "-FPnT",
    ]));
    let field = |letter: &str| {
        let mut lines = said.lines();
        let found = lines.find_map(|line| line.strip_prefix(letter));
        found.unwrap_or_default().to_owned()
    };
    let state = field("TST=");
    let ends = field("n");
    let ends = if state.is_empty() {
        ends
    } else {
        format!("{ends} {state}")
    };
    (field("P").to_lowercase(), ends)
}

#[test]
fn the_sockets_among_open_files_are_those_of_lsof() {
    in_own_network(|| {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let near = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (far, _) = listener.accept().unwrap();
        let datagrams = UdpSocket::bind("127.0.0.1:0").unwrap();
        let connected = UdpSocket::bind("127.0.0.1:0").unwrap();
        connected.connect(datagrams.local_addr().unwrap()).unwrap();
        let six = TcpListener::bind("[::1]:0").unwrap();
        let first = holding([cloned(&listener), cloned(&near), cloned(&datagrams)]);
        let second = holding([cloned(&far), cloned(&connected), cloned(&six)]);
        for held in [&first, &second] {
            let of = held.pid().to_string();
            let rows = psgo(&[
                "files", "-pids", &of, "-where", "fd<3", "-format", "fd,name", "-output", "json",
            ]);
            for (fd, row) in (0..).zip(rows.succeeds().json()) {
                assert_eq!(row["fd"], fd);
                let (protocol, ends) = lsof(held.pid(), fd);
                let name = text(&row, "name");
                let (own, rest) = name.split_once(' ').unwrap();
                assert_eq!(own.trim_end_matches('6'), protocol, "{name} {ends}");
                // lsof tells no state of datagrams.
                let state = if protocol == "udp" {
                    rest.rsplit_once(' ').unwrap().0
                } else {
                    rest
                };
                assert_eq!(state, ends, "{name}");
            }
        }
    });
}

/// What psgo says of the sockets of all networks that have an inode, by it.
fn everywhere(flags: &[&str]) -> BTreeMap<u64, Row> {
    let columns = "inode,netns,proto,local,owners,container,source";
    let args = [
        "sockets",
        "-all-networks",
        "-format",
        columns,
        "-output",
        "json",
    ];
    // Whether networks of other tests can be read does not matter.
    let rows = psgo(&[&args[..], flags].concat()).json().into_iter();
    rows.filter_map(|row| Some((row["inode"].as_u64()?, row)))
        .collect()
}

/// The number of the calling thread's network namespace.
fn network() -> u64 {
    fs::metadata("/proc/thread-self/ns/net").unwrap().ino()
}

#[test]
fn sockets_of_all_networks_have_their_network_and_their_owners() {
    let here = TcpListener::bind("127.0.0.1:0").unwrap();
    let (first, second) = (network(), Arc::new(Mutex::new(None)));
    let made = Arc::clone(&second);
    // A socket of a network is owned by processes of others, and by several.
    in_own_network(move || {
        let there = TcpListener::bind("127.0.0.1:0").unwrap();
        let quiet = || fs::File::open("/dev/null").unwrap().into();
        let inside = holding([cloned(&there), quiet(), quiet()]);
        *made.lock().unwrap() = Some((network(), there, inside));
    });
    let (second, there, inside) = second.lock().unwrap().take().unwrap();
    assert_ne!(first, second);
    let rows = everywhere(&[]);
    assert_eq!(rows[&inode(&here)]["netns"], first);
    let row = &rows[&inode(&there)];
    assert_eq!(
        (&row["netns"], text(row, "source")),
        (&second.into(), "netlink")
    );
    let owners: Vec<_> = row["owners"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one.as_str())
        .collect();
    for owner in [
        (inside.pid(), 0),
        (std::process::id().cast_signed(), there.as_raw_fd()),
    ] {
        let owner = format!("{}/{}", owner.0, owner.1);
        assert!(owners.contains(&Some(&*owner)), "{owner} {owners:?}");
    }
    // Of one of them, by its number and by a process of it.
    for filter in [
        format!("netns={second}"),
        format!("netns=@{}", inside.pid()),
    ] {
        let rows = everywhere(&["-where", &filter]);
        assert!(rows.contains_key(&inode(&there)), "{filter}");
        assert!(
            rows.values().all(|row| row["netns"] == second),
            "{filter} {rows:?}"
        );
    }
    // The library does the same, for one process too.
    let query = Query::of(Subject::Sockets, ["inode", "netns"]).unwrap();
    let query = query.with_all_networks().pids(Pids::Only(&[pid(&inside)]));
    let table = query.table().unwrap();
    let [row] = table.rows() else {
        panic!("{table:?}")
    };
    assert_eq!(row.get("netns").unwrap().to_string(), second.to_string());
    assert_eq!(table.outcome().abandoned, 0);
    // A container that is joined has one network.
    let query = Query::of(Subject::Sockets, ["inode"]).unwrap();
    let joined = View::join(pid(&inside)).open().unwrap();
    let error = query.view(joined).with_all_networks().table().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    let join = [
        "sockets",
        "-all-networks",
        "-join",
        &inside.pid().to_string(),
    ];
    assert!(psgo(&join).exits(2).stderr.contains("-all-networks"));
}

#[test]
fn a_network_without_a_process_is_found_by_what_keeps_it() {
    type Held = Option<(u64, u64, TcpListener, TcpListener, fs::File)>;
    let held: Arc<Mutex<Held>> = Arc::default();
    let path = dir().join("sockets-network");
    fs::write(&path, "").unwrap();
    // One is kept by a mount, one by a descriptor alone.
    let (first, its_path) = (Arc::clone(&held), path.clone());
    in_own_network(move || {
        let mounted = TcpListener::bind("127.0.0.1:0").unwrap();
        let number = network();
        run(Command::new("mount")
            .arg("--bind")
            .arg("/proc/thread-self/ns/net")
            .arg(&its_path));
        // `mount` has another thread, in the same network.
        nix::sched::unshare(nix::sched::CloneFlags::CLONE_NEWNET).unwrap();
        run(Command::new("ip").args(["link", "set", "lo", "up"]));
        let opened = TcpListener::bind("127.0.0.1:0").unwrap();
        let file = fs::File::open("/proc/thread-self/ns/net").unwrap();
        *first.lock().unwrap() = Some((number, network(), mounted, opened, file));
    });
    let (mounted, opened, one, other, file) = held.lock().unwrap().take().unwrap();
    let rows = everywhere(&[]);
    assert_eq!(rows[&inode(&one)]["netns"], mounted);
    assert_eq!(rows[&inode(&other)]["netns"], opened);
    let own = std::process::id();
    let owner = format!("{own}/{}", other.as_raw_fd());
    assert!(
        rows[&inode(&other)]["owners"]
            .as_array()
            .unwrap()
            .contains(&owner.into())
    );

    // What cannot be entered is told: another mount lies over it.
    run(Command::new("mount")
        .arg("--bind")
        .arg("/dev/null")
        .arg(&path));
    let answer = psgo(&["sockets", "-all-networks", "-format", "netns"]).exits(1);
    let told = format!("net:[{mounted}] (could not be read)");
    assert!(answer.stderr.contains(&told), "{}", answer.stderr);
    run(Command::new("umount").arg(&path));
    run(Command::new("umount").arg(&path));
    drop(file);
    let rows = everywhere(&[]);
    assert!(
        !rows.contains_key(&inode(&one)) && !rows.contains_key(&inode(&other)),
        "{rows:?}"
    );
}
