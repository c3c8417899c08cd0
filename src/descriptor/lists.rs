//! The lists of descriptors in README.md and docs/descriptors.md, kept equal to the tables.
//!
//! `PSGO_WRITE_DOCS=1 cargo test -p psgo lists` writes them anew.

use std::{collections::BTreeMap, fs, path::Path};

use super::{
    Contained, Descriptor, Extract, Holds, Subject, What, all, find, lookup::ALIASES,
    sources::Owned,
};
use crate::{
    ContainerPath, Named, Pid, Pod, Query, Runtime, View,
    control_group::Figures,
    runtimes::GroupSeen,
    snapshot::{self, Needs, Seen},
    socket::Socket,
    value::{Text, Value},
};

const BEGIN: &str =
    "<!-- descriptors: written by `PSGO_WRITE_DOCS=1 cargo test -p psgo lists` -->\n";
const END: &str = "<!-- end of descriptors -->\n";

/// The rows of a table of Markdown: what stands between `|`, for each descriptor by name.
fn table(subject: Subject, head: &str, cells: impl Fn(&Descriptor) -> Vec<String>) -> String {
    let mut sorted: Vec<_> = subject.descriptors().collect();
    sorted.sort_unstable_by_key(|descriptor| descriptor.name);
    let columns = head.matches('|').count() - 1;
    let mut table = format!("\n{head}\n|{}\n", " --- |".repeat(columns));
    for descriptor in sorted {
        let cells = cells(descriptor);
        assert_eq!(cells.len(), columns);
        assert!(!cells.concat().contains(['|', '\n', '<']), "{cells:?}");
        let row: Vec<_> = cells.iter().map(|cell| format!(" {cell} ")).collect();
        table.extend(["|", &row.join("|").replace("   ", " "), "|\n"]);
    }
    table.push('\n');
    table
}

fn code(text: &str) -> String {
    if text.is_empty() {
        String::new()
    } else {
        format!("`{text}`")
    }
}

/// From where the needs of a descriptor are met.
fn sources(descriptor: &Descriptor) -> String {
    // That they are read again in a watch is nothing of where they come from, nor what is asked of sockets.
    let needs = descriptor.needs - Needs::OTHERS - Needs::OF_SOCKETS;
    let first = match descriptor.extract {
        Extract::Process(_) if needs.is_empty() => Some("name of the directory".to_owned()),
        Extract::Socket(_) => Some("netlink, `net/*`".to_owned()),
        _ => None,
    };
    let source = |need| {
        let words = match need {
            Needs::STAT | Needs::JOBS => "`stat`",
            Needs::STATUS => "`status`",
            Needs::CMDLINE => "`cmdline`",
            Needs::LABEL => "`attr/current`",
            Needs::EFFECTIVE => "owner of the directory",
            Needs::RSS | Needs::VSZ => "`statm`",
            Needs::CLOCK => "clock",
            Needs::ZONE => "time zone",
            Needs::TTY => "terminals",
            Needs::USERS => "users",
            Needs::GROUPS => "groups",
            Needs::HOST_USERS => "host's users",
            Needs::HOST_GROUPS => "host's groups",
            Needs::HOST => "a join",
            Needs::HOST_PID => "PID namespaces",
            Needs::FDS | Needs::FD_COUNT => "`fd`",
            Needs::FDINFO => "`fdinfo`",
            Needs::BEHIND | Needs::METADATA => "the file itself",
            Needs::PROTOCOLS => "the socket itself",
            Needs::SOCKETS | Needs::PORTS | Needs::PEERS => "netlink, `net/*`",
            Needs::PLACES => "`cwd`, `root`, `exe`, `maps`",
            Needs::ENDS => "`fd` and `fdinfo` of all",
            Needs::TIMERS => "`timers`, `fdinfo` of timerfds",
            Needs::MEMORY => "`meminfo`",
            Needs::ANCESTRY => "`stat` of all",
            Needs::CONTAINER => "`comm` of all",
            Needs::GROUP_FIGURES => "files of the control group",
            Needs::CONTAINER_NAME => "files of the runtimes",
            Needs::CONTAINER_USERS => "users of the container",
            Needs::OF_MEMORY
            | Needs::OF_CPU
            | Needs::OF_IO
            | Needs::OF_EVENTS
            | Needs::SOCKET_GROUPS => "control groups",
            Needs::OF_DEVICES => "`net/dev`",
            other => match snapshot::file_of(other) {
                Some(name) => return format!("`{name}`"),
                None => panic!("{other:?} has no words here"),
            },
        };
        words.to_owned()
    };
    let sources: Vec<_> = first.into_iter().chain(needs.iter().map(source)).collect();
    sources.join(", ")
}

