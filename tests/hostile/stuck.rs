//! A process of the host whose memory is locked for good: its command line blocks every reader,
//! whatever its rights, until the reader is killed.

use std::{
    env, fs,
    path::PathBuf,
    process::Command,
    sync::mpsc::Receiver,
    time::{Duration, Instant},
};

use psgo::{ErrorKind, Pids, Query, Table, View};

use super::{
    TIMEOUT,
    alone::alone,
    calls,
    container::Container,
    fuse::Fuse,
    truth::{Possessions, pid_of, threads},
};
use crate::{
    machine::{
        process::{Held, quiet, sleeping},
        wait_for,
    },
    oracle::kernel,
};

const FILE: &str = "PSGO_TEST_FILE";

#[test]
#[ignore = "a process that never ends, run by the others here"]
fn the_one_whose_memory_is_locked() {
    calls::write_to_a_mapping_and_map_again(&env::var(FILE).unwrap());
}

/// Processes that hold the locks of their memory, as long as their file servers live.
pub(super) struct Stuck {
    // The servers end first: no process of theirs ends before.
    servers: Vec<Fuse>,
    processes: Vec<Held>,
    _container: Container,
}

impl Stuck {
    pub(super) fn new(count: usize) -> Self {
        let container = Container::new();
        let (mut processes, mut servers) = (Vec::new(), Vec::new());
        for number in 0..count {
            let at = format!("/tmp/file-{number}");
            fs::write(container.path(&at), "").unwrap();
            let (server, written) = Fuse::that_takes_no_writes(container.pid, &at);
            processes.push(start(&container.path(&at), &written));
            servers.push(server);
        }
        Self {
            processes,
            servers,
            _container: container,
        }
    }

    pub(super) fn pids(&self) -> Vec<i32> {
        self.processes.iter().map(Held::pid).collect()
    }
}

fn start(file: &PathBuf, written: &Receiver<()>) -> Held {
    let mut command = Command::new(env::current_exe().unwrap());
    command
        .args([
            "--exact",
            "hostile::stuck::the_one_whose_memory_is_locked",
            "--ignored",
        ])
        .env(FILE, file);
    let held = Held::start(quiet(&mut command));
    // When its server is asked to write, it holds the lock, and waits.
    written
        .recv_timeout(Duration::from_secs(20))
        .expect("it writes");
    held
}

fn list(pids: &[i32], format: &str) -> (Table, Duration) {
    list_within(pids, format, TIMEOUT)
}

fn list_within(pids: &[i32], format: &str, timeout: Duration) -> (Table, Duration) {
    let pids: Vec<_> = pids.iter().map(|&pid| pid_of(pid)).collect();
    let query = Query::parse(format)
        .unwrap()
        .pids(Pids::Only(&pids))
        .view(View::host().unwrap().timeout(timeout));
    let start = Instant::now();
    let table = query.table().unwrap();
    (table, start.elapsed())
}

/// Far beyond what any of these takes on a busy machine.
const LONG: Duration = Duration::from_secs(60);

/// A cell that is unknown.
const UNKNOWN: &str = "?";

fn args(table: &Table) -> Vec<String> {
    table
        .to_strings()
        .into_iter()
        .map(|mut row| row.pop().unwrap())
        .collect()
}

fn until_threads_end() {
    wait_for("the threads left behind end", || {
        (threads() == 0).then_some(())
    });
}

#[test]
fn what_does_not_answer_costs_one_cell_and_one_time_out() {
    alone(|| {
        let others = [sleeping(), sleeping(), sleeping()];
        let before = Possessions::now();
        let stuck = Stuck::new(1);
        let mut pids = stuck.pids();
        pids.extend(others.iter().map(Held::pid));
        pids.push(i32::try_from(std::process::id()).unwrap());
        pids.sort_unstable();
        let right = |pid: &i32| {
            if stuck.pids().contains(pid) {
                UNKNOWN.to_owned()
            } else {
                String::from_utf8(kernel::cmdline(*pid).unwrap().join(&b' ')).unwrap()
            }
        };
        let right: Vec<_> = pids.iter().map(right).collect();
        let (table, time) = list(&pids, "pid,user,ppid,state,rss,capeff,args");
        println!(
            "measured {:.1} ms: a locked memory",
            time.as_secs_f64() * 1e3
        );
        assert_eq!(args(&table), right);
        assert!(table.skipped().is_empty());
        assert_eq!(table.outcome().silent, [pid_of(stuck.pids()[0])]);
        assert_eq!(table.outcome().abandoned, 1);
        assert!(time >= TIMEOUT, "{time:?}");
        until_threads_end();
        // It is remembered, and not waited for as long again: as all others are read meanwhile.
        let (table, time) = list_within(&pids, "pid,args", LONG);
        assert!(time < LONG, "{time:?}");
        println!(
            "measured {:.1} ms: a locked memory, again",
            time.as_secs_f64() * 1e3
        );
        assert_eq!(args(&table), right);
        // None, where what read for the first has not quite ended.
        assert!(table.outcome().abandoned <= 1, "{:?}", table.outcome());
        until_threads_end();
        // Who does not ask for it waits for nothing.
        let (table, _) = list(
            &stuck.pids(),
            "pid,user,comm,ppid,state,vsz,rss,capeff,seccomp",
        );
        assert_eq!((table.outcome().abandoned, threads()), (0, 0));
        drop(stuck);
        until_threads_end();
        before.come_back("afterwards");
        drop(others);
    });
}

