//! Whose names a listing shows: by mount namespace, of another `/proc`, of a copy; and what a copy
//! says of its machine.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

use crate::{
    command::{Row, list, psgo, psgo_after, row},
    machine::{
        dir,
        namespaces::{self, Inside},
        podman,
        process::{Held, quiet},
        wait_for,
    },
    oracle::kernel,
};

/// An id that nobody has on the host.
const ID: u32 = 54321;

/// A passwd or group file, which calls root and [`ID`] so.
fn names(file: &str, root: &str, other: &str) -> PathBuf {
    let path = dir().join(file);
    let line = |name: &str, id| format!("{name}:x:{id}:{id}::/:/bin/sh\n");
    fs::write(&path, line(root, 0) + &line(other, ID)).unwrap();
    path
}

/// Mounts the file over passwd and over group.
fn mounts(file: &Path) -> String {
    let file = file.display();
    format!("mount --bind {file} /etc/passwd && mount --bind {file} /etc/group")
}

fn sleeps() -> String {
    format!("setpriv --reuid {ID} --regid {ID} --clear-groups sleep 100000")
}

/// Two containers of one PID namespace: the first process and another have one passwd, a third
/// has `second` mounted over its own.
fn pair(first: &Path, second: &str) -> Inside {
    let script = format!(
        "{}; unshare -m sh -c '{second} && exec {}' & {} & :",
        mounts(first),
        sleeps(),
        sleeps()
    );
    let pair = namespaces::prepared_with(&script, 2);
    // Those that sleep have their mounts.
    wait_for("two mount namespaces", || {
        let inner = kernel::children(pair.inner);
        let [a, b] = inner[..] else { return None };
        (mount_namespace(a) != mount_namespace(b)).then_some(())
    });
    pair
}

fn mount_namespace(pid: i32) -> Option<PathBuf> {
    fs::read_link(format!("/proc/{pid}/ns/mnt")).ok()
}

/// The two processes beside the first, by the host's numbers: that with the first's mounts, and that
/// with its own.
fn members(pair: &Inside) -> (i32, i32) {
    let own = |pid: &i32| mount_namespace(*pid) != mount_namespace(pair.inner);
    let (own, shared): (Vec<_>, Vec<_>) = kernel::children(pair.inner).into_iter().partition(own);
    (shared[0], own[0])
}

/// The names of two containers, for the test of that number.
fn names_of_both(test: u32) -> (PathBuf, PathBuf) {
    (
        names(&format!("app{test}"), "root-a", "app"),
        names(&format!("nginx{test}"), "root-n", "nginx"),
    )
}

/// The first has the names of app, and so has the first of its members; the other has those of nginx.
fn app_and_nginx(test: u32) -> (Inside, i32, i32) {
    let (app, nginx) = names_of_both(test);
    let pair = pair(&app, &mounts(&nginx));
    let (shared, own) = members(&pair);
    (pair, shared, own)
}

fn by_host_pid(rows: &[Row], pid: i32) -> &Row {
    let found = rows.iter().find(|row| row["hpid"] == pid);
    found.unwrap_or_else(|| panic!("{pid}: {rows:?}"))
}

#[test]
fn each_process_has_the_names_of_its_own_mounts_whoever_is_joined() {
    let (pair, shared, own) = app_and_nginx(1);
    let format = "pid,hpid,user,ruser,group,rgroup";
    let (one, two, both) = (shared.to_string(), own.to_string(), list(&[own, shared]));
    for join in [
        &["-join", &one][..],
        &["-join", &two],
        &["-pids", &both, "-join"],
    ] {
        let args = [join, &["-format", format, "-output", "json"]].concat();
        let rows = psgo(&args).succeeds().json();
        assert_eq!(rows.len(), 3);
        for (pid, name) in [(pair.inner, "root-a"), (shared, "app"), (own, "nginx")] {
            let row = by_host_pid(&rows, pid);
            for column in ["user", "ruser", "group", "rgroup"] {
                assert_eq!(row[column], name, "{join:?} {row:?}");
            }
        }
    }
    // The other tables, a filter, and one process in depth.
    let files = psgo(&[
        "files",
        "-join",
        &one,
        "-format",
        "hpid,user",
        "-output",
        "json",
    ]);
    for row in files.succeeds().json() {
        let name = if row["hpid"] == own { "nginx" } else { "app" };
        assert!(row["user"] == name || row["hpid"] == pair.inner, "{row:?}");
    }
    let found = psgo(&[
        "-join",
        &one,
        "-where",
        "user=nginx",
        "-format",
        "hpid",
        "-no-header",
    ]);
    assert_eq!(found.succeeds().text().trim(), two);
    let numbers = psgo(&["-join", &one, "-format", "pid,hpid", "-output", "json"]);
    let numbers = numbers.succeeds().json();
    for (pid, name) in [(shared, "app"), (own, "nginx")] {
        let inner = by_host_pid(&numbers, pid)["pid"].to_string();
        let args = ["inspect", &inner, "-join", &one, "-only", "ids"];
        let page = psgo(&args).succeeds();
        assert!(
            page.text().contains(&format!("{name} ({ID})")),
            "{}",
            page.text()
        );
    }
}

