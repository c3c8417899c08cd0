//! What containers are called, against what podman says.

use std::{collections::BTreeSet, fs, process::Command};

use psgo::{JoinOptions, Pid, Runtime, View};
use serde_json::{Map, Value};

use crate::{
    command::{psgo, row},
    cost::traced,
    machine::{
        dir, podman,
        process::{Held, quiet},
        wait_for,
    },
    oracle::kernel,
};

const NAMES: &str = "pid,container,cname,image,pod,podns,runtime";

/// What podman says of a container in this form.
fn said(podman: &podman::Podman, container: &podman::Container, form: &str) -> String {
    podman.run(&["inspect", "--format", form, &container.id])
}

fn rows(args: &[&str]) -> Vec<Map<String, Value>> {
    let args = [args, &["-output", "json"]].concat();
    psgo(&args).succeeds().json()
}

fn pids(filter: &str) -> BTreeSet<i32> {
    let rows = rows(&["-format", "pid", "-where", filter]);
    let pid = |row: &Map<String, Value>| i32::try_from(row["pid"].as_i64().unwrap()).unwrap();
    rows.iter().map(pid).collect()
}

#[test]
fn names_images_and_pods_are_podmans() {
    let pod = podman::pod();
    let root = podman::podman();
    let all = rows(&["-format", NAMES]);
    for container in [&pod.infra, &pod.members[0], &pod.members[1]] {
        let row = row(&all, container.pid.into());
        assert_eq!(row["container"], container.id);
        assert_eq!(row["cname"], said(root, container, "{{.Name}}"));
        let image = said(root, container, "{{.ImageName}}");
        assert_eq!(row["image"], image);
        assert_eq!(row["pod"], "shared");
        assert_eq!(row["podns"], Value::Null);
        assert_eq!(row["runtime"], "podman");
    }
    let plain = podman::plain();
    let name = said(root, plain, "{{.Name}}");
    let row = row(&all, plain.pid.into());
    assert_eq!(row["cname"], name);
    assert_eq!(row["pod"], Value::Null);
    // The same from inside, where the process has another number.
    let joined = rows(&["-join", &plain.pid.to_string(), "-format", NAMES]);
    assert!(!joined.is_empty());
    assert!(joined.iter().all(|row| row["cname"] == name));
}

/// What `conmon` runs beside the container, as `podman container cleanup` at its end, is not in it.
#[test]
fn what_runs_where_the_watcher_runs_is_in_no_container() {
    let script = dir().join("conmon.sh");
    let tied = "setpriv --pdeathsig KILL";
    let lines = format!(
        "printf conmon >/proc/self/comm\n{tied} sleep 100042 &\n{tied} unshare --mount sleep 100043 &\nwait\n"
    );
    fs::write(&script, lines).unwrap();
    let id = format!("{:063x}f", std::process::id());
    let script = script.to_str().unwrap();
    let words = [script, "-c", &id, "-n", "watched"];
    let watcher = Held::start(quiet(Command::new("bash").args(words)));
    let watched = wait_for("both children", || {
        let children = kernel::children(watcher.pid());
        let both = children
            .iter()
            .all(|pid| kernel::comm(*pid) == Some(b"sleep".to_vec()));
        (both && children.len() == 2).then_some(children)
    });
    let name = |of: &str| {
        let args = |pid: &&i32| kernel::cmdline(**pid).unwrap().concat() == of.as_bytes();
        let pid = watched.iter().find(args).unwrap();
        let rows = rows(&["-pids", &pid.to_string(), "-format", "cname,container"]);
        (rows[0]["cname"].clone(), rows[0]["container"].clone())
    };
    assert_eq!(name("sleep100042"), (Value::Null, Value::Null));
    assert_eq!(name("sleep100043"), ("watched".into(), id.as_str().into()));
}

#[test]
fn a_container_is_found_by_name_by_id_and_by_pod() {
    let container = podman::plain();
    let name = said(podman::podman(), container, "{{.Name}}");
    let own: BTreeSet<i32> = kernel::visible_in(container.pid).into_iter().collect();
    for filter in [
        format!("container={name}"),
        format!("cname={name}"),
        format!("container={}", container.id),
        format!("container={}", &container.id[..12]),
        format!("container={}", &container.id[..8]),
    ] {
        assert_eq!(pids(&filter), own, "{filter}");
    }
    let pod = podman::pod();
    let found = pids("pod=shared");
    for member in [&pod.infra, &pod.members[0], &pod.members[1]] {
        assert!(found.contains(&member.pid), "{found:?}");
    }
    let answer = psgo(&["-where", "container=no-such-container"]).exits(1);
    assert!(format!("{answer:?}").contains("no process is in a container"));
}

