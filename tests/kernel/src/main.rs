//! Compares psgo's tables with what the kernel says by another way, in a guest of one's own.
//!
//! - `judge dump` prints the processes of `/proc`;
//! - `judge host` compares them with psgo's;
//! - `judge stopped PID` reads every file of docs/waiting.md of that process, which is stopped and holds
//!   no lock: none waits;
//! - `judge container PID WAY…` does so for the container of PID, whose processes it lists by
//!   entering the PID namespace and mounting a `/proc` there. psgo has to take the ways that are
//!   told: for `Either`, `Container` and `Host`.

mod dump;

use std::{fs, path::PathBuf, process::Command};

use dump::Process;
use psgo::{
    JoinOptions, Pid, Query, Table, ProcChoice, View, ProcSource,
    format::{Record, kernel, pid, tty},
};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        ["dump"] => Process::all().iter().for_each(|p| println!("{}", p.line())),
        ["host"] => host(),
        ["container", target, ref ways @ ..] => container(target, ways),
        ["stopped", target] => stopped(target),
        _ => panic!("see src/main.rs"),
    }
}

const COLUMNS: &str = "pid,ppid,pgid,sid,uid,gid,nlwp,comm,args";

/// What psgo shows of a process; kernel threads have a name in brackets.
fn row(process: &Process) -> Vec<String> {
    let args = match process.args.as_str() {
        "" => format!("[{}]", process.comm),
        args => args.to_owned(),
    };
    let numbers = [
        process.pid,
        process.ppid,
        process.pgid,
        process.sid,
        process.uid,
        process.gid,
        process.threads,
    ];
    let numbers = numbers.iter().map(u32::to_string);
    numbers.chain([process.comm.clone(), args]).collect()
}

fn host() {
    every_file_is_understood();
    // Threads of the kernel come and go, the rest is asleep.
    let told = |table: &Table| {
        let rows = table.to_strings().into_iter();
        rows.filter(|row| row[7] != "judge" && !row[7].starts_with("kworker"))
            .collect::<Vec<_>>()
    };
    let query = Query::parse(COLUMNS).expect("known columns");
    let expected: Vec<_> = Process::all()
        .iter()
        .filter(|process| !process.comm.starts_with("kworker"))
        .map(row)
        .collect();
    same(
        "the host",
        &told(&query.table().expect("a host")),
        &expected,
    );
    // The terminal that the boot gave to one process.
    let table = Query::parse("args,tty").and_then(|query| query.table());
    let rows = table.expect("a host").to_strings();
    let on_serial = rows.iter().find(|row| row[0] == "sleep 1000");
    let tty = on_serial.map(|row| row[1].as_str());
    assert_eq!(tty, Some("ttyS0"), "the terminal of sleep 1000");
}

/// A process that is stopped holds nothing: each of its files is read, whatever it could wait for.
fn stopped(target: &str) {
    let page = include_str!("../../../docs/waiting.md");
    let (_, rows) = page.split_once("## Of a process\n").expect("the files");
    let (rows, _) = rows.split_once("\n## ").expect("their end");
    let names = rows.lines().filter_map(|row| row.strip_prefix("| `")?.split('`').next());
    let (mut read, mut absent) = (0, 0);
    for name in names.filter(|name| !name.contains('*') && !name.starts_with('/')) {
        let path = PathBuf::from(format!("/proc/{target}/{name}"));
        if path.symlink_metadata().is_err() {
            absent += 1;
            continue;
        }
        let (sender, answer) = std::sync::mpsc::channel();
        let file = path.clone();
        std::thread::spawn(move || {
            let kind = file.symlink_metadata().map(|file| file.file_type());
            let is_read = match kind {
                Ok(kind) if kind.is_symlink() => fs::read_link(file).is_ok(),
                Ok(kind) if kind.is_dir() => fs::read_dir(file).is_ok_and(|dir| dir.count() > 0),
                // What this kernel refuses is answered too.
                _ => fs::read(file).is_ok() || kind.is_ok(),
            };
            sender.send(is_read)
        });
        let is_read = answer.recv_timeout(std::time::Duration::from_secs(60));
        assert_eq!(is_read, Ok(true), "{}", path.display());
        read += 1;
    }
    assert!(read > 30, "{read}");
    println!("a stopped process: {read} files read, {absent} not on this kernel");
}

/// This kernel writes no line, no column and no form that psgo does not know.
fn every_file_is_understood() {
    for process in Process::all() {
        let dir = PathBuf::from(format!("/proc/{}", process.pid));
        let read = |name: &str| fs::read(dir.join(name)).ok();
        let stat = read("stat").map(|file| law::<pid::Stat>(&file));
        let status = read("status").map(|file| law::<pid::Status>(&file));
        assert!(stat.is_none_or(|stat| stat.rest.is_empty()));
        assert!(status.is_none_or(|status| status.unknown_lines().next().is_none()));
        for map in ["uid_map", "gid_map", "projid_map"] {
            read(map).map(|file| law::<pid::UidMap>(&file));
        }
        read("statm").map(|file| law::<pid::Statm>(&file));
    }
    for entry in fs::read_dir("/proc/self/fdinfo")
        .expect("descriptors")
        .flatten()
    {
        fs::read(entry.path())
            .ok()
            .map(|file| law::<pid::Fdinfo>(&file));
    }
    let file = |name: &str| fs::read(format!("/proc/{name}")).expect(name);
    assert_eq!(
        law::<kernel::Stat>(&file("stat")).unknown_lines().count(),
        0
    );
    law::<kernel::Uptime>(&file("uptime"));
    law::<tty::Drivers>(&file("tty/drivers"));
}

