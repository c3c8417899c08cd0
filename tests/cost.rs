//! What a listing does to the system, seen by strace.

use std::{
    collections::BTreeSet,
    fs,
    path::PathBuf,
    process::Command,
    sync::atomic::{AtomicUsize, Ordering},
};

use nix::sys::timerfd::{ClockId, TimerFd, TimerFlags};

use crate::{
    command::{Answer, path},
    machine::{dir, podman, process::sleeping},
};

/// The system calls of these names that the command makes, one line each: `TID call(…) = …`.
pub(crate) fn traced(calls: &str, args: &[&str]) -> Vec<String> {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let log: PathBuf = dir().join(format!("trace-{number}"));
    let mut command = Command::new("timeout");
    command
        .args(["60", "strace", "-f", "-y", "-s", "256", "-e"])
        .arg(format!("trace={calls}"))
        .arg("-o")
        .arg(&log)
        .arg(path())
        .args(args);
    // What is denied to this process is told, by what reads descriptors.
    let answer = Answer::of(&mut command).exits(0);
    assert!(answer.lines().len() > 1, "no rows: {answer:?}");
    let text = fs::read(&log).unwrap();
    let lines = String::from_utf8_lossy(&text)
        .lines()
        .map(str::to_owned)
        .collect();
    fs::remove_file(log).unwrap();
    lines
}

/// The paths that were opened, as the kernel names the new descriptors: `= 5</proc/1/stat>`.
fn opened(lines: &[String]) -> Vec<&str> {
    lines
        .iter()
        .filter_map(|line| {
            let (_, result) = line.rsplit_once(" = ")?;
            result.split_once('<')?.1.strip_suffix('>')
        })
        .collect()
}

const OPENS: &str = "open,openat,openat2";

/// The files below `/proc/PID` that each descriptor stands on, a blank between. `stat` guards the
/// owner of the directory, from which the effective ids come. Without a join the `h` columns are
/// known without looking.
const FILES: [(&str, &str); 57] = [
    ("ancestors", "stat"),
    ("args", "cmdline stat"),
    ("capamb", "status"),
    ("capbnd", "status"),
    ("capeff", "status"),
    ("capinh", "status"),
    ("capprm", "status"),
    ("cgroup", "cgroup"),
    ("cgcpupercent", "cgroup"),
    ("cgmem", "cgroup"),
    ("cgmemlimit", "cgroup"),
    ("cgmempercent", "cgroup"),
    ("cgpids", "cgroup"),
    ("cgpressure", "cgroup"),
    ("cgthrottled", "cgroup"),
    ("cname", "cgroup comm"),
    ("comm", "stat"),
    ("container", "cgroup comm"),
    ("cuser", "cgroup comm stat uid_map"),
    ("cwd", "stat"),
    ("etime", "stat"),
    ("exe", "stat"),
    ("group", "stat"),
    ("groups", "status"),
    ("hgroup", ""),
    ("hgroups", ""),
    ("hpid", ""),
    ("huid", ""),
    ("huser", ""),
    ("image", "cgroup comm"),
    ("label", "attr/current"),
    ("mntns", "stat"),
    ("netns", "stat"),
    ("nice", "stat"),
    ("pcpu", "stat"),
    ("pgid", "stat"),
    ("pid", ""),
    ("pidns", "stat"),
    ("pmem", "statm"),
    ("pod", "cgroup comm"),
    ("podns", "cgroup comm"),
    ("ppid", "stat"),
    ("rgroup", "status"),
    ("rss", "statm"),
    ("ruser", "status"),
    ("runtime", "cgroup comm"),
    ("seccomp", "status"),
    ("starttime", "stat"),
    ("state", "stat"),
    ("stime", "stat"),
    ("time", "stat"),
    ("tty", "stat"),
    ("uid", "stat"),
    ("user", "stat"),
    ("userns", "stat"),
    ("vsz", "statm"),
    ("wchan", "wchan"),
];

