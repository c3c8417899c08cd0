//! What `psgo files` tells of the files behind descriptors, against `lsof`, `lsfd` and `stat`.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self, File},
    io::Write as _,
    os::{
        fd::AsRawFd as _,
        unix::{
            fs::MetadataExt as _,
            fs::chown,
            net::{UnixDatagram, UnixStream},
        },
    },
    process::Command,
};

use nix::sys::{
    eventfd::EventFd,
    memfd::{MFdFlags, memfd_create},
    socket::{AddressFamily, SockFlag, SockProtocol, SockType, socket},
};
use psgo::{Missing, Query, View, descriptor::Subject};
use serde_json::Value;

use crate::{
    command::{list, psgo},
    machine::{
        dir,
        process::{Held, holding},
    },
};

/// A file of so many bytes, whose owner is `uid`.
fn file(name: &str, bytes: usize, uid: u32) -> File {
    let path = dir().join(name);
    let mut file = File::create(&path).unwrap();
    file.write_all(&vec![b'x'; bytes]).unwrap();
    chown(&path, Some(uid), None).unwrap();
    file
}

/// Size, device, links and owner of each descriptor.
type Facts = BTreeMap<u64, [String; 5]>;

fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn by_psgo(pid: i32) -> Facts {
    let format = "fd,size,dev,nlink,owner,ouid";
    let pid = pid.to_string();
    let args = ["files", "-pids", &pid, "-format", format, "-output", "json"];
    let rows = psgo(&args).succeeds().json();
    let fact = |row: &crate::command::Row| {
        let cells = ["size", "dev", "nlink", "owner", "ouid"].map(|name| text(&row[name]));
        (row["fd"].as_u64().unwrap(), cells)
    };
    rows.iter().map(fact).collect()
}

/// What `lsfd` says; sizes of what has none are 0 there.
fn by_lsfd(pid: i32) -> Facts {
    let columns = "FD,TYPE,SIZE,DEV,NLINK,OWNER,FUID";
    let output = Command::new("lsfd")
        .args(["-J", "-p", &pid.to_string(), "-o", columns])
        .output()
        .unwrap();
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    let rows = said["lsfd"].as_array().unwrap().iter();
    let fact = |row: &Value| {
        let cells = ["size", "dev", "nlink", "owner", "fuid"].map(|name| text(&row[name]));
        Some((row["fd"].as_u64()?, cells))
    };
    rows.filter_map(fact).collect()
}

/// Size and links as `lsof` has them, of what it knows a size of.
fn by_lsof(pid: i32) -> BTreeMap<u64, (String, String)> {
    let output = Command::new("lsof")
        .args(["-nP", "-w", "-a", "-p", &pid.to_string(), "-Ffsk"])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut all = BTreeMap::new();
    for file in format!("\n{said}").split("\nf").skip(1) {
        let (fd, fields) = file.split_once('\n').unwrap_or((file, ""));
        let field = |key: &str| fields.lines().find_map(|line| line.strip_prefix(key));
        if let (Ok(fd), Some(size)) = (fd.parse(), field("s")) {
            let links = field("k").unwrap_or_default();
            all.insert(fd, (size.to_owned(), links.to_owned()));
        }
    }
    all
}

#[test]
fn sizes_devices_links_and_owners_are_those_of_lsfd_and_lsof() {
    let two = file("sizes-two", 12_345, 65_534);
    fs::hard_link(dir().join("sizes-two"), dir().join("sizes-other")).unwrap();
    let gone = file("sizes-gone", 70_000, 0);
    fs::remove_file(dir().join("sizes-gone")).unwrap();
    let memfd = memfd_create(c"sized", MFdFlags::MFD_CLOEXEC).unwrap();
    let mut memory = File::from(memfd);
    memory.write_all(&[0; 4321]).unwrap();
    let held = [
        holding([two.into(), gone.into(), memory.into()]),
        holding([
            EventFd::new().unwrap().into(),
            nix::unistd::pipe().unwrap().0,
            File::open("/dev/zero").unwrap().into(),
        ]),
        holding([
            File::open(dir()).unwrap().into(),
            UnixDatagram::unbound().unwrap().into(),
            File::open("/proc/self/status").unwrap().into(),
        ]),
    ];
    for held in &held {
        let (mut seen, mut lsfd) = (by_psgo(held.pid()), by_lsfd(held.pid()));
        assert!(seen.len() >= 3, "{seen:?}");
        for (fd, (size, links)) in by_lsof(held.pid()) {
            let [known, _, names, ..] = &seen[&fd];
            // It has a size for an eventfd, 0.
            if !known.is_empty() {
                assert_eq!((known, names), (&size, &links), "{fd}");
            }
        }
        for (fd, cells) in &mut seen {
            // What has no size has 0 there.
            if cells[0].is_empty() {
                cells[0] = "0".to_owned();
                assert_eq!(lsfd[fd][0], "0");
            }
        }
        lsfd.retain(|fd, _| seen.contains_key(fd));
        assert_eq!(seen, lsfd);
    }
    let sizes = |held: &Held| {
        let all = by_psgo(held.pid());
        [0, 1, 2].map(|fd| all[&fd][0].clone())
    };
    assert_eq!(sizes(&held[0]), ["12345", "70000", "4321"]);
    assert_eq!(sizes(&held[1]), ["", "", ""]);
    let two = &by_psgo(held[0].pid())[&0];
    assert_eq!(two[2..], ["2", "nobody", "65534"].map(str::to_owned));
}