#[test]
fn each_look_of_a_watch_has_the_same_names() {
    let (_pair, shared, own) = app_and_nginx(2);
    let join = shared.to_string();
    let args = [
        "-join",
        &join,
        "-format",
        "hpid,user",
        "-watch",
        "0.05",
        "-count",
        "4",
        "-output",
        "ndjson",
    ];
    let answer = psgo(&args).succeeds();
    let (mut of_shared, mut of_own) = (0, 0);
    for line in answer.lines() {
        let row: Row = serde_json::from_str(line).unwrap();
        of_shared += i32::from(row["hpid"] == shared && row["user"] == "app");
        of_own += i32::from(row["hpid"] == own && row["user"] == "nginx");
    }
    assert_eq!((of_shared, of_own), (4, 4), "{}", answer.text());
}

#[test]
fn where_names_cannot_be_read_those_ids_alone_are_numbers_and_it_is_said() {
    let app = names("app3", "root", "app");
    let pair = pair(&app, "mount --bind /proc/uptime /etc/passwd");
    let (shared, own) = members(&pair);
    let join = shared.to_string();
    let args = ["-join", &join, "-format", "hpid,user", "-output", "json"];
    let answer = psgo(&args).exits(0);
    let rows = answer.json();
    assert_eq!(by_host_pid(&rows, shared)["user"], "app");
    assert_eq!(by_host_pid(&rows, own)["user"], ID.to_string());
    let said = "psgo: ids have no names: etc/passwd of the mount namespace of process ";
    assert!(answer.stderr.starts_with(said), "{}", answer.stderr);
    assert_eq!(answer.stderr.lines().count(), 1, "{}", answer.stderr);
    // Who asks for no names is told of none.
    let args = ["-join", &join, "-format", "hpid,uid"];
    psgo(&args).succeeds();
}

#[test]
fn sockets_have_the_names_of_their_owners() {
    crate::machine::must_be_root();
    let (app, nginx) = names_of_both(4);
    let listens =
        |port| format!("setpriv --reuid {ID} --regid {ID} --clear-groups busybox nc -l -p {port}");
    let script = format!(
        "{}; unshare -m sh -c '{} && exec {}' & {} & exec sleep 100000",
        mounts(&app),
        mounts(&nginx),
        listens(47002),
        listens(47001)
    );
    // A network of its own, in which nobody else listens.
    let words = [
        "-m",
        "-p",
        "-n",
        "-f",
        "--kill-child",
        "--mount-proc",
        "sh",
        "-c",
        &script,
    ];
    let holder = Held::start(quiet(Command::new("unshare").args(words)));
    let ports = |rows: &[Row]| {
        let local = rows
            .iter()
            .filter_map(|row| row["local"].as_str()?.rsplit_once(':'));
        local
            .map(|(_, port)| port.to_owned())
            .collect::<BTreeSet<_>>()
    };
    let (join, rows) = wait_for("both sockets", || {
        let [inner] = kernel::children(holder.pid())[..] else {
            return None;
        };
        let join = inner.to_string();
        let args = [
            "sockets",
            "-join",
            &join,
            "-where",
            "state=LISTEN",
            "-format",
            "local,suser,user",
            "-output",
            "json",
        ];
        let answer = psgo(&args);
        let rows = (answer.code == Some(0)).then(|| answer.json())?;
        let owned = rows.iter().filter(|row| !row["user"].is_null());
        // Owners are read before the sockets.
        (ports(&rows).len() == 2 && owned.count() == rows.len()).then_some((join, rows))
    });
    let name_of = |port: &str| if port.ends_with('1') { "app" } else { "nginx" };
    for row in &rows {
        let name = name_of(row["local"].as_str().unwrap());
        assert_eq!(
            (&row["suser"], &row["user"]),
            (&name.into(), &name.into()),
            "{row:?}"
        );
    }
    // Also where no column needs the owner.
    let args = [
        "sockets",
        "-join",
        &join,
        "-where",
        "state=LISTEN",
        "-format",
        "local,suser",
        "-output",
        "json",
    ];
    for row in psgo(&args).succeeds().json() {
        assert_eq!(
            row["suser"],
            name_of(row["local"].as_str().unwrap()),
            "{row:?}"
        );
    }
}

