//! What `psgo inspect` tells for debugging, and what other tools and files say of it.

use std::{
    fs::{self, File},
    io::Write as _,
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::Duration,
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid as Number,
};
use serde_json::{Value, json};

use crate::{
    command::{psgo, psgo_after},
    inspect::inspected,
    machine::{
        dir,
        process::{Held, Started, quiet, sleeping, until_running},
        run, wait_for,
    },
    oracle::kernel,
};

fn started(words: &[&str]) -> Held {
    Held::start(quiet(Command::new(words[0]).args(&words[1..])))
}

fn bash(script: &str) -> Held {
    started(&["bash", "-c", script])
}

/// One section of the page.
fn page(pid: i32, section: &str) -> String {
    let pid = pid.to_string();
    let args = ["inspect", &pid, "-only", section, "-width", "0"];
    psgo(&args).succeeds().text().to_owned()
}

/// The value of a row of the page.
fn row(page: &str, name: &str) -> Option<String> {
    let line = page
        .lines()
        .find(|line| line.trim_start().starts_with(name))?;
    Some(line.trim_start().strip_prefix(name)?.trim().to_owned())
}

/// What only psgo has of it, of these sections.
fn own(pid: i32, sections: &str) -> Value {
    let pid = pid.to_string();
    let args = ["inspect", &pid, "-only", sections, "-output", "json"];
    let answer = psgo(&args).succeeds();
    let object: Value = serde_json::from_slice(&answer.stdout).unwrap();
    object["psgo"].clone()
}

#[test]
fn signals_have_the_names_that_kill_gives_them() {
    let held = started(&[
        "env",
        "--ignore-signal=USR1",
        "--block-signal=TERM",
        "--block-signal=RTMIN",
        "sleep",
        "100000",
    ]);
    until_running(held.pid(), "sleep");
    kill(Number::from_raw(held.pid()), Signal::SIGTERM).unwrap();
    let told = own(held.pid(), "state");
    let status = kernel::status(held.pid()).unwrap();
    for (line, name) in [
        ("SigPnd", "pending"),
        ("ShdPnd", "shared_pending"),
        ("SigBlk", "blocked"),
        ("SigIgn", "ignored"),
        ("SigCgt", "caught"),
    ] {
        let mask = u64::from_str_radix(status[line].trim(), 16).unwrap();
        let numbers = (1..=64).filter(|signal| mask >> (signal - 1) & 1 == 1);
        let name_of = |signal: u32| {
            let said = run(Command::new("bash").args(["-c", &format!("kill -l {signal}")]));
            // Those of the C library have none.
            match said.trim() {
                "" => format!("SIG{signal}"),
                name => format!("SIG{name}"),
            }
        };
        let names: Vec<String> = numbers.map(name_of).collect();
        assert_eq!(told["signals"][name], json!(names), "{line}");
    }
    assert_eq!(told["signals"]["shared_pending"], json!(["SIGTERM"]));
    let page = page(held.pid(), "state");
    assert_eq!(row(&page, "blocks signals").unwrap(), "SIGTERM, SIGRTMIN");
    assert_eq!(row(&page, "pending").unwrap(), "SIGTERM");
    assert!(row(&page, "ignores").unwrap().contains("SIGUSR1"));
}

#[test]
fn a_system_call_has_its_name_and_its_arguments() {
    let (reader, _writer) = std::io::pipe().unwrap();
    let mut command = Command::new("cat");
    let held = Held::start(command.stdin(reader).stdout(Stdio::null()));
    until_running(held.pid(), "cat");
    let file = format!("/proc/{}/syscall", held.pid());
    let words = wait_for("it reads", || {
        let text = fs::read_to_string(&file).ok()?;
        let words: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
        (words[0] == libc::SYS_read.to_string()).then_some(words)
    });
    let called = format!("read(0, {}, ", words[2]);
    let state = page(held.pid(), "state");
    let told = row(&state, "system call").unwrap();
    assert!(told.starts_with(&called), "{told}");
    assert_eq!(told.matches(',').count(), 2, "{told}");
    let threads = own(held.pid(), "threads,state");
    assert_eq!(threads["syscall"]["name"], "read");
    assert_eq!(threads["threads"][0]["syscall"]["name"], "read");
    assert_eq!(
        threads["threads"][0]["syscall"]["args"][1],
        words[2].as_str()
    );
    assert!(page(held.pid(), "threads").contains(" read "));
}