#[test]
fn when_it_answers_again_it_is_asked_again() {
    alone(|| {
        let mut stuck = Stuck::new(1);
        let pids = stuck.pids();
        let (table, _) = list(&pids, "pid,args");
        assert_eq!(args(&table), [UNKNOWN]);
        // Its server goes, the process would go on and end: it is kept from that.
        let stop = nix::sys::signal::Signal::SIGSTOP;
        nix::sys::signal::kill(nix::unistd::Pid::from_raw(pids[0]), stop).unwrap();
        stuck.servers.clear();
        until_threads_end();
        // Each thread stops when it comes back from the kernel, where it has the lock.
        wait_for("the end of the lock", || {
            let mut tasks = fs::read_dir(format!("/proc/{}/task", pids[0])).unwrap();
            let has_stopped = |task: std::io::Result<fs::DirEntry>| {
                let stat = fs::read_to_string(task.unwrap().path().join("stat")).unwrap();
                stat.contains(") T ")
            };
            tasks.all(has_stopped).then_some(())
        });
        let (table, _) = list(&pids, "pid,args");
        assert!(
            args(&table)[0].contains("the_one_whose_memory_is_locked"),
            "{table:?}"
        );
        assert_eq!(table.outcome().abandoned, 0);
    });
}

#[test]
fn many_that_do_not_answer_share_one_time_out_and_cost_nobody_else_a_cell() {
    // As many as the machine takes in a second; more of them only take longer to start.
    const MANY: usize = 24;
    alone(|| {
        let others: Vec<_> = (0..200).map(|_| sleeping()).collect();
        let before = Possessions::now();
        let stuck = Stuck::new(MANY);
        let mut silent: Vec<_> = stuck.pids().into_iter().map(pid_of).collect();
        silent.sort_unstable();
        let mut pids = stuck.pids();
        pids.extend(others.iter().map(Held::pid));
        pids.sort_unstable();
        let right = |pid: &i32| {
            if stuck.pids().contains(pid) {
                UNKNOWN.to_owned()
            } else {
                String::from_utf8(kernel::cmdline(*pid).unwrap().join(&b' ')).unwrap()
            }
        };
        let right: Vec<_> = pids.iter().map(right).collect();
        for (timeout, about) in [
            (TIMEOUT, "locked memories"),
            (LONG, "locked memories, again"),
        ] {
            let (table, time) = list_within(&pids, "pid,rss,cwd,args", timeout);
            assert!(timeout < LONG || time < LONG, "{time:?}");
            println!(
                "measured {:.1} ms: {MANY} {about}",
                time.as_secs_f64() * 1e3
            );
            assert_eq!(args(&table), right);
            assert_eq!(table.outcome().silent, silent);
            let abandoned = table.outcome().abandoned;
            assert!(abandoned == MANY || timeout == LONG && abandoned < MANY);
            until_threads_end();
            let rows = table.to_strings();
            assert!(
                rows.iter()
                    .all(|row| row[1] != UNKNOWN && row[2] != UNKNOWN)
            );
        }
        drop(stuck);
        until_threads_end();
        before.come_back("afterwards");
    });
}

#[test]
fn one_process_is_told_but_for_what_its_memory_holds() {
    alone(|| {
        let stuck = Stuck::new(1);
        let pid = stuck.pids()[0];
        // Long beside all else that is asked here, also on a busy machine.
        let timeout = 10 * TIMEOUT;
        let view = View::host().unwrap().timeout(timeout);
        let process = view.process(pid_of(pid)).unwrap();
        let start = Instant::now();
        process.oneshot(|process| {
            for silent in [
                process.cmdline().map(drop),
                process.environ().map(drop),
                process.smaps().map(drop),
            ] {
                assert_eq!(silent.unwrap_err().kind(), ErrorKind::TimedOut);
            }
            assert_eq!(
                process.ppid().unwrap(),
                Some(pid_of(std::process::id().try_into().unwrap()))
            );
            assert!(process.memory().unwrap().size > 0);
            assert!(!process.descriptors().unwrap().is_empty());
        });
        // What was silent once is not waited for again.
        assert!(start.elapsed() < 3 * timeout, "{:?}", start.elapsed());
        // The one that reads ends with the process's value, and what waits is no thread.
        drop(process);
        until_threads_end();
        drop(stuck);
        until_threads_end();
    });
}