#[test]
fn with_the_hosts_pids_the_hosts_processes_have_the_hosts_names() {
    let app = names("app5", "captain", "app");
    let held = namespaces::host_pid(&mounts(&app));
    let (join, me) = (held.pid().to_string(), i64::from(std::process::id()));
    let pids = format!("{join},{me}");
    let args = [
        "-join",
        &join,
        "-pids",
        &pids,
        "-format",
        "pid,user,huser",
        "-output",
        "json",
    ];
    let rows = psgo(&args).succeeds().json();
    assert_eq!(row(&rows, held.pid().into())["user"], "captain");
    assert_eq!(row(&rows, held.pid().into())["huser"], "root");
    assert_eq!(row(&rows, me)["user"], "root");
}

/// A host within the host: a PID namespace whose first process has `inner` done to its mounts, seen
/// from another container of the host, as a pod sees it.
struct Pod {
    holder: Held,
    proc: String,
}

impl Pod {
    fn new(name: &str, outer: &Path, inner: &str) -> Self {
        crate::machine::must_be_root();
        let proc = dir().join(name);
        fs::create_dir(&proc).unwrap();
        let proc = proc.display().to_string();
        let first = format!("{inner} && {} & exec sleep 100000", sleeps());
        let script = format!(
            "{} && exec unshare -p -f --kill-child sh -c 'mount -t proc proc {proc} && \
             exec unshare -m sh -c \"{first}\"'",
            mounts(outer)
        );
        let words = ["-m", "sh", "-c", &script];
        let holder = Held::start(quiet(Command::new("unshare").args(words)));
        let seen = format!("/proc/{}/root{proc}", holder.pid());
        let pod = Self { holder, proc };
        wait_for("the other host's processes", || {
            let comm = |pid: &str| fs::read(format!("{seen}/{pid}/comm")).ok();
            let all: Vec<_> = fs::read_dir(&seen).ok()?.flatten().collect();
            let pids = all.iter().filter_map(|entry| {
                let name = entry.file_name().into_string().ok()?;
                name.parse::<u32>().ok().map(|_| name)
            });
            let sleeping = pids.filter(|pid| comm(pid).is_some_and(|comm| comm == b"sleep\n"));
            (sleeping.count() == 2).then_some(())
        });
        pod
    }

    /// What `psgo` says in the pod.
    fn psgo(&self, args: &[&str]) -> crate::command::Answer {
        let pid = self.holder.pid().to_string();
        let prefix = ["nsenter", "-t", &pid, "-m"].map(str::to_owned);
        let args = [args, &["-proc", &self.proc]].concat();
        psgo_after(&prefix, &args)
    }
}

#[test]
fn another_proc_has_the_names_of_its_own_host() {
    let (host, pod) = (
        names("host", "root-h", "hosts"),
        names("pod", "root-p", "pods"),
    );
    let pod = Pod::new("other", &pod, &mounts(&host));
    let args = ["-format", "pid,user,ruser,group", "-output", "json"];
    let rows = pod.psgo(&args).succeeds().json();
    assert_eq!(rows.len(), 2);
    for (row, name) in rows.iter().zip(["root-h", "hosts"]) {
        for column in ["user", "ruser", "group"] {
            assert_eq!(row[column], name, "{row:?}");
        }
    }
    let other = rows[1]["pid"].to_string();
    let page = pod.psgo(&["inspect", &other, "-only", "ids"]).succeeds();
    assert!(
        page.text().contains(&format!("hosts ({ID})")),
        "{}",
        page.text()
    );
    // Through a join the names of the host beside those of the container.
    let args = ["-join", &other, "-format", "user,huser", "-output", "json"];
    let rows = pod.psgo(&args).succeeds().json();
    assert_eq!(
        (&rows[1]["user"], &rows[1]["huser"]),
        (&"hosts".into(), &"hosts".into())
    );
}