#[test]
fn who_holds_the_lock_is_named_with_the_file() {
    let path = dir().join("locked");
    File::create(&path).unwrap();
    let path = path.to_str().unwrap();
    let holder = started(&["flock", path, "sleep", "100000"]);
    wait_for("it has the lock", || {
        let fdinfo = fs::read_dir(format!("/proc/{}/fdinfo", holder.pid())).ok()?;
        let mut infos = fdinfo.flatten();
        infos.find_map(|entry| {
            let text = fs::read_to_string(entry.path()).ok()?;
            text.contains("FLOCK").then_some(())
        })
    });
    // It outlives flock.
    let children = format!("/proc/{0}/task/{0}/children", holder.pid());
    let _child = wait_for("it has a child", || {
        let child = fs::read_to_string(&children).ok()?;
        Some(Started::of(child.trim().parse().ok()?))
    });
    let waiter = started(&["flock", path, "true"]);
    wait_for("it waits", || {
        let text = fs::read_to_string("/proc/locks").ok()?;
        let waits = format!("WRITE {} ", waiter.pid());
        let mut lines = text.lines();
        lines.find_map(|line| (line.contains("-> ") && line.contains(&waits)).then_some(()))
    });
    let told = own(waiter.pid(), "state")["awaited_locks"].clone();
    assert_eq!(told[0]["path"], path);
    assert_eq!(told[0]["behind"][0]["pid"], holder.pid());
    assert_eq!(told[0]["behind"][0]["held"], true);
    assert_eq!(told[0]["behind"][0]["name"], "flock");
    // By lslocks, who blocks it.
    let said = Command::new("lslocks")
        .args(["-J", "-o", "PID,BLOCKER"])
        .output()
        .unwrap();
    let said: Value = serde_json::from_slice(&said.stdout).unwrap();
    let rows = said["locks"].as_array().unwrap();
    let of_waiter = rows.iter().find(|row| row["pid"] == waiter.pid());
    assert_eq!(of_waiter.unwrap()["blocker"], holder.pid());
    let line = row(&page(waiter.pid(), "state"), "waits for lock").unwrap();
    let expected = format!(
        "FLOCK WRITE lock of 0 to the end of {path}, behind {} flock, which has a FLOCK WRITE lock",
        holder.pid()
    );
    assert!(line.starts_with(&expected), "{line}");
    // Who has it waits for none, and its fdinfo has it.
    let told = own(holder.pid(), "state,files");
    assert_eq!(told["awaited_locks"], json!([]));
    let descriptors = told["descriptors"].as_array().unwrap().iter();
    let locks = descriptors.filter_map(|one| one["info"]["lock"].as_array());
    let classes: Vec<_> = locks.flatten().map(|lock| lock["class"].clone()).collect();
    assert_eq!(classes, ["FLOCK"]);
}