#[test]
fn the_removed_log_that_fills_the_disk_comes_first() {
    let logs = [("sizes-a", 5000), ("sizes-b", 900_000), ("sizes-c", 40)];
    let held = logs.map(|(name, bytes)| {
        let null = || File::open("/dev/null").unwrap().into();
        let held = holding([file(name, bytes, 0).into(), null(), null()]);
        fs::remove_file(dir().join(name)).unwrap();
        held
    });
    let pids = list(&held.each_ref().map(Held::pid));
    let args = [
        "files",
        "-pids",
        &pids,
        "-where",
        "deleted",
        "-sort",
        "-size",
        "-format",
        "pid,size,name",
    ];
    let rows = psgo(&[&args[..], &["-output", "json"]].concat())
        .succeeds()
        .json();
    let order: Vec<_> = rows
        .iter()
        .map(|row| row["size"].as_u64().unwrap())
        .collect();
    assert_eq!(order, [900_000, 5000, 40]);
    assert_eq!(rows[0]["pid"], held[1].pid());
    // In text whole KiB, as of memory.
    let answer = psgo(&args).succeeds();
    assert!(answer.lines()[1].contains(" 878 "), "{answer:?}");
    // By size and by owner it can be asked for too.
    for (filter, count) in [
        ("deleted && size>=5K", 1),
        ("deleted && size>4000", 2),
        ("deleted && owner=root", 3),
        ("deleted && owner=0 && ouid=0", 3),
        ("deleted && owner=nobody", 0),
    ] {
        let args = ["files", "-pids", &pids, "-where", filter, "-output", "json"];
        assert_eq!(psgo(&args).succeeds().json().len(), count, "{filter}");
    }
}

#[test]
fn of_directories_programs_and_mapped_files_too() {
    let held = holding([(); 3].map(|()| File::open("/dev/null").unwrap().into()));
    let pid = held.pid().to_string();
    let args = [
        "files",
        "-all",
        "-pids",
        &pid,
        "-format",
        "kind,size,dev,nlink,ouid,name",
        "-output",
        "json",
    ];
    let rows = psgo(&args).succeeds().json();
    let mut kinds = Vec::new();
    // What the test was given to hand on may have no name.
    let is_place = |row: &&crate::command::Row| {
        ["cwd", "root", "exe", "mem"].contains(&row["kind"].as_str().unwrap())
    };
    for row in rows.iter().filter(is_place) {
        let name = row["name"].as_str().unwrap();
        let is = fs::metadata(name).unwrap_or_else(|error| panic!("{row:?}: {error}"));
        assert_eq!(row["size"], is.size(), "{name}");
        assert_eq!(row["nlink"], is.nlink(), "{name}");
        assert_eq!(row["ouid"], is.uid(), "{name}");
        let device = is.dev();
        let device = format!("{}:{}", libc::major(device), libc::minor(device));
        assert_eq!(row["dev"], device.as_str(), "{name}");
        kinds.push(row["kind"].as_str().unwrap().to_owned());
    }
    kinds.dedup();
    assert_eq!(kinds, ["cwd", "root", "exe", "mem"]);
}

#[test]
fn every_socket_has_its_protocol() {
    let netlink = socket(
        AddressFamily::Netlink,
        SockType::Raw,
        SockFlag::SOCK_CLOEXEC,
        SockProtocol::NetlinkRoute,
    );
    let packet = socket(
        AddressFamily::Packet,
        SockType::Datagram,
        SockFlag::SOCK_CLOEXEC,
        None,
    );
    // It is in no table until it is bound.
    let unbound = socket(
        AddressFamily::Inet6,
        SockType::Datagram,
        SockFlag::SOCK_CLOEXEC,
        None,
    );
    let netlink = netlink.unwrap();
    let inode = fs::read_link(format!("/proc/self/fd/{}", netlink.as_raw_fd())).unwrap();
    let held = holding([netlink, packet.unwrap(), unbound.unwrap()]);
    let pid = held.pid().to_string();
    let args = [
        "files",
        "-pids",
        &pid,
        "-format",
        "fd,proto,name",
        "-output",
        "json",
    ];
    let rows = psgo(&args).succeeds().json();
    let of = |fd: usize| {
        (
            rows[fd]["proto"].as_str(),
            rows[fd]["name"].as_str().unwrap(),
        )
    };
    let name = format!("netlink {}", inode.display());
    assert_eq!(of(0), (Some("netlink"), name.as_str()));
    assert_eq!((of(1).0, of(2).0), (Some("packet"), Some("udp6")));
}

