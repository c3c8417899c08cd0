//! Containers by their names: joined, and listed with what they use, against podman and the kernel.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::{
    command::{Row, list, psgo},
    machine::{podman, wait_for},
    oracle::kernel,
};

fn name(podman: &podman::Podman, container: &podman::Container) -> String {
    podman.run(&["inspect", "--format", "{{.Name}}", &container.id])
}

/// The processes that a join shows, by the host's numbers.
fn joined(target: &str) -> BTreeSet<i32> {
    let args = ["-join", target, "-format", "hpid", "-output", "json"];
    let rows = psgo(&args).succeeds().json();
    let pid = |row: &Row| i32::try_from(row["hpid"].as_i64().unwrap()).unwrap();
    rows.iter().map(pid).collect()
}

fn rows(args: &[&str]) -> Vec<Row> {
    let args = [&["containers"], args, &["-output", "json"]].concat();
    psgo(&args).succeeds().json()
}

#[test]
fn a_container_is_joined_by_its_name_or_by_the_beginning_of_its_id() {
    let container = podman::plain();
    let name = name(podman::podman(), container);
    let own: BTreeSet<i32> = kernel::visible_in(container.pid).into_iter().collect();
    let id = &container.id;
    for target in [
        name.clone(),
        format!("name={name}"),
        format!("id={id}"),
        format!("id={}", &id[..12]),
    ] {
        assert_eq!(joined(&target), own, "{target}");
    }
    let args = ["sockets", "-join", &name, "-format", "local"];
    psgo(&args).succeeds();
    let page = psgo(&["inspect", "1", "-join", &name, "-only", "identity"]).succeeds();
    assert!(page.text().starts_with("1 "), "{page:?}");
}

#[test]
fn of_a_rootless_container_the_same_holds() {
    let rootless = podman::rootless();
    let name = name(&rootless.podman, &rootless.plain);
    let own: BTreeSet<i32> = kernel::visible_in(rootless.plain.pid).into_iter().collect();
    assert_eq!(joined(&name), own);
}

#[test]
fn of_a_pid_namespace_that_others_share_a_container_is_shown_alone() {
    let pod = podman::pod();
    let [first, second] = &pod.members;
    let root = podman::podman();
    for container in [&pod.infra, first, second, podman::host_pid()] {
        let own = BTreeSet::from([container.pid]);
        assert_eq!(joined(&name(root, container)), own, "{container:?}");
    }
    let all = BTreeSet::from([pod.infra.pid, first.pid, second.pid]);
    assert_eq!(joined("pod=shared"), all);
    // Others are not shown by their numbers either.
    let host_pid = name(root, podman::host_pid());
    let others = list(&[podman::plain().pid]);
    psgo(&["-join", &host_pid, "-pids", &others]).exits(1);
    psgo(&["inspect", &others, "-join", &host_pid]).exits(1);
    let own = list(&[podman::host_pid().pid]);
    psgo(&["inspect", &own, "-join", &host_pid]).exits(0);
}

#[test]
fn what_is_unknown_or_means_several_is_refused_and_says_what_there_is() {
    let container = podman::plain();
    let unknown = psgo(&["-join", "no-such-container"]).exits(2);
    let said = &unknown.stderr;
    assert!(
        said.starts_with("psgo: no-such-container: there is no such container; there are "),
        "{said}"
    );
    let (root, rootless) = (podman::podman(), podman::rootless());
    let twin = format!("twin-{}", std::process::id());
    let flags = ["--name", twin.as_str()];
    let of_root = root.start(&flags, &["sleep", "100030"]);
    let of_user = rootless.podman.start(&flags, &["sleep", "100031"]);
    let several = psgo(&["-join", &twin]).exits(2);
    let said = &several.stderr;
    assert!(said.contains("several are called so"), "{said}");
    for id in [&of_root.id, &of_user.id] {
        assert!(said.contains(&id[..12]), "{said}");
        let own = joined(&format!("id={id}"));
        assert_eq!(own.len(), 1, "{own:?}");
    }
    for podman in [root, &rootless.podman] {
        podman.run(&["rm", "--force", "--time", "0", &twin]);
    }
    assert!(kernel::status(container.pid).is_some());
}

