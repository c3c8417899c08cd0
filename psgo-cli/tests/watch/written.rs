//! What files, pipes and programs get.

use std::{
    io::{BufRead as _, BufReader},
    os::{fd::AsFd as _, unix::process::ExitStatusExt as _},
    process::{Command, Stdio},
};

use nix::{
    fcntl::{FcntlArg, fcntl},
    poll::{PollFd, PollFlags, PollTimeout, poll},
    sys::signal::Signal,
};

use crate::{PSGO, Proc, ended, psgo, run, signal, until, wait_for_end};

/// Looks at these columns of `proc` at this pace.
fn watching<'a>(proc: &'a Proc, pace: &'a str, columns: &'a str) -> [&'a str; 6] {
    ["-proc", proc.path(), "-watch", pace, "-format", columns]
}

#[test]
fn tables_follow_each_other_with_an_empty_line_between() {
    let proc = Proc::new("tables", 2);
    let args = watching(&proc, "0.01", "pid,args");
    let table = "PID   COMMAND\n1     name-of-1\n2     name-of-2\n";
    let (code, out, err) = run(&[&args[..], &["-count", "3"]].concat());
    assert_eq!(out, [table; 3].join("\n"));
    assert_eq!((code, err.as_str()), (0, ""));
    let (_, out, _) = run(&[&args[..], &["-count", "2", "-no-header"]].concat());
    assert_eq!(
        out,
        "1    name-of-1\n2    name-of-2\n\n1    name-of-1\n2    name-of-2\n"
    );
}

#[test]
fn rows_for_programs_tell_their_look_apart() {
    let proc = Proc::new("apart", 2);
    let args = [&watching(&proc, "0.01", "pid")[..], &["-count", "2"]].concat();
    let (_, out, _) = run(&[&args[..], &["-output", "ndjson"]].concat());
    let rows: Vec<serde_json::Value> = out
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let at: Vec<_> = rows.iter().map(|row| row["at"].as_str().unwrap()).collect();
    assert!(
        out.lines().all(|line| line.starts_with("{\"at\":\"2")),
        "{out}"
    );
    assert!(
        at.len() == 4 && at[0] == at[1] && at[1] < at[2] && at[2] == at[3],
        "{out}"
    );
    let (_, out, _) = run(&[&args[..], &["-output", "csv"]].concat());
    let lines: Vec<_> = out.lines().collect();
    assert_eq!((lines[0], lines.len()), ("AT,PID", 5));
    assert!(
        lines[4].starts_with('2') && lines[4].ends_with(",2"),
        "{out}"
    );
    let (_, out, _) = run(&[&args[..], &["-output", "csv", "-no-header"]].concat());
    assert!(out.lines().count() == 4 && !out.contains("AT"), "{out}");
}

/// A busy process of the host has as much of a processor as others leave to it; this one has as
/// much as the test says.
#[test]
fn pcpu_is_over_the_interval() {
    let proc = Proc::new("pcpu", 1);
    let args = watching(&proc, "0.05", "pcpu");
    let mut child = psgo(&args).args(["-output", "ndjson"]).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut next = || -> serde_json::Value {
        let row = serde_json::from_str::<serde_json::Value>(&lines.next().unwrap().unwrap());
        row.unwrap()["pcpu"].clone()
    };
    assert!(next().is_null());
    assert_eq!(next(), 0.0);
    proc.work(1);
    let busy = (0..1000).map(|_| next()).find(|pcpu| *pcpu != 0.0).unwrap();
    // Ten seconds of work within the time of a look.
    assert!(busy.as_f64().unwrap() > 50.0, "{busy}");
    assert_eq!(next(), 0.0);
    drop(lines);
    assert_eq!(ended(child), (0, String::new(), String::new()));
}

#[test]
fn the_end_tells_who_came_and_went() {
    let proc = Proc::new("came", 2);
    let args = [&watching(&proc, "0.01", "pid")[..], &["-output", "csv"]].concat();
    let mut child = psgo(&args).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut wait_for = |pid: &str| {
        while !lines.next().unwrap().unwrap().ends_with(pid) {}
    };
    wait_for(",2");
    proc.add(3);
    wait_for(",3");
    proc.remove(1);
    proc.add(4);
    wait_for(",4");
    signal(&child, Signal::SIGINT);
    let err = {
        // What comes still must not keep it.
        for _ in lines.by_ref() {}
        ended(child)
    };
    assert_eq!(err.0, 0);
    let looks = err.2.strip_prefix("psgo: ").unwrap();
    assert!(
        looks.contains(" looks in ") && looks.ends_with(": 2 came, 1 went\n"),
        "{looks}"
    );
}

