//! What could not be read is said: where it decides a row, where it is one file of several, where a
//! directory is no `/proc`, and where what is watched has ended.

use std::{
    collections::BTreeSet,
    fs,
    io::{BufRead as _, BufReader, Read as _},
    net::{TcpListener, UdpSocket},
    os::unix::fs::symlink,
    path::PathBuf,
    process::{Child, Stdio},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid as NixPid,
};
use psgo::{Missing, Pid, Query, View};

use crate::{
    command::{command_after, psgo, psgo_after},
    machine::{dir, namespaces, process::sleeping},
};

fn nobody() -> Vec<String> {
    let words = [
        "setpriv",
        "--reuid=65534",
        "--regid=65534",
        "--clear-groups",
    ];
    words.map(str::to_owned).to_vec()
}

#[test]
fn a_filter_over_what_is_denied_says_so() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let own = std::process::id();
    for (filter, column) in [
        (format!("lports={port}"), "lports"),
        ("fds>100000".to_owned(), "fds"),
        ("exe=/no/such".to_owned(), "exe"),
        ("!(files=/*)".to_owned(), "files"),
    ] {
        // Of this process alone, since others come and go.
        let args = [
            "-pids",
            &own.to_string(),
            "-where",
            &filter,
            "-format",
            "pid",
        ];
        let answer = psgo_after(&nobody(), &args).exits(1);
        let told = format!(
            "psgo: the filter is undecided: {column} is unknown for 1 process: {own} (permission denied)\n"
        );
        assert_eq!(answer.stderr, told, "{filter}");
    }
    // It decides nothing where another test does, or where it is asked for as unknown.
    for filter in ["pid=1 && lports=80", "comm=* || lports=80", "lports=?"] {
        let args = ["-pids", &own.to_string(), "-where", filter];
        psgo_after(&nobody(), &args).succeeds();
    }
    // Of very many, five are named.
    let answer = psgo_after(&nobody(), &["-where", &format!("lports={port}")]).exits(1);
    let many = answer.stderr.split_once(" and ").unwrap();
    assert!(many.0.contains(": 1 ") && many.1.ends_with(" more (permission denied)\n"));

    for table in ["files", "timers"] {
        let args = [table, "-pids", &own.to_string(), "-where", "kind=timerfd"];
        let answer = psgo_after(&nobody(), &args).exits(1);
        let told = format!("kind is unknown for 1 process: {own} (permission denied)\n");
        assert!(answer.stderr.ends_with(&told), "{}", answer.stderr);
    }
    // Connections of others can have the same port.
    let filter = format!("comm=nosuch && lport={port} && state=LISTEN");
    let args = ["sockets", "-where", &filter];
    let answer = psgo_after(&nobody(), &args).exits(1);
    let told = "comm is unknown for 1 socket (permission denied)\n";
    assert!(answer.stderr.ends_with(told), "{}", answer.stderr);
}

/// What a cell would have been is said too, of columns that are shown and of those that rows are
/// sorted by.
#[test]
fn a_cell_that_is_denied_says_so() {
    let own = std::process::id().to_string();
    let columns = "pid,exe,cwd,args,exe=AGAIN";
    let told = format!("psgo: exe, cwd are unknown for 1 process: {own} (permission denied)\n");
    let args = ["-pids", &own, "-format", columns];
    let answer = psgo_after(&nobody(), &args).exits(1);
    assert_eq!(answer.stderr, told);
    let args = ["-pids", &own, "-format", "pid", "-sort", "lports"];
    let answer = psgo_after(&nobody(), &args).exits(1);
    let told = format!("psgo: lports is unknown for 1 process: {own} (permission denied)\n");
    assert_eq!(answer.stderr, told);
    // What processes keep from others is missed of those that were asked for.
    let answer = psgo_after(&nobody(), &["-format", "pid,exe"]).exits(0);
    let told = "psgo: exe is unknown for ";
    assert!(answer.stderr.starts_with(told), "{}", answer.stderr);
    assert!(answer.stderr.ends_with(" (permission denied)\n"));
    // What is shown unless asked otherwise is told to everybody; what is not joined is no trouble.
    psgo_after(&nobody(), &[]).succeeds();
    psgo_after(&nobody(), &["-format", "pid,hpid,rss,user"]).succeeds();
    // A row that is not shown is not told of.
    let args = ["-pids", &own, "-format", "pid,exe", "-limit", "0"];
    psgo_after(&nobody(), &args).succeeds();
}

/// A copy of the `/proc` of this process alone.
struct Copy(PathBuf);

