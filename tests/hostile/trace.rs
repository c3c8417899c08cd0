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
    // The command itself, and the joiner, from memory.
    assert_eq!(executed.len(), 2, "{executed:?}");
    assert!(
        executed[1]
            .1
            .starts_with("execveat(5, \"\", [\"psgo-join\"]"),
        "{executed:?}"
    );
    // New threads; one process, the command's worker, forked before anything is read; and two that
    // share the memory of the worker until the program is executed: the guard, whose end sends no
    // signal, and the joiner.
    let is_process = |call: &str| !call.contains("CLONE_THREAD") && !call.contains("resumed");
    let cloned = calls.iter().filter(|(_, call)| starting(call, "clone"));
    let processes: Vec<_> = cloned.filter(|(_, call)| is_process(call)).collect();
    let [(_, worker), others @ ..] = &processes[..] else {
        panic!("{processes:?}")
    };
    assert!(
        worker.contains("SIGCHLD") && !worker.contains("CLONE_VM"),
        "{worker}"
    );
    assert_eq!(others.len(), 2, "{processes:?}");
    for (_, call) in others {
        assert!(
            call.contains("CLONE_VM") && !call.contains("SIGCHLD"),
            "{call}"
        );
    }
    assert!(
        !calls
            .iter()
            .any(|(_, call)| starting(call, "fork") || starting(call, "vfork"))
    );
    assert!(!calls.iter().any(|(_, call)| starting(call, "--- SIG")));

    // Who enters opens the root, passwd and group, and ends.
    let entered: Vec<_> = calls
        .iter()
        .enumerate()
        .filter(|(_, (_, call))| starting(call, "setns("))
        .collect();
    let [(at, (process, setns))] = entered[..] else {
        panic!("{entered:?}")
    };
    assert!(setns.contains("CLONE_NEWNS"), "{setns}");
    assert_eq!(
        calls
            .iter()
            .find(|(_, call)| call.contains("execveat"))
            .unwrap()
            .0,
        *process
    );
    let inside = calls[at + 1..].iter().filter(|(by, _)| by == process);
    let inside: Vec<_> = inside.map(|(_, call)| call.as_str()).collect();
    let opened = inside.iter().filter(|call| call.starts_with("open"));
    assert_eq!(
        opened.map(|call| path(call)).collect::<Vec<_>>(),
        ["/", "etc/passwd", "etc/passwd", "etc/group", "etc/group"]
    );
    let harmless = ["open", "fstat", "read(", "sendto(", "exit", "+++", "<..."];
    for call in &inside {
        assert!(
            harmless.iter().any(|start| call.starts_with(start)),
            "{call}"
        );
    }

    // Below its root: names alone.
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
        // A file of the host's own /proc, over which nothing may lie.
        let own = call.contains("resolve=RESOLVE_NO_XDEV}") && !path(call).starts_with('/');
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
        // In the joiner, which executes nothing, at the numbers where it expects them.
        let given = ["3, 0)", "4, 0)"].iter().any(|end| {
            let args = call
                .rsplit_once(" = ")
                .map_or("", |(args, _)| args.trim_end());
            args.starts_with("dup3(") && args.ends_with(end)
        });
        if given {
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
