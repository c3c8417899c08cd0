//! A number that has come to mean another process, or one that has ended.

use std::{
    collections::BTreeSet,
    fs,
    os::{
        fd::{AsFd as _, OwnedFd},
        unix::{fs::symlink, process::CommandExt as _},
    },
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use psgo::{ErrorKind, ProcChoice, Target, View};

use super::{
    alone::{alone, another},
    calls,
    container::Container,
    truth::{Possessions, options, pid_of},
};
use crate::{
    command::{self, psgo},
    machine::{
        dir,
        namespaces::UNSHARE,
        process::{Held, quiet},
        wait_for,
    },
    oracle::kernel,
};

/// Runs a test in a PID namespace of its own, where few numbers are taken and the next one can be set.
fn with_own_numbers(test: &str, variables: &[(&str, &str)]) {
    crate::machine::must_be_root();
    let prefix = UNSHARE.map(str::to_owned);
    another(&prefix, test, variables, &[]);
}

#[test]
fn a_pidfd_never_comes_to_mean_another() {
    with_own_numbers("hostile::reuse::with_few_numbers", &[]);
}

#[test]
fn a_number_with_its_start_never_comes_to_mean_another() {
    with_own_numbers("hostile::reuse::with_the_last_number_set", &[]);
}

/// The process that got the number `pid` at `start`, in ticks.
fn started(pid: i32, start: i64) -> Target<'static> {
    Target::Started {
        pid: pid_of(pid),
        start: u64::try_from(start).unwrap(),
    }
}

#[test]
#[ignore = "run by a_number_with_its_start_never_comes_to_mean_another, in a namespace of its own"]
fn with_the_last_number_set() {
    assert!(
        std::process::id() < 300,
        "not in a PID namespace of its own"
    );
    let host = View::host().unwrap();
    for number in [5000, 300, 5001] {
        let again = || {
            wait_for("a process of that number", || {
                fs::write("/proc/sys/kernel/ns_last_pid", (number - 1).to_string()).unwrap();
                let child = sleep();
                if i32::try_from(child.id()).unwrap() == number {
                    return Some(child);
                }
                end(child);
                None
            })
        };
        let first = again();
        let start = kernel::start_ticks(number).unwrap();
        let join = || View::join(started(number, start)).seen_from(&host).open();
        assert_eq!(join().unwrap().target(), Some(pid_of(number)));
        end(first);
        let error = join().unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("process {number}: no such process")
        );
        let second = wait_for("another tick", || {
            let second = again();
            if kernel::start_ticks(number) != Some(start) {
                return Some(second);
            }
            end(second);
            None
        });
        let error = join().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Gone);
        let text = format!("process {number}: ended, and another process has its number");
        assert_eq!(error.to_string(), text);
        View::join(pid_of(number)).seen_from(&host).open().unwrap();
        end(second);
    }
}

#[test]
fn a_number_with_another_start_is_another() {
    alone(|| {
        let container = Container::new();
        let start = kernel::start_ticks(container.pid).unwrap();
        let host = View::host().unwrap();
        let before = Possessions::now();
        for choice in [ProcChoice::Auto, ProcChoice::Container, ProcChoice::Host] {
            for wrong in [start - 1, start + 1, 0, i64::MAX] {
                let error = View::join(started(container.pid, wrong))
                    .seen_from(&host)
                    .options(&options(choice))
                    .open();
                assert_eq!(error.unwrap_err().kind(), ErrorKind::Gone, "{wrong}");
            }
            View::join(started(container.pid, start))
                .seen_from(&host)
                .options(&options(choice))
                .open()
                .unwrap();
        }
        before.come_back("afterwards");
    });
}

/// The first process of a container, that has ended and is not reaped as long as the other lives.
fn unreaped() -> (Held, i32, OwnedFd) {
    let mut command = Command::new(UNSHARE[0]);
    command.args(&UNSHARE[1..]).args(["sleep", "100000"]);
    let holder = Held::start(quiet(&mut command));
    let target = wait_for("its first process", || {
        let [pid] = kernel::children(holder.pid())[..] else {
            return None;
        };
        (kernel::comm(pid)? == b"sleep").then_some(pid)
    });
    let pidfd = calls::pidfd_open(target);
    let state = |pid, state: char| {
        wait_for("its state", || {
            let now = kernel::status(pid)?["State"].clone();
            now.starts_with(state).then_some(())
        });
    };
    // Who does not run reaps nobody.
    kill(Pid::from_raw(holder.pid()), Signal::SIGSTOP).unwrap();
    state(holder.pid(), 'T');
    kill(Pid::from_raw(target), Signal::SIGKILL).unwrap();
    state(target, 'Z');
    (holder, target, pidfd)
}

