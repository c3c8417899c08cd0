//! Many sockets, all with an owner, beside `ss`.

use std::{
    io,
    net::{TcpListener, TcpStream, UdpSocket},
    os::{fd::OwnedFd, unix::net::UnixStream},
    process::Command,
};

use crate::{
    Result,
    measure::{self, Samples},
    subject::{Programs, in_path},
};

const SOCKETS: usize = 10_000;
/// The tables take long enough that few turns say enough.
const RUNS: usize = 20;

/// A command, what it is compared with, and how long it should take of that at most.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) title: &'static str,
    pub(crate) samples: Samples,
    /// Where it stands in the list, and the ratio.
    pub(crate) beside: Option<(usize, f64)>,
}

pub(crate) fn measure(programs: &Programs) -> Result<Vec<Table>> {
    let Some(ss) = in_path("ss") else {
        println!("sockets are not measured: there is no ss");
        return Ok(Vec::new());
    };
    let held = sockets()?;
    let command = |program: &std::path::Path, args: &[&str]| {
        let mut command = Command::new(program);
        command.args(args);
        command
    };
    let listening = ["sockets", "-where", "state=LISTEN"];
    let alone = ["sockets", "-format", "proto,local", "-where", "state=LISTEN"];
    let (titles, mut commands): (Vec<_>, Vec<_>) = [
        ("ss -anp", None, command(&ss, &["-anp"])),
        ("psgo sockets", Some((0, 0.5)), command(&programs.psgo, &["sockets"])),
        ("ss -lnp", None, command(&ss, &["-lnp"])),
        (
            "psgo sockets -where state=LISTEN",
            Some((2, 0.5)),
            command(&programs.psgo, &listening),
        ),
        ("ss -ln", None, command(&ss, &["-ln"])),
        (
            "psgo sockets -where state=LISTEN -format proto,local",
            None,
            command(&programs.psgo, &alone),
        ),
    ]
    .into_iter()
    .map(|(title, beside, command)| ((title, beside), command))
    .unzip();
    let samples = measure::in_turns(&mut commands, RUNS)?;
    drop(held);
    let all = titles.into_iter().zip(samples);
    Ok(all
        .map(|((title, beside), samples)| Table {
            title,
            samples,
            beside,
        })
        .collect())
}

/// [`SOCKETS`] of this process: a few that listen, connections, those that have none, and pairs.
fn sockets() -> io::Result<Vec<OwnedFd>> {
    raise_limit()?;
    let mut all = Vec::with_capacity(SOCKETS);
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let to = listener.local_addr()?;
    for _ in 0..20 {
        all.push(TcpListener::bind("127.0.0.1:0")?.into());
    }
    while all.len() + 1 < SOCKETS {
        all.push(TcpStream::connect(to)?.into());
        all.push(listener.accept()?.0.into());
        all.push(UdpSocket::bind("127.0.0.1:0")?.into());
        let (one, other) = UnixStream::pair()?;
        all.extend([OwnedFd::from(one), OwnedFd::from(other)]);
    }
    all.push(listener.into());
    Ok(all)
}

/// Lets this process have as many files open.
fn raise_limit() -> io::Result<()> {
    let most = libc::rlim_t::try_from(SOCKETS + 1000).map_err(io::Error::other)?;
    // SAFETY: the structure is live, and made of numbers.
    let answer = unsafe {
        let mut limit: libc::rlimit = std::mem::zeroed();
        libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit);
        limit.rlim_cur = limit.rlim_cur.max(most);
        limit.rlim_max = limit.rlim_max.max(most);
        libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit)
    };
    if answer == 0 {
        return Ok(());
    }
    Err(io::Error::last_os_error())
}
