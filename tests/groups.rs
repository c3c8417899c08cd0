//! Control groups of sockets, against `ss`.

use std::{
    collections::BTreeMap,
    fs,
    net::TcpListener,
    os::unix::{fs::MetadataExt as _, net::UnixStream},
    path::PathBuf,
    process::Command,
};

use crate::{
    command::{Row, psgo},
    machine::{
        at_end,
        process::{Held, quiet, until_running},
        run, wait_for,
    },
    net::in_own_network,
};

/// What psgo says of the sockets here that have an inode.
fn told(columns: &str) -> Vec<Row> {
    let columns = format!("inode,{columns}");
    let rows = psgo(&["sockets", "-format", &columns, "-output", "json"]);
    let rows = rows.exits(0).json().into_iter();
    rows.filter(|row| row["inode"].is_u64()).collect()
}

/// A control group of version 2 in which a process is to be, with one above it.
struct Group {
    above: PathBuf,
    path: String,
}

impl Group {
    fn new() -> Self {
        let mounts = fs::read_to_string("/proc/self/mounts").unwrap();
        let mut mounts = mounts.lines().map(|line| line.split(' '));
        let unified = mounts.find_map(|mut words| {
            let target = words.nth(1)?;
            (words.next() == Some("cgroup2")).then_some(target)
        });
        let name = format!("psgo-test-{}", std::process::id());
        let above = PathBuf::from(unified.unwrap()).join(&name);
        fs::create_dir_all(above.join("made here")).unwrap();
        let shown = above.display();
        at_end(&format!(
            "[ ! -d {shown} ] || until rmdir {shown}/* {shown} 2>/dev/null; do sleep 0.1; done"
        ));
        let path = format!("/{name}/made here");
        Self { above, path }
    }

    fn dir(&self) -> PathBuf {
        self.above.join("made here")
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let _ = fs::remove_dir(self.dir());
        let _ = fs::remove_dir(&self.above);
    }
}

#[test]
fn control_groups_of_sockets_are_what_ss_says() {
    in_own_network(|| {
        let group = Group::new();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let script = format!(
            "echo $$ >\"$0/cgroup.procs\" && exec 3<>/dev/tcp/127.0.0.1/{port} && exec sleep 100000"
        );
        let mut command = Command::new("bash");
        let made = Held::start(quiet(command.arg("-c").arg(script).arg(group.dir())));
        until_running(made.pid(), "sleep");
        let (_far, calls) = listener.accept().unwrap();
        // Only sockets of the IP protocols have one.
        let _unix = UnixStream::pair().unwrap();
        let seen = told("proto,local,cgid,cgroup");
        let said = run(Command::new("ss").args(["-H", "-tanO", "--cgroup"]));
        let lines = said.lines().map(|line| {
            let local = line.split_ascii_whitespace().nth(3).unwrap();
            let (_, path) = line.split_once("cgroup:").unwrap();
            (local.to_owned(), path.trim_end().to_owned())
        });
        let theirs: BTreeMap<String, String> = lines.collect();
        let of = |row: &Row| {
            let cell = |name: &str| row[name].as_str().map(str::to_owned);
            Some((cell("local")?, cell("cgroup")?))
        };
        let ours: BTreeMap<_, _> = seen.iter().filter_map(of).collect();
        assert_eq!(ours, theirs);
        assert_eq!(ours[&calls.to_string()], group.path);
        let number = fs::metadata(group.dir()).unwrap().ino();
        let has_its = |row: &&Row| row["cgid"].as_u64() == Some(number);
        assert_eq!(seen.iter().filter(has_its).count(), 1);
        for row in seen.iter().filter(|row| row["proto"] == "unix") {
            assert!(row["cgroup"].is_null(), "{row:?}");
        }
        // Where it is gone its number is all that is known.
        drop(made);
        let made = listener.local_addr().unwrap();
        wait_for("the group to be gone", || fs::remove_dir(group.dir()).ok());
        let seen = told("local,cgid,cgroup");
        let row = seen.iter().find(|row| row["local"] == *made.to_string());
        assert!(row.unwrap()["cgroup"].is_string());
        for row in seen.iter().filter(has_its) {
            assert!(row["cgroup"].is_null(), "{row:?}");
        }
    });
}