/// What programs get of such a column.
fn json(holds: Holds) -> &'static str {
    match holds {
        Holds::Number => "number",
        Holds::Percent => "number, percent",
        Holds::Rate => "number, a second",
        Holds::Size => "number, bytes",
        Holds::Duration => "number, seconds",
        Holds::Text => "string",
        Holds::Time => "string, RFC 3339",
        Holds::Caps | Holds::Texts => "array of strings",
        Holds::Numbers => "array of numbers",
    }
}

/// What a cell holds that is known.
fn held(value: &Value) -> Holds {
    match value {
        Value::Int(_) => Holds::Number,
        Value::Percent(_) => Holds::Percent,
        Value::Rate(_) => Holds::Rate,
        Value::Size(_) => Holds::Size,
        Value::Duration(_) => Holds::Duration,
        Value::Text(_) => Holds::Text,
        Value::Time(_) => Holds::Time,
        Value::Caps(_) => Holds::Caps,
        Value::List(values) if values.iter().all(|v| matches!(v, Value::Text(_))) => Holds::Texts,
        Value::List(values) if values.iter().all(|v| matches!(v, Value::Int(_))) => Holds::Numbers,
        other => panic!("no column holds {other:?}"),
    }
}

/// The type of each column, as a process has it of which everything is known: a made one, and
/// this one looked at as if it were in a container.
fn types() -> BTreeMap<&'static str, Holds> {
    let proc = std::env::temp_dir().join(format!("psgo-lists-{}", std::process::id()));
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/proc");
    fs::create_dir_all(proc.join("7/attr")).unwrap();
    let copy = |from: &str, to: &str| fs::copy(fixtures.join(from), proc.join(to)).unwrap();
    copy("stat", "stat");
    copy("uptime", "uptime");
    copy("user/status", "7/status");
    copy("user/cmdline", "7/cmdline");
    fs::write(proc.join("7/attr/current"), "unconfined\n").unwrap();
    let scope = format!("libpod-{}.scope", "1".repeat(64));
    fs::write(proc.join("7/cgroup"), format!("0::/{scope}\n")).unwrap();
    fs::write(proc.join("7/wchan"), "do_wait").unwrap();
    fs::write(proc.join("7/uid_map"), "0 0 4294967295\n").unwrap();
    // On the terminal 136:0, pts/0.
    let stat = fs::read_to_string(fixtures.join("user/stat")).unwrap();
    let (name, fields) = stat.rsplit_once(") ").unwrap();
    let mut fields: Vec<_> = fields.split(' ').collect();
    fields[4] = "34816";
    fs::write(proc.join("7/stat"), format!("{name}) {}", fields.join(" "))).unwrap();

    // So that this process listens, and has somebody at the other end.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let _peer = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let me = Pid::new(std::process::id());
    let names: Vec<_> = all().map(|descriptor| descriptor.name).collect();
    let (mut types, mut empty) = (BTreeMap::new(), BTreeMap::new());
    let copy = View::at(&proc).unwrap().names_containers(every_name);
    let views = [copy, View::join(me).open().unwrap()];
    for view in views {
        let mut watcher = Query::new(&names).unwrap().view(view).watch().unwrap();
        // Rates are known from the second look on.
        watcher.sample().unwrap();
        for row in watcher.sample().unwrap().table.rows() {
            for (name, value) in names.iter().zip(row.values()) {
                if *value == Value::List(Vec::new()) {
                    // It tells no more than that it is a list.
                    let declared = find(name).unwrap().holds;
                    assert!(matches!(declared, Holds::Texts | Holds::Numbers), "{name}");
                    empty.entry(*name).or_insert(declared);
                } else if !value.is_missing() {
                    types.entry(*name).or_insert_with(|| held(value));
                }
            }
        }
    }
    fs::remove_dir_all(proc).unwrap();
    // Few control groups have a limit, and those of version 1 no pressure.
    for descriptor in all().filter(|column| column.needs.contains(Needs::GROUP_FIGURES)) {
        if let Extract::Process(extract) = descriptor.extract {
            let host = View::host().unwrap();
            let value = Seen::of_group(&host.0, every_figure(), extract);
            types.entry(descriptor.name).or_insert_with(|| held(&value));
        }
    }
    empty.append(&mut types);
    empty
}