#[test]
fn a_quiet_watch_that_is_ended_says_nothing() {
    let proc = Proc::new("quiet", 1);
    let args = watching(&proc, "3600", "pid");
    let args = [&args[..], &["-quiet", "-where", "pid=77"]].concat();
    let mut child = psgo(&args).spawn().unwrap();
    let _out = child.stdout.take();
    // Its handlers of signals are there once it has read the copy, and it waits then.
    until("it takes signals", || {
        let stat = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
        let takes = |name: &str| {
            let mask = stat.lines().find_map(|line| line.strip_prefix(name));
            mask.is_some_and(|mask| u64::from_str_radix(mask.trim(), 16).unwrap() & 2 != 0)
        };
        takes("SigCgt:") || takes("SigBlk:")
    });
    signal(&child, Signal::SIGINT);
    let (code, _, err) = ended(child);
    assert_eq!((code, err.as_str()), (0, ""));
}

#[test]
fn so_many_looks_end_as_a_listing_does() {
    let proc = Proc::new("counted", 1);
    let args = [&watching(&proc, "0.01", "pid")[..], &["-count", "2"]].concat();
    let (code, out, err) = run(&[&args[..], &["-pids", "1,77"]].concat());
    assert_eq!(out, "PID\n1\n\nPID\n1\n");
    assert_eq!(
        (code, err.as_str()),
        (1, "psgo: left out: 77 (no such process)\n")
    );
    let (code, out, err) = run(&["-watch", "1", "-join", "4194304999"]);
    assert_eq!((code, out.as_str()), (2, ""), "{err}");
    let missing = format!("{}/no", proc.path());
    let (code, out, _) = run(&["-watch", "1", "-proc", &missing]);
    assert_eq!((code, out.as_str()), (2, ""));
    let (code, out, _) = run(&["-watch", "1", "-output", "ndjson", "-format", "pid,%p"]);
    assert_eq!((code, out.as_str()), (2, ""));
}

#[test]
fn a_reader_that_goes_ends_it_without_another_look() {
    for output in ["table", "ndjson", "csv"] {
        let proc = Proc::new(&format!("gone-{output}"), 1);
        let args = [&watching(&proc, "3600", "pid")[..], &["-output", output]].concat();
        let mut child = psgo(&args).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        // Flushed after each look, or it would not be here before the next.
        assert!(lines.next().unwrap().is_ok());
        drop(lines);
        assert_eq!(ended(child), (0, String::new(), String::new()), "{output}");
    }
}

#[test]
fn a_reader_that_does_not_read_cannot_keep_it() {
    let proc = Proc::new("stuck", 200);
    let (reader, writer) = std::io::pipe().unwrap();
    fcntl(&writer, FcntlArg::F_SETPIPE_SZ(4096)).unwrap();
    let full = writer.try_clone().unwrap();
    // One look is more than the pipe holds.
    let args = ["-proc", proc.path(), "-watch", "0.01"];
    let mut command = psgo(&args);
    command.args(["-format", "args,args,args"]).stdout(writer);
    let mut child = command.spawn().unwrap();
    until("it writes too little", || {
        let mut files = [PollFd::new(full.as_fd(), PollFlags::POLLOUT)];
        poll(&mut files, PollTimeout::ZERO).unwrap() == 0
    });
    signal(&child, Signal::SIGTERM);
    wait_for_end(&mut child);
    // Its worker could not write on, so the signal ends it.
    let status = child.wait().unwrap();
    assert_eq!(status.signal(), Some(Signal::SIGTERM as i32), "{status}");
    drop(reader);
}

#[test]
fn a_signal_that_was_ignored_before_is_ignored_still() {
    let proc = Proc::new("nohup", 1);
    let args = watching(&proc, "0.01", "pid");
    let mut child = Command::new("sh")
        .args(["-c", "trap '' HUP; exec \"$0\" \"$@\"", PSGO])
        .args(args)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.next().unwrap().is_ok());
    signal(&child, Signal::SIGHUP);
    assert_eq!(lines.by_ref().take(300).map_while(Result::ok).count(), 300);
    signal(&child, Signal::SIGTERM);
    assert!(lines.count() < 10_000);
    assert_eq!(ended(child).0, 0);
}
