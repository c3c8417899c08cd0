//! Containers and files of a runtime that somebody made up: files that are none, a store that never
//! answers, a container that poses as another, and a hundred that are removed while they are listed.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering::Relaxed},
};

use nix::{
    sys::stat::Mode,
    unistd::{getpid, gettid, mkfifo},
};
use serde_json::{Value, json};

use super::{
    TIMEOUT,
    alone::alone,
    fuse::{Fuse, Kind, LOOKUP, OPEN, READ},
    machine::with_mounts_of_its_own,
};
use crate::{
    command::{Answer, Row, psgo},
    machine::{
        at_end, dir,
        process::{Held, sleeping},
        wait_for,
    },
};

/// A data root as Docker has it, and the control groups of its containers.
struct Store {
    root: PathBuf,
    groups: PathBuf,
}

/// A process in a control group of its own.
struct Made {
    id: String,
    group: PathBuf,
    held: Option<Held>,
}

impl Store {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Relaxed);
        let mut hierarchies = ["/sys/fs/cgroup/pids", "/sys/fs/cgroup"].into_iter();
        let hierarchy = hierarchies.find(|path| Path::new(path).join("cgroup.procs").exists());
        let groups = format!("{}/psgo-{}-{number}", hierarchy.unwrap(), getpid());
        // Whatever is in it ends with this run, a moment later.
        at_end(&format!(
            "for i in $(seq 100); do find {groups} -depth -type d -exec rmdir {{}} + 2>/dev/null; [ -d {groups} ] || break; sleep 0.05; done"
        ));
        fs::create_dir(&groups).unwrap();
        let root = dir().join(format!("made-up-{number}"));
        fs::create_dir_all(root.join("containers")).unwrap();
        let groups = groups.into();
        Self { root, groups }
    }

    /// A container of which nothing is known but its group, below `above`.
    fn container(above: &Path, id: &str) -> Made {
        let held = sleeping();
        let group = above.join(format!("docker-{id}.scope"));
        fs::create_dir(&group).unwrap();
        fs::write(group.join("cgroup.procs"), held.pid().to_string()).unwrap();
        Made {
            id: id.to_owned(),
            group,
            held: Some(held),
        }
    }

    /// The file of a container.
    fn file(&self, id: &str) -> PathBuf {
        let dir = self.root.join("containers").join(id);
        fs::create_dir_all(&dir).unwrap();
        dir.join("config.v2.json")
    }

    /// A container of that name.
    fn named(&self, id: &str, name: &str) -> Made {
        let text = json!({"Name": format!("/{name}"), "Config": {"Image": "made-up"}});
        fs::write(self.file(id), text.to_string()).unwrap();
        Self::container(&self.groups, id)
    }

    fn psgo(&self, args: &[&str]) -> Answer {
        psgo(&[args, &["-runtime-root", self.root.to_str().unwrap()]].concat())
    }

    /// The names of these containers, by ID.
    fn names(&self, ids: &[&str], code: i32) -> (BTreeMap<String, Value>, Answer) {
        let args = [
            "containers",
            "-format",
            "name,id,processes",
            "-output",
            "json",
        ];
        let answer = self.psgo(&args).exits(code);
        let rows = answer.json();
        let own = rows
            .iter()
            .filter(|row| ids.iter().any(|id| row["id"] == *id));
        let named = own.map(|row| {
            assert_eq!(row["processes"], 1, "{row:?}");
            (row["id"].as_str().unwrap().to_owned(), row["name"].clone())
        });
        (named.collect(), answer)
    }
}

impl Made {
    fn pid(&self) -> i32 {
        self.held.as_ref().unwrap().pid()
    }
}

impl Drop for Made {
    fn drop(&mut self) {
        drop(self.held.take());
        wait_for("the group is empty", || fs::remove_dir(&self.group).ok());
    }
}

/// An ID that no other container of this run has, not of decimal digits alone, which are a pid.
fn id(number: u32) -> String {
    format!(
        "{number:08x}{:08x}{:047x}f",
        getpid().as_raw(),
        gettid().as_raw(),
    )
}