/// The other ends that `lsof` tells of the descriptors of a process, as `PID/FD`, by descriptor.
fn ends_by_lsof(pid: i32) -> BTreeMap<u64, BTreeSet<String>> {
    let pid = pid.to_string();
    let output = Command::new("lsof")
        .args(["-w", "-n", "-P", "-E", "-a", "-d", "0-99", "-p", &pid])
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let line = |line: &str| {
        let words: Vec<_> = line.split_ascii_whitespace().collect();
        let digits = |word: &str| word.trim_end_matches(char::is_alphabetic).to_owned();
        let fd = digits(words[3]).parse().ok()?;
        // 4711,sleep,1w
        let end = |word: &&str| {
            let parts: Vec<_> = word.split(',').collect();
            let [pid, _, fd] = parts[..] else { return None };
            pid.parse::<u32>().ok()?;
            Some(format!("{pid}/{}", digits(fd)))
        };
        Some((fd, words.iter().skip(8).filter_map(end).collect()))
    };
    said.lines().skip(1).filter_map(line).collect()
}

#[test]
fn the_other_ends_of_pipes_and_unix_sockets_are_those_of_lsof() {
    let (reads, writes) = std::io::pipe().unwrap();
    let (one, other) = UnixStream::pair().unwrap();
    let null = || File::open("/dev/null").unwrap();
    let reader = holding([reads.try_clone().unwrap().into(), one.into(), null().into()]);
    let writer = holding([
        null().into(),
        writes.try_clone().unwrap().into(),
        other.into(),
    ]);
    let both = holding([reads.into(), writes.into(), null().into()]);
    let [r, w, b] = [&reader, &writer, &both].map(Held::pid);
    let ends = |pid: i32| -> BTreeMap<u64, Option<BTreeSet<String>>> {
        let pid = pid.to_string();
        let args = [
            "files", "-pids", &pid, "-format", "fd,ends", "-output", "json",
        ];
        let rows = psgo(&args).json();
        let row = |row: &crate::command::Row| {
            let all = row["ends"]
                .as_array()
                .map(|all| all.iter().map(text).collect());
            (row["fd"].as_u64().unwrap(), all)
        };
        rows.iter().map(row).collect()
    };
    let set = |all: &[String]| Some(all.iter().cloned().collect::<BTreeSet<_>>());
    let has_both = [format!("{w}/1"), format!("{b}/1")];
    assert_eq!(ends(r)[&0], set(&has_both));
    assert_eq!(ends(r)[&1], set(&[format!("{w}/2")]));
    assert_eq!(ends(r)[&2], None);
    assert_eq!(ends(w)[&1], set(&[format!("{r}/0"), format!("{b}/0")]));
    assert_eq!(ends(b)[&0], set(&has_both));
    for pid in [r, w] {
        for (fd, mut theirs) in ends_by_lsof(pid) {
            // It tells of those who have the same end too.
            theirs.remove(&format!("{b}/{fd}"));
            if let Some(Some(ours)) = ends(pid).get(&fd) {
                assert_eq!(*ours, theirs, "{pid} {fd}");
            }
        }
    }
    // Nobody else has one any longer, as far as descriptors may be read.
    drop((writer, both));
    let left = ends(r).remove(&0).unwrap();
    assert!(left.unwrap_or_default().is_empty());
}

#[test]
fn a_copy_does_not_tell_of_the_files_of_this_machine() {
    let copy = dir().join("sizes-copy");
    fs::create_dir_all(copy.join("7/fd")).unwrap();
    let own = format!("/proc/{}", std::process::id());
    for file in ["stat", "status"] {
        fs::copy(format!("{own}/{file}"), copy.join("7").join(file)).unwrap();
    }
    std::os::unix::fs::symlink("/etc/passwd", copy.join("7/fd/3")).unwrap();
    let columns = ["name", "size", "dev", "nlink", "owner"];
    let query = Query::of(Subject::Files, columns).unwrap();
    let table = query.view(View::at(&copy).unwrap()).table().unwrap();
    let rows = table.rows();
    assert_eq!(rows.len(), 1);
    for value in &rows[0].values()[1..] {
        assert_eq!(value.missing(), Some(Missing::Unsupported), "{value:?}");
    }
}
