//! Docker's, containerd's and runc's containers: found by name and by ID, joined, and listed with what
//! their own runtimes say of them, each by its own definition.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::{
    command::{Row, psgo},
    machine::{
        engines::{Docker, LIMIT, containerd, docker, runc},
        podman::{self, Container},
        wait_for,
    },
    oracle::kernel,
};

/// What a runtime says that a container uses.
#[derive(Debug, Clone, Copy)]
struct Said {
    usage: f64,
    /// What of it is cache that was not used lately.
    cache: Option<f64>,
    limit: u64,
    /// Tasks, as the group counts them.
    pids: u64,
    /// Nanoseconds.
    cpu: f64,
}

impl Said {
    /// By names of numbers in what was said; of runtimes that say it.
    fn of(said: &Value, [usage, cache, limit, pids, cpu]: [&str; 5]) -> Self {
        let number = |pointer: &str| said.pointer(pointer).and_then(Value::as_f64);
        let known = |pointer: &str| number(pointer).unwrap_or_else(|| panic!("{pointer}: {said}"));
        Self {
            usage: known(usage),
            // Where there is none, some say nothing.
            cache: (!cache.is_empty()).then(|| number(cache).unwrap_or(0.0)),
            limit: said.pointer(limit).unwrap().as_u64().unwrap(),
            pids: said.pointer(pids).unwrap().as_u64().unwrap(),
            cpu: known(cpu),
        }
    }
}

/// The one row of a container.
fn row_of(name: &str, flags: &[&str]) -> Row {
    let columns = "name,id,runtime,image,state,pid,processes,threads,cpu,memory,memory_usage,\
                   memory_limit,memory_percent,started";
    let filter = format!("name={name} || id={name}");
    let args = [
        "containers",
        "-format",
        columns,
        "-output",
        "json",
        "-where",
        &filter,
    ];
    let mut rows: Vec<Row> = psgo(&[&args[..], flags].concat()).succeeds().json();
    assert_eq!(rows.len(), 1, "{name}: {rows:?}");
    rows.remove(0)
}

/// Whether a row says what the runtime says, before and after.
fn agrees(name: &str, container: &Container, flags: &[&str], said: impl Fn() -> Said) -> Row {
    let start = kernel::start_ticks(container.pid).unwrap();
    #[expect(clippy::cast_precision_loss, reason = "ticks of this boot")]
    let age = || kernel::boot_clock() - start as f64 / kernel::ticks();
    let (before, youngest) = (said(), age());
    let row = row_of(name, flags);
    let (oldest, after) = (age(), said());
    let number = |column: &str| {
        let number = row[column].as_f64();
        number.unwrap_or_else(|| panic!("{column}: {row:?}"))
    };
    assert_eq!(row["memory_limit"], before.limit, "{row:?}");
    assert_eq!(row["threads"], before.pids, "{row:?}");
    assert_eq!(row["processes"], before.pids, "{row:?}");
    let between = |what: f64, low: f64, high: f64, slack: f64| {
        assert!(
            what >= low - slack && what <= high + slack,
            "{what}, not {low} to {high}: {row:?}, {before:?}, {after:?}"
        );
    };
    let [low, high] = [before.usage.min(after.usage), before.usage.max(after.usage)];
    // Each processor has taken pages for the group in advance, up to 64 of them.
    let processors = std::thread::available_parallelism().unwrap().get();
    let slack = f64::from(u32::try_from(processors).unwrap()) * 65536.0 * 4.0;
    between(number("memory_usage"), low, high, slack);
    if let Some(cache) = before.cache {
        assert!(
            cache >= f64::from(4 << 20),
            "it has written a file: {before:?}"
        );
        between(number("memory"), low - cache, high - cache, slack);
        assert!(
            number("memory_usage") - number("memory") >= f64::from(4 << 20),
            "{row:?}"
        );
    }
    let percent = number("memory") * 100.0 / number("memory_limit");
    between(number("memory_percent"), percent, percent, 0.001);
    // Nanoseconds, since it started.
    let per_second = number("cpu") * 1e7;
    assert!(before.cpu > 1e6, "it has run: {before:?}");
    between(
        per_second,
        before.cpu / oldest,
        after.cpu / youngest,
        0.02 * per_second,
    );
    assert_eq!(row["pid"], container.pid);
    assert_eq!(row["id"], container.id.as_str());
    assert_eq!(row["state"], "running");
    row
}

