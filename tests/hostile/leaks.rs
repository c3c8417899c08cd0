//! What a join leaves behind in the process that made it: nothing.

use std::{
    fs,
    os::fd::AsFd as _,
    time::{Duration, Instant},
};

use psgo::{ErrorKind, ProcChoice, Query, View};

use super::{
    alone::alone,
    container::{By, Container, names},
    few_or_many,
    truth::{Possessions, ask, options, pid_of, right},
};
use crate::{
    machine::{process::sleeping, wait_for},
    oracle::kernel,
};

/// Where the threads of this process are, each with its number.
fn places() -> Vec<Vec<String>> {
    let mut places = Vec::new();
    for task in fs::read_dir("/proc/self/task").unwrap() {
        let task = task.unwrap().path();
        let link = |name: &str| {
            let link = fs::read_link(task.join(name)).ok()?;
            Some(link.to_string_lossy().into_owned())
        };
        let kinds = ["mnt", "pid", "user", "net", "uts", "ipc", "cgroup", "time"];
        // A thread that is ending has no places any more.
        let names = kinds.iter().map(|kind| format!("ns/{kind}"));
        let names = names.chain(["root", "cwd"].map(str::to_owned));
        places.extend(names.map(|name| link(&name)).collect::<Option<Vec<_>>>());
    }
    places
}

/// Everything of this process that a join could change.
#[derive(Debug, PartialEq, Eq)]
struct State(Possessions, Vec<Vec<String>>);

impl State {
    fn now() -> Self {
        Self(Possessions::now(), places())
    }

    #[track_caller]
    fn comes_back(&self) {
        self.0.come_back("threads and descriptors");
        assert_eq!(places(), self.1);
    }
}

/// The descriptors that an executed program would find.
fn inheritable() -> Vec<std::ffi::OsString> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc/self/fdinfo").unwrap() {
        let entry = entry.unwrap();
        // The directory that is being read is closed by now.
        let Ok(info) = fs::read_to_string(entry.path()) else {
            continue;
        };
        let flags = info
            .lines()
            .find_map(|line| line.strip_prefix("flags:\t"))
            .unwrap();
        if i32::from_str_radix(flags, 8).unwrap() & libc::O_CLOEXEC == 0 {
            found.push(entry.file_name());
        }
    }
    found.sort();
    found
}

#[test]
fn after_a_join_every_thread_is_where_it_was() {
    alone(|| {
        let container = Container::new();
        let (before, inherited) = (State::now(), inheritable());
        for choice in [ProcChoice::Auto, ProcChoice::Container, ProcChoice::Host] {
            let view = View::join(pid_of(container.pid))
                .options(&options(choice))
                .open()
                .unwrap();
            // The view holds descriptors, and nothing else.
            wait_for("the threads have ended", || {
                (Possessions::now().threads == before.0.threads).then_some(())
            });
            let State(possessions, places) = State::now();
            assert_eq!(
                (possessions.threads, &places),
                (before.0.threads, &before.1)
            );
            assert!(possessions.descriptors.len() - before.0.descriptors.len() < 12);
            assert_eq!(inheritable(), inherited);
            let query = Query::new(["pid", "user", "group", "tty", "args", "hpid", "huser"]);
            query.unwrap().view(view).table().unwrap();
            before.comes_back();
        }
        // One that is not there, one that ends while it is looked at.
        let ended = sleeping().pid();
        assert_eq!(
            ask(ended, ProcChoice::Auto).unwrap_err().kind(),
            ErrorKind::Gone
        );
        before.comes_back();
        let view = View::join(pid_of(container.pid)).open().unwrap();
        let pid = container.pid;
        drop(container);
        wait_for("the container is gone", || {
            kernel::start_ticks(pid).is_none().then_some(())
        });
        let table = Query::new(["pid"]).unwrap().view(view).table();
        assert!(table.is_ok_and(|table| table.rows().is_empty()));
        wait_for("the threads have ended", || {
            (Possessions::now().threads == before.0.threads).then_some(())
        });
        assert_eq!(places(), before.1);
    });
}

#[test]
fn a_process_without_threads_stays_without() {
    alone(|| {
        let container = Container::new();
        let pidfd = super::calls::pidfd_open(container.pid);
        let before = State::now();
        for _ in 0..20 {
            let view = View::join(pidfd.as_fd()).open().unwrap();
            let table = Query::new(["pid"]).unwrap().view(view).table().unwrap();
            assert_eq!(table.rows().len(), 4);
        }
        before.comes_back();
    });
}