#[test]
fn a_rootless_container_is_named_by_what_watches_it_or_by_its_group() {
    let rootless = podman::rootless();
    let container = &rootless.plain;
    let name = said(&rootless.podman, container, "{{.Name}}");
    let all = rows(&["-format", NAMES]);
    for pid in kernel::visible_in(container.pid) {
        let row = row(&all, pid.into());
        assert_eq!(row["container"], container.id, "{pid}");
        assert_eq!(row["cname"], name, "{pid}");
        assert_eq!(row["runtime"], "podman", "{pid}");
    }
    let own: BTreeSet<i32> = kernel::visible_in(container.pid).into_iter().collect();
    assert_eq!(pids(&format!("container={name}")), own);
}

#[test]
fn the_library_lists_containers() {
    let pod = podman::pod();
    let plain = podman::plain();
    let rootless = podman::rootless();
    let view = View::host().unwrap();
    let all = view.containers().unwrap();
    assert!(all.outcome().skipped.is_empty(), "{:?}", all.outcome());
    let one = |container: &podman::Container, podman: &podman::Podman| {
        let name = said(podman, container, "{{.Name}}");
        let found = all.find(&name);
        assert_eq!(found.len(), 1, "{name}");
        let found = found[0];
        assert_eq!(found.id().as_str(), Some(&*container.id));
        assert_eq!(
            found.first().pid.get(),
            u32::try_from(container.pid).unwrap()
        );
        assert_eq!(found.runtime(), Some(Runtime::Podman));
        assert!(
            all.find(&container.id[..6])
                .iter()
                .any(|other| other.id() == found.id())
        );
        found
    };
    let found = one(plain, podman::podman());
    let visible = kernel::visible_in(plain.pid).into_iter();
    let visible: Vec<_> = visible
        .map(|pid| Pid::new(pid.try_into().unwrap()))
        .collect();
    assert_eq!(found.pids(), visible);
    assert!(found.has_control_group());
    let member = one(&pod.members[0], podman::podman());
    assert_eq!(
        member.pod().unwrap().name.as_ref().unwrap().as_str(),
        Some("shared")
    );
    assert!(!member.is_sandbox() && one(&pod.infra, podman::podman()).is_sandbox());
    assert!(member.created().is_some());
    one(&rootless.plain, &rootless.podman);
    // Through a join, those that are seen there, by the numbers that they have there.
    let pids = [Pid::new(plain.pid.try_into().unwrap())];
    let joined = view.join_each(&pids, &JoinOptions::default());
    let inside = joined.views[0].containers().unwrap();
    assert_eq!(inside.len(), 1);
    assert_eq!(inside[0].first().pid, Pid::new(1));
    assert_eq!(inside[0].name(), found.name());
}

#[test]
fn files_of_runtimes_are_read_once_and_only_where_a_column_wants_them() {
    let container = podman::plain();
    let opened = |format: &str| {
        let lines = traced("open,openat,openat2", &["-format", format]);
        let of = |name: &str| {
            let is_it = |line: &&String| line.contains(name) && !line.contains(" = -1 ");
            lines.iter().filter(is_it).count()
        };
        let bundle = format!("{}/userdata/config.json", container.id);
        (of("vfs-containers/containers.json"), of(&bundle))
    };
    assert_eq!(opened("pid,container,args"), (0, 0));
    let (lists, bundles) = opened("pid,cname,args");
    assert!(lists >= 1, "{lists}");
    assert_eq!(bundles, 1);
}

#[test]
fn figures_are_those_of_the_containers_group() {
    let name = format!("figures-{}", std::process::id());
    let flags = ["--name", &name, "--memory=64m", "--pids-limit=100"];
    let container = podman::podman().start(&flags, &["sh", "-c", "sleep 100020 & wait"]);
    wait_for("both processes", || {
        (kernel::visible_in(container.pid).len() == 2).then_some(())
    });
    let columns = "pid,cgmem,cgmemlimit,cgmempercent,cgpids,cgthrottled";
    let rows = rows(&["-format", columns, "-where", &format!("container={name}")]);
    assert_eq!(rows.len(), 2);
    for row in &rows {
        assert_eq!(row["cgmemlimit"], 64 << 20);
        assert_eq!(row["cgpids"], 2);
        let used = row["cgmem"].as_f64().unwrap();
        assert!(used > 0.0 && used < f64::from(64 << 20), "{row:?}");
        let percent = row["cgmempercent"].as_f64().unwrap();
        assert!(
            (percent - 100.0 * used / f64::from(64 << 20)).abs() < 0.1,
            "{row:?}"
        );
    }
    // Read once, they are the same of both.
    assert_eq!(rows[0]["cgmem"], rows[1]["cgmem"]);
    podman::podman().run(&["rm", "--force", "--time", "0", &name]);
}