/// A container of which everything is known.
#[expect(clippy::unnecessary_wraps, reason = "as whoever names containers")]
fn every_name(_: &ContainerPath) -> Option<Named> {
    Some(Named {
        runtime: Some(Runtime::Podman),
        name: Some(Text::word("web")),
        image: Some(Text::word("nginx")),
        pod: Some(Pod {
            namespace: Some(Text::word("prod")),
            name: Some(Text::word("shop")),
            ..Pod::default()
        }),
        ..Named::default()
    })
}

/// A control group of which everything is known.
fn every_figure() -> GroupSeen {
    let second = std::time::Duration::from_secs(1);
    GroupSeen {
        figures: Figures {
            memory: Ok(1),
            memory_limit: Ok(2),
            cpu: Ok(second),
            throttled: Ok(second),
            pids: Ok(1),
            pressure: Ok(1.0),
        },
        cpu_percent: Ok(1.0),
    }
}

/// The type of each column of another subject, as this process has one of each kind.
fn types_of(subject: Subject) -> BTreeMap<&'static str, Holds> {
    use nix::sys::{
        signal::{SigEvent, SigevNotify},
        timer::Timer,
        timerfd::{ClockId, Expiration, TimerFd, TimerFlags, TimerSetTimeFlags},
    };
    let _timer = Timer::new(
        nix::time::ClockId::CLOCK_MONOTONIC,
        SigEvent::new(SigevNotify::SigevNone),
    )
    .unwrap();
    let timerfd = TimerFd::new(ClockId::CLOCK_MONOTONIC, TimerFlags::empty()).unwrap();
    let later = std::time::Duration::from_secs(3600);
    let now = nix::time::clock_gettime(nix::time::ClockId::CLOCK_MONOTONIC).unwrap();
    let once = Expiration::OneShot(now + later.into());
    timerfd
        .set(once, TimerSetTimeFlags::TFD_TIMER_ABSTIME)
        .unwrap();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let _peer = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let _pair = std::os::unix::net::UnixStream::pair().unwrap();
    let me = [Pid::new(std::process::id())];
    let names: Vec<_> = subject
        .descriptors()
        .map(|descriptor| descriptor.name)
        .collect();
    let query = Query::of(subject, &names)
        .unwrap()
        .pids(crate::Pids::Only(&me));
    let mut types = BTreeMap::new();
    for row in query.table().unwrap().rows() {
        for (name, value) in names.iter().zip(row.values()) {
            if !value.is_missing() && *value != Value::List(Vec::new()) {
                types.entry(*name).or_insert_with(|| held(value));
            }
        }
    }
    // Few sockets have a timer, a device or a protocol above TCP.
    let socket = complete_socket();
    let owned = Owned {
        group: Ok(Text::word("/a")),
        socket: &socket,
        network: Some(4_026_531_840),
        owners: &[(me[0], 3)],
        uid: socket.uid.map(Ok),
        user: Some(Text::word("root")),
    };
    for descriptor in subject.descriptors() {
        let value = match descriptor.extract {
            Extract::Socket(extract) => extract(&owned),
            Extract::Container(extract) => extract(&complete_container()),
            _ => continue,
        };
        types.entry(descriptor.name).or_insert_with(|| held(&value));
    }
    types
}