/// A zone 13 hours east of Greenwich, as the C library reads it.
fn zone() -> Vec<u8> {
    let mut file = b"TZif".to_vec();
    file.extend([0; 16]);
    // No UT indicators, no standard indicators, no leap seconds, no changes; one zone, four letters.
    for count in [0_u32, 0, 0, 0, 1, 4] {
        file.extend(count.to_be_bytes());
    }
    file.extend((13 * 3600_i32).to_be_bytes());
    file.extend([0, 0]);
    file.extend(b"LIE\0");
    file
}

#[test]
fn clock_and_zone_stay_those_of_this_process() {
    alone(|| {
        let container = Container::new();
        fs::write(container.path("/etc/localtime"), zone()).unwrap();
        fs::write(
            container.path("/tmp/stat"),
            "cpu 0 0 0 0\nbtime 1\nprocesses 1\n",
        )
        .unwrap();
        fs::write(container.path("/tmp/uptime"), "1.00 1.00\n").unwrap();
        let _covers = [
            container.cover("/proc/stat", By::Bind("/tmp/stat".into())),
            container.cover("/proc/uptime", By::Bind("/tmp/uptime".into())),
        ];
        // The container is asked first: had this process not known its zone, it would now.
        let columns = ["stime", "time", "nice"];
        let of = |view: View, pid: psgo::Pid| {
            let query = Query::new(columns).unwrap().view(view);
            query
                .pids(psgo::Pids::Only(&[pid]))
                .table()
                .unwrap()
                .to_strings()
        };
        let joined = of(
            View::join(pid_of(container.pid)).open().unwrap(),
            psgo::Pid::new(1),
        );
        let host = of(View::host().unwrap(), pid_of(container.pid));
        assert_eq!(joined, host);
        assert!(!format!("{joined:?}").contains("LIE"));
    });
}

#[test]
fn nothing_of_one_container_is_told_of_the_next() {
    alone(|| {
        let (first, second) = (Container::new(), Container::new());
        fs::write(second.path("/etc/passwd"), "other:x:0:0::/:\n").unwrap();
        fs::write(second.path("/etc/group"), "").unwrap();
        let names = names();
        let others = super::truth::Names::new(&[(0, "other")], &[]);
        for _ in 0..3 {
            for (container, names) in [(&first, &names), (&second, &others)] {
                let table = ask(container.pid, ProcChoice::Auto).unwrap();
                let right = right(container.pid, names);
                super::truth::assert_same(&table, &right, "one after the other");
            }
        }
    });
}

/// In KiB.
fn resident() -> i64 {
    let status = kernel::status(i32::try_from(std::process::id()).unwrap()).unwrap();
    status["VmRSS"].trim_end_matches(" kB").parse().unwrap()
}

/// What this process has had of the processors, whatever else they do.
fn cpu_time() -> Duration {
    let usage = nix::sys::resource::getrusage(nix::sys::resource::UsageWho::RUSAGE_SELF).unwrap();
    let span = |time: nix::sys::time::TimeVal| {
        Duration::new(time.tv_sec().try_into().unwrap(), 0)
            + Duration::from_micros(time.tv_usec().try_into().unwrap())
    };
    span(usage.user_time()) + span(usage.system_time())
}

#[test]
fn many_joins_in_one_process_leave_it_as_it_was() {
    alone(|| {
        let container = Container::new();
        let join = || {
            let table = ask(container.pid, ProcChoice::Auto).unwrap();
            assert_eq!((table.rows().len(), table.outcome().abandoned), (4, 0));
        };
        (0..100).for_each(|_| join());
        let (before, memory) = (State::now(), resident());
        let count = few_or_many(2_000, 100_000);
        let (start, used) = (Instant::now(), cpu_time());
        (0..count).for_each(|_| join());
        let (time, used) = (start.elapsed(), cpu_time().saturating_sub(used));
        let grown = resident() - memory;
        println!(
            "measured {:.3} ms: each of {count} joins, in all {:.1} s; memory grew by {grown} KiB",
            time.as_secs_f64() * 1e3 / f64::from(count),
            time.as_secs_f64()
        );
        before.comes_back();
        assert!(grown < 2048, "{grown} KiB");
        assert!(used < Duration::from_millis(50) * count, "{used:?}");
    });
}
