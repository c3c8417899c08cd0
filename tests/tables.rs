//! `psgo sockets` against `ss -anp`, `psgo files` against `lsof`, `psgo timers` against what was
//! set; on the host, in a container, by who may not see all.

use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::{OsStr, OsString},
    fs::{self, File},
    net::{Ipv6Addr, TcpListener, TcpStream, UdpSocket},
    os::{
        fd::OwnedFd,
        linux::net::SocketAddrExt as _,
        unix::{
            ffi::{OsStrExt as _, OsStringExt as _},
            net::{SocketAddr, UnixDatagram, UnixListener, UnixStream},
        },
    },
    process::Command,
    sync::LazyLock,
};

use nix::sys::{
    eventfd::EventFd,
    memfd::{MFdFlags, memfd_create},
};
use psgo::{JoinOptions, Pid, ProcChoice, Query, View, descriptor::Subject};
use serde_json::Value;

use crate::{
    command::{Row, list, psgo, psgo_after},
    machine::{
        dir,
        podman::{self, Container},
        process::{Held, holding, sleeping, until_running},
        wait_for,
    },
    net::in_own_network,
};

/// What a tool says, after a command line's beginning; bytes that are not UTF-8 replaced.
fn told(prefix: &[&str], words: &[&str]) -> String {
    let words = [prefix, words].concat();
    let output = Command::new(words[0]).args(&words[1..]).output().unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// A socket: its table, state, ends (of a Unix socket none), and who has it.
type Socket = (String, String, String, String, BTreeSet<String>);

/// All sockets that have an inode, by it.
fn sockets_of_ss(prefix: &[&str]) -> BTreeMap<u64, Socket> {
    let said = told(prefix, &["ss", "-H", "-anpeO", "-t", "-u", "-x"]);
    let mut all = BTreeMap::new();
    for line in said.lines() {
        let words: Vec<_> = line.split_ascii_whitespace().collect();
        let is_unix = words[0].starts_with("u_");
        let six = if words[4].starts_with('[') { "6" } else { "" };
        let table = if is_unix {
            "unix".to_owned()
        } else {
            words[0].to_owned() + six
        };
        let state = match (words[1], is_unix) {
            ("ESTAB", true) => "CONNECTED",
            ("UNCONN", true) => "UNCONNECTED",
            ("ESTAB", false) => "ESTABLISHED",
            (other, _) => other,
        };
        let end = |word: &str| {
            let is_none = is_unix || word.ends_with(":*");
            if is_none {
                String::new()
            } else {
                word.to_owned()
            }
        };
        let inode = if is_unix {
            Some(words[5])
        } else {
            words.iter().find_map(|word| word.strip_prefix("ino:"))
        };
        let Some(inode) = inode
            .map(|inode| inode.parse().unwrap())
            .filter(|inode| *inode != 0)
        else {
            continue;
        };
        let users = line.split("pid=").skip(1).map(|user| {
            let (pid, rest) = user.split_once(",fd=").unwrap();
            format!("{pid}/{}", rest.split(')').next().unwrap())
        });
        let socket = (
            table,
            state.to_owned(),
            end(words[4]),
            end(words[5]),
            users.collect(),
        );
        all.insert(inode, socket);
    }
    all
}

fn word(row: &Row, name: &str) -> String {
    match &row[name] {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The same as psgo says it.
fn sockets_of_psgo(flags: &[&str]) -> BTreeMap<u64, Socket> {
    let names = "inode,proto,state,local,remote,owners";
    let tables = ["-where", "proto in (tcp,tcp6,udp,udp6,unix)"];
    let args = ["sockets", "-format", names, "-output", "json"];
    let args = [&args[..], &tables, flags].concat();
    // Some process of the machine may be denied to this one, which is told.
    let rows = psgo(&args).exits(0).json();
    let known = rows.iter().filter(|row| !row["inode"].is_null());
    let socket = |row: &Row| {
        let is_unix = row["proto"] == "unix";
        let end = |name| {
            if is_unix {
                String::new()
            } else {
                word(row, name)
            }
        };
        let owners = row["owners"].as_array().unwrap().iter();
        let owners = owners.map(|owner| owner.as_str().unwrap().to_owned());
        (
            row["inode"].as_u64().unwrap(),
            (
                word(row, "proto"),
                word(row, "state"),
                end("local"),
                end("remote"),
                owners.collect(),
            ),
        )
    };
    known.map(socket).collect()
}

#[test]
fn sockets_and_who_has_them_are_what_ss_says() {
    in_own_network(|| {
        let four = TcpListener::bind("127.0.0.1:0").unwrap();
        let six = TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).unwrap();
        let connect = |listener: &TcpListener| {
            let ours = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
            (ours, listener.accept().unwrap().0)
        };
        let open = (connect(&four), connect(&six));
        let datagrams = UdpSocket::bind("127.0.0.1:0").unwrap();
        let path = dir().join(OsStr::from_bytes(b"socket-\xff"));
        let unix = UnixListener::bind(&path).unwrap();
        let name = SocketAddr::from_abstract_name(b"tables\0\xfe").unwrap();
        let hidden = UnixDatagram::bind_addr(&name).unwrap();
        let (near, far) = UnixStream::pair().unwrap();
        // The listener and one end of the pair are two processes'.
        let shared = holding([
            far.try_clone().unwrap().into(),
            four.try_clone().unwrap().into(),
            File::open("/dev/null").unwrap().into(),
        ]);
        // What other tests start has all for a moment, and sockets come and go.
        let seen = wait_for("ss and psgo to agree", || {
            let seen = sockets_of_psgo(&[]);
            (seen == sockets_of_ss(&[])).then_some(seen)
        });
        let tables: BTreeSet<_> = seen.values().map(|socket| socket.0.as_str()).collect();
        assert_eq!(tables, BTreeSet::from(["tcp", "tcp6", "udp", "unix"]));
        let two = |socket: &&Socket| {
            let theirs = format!("{}/", shared.pid());
            socket.4.len() == 2 && socket.4.iter().any(|owner| owner.starts_with(&theirs))
        };
        assert_eq!(seen.values().filter(two).count(), 2, "{seen:#?}");

        // Names that are no text come back whole.
        let rows = psgo(&["sockets", "-format", "local,kind", "-output", "csv"]).exits(0);
        let text = rows.text();
        assert!(text.contains("socket-\\xff,STREAM\n"), "{text}");
        assert!(text.contains("@tables@\\xfe,DGRAM\n"), "{text}");
        drop((open, six, datagrams, unix, hidden, near));
    });
}

/// An open file: its mode, its inode, and what it is called.
type Opened = (String, u64, String);

/// What `lsof` says that a process has open, by descriptor.
fn files_of_lsof(prefix: &[&str], pid: i32) -> BTreeMap<u64, Opened> {
    let pid = pid.to_string();
    let said = told(
        prefix,
        &["lsof", "-nP", "-w", "-a", "-p", &pid, "-FfaidPTtn"],
    );
    let mut all = BTreeMap::new();
    for file in format!("\n{said}").split("\nf").skip(1) {
        let (fd, fields) = file.split_once('\n').unwrap();
        let Ok(fd) = fd.parse() else { continue };
        let field = |key: &str| {
            let value = fields.lines().find_map(|line| line.strip_prefix(key));
            value.unwrap_or_default().trim().to_owned()
        };
        // Sockets of the internet have their inode for a device.
        let inode = match field("i") {
            none if none.is_empty() => field("d"),
            inode => inode,
        };
        let name = field("n");
        let name = match (field("P"), field("t").as_str()) {
            (_, "unix") => match name.split_once("type=") {
                Some((path, kind)) => format!("unix {kind} {} {}", path.trim(), field("TST=")),
                None => name,
            },
            (_, "FIFO") => "pipe".to_owned(),
            (_, "a_inode") => {
                let kind = name.trim_start_matches('[').split(':').next();
                kind.unwrap().trim_end_matches(']').to_owned()
            }
            (protocol, family) if !protocol.is_empty() => {
                let (six, any) = match family {
                    "IPv6" => ("6", "[::]:"),
                    _ => ("", "0.0.0.0:"),
                };
                let name = name.replace("*:", any);
                format!("{protocol}{six} {name} {}", field("TST=")).to_lowercase()
            }
            _ => name,
        };
        all.insert(fd, (field("a"), inode.parse().unwrap_or(0), single(&name)));
    }
    all
}

/// One blank between words.
fn single(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

const FILE: [&str; 5] = ["fd", "kind", "mode", "inode", "name"];

/// The same as psgo says it, of the text of these cells.
fn files_of_psgo<'a>(rows: impl IntoIterator<Item = [&'a str; 5]>) -> BTreeMap<u64, Opened> {
    let opened = |[fd, kind, mode, inode, name]: [&str; 5]| {
        let name = match kind {
            "pipe" | "eventfd" | "pidfd" => kind.to_owned(),
            "socket" if !name.starts_with("unix ") => name.to_lowercase(),
            _ => name.to_owned(),
        };
        let opened = (mode.to_owned(), inode.parse().unwrap(), single(&name));
        (fd.parse().unwrap(), opened)
    };
    rows.into_iter().map(opened).collect()
}

fn files_by_command(flags: &[&str]) -> BTreeMap<u64, Opened> {
    let columns = FILE.join(",");
    let args = [&["files", "-format", &columns, "-output", "csv"], flags].concat();
    let answer = psgo(&args).succeeds();
    let rows = answer.csv(&FILE);
    files_of_psgo(rows.iter().map(|row| FILE.map(|name| row[name].as_str())))
}

#[test]
fn what_is_open_is_what_lsof_says() {
    let memfd = memfd_create(c"a name", MFdFlags::MFD_CLOEXEC).unwrap();
    let eventfd: OwnedFd = EventFd::new().unwrap().into();
    let target = sleeping();
    let process = nix::unistd::Pid::from_raw(target.pid());
    let pidfd = pidfd_of(process);
    let odd = dir().join(OsString::from_vec(b"gone \xff\n".to_vec()));
    let gone = File::create(&odd).unwrap();
    fs::remove_file(&odd).unwrap();
    let (read, write) = nix::unistd::pipe().unwrap();
    let kept = File::open("/etc/passwd").unwrap();
    let held = [
        holding([memfd, eventfd, pidfd]),
        holding([gone.into(), read, write]),
        holding([
            kept.into(),
            File::open("/dev/zero").unwrap().into(),
            UnixStream::pair().unwrap().0.into(),
        ]),
    ];
    for held in &held {
        let pid = held.pid();
        let seen = files_by_command(&["-pids", &pid.to_string()]);
        assert_eq!(seen, files_of_lsof(&[], pid));
        // And what this process was given to hand on.
        assert!(seen.len() >= 3, "{seen:?}");
    }
    let deleted = |held: &Held| {
        let pid = held.pid().to_string();
        let args = [
            "files",
            "-pids",
            &pid,
            "-format",
            "kind,deleted",
            "-output",
            "csv",
        ];
        let answer = psgo(&args).succeeds();
        answer.lines()[..4].join("\n")
    };
    assert_eq!(
        deleted(&held[0]),
        "KIND,DELETED\nmemfd,yes\neventfd,no\npidfd,no"
    );
    assert_eq!(
        deleted(&held[1]),
        "KIND,DELETED\nfile,yes\npipe,no\npipe,no"
    );
}

#[allow(unsafe_code)]
fn pidfd_of(pid: nix::unistd::Pid) -> OwnedFd {
    use std::os::fd::FromRawFd as _;
    // SAFETY: the call takes two numbers and gives a new descriptor, which nobody else has.
    unsafe {
        let fd = libc::syscall(libc::SYS_pidfd_open, pid.as_raw(), 0);
        assert!(fd >= 0, "pidfd_open");
        OwnedFd::from_raw_fd(i32::try_from(fd).unwrap())
    }
}

#[test]
fn ends_of_sockets_are_those_of_each_process_s_own_network() {
    // Three networks, this one among them; each process has a socket of its own.
    let here = TcpListener::bind("127.0.0.1:0").unwrap();
    let host = holding([
        here.try_clone().unwrap().into(),
        File::open("/dev/null").unwrap().into(),
        File::open("/dev/null").unwrap().into(),
    ]);
    let expected = |pid: i32, port: u16| (pid, format!("tcp 127.0.0.1:{port} LISTEN"));
    let (send, made) = std::sync::mpsc::channel();
    for port in [4711, 4712] {
        let send = send.clone();
        in_own_network(move || {
            let listener = TcpListener::bind(("127.0.0.1", port)).unwrap();
            let null = || File::open("/dev/null").unwrap().into();
            send.send((holding([listener.into(), null(), null()]), port))
                .unwrap();
        });
    }
    let [one, two] = [made.recv().unwrap(), made.recv().unwrap()];
    let pids = list(&[host.pid(), one.0.pid(), two.0.pid()]);
    let args = [
        "files",
        "-pids",
        &pids,
        "-format",
        "pid,fd,name",
        "-output",
        "json",
    ];
    let rows = psgo(&args).succeeds().json();
    let seen: BTreeSet<_> = rows
        .iter()
        .filter(|row| row["fd"] == 0)
        .map(|row| {
            (
                i32::try_from(row["pid"].as_i64().unwrap()).unwrap(),
                word(row, "name"),
            )
        })
        .collect();
    let wanted = [
        expected(host.pid(), here.local_addr().unwrap().port()),
        expected(one.0.pid(), one.1),
        expected(two.0.pid(), two.1),
    ];
    assert_eq!(seen, BTreeSet::from(wanted));
    // The same for the listing of processes. What the first one has may be denied to root too, where
    // it is of another user namespace.
    let args = [
        "-where",
        "pid!=1 && lports=4712",
        "-format",
        "pid,lports,peers",
        "-output",
        "json",
    ];
    let rows = psgo(&args).succeeds().json();
    assert_eq!(rows.len(), 1, "{rows:?}");
    assert_eq!(rows[0]["pid"], two.0.pid());
    assert_eq!(rows[0]["lports"], serde_json::json!([4712]));
    assert_eq!(rows[0]["peers"], serde_json::json!([]));
}

#[test]
fn processes_are_found_by_their_peers_and_their_files() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let end = listener.local_addr().unwrap();
    let path = dir().join("a file of its own");
    let file = File::create(&path).unwrap();
    let stream = TcpStream::connect(end).unwrap();
    let null = File::open("/dev/null").unwrap();
    let held = holding([stream.into(), file.into(), null.into()]);
    for filter in [
        format!("peers='{end}'"),
        format!("files='{}'", path.display()),
        format!("fds>2 && peers='{end}'"),
    ] {
        // As above.
        let filter = format!("pid!=1 && {filter}");
        let found = wait_for("nobody else has it", || {
            let args = ["-where", &filter, "-format", "pid", "-no-header"];
            let found = psgo(&args).succeeds().text().to_owned();
            // What other tests start has it for a moment.
            (found.lines().count() == 1).then_some(found)
        });
        assert_eq!(found.trim(), held.pid().to_string(), "{filter}");
    }
}

