//! How much memory a listing takes, whatever the processes have.

use std::{
    fs,
    io::Read as _,
    num::NonZeroUsize,
    ops::ControlFlow,
    process::{Command, Stdio},
    thread,
    time::Duration,
};

use nix::unistd::Gid;
use psgo::{Query, View};

use super::{alone::alone, container::Container, few_or_many, truth::pid_of};
use crate::{
    command,
    machine::{
        process::{Held, quiet},
        wait_for,
    },
    oracle::kernel,
};

/// What one listing may take, in KiB.
const MOST: i64 = 64 << 10;

/// As long as a command line can be that a program is started with, nearly.
const LONG: usize = 1_800_000;

/// Processes that share the memory of one long command line, and which they are.
fn alike() -> (Held, Vec<i32>) {
    let count = usize::try_from(few_or_many(60, 300)).unwrap();
    let script = format!(
        "exec 3<&0; i=0; while [ $i -lt {count} ]; do i=$((i+1)); (read -r line) <&3 & done; wait"
    );
    let mut command = Command::new("sh");
    command.args(["-c", &script, "alike"]);
    // No argument may be longer than 128 KiB.
    command.args((0..LONG / 100_000).map(|_| "x".repeat(100_000)));
    let held = Held::start(quiet(&mut command).stdin(Stdio::piped()));
    let pids = wait_for("all of them", || {
        let pids = kernel::children(held.pid());
        (pids.len() == count).then_some(pids)
    });
    (held, pids)
}

fn own(label: &str) -> i64 {
    kibibytes(std::process::id(), label).unwrap()
}

fn kibibytes(pid: u32, label: &str) -> Option<i64> {
    let status = kernel::status(i32::try_from(pid).unwrap())?;
    status.get(label)?.trim_end_matches(" kB").parse().ok()
}

/// How much more memory than before is in use at the worst moment of `body`.
fn peak(body: impl FnOnce()) -> i64 {
    // The peak begins anew.
    fs::write("/proc/self/clear_refs", "5").unwrap();
    let before = own("VmRSS");
    body();
    own("VmHWM") - before
}

#[test]
fn a_long_command_line_of_many_does_not_fill_the_memory() {
    alone(|| {
        let (_held, pids) = alike();
        let host = View::host().unwrap();
        let query = Query::new(["pid", "user", "args"]).unwrap().view(host);
        let many = NonZeroUsize::new(16).unwrap();
        for (name, most, query) in [
            ("threads", MOST, query.clone()),
            ("one thread", MOST, query.clone().threads(NonZeroUsize::MIN)),
            // Each has to have one while it reads it.
            ("16 threads", MOST * 2, query.clone().threads(many)),
            ("this thread", MOST, query.on_this_thread()),
        ] {
            let mut long = 0;
            let took = peak(|| {
                let outcome = query.for_each(|row| {
                    let pid = i32::try_from(row.pid().unwrap().get()).unwrap();
                    let is_long = pids.contains(&pid);
                    if let (true, psgo::Value::Text(args)) = (is_long, &row.values()[2]) {
                        assert!(args.as_bytes().len() > LONG);
                    }
                    long += usize::from(is_long);
                    if is_long && long % 10 == 0 {
                        // Whoever reads is soon far ahead.
                        thread::sleep(Duration::from_millis(20));
                    }
                    ControlFlow::Continue(())
                });
                assert_eq!(outcome.unwrap().abandoned, 0);
            });
            println!("measured {took} KiB: {long} long command lines, {name}");
            assert_eq!(long, pids.len(), "{name}");
            assert!(took < most, "{name}: {took} KiB");
        }
    });
}

/// The kernel's `NGROUPS_MAX`.
const GROUPS: u32 = 65_536;