fn law<R: Record>(file: &[u8]) -> R {
    let text = String::from_utf8_lossy(file);
    let record = R::parse(file).unwrap_or_else(|error| panic!("{error} in {text}"));
    let mut written = Vec::new();
    record.write(&mut written);
    assert!(written == file, "{text}");
    record
}

fn container(target: &str, ways: &[&str]) {
    let pid: u32 = target.parse().expect("a pid");
    let uids = Ids::of(target, "uid_map");
    let gids = Ids::of(target, "gid_map");
    let outside = Process::all();
    let expected: Vec<Vec<String>> = seen_from_inside(target)
        .into_iter()
        .map(|mut process| {
            // Command lines and start times tell which is which.
            let same = |p: &&Process| p.args == process.args && p.start == process.start;
            let found: Vec<_> = outside.iter().filter(same).collect();
            let [twin] = found[..] else {
                panic!("{process:?} is {found:?} outside")
            };
            // psgo reads ids as the reader's user namespace has them, and translates.
            let host_uid = twin.uid;
            process.uid = uids.inside(twin.uid);
            process.gid = gids.inside(twin.gid);
            let ids = [twin.pid, host_uid].map(|n| n.to_string());
            row(&process).into_iter().chain(ids).collect()
        })
        .collect();
    assert!(expected.len() > 1, "a container of {}", expected.len());
    let throughs = [ProcChoice::Auto, ProcChoice::Container, ProcChoice::Host];
    let mut options = JoinOptions::default();
    for (choice, way) in throughs.into_iter().zip(ways) {
        options.proc = choice;
        let what = format!("container of {target}, {choice:?}");
        let view = View::host().and_then(|host| View::join(Pid::new(pid)).seen_from(&host).options(&options).open());
        let taken = view.as_ref().map(|view| view.proc_source().cloned());
        println!("{what}: {}", said(&taken));
        let taken = match taken {
            Ok(Some(ProcSource::Private)) => "private",
            Ok(Some(ProcSource::Host(_))) => "host",
            _ => "refused",
        };
        let way = match (*way, choice) {
            ("private", ProcChoice::Container) if !makes_private_procs() => "refused",
            ("private", _) if !makes_private_procs() => "host",
            (way, _) => way,
        };
        assert_eq!(taken, way, "{what}");
        if let Ok(view) = view {
            let columns = format!("{COLUMNS},hpid,huid");
            let table = Query::parse(&columns).and_then(|query| query.view(view).table());
            let table = table.expect("a container");
            let rows = table.to_strings();
            // One process may be there that this program made to look inside.
            same(&what, &rows, &expected);
        }
    }
}

/// Whether this kernel makes a procfs of a PID namespace that is not its maker's: Linux 6.18.
fn makes_private_procs() -> bool {
    let release = std::fs::read_to_string("/proc/sys/kernel/osrelease").expect("a release");
    let mut parts = release.split('.').map(|part| part.parse().unwrap_or(0));
    let version: (u32, u32) = (parts.next().unwrap_or(0), parts.next().unwrap_or(0));
    version >= (6, 18)
}

fn said(way: &Result<Option<ProcSource>, &psgo::Error>) -> String {
    match way {
        Ok(Some(way)) => way.to_string(),
        Ok(None) => "no way".to_owned(),
        Err(error) => error.to_string(),
    }
}

/// The processes of the PID namespace of `target`, by a `/proc` that is mounted for that.
fn seen_from_inside(target: &str) -> Vec<Process> {
    let me = std::env::current_exe().expect("a name");
    let output = Command::new("/bin/busybox")
        .args(["nsenter", "-t", target, "-p", "--"])
        .args(["/bin/busybox", "unshare", "-m", "--mount-proc"])
        .arg(me)
        .arg("dump")
        .output()
        .expect("busybox");
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).expect("text");
    let lines = text.lines().map(|line| Process::parse(line).expect(line));
    lines.collect()
}

/// A map of ids.
struct Ids(Vec<[u32; 3]>);

impl Ids {
    fn of(target: &str, file: &str) -> Self {
        let text = fs::read_to_string(format!("/proc/{target}/{file}")).expect(file);
        let row = |line: &str| {
            let numbers: Vec<u32> = line
                .split_whitespace()
                .map(|n| n.parse().unwrap())
                .collect();
            [numbers[0], numbers[1], numbers[2]]
        };
        Self(text.lines().map(row).collect())
    }

    fn inside(&self, id: u32) -> u32 {
        let shifted = |[inside, outside, count]: &[u32; 3]| {
            let place = id.checked_sub(*outside).filter(|place| place < count)?;
            Some(inside + place)
        };
        self.0.iter().find_map(shifted).unwrap_or(65534)
    }
}

fn same(what: &str, told: &[Vec<String>], expected: &[Vec<String>]) {
    for row in expected.iter().filter(|row| !told.contains(row)) {
        println!("{what}: the kernel has {row:?}");
    }
    for row in told.iter().filter(|row| !expected.contains(row)) {
        println!("{what}: psgo has {row:?}");
    }
    assert!(told == expected, "{what}: psgo and the kernel differ");
    println!("{what}: {} processes, as the kernel has them", told.len());
}