/// A container with a user namespace, in which alice listens.
fn listening() -> &'static Container {
    static STARTED: LazyLock<Container> = LazyLock::new(|| {
        let flags = [
            "--uidmap",
            "0:300000:70000",
            "--gidmap",
            "0:100000:70000",
            "--user",
            "1000:1000",
        ];
        let script = "busybox nc -l -p 8090 </dev/null & exec sleep 100001";
        // What podman mounts over in the common root, only one whose root may write there makes.
        podman::plain();
        let container = podman::podman().start(&flags, &["sh", "-c", script]);
        let pid = container.pid.to_string();
        wait_for("somebody listens in the container", || {
            told(&["nsenter", "-n", "-t", &pid], &["ss", "-Hlnt"])
                .contains(":8090")
                .then_some(())
        });
        container
    });
    &STARTED
}

fn joined(pid: i32, choice: ProcChoice) -> View {
    let mut options = JoinOptions::default();
    options.proc = choice;
    let pid = Pid::new(u32::try_from(pid).unwrap());
    View::join(pid).options(&options).open().unwrap()
}

#[test]
fn in_a_container_both_are_what_the_tools_say_there() {
    let target = listening().pid;
    let pid = target.to_string();
    let there = ["nsenter", "-n", "-t", &pid];
    let said = sockets_of_ss(&there);
    assert_eq!(said.len(), 1, "{said:?}");
    let (inode, socket) = said.iter().next().unwrap();
    let (host_pid, fd) = socket.4.first().unwrap().split_once('/').unwrap();
    let host_pid: i32 = host_pid.parse().unwrap();

    let names = "proto,state,lport,inode,pid,hpid,fd,user,suid,suser,owners,comm";
    // Each network namespace has sockets of netlink that are the kernel's own, and do not listen.
    let of_processes = "state=LISTEN";
    let args = [
        "sockets",
        "-join",
        &pid,
        "-where",
        of_processes,
        "-format",
        names,
        "-output",
        "json",
    ];
    let rows = psgo(&args).succeeds().json();
    assert_eq!(rows.len(), 1, "{rows:?}");
    let row = &rows[0];
    assert_eq!(
        (&row["inode"], &row["hpid"]),
        (&(*inode).into(), &host_pid.into())
    );
    assert_eq!(
        (word(row, "fd"), &row["lport"]),
        (fd.to_owned(), &8090.into())
    );
    // Not 301000, nor what the host calls 1000.
    assert_eq!(
        (&row["suid"], &row["suser"]),
        (&1000.into(), &"alice".into())
    );
    assert_eq!(row["user"], "alice");
    let own = row["pid"].as_u64().unwrap();
    assert!(own < 100, "{row:?}");
    assert_eq!(row["owners"], serde_json::json!([format!("{own}/{fd}")]));

    let said = files_of_lsof(&there, host_pid);
    let own = own.to_string();
    assert_eq!(files_by_command(&["-join", &pid, "-pids", &own]), said);
    // By either way, with the library.
    let table_of = |choice, subject, names: &[&str]| {
        let query = Query::of(subject, names).unwrap();
        let table = query.view(joined(target, choice)).table().unwrap();
        assert!(table.skipped().is_empty(), "{:?}", table.skipped());
        table.to_strings()
    };
    for choice in [ProcChoice::Container, ProcChoice::Host] {
        let names = ["suser", "fd", "hpid", "pid"];
        let mut sockets = table_of(choice, Subject::Sockets, &names);
        sockets.retain(|row| row[3] != "?");
        let wanted = ["alice", fd, &host_pid.to_string(), &own];
        assert_eq!(sockets, [wanted], "{choice:?}");
        let names = ["fd", "kind", "mode", "inode", "name", "pid"];
        let rows = table_of(choice, Subject::Files, &names);
        let rows = rows.iter().filter(|row| row[5] == own);
        let rows = rows.map(|row| [0, 1, 2, 3, 4].map(|at| row[at].as_str()));
        assert_eq!(files_of_psgo(rows), said, "{choice:?}");
    }
}