#[test]
fn another_proc_without_names_has_numbers_and_it_is_said_once() {
    let pod = names("pod2", "root-p", "pods");
    let pod = Pod::new("nameless", &pod, "mount --bind /proc/uptime /etc/passwd");
    let answer = pod.psgo(&["-format", "user", "-no-header"]).exits(0);
    assert_eq!(answer.lines(), ["0", &ID.to_string()]);
    let said = "psgo: ids have no names: etc/passwd of ";
    assert!(answer.stderr.starts_with(said), "{}", answer.stderr);
    assert_eq!(answer.stderr.lines().count(), 1, "{}", answer.stderr);
    let answer = pod.psgo(&["-format", "uid", "-no-header"]).succeeds();
    assert_eq!(answer.lines(), ["0", &ID.to_string()]);
    // Whether a row is root's depends on what could not be read.
    for filter in ["user=root", "user!=root"] {
        let answer = pod.psgo(&["-where", filter]).exits(2);
        let told =
            "there is a user \"root\" is unknown, type the number of the user: etc/passwd of ";
        assert!(answer.stderr.contains(told), "{}", answer.stderr);
    }
    let answer = pod.psgo(&["-where", "user=0", "-format", "uid", "-no-header"]);
    assert_eq!(answer.exits(0).lines(), ["0"]);
}

