//! Which system calls a join makes, as `strace` sees them.

use std::{collections::BTreeSet, fs, process::Command};

use super::container::Container;
use crate::{
    command::{self, Answer},
    machine::dir,
};

/// The calls of the command, each with the thread that made it, after the one that started it.
fn calls(target: i32) -> Vec<(u32, String)> {
    // Of its own: two tests trace at once.
    let file = dir().join(format!("trace-of-{target}"));
    let pids = target.to_string();
    let mut command = Command::new("strace");
    command
        .args(["--follow-forks", "--output"])
        .arg(&file)
        .arg(command::path())
        .args([
            "-pids",
            &pids,
            "-join",
            "-format",
            "pid,user,group,groups,tty,args,hpid,huser,stime",
        ]);
    Answer::of(&mut command).succeeds();
    let text = fs::read_to_string(file).unwrap();
    let calls = text.lines().map(|line| {
        // Numbers of fewer than five digits have blanks before them.
        let (thread, call) = line.trim_start().split_once(' ').unwrap();
        (
            thread.parse().unwrap_or_else(|_| panic!("{line:?}")),
            call.trim().to_owned(),
        )
    });
    calls.collect()
}

/// The first text between quotation marks.
fn path(call: &str) -> &str {
    call.split('"').nth(1).unwrap_or("")
}

#[test]
fn nothing_of_the_container_is_run_loaded_or_opened_but_proc_and_names() {
    crate::machine::must_be_root();
    let container = Container::new();
    let calls = calls(container.pid);
    let starting = |call: &str, what: &str| call.starts_with(what);

    let executed: Vec<_> = calls
        .iter()
        .filter(|(_, call)| starting(call, "exec"))
        .collect();
    assert_eq!(executed.len(), 1, "{executed:?}");
    // New threads, and one process: the command's worker, forked before anything is read.
    let is_process = |call: &str| !call.contains("CLONE_THREAD") && !call.contains("resumed");
    let cloned = calls.iter().filter(|(_, call)| starting(call, "clone"));
    let processes: Vec<_> = cloned.filter(|(_, call)| is_process(call)).collect();
    let [(_, worker)] = processes[..] else {
        panic!("{processes:?}")
    };
    assert!(worker.contains("SIGCHLD"), "{worker}");
    assert!(
        !calls
            .iter()
            .any(|(_, call)| starting(call, "fork") || starting(call, "vfork"))
    );

    // The thread that enters opens two directories, and ends.
    let entered: Vec<_> = calls
        .iter()
        .enumerate()
        .filter(|(_, (_, call))| starting(call, "setns("))
        .collect();
    let [(at, (thread, setns))] = entered[..] else {
        panic!("{entered:?}")
    };
    assert!(setns.contains("CLONE_NEWNS"), "{setns}");
    let inside = calls[at + 1..].iter().filter(|(by, _)| by == thread);
    let inside: Vec<_> = inside.map(|(_, call)| call.as_str()).collect();
    let opened: Vec<_> = inside
        .iter()
        .filter(|call| call.starts_with("open"))
        .collect();
    assert_eq!(opened.len(), 2, "{opened:?}");
    assert_eq!(
        opened.iter().map(|call| path(call)).collect::<Vec<_>>(),
        ["/", "/proc"]
    );
    for call in &opened {
        assert!(call.contains("O_PATH"), "{call}");
    }
    assert!(opened[1].contains("O_NOFOLLOW"), "{}", opened[1]);
    let harmless = [
        "open",
        "close(",
        "futex",
        "munmap",
        "madvise",
        "sigaltstack",
        "rt_sig",
        "exit",
        "mprotect",
        "+++",
        "<...",
    ];
    for call in &inside {
        // The standard library looks at what it closes, where it is built to debug.
        if call.contains("F_GETFD") {
            continue;
        }
        assert!(
            harmless.iter().any(|start| call.starts_with(start)),
            "{call}"
        );
    }

    // Below its root: names alone. Below its /proc: guarded.
    let below: Vec<_> = calls
        .iter()
        .filter(|(_, call)| starting(call, "openat2("))
        .collect();
    let in_root: BTreeSet<_> = below
        .iter()
        .filter(|(_, call)| call.contains("RESOLVE_IN_ROOT"))
        .map(|(_, call)| path(call))
        .collect();
    assert_eq!(in_root, BTreeSet::from(["etc/group", "etc/passwd"]));
    for (_, call) in &below {
        let probe = path(call) == "/" && call.contains("O_PATH");
        let guarded = call.contains("RESOLVE_BENEATH")
            && call.contains("RESOLVE_NO_XDEV")
            && call.contains("RESOLVE_NO_SYMLINKS");
        let names = call.contains("RESOLVE_IN_ROOT") && call.contains("RESOLVE_NO_MAGICLINKS");
        // Whether something lies over a file of the host's own /proc.
        let own = call.contains("O_PATH, resolve=RESOLVE_NO_XDEV}");
        assert!(probe || guarded || names || own, "{call}");
        // A FIFO or a terminal is opened without waiting, and without becoming anyone's.
        let looks = call.contains("O_PATH");
        assert!(
            looks || (call.contains("O_NONBLOCK") && call.contains("O_NOCTTY")),
            "{call}"
        );
    }
}

#[test]
fn every_descriptor_is_close_on_exec() {
    crate::machine::must_be_root();
    let container = Container::new();
    let mut seen = 0;
    for (_, call) in calls(container.pid) {
        let opens = [
            "open(", "openat(", "openat2(", "dup", "pipe", "socket(", "memfd", "eventfd",
        ];
        if !opens.iter().any(|start| call.starts_with(start)) || call.contains("<unfinished") {
            continue;
        }
        seen += 1;
        // The worker's own standard output and error.
        let is_standard =
            call.starts_with("dup2(") && [", 1)", ", 2)"].iter().any(|to| call.contains(to));
        assert!(call.contains("CLOEXEC") || is_standard, "{call}");
    }
    assert!(seen > 20, "{seen}");
}