/// Whether each of these leads to the container.
fn leads(targets: &[&str], container: &Container, flags: &[&str]) {
    let own: BTreeSet<i32> = kernel::visible_in(container.pid).into_iter().collect();
    assert_eq!(own.len(), 2);
    for target in targets {
        let args = [
            "-join",
            target,
            "-format",
            "pid,hpid,args",
            "-output",
            "json",
        ];
        let rows: Vec<Row> = psgo(&[&args[..], flags].concat()).succeeds().json();
        let pid = |row: &Row| i32::try_from(row["hpid"].as_i64().unwrap()).unwrap();
        assert_eq!(
            rows.iter().map(pid).collect::<BTreeSet<_>>(),
            own,
            "{target}"
        );
        assert_eq!(rows[0]["pid"], 1);
        assert!(
            rows[0]["args"]
                .as_str()
                .unwrap()
                .starts_with("sh -c busybox dd"),
            "{rows:?}"
        );
        assert_eq!(rows[1]["args"], "sleep 100050");
        let filter = format!("container={}", target.rsplit('=').next().unwrap());
        let args = ["-where", &filter, "-format", "pid", "-output", "json"];
        let rows: Vec<Row> = psgo(&[&args[..], flags].concat()).succeeds().json();
        let pid = |row: &Row| i32::try_from(row["pid"].as_i64().unwrap()).unwrap();
        assert_eq!(
            rows.iter().map(pid).collect::<BTreeSet<_>>(),
            own,
            "{filter}"
        );
    }
}

#[test]
fn a_container_of_docker_is_found_and_uses_what_docker_says() {
    let docker = docker();
    let container = &docker.container;
    let (name, id) = (docker.name.as_str(), container.id.as_str());
    let named = format!("name={name}");
    leads(
        &[name, &named, id, &id[..12], &format!("id={}", &id[..8])],
        container,
        &[],
    );
    let said = || {
        let names = [
            "/memory_stats/usage",
            "/memory_stats/stats/total_inactive_file",
            "/memory_stats/limit",
            "/pids_stats/current",
            "/cpu_stats/cpu_usage/total_usage",
        ];
        Said::of(&docker.stats(id), names)
    };
    let row = agrees(name, container, &[], said);
    assert_eq!(row["runtime"], "docker");
    assert_eq!(row["image"], Docker::IMAGE);
    let started = docker.run(&["inspect", "--format", "{{.State.StartedAt}}", id]);
    let started = &started[.."2026-01-02T03:04:05".len()];
    assert!(
        row["started"].as_str().unwrap().starts_with(started),
        "{row:?} {started}"
    );
    // And as docker itself shows it.
    let form = "{{.MemUsage}} {{.MemPerc}} {{.PIDs}}";
    let shown = docker.run(&["stats", "--no-stream", "--format", form, name]);
    let words: Vec<_> = shown.split_whitespace().collect();
    let [_, "/", "64MiB", percent, "2"] = words[..] else {
        panic!("{shown}");
    };
    let percent: f64 = percent.strip_suffix('%').unwrap().parse().unwrap();
    let own = row["memory_percent"].as_f64().unwrap();
    // Earlier than the row; the cache would be 12 more.
    assert!((own - percent).abs() < 3.0, "{own} {percent}");
    docker.run(&["pause", name]);
    let paused = row_of(name, &[]);
    docker.run(&["unpause", name]);
    assert_eq!(paused["state"], "paused");
}

#[test]
fn a_task_of_containerd_is_found_and_uses_what_ctr_says() {
    let containerd = containerd();
    let names = [
        "/memory/usage/usage",
        "/memory/total_inactive_file",
        "/memory/usage/limit",
        "/pids/current",
        "/cpu/usage/total",
    ];
    let named = &containerd.named;
    leads(&[&named.id, &format!("id={}", named.id)], named, &[]);
    let said = |of| move || Said::of(&containerd.metrics(of), names);
    let row = agrees(&named.id, named, &[], said(named));
    assert_eq!(row["runtime"], "containerd");
    assert_eq!(row["name"], named.id.as_str());
    // Its name is in a database of containerd's.
    let plain = &containerd.plain;
    leads(
        &[
            &plain.id,
            &plain.id[..12],
            &format!("id={}", &plain.id[..40]),
        ],
        plain,
        &[],
    );
    let row = agrees(&plain.id, plain, &[], said(plain));
    assert_eq!(row["runtime"], "containerd");
    assert_eq!((&row["name"], &row["image"]), (&Value::Null, &Value::Null));
}