/// A copy of this process, with these files of the machine beside it.
fn copy(name: &str, files: &[(&str, &str)]) -> String {
    let copy = dir().join(name);
    let process = copy.join("7");
    fs::create_dir_all(&process).unwrap();
    for file in ["stat", "status", "statm", "cmdline"] {
        fs::write(
            process.join(file),
            fs::read(format!("/proc/self/{file}")).unwrap(),
        )
        .unwrap();
    }
    for (file, text) in files {
        let path = copy.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    copy.display().to_string()
}

fn cells(copy: &str, columns: &str) -> BTreeMap<String, Value> {
    let answer = psgo(&["-proc", copy, "-format", columns, "-output", "json"]);
    answer.succeeds().json().remove(0).into_iter().collect()
}

#[test]
fn what_a_copy_does_not_tell_is_not_that_of_this_machine() {
    let columns = "user,huser,group,etime,pcpu,stime,pmem,capbnd,rss,vsz,time";
    let bare = copy("bare", &[]);
    let row = cells(&bare, columns);
    for column in ["etime", "pcpu", "stime", "pmem", "huser"] {
        assert!(row[column].is_null(), "{column}: {row:?}");
    }
    // It was made by root, whom it does not name.
    assert_eq!((&row["user"], &row["group"]), (&"0".into(), &"0".into()));
    // What is in bytes there is known; pages are of whatever size.
    let status = kernel::status(i32::try_from(std::process::id()).unwrap()).unwrap();
    assert!(status.contains_key("VmRSS"));
    assert!(
        row["rss"].as_u64() > Some(0) && row["vsz"].as_u64() > Some(0),
        "{row:?}"
    );
    assert!(row["time"].is_number(), "{row:?}");
    assert_ne!(row["capbnd"], "full", "{row:?}");
    let page = psgo(&["inspect", "7", "-proc", &bare]).succeeds();
    let started = page
        .lines()
        .into_iter()
        .find(|line| line.contains(" started "))
        .unwrap();
    assert!(started.contains('?'), "{started}");

    // What it tells counts.
    let start = cells_of_stat(&bare);
    let files = [
        ("uptime", format!("{}.00 1.00\n", start / 100 + 50)),
        (
            "stat",
            "cpu  1 2 3 4 5 6 7 8 9 0\nbtime 1000000000\n".to_owned(),
        ),
        ("sys/kernel/cap_last_cap", "40\n".to_owned()),
    ];
    let files: Vec<_> = files
        .iter()
        .map(|(file, text)| (*file, &text[..]))
        .collect();
    let told = copy("told", &files);
    let row = cells(&told, columns);
    let etime = row["etime"].as_f64().unwrap();
    assert!((49.0..=50.0).contains(&etime), "{row:?}");
    assert!(
        row["stime"].as_str().unwrap().starts_with("2001-09-"),
        "{row:?}"
    );
    assert!(row["pcpu"].is_number(), "{row:?}");
}

/// When the process of the copy started, in ticks.
fn cells_of_stat(copy: &str) -> u64 {
    let stat = fs::read_to_string(format!("{copy}/7/stat")).unwrap();
    let (_, rest) = stat.rsplit_once(')').unwrap();
    rest.split_whitespace().nth(19).unwrap().parse().unwrap()
}

#[test]
fn a_procfs_that_shows_processes_alone_has_this_kernels_clock_and_memory() {
    let proc = dir().join("alone").display().to_string();
    fs::create_dir(&proc).unwrap();
    let held = namespaces::host_pid(&format!("mount -t proc -o subset=pid proc {proc}"));
    let pid = held.pid().to_string();
    let prefix = ["nsenter", "-t", &pid, "-m"].map(str::to_owned);
    let columns = [
        "-format",
        "etime,stime,pcpu,pmem,rss",
        "-output",
        "json",
        "-pids",
        &pid,
    ];
    let plain = psgo(&columns).succeeds().json().remove(0);
    let alone = psgo_after(&prefix, &[&columns[..], &["-proc", &proc]].concat());
    let alone = alone.succeeds().json().remove(0);
    for column in ["stime", "rss", "pmem"] {
        assert_eq!(alone[column], plain[column], "{alone:?} {plain:?}");
    }
    let age = |row: &Row| row["etime"].as_f64().unwrap();
    assert!(
        age(&alone) >= age(&plain) && alone["pcpu"].is_number(),
        "{alone:?} {plain:?}"
    );
    let page = psgo_after(
        &prefix,
        &["inspect", &pid, "-proc", &proc, "-only", "memory"],
    );
    let resident = page.exits(0);
    assert!(resident.lines()[3].contains('%'), "{}", resident.text());
    // It has no link to the tables of the network either.
    let table = psgo_after(&prefix, &["proc", "net/raw", "-proc", &proc]);
    table.succeeds();
    let sockets = psgo_after(&prefix, &["sockets", "-proc", &proc]);
    assert!(!sockets.stderr.contains("could not be read"), "{sockets:?}");
}

#[test]
fn the_user_in_a_container_is_called_as_there_and_outside_as_ever() {
    let name = |pid: i32, column: &str| {
        let columns = format!("pid,{column}");
        let args = [
            "-pids",
            &pid.to_string(),
            "-format",
            &columns,
            "-output",
            "json",
        ];
        let rows: Vec<Row> = psgo(&args).succeeds().json();
        row(&rows, pid.into())[column].as_str().unwrap().to_owned()
    };
    let all_of = |pid: i32| {
        let all = kernel::visible_in(pid).into_iter();
        let named = all.map(|pid| name(pid, "cuser"));
        named
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect::<Vec<_>>()
    };
    assert_eq!(name(podman::user().pid, "cuser"), "alice");
    // By a map of its own, and a passwd of its own: 301000 has no name on the host.
    let mapped = podman::uidmap();
    assert_eq!(all_of(mapped.pid), ["alice", "root"]);
    assert_eq!(name(mapped.pid, "user"), "300000");
    let rootless = podman::rootless();
    assert_eq!(all_of(rootless.plain.pid), ["alice", "root"]);
    assert_eq!(name(rootless.plain.pid, "user"), rootless.user.name);
    // Of its own user namespace, in a container without one.
    assert_eq!(name(podman::nested().inner, "cuser"), "root");
    // From inside it is the same, whoever was joined.
    let args = [
        "-join",
        &mapped.pid.to_string(),
        "-format",
        "user,cuser",
        "-output",
        "json",
    ];
    let rows: Vec<Row> = psgo(&args).succeeds().json();
    assert_eq!(rows.len(), 3);
    assert!(
        rows.iter().all(|row| row["user"] == row["cuser"]),
        "{rows:?}"
    );
    // In no container: as the host calls it, whatever it has mounted.
    let own = names("host-of-cuser", "nobody-else", "somebody");
    let outside = namespaces::prepared_with(&format!("{}; {} & :", mounts(&own), sleeps()), 1);
    let inner = kernel::children(outside.inner)[0];
    assert_eq!(name(inner, "cuser"), ID.to_string());
    assert_eq!(name(inner, "cuser"), name(inner, "user"));
    let joined = [
        "-join",
        &outside.inner.to_string(),
        "-format",
        "cuser",
        "-output",
        "json",
    ];
    let rows: Vec<Row> = psgo(&joined).succeeds().json();
    let found: BTreeSet<_> = rows
        .iter()
        .map(|row| row["cuser"].as_str().unwrap())
        .collect();
    assert!(found.contains("somebody"), "{found:?}");
}
