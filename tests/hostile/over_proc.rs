//! What can be laid over a container's `/proc` and its files, none of which is read: the rows are
//! those of a private `/proc`, and right.

use std::fs;

use nix::{sys::stat::Mode, unistd::mkfifo};

use super::{
    alone::alone,
    calls,
    container::{By, Container, names},
    fuse::Kind,
    truth::{Expected, Taken},
};

const FILES: [&str; 3] = ["stat", "status", "cmdline"];

/// Lays each cover over the three files of the first process, through which the container is
/// joined, and of another.
fn over_files(
    what: &str,
    cover: impl Fn(&Container, &str) -> By<'static>,
    prepare: impl Fn(&Container),
) {
    let container = Container::new();
    prepare(&container);
    for pid in [1, container.others[1]] {
        for file in FILES {
            let at = format!("/proc/{pid}/{file}");
            Expected {
                about: &format!("{what} over {at}"),
                names: names(),
                taken: Taken::Private,
                silent: 0,
            }
            .met(container.pid, || {
                container.cover(&at, cover(&container, file))
            });
        }
    }
}

fn over(about: &str, taken: Taken, container: &Container, at: &str, by: impl Fn() -> By<'static>) {
    let names = names();
    let lie = || container.cover(at, by());
    Expected {
        about,
        names,
        taken,
        silent: 0,
    }
    .met(container.pid, lie);
}

#[test]
fn an_honest_container_is_read_by_a_private_proc() {
    alone(|| {
        Expected {
            about: "nothing",
            names: names(),
            taken: Taken::Private,
            silent: 0,
        }
        .met(Container::new().pid, || ());
    });
}

#[test]
fn a_fifo_over_a_file_is_not_waited_for() {
    alone(|| {
        let fifo = |container: &Container| {
            container.within(|| mkfifo("/tmp/fifo", Mode::S_IRWXU).unwrap());
        };
        over_files("a FIFO", |_, _| By::Bind("/tmp/fifo".into()), fifo);
    });
}

#[test]
fn a_regular_file_over_a_file_is_not_believed() {
    alone(|| {
        // It says what the true one says, but for the names.
        let fakes = |container: &Container| {
            for file in FILES {
                let bytes = fs::read(container.path(&format!("/proc/1/{file}"))).unwrap();
                let fake = String::from_utf8(bytes).unwrap().replace("sh", "no");
                fs::write(container.path(&format!("/tmp/{file}")), fake).unwrap();
            }
        };
        let fake = |_: &Container, file: &str| By::Bind(format!("/tmp/{file}"));
        over_files("a regular file", fake, fakes);
    });
}

#[test]
fn another_process_s_true_file_over_a_file_is_not_believed() {
    alone(|| {
        let other = |container: &Container, file: &str| {
            By::Bind(format!("/proc/{}/{file}", container.others[0]))
        };
        over_files("another's file", other, |_| ());
    });
}

#[test]
fn a_file_system_that_never_answers_over_a_file_is_not_waited_for() {
    alone(|| over_files("silence", |_, _| By::Silence(Kind::File), |_| ()));
}