#[test]
fn who_may_not_see_all_is_told_of_the_rest() {
    let nobody: Vec<String> = [
        "setpriv",
        "--reuid=65534",
        "--regid=65534",
        "--clear-groups",
    ]
    .map(str::to_owned)
    .to_vec();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    let roots = sleeping();
    let words = [&nobody[..], &["sleep".to_owned(), "100000".to_owned()]].concat();
    let own = Held::start(crate::machine::process::quiet(
        Command::new(&words[0]).args(&words[1..]),
    ));
    until_running(own.pid(), "sleep");
    let root = roots.pid().to_string();

    // The sockets are there, but not who has them.
    let filter = format!("lport={port} && state=LISTEN");
    let args = ["sockets", "-where", &filter, "-output", "json"];
    let answer = psgo_after(&nobody, &args).exits(0);
    let rows = answer.json();
    assert_eq!((rows.len(), &rows[0]["pid"]), (1, &Value::Null));
    let is_told = |line: &str, what: &str| {
        line.starts_with(&format!("psgo: {what}: 1 "))
            && line.contains(" and ")
            && line.ends_with(" more (permission denied)\n")
    };
    let what = "not shown as owners of sockets";
    assert!(is_told(&answer.stderr, what), "{}", answer.stderr);
    // Nobody was asked for who has it, so nobody is left out.
    let args = ["sockets", "-where", &filter, "-format", "local"];
    psgo_after(&nobody, &args).succeeds();

    let answer = psgo_after(&nobody, &["files", "-output", "json"]).exits(0);
    assert!(is_told(&answer.stderr, "left out"), "{}", answer.stderr);
    let rows = answer.json();
    let of = |pid: i32| rows.iter().filter(|row| row["pid"] == pid).count();
    assert!(of(own.pid()) >= 3 && of(roots.pid()) == 0, "{rows:?}");

    for table in ["files", "sockets", "timers"] {
        let answer = psgo_after(&nobody, &[table, "-pids", &root, "-output", "json"]).exits(1);
        let wanted = format!("psgo: left out: {root} (permission denied)\n");
        assert_eq!(
            (answer.text(), &answer.stderr),
            ("[]\n", &wanted),
            "{table}"
        );
    }

    // Who may list the descriptors of another need not be allowed to know where they lead.
    let less = ["setpriv", "--bounding-set", "-sys_ptrace"].map(str::to_owned);
    let answer = psgo_after(&less, &["files", "-pids", &root, "-output", "json"]).exits(1);
    let wanted = format!("psgo: left out: {root} (permission denied)\n");
    assert_eq!((answer.text(), &answer.stderr), ("[]\n", &wanted));
}
