//! The columns that psgo itself does not have, against the kernel and podman.

use std::{fs, os::unix::fs::MetadataExt, process::Command};

use serde_json::Value;

use crate::{
    command::{psgo, row},
    machine::{
        namespaces, podman,
        process::{Held, Started, quiet, sleeping, until_running},
        wait_for,
    },
    oracle::kernel,
};

const NAMES: &str = "pid,rss,pmem,cgroup,pidns,netns,mntns,userns,exe,cwd,ancestors";

/// The parents above `pid` that the kernel tells, the nearest first.
fn ancestors(pid: i32) -> Vec<i64> {
    let mut above = Vec::new();
    let mut next = kernel::stat_number(pid, 4);
    while let Some(parent) = next.filter(|parent| *parent > 0) {
        above.push(parent);
        next = kernel::stat_number(i32::try_from(parent).unwrap(), 4);
    }
    above
}

/// The group of systemd's hierarchy, else of version 2, else of the first; if that is the root, the
/// first that is not.
fn cgroup(pid: i32) -> String {
    let file = fs::read_to_string(format!("/proc/{pid}/cgroup")).unwrap();
    let rows: Vec<Vec<&str>> = file.lines().map(|l| l.splitn(3, ':').collect()).collect();
    let of = |number: &str, name: &str| {
        let mut rows = rows.iter();
        rows.find(|row| row[1] == name && (number.is_empty() || row[0] == number))
    };
    let main = of("", "name=systemd").or_else(|| of("0", ""));
    let main = main.unwrap_or(&rows[0]);
    let other = rows.iter().find(|row| main[2] == "/" && row[2] != "/");
    other.unwrap_or(main)[2].to_owned()
}

#[test]
fn links_groups_and_ancestors_are_those_of_the_process() {
    let (plain, inside) = (sleeping(), namespaces::nested(1));
    let total = fs::read_to_string("/proc/meminfo").unwrap();
    let total = total.lines().next().unwrap();
    let total: f64 = total.split_whitespace().nth(1).unwrap().parse().unwrap();
    let rows = psgo(&["-format", NAMES, "-output", "json"]).exits(0).json();
    for pid in [plain.pid(), inside.inner] {
        let row = row(&rows, pid.into());
        for (name, file) in [
            ("pidns", "pid"),
            ("netns", "net"),
            ("mntns", "mnt"),
            ("userns", "user"),
        ] {
            // What stands behind the link has the number as its inode.
            let behind = fs::metadata(format!("/proc/{pid}/ns/{file}")).unwrap();
            assert_eq!(row[name], behind.ino(), "{name} of {pid}");
        }
        for name in ["exe", "cwd"] {
            let target = fs::read_link(format!("/proc/{pid}/{name}")).unwrap();
            assert_eq!(row[name], target.to_str().unwrap(), "{pid}");
        }
        assert_eq!(row["cgroup"], *cgroup(pid), "{pid}");
        assert_eq!(row["ancestors"], Value::from(ancestors(pid)), "{pid}");
        let rss = row["rss"].as_f64().unwrap();
        let percent = row["pmem"].as_f64().unwrap();
        assert!(rss > 0.0 && (percent - rss / 1024.0 / total * 100.0).abs() < 0.001);
    }
    let of = |pid: i32, name: &str| row(&rows, pid.into())[name].clone();
    assert_ne!(of(plain.pid(), "pidns"), of(inside.inner, "pidns"));
}

#[test]
fn where_a_process_waits_is_told_in_the_words_of_the_kernel() {
    // It waits in `__do_sys_pause`; ps says `do_sys_pause`.
    let paused = Held::start(quiet(Command::new("sleep").arg("infinity")));
    until_running(paused.pid(), "sleep");
    let asleep = sleeping();
    // It has ended and waits for nothing.
    let ended = Held::start(quiet(&mut Command::new("true")));
    wait_for("a zombie", || {
        let status = kernel::status(ended.pid())?;
        status["State"].starts_with('Z').then_some(())
    });
    let rows = psgo(&["-format", "pid,wchan", "-output", "json"]);
    let rows = rows.exits(0).json();
    for process in [&paused, &asleep] {
        let pid = process.pid();
        let function = fs::read_to_string(format!("/proc/{pid}/wchan")).unwrap();
        assert_ne!(function, "0", "{pid} sleeps");
        assert_eq!(row(&rows, pid.into())["wchan"], *function, "{pid}");
    }
    assert_eq!(row(&rows, ended.pid().into())["wchan"], Value::Null);
}

#[test]
fn the_id_of_a_container_is_podmans() {
    let container = podman::plain();
    let pid = container.pid.to_string();
    assert_eq!(container.id.len(), 64);
    for flags in [&["-pids", &pid][..], &["-pids", &pid, "-join"]] {
        let args = [flags, &["-format", "pid,container", "-output", "json"]].concat();
        let rows = psgo(&args).succeeds().json();
        assert!(!rows.is_empty());
        for row in rows {
            assert_eq!(row["container"], container.id, "{flags:?}");
        }
    }
    let wanted = format!("container={}*", &container.id[..12]);
    let rows = psgo(&["-format", "pid", "-where", &wanted, "-output", "json"]);
    let rows = rows.succeeds().json();
    row(&rows, container.pid.into());
}

#[test]
fn descendants_are_told_by_any_ancestor_of_theirs() {
    let family = Held::start(quiet(
        Command::new("sh").args(["-c", "sh -c 'sleep 100002 & wait' & wait"]),
    ));
    let child = wait_for("a grandchild", || {
        let child = *kernel::children(family.pid()).first()?;
        let grandchild = *kernel::children(child).first()?;
        Some([child, grandchild])
    });
    let _ended = child.map(Started::of);
    let found = |filter: String| -> Vec<Value> {
        let answer = psgo(&["-format", "pid", "-where", &filter, "-output", "json"]);
        let rows = answer.succeeds().json();
        rows.iter().map(|row| row["pid"].clone()).collect()
    };
    assert_eq!(found(format!("ancestor={}", family.pid())), child);
    assert_eq!(found(format!("ancestor={}", child[0])), child[1..]);
    let others = found(format!("ancestor!={}", family.pid()));
    assert!(
        !others
            .iter()
            .any(|pid| child.iter().any(|child| pid == child))
    );
    // As it is alone, by number.
    let alone = child[1].to_string();
    let wanted = format!("ancestor={}", family.pid());
    let answer = psgo(&["-pids", &alone, "-format", "pid", "-where", &wanted]);
    assert_eq!(answer.succeeds().lines().len(), 2);
}