#[test]
fn a_container_uses_what_podman_says() {
    let root = podman::podman();
    let name = format!("stats-{}", std::process::id());
    let flags = ["--name", &name, "--memory=64m"];
    let container = root.start(&flags, &["sh", "-c", "sleep 100020 & wait"]);
    wait_for("both processes", || {
        (kernel::visible_in(container.pid).len() == 2).then_some(())
    });
    let format = "{{.CPUNano}} {{.PIDs}} {{.MemUsage}}";
    let said = root.run(&["stats", "--no-stream", "--format", format, &name]);
    let mut said = said.split_whitespace();
    let cpu: f64 = said.next().unwrap().parse().unwrap();
    let processes: i64 = said.next().unwrap().parse().unwrap();
    // `471kB / 67.11MB`
    let memory = bytes(said.next().unwrap());
    let columns = "name,id,runtime,state,pid,processes,threads,cpu,memory,memory_usage,\
                   memory_limit,memory_percent,oom_kills,received,sent,started,listening";
    let all = rows(&["-format", columns]);
    let found: Vec<_> = all.iter().filter(|row| row["name"] == *name).collect();
    assert_eq!(found.len(), 1, "{all:?}");
    let row = found[0];
    assert_eq!(row["id"], container.id);
    assert_eq!(row["runtime"], "podman");
    assert_eq!(row["state"], "running");
    assert_eq!(row["pid"], container.pid);
    assert_eq!(
        (&row["processes"], &row["threads"]),
        (&processes.into(), &2.into())
    );
    assert_eq!(row["memory_limit"], 64 << 20);
    assert_eq!((&row["received"], &row["sent"]), (&0.into(), &0.into()));
    assert_eq!(row["oom_kills"], 0);
    let used = row["memory_usage"].as_f64().unwrap();
    assert!(
        (used - memory).abs() < 0.02 * used + 65536.0,
        "{used} {memory}"
    );
    let percent = row["memory_percent"].as_f64().unwrap();
    let expected = row["memory"].as_f64().unwrap() * 100.0 / f64::from(64 << 20);
    assert!((percent - expected).abs() < 0.001, "{row:?}");
    // Little, but something: what it took to start.
    assert!(cpu > 0.0 && row["cpu"].as_f64().unwrap() > 0.0, "{row:?}");
    // The host is there to compare with.
    let host: Vec<_> = all.iter().filter(|row| row["id"] == Value::Null).collect();
    assert_eq!(host.len(), 1, "{all:?}");
    assert_eq!(
        (&host[0]["name"], &host[0]["pid"]),
        (&"host".into(), &Value::Null)
    );
    assert!(host[0]["processes"].as_i64() > Some(processes));
    // Named by a process of it.
    let of_pid = rows(&["-pids", &container.pid.to_string(), "-format", "name,args"]);
    assert_eq!(of_pid.len(), 1);
    assert_eq!(of_pid[0]["name"], *name);
    assert_eq!(of_pid[0]["args"], "sh -c sleep 100020 & wait");
    root.run(&["pause", &name]);
    let paused = rows(&["-where", &format!("name={name}"), "-format", "state"]);
    root.run(&["unpause", &name]);
    assert_eq!(paused[0]["state"], "paused");
    root.run(&["rm", "--force", "--time", "0", &name]);
    let gone = rows(&["-where", &format!("name={name}")]);
    assert!(gone.is_empty(), "{gone:?}");
}

/// Bytes, as podman writes them: `471kB`.
fn bytes(text: &str) -> f64 {
    let at = text.find(|c: char| c.is_ascii_alphabetic()).unwrap();
    let (number, unit) = text.split_at(at);
    let number: f64 = number.parse().unwrap();
    number
        * match unit {
            "B" => 1.0,
            "kB" => 1e3,
            "MB" => 1e6,
            other => panic!("{other}"),
        }
}

#[test]
fn a_container_has_of_the_machine_what_its_limits_leave() {
    let root = podman::podman();
    let name = format!("limited-{}", std::process::id());
    let flags = [
        "--name",
        &name,
        "--memory=64m",
        "--cpus=0.5",
        "--pids-limit=50",
    ];
    let container = root.start(&flags, &["sleep", "100041"]);
    let args = ["inspect", "-join", &name, "-output", "json"];
    let row: Value = serde_json::from_str(psgo(&args).succeeds().text()).unwrap();
    assert_eq!(row["pid"], container.pid);
    let (inside, machine) = (&row["container"], &row["machine"]);
    assert_eq!(inside["memory_total"], 64 << 20);
    assert_eq!(inside["memory_limit"], 64 << 20);
    assert_eq!(inside["cpu_limit"], 0.5);
    assert_eq!(inside["tasks_limit"], 50);
    assert_eq!(inside["tasks"], 1);
    assert_eq!(inside["oom_kills"], 0);
    // podman counts the cache of files too.
    let said = root.run(&["stats", "--no-stream", "--format", "{{.MemUsage}}", &name]);
    let most = bytes(said.split_whitespace().next().unwrap()) + 65536.0;
    let used = inside["memory_used"].as_f64().unwrap();
    assert!(used > 0.0 && used < most, "{used} {said}");
    let all = std::fs::read_to_string("/proc/meminfo").unwrap();
    let total = all.split_whitespace().nth(1).unwrap();
    assert_eq!(machine["memory_total"], total.parse::<u64>().unwrap() << 10);
    assert_eq!(machine["memory_limit"], Value::Null);
    let cpus = std::thread::available_parallelism().unwrap().get();
    assert_eq!(machine["cpus"], cpus);
    // The page has the same, and needs no number of a process.
    let page = psgo(&["inspect", "-join", &name]).succeeds();
    let page = page.text();
    for part in [
        "CONTAINER\n",
        " of 64.0 MiB",
        "0.50 of ",
        "1 of 50",
        "MACHINE\n",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    root.run(&["rm", "--force", "--time", "0", &name]);
    psgo(&["inspect"]).exits(2);
    let refused = psgo(&["inspect", "-join", &name, "-only", "memory"]).exits(2);
    assert!(
        refused.stderr.starts_with("psgo: -only needs a process"),
        "{refused:?}"
    );
}
