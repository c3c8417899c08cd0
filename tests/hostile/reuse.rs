//! A number that comes to mean another process.

use std::{
    fs,
    os::fd::AsFd as _,
    process::{Child, Command},
};

use psgo::{ErrorKind, JoinOptions, View};

use super::{
    alone::another,
    calls,
    truth::{Possessions, pid_of},
};
use crate::{
    machine::{process::quiet, wait_for},
    oracle::kernel,
};

#[test]
fn a_pidfd_never_comes_to_mean_another() {
    crate::machine::must_be_root();
    // Few numbers, so that they soon come again: in a PID namespace of its own.
    let prefix = ["unshare", "-m", "-p", "-f", "--kill-child", "--mount-proc"].map(str::to_owned);
    another(&prefix, "hostile::reuse::with_few_numbers", &[]);
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
        let joined = host.join(pidfd.as_fd(), &JoinOptions::default()).unwrap();
        assert_eq!(joined.target(), Some(psgo::Pid::new(first.id())));
        let number = end(first);
        let gone = |why: &str| {
            let error = host
                .join(pidfd.as_fd(), &JoinOptions::default())
                .unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Gone, "{why}: {error}");
        };
        gone("it is reaped");
        let error = host
            .join(pid_of(number), &JoinOptions::default())
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
        host.join(pid_of(number), &JoinOptions::default()).unwrap();
        assert!(kernel::start_ticks(number).is_some());
        end(second);
    }
    drop(host);
    assert_eq!(Possessions::now().threads, before.threads);
}