#[test]
fn a_directory_over_a_process_s_own_is_not_believed() {
    alone(|| {
        let container = Container::new();
        fs::create_dir(container.path("/tmp/fake")).unwrap();
        let other = format!("/proc/{}", container.others[0]);
        let covers: [(&str, &dyn Fn() -> By<'static>); 4] = [
            ("a directory", &|| By::Bind("/tmp/fake".into())),
            ("another's directory", &|| By::Bind(other.clone())),
            ("a tmpfs", &|| By::Tmpfs),
            ("silence", &|| By::Silence(Kind::Directory)),
        ];
        for (what, by) in covers {
            for pid in [1, container.others[1]] {
                let at = format!("/proc/{pid}");
                over(
                    &format!("{what} over {at}"),
                    Taken::Private,
                    &container,
                    &at,
                    by,
                );
            }
        }
    });
}

#[test]
fn what_is_not_the_root_of_a_procfs_is_not_proc() {
    alone(|| {
        let container = Container::new();
        over(
            "a tmpfs over /proc",
            Taken::Private,
            &container,
            "/proc",
            || By::Tmpfs,
        );
        let tasks = || By::Bind("/proc/1/task".into());
        over(
            "tasks over /proc",
            Taken::Private,
            &container,
            "/proc",
            tasks,
        );
        let directory = || By::Bind("/tmp".into());
        over(
            "a directory over /proc",
            Taken::Private,
            &container,
            "/proc",
            directory,
        );
    });
}

#[test]
fn a_procfs_of_another_pid_namespace_is_not_its_own() {
    alone(|| {
        let container = Container::new();
        let about = |what: &str| format!("{what} over /proc");
        let refused = |what: &str, tree: &dyn Fn() -> std::os::fd::OwnedFd| {
            let about = about(what);
            let expected = Expected {
                about: &about,
                names: names(),
                taken: Taken::Private,
                silent: 0,
            };
            expected.met(container.pid, || {
                container.cover("/proc", By::Tree(&tree()))
            });
        };
        refused("the host's procfs", &|| calls::open_tree("/proc"));
        let another = Container::new();
        refused("another container's procfs", &|| {
            another.within(|| calls::open_tree("/proc"))
        });
        // Its processes are the container's too.
        let _nested = container.nested_proc("/tmp/nested");
        refused("a nested namespace's procfs", &|| {
            container.within(|| calls::open_tree("/tmp/nested"))
        });
        // The container's own, mounted a second time, is as good as the first.
        let expected = Expected {
            about: "its own procfs once more",
            names: names(),
            taken: Taken::Private,
            silent: 0,
        };
        expected.met(container.pid, || {
            container.cover("/proc", By::Bind("/proc".into()))
        });
    });
}

#[test]
fn a_link_laid_over_a_namespace_is_not_its_name() {
    alone(|| {
        let container = Container::new();
        let user = || container.cover("/proc/1/ns/user", By::Link("user:[1]"));
        let expected = Expected {
            about: "a link over ns/user",
            names: names(),
            taken: Taken::Private,
            silent: 0,
        };
        expected.met(container.pid, user);
        let expected = Expected {
            about: "a link over ns/pid",
            taken: Taken::Private,
            ..expected
        };
        expected.met(container.pid, || {
            let pid = crate::oracle::kernel::namespace(container.pid, "pid").unwrap();
            container.cover("/proc/1/ns/pid", By::Link(&pid))
        });
    });
}

#[test]
fn a_proc_that_is_a_link_is_not_followed() {
    alone(|| {
        let container = Container::new();
        container.within(|| {
            nix::mount::umount2("/proc", nix::mount::MntFlags::MNT_DETACH).unwrap();
            fs::remove_dir("/proc").unwrap();
            fs::create_dir("/elsewhere").unwrap();
            let (proc, none) = (Some("proc"), nix::mount::MsFlags::empty());
            nix::mount::mount(proc, "/elsewhere", proc, none, None::<&str>).unwrap();
        });
        for to in ["/elsewhere", "/tmp", "/nowhere", "proc"] {
            let about = format!("a link to {to}");
            let lie = || {
                let link = container.path("/proc");
                let _ = fs::remove_file(&link);
                std::os::unix::fs::symlink(to, link).unwrap();
            };
            let taken = Taken::Private;
            let names = names();
            Expected {
                about: &about,
                names,
                taken,
                silent: 0,
            }
            .met(container.pid, lie);
        }
    });
}

#[test]
fn a_container_without_proc_is_read_as_any_other() {
    alone(|| {
        let container = Container::new();
        let names = names();
        let expected = Expected {
            about: "an unmounted /proc",
            names,
            taken: Taken::Private,
            silent: 0,
        };
        expected.met(container.pid, || {
            container.within(|| {
                let _ = nix::mount::umount2("/proc", nix::mount::MntFlags::MNT_DETACH);
            });
        });
        fs::remove_dir(container.path("/proc")).unwrap();
        let about = "no /proc";
        let taken = Taken::Private;
        Expected {
            about,
            taken,
            ..expected
        }
        .met(container.pid, || ());
        fs::write(container.path("/proc"), "").unwrap();
        let (about, taken) = ("a file for a /proc", Taken::Private);
        let names = super::container::names();
        Expected {
            about,
            names,
            taken,
            silent: 0,
        }
        .met(container.pid, || ());
    });
}