#[test]
fn as_many_groups_as_a_process_can_have_do_not_fill_the_memory() {
    alone(|| {
        let groups: Vec<_> = (0..GROUPS)
            .map(|n| Gid::from_raw(1_000_000_000 + n))
            .collect();
        nix::unistd::setgroups(&groups).unwrap();
        drop(groups);
        let script = "exec 3<&0; for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
            (read -r line) <&3 & (read -r line) <&3 & done; wait";
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        let held = Held::start(quiet(&mut command).stdin(Stdio::piped()));
        let pids = wait_for("all of them", || {
            let pids = kernel::children(held.pid());
            (pids.len() == 40).then(|| pids.into_iter().map(pid_of).collect::<Vec<_>>())
        });
        nix::unistd::setgroups(&[]).unwrap();
        let query = Query::new(["pid", "groups"]).unwrap();
        let query = query.pids(psgo::Pids::Only(&pids));
        let mut rows = 0;
        let took = peak(|| {
            let outcome = query.for_each(|row| {
                let psgo::Value::List(groups) = &row.values()[1] else {
                    panic!("{row:?}");
                };
                assert_eq!(groups.len(), GROUPS as usize);
                rows += 1;
                ControlFlow::Continue(())
            });
            assert!(outcome.unwrap().skipped.is_empty());
        });
        println!("measured {took} KiB: {rows} processes in {GROUPS} groups each");
        assert_eq!(rows, pids.len());
        assert!(took < MOST, "{took} KiB");
    });
}

#[test]
fn files_with_as_many_names_as_can_be_do_not_fill_the_memory() {
    alone(|| {
        let container = Container::new();
        let most = 4 << 20;
        let mut files = [String::new(), String::new()];
        for (file, rest) in files.iter_mut().zip([":1", ""]) {
            for id in 0.. {
                let line = format!("n::{id}{rest}\n");
                if file.len() + line.len() > most {
                    break;
                }
                file.push_str(&line);
            }
        }
        let lines = files.each_ref().map(|file| file.lines().count());
        for (file, name) in files.iter().zip(["passwd", "group"]) {
            fs::write(container.path(&format!("/etc/{name}")), file).unwrap();
        }
        drop(files);
        let mut views = Vec::new();
        for _ in 0..3 {
            let took = peak(|| views.push(View::join(pid_of(container.pid)).open().unwrap()));
            println!("measured {took} KiB: a container with {lines:?} names");
            assert!(took < MOST / 2, "{took} KiB");
        }
        let query = Query::new(["user", "group"]).unwrap().views(views);
        let table = query.table().unwrap();
        assert_eq!(table.to_strings()[0], ["n", "n"]);
    });
}

/// How much memory the command has in use at its worst moment, and how much it writes.
fn peak_of_command(args: &[&str]) -> (i64, usize) {
    let mut command = Command::new(command::path());
    command.args(args).stdin(Stdio::null());
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut answer = child.stdout.take().unwrap();
    let (mut buffer, mut read, mut peak) = (vec![0; 64 << 10], 0, 0);
    loop {
        match answer.read(&mut buffer).unwrap() {
            0 => break,
            some => read += some,
        }
        // It has not ended as long as there is more to read than a pipe holds.
        peak = peak.max(kibibytes(child.id(), "VmHWM").unwrap_or(0));
    }
    assert!(child.wait().unwrap().success());
    (peak, read)
}

#[test]
fn the_command_streams_what_it_could_not_hold() {
    crate::machine::must_be_root();
    let (_held, pids) = alike();
    for form in ["ndjson", "csv", "json", "table"] {
        let args = ["-format", "pid,args", "-output", form];
        let (took, wrote) = peak_of_command(&args);
        println!("measured {took} KiB: -output {form}, {} MiB", wrote >> 20);
        assert!(took < MOST, "{form}: {took} KiB");
        assert!(form == "table" || wrote > pids.len() * LONG, "{form}");
    }
}

/// What docs/drift.md says is kept of a command line.
const KEPT: usize = 4096;

#[test]
fn drift_keeps_of_a_long_command_line_what_tells_it_from_others() {
    crate::machine::must_be_root();
    let (_held, pids) = alike();
    let list = crate::machine::dir().join("drift-long");
    let db = list.to_str().unwrap();
    for args in [&["drift", "dump"][..], &["drift", "write", "-v", "-db", db]] {
        let (took, wrote) = peak_of_command(args);
        println!("measured {took} KiB: psgo {}, {} KiB", args[1], wrote >> 10);
        assert!(took < MOST, "{args:?}: {took} KiB");
        assert!(wrote > pids.len() * KEPT, "{args:?}: {wrote}");
    }
    let text = fs::read_to_string(&list).unwrap();
    let cut = |line: &&str| line.contains(" [cut: ");
    assert!(text.lines().filter(cut).count() >= pids.len());
    let longest = text.lines().map(str::len).max().unwrap();
    assert!(longest < KEPT * 4 + 1024, "{longest}");
}