#[test]
fn a_zombie_tells_how_it_ended_and_who_does_not_wait_for_it() {
    let exits = bash("exit 3");
    let killed = sleeping();
    kill(Number::from_raw(killed.pid()), Signal::SIGKILL).unwrap();
    for (held, words, status) in [
        (
            &exits,
            "exited with 3",
            json!({"code": 3, "signal": null, "core_dumped": false}),
        ),
        (
            &killed,
            "killed by SIGKILL",
            json!({"code": null, "signal": "SIGKILL", "core_dumped": false}),
        ),
    ] {
        wait_for("it has ended", || {
            (kernel::stat(held.pid())?[0] == "Z").then_some(())
        });
        let pid = held.pid().to_string();
        let answer = psgo(&["inspect", &pid, "-width", "0"]).succeeds();
        let text = answer.text();
        assert!(answer.lines().len() < 15, "{text}");
        assert_eq!(row(text, "ended").as_deref(), Some(words));
        let parent = row(text, "parent").unwrap();
        assert!(
            parent.starts_with(&format!("{} ", std::process::id())),
            "{parent}"
        );
        assert_eq!(own(held.pid(), "state")["exit_status"], status);
    }
    // Who may not trace it is told 0 by the kernel.
    let nobody = [
        "setpriv",
        "--reuid=65534",
        "--regid=65534",
        "--clear-groups",
    ];
    let nobody = nobody.map(str::to_owned);
    let pid = exits.pid().to_string();
    let answer = psgo_after(&nobody, &["inspect", &pid, "-width", "0"]);
    assert_eq!(
        row(answer.text(), "ended").as_deref(),
        Some("? (permission denied)"),
        "{answer:?}"
    );
    assert_eq!(
        own(std::process::id().cast_signed(), "state")["exit_status"],
        Value::Null
    );
}

#[test]
fn children_have_their_names() {
    let parent = bash("sleep 100001 & tail -f /dev/null & wait");
    wait_for("both are there", || {
        let pids = kernel::children(parent.pid());
        let names: Vec<_> = pids.iter().filter_map(|pid| kernel::comm(*pid)).collect();
        (names.contains(&b"sleep".to_vec()) && names.contains(&b"tail".to_vec())).then_some(())
    });
    let said = run(Command::new("ps").args([
        "--ppid",
        &parent.pid().to_string(),
        "-o",
        "pid=,comm=",
        "--sort",
        "pid",
    ]));
    let by_ps: Vec<String> = said
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    let family = page(parent.pid(), "family");
    assert_eq!(row(&family, "children").unwrap(), by_ps.join(", "));
    let children = own(parent.pid(), "family")["children"].clone();
    let told: Vec<_> = children.as_array().unwrap().iter().collect();
    let told: Vec<String> = told
        .iter()
        .map(|child| format!("{} {}", child["pid"], child["name"].as_str().unwrap()))
        .collect();
    assert_eq!(told, by_ps);
    for pid in kernel::children(parent.pid()) {
        kill(Number::from_raw(pid), Signal::SIGKILL).unwrap();
    }
}

#[test]
fn a_file_that_is_opened_again_and_again_is_one_row_and_likely_a_leak() {
    let script = "for i in {10..160}; do eval \"exec $i</etc/passwd\"; done; \
        exec 170</etc/group 171</etc/group; exec sleep 100000";
    let held = bash(script);
    until_running(held.pid(), "sleep");
    let pid = held.pid().to_string();
    let text = psgo(&["inspect", &pid, "-only", "files,io", "-width", "0"]).succeeds();
    let leak = row(text.text(), "likely a leak").unwrap();
    assert!(leak.starts_with("151 × /etc/passwd: "), "{leak}");
    let lines = text.lines();
    let of = |name: &str| lines.iter().filter(|line| line.contains(name)).count();
    // The warning and the row; two of the other have their own rows.
    assert_eq!((of("/etc/passwd"), of("/etc/group")), (2, 2));
    let all = own(held.pid(), "files")["descriptors"].clone();
    let all = all.as_array().unwrap().iter();
    let passwd: Vec<_> = all.filter(|one| one["path"] == "/etc/passwd").collect();
    assert_eq!(passwd.len(), 151);
    let size = fs::metadata("/etc/passwd").unwrap().len();
    assert!(
        passwd
            .iter()
            .all(|one| one["size"] == size && one["links"] == 1)
    );
    assert_eq!(
        page(held.pid(), "files").matches("/etc/passwd").count(),
        152
    );
}