impl Copy {
    fn new(name: &str) -> Self {
        let copy = dir().join(name);
        let of = copy.join(std::process::id().to_string());
        for below in ["fd", "ns", "net"] {
            fs::create_dir_all(of.join(below)).unwrap();
        }
        fs::create_dir_all(copy.join("net")).unwrap();
        for file in ["stat", "status", "cmdline"] {
            fs::write(
                of.join(file),
                fs::read(format!("/proc/self/{file}")).unwrap(),
            )
            .unwrap();
        }
        for fd in fs::read_dir("/proc/self/fd").unwrap() {
            let fd = fd.unwrap();
            if let Ok(target) = fs::read_link(fd.path()) {
                symlink(target, of.join("fd").join(fd.file_name())).unwrap();
            }
        }
        symlink("net:[1]", of.join("ns/net")).unwrap();
        let all = "tcp tcp6 udp udp6 raw raw6 icmp icmp6 unix";
        for table in all.split(' ') {
            if let Ok(bytes) = fs::read(format!("/proc/self/net/{table}")) {
                fs::write(copy.join("net").join(table), &bytes).unwrap();
                fs::write(of.join("net").join(table), &bytes).unwrap();
            }
        }
        Self(copy)
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }

    /// Both copies of a table.
    fn tables(&self, name: &str) -> [PathBuf; 2] {
        let own = self.0.join(std::process::id().to_string());
        [self.0.join("net").join(name), own.join("net").join(name)]
    }
}

#[test]
fn a_table_that_cannot_be_read_costs_its_own_sockets_and_is_named() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    // It stands in the table that will be missing.
    let _held = UdpSocket::bind("127.0.0.1:0").unwrap();
    let copy = Copy::new("tables");
    let own = std::process::id().to_string();
    let filter = format!("lport={port}");
    let sockets = [
        "sockets",
        "-proc",
        copy.path(),
        "-format",
        "lport",
        "-no-header",
    ];
    let of_port = [&sockets[..], &["-where", &filter]].concat();
    // This kernel may have UDP-Lite or not: the copy has not.
    assert_eq!(psgo(&of_port).succeeds().lines(), [&*port]);

    for table in copy.tables("unix") {
        let bytes = fs::read(&table).unwrap();
        fs::write(&table, &bytes[..bytes.len() - 3]).unwrap();
    }
    for table in copy.tables("udp") {
        fs::remove_file(table).unwrap();
    }
    let answer = psgo(&of_port).exits(1);
    assert_eq!(answer.lines(), [&*port]);
    assert_eq!(
        answer.stderr,
        "psgo: could not be read in full: net/unix (could not be parsed), net/udp (the copy does not have it)\n"
    );
    // What is whole in the table that was cut is there.
    let unix = ["-format", "proto", "-where", "proto=unix"];
    let answer = psgo(&[&["sockets", "-no-header", "-proc", copy.path()][..], &unix].concat());
    let rows = fs::read(&copy.tables("unix")[0]).unwrap();
    // But for the header and the row that was cut.
    let whole = rows.split(|byte| *byte == b'\n').count() - 2;
    assert_eq!(answer.exits(1).lines().len(), whole);

    // Everything else that asks says the same.
    let list = [
        "-proc",
        copy.path(),
        "-pids",
        &own,
        "-format",
        "lports",
        "-no-header",
    ];
    let answer = psgo(&list).exits(1);
    assert!(answer.text().trim().split(',').any(|one| one == port));
    assert!(answer.stderr.contains("net/udp of "), "{}", answer.stderr);
    let inspect = ["inspect", "-proc", copy.path(), &own, "-output", "json"];
    let answer = psgo(&inspect).exits(0);
    let object: serde_json::Value = serde_json::from_slice(&answer.stdout).unwrap();
    assert_eq!(object["errors"]["net/unix"], "error");
    let page = psgo(&["inspect", "-proc", copy.path(), &own, "-only", "sockets"]).exits(0);
    let told = "net/udp           ? (the copy does not have it)\n";
    assert!(page.text().contains(told), "{}", page.text());
    assert!(object["errors"]["net_connections"].is_string());
    let connections = object["net_connections"].as_array().unwrap();
    assert!(
        connections
            .iter()
            .any(|one| one["laddr"]["port"] == port.parse::<u16>().unwrap())
    );
}