#[test]
fn each_descriptor_opens_only_its_own_files() {
    // A15: five files of each process used to be read, whatever was asked.
    let process = sleeping();
    let below = format!("/proc/{}/", process.pid());
    let mut wrong = Vec::new();
    for (name, allowed) in FILES {
        let lines = traced(OPENS, &["-format", name]);
        let found: BTreeSet<&str> = opened(&lines)
            .iter()
            .filter_map(|path| path.strip_prefix(&below))
            .collect();
        let mut allowed: BTreeSet<&str> = allowed.split_whitespace().collect();
        if allowed.contains("comm") && found.contains("stat") {
            // Where a container has no control group, as one of another test, all parents are asked.
            allowed.insert("stat");
        }
        if found != allowed {
            wrong.push(format!("{name}: opens {found:?}, not {allowed:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_default_listing_opens_two_files_of_a_process() {
    let processes: Vec<_> = (0..10).map(|_| sleeping()).collect();
    let lines = traced(OPENS, &[]);
    let opened = opened(&lines);
    let pid = |path: &str| path.strip_prefix("/proc/")?.split('/').next()?.parse().ok();
    let mut listed: Vec<i32> = opened.iter().filter_map(|path| pid(path)).collect();
    listed.sort_unstable();
    listed.dedup();
    // A process after a kernel thread is begun again, so only those that follow another of these
    // are counted.
    let is_ours = |pid: &i32| processes.iter().any(|process| process.pid() == *pid);
    let pairs = listed.windows(2).filter(|pair| pair.iter().all(is_ours));
    let mut counted = 0;
    for below in pairs.map(|pair| format!("/proc/{}/", pair[1])) {
        let found = opened.iter().filter_map(|path| path.strip_prefix(&below));
        let mut found: Vec<&str> = found.collect();
        found.sort_unstable();
        assert_eq!(found, ["cmdline", "stat"]);
        counted += 1;
    }
    assert!(counted > 0, "{listed:?}");
}

#[test]
fn terminals_and_names_are_read_once() {
    // A13, A14: they used to be read again for each process and each name.
    let processes: Vec<_> = (0..20).map(|_| sleeping()).collect();
    let names = "user,ruser,group,rgroup,groups,tty,pid";
    let lines = traced(OPENS, &["-format", names]);
    let opened = opened(&lines);
    let count = |prefix: &str| {
        opened
            .iter()
            .filter(|path| path.starts_with(prefix))
            .count()
    };
    assert!(count("/proc/") > processes.len());
    assert!(count("/dev") <= 4, "{opened:#?}");
    for file in ["/etc/passwd", "/etc/group"] {
        // The name service opens them once for each user that it is asked for.
        assert!(count(file) < processes.len(), "{file}: {opened:#?}");
    }
    let asked = podman::plain().pid.to_string();
    let lines = traced(OPENS, &["-pids", &asked, "-join", "-format", names]);
    // A look at what it is, without opening it, may come before.
    let of_container = lines
        .iter()
        .filter(|line| line.contains("\"etc/passwd\"") && !line.contains("O_PATH"))
        .count();
    assert_eq!(of_container, 1, "{lines:#?}");
}

#[test]
fn a_join_is_a_moment_of_one_thread() {
    // A5, A6: never the first thread, whose root and namespace the world sees; and no copy of the
    // host's mounts is made for it.
    let asked = podman::plain().pid.to_string();
    let lines = traced(
        "setns,unshare,execve,clone",
        &["-pids", &asked, "-join", "-format", "pid,user,hpid"],
    );
    // Those of the command and of its worker.
    let mut firsts = vec![lines[0].split_whitespace().next().unwrap().to_owned()];
    let forked = lines.iter().filter(|line| line.contains("SIGCHLD"));
    firsts.extend(forked.filter_map(|line| Some(line.rsplit_once(" = ")?.1.trim().to_owned())));
    assert_eq!(firsts.len(), 2, "{lines:#?}");
    let of = |call: &str| -> Vec<&String> {
        lines
            .iter()
            .filter(|line| line.contains(&format!(" {call}(")))
            .collect()
    };
    assert!(
        !of("setns").is_empty() || of("unshare").is_empty(),
        "{lines:#?}"
    );
    for line in of("setns").into_iter().chain(of("unshare")) {
        // It fails where there is a second thread, and does nothing else.
        if line.contains("unshare(CLONE_VM)") {
            continue;
        }
        let by = line.split_whitespace().next().unwrap();
        assert!(!firsts.iter().any(|first| first == by), "{line}");
        assert!(!line.contains("unshare(CLONE_NEWNS"), "{line}");
    }
    // A17: nothing is executed.
    assert_eq!(of("execve").len(), 1, "{lines:#?}");
}

/// The files below `/proc/PID` of one process that a command opens.
fn opened_of(pid: i32, args: &[&str]) -> BTreeSet<String> {
    let below = format!("/proc/{pid}/");
    let lines = traced(OPENS, args);
    let opened = opened(&lines);
    let found = opened.iter().filter_map(|path| path.strip_prefix(&below));
    found.map(str::to_owned).collect()
}

#[test]
fn the_tables_open_only_what_their_columns_ask_for() {
    let process = sleeping();
    let pid = process.pid();
    // It may have been given more of them than it was started with.
    let fds = fs::read_dir(format!("/proc/{pid}/fd")).unwrap();
    let infos = fds.map(|fd| format!(" fdinfo/{}", fd.unwrap().file_name().display()));
    // With the lock of the directory: it has a device open.
    let with_infos = format!("fd fdinfo stat{}", infos.collect::<String>());
    // So that there is one to list; the other process has none.
    let _timer = TimerFd::new(ClockId::CLOCK_MONOTONIC, TimerFlags::TFD_CLOEXEC).unwrap();
    for (args, allowed) in [
        // Whose they are nobody asks: no process is looked at.
        (&["sockets", "-format", "proto,local,state"][..], ""),
        (&["sockets", "-format", "proto,owners"], "fd stat"),
        (&["sockets"], "fd stat"),
        (&["files", "-format", "pid,fd,kind,target"], "fd stat"),
        (&["files", "-format", "pid,name"], "fd stat"),
        (&["files", "-format", "pid,mode"], &with_infos),
        (&["files", "-all", "-format", "pid,target"], "fd stat maps"),
        (&["timers"], "fd stat timers"),
        (&["-format", "pid,fds,files"], "fd stat"),
        (&["-format", "pid,lports,peers"], "fd stat"),
    ] {
        let allowed: BTreeSet<String> = allowed.split_whitespace().map(str::to_owned).collect();
        assert_eq!(opened_of(pid, args), allowed, "{args:?}");
    }
}
