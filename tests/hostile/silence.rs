//! File systems that never answer, where the joiner has to ask: those whose server reads no request,
//! and those whose server takes it, so that who waits cannot even be killed.

use std::time::Duration;

use psgo::{ErrorKind, ProcChoice};

use super::{
    alone::alone,
    container::{By, Container, names},
    fuse::Kind,
    truth::{Expected, Names, Taken, ask_impatiently, assert_same, right, source, threads},
};
use crate::{machine::wait_for, oracle::kernel};

/// The joiners that are in the mount namespace of `target`.
fn joiners(target: i32) -> Vec<i32> {
    let namespace = kernel::namespace(target, "mnt");
    let is_joiner = |pid: &i32| {
        kernel::cmdline(*pid).is_some_and(|words| words.first().is_some_and(|w| w == b"psgo-join"))
            && kernel::namespace(*pid, "mnt") == namespace
    };
    kernel::pids().into_iter().filter(is_joiner).collect()
}

/// Lays a file system over `at` that reads no request, and one that takes each, anew in a new
/// container for each way of asking.
fn silent(at: &str, kind: Kind, names: &Names, silent: usize) {
    for takes in [false, true] {
        let container = Container::new();
        let about = format!("silence over {at}, takes: {takes}");
        let by = || {
            if takes {
                By::Taking(kind)
            } else {
                By::Silence(kind)
            }
        };
        let expected = Expected {
            about: &about,
            names: names.clone(),
            taken: Taken::Private,
            silent,
        };
        expected.met(container.pid, || container.cover(at, by()));
        wait_for("the joiners end with the file system", || {
            joiners(container.pid).is_empty().then_some(())
        });
    }
}

#[test]
fn over_proc_it_is_never_asked() {
    alone(|| silent("/proc", Kind::Directory, &names(), 0));
}

#[test]
fn over_the_root_it_costs_the_names() {
    alone(|| silent("/", Kind::Directory, &Names::default(), 1));
}

#[test]
fn over_etc_it_costs_the_names() {
    alone(|| silent("/etc", Kind::Directory, &Names::default(), 1));
}

#[test]
fn over_passwd_it_costs_the_names() {
    alone(|| silent("/etc/passwd", Kind::File, &Names::default(), 1));
}

#[test]
fn over_group_it_costs_the_groups_names() {
    alone(|| silent("/etc/group", Kind::File, &names().without_groups(), 1));
}

#[test]
fn over_a_directory_that_passwd_leads_through_it_costs_the_names() {
    alone(|| {
        let container = Container::new();
        std::fs::remove_file(container.path("/etc/passwd")).unwrap();
        std::os::unix::fs::symlink("/dev/passwd", container.path("/etc/passwd")).unwrap();
        let expected = Expected {
            about: "silence over /dev",
            names: Names::default(),
            taken: Taken::Private,
            silent: 1,
        };
        expected.met(container.pid, || {
            container.cover("/dev", By::Silence(Kind::Directory))
        });
    });
}

#[test]
fn what_is_left_behind_of_some_containers_costs_no_other_anything() {
    alone(|| {
        let containers: Vec<_> = (0..6).map(|_| Container::new()).collect();
        let covers: Vec<_> = containers
            .iter()
            .map(|container| container.cover("/etc", By::Taking(Kind::Directory)))
            .collect();
        for container in &containers {
            let table = ask_impatiently(container.pid, ProcChoice::Auto).unwrap();
            assert_eq!(table.outcome().abandoned, 1);
            assert_same(&table, &right(container.pid, &Names::default()), "silent");
            let unnamed = table.outcome().containers[0].unnamed.clone().unwrap();
            assert_eq!(unnamed.kind(), ErrorKind::TimedOut, "{unnamed}");
            assert_eq!(threads(), 0);
        }
        drop(covers);
        let expected = Expected {
            about: "when it is gone",
            names: names(),
            taken: Taken::Private,
            silent: 0,
        };
        wait_for("the joiners end", || {
            joiners(containers[0].pid).is_empty().then_some(())
        });
        expected.met(containers[0].pid, || ());
    });
}

#[test]
fn joins_of_a_silent_container_do_not_pile_up() {
    alone(|| {
        let container = Container::new();
        let cover = container.cover("/etc", By::Taking(Kind::Directory));
        for number in 0..4 {
            let table = ask_impatiently(container.pid, ProcChoice::Auto).unwrap();
            let unnamed = table.outcome().containers[0].unnamed.clone().unwrap();
            assert_eq!(unnamed.kind(), ErrorKind::TimedOut, "{unnamed}");
            assert_eq!(
                unnamed.to_string().contains("an earlier join"),
                number > 0,
                "{unnamed}"
            );
            assert!(matches!(source(&table), psgo::ProcSource::Private));
            // The first holds the lock and cannot be killed; who waits for the lock can be.
            wait_for("one joiner is left", || {
                (joiners(container.pid).len() == 1).then_some(())
            });
            std::thread::sleep(Duration::from_millis(1));
        }
        drop(cover);
        wait_for("it ends with the file system", || {
            joiners(container.pid).is_empty().then_some(())
        });
    });
}