#[test]
fn files_that_are_none_cost_the_names_of_their_containers_and_names_are_escaped() {
    let store = Store::new();
    let ids: Vec<_> = (0..5).map(id).collect();
    let odd = "a\nb\u{1b}[2J\u{202e}\\";
    let good = store.named(&ids[0], odd);
    mkfifo(&store.file(&ids[1]), Mode::S_IRWXU).unwrap();
    let secret = store.root.join("secret.json");
    fs::write(&secret, r#"{"Name": "/secret"}"#).unwrap();
    symlink(&secret, store.file(&ids[2])).unwrap();
    let sparse = fs::File::create(store.file(&ids[3])).unwrap();
    sparse.set_len(1 << 30).unwrap();
    let deep = format!(r#"{{"Config": {}"#, r#"{"Labels":"#.repeat(10_000));
    fs::write(store.file(&ids[4]), deep).unwrap();
    let bad: Vec<_> = ids[1..]
        .iter()
        .map(|id| Store::container(&store.groups, id))
        .collect();
    let all: Vec<&str> = ids.iter().map(String::as_str).collect();
    let (names, answer) = store.names(&all, 1);
    assert_eq!(names.len(), 5, "{names:?}");
    assert_eq!(names[&ids[0]], odd);
    for made in &bad {
        assert_eq!(names[&made.id], Value::Null, "{names:?}");
    }
    // Each of them is told, with its reason.
    let said = &answer.stderr;
    for (id, why) in ids[1..].iter().zip([
        "could not be read",
        "could not be read",
        "too long",
        "could not be parsed",
    ]) {
        let told = format!("{id}/config.v2.json ({why})");
        assert!(said.contains(&told), "{told}: {said}");
    }
    assert!(!format!("{answer:?}").contains("secret"), "{answer:?}");
    // Of a table no name makes a row, or moves the cursor.
    let filter = format!("id={}", ids[0]);
    let args = [
        "containers",
        "-format",
        "name,id",
        "-no-header",
        "-where",
        &filter,
    ];
    let table = store.psgo(&args).exits(1);
    assert_eq!(table.lines().len(), 1, "{table:?}");
    assert!(
        table.text().starts_with("a\\nb\\x1b[2J\\u{202e}\\\\ "),
        "{table:?}"
    );
    // And it is joined by that very name.
    let args = [
        "-join",
        &format!("name={odd}"),
        "-format",
        "hpid",
        "-no-header",
    ];
    let joined = store.psgo(&args).exits(0);
    assert_eq!(joined.text().trim(), good.pid().to_string());
}

#[test]
fn a_store_that_takes_requests_and_never_answers_costs_names_alone() {
    alone(|| {
        let store = Store::new();
        let made = store.named(&id(0), "web");
        let here = with_mounts_of_its_own();
        let other = dir().join("silent");
        fs::create_dir(&other).unwrap();
        let at = other.to_str().unwrap();
        for request in [LOOKUP, OPEN, READ] {
            let (server, _) = Fuse::that_takes(request, here, at, Kind::Directory);
            let roots = format!("{at},{}", store.root.display());
            let timeout = format!("{}s", TIMEOUT.as_secs_f64());
            let args = |columns| {
                [
                    "-runtime-root",
                    &roots,
                    "-timeout",
                    &timeout,
                    "-format",
                    columns,
                    "-output",
                    "json",
                ]
                .map(str::to_owned)
            };
            let args = args("pid,cname,container");
            let args: Vec<&str> = args.iter().map(String::as_str).collect();
            // It has ended, with every row, and what answers has told its name, or nobody waits for it.
            let answer = psgo(&args);
            let rows: Vec<Row> = answer.json();
            let own = rows.iter().find(|row| row["pid"] == made.pid()).unwrap();
            assert_eq!(own["container"], made.id.as_str(), "{request}: {own:?}");
            let name = &own["cname"];
            assert!(*name == "web" || name.is_null(), "{request}: {own:?}");
            // What did not answer is told.
            assert!(answer.stderr.contains(at), "{request}: {answer:?}");
            let others: BTreeSet<_> = rows.iter().filter_map(|row| row["pid"].as_i64()).collect();
            assert!(others.contains(&1), "{request}: {others:?}");
            drop(server);
            nix::mount::umount2(at, nix::mount::MntFlags::MNT_DETACH).unwrap();
        }
        let (names, _) = store.names(&[&made.id], 0);
        assert_eq!(names[&made.id], "web");
    });
}

#[test]
fn who_makes_groups_in_a_container_is_not_shown_as_another() {
    let store = Store::new();
    let victim = store.named(&id(0), "victim");
    let attacker = store.named(&id(1), "attacker");
    // What runs in a container may make groups below its own, of any name.
    let posing = Store::container(&attacker.group, &victim.id);
    let rows: Vec<Row> = {
        let filter = format!("pid={} || pid={}", victim.pid(), posing.pid());
        let args = [
            "-format",
            "pid,cname,container",
            "-output",
            "json",
            "-where",
            &filter,
        ];
        store.psgo(&args).exits(0).json()
    };
    let row = |pid: i32| rows.iter().find(|row| row["pid"] == pid).unwrap();
    assert_eq!(row(victim.pid())["cname"], "victim");
    assert_eq!(row(posing.pid())["cname"], "attacker");
    assert_eq!(row(posing.pid())["container"], attacker.id.as_str());
    for target in ["victim", &victim.id, &format!("id={}", &victim.id[..20])] {
        let args = ["-join", target, "-format", "hpid", "-no-header"];
        let joined = store.psgo(&args).exits(0);
        assert_eq!(joined.text().trim(), victim.pid().to_string(), "{target}");
    }
    let args = ["containers", "-format", "name,processes", "-output", "json"];
    let rows: Vec<Row> = store.psgo(&args).exits(0).json();
    let of = |name: &str| rows.iter().find(|row| row["name"] == name).unwrap()["processes"].clone();
    assert_eq!((of("victim"), of("attacker")), (1.into(), 2.into()));
    // Nor by a file of another's, whatever it says.
    let file = store.file(&victim.id);
    std::os::unix::fs::chown(&file, Some(12345), None).unwrap();
    let (names, _) = store.names(&[&victim.id], 0);
    assert_eq!(names[&victim.id], Value::Null);
    drop(posing);
}

#[test]
fn a_hundred_that_are_removed_while_they_are_listed_are_whole_or_gone() {
    let store = Store::new();
    let ids: Vec<_> = (0..101).map(id).collect();
    let name = |id: &str| format!("made-{}", &id[..8]);
    let made: Vec<_> = ids.iter().map(|id| store.named(id, &name(id))).collect();
    let all: Vec<&str> = ids.iter().map(String::as_str).collect();
    let (names, _) = store.names(&all, 0);
    assert_eq!(names.len(), 101);
    let is_done = std::sync::atomic::AtomicBool::new(false);
    let (kept, listings) = std::thread::scope(|scope| {
        let listing = scope.spawn(|| {
            let mut listings = 0;
            while !is_done.load(Relaxed) || listings == 0 {
                let args = [
                    "containers",
                    "-format",
                    "name,id,memory,pid,args",
                    "-output",
                    "json",
                ];
                let answer = store.psgo(&args).exits(0);
                for row in answer.json() {
                    let Some(id) = row["id"].as_str().filter(|id| all.contains(id)) else {
                        continue;
                    };
                    // Its files may be gone before it is.
                    let is_whole = row["name"].is_null() || row["name"] == name(id);
                    assert!(is_whole, "{row:?}");
                    let args = &row["args"];
                    assert!(args.is_null() || *args == "sleep 100000", "{row:?}");
                }
                listings += 1;
            }
            listings
        });
        let mut made = made;
        let kept = made.pop().unwrap();
        for one in made {
            // As a runtime does it: the process, its files, its group.
            let file = store.file(&one.id);
            let mut one = one;
            drop(one.held.take());
            fs::remove_file(&file).unwrap();
            fs::remove_dir(file.parent().unwrap()).unwrap();
            drop(one);
        }
        is_done.store(true, Relaxed);
        (kept, listing.join().unwrap())
    });
    assert!(listings > 0);
    let (names, _) = store.names(&all, 0);
    assert_eq!(
        names,
        BTreeMap::from([(kept.id.clone(), name(&kept.id).into())])
    );
}
