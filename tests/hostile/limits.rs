//! What is larger than anything has a right to be: it costs what is too large, and is said.

use std::{
    fs::{self, File},
    io::Write as _,
    net::TcpListener,
    os::fd::{AsRawFd as _, OwnedFd},
};

use nix::{
    fcntl::{OFlag, openat},
    mount::{MsFlags, mount},
    sched::{CloneFlags, unshare},
    sys::stat::{Mode, mkdirat},
    unistd::{Gid, setgroups},
};
use psgo::{ErrorKind, Pid, Pids, Query, Value, View, descriptor::Subject};

use super::alone::alone;
use crate::machine::dir;

fn me() -> Pid {
    Pid::new(std::process::id())
}

/// A directory whose path is longer than `PATH_MAX`, held.
fn deep() -> OwnedFd {
    let name = "d".repeat(200);
    let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
    let top = dir().join("deep");
    fs::create_dir(&top).unwrap();
    let mut held = OwnedFd::from(File::open(&top).unwrap());
    for _ in 0..25 {
        mkdirat(&held, name.as_str(), Mode::S_IRWXU).unwrap();
        held = openat(&held, name.as_str(), flags, Mode::empty()).unwrap();
    }
    held
}

#[test]
fn a_path_that_is_too_long_to_be_told_costs_no_more_than_itself() {
    alone(|| {
        let held = deep();
        let (listener, file) = (
            TcpListener::bind("127.0.0.1:0").unwrap(),
            dir().join("shown"),
        );
        let shown = File::create(&file).unwrap();
        let query = Query::of(Subject::Files, ["fd", "target", "kind", "deleted"]).unwrap();
        let table = query.pids(Pids::Only(&[me()])).table().unwrap();
        let cells = |fd: i32| {
            let is = |row: &&psgo::Row| row.values()[0] == Value::Int(fd.into());
            let row = table.rows().iter().find(is).unwrap();
            row.values()[1..].to_vec()
        };
        let too_long = Value::Missing(psgo::Missing::TooLong);
        assert_eq!(
            cells(held.as_raw_fd()),
            [too_long.clone(), Value::text("dir"), too_long]
        );
        let expected = ["no"; 1].map(Value::text);
        assert_eq!(
            cells(shown.as_raw_fd())[0],
            Value::text(file.to_str().unwrap())
        );
        assert_eq!(cells(shown.as_raw_fd())[2], expected[0]);
        let query = Query::new(["lports"]).unwrap().pids(Pids::Only(&[me()]));
        let port = listener.local_addr().unwrap().port();
        let lports = query.table().unwrap().rows()[0].values()[0].to_string();
        assert!(
            lports.split(',').any(|one| one == port.to_string()),
            "{lports}"
        );
        let process = View::host().unwrap().process(me()).unwrap();
        let all = process.descriptors().unwrap();
        let fd = u32::try_from(held.as_raw_fd()).unwrap();
        let one = all.iter().find(|one| one.fd == fd).unwrap();
        assert_eq!((one.target.len(), one.path(), one.what()), (0, None, None));
        drop(held);
        fs::remove_dir_all(dir().join("deep")).unwrap();
    });
}

#[test]
fn mappings_are_read_to_the_end_however_many_they_are() {
    alone(|| {
        let proc = dir().join("long-maps");
        let of = proc.join("7");
        fs::create_dir_all(of.join("fd")).unwrap();
        let stat = fs::read_to_string("/proc/self/stat").unwrap();
        let (_, rest) = stat.split_once(' ').unwrap();
        fs::write(of.join("stat"), format!("7 {rest}")).unwrap();
        let status = fs::read_to_string("/proc/self/status").unwrap();
        fs::write(of.join("status"), status).unwrap();
        // Larger than any file that is read as a whole.
        let mut maps = std::io::BufWriter::new(File::create(of.join("maps")).unwrap());
        let long = "m".repeat(4000);
        for n in 0_u64..18_000 {
            let at = n * 4096;
            let line = format!("{at:08x}-{:08x} r--s 00000000 08:01 9 ", at + 4096);
            writeln!(maps, "{line:<73}/{long}").unwrap();
        }
        let line = "7f0000000000-7f0000001000 r-xp 00000000 08:01 10";
        writeln!(maps, "{line:<73}/evil.so").unwrap();
        maps.into_inner().unwrap();
        assert!(fs::metadata(of.join("maps")).unwrap().len() > 64 << 20);

        let view = View::at(&proc).unwrap();
        let query = Query::of(Subject::Files, ["target"]).unwrap();
        let table = query.with_places().view(view.clone()).table().unwrap();
        let targets: Vec<_> = table
            .rows()
            .iter()
            .map(|row| row.values()[0].to_string())
            .collect();
        assert_eq!(targets, ["/evil.so".to_owned(), format!("/{long}")]);
        // Read as a whole it is an error, and not a part of it.
        let error = view.read_of::<psgo::format::pid::Maps>(Pid::new(7));
        let error = error.unwrap_err().to_string();
        assert!(error.contains("/7/maps: "), "{error}");
        fs::remove_dir_all(&proc).unwrap();
    });
}

#[test]
fn groups_without_a_name_are_not_asked_for_without_end() {
    alone(|| {
        let groups: Vec<_> = (0..65_536)
            .map(|n| Gid::from_raw(3_000_000_000 + n))
            .collect();
        setgroups(&groups).unwrap();
        let query = Query::new(["groups"]).unwrap().pids(Pids::Only(&[me()]));
        let table = query.table().unwrap();
        setgroups(&[]).unwrap();
        let Value::List(shown) = &table.rows()[0].values()[0] else {
            panic!("{:?}", table.rows()[0]);
        };
        // By number, whether asked for or not.
        assert_eq!(shown.len(), groups.len());
        assert_eq!(shown[0], Value::text("3000000000"));
        assert_eq!(shown[65_535], Value::text("3000065535"));
        let unasked = table.outcome().unasked_groups;
        assert!((60_000..65_536).contains(&unasked), "{unasked}");
    });
}

#[test]
fn where_there_is_no_procfs_there_is_no_answer() {
    alone(|| {
        let empty = dir().join("empty");
        fs::create_dir(&empty).unwrap();
        for subject in [Subject::Processes, Subject::Files, Subject::Sockets] {
            let query = Query::of(subject, ["pid"]).unwrap();
            let query = query.view(View::at(&empty).unwrap());
            let error = query.table().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Absent, "{subject:?}: {error}");
        }
        fs::remove_dir(&empty).unwrap();
        // The rest of this process is without it.
        unshare(CloneFlags::CLONE_FS | CloneFlags::CLONE_NEWNS).unwrap();
        let none = None::<&str>;
        let private = MsFlags::MS_REC | MsFlags::MS_PRIVATE;
        mount(none, "/", none, private, none).unwrap();
        mount(Some("none"), "/proc", Some("tmpfs"), MsFlags::empty(), none).unwrap();
        let error = View::host().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Absent, "{error}");
        // Nor if somebody put there what looks like a process.
        fs::create_dir("/proc/1").unwrap();
        assert!(View::host().is_err());
    });
}