#[test]
fn a_container_of_runc_alone_is_found_and_uses_what_runc_says() {
    let runc = runc();
    let container = &runc.container;
    let flags = ["-runtime-root", runc.root.to_str().unwrap()];
    leads(
        &[&container.id, &format!("id={}", container.id)],
        container,
        &flags,
    );
    let said = || {
        let names = [
            "/memory/usage/usage",
            "/memory/raw/total_inactive_file",
            "/memory/usage/limit",
            "/pids/current",
            "/cpu/usage/total",
        ];
        Said::of(&runc.stats(), names)
    };
    let row = agrees(&container.id, container, &flags, said);
    assert_eq!(row["runtime"], "runc");
    assert_eq!(row["name"], container.id.as_str());
    // Nobody else knows where its files are.
    psgo(&["-join", &container.id]).exits(2);
}

#[test]
fn a_container_of_podman_uses_what_podman_says_by_its_own_definition() {
    let root = podman::podman();
    let name = format!("counted-{}", std::process::id());
    let limit = format!("--memory={LIMIT}");
    let busy = "i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done; sleep 100051 & wait";
    let container = root.start(&["--name", &name, &limit], &["sh", "-c", busy]);
    wait_for("both processes", || {
        let pids = kernel::visible_in(container.pid);
        (pids.len() == 2).then_some(())
    });
    let said = || {
        let form = "{{.CPUNano}} {{.PIDs}} {{.MemUsage}}";
        let said = root.run(&["stats", "--no-stream", "--format", form, &name]);
        let words: Vec<_> = said.split_whitespace().collect();
        let [cpu, pids, usage, "/", "67.11MB"] = words[..] else {
            panic!("{said}");
        };
        let at = usage.find(|c: char| c.is_ascii_alphabetic()).unwrap();
        let unit = match &usage[at..] {
            "B" => 1.0,
            "kB" => 1e3,
            "MB" => 1e6,
            other => panic!("{other}"),
        };
        Said {
            usage: usage[..at].parse::<f64>().unwrap() * unit,
            cache: None,
            limit: LIMIT,
            pids: pids.parse().unwrap(),
            cpu: cpu.parse().unwrap(),
        }
    };
    let row = agrees(&name, &container, &[], said);
    assert_eq!(row["runtime"], "podman");
    root.run(&["rm", "--force", "--time", "0", &name]);
}

/// The time that a container has used between two samples is part of what its runtime counts around both.
#[test]
fn over_an_interval_a_container_uses_no_more_than_its_runtime_counts() {
    let docker = docker();
    let name = format!("busy-{}", std::process::id());
    let flags = [
        "run",
        "--detach",
        "--network=none",
        "--cpus=0.2",
        "--name",
        &name,
    ];
    let words = [
        &flags[..],
        &[Docker::IMAGE, "sh", "-c", "while :; do :; done"],
    ]
    .concat();
    let id = docker.run(&words);
    let cpu = || {
        docker.stats(&id)["cpu_stats"]["cpu_usage"]["total_usage"]
            .as_f64()
            .unwrap()
    };
    let (before, begun) = (cpu(), kernel::boot_clock());
    let filter = format!("name={name}");
    let args = [
        "containers",
        "-watch",
        "1",
        "-count",
        "2",
        "-format",
        "name,cpu",
        "-output",
        "ndjson",
        "-where",
        &filter,
    ];
    let samples: Vec<Row> = {
        let answer = psgo(&args).succeeds();
        let lines = answer.text().lines();
        lines
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    };
    let (after, ended) = (cpu(), kernel::boot_clock());
    docker.run(&["rm", "--force", &name]);
    assert_eq!(samples.len(), 2, "{samples:?}");
    assert_eq!(samples[0]["cpu"], Value::Null, "{samples:?}");
    // Of at least a second, and of no more than there was.
    let percent = samples[1]["cpu"].as_f64().unwrap();
    assert!(percent > 0.0, "{samples:?}");
    assert!(
        percent / 100.0 <= (after - before) / 1e9 * 1.05,
        "{samples:?} {before} {after}"
    );
    assert!(ended - begun >= 1.0);
}
