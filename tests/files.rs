//! `psgo proc` and the library's reading of files, in containers: what a process inside sees.

use std::process::Command;

use psgo::{
    ErrorKind, JoinOptions, Pid, ProcChoice, View,
    format::pid::{Stat, Status},
};

use crate::{
    command::{psgo, psgo_after},
    machine::{podman, wait_for},
};

/// What `cat` says of a file inside.
fn inside(pid: i32, file: &str) -> Vec<u8> {
    let target = pid.to_string();
    let output = Command::new("nsenter")
        .args(["-t", &target, "-m", "-p", "-n", "-u", "-i", "-C"])
        .args(["/bin/cat", &format!("/proc/{file}")])
        .output()
        .unwrap();
    assert!(output.status.success(), "{file}: {output:?}");
    output.stdout
}

/// Sets a setting of one of the namespaces of a process.
fn set(pid: i32, namespace: &str, setting: &str, value: &str) {
    let script = format!("echo {value} >/proc/sys/{setting}");
    let status = Command::new("nsenter")
        .args(["-t", &pid.to_string(), namespace, "sh", "-c", &script])
        .status();
    assert!(status.unwrap().success(), "{setting}");
}

fn pid_of(pid: i32) -> Pid {
    Pid::new(u32::try_from(pid).unwrap())
}

fn joined(pid: i32, choice: ProcChoice) -> View {
    let mut options = JoinOptions::default();
    options.proc = choice;
    View::join(pid_of(pid)).options(&options).open().unwrap()
}

#[test]
fn files_of_a_container_are_those_that_it_sees_itself() {
    // What podman mounts over in the common root, only one whose root may write there makes.
    podman::plain();
    let script = "busybox nc -l -p 8080 </dev/null & exec sleep 100001";
    let container = podman::podman().start(&[], &["sh", "-c", script]);
    let pid = container.pid;
    wait_for("somebody listens", || {
        let sockets = String::from_utf8(inside(pid, "net/tcp6")).unwrap();
        sockets.contains(":1F90 ").then_some(())
    });
    set(pid, "-n", "net/ipv4/ip_default_ttl", "77");
    set(pid, "-i", "kernel/msgmax", "4242");
    let files = [
        "net/tcp",
        "net/tcp6",
        "mounts",
        "1/mountinfo",
        "1/limits",
        "1/cgroup",
        "sys/kernel/hostname",
        "sys/kernel/msgmax",
        "sys/net/ipv4/ip_default_ttl",
        "version",
    ];
    let target = pid.to_string();
    for file in files {
        // Some name the reader: it is the joined process for psgo.
        let right = match file {
            "mounts" => inside(pid, "1/mounts"),
            file => inside(pid, file),
        };
        let answer = psgo(&["proc", file, "-join", &target, "-output", "raw"]).succeeds();
        assert!(answer.stdout == right, "{file}: {answer:?}");
        for choice in [ProcChoice::Container, ProcChoice::Host] {
            let bytes = joined(pid, choice).bytes(file).unwrap();
            assert!(
                bytes == right,
                "{file} by {choice:?}:\n{}\nnot\n{}",
                bytes.escape_ascii(),
                right.escape_ascii()
            );
        }
    }
    let host = |file: &str| std::fs::read(format!("/proc/{file}")).unwrap();
    for file in ["sys/kernel/hostname", "sys/kernel/msgmax", "mounts"] {
        assert!(inside(pid, file) != host(file), "{file} tells nothing");
    }
}

#[test]
fn numbers_of_processes_are_the_containers_own() {
    let pid = podman::plain().pid;
    let target = pid.to_string();
    for file in ["self/stat", "1/stat", "thread-self/stat", "1/task/1/stat"] {
        let answer = psgo(&[
            "proc", file, "-join", &target, "-only", "pid", "-output", "ndjson",
        ]);
        assert_eq!(answer.succeeds().text(), "{\"pid\":1}\n", "{file}");
    }
    // The host's /proc has the host's numbers in it, of the same process.
    let view = joined(pid, ProcChoice::Host);
    for file in ["self/stat", "1/stat", "thread-self/stat", "1/task/1/stat"] {
        let stat: Stat = view.read_at(file).unwrap();
        assert_eq!(Pid::new(stat.pid), pid_of(pid), "{file}");
    }
    let status: Status = view.read_of(Pid::new(1)).unwrap();
    assert_eq!(status.ns_pid.unwrap().last(), Some(&1));
    // Whoever does not run there is not there, by whatever number.
    for choice in [ProcChoice::Container, ProcChoice::Host] {
        let view = joined(pid, choice);
        let error = view.read_of::<Stat>(Pid::new(u32::MAX)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Gone, "{error}");
        let error = view.read_of::<Stat>(pid_of(pid)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Gone, "{error}");
    }
}

#[test]
fn what_is_mounted_over_the_kernels_own_files_hides_them_from_nobody() {
    // Podman mounts over /proc/sys, and over some files of the root.
    let pid = podman::plain().pid.to_string();
    for file in ["meminfo", "uptime", "sys/kernel/pid_max", "loadavg"] {
        psgo(&["proc", file, "-join", &pid]).succeeds();
    }
}

#[test]
fn every_file_of_a_container_comes_back() {
    let pid = podman::plain().pid.to_string();
    let answer = psgo(&["proc", "-check", "-join", &pid, "-output", "csv"]).exits(0);
    let text = String::from_utf8(answer.stdout).unwrap();
    let passed = text
        .lines()
        .filter(|line| line.starts_with("Pass,"))
        .count();
    assert!(passed > 500, "{text}");
    assert!(text.contains("Pass,self/status,"), "{text}");
}

#[test]
fn what_is_not_permitted_is_an_error_and_no_empty_answer() {
    let words = [
        "setpriv",
        "--reuid=65534",
        "--regid=65534",
        "--clear-groups",
    ];
    let nobody: Vec<String> = words.map(str::to_owned).to_vec();
    for file in ["environ", "maps", "io", "exe"] {
        let path = format!("1/{file}");
        let answer = psgo_after(&nobody, &["proc", &path, "-output", "json"]).exits(2);
        let told = answer.stderr;
        let denied = ["Permission denied", "Operation not permitted"];
        let is_told = denied
            .iter()
            .any(|word| told.starts_with(&format!("psgo: /proc/{path}: {word}; it takes CAP_")));
        assert!(is_told && answer.stdout.is_empty(), "{told}");
    }
    let answer = psgo_after(&nobody, &["proc", "-check", "-output", "csv"]).exits(0);
    let text = String::from_utf8(answer.stdout).unwrap();
    assert!(text.contains(",not permitted"), "{text}");
}