/// The row of a container of which everything is known.
fn complete_container() -> Contained<'static> {
    use crate::{
        container::{ContainerPath, Runtime},
        control_group::Totals,
        ids::ProcessId,
        runtimes::{Container, Found, Named, Pod},
        value::{Missing, Time},
    };
    static CONTAINER: std::sync::LazyLock<Container> = std::sync::LazyLock::new(|| {
        let text = || Some(Text::word("a"));
        let pod = Pod {
            namespace: text(),
            name: text(),
            uid: text(),
        };
        let mut path = ContainerPath::new(Text::word("a"));
        path.runtime = Some(Runtime::Podman);
        Container {
            found: std::sync::Arc::new(Found {
                path,
                has_group: true,
                groups: None,
                named: Some(std::sync::Arc::new(Named {
                    name: text(),
                    image: text(),
                    pod: Some(pod),
                    ..Named::default()
                })),
                why: Missing::None,
            }),
            pids: Vec::new(),
            first: ProcessId::from(Pid::new(1)),
        }
    });
    Contained {
        what: What::Container(&CONTAINER),
        pid: Some(Pid::new(1)),
        processes: 1,
        threads: Some(1),
        totals: Totals {
            memory: Ok(1),
            memory_usage: Ok(1),
            memory_limit: Ok(1),
            cpu: Ok(std::time::Duration::ZERO),
            throttled: Ok(std::time::Duration::ZERO),
            oom_kills: Ok(1),
            read: Ok(1),
            written: Ok(1),
            is_frozen: Ok(false),
        },
        cpu: Ok(1.0),
        network: Ok((1, 1)),
        listening: Value::List(vec![Value::Int(80)]),
        started: Time::new(0, 0, 0, "UTC"),
    }
}

/// One of which everything is known.
fn complete_socket() -> Socket {
    let second = std::time::Duration::from_secs(1);
    let end = std::net::SocketAddr::from(([127, 0, 0, 1], 80));
    Socket {
        state: Some("ESTABLISHED"),
        kind: Some("STREAM"),
        received: Some(1),
        sent: Some(1),
        backlog: Some(1),
        local: Some(end),
        remote: Some(end),
        peer: Some(1),
        inode: Some(1),
        uid: Some(crate::Uid::new(0)),
        timer: Some("on"),
        expires: Some(second),
        retransmits: Some(1),
        mark: Some(1),
        interface: Some(Text::word("lo")),
        cgroup: Some(1),
        congestion: Some(Text::word("cubic")),
        upper: Some(Text::word("tls")),
        tcp: Some(Box::default()),
        ..Socket::new("tcp")
    }
}

/// Compares the list in `file` with `list`, or writes it.
fn compare(file: &str, list: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    let text = fs::read_to_string(&path).unwrap();
    let (before, rest) = text.split_once(BEGIN).expect("no beginning of the list");
    let (_, after) = rest.split_once(END).expect("no end of the list");
    let wanted = [before, BEGIN, list, END, after].concat();
    if std::env::var_os("PSGO_WRITE_DOCS").is_some() {
        fs::write(path, wanted).unwrap();
        return;
    }
    assert!(
        text == wanted,
        "{file} is out of date: PSGO_WRITE_DOCS=1 cargo test -p psgo lists"
    );
}

#[test]
fn the_readme_lists_the_descriptors() {
    let head = "| name | code | header | what it is |";
    let list = table(Subject::Processes, head, |d| {
        vec![
            code(d.name),
            code(d.code),
            d.header.to_owned(),
            d.doc.to_owned(),
        ]
    });
    compare("README.md", &list);
}

#[test]
fn the_docs_list_all_of_the_descriptors() {
    let types = types();
    let head = "| name | code, other names | header | what it is | read from | JSON |";
    let mut list = table(Subject::Processes, head, |d| {
        let aliases = ALIASES.iter().filter(|(_, name)| *name == d.name);
        let others: Vec<_> = std::iter::once(d.code)
            .filter(|code| !code.is_empty())
            .chain(aliases.map(|(alias, _)| *alias))
            .map(code)
            .collect();
        assert_eq!(types.get(d.name), Some(&d.holds), "{}", d.name);
        vec![
            code(d.name),
            others.join(" "),
            d.header.to_owned(),
            d.doc.to_owned(),
            sources(d),
            json(d.holds).to_owned(),
        ]
    });
    let head = "| name | header | what it is | read from | JSON |";
    let others = [
        ("sockets", Subject::Sockets),
        ("files", Subject::Files),
        ("timers", Subject::Timers),
        ("containers", Subject::Containers),
    ];
    for (command, subject) in others {
        let types = types_of(subject);
        list.extend(["## Of `psgo ", command, "`\n"]);
        list += &table(subject, head, |d| {
            assert_eq!(types.get(d.name), Some(&d.holds), "{command}: {}", d.name);
            vec![
                code(d.name),
                d.header.to_owned(),
                d.doc.to_owned(),
                sources(d),
                json(d.holds).to_owned(),
            ]
        });
    }
    compare("docs/descriptors.md", &list);
}