#[test]
fn threads_that_wait_alike_are_one_row() {
    let (held, _) = inspected(&[], &["alike", "/etc/passwd"]);
    let pid = held.pid().to_string();
    let args = ["inspect", &pid, "-only", "threads,io", "-width", "0"];
    wait_for("they all wait", || {
        let text = psgo(&args).succeeds();
        let lines = text.lines();
        let words = lines.iter().map(|line| line.split_whitespace());
        let words: Vec<Vec<_>> = words.map(Iterator::collect).collect();
        let mut words = words.iter();
        // The first thread and the one that says that all is ready wait so too.
        let all = ["25", "inspected", "…"];
        let found = words.find(|words| words.get(1..4) == Some(&all[..]))?;
        found.contains(&"pause").then_some(())
    });
    let json = own(held.pid(), "threads");
    let all = json["threads"].as_array().unwrap().iter();
    assert_eq!(all.filter(|thread| thread["name"] == "alike").count(), 23);
    // Alone each has its row.
    assert_eq!(page(held.pid(), "threads").matches(" alike ").count(), 23);
}

/// A control group that can freeze, removed at the end.
struct Group(PathBuf, bool);

impl Group {
    fn made() -> Self {
        let name = format!("psgo-frozen-{}", std::process::id());
        let old = Path::new("/sys/fs/cgroup/freezer");
        let (top, is_old) = if old.exists() {
            (old, true)
        } else {
            (Path::new("/sys/fs/cgroup"), false)
        };
        let path = top.join(name);
        fs::create_dir(&path).unwrap();
        Self(path, is_old)
    }

    fn write(&self, file: &str, text: &str) {
        fs::write(self.0.join(file), text).unwrap();
    }

