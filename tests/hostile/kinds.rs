//! Containers that lie by what they are, not by what is mounted in them.

use std::{fs, path::PathBuf};

use psgo::{Pids, ProcChoice};

use super::{
    alone::alone,
    container::{By, Container, cover, names},
    truth::{
        Expected, Names, Possessions, Taken, ask, ask_of, assert_same, options, pid_of, right,
    },
};
use crate::{
    machine::{namespaces, podman, wait_for},
    oracle::kernel,
};

fn honest(about: &str, target: i32, names: Names, taken: Taken) {
    Expected {
        about,
        names,
        taken,
        silent: 0,
    }
    .met(target, || ());
}

/// A cgroup whose processes do not run.
struct Frozen {
    dir: PathBuf,
    thaw: (PathBuf, &'static str),
}

impl Frozen {
    fn new(container: &Container) -> Self {
        let name = format!("psgo-test-{}", std::process::id());
        let old = PathBuf::from("/sys/fs/cgroup/freezer");
        let unified = !old.exists();
        let dir = if unified {
            PathBuf::from("/sys/fs/cgroup")
        } else {
            old
        }
        .join(name);
        fs::create_dir(&dir).unwrap();
        let (file, freeze, thaw) = if unified {
            ("cgroup.freeze", "1", "0")
        } else {
            ("freezer.state", "FROZEN", "THAWED")
        };
        let (path, shown) = (dir.join(file), dir.display());
        crate::machine::at_end(&format!(
            "[ ! -d {shown} ] || {{ echo {thaw} >{}; until rmdir {shown} 2>/dev/null; do sleep 0.1; done; }}",
            path.display()
        ));
        for pid in kernel::visible_in(container.pid) {
            fs::write(dir.join("cgroup.procs"), pid.to_string()).unwrap();
        }
        fs::write(&path, freeze).unwrap();
        wait_for("the container is frozen", || {
            let told = fs::read_to_string(dir.join(if unified { "cgroup.events" } else { file }));
            let told = told.unwrap();
            (told.contains("frozen 1") || told == "FROZEN\n").then_some(())
        });
        Self {
            dir,
            thaw: (path, thaw),
        }
    }
}

impl Drop for Frozen {
    fn drop(&mut self) {
        let _ = fs::write(&self.thaw.0, self.thaw.1);
        for pid in fs::read_to_string(self.dir.join("cgroup.procs"))
            .unwrap_or_default()
            .lines()
        {
            let _ = fs::write(self.dir.join("../cgroup.procs"), pid);
        }
        let _ = fs::remove_dir(&self.dir);
    }
}

#[test]
fn a_frozen_container_answers_like_any_other() {
    alone(|| {
        let container = Container::new();
        let frozen = Frozen::new(&container);
        honest("frozen", container.pid, names(), Taken::Private);
        drop(frozen);
    });
}

#[test]
fn with_the_hosts_pids_its_proc_must_be_one_of_the_host() {
    alone(|| {
        // A mount namespace alone: the rows are the host's, of which two that last are looked at.
        let shared = namespaces::host_pid("true");
        let other = Container::new();
        let targets = [shared.pid(), other.pid];
        let both = targets.map(pid_of);
        let look = |what: &str, taken: Taken| {
            for choice in [ProcChoice::Auto, ProcChoice::Host] {
                let before = Possessions::now();
                let table = ask_of(shared.pid(), Pids::Only(&both), &options(choice)).unwrap();
                assert_eq!(table.rows().len(), 2, "{what}");
                for pid in targets {
                    let rows = table.to_strings();
                    let row = rows.iter().find(|row| row[0] == pid.to_string()).unwrap();
                    assert_eq!(row[10], row[0], "{what}: hpid");
                    assert_eq!(
                        row[11].as_bytes(),
                        kernel::comm(pid).unwrap(),
                        "{what}: comm"
                    );
                }
                if choice == ProcChoice::Auto {
                    let refused = matches!(
                        super::truth::source(&table),
                        psgo::ProcSource::Host(Some(_))
                    );
                    assert_eq!(refused, matches!(taken, Taken::Host(_)), "{what}");
                }
                before.come_back("afterwards");
            }
        };
        look("pid=host", Taken::Private);
        let refused = Taken::Private;
        let tree = other.within(|| super::calls::open_tree("/proc"));
        let covered = cover(shared.pid(), "/proc", By::Tree(&tree));
        look("pid=host, another's procfs over /proc", refused);
        drop(covered);
        let covered = cover(shared.pid(), "/proc", By::Tmpfs);
        look("pid=host, a tmpfs over /proc", refused);
        drop(covered);
        let own = format!("/proc/{}/stat", shared.pid());
        let covered = cover(shared.pid(), &own, By::Bind("/proc/uptime".into()));
        look("pid=host, another file over stat", refused);
        drop(covered);
    });
}

#[test]
fn a_nested_namespace_is_joined_by_itself() {
    alone(|| {
        // Its processes are the container's too; alone they have numbers of their own.
        let nested = namespaces::nested(3);
        let host = host_names();
        for target in &nested.levels {
            honest(
                &format!("{target} of three"),
                *target,
                host.clone(),
                Taken::Private,
            );
        }
        let refused = Taken::Private;
        let [outer, middle, inner] = nested.levels[..] else {
            panic!("{nested:?}")
        };
        // Each with the /proc of another.
        for (target, of) in [
            (outer, middle),
            (middle, outer),
            (middle, inner),
            (inner, middle),
        ] {
            let tree = || super::container::within(of, || super::calls::open_tree("/proc"));
            let about = format!("the /proc of {of} over that of {target}");
            Expected {
                about: &about,
                names: host.clone(),
                taken: refused,
                silent: 0,
            }
            .met(target, || cover(target, "/proc", By::Tree(&tree())));
        }
    });
}

/// The names of the file system that these tests run in.
fn host_names() -> Names {
    let names =
        ["passwd", "group"].map(|file| kernel::names(&std::path::Path::new("/etc").join(file)));
    let [users, groups] = names.each_ref().map(|names| {
        let names = names.iter().map(|(id, name)| (*id, name.as_str()));
        names.collect::<Vec<_>>()
    });
    Names::new(&users, &groups)
}

#[test]
fn a_container_whose_proc_is_still_the_hosts_is_read_from_outside() {
    alone(|| {
        let namespace = namespaces::without_own_proc();
        let taken = Taken::Private;
        honest("the host's /proc", namespace.inner, host_names(), taken);
    });
}

/// The names of podman's containers, see there.
fn podman_names() -> Names {
    Names::new(
        &[(0, "root"), (1, "keeper"), (1000, "alice"), (1001, "bob")],
        &[
            (0, "root"),
            (4, "admins"),
            (10, "wheel"),
            (1000, "alice"),
            (2000, "crew"),
        ],
    )
}

#[test]
fn an_unprivileged_container_can_lie_in_a_namespace_of_its_own() {
    alone(|| {
        // Default capabilities and filter, and a user who is nobody: he makes himself root of a
        // namespace, where he mounts what he likes.
        let plain = podman::plain();
        for (what, script) in [
            (
                "a file over /proc/1/stat",
                "echo '1 (init) S' >/dev/shm/fake; mount --bind /dev/shm/fake /proc/1/stat",
            ),
            (
                "a directory over /proc/1",
                "busybox mkdir -p /dev/shm/one; mount --bind /dev/shm/one /proc/1",
            ),
            ("a tmpfs over /proc", "mount -t tmpfs none /proc"),
            ("tasks over /proc", "mount --bind /proc/1/task /proc"),
        ] {
            let script = format!("set -e; {script}; exec sleep 100009");
            let args = ["busybox", "unshare", "-U", "-r", "-m", "sh", "-c", &script];
            let target = podman::podman().exec(plain, &["--user", "1000:1000"], &args);
            crate::machine::process::until_running(target, "sleep");
            let before = kernel::namespace(plain.pid, "pid");
            assert_eq!(kernel::namespace(target, "pid"), before, "{what}");
            let right = right(target, &podman_names());
            for choice in [ProcChoice::Auto, ProcChoice::Host] {
                let table = ask(target, choice).unwrap();
                assert_same(&table, &right, &format!("{what}, choice {choice:?}"));
            }
            let pid = nix::unistd::Pid::from_raw(target);
            nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGKILL).unwrap();
            wait_for("it is gone", || {
                kernel::start_ticks(target).is_none().then_some(())
            });
        }
    });
}

#[test]
fn containers_of_podman_give_the_same_table_both_ways() {
    alone(|| {
        honest("plain", podman::plain().pid, podman_names(), Taken::Private);
        honest(
            "uidmap",
            podman::uidmap().pid,
            podman_names(),
            Taken::Private,
        );
        honest(
            "privileged",
            podman::privileged().pid,
            podman_names(),
            Taken::Private,
        );
        let pod = podman::pod();
        honest("pod", pod.members[1].pid, podman_names(), Taken::Private);
        let nested = podman::nested();
        honest(
            "around a nested one",
            nested.outer.pid,
            podman_names(),
            Taken::Private,
        );
        let foreign = Taken::Private;
        honest("a nested one", nested.inner, podman_names(), foreign);
        honest(
            "rootless",
            podman::rootless().plain.pid,
            podman_names(),
            Taken::Private,
        );
    });
}
