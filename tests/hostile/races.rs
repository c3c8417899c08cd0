//! Mounts that change, processes that end, while a container is joined.

use std::{
    process::Command,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    thread,
    time::{Duration, Instant},
};

use nix::mount::{MntFlags, MsFlags, mount, umount2};
use psgo::{ErrorKind, ProcChoice, ProcSource};

use super::{
    alone::alone,
    calls,
    container::{Container, names},
    few_or_many,
    truth::{COLUMNS, Possessions, ask, assert_same, right, source},
};
use crate::{
    machine::{
        namespaces::UNSHARE,
        process::{Held, quiet},
        wait_for,
    },
    oracle::kernel,
};

fn seconds() -> Duration {
    Duration::from_secs(few_or_many(5, 60).into())
}

/// Runs `body` while `meanwhile` is repeated in the mount namespace of the container.
fn beside(container: &Container, mut meanwhile: impl FnMut() + Send, body: impl FnOnce()) -> u64 {
    let over = AtomicBool::new(false);
    let mut rounds = 0;
    thread::scope(|scope| {
        scope.spawn(|| {
            container.within(|| {
                while !over.load(Relaxed) {
                    meanwhile();
                    rounds += 1;
                }
            });
        });
        // The other must see the end also when the body fails.
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(body));
        over.store(true, Relaxed);
        if let Err(failure) = result {
            std::panic::resume_unwind(failure);
        }
    });
    rounds
}

#[test]
fn mounts_that_come_and_go_change_no_row() {
    alone(|| {
        let container = Container::new();
        let _nested = container.nested_proc("/tmp/nested");
        let right = right(container.pid, &names());
        let other = Container::new();
        let none = None::<&str>;
        let member = format!("/proc/{}/stat", container.others[0]);
        let bind = |from: &str, to: &str| mount(Some(from), to, none, MsFlags::MS_BIND, none);
        let procfs = other.within(|| calls::open_tree("/proc"));
        container.within(|| {
            std::fs::create_dir("/tmp/other").unwrap();
            calls::move_mount(&procfs, "/tmp/other");
        });
        let churn = || {
            let gone = |path: &str| umount2(path, MntFlags::MNT_DETACH).unwrap();
            mount(none, "/proc", Some("tmpfs"), MsFlags::empty(), none).unwrap();
            gone("/proc");
            bind("/tmp/nested", "/proc").unwrap();
            gone("/proc");
            for at in ["/proc/1/stat", "/proc/1/status", "/proc/1/cmdline"] {
                bind(&member, at).unwrap();
            }
            for at in ["/proc/1/stat", "/proc/1/status", "/proc/1/cmdline"] {
                gone(at);
            }
            bind(&member.replace("stat", ""), "/proc/1").unwrap();
            gone("/proc/1");
            bind("/tmp/other", "/proc").unwrap();
            gone("/proc");
        };
        let (mut own, mut hosts) = (0, 0);
        let count = few_or_many(3_000, 100_000);
        let start = Instant::now();
        let rounds = beside(&container, churn, || {
            for number in 0..count {
                match ask(container.pid, ProcChoice::Auto) {
                    Ok(table) => {
                        match source(&table) {
                            ProcSource::Private => own += 1,
                            _ => hosts += 1,
                        }
                        assert_same(
                            &table,
                            &right,
                            &format!("join {number}, by {}", source(&table)),
                        );
                        assert_eq!(table.outcome().abandoned, 0);
                    }
                    Err(error) => panic!("join {number}: {error}"),
                }
            }
        });
        println!(
            "measured {:.1} s: {count} joins, {own} by a private /proc, {hosts} by the host's, beside {rounds} rounds of mounts",
            start.elapsed().as_secs_f64()
        );
        assert!(own == count && hosts == 0 && rounds > 10);
    });
}

/// Whether the time is over and `is_enough`: a busy machine gets a minute more.
fn is_over(start: Instant, time: Duration, is_enough: bool) -> bool {
    let elapsed = start.elapsed();
    elapsed >= time && (is_enough || elapsed >= time + Duration::from_secs(60))
}