#[test]
fn a_port_that_may_stand_in_a_table_that_cannot_be_read_is_unknown() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let copy = Copy::new("ports");
    for table in copy.tables("tcp") {
        fs::write(table, "no table\n").unwrap();
    }
    let query = Query::new(["lports"]).unwrap();
    let query = query.filter(&format!("lports={port}")).unwrap();
    let table = query.view(View::at(copy.path()).unwrap()).table().unwrap();
    assert!(table.rows().is_empty());
    let outcome = table.outcome();
    let own = Pid::new(std::process::id());
    // Other sockets of the test process may listen: then it has ports that are known.
    for unread in &outcome.undecided {
        assert_eq!((&*unread.what, unread.why), ("lports", Missing::Malformed));
        assert_eq!((unread.rows, &unread.pids[..]), (1, &[own][..]));
    }
    let partial = &outcome.partial[0];
    assert_eq!(
        (&*partial.what, partial.why),
        ("net/tcp", Missing::Malformed)
    );
    assert_eq!(partial.pids, [own]);
}

#[test]
fn a_link_that_cannot_be_read_costs_itself_alone() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let copy = Copy::new("links");
    let own = std::process::id().to_string();
    // No link can be there.
    let odd = copy.0.join(&own).join("fd/999");
    fs::write(odd, "").unwrap();
    let args = ["files", "-proc", copy.path(), "-output", "json"];
    let rows = psgo(&args).exits(1).json();
    let odd = rows.iter().find(|row| row["fd"] == 999).unwrap();
    assert!(odd["name"].is_null() && odd["kind"].is_null());
    let count = rows.len();
    assert!(count > 3);
    let filter = format!("port={port}");
    let args = [
        "-proc",
        copy.path(),
        "-where",
        &filter,
        "-format",
        "pid,fds",
        "-output",
        "json",
    ];
    let rows = psgo(&args).exits(1).json();
    assert_eq!((rows.len(), &rows[0]["fds"]), (1, &count.into()));
    // Links are no matter to who counts.
    let args = ["-proc", copy.path(), "-format", "fds", "-no-header"];
    assert_eq!(psgo(&args).succeeds().text().trim(), count.to_string());
}

#[test]
fn a_directory_that_is_no_proc_is_none_whatever_is_asked_for() {
    let none = dir().join("no-proc");
    fs::create_dir(&none).unwrap();
    let none = none.to_str().unwrap();
    for args in [
        &["-pids", "7"][..],
        &[],
        &["-pids", "7", "-watch", "1"],
        &["inspect", "7"],
        &["files", "-pids", "7"],
        &["sockets", "-format", "proto"],
        &["-join", "7"],
    ] {
        let answer = psgo(&[args, &["-proc", none]].concat()).exits(2);
        let told = format!("psgo: {none}: there is no process in it");
        assert!(
            answer.stderr.starts_with(&told),
            "{args:?}: {}",
            answer.stderr
        );
        assert_eq!(answer.text(), "", "{args:?}");
    }
}

#[test]
fn a_copy_without_a_file_is_listed_by_number_as_it_is_in_all() {
    let copy = dir().join("sparse");
    fs::create_dir_all(copy.join("7")).unwrap();
    fs::copy("/proc/self/stat", copy.join("7/stat")).unwrap();
    let at = ["-proc", copy.to_str().unwrap(), "-format", "pid,comm,user"];
    let all = psgo(&at).succeeds();
    let one = psgo(&[&at[..], &["-pids", "7"]].concat()).succeeds();
    assert_eq!(all.lines().len(), 2);
    assert_eq!(all.text(), one.text());
    psgo(&["inspect", "7", "-only", "identity", "-proc", at[1]]).exits(0);
    // One that has no `stat` has not ended.
    fs::create_dir(copy.join("8")).unwrap();
    let told = "psgo: left out: 8 (its copy has no stat)\n";
    assert_eq!(psgo(&at).exits(0).stderr, told);
    let answer = psgo(&[&at[..], &["-pids", "8"]].concat()).exits(1);
    assert_eq!(answer.stderr, told);
    let answer = psgo(&[&at[..], &["-pids", "9"]].concat()).exits(1);
    assert_eq!(answer.stderr, "psgo: left out: 9 (no such process)\n");
}

