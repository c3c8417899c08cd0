//! From start to exit: where there is nearly nothing to list, and all about one process.

use std::{
    fs::File,
    net::{TcpListener, TcpStream, UdpSocket},
    process::{self, Command},
};

use crate::{
    Result,
    measure::{self, Samples},
    subject::Programs,
};

const RUNS: usize = 200;
const FILES: usize = 10;
const SOCKETS: usize = 1_000;

/// A command, and how long it should take at most, in milliseconds.
#[derive(Debug)]
pub(crate) struct Start {
    pub(crate) title: String,
    pub(crate) at_most: Option<f64>,
    pub(crate) samples: Samples,
}

pub(crate) fn measure(programs: &Programs) -> Result<Vec<Start>> {
    let own = process::id().to_string();
    let mut nothing = Command::new(&programs.floor);
    nothing.arg("none");
    let psgo = |args: &[&str]| {
        let mut command = Command::new(&programs.psgo);
        command.args(args);
        command
    };
    let page = || psgo(&["inspect", &own]);
    let json = || psgo(&["inspect", &own, "-output", "json"]);
    let first = in_turns([
        ("a program that does nothing".to_owned(), None, nothing),
        ("psgo -pids 1".to_owned(), Some(2.0), psgo(&["-pids", "1"])),
    ])?;
    // This process is the one that is inspected.
    let files = (0..FILES).map(|_| File::open("/etc/passwd"));
    let files: std::io::Result<Vec<_>> = files.collect();
    let files = files?;
    let of = |what: &str, has: &str| format!("psgo inspect, {what} of a process with {has}");
    let has = format!("{FILES} open files");
    let second = in_turns([
        (of("the page", &has), Some(3.0), page()),
        (of("the object", &has), Some(3.0), json()),
    ])?;
    drop(files);
    let sockets = sockets()?;
    let has = format!("{SOCKETS} sockets");
    let third = in_turns([
        (of("the page", &has), Some(20.0), page()),
        (of("the object", &has), Some(20.0), json()),
    ])?;
    drop(sockets);
    Ok(first.into_iter().chain(second).chain(third).collect())
}

fn in_turns<const N: usize>(all: [(String, Option<f64>, Command); N]) -> Result<Vec<Start>> {
    let (mut titles, mut commands) = (Vec::new(), Vec::new());
    for (title, at_most, command) in all {
        titles.push((title, at_most));
        commands.push(command);
    }
    let samples = measure::in_turns(&mut commands, RUNS)?;
    let all = titles.into_iter().zip(samples);
    Ok(all
        .map(|((title, at_most), samples)| Start {
            title,
            at_most,
            samples,
        })
        .collect())
}

/// [`SOCKETS`], or up to two more: both ends of connections, and those that have none.
fn sockets() -> Result<(TcpListener, Vec<TcpStream>, Vec<UdpSocket>)> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let to = listener.local_addr()?;
    let (mut streams, mut datagrams) = (Vec::new(), Vec::new());
    while 1 + streams.len() + datagrams.len() < SOCKETS {
        streams.push(TcpStream::connect(to)?);
        streams.push(listener.accept()?.0);
        datagrams.push(UdpSocket::bind("127.0.0.1:0")?);
    }
    Ok((listener, streams, datagrams))
}
