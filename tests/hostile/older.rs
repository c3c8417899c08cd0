//! Without the system calls that an older kernel lacks, or that a filter refuses.

use std::process::Command;

use psgo::{ErrorKind, ProcChoice, ProcSource};

use super::{
    alone::alone_without,
    calls::{self, Call},
    container::{By, Container, names},
    truth::{COLUMNS, Expected, Names, Rows, Taken, ask, assert_same, right, source},
};
use crate::{
    command::{self, Answer},
    machine::{dir, process::sleeping},
};

/// `fsconfig`: without it there is no private procfs, as before Linux 6.18.
const FSCONFIG: Call = Call::Number(libc::SYS_fsconfig);

/// `openat2`, Linux 5.6.
const OPENAT2: Call = Call::Number(libc::SYS_openat2);

/// The ioctls that translate pids between PID namespaces, Linux 6.11: `NS_GET_PID_FROM_PIDNS`,
/// `NS_GET_TGID_FROM_PIDNS`, `NS_GET_PID_IN_PIDNS`, `NS_GET_TGID_IN_PIDNS`.
const PID_IOCTLS: [Call; 4] = [
    Call::Ioctl(0x8004_b706),
    Call::Ioctl(0x8004_b707),
    Call::Ioctl(0x8004_b708),
    Call::Ioctl(0x8004_b709),
];

/// Without `openat2` no path of a container is opened, so there are no names.
fn named(missing: &[Call]) -> Names {
    if missing.contains(&OPENAT2) {
        Names::default()
    } else {
        names()
    }
}

/// The table of containers of several kinds is right on a kernel without `calls`.
fn the_table_is_the_same_without(calls: &[Call]) {
    alone_without(calls, || {
        let honest = Container::new();
        let _nested = honest.nested_proc("/tmp/nested");
        let liar = Container::new();
        let covers = ["/proc/1/stat", "/proc/1/status"]
            .map(|at| liar.cover(at, By::Bind(format!("/proc/{}/stat", liar.others[0]))));
        let without_proc = Container::new();
        let _cover = without_proc.cover("/proc", By::Tmpfs);
        let containers = [&honest, &liar, &without_proc]
            .map(|container| (container, right(container.pid, &named(calls))));
        for (container, right) in &containers {
            for choice in [ProcChoice::Auto, ProcChoice::Host] {
                let about = format!("without {calls:?}, {choice:?}");
                let table = ask(container.pid, choice).unwrap();
                assert_same(&table, right, &about);
            }
        }
        let table = ask(honest.pid, ProcChoice::Auto).unwrap();
        let is_private = !calls.contains(&FSCONFIG);
        match (source(&table), ask(honest.pid, ProcChoice::Container)) {
            (ProcSource::Private, Ok(_)) => assert!(is_private),
            (ProcSource::Host(Some(why)), Err(error)) => {
                assert!(!is_private);
                assert_eq!(why.kind(), ErrorKind::Unsupported);
                assert_eq!(error.kind(), ErrorKind::Unsupported);
            }
            other => panic!("{calls:?}: {other:?}"),
        }
        drop(covers);
    });
}

#[test]
fn without_openat2_the_table_is_the_same() {
    the_table_is_the_same_without(&[OPENAT2]);
}

#[test]
fn without_the_ioctls_for_pids_the_table_is_the_same() {
    the_table_is_the_same_without(&PID_IOCTLS);
}

#[test]
fn without_a_private_proc_the_table_is_the_same() {
    the_table_is_the_same_without(&[FSCONFIG]);
}

#[test]
fn without_a_private_proc_the_hosts_is_read() {
    alone_without(&[FSCONFIG], || {
        let expected = Expected {
            about: "without fsconfig",
            names: names(),
            taken: Taken::Host(ErrorKind::Unsupported),
            silent: 0,
        };
        expected.met(Container::new().pid, || ());
    });
}

#[test]
fn without_any_of_the_newer_calls_the_table_is_the_same() {
    let [a, b, c, d] = PID_IOCTLS;
    the_table_is_the_same_without(&[OPENAT2, FSCONFIG, a, b, c, d]);
}