#[test]
fn a_process_of_two_listed_namespaces_is_there_once() {
    let container = namespaces::nested(1);
    let on_host = sleeping();
    let (inner, outer) = (container.inner, on_host.pid());
    for (pids, shown) in [
        (format!("{outer},{inner}"), inner),
        // Of its own container, if that comes first.
        (format!("{inner},{outer}"), 1),
    ] {
        let args = [
            "-pids", &pids, "-join", "-format", "pid,hpid", "-output", "json",
        ];
        let rows = psgo(&args).exits(0).json();
        let hpids: Vec<_> = rows.iter().filter_map(|row| row["hpid"].as_i64()).collect();
        let once: BTreeSet<_> = hpids.iter().collect();
        assert_eq!(once.len(), hpids.len(), "{pids}");
        let row = rows.iter().find(|row| row["hpid"] == inner).unwrap();
        assert_eq!(row["pid"], shown, "{pids}");
        assert!(hpids.contains(&outer.into()));
    }
}

/// A watch that has shown its first line, to see it end.
struct Watching(Child, BufReader<std::process::ChildStdout>);

impl Watching {
    fn start(args: &[&str]) -> Self {
        let mut command = command_after(&[], args);
        let command = command.stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        out.read_line(&mut String::new()).unwrap();
        Self(child, out)
    }

    /// Its exit code, and what it said.
    fn ended(mut self) -> (Option<i32>, String) {
        let mut rest = Vec::new();
        self.1.read_to_end(&mut rest).unwrap();
        let output = self.0.wait_with_output().unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        (output.status.code(), err)
    }
}

#[test]
fn a_watch_ends_with_what_it_watches() {
    let stat = |pid: &str| format!("{pid}/stat");
    for command in [
        &["-output", "ndjson"][..],
        &[],
        &["-output", "csv"],
        &["files", "-output", "ndjson"],
        &["sockets"],
        &["timers"],
        &["proc"],
    ] {
        let mut process = sleeping();
        let pid = process.pid().to_string();
        let path = stat(&pid);
        let which = match command {
            ["proc"] => &[&*path][..],
            _ => &["-pids", &pid],
        };
        let args = [command, which, &["-watch", "0.05"]].concat();
        // A table of changes has no first line before the first change.
        let mut watch = None;
        if command != ["proc"] {
            watch = Some(Watching::start(&args));
        }
        let watch = watch.unwrap_or_else(|| Watching::start_silent(&args));
        process.child().kill().unwrap();
        process.child().wait().unwrap();
        let told = format!("psgo: process {pid} has ended\n");
        assert_eq!(watch.ended(), (Some(1), told), "{args:?}");
    }
}

impl Watching {
    /// One that has begun to look, though it shows nothing.
    fn start_silent(args: &[&str]) -> Self {
        let mut command = command_after(&[], args);
        let command = command.stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        std::thread::sleep(std::time::Duration::from_secs(1));
        Self(child, out)
    }
}

#[test]
fn a_watch_of_several_ends_with_the_last() {
    let (mut first, mut last) = (sleeping(), sleeping());
    let pids = format!("{},{}", first.pid(), last.pid());
    let watch = Watching::start(&["-pids", &pids, "-watch", "0.05", "-output", "ndjson"]);
    for process in [&mut first, &mut last] {
        process.child().kill().unwrap();
        process.child().wait().unwrap();
    }
    let (code, err) = watch.ended();
    let told = format!(
        "psgo: processes {} {} have ended\n",
        first.pid(),
        last.pid()
    );
    assert_eq!((code, err), (Some(1), told));
}

#[test]
fn a_watch_of_a_container_ends_with_it() {
    for (command, which) in [
        (&["-output", "ndjson"][..], &[][..]),
        (&["files", "-output", "ndjson"], &[]),
        (&["sockets"], &[]),
        (&[], &["-pids", "1"]),
    ] {
        let container = namespaces::nested(1);
        let pid = container.inner.to_string();
        let join = ["-join", &pid, "-watch", "0.05"];
        let watch = Watching::start(&[command, &join, which].concat());
        kill(NixPid::from_raw(container.inner), Signal::SIGKILL).unwrap();
        let (code, err) = watch.ended();
        let told = match which {
            [] => format!("psgo: the container of process {pid} has ended\n"),
            _ => "psgo: process 1 has ended\n".to_owned(),
        };
        assert_eq!((code, err), (Some(1), told), "{command:?} {which:?}");
    }
}

#[test]
fn a_watch_ends_with_the_process_that_its_filter_names() {
    let named = sleeping();
    let filter = format!("pid=1 || netns=@{}", named.pid());
    let watching = Watching::start(&["-watch", "0.05", "-where", &filter, "-output", "ndjson"]);
    let pid = named.pid();
    drop(named);
    let (code, said) = watching.ended();
    assert_eq!(code, Some(1), "{said}");
    assert_eq!(
        said,
        format!(
            "psgo: what the filter names has ended: filter, column 16: there is no process {pid}\n"
        )
    );
}