#[test]
fn one_that_has_ended_and_was_not_reaped_is_gone() {
    alone(|| {
        let (_holder, target, pidfd) = unreaped();
        let host = View::host().unwrap();
        let text = format!("process {target}: ended, and not yet reaped");
        for choice in [ProcChoice::Auto, ProcChoice::Container, ProcChoice::Host] {
            for who in [pid_of(target).into(), Target::Pidfd(pidfd.as_fd())] {
                let error = View::join(who)
                    .seen_from(&host)
                    .options(&options(choice))
                    .open()
                    .unwrap_err();
                assert_eq!(error.kind(), ErrorKind::Gone, "{error}");
                assert_eq!(error.to_string(), text);
            }
        }
    });
}

#[test]
fn the_command_says_of_what_has_ended_that_it_has() {
    crate::machine::must_be_root();
    let (_holder, target, _) = unreaped();
    let pid = target.to_string();
    let answer = psgo(&["-join", &pid]).exits(2);
    let text = format!("psgo: process {target}: ended, and not yet reaped\n");
    assert_eq!((answer.stderr.as_str(), answer.text()), (text.as_str(), ""));
    let answer = psgo(&["-pids", &pid, "-join", "-format", "pid"]).exits(1);
    let text = format!("psgo: left out: {target} (ended, and not yet reaped)\n");
    assert_eq!(
        (answer.stderr.as_str(), answer.text()),
        (text.as_str(), "PID\n")
    );
}

fn sleep() -> Child {
    quiet(Command::new("sleep").arg("100000")).spawn().unwrap()
}

fn end(mut child: Child) -> i32 {
    child.kill().unwrap();
    child.wait().unwrap();
    i32::try_from(child.id()).unwrap()
}

#[test]
#[ignore = "run by a_pidfd_never_comes_to_mean_another, in a namespace of its own"]
fn with_few_numbers() {
    // KERNEL(6.14): each PID namespace has its own limit. Before, this is the machine's.
    assert!(
        std::process::id() < 300,
        "not in a PID namespace of its own"
    );
    fs::write("/proc/sys/kernel/pid_max", "400").unwrap();
    let host = View::host().unwrap();
    let before = Possessions::now();
    // The first 300 numbers do not come again.
    wait_for("a number that comes again", || {
        (end(sleep()) > 300).then_some(())
    });
    for _ in 0..10 {
        let first = sleep();
        let pidfd = calls::pidfd_open(i32::try_from(first.id()).unwrap());
        let joined = View::join(pidfd.as_fd()).seen_from(&host).open().unwrap();
        assert_eq!(joined.target(), Some(psgo::Pid::new(first.id())));
        let number = end(first);
        let gone = |why: &str| {
            let error = View::join(pidfd.as_fd())
                .seen_from(&host)
                .open()
                .unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Gone, "{why}: {error}");
        };
        gone("it is reaped");
        let error = View::join(pid_of(number))
            .seen_from(&host)
            .open()
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Gone, "{error}");
        let second = wait_for("the number comes again", || {
            let next = sleep();
            if i32::try_from(next.id()).unwrap() == number {
                return Some(next);
            }
            end(next);
            None
        });
        gone("another has its number");
        // By its number it is the other that is meant.
        View::join(pid_of(number)).seen_from(&host).open().unwrap();
        assert!(kernel::start_ticks(number).is_some());
        end(second);
    }
    drop(host);
    assert_eq!(Possessions::now().threads, before.threads);
}

#[test]
fn a_row_is_of_one_process_though_its_number_comes_again_meanwhile() {
    let command = command::path().to_str().unwrap();
    with_own_numbers(
        "hostile::reuse::while_a_process_is_read",
        &[("PSGO", command)],
    );
}

/// The number that comes again.
const NUMBER: i32 = 20_000;

/// A process that differs from another kind's in all that is asked for, under that number if it
/// can be had.
fn of_kind(kind: u32, number: i32) -> Option<Child> {
    let name = dir().join(format!("kind-{kind}"));
    if !name.exists() {
        symlink("/bin/sleep", &name).unwrap();
    }
    fs::write("/proc/sys/kernel/ns_last_pid", (number - 1).to_string()).unwrap();
    let mut command = Command::new(&name);
    let child = quiet(command.arg("100000").uid(60_000 + kind).gid(60_000));
    let child = child.spawn().unwrap();
    if i32::try_from(child.id()).unwrap() == number {
        return Some(child);
    }
    end(child);
    None
}