/// How often files of processes outside the container are opened to list it, on a kernel that does
/// not translate numbers.
fn looks_outside(container: &Container, columns: &str) -> usize {
    let other = sleeping();
    let log = dir().join(format!("older-{}-{columns}", container.pid));
    let mut command = Command::new("strace");
    let asked = container.pid.to_string();
    command
        .args(["-f", "-y", "-e", "trace=openat,openat2,ioctl"])
        .args(["-e", "inject=ioctl:error=ENOTTY", "-o"])
        .arg(&log)
        .arg(command::path())
        .args(["-join", &asked, "-format", columns]);
    let answer = Answer::of(&mut command).succeeds();
    assert_eq!(answer.lines().len(), 5);
    let calls = std::fs::read_to_string(log).unwrap();
    // What was opened, by the number and the name of its descriptor.
    let its = format!("</proc/{}", other.pid());
    let opened = |call: &&str| {
        call.rsplit_once(" = ")
            .is_some_and(|(_, fd)| fd.contains(&its))
    };
    calls.lines().filter(opened).count()
}

#[test]
fn the_host_is_looked_through_once_and_only_for_its_numbers() {
    crate::machine::must_be_root();
    let container = Container::new();
    assert_eq!(looks_outside(&container, "pid,user,args,rss"), 0);
    // Its directory and its status.
    assert_eq!(looks_outside(&container, "pid,hpid"), 2);
}

fn rows(answer: &Answer) -> Rows {
    let rows = answer.csv(&COLUMNS).into_iter();
    rows.map(|row| COLUMNS.iter().map(|name| row[*name].clone()).collect())
        .collect()
}

#[test]
fn under_a_filter_the_table_is_the_same() {
    crate::machine::must_be_root();
    let container = Container::new();
    let asked = container.pid.to_string();
    let columns = COLUMNS.join(",");
    let newer = [
        OPENAT2,
        FSCONFIG,
        Call::Number(libc::SYS_pidfd_open),
        Call::Number(libc::SYS_setns),
        Call::Number(libc::SYS_unshare),
        Call::Number(libc::SYS_statx),
        Call::Number(libc::SYS_pidfd_send_signal),
    ];
    let each = newer.iter().map(std::slice::from_ref);
    for errno in [libc::ENOSYS, libc::EPERM] {
        for refused in each.clone().chain([&newer[..]]) {
            let mut command = Command::new(command::path());
            command.args([
                "-pids", &asked, "-join", "-format", &columns, "-output", "csv",
            ]);
            calls::refuse(&mut command, refused, errno);
            let answer = Answer::of(&mut command).exits(0);
            let says_why = answer.stderr.starts_with("psgo: ids have no names: ");
            assert!(answer.stderr.is_empty() || says_why, "{}", answer.stderr);
            assert_eq!(says_why, refused.contains(&OPENAT2), "{}", answer.stderr);
            let right = right(container.pid, &named(refused));
            assert_eq!(rows(&answer), right, "{refused:?} answered {errno}");
        }
    }
}

#[test]
fn where_threads_are_forbidden_there_is_a_reason_and_no_row() {
    crate::machine::must_be_root();
    let container = Container::new();
    let asked = container.pid.to_string();
    // A container is named, and left out; without one there is no answer at all.
    let joined = (&["-pids", &asked, "-join"][..], 1);
    for (args, code) in [joined, (&["-pids", &asked], 2)] {
        let mut command = Command::new(command::path());
        command.args(args).args(["-format", "pid", "-no-header"]);
        let threads = [libc::SYS_clone, libc::SYS_clone3].map(Call::Number);
        calls::refuse(&mut command, &threads, libc::EPERM);
        let answer = Answer::of(&mut command).exits(code);
        assert_eq!(answer.text().trim(), "");
        assert_eq!(answer.stderr.lines().count(), 1, "{}", answer.stderr);
        assert!(answer.stderr.contains("thread"), "{}", answer.stderr);
    }
}