    fn freeze(&self, is_frozen: bool) {
        match (self.1, is_frozen) {
            (true, true) => self.write("freezer.state", "FROZEN"),
            (true, false) => self.write("freezer.state", "THAWED"),
            (false, is_frozen) => self.write("cgroup.freeze", if is_frozen { "1" } else { "0" }),
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        // Its process has ended, and is out of it in a moment.
        for _ in 0..500 {
            if fs::remove_dir(&self.0).is_ok() {
                return;
            }
            thread::sleep(Duration::from_millis(10));
        }
    }
}

#[test]
fn a_frozen_group_and_what_its_memory_was_are_told() {
    let group = Group::made();
    {
        let held = sleeping();
        group.write("cgroup.procs", &held.pid().to_string());
        assert_eq!(
            own(held.pid(), "container")["cgroup_events"]["frozen"],
            false
        );
        group.freeze(true);
        let told = wait_for("it is frozen", || {
            let told = own(held.pid(), "container")["cgroup_events"].clone();
            (told["frozen"] == true).then_some(told)
        });
        let text = page(held.pid(), "container");
        assert!(row(&text, "frozen").unwrap().starts_with("yes"), "{text}");
        group.freeze(false);
        // What the files of the group say that is named.
        let path = told["memory_group"].as_str().unwrap();
        let old = Path::new("/sys/fs/cgroup/memory");
        let (file, top) = if old.exists() {
            ("memory.max_usage_in_bytes", old)
        } else {
            ("memory.peak", Path::new("/sys/fs/cgroup"))
        };
        let file = top.join(path.trim_start_matches('/')).join(file);
        if let Ok(peak) = fs::read_to_string(&file) {
            let peak: u64 = peak.trim().parse().unwrap();
            let told = told["memory_peak"].as_u64().unwrap();
            assert!(0 < told && told <= peak, "{told} {peak}");
        } else {
            assert_eq!(told["memory_peak"], Value::Null, "{file:?}");
        }
    }
}

#[test]
#[expect(clippy::cast_precision_loss, reason = "of small files")]
fn a_watch_tells_how_far_a_process_is_in_a_file() {
    let path = dir().join("progress");
    let mut file = File::create(&path).unwrap();
    for line in 0..20_000 {
        writeln!(file, "line {line:010}").unwrap();
    }
    let size = fs::metadata(&path).unwrap().len();
    let mut command = Command::new("bash");
    let script = "exec 9<> <(:); while read -r line; do read -t 0.01 -u 9; done";
    command
        .args(["-c", script])
        .stdin(File::open(&path).unwrap());
    let held = Held::start(command.stdout(Stdio::null()).stderr(Stdio::null()));
    let pid = held.pid().to_string();
    let looks = ["inspect", &pid, "-watch", "0.3", "-count", "3"];
    let answer = psgo(&[&looks[..], &["-output", "json"]].concat()).succeeds();
    let looks: Vec<Value> = answer
        .lines()
        .iter()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(looks.len(), 3);
    let since = |look: usize| looks[look]["psgo"]["since"].clone();
    let place = |look: usize| {
        let files = since(look)["files"].clone();
        let files = files.as_array().unwrap().iter();
        files.clone().find(|file| file["fd"] == 0).unwrap().clone()
    };
    let first = place(0);
    assert_eq!(
        (&first["rate"], &first["size"]),
        (&Value::Null, &json!(size))
    );
    assert_eq!(first["target"], path.to_str().unwrap());
    assert_eq!(since(0)["minor_faults"], Value::Null);
    let position = |look| place(look)["position"].as_i64().unwrap();
    assert!(position(0) < position(1) && position(1) < position(2));
    let seconds = since(2)["seconds"].as_f64().unwrap();
    let moved = (position(2) - position(1)) as f64 / seconds;
    let rate = place(2)["rate"].as_f64().unwrap();
    assert!((rate - moved).abs() < 1.0, "{rate} {moved}");
    let left = place(2)["left"].as_f64().unwrap();
    let rest = (size.cast_signed() - position(2)) as f64 / rate;
    assert!((left - rest).abs() < 0.01, "{left} {rest}");
    assert!(since(2)["read_count"].as_f64().unwrap() > 0.0);
    // On the page too, and of nothing else without -only.
    let looks = [
        "inspect", &pid, "-watch", "0.2", "-count", "2", "-width", "0",
    ];
    let text = psgo(&looks).succeeds();
    let titles = text
        .lines()
        .into_iter()
        .filter(|line| line.starts_with("SINCE"));
    assert_eq!(titles.count(), 2, "{text:?}");
    assert!(!text.text().contains("MEMORY") && text.text().contains("/progress"));
    let args = [&looks[..], &["-only", "io"]].concat();
    assert!(psgo(&args).succeeds().text().contains("\nIO\n"));
}

#[test]
fn a_watch_ends_with_what_it_watches() {
    let (held, other) = (sleeping(), sleeping());
    let pids = [held.pid().to_string(), other.pid().to_string()];
    let mut command = crate::command::command_after(
        &[],
        &[
            "inspect", &pids[0], &pids[1], "-watch", "0.1", "-output", "json",
        ],
    );
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = child.process_group(0).spawn().unwrap();
    thread::sleep(Duration::from_millis(500));
    drop((held, other));
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let said = String::from_utf8(output.stderr).unwrap();
    let [one, two] = pids;
    let either = [
        format!("psgo: processes {one} {two} have ended\n"),
        format!("psgo: processes {two} {one} have ended\n"),
    ];
    assert!(either.contains(&said), "{said:?}");
    // One that was not there at all.
    let answer = psgo(&["inspect", &one, "-watch", "0.1"]).exits(1);
    assert_eq!(answer.stdout, b"");
    assert_eq!(
        answer.stderr,
        format!("psgo: process {one}: no such process\n")
    );
    assert_eq!(psgo(&["inspect", "1", "-count", "2"]).exits(2).stdout, b"");
}