#[test]
#[ignore = "run by a_row_is_of_one_process_though_its_number_comes_again_meanwhile"]
fn while_a_process_is_read() {
    assert!(
        std::process::id() < 300,
        "not in a PID namespace of its own"
    );
    // By its name, its command line and its user.
    let kinds = |row: &str| -> BTreeSet<u32> {
        let kind = |word: &str| {
            let number = word.strip_prefix("kind-").map_or_else(
                || word.parse::<u32>().ok()?.checked_sub(60_000),
                |number| number.parse().ok(),
            );
            number.filter(|number| *number < 1_000)
        };
        row.split([',', '/', ' ']).filter_map(kind).collect()
    };
    let path = |name: &str| format!("{NUMBER}{name}");
    let (mut rows, mut without, mut kind) = (0, 0, 0);
    for columns in ["comm,user,args", "comm,ruser,args", "user,rss,ruser"] {
        for held_up in [
            path("/stat"),
            path("/status"),
            path("/cmdline"),
            path(""),
            format!("/proc/{NUMBER}/stat"),
            format!("/proc/{NUMBER}/status"),
            format!("/proc/{NUMBER}/cmdline"),
        ] {
            // Each call that names the file waits for longer than a process of the number lives.
            let mut traced = Command::new("strace");
            traced
                .args(["-f", "-o", "/dev/null", "-P", &held_up])
                .args(["-e", "inject=all:delay_enter=60000"])
                .arg(command::path())
                .args(["-output", "csv", "-format", columns])
                .stdin(Stdio::null())
                .stdout(Stdio::piped())
                .stderr(Stdio::null());
            let mut present = wait_for("the number", || of_kind(kind, NUMBER));
            let mut traced = traced.spawn().unwrap();
            while traced.try_wait().unwrap().is_none() {
                thread::sleep(Duration::from_millis(25));
                kind = (kind + 1) % 1_000;
                end(present);
                present = wait_for("the number", || of_kind(kind, NUMBER));
            }
            end(present);
            let output = traced.wait_with_output().unwrap();
            let listing = String::from_utf8_lossy(&output.stdout);
            assert!(listing.lines().count() > 2, "{listing}");
            let of_either = listing.lines().map(kinds).filter(|kinds| !kinds.is_empty());
            let of_either: Vec<_> = of_either.collect();
            assert!(
                of_either.iter().all(|kinds| kinds.len() == 1),
                "held up at {held_up}: {listing}"
            );
            rows += of_either.len();
            without += usize::from(of_either.is_empty());
        }
    }
    // Otherwise it was never tried.
    assert!(rows > 0 && without > 0, "{rows} rows, {without} without");
}

#[test]
fn a_watch_shows_at_once_who_has_a_number_that_was_kept() {
    with_own_numbers("hostile::reuse::while_it_is_watched", &[]);
}

#[test]
#[ignore = "run by a_watch_shows_at_once_who_has_a_number_that_was_kept"]
fn while_it_is_watched() {
    assert!(
        std::process::id() < 300,
        "not in a PID namespace of its own"
    );
    // With the command line, and with stat alone, to prove whose the number is.
    for columns in [&["pid", "comm", "user", "args"][..], &["pid", "comm"]] {
        let mut watcher = psgo::Query::new(columns).unwrap().watch().unwrap();
        let mut of_number = || {
            let table = watcher.sample().unwrap().table;
            let cells = |row: &psgo::Row| row.values().iter().map(ToString::to_string).collect();
            let mut rows = table.rows().iter();
            let row = rows
                .find(|row| row.pid() == Some(pid_of(NUMBER)))
                .map(cells);
            row.unwrap_or_else(Vec::new)
        };
        for kind in 1..4 {
            let present = wait_for("the number", || of_kind(kind, NUMBER));
            kernel_has(NUMBER, &format!("kind-{kind}"));
            for _ in 0..3 {
                let cells = of_number();
                assert_eq!(cells.get(1), Some(&format!("kind-{kind}")), "{cells:?}");
                if let Some(args) = cells.get(3) {
                    assert!(args.ends_with(&format!("kind-{kind} 100000")), "{cells:?}");
                    assert_eq!(cells[2], (60_000 + kind).to_string());
                }
            }
            end(present);
        }
    }
}

/// Waits until the process has executed what it is to be.
fn kernel_has(pid: i32, comm: &str) {
    wait_for("its name", || {
        (kernel::comm(pid)? == comm.as_bytes()).then_some(())
    });
}
