//! Sockets that are watched: each is told once, and at the end how many each peer had.

use std::{
    io::{BufRead as _, BufReader, Read as _},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
};

use nix::sys::signal::Signal;

use crate::{ended, psgo, signal};

/// The command's arguments for the connections with this listener.
fn watching<'a>(filter: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let args = ["sockets", "-watch", "0.02", "-where", filter, "-format"];
    [&args[..], more].concat()
}

#[test]
fn a_connection_is_told_once_while_it_opens_and_closes() {
    // An address of this process's own: others may have left connections with 127.0.0.1 behind.
    let [_, a, b, c] = std::process::id().to_be_bytes();
    let listener = TcpListener::bind((Ipv4Addr::new(127, a | 1, b, c.clamp(1, 254)), 0)).unwrap();
    let end = listener.local_addr().unwrap();
    let connect = || {
        let stream = TcpStream::connect(end).unwrap();
        (stream.local_addr().unwrap(), stream)
    };
    let first = connect();
    // The side that asked; its socket has no inode any more when it is closed.
    let filter = format!("raddr={} && rport={}", end.ip(), end.port());
    let args = watching(&filter, &["local,inode", "-output", "ndjson"]);
    let mut child = psgo(&args).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut next = || -> SocketAddr {
        let row: serde_json::Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
        let keys: Vec<_> = row.as_object().unwrap().keys().cloned().collect();
        assert_eq!(keys, ["at", "inode", "local"]);
        row["local"].as_str().unwrap().parse().unwrap()
    };
    // The first look shows all, later ones what is new.
    assert_eq!(next(), first.0);
    let second = connect();
    assert_eq!(next(), second.0);
    // Closed on this side first it stays for a while, without its inode.
    drop(second.1);
    let accepted = [listener.accept().unwrap(), listener.accept().unwrap()];
    drop(accepted);
    let third = connect();
    assert_eq!(next(), third.0);
    signal(&child, Signal::SIGINT);
    let rest: Vec<_> = lines.map(Result::unwrap).collect();
    assert!(rest.is_empty(), "{rest:?}");
    let (code, _, err) = ended(child);
    assert!(code == 0 && err.contains(" came, "), "{err}");
}

#[test]
fn a_table_ends_with_a_count_for_each_peer() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let end = listener.local_addr().unwrap();
    let open: Vec<_> = (0..3).map(|_| TcpStream::connect(end).unwrap()).collect();
    // Others may have left connections behind with a port that was used before.
    let own: Vec<_> = open
        .iter()
        .map(|stream| format!("lport={}", stream.local_addr().unwrap().port()))
        .collect();
    let filter = format!("rport={} && ({})", end.port(), own.join(" || "));
    let args = watching(&filter, &["remote", "-count", "2"]);
    let (code, out, err) = ended(psgo(&args).spawn().unwrap());
    let remote = format!("{end}\n").repeat(3);
    // The second look has nothing new to show.
    assert_eq!(
        out,
        format!("REMOTE\n{remote}\nSEEN   PEER\n3      127.0.0.1\n")
    );
    assert_eq!((code, err.as_str()), (0, ""));
    // Rows for programs are rows alone.
    let args = watching(&filter, &["remote", "-count", "2", "-output", "csv"]);
    let (_, out, _) = ended(psgo(&args).spawn().unwrap());
    assert_eq!(out.lines().count(), 4, "{out}");
    drop(open);
}

#[test]
fn hosts_are_shown_by_name() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let end = listener.local_addr().unwrap();
    let open = TcpStream::connect(end).unwrap();
    let own = open.local_addr().unwrap();
    let filter = format!("rport={} && lport={}", end.port(), own.port());
    let hosts = std::fs::read_to_string("/etc/hosts").unwrap();
    let line = hosts
        .lines()
        .find_map(|line| line.strip_prefix("127.0.0.1"));
    let name = line.expect("/etc/hosts has no 127.0.0.1");
    let name = name.split_whitespace().next().unwrap();
    let args = [
        "sockets",
        "-resolve",
        "-where",
        &filter,
        "-format",
        "local,remote",
        "-no-header",
    ];
    let (code, out, err) = ended(psgo(&args).spawn().unwrap());
    let shown = format!("{own}   {name}:{}\n", end.port());
    assert_eq!((code, out, err.as_str()), (0, shown, ""));
    let args = watching(&filter, &["raddr", "-resolve", "-count", "1", "-no-header"]);
    let (_, out, _) = ended(psgo(&args).spawn().unwrap());
    assert_eq!(out, format!("{name}\n\n1    127.0.0.1   {name}\n"));

    let args = ["sockets", "-resolve", "-format", "local"];
    let (code, _, err) = ended(psgo(&args).spawn().unwrap());
    let told = "psgo: -resolve needs one of the columns raddr, remote\n";
    assert_eq!((code, err.as_str()), (2, told));
}

#[test]
fn whoever_has_read_enough_ends_a_watch_of_sockets() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let filter = format!("lport={}", listener.local_addr().unwrap().port());
    let args = watching(&filter, &["local", "-count", "3"]);
    let mut child = psgo(&args).spawn().unwrap();
    let mut out = child.stdout.take().unwrap();
    out.read_exact(&mut [0]).unwrap();
    drop(out);
    let (code, _, err) = ended(child);
    assert_eq!((code, err.as_str()), (0, ""));
}

#[test]
fn open_files_and_timers_are_watched_like_processes() {
    let me = std::process::id().to_string();
    for (table, columns) in [("files", "fd,target"), ("timers", "id,kind")] {
        let args = [
            table, "-pids", &me, "-watch", "0.01", "-count", "3", "-format", columns, "-output",
            "csv",
        ];
        let (code, out, err) = ended(psgo(&args).spawn().unwrap());
        assert_eq!((code, err.as_str()), (0, ""), "{table}");
        assert!(out.starts_with("AT,"), "{table}: {out}");
    }
}
