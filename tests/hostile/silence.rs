//! File systems that never answer, where psgo has to ask.

use psgo::{ErrorKind, ProcChoice};

use super::{
    alone::{alone, alone_without},
    container::{By, Container, names},
    fuse::Kind,
    older::STATMOUNT,
    truth::{COLUMNS, Expected, Names, Taken, ask_impatiently, right, threads},
};
use crate::machine::wait_for;

/// Lays a silent file system over `at`, anew in a new container for each way of asking: the
/// threads that wait for it are counted, and end with it.
fn silent(at: &str, kind: Kind, names: Names, taken: Taken, left: [usize; 2]) {
    let container = Container::new();
    let about = format!("silence over {at}");
    Expected {
        about: &about,
        names,
        taken,
        left,
    }
    .met(container.pid, || container.cover(at, By::Silence(kind)));
}

const NO_ANSWER: Taken = Taken::Host(ErrorKind::TimedOut);

#[test]
fn over_proc_it_is_known_by_its_kind_and_not_waited_for() {
    // The kernel tells what is mounted there without asking it.
    let taken = Taken::Host(ErrorKind::NotTrusted);
    alone(|| silent("/proc", Kind::Directory, names(), taken, [0, 0]));
}

#[test]
fn over_proc_it_is_waited_for_once_where_the_kernel_does_not_tell() {
    alone_without(&[STATMOUNT], || {
        silent("/proc", Kind::Directory, names(), NO_ANSWER, [1, 0]);
    });
}

#[test]
fn over_the_root_it_is_waited_for_once() {
    // The mount lies over the root, which the processes of the container still have: their names
    // are read there, and its /proc too.
    alone(|| {
        silent(
            "/",
            Kind::Directory,
            names(),
            Taken::Root(ErrorKind::TimedOut),
            [1, 0],
        );
    });
}

#[test]
fn over_etc_it_costs_the_names() {
    // One thread waits for passwd, one for group.
    alone(|| {
        silent(
            "/etc",
            Kind::Directory,
            Names::default(),
            Taken::Entered,
            [2, 2],
        );
    });
}

#[test]
fn over_passwd_it_costs_the_users_names() {
    let groups_alone = names().with_users(&[]);
    alone(|| {
        silent(
            "/etc/passwd",
            Kind::File,
            groups_alone,
            Taken::Entered,
            [1, 1],
        );
    });
}

#[test]
fn over_a_directory_that_passwd_leads_through_it_costs_the_users_names() {
    let groups_alone = names().with_users(&[]);
    alone(|| {
        let container = Container::new();
        std::fs::remove_file(container.path("/etc/passwd")).unwrap();
        std::os::unix::fs::symlink("/dev/passwd", container.path("/etc/passwd")).unwrap();
        let (taken, left) = (Taken::Entered, [1, 1]);
        let about = "silence over /dev";
        Expected {
            about,
            names: groups_alone,
            taken,
            left,
        }
        .met(container.pid, || {
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
            .map(|container| container.cover("/etc", By::Silence(Kind::Directory)))
            .collect();
        let mut left = 0;
        for container in &containers {
            let table = ask_impatiently(container.pid, ProcChoice::Auto).unwrap();
            left += table.outcome().abandoned;
            assert_eq!(threads(), left);
            let rows = right(container.pid, &Names::default());
            for (found, right) in table.to_strings().iter().zip(&rows) {
                for (name, (found, right)) in COLUMNS.iter().zip(found.iter().zip(right)) {
                    assert_eq!(found, right, "{name}");
                }
            }
            assert_eq!(table.rows().len(), rows.len());
        }
        assert_eq!(left, 2 * containers.len());
        drop(covers);
        wait_for("the threads left behind end", || {
            (threads() == 0).then_some(())
        });
        // All is as before.
        let (taken, left) = (Taken::Entered, [0, 0]);
        Expected {
            about: "when it is gone",
            names: names(),
            taken,
            left,
        }
        .met(containers[0].pid, || ());
    });
}