#[test]
fn a_container_that_never_rests_is_listed_without_error() {
    alone(|| {
        // What lasts: a container of four; what does not: its fifth, and all that it starts.
        let container = Container::new();
        let lasting = right(container.pid, &names());
        let script = "while :; do
            /bin/busybox true &
            /bin/busybox unshare -m /bin/sh -c '/bin/busybox mount -t tmpfs none /proc; exec /bin/busybox true' &
            (/bin/busybox true; exec /bin/busybox true) &
            wait
        done";
        let mut command = Command::new("nsenter");
        command
            .args(["-t", &container.pid.to_string(), "-m", "-p"])
            .args(["/bin/sh", "-c", script]);
        let _storm = Held::start(quiet(&mut command));
        let before = Possessions::now();
        let (start, mut listings, mut seen) = (Instant::now(), 0, 0);
        while !is_over(start, seconds(), listings > 10 && seen > 10) {
            let choice = if listings % 2 == 0 {
                ProcChoice::Auto
            } else {
                ProcChoice::Host
            };
            let table = ask(container.pid, choice).unwrap();
            assert!(table.skipped().is_empty(), "{:?}", table.skipped());
            let rows = table.to_strings();
            let at = |row: &[String], name: &str| {
                row[COLUMNS.iter().position(|column| *column == name).unwrap()].clone()
            };
            for row in &lasting {
                assert!(rows.contains(row), "{choice:?}: {row:?} in {rows:?}");
            }
            for row in rows.iter().filter(|row| !lasting.contains(row)) {
                seen += 1;
                let comm = at(row, "comm");
                // The shell has another name until it is executed.
                assert!(
                    ["sh", "busybox", "true", "nsenter"].contains(&comm.as_str()),
                    "{row:?}"
                );
                // Once it has ended it is in no mount namespace, so that its user has no name.
                let user = at(row, "user");
                assert!(["captain", "0"].contains(&user.as_str()), "{row:?}");
                assert_eq!(at(row, "uid"), "0");
                // Of the host's number the kernel no longer tells when it has ended meanwhile.
                let host = at(row, "hpid");
                assert!(host == "?" || host.parse::<u32>().is_ok(), "{row:?}");
                assert!(at(row, "pid") != "1" && at(row, "pid") != "0");
            }
            listings += 1;
        }
        println!("measured {listings} listings, {seen} rows of what did not last");
        assert!(listings > 10 && seen > 10);
        before.come_back("afterwards");
    });
}

#[test]
fn a_container_that_ends_is_gone_or_as_it_was() {
    alone(|| {
        let before = Possessions::now();
        let (start, mut whole, mut gone, mut empty) = (Instant::now(), 0, 0, 0);
        let mut number = 0;
        while !is_over(start, seconds() / 2, whole > 0 && gone > 0) {
            let mut command = Command::new(UNSHARE[0]);
            command.args(&UNSHARE[1..]).args(["sleep", "100000"]);
            let mut holder = quiet(&mut command).spawn().unwrap();
            let own = i32::try_from(holder.id()).unwrap();
            let target = wait_for("its first process", || {
                kernel::children(own).first().copied()
            });
            // From before it is what it will be, until after it has ended.
            number += 1;
            thread::scope(|scope| {
                scope.spawn(|| {
                    if number % 2 == 0 {
                        wait_for("it runs", || {
                            (kernel::comm(target)? == b"sleep").then_some(())
                        });
                    }
                    // Who started it reaps it.
                    let pid = nix::unistd::Pid::from_raw(target);
                    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGKILL).unwrap();
                    holder.wait().unwrap();
                });
                loop {
                    match ask(target, ProcChoice::Auto) {
                        Ok(table) if table.rows().is_empty() => empty += 1,
                        Ok(table) => {
                            assert!(table.skipped().is_empty(), "{:?}", table.skipped());
                            for row in table.to_strings() {
                                assert!(
                                    ["sleep", "unshare"].contains(&row[11].as_str()),
                                    "{row:?}"
                                );
                                assert!(row[10] == target.to_string() || row[10] == "?", "{row:?}");
                                assert_eq!((row[0].as_str(), row[4].as_str()), ("1", "0"));
                                whole += 1;
                            }
                        }
                        Err(error) => {
                            assert_eq!(error.kind(), ErrorKind::Gone, "{error}");
                            gone += 1;
                            if kernel::start_ticks(target).is_none() {
                                break;
                            }
                        }
                    }
                }
            });
        }
        println!(
            "measured {number} containers that ended: {whole} times whole, {empty} times empty, {gone} times gone"
        );
        assert!(whole > 0 && gone > 0);
        before.come_back("afterwards");
    });
}
