//! A program that links the library, and what waits where no signal ends it: a process of its own
//! reads that, and nothing keeps the program, nor stays with it.

use std::{
    env, fs,
    io::Read as _,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use nix::sys::{
    prctl,
    signal::{SigHandler, Signal, kill},
};
use psgo::{ErrorKind, Pids, Query, View, descriptor::Subject};

use super::{
    TIMEOUT,
    alone::{alone, alone_without, another},
    calls::{self, Call},
    ends::Victim,
    few_or_many,
    joiner::{count, on_child, unnoticed},
    stuck::Stuck,
    truth::{Possessions, pid_of, threads},
};
use crate::{
    machine::{namespaces::UNSHARE, process::sleeping, wait_for},
    oracle::kernel,
};

const PID: &str = "PSGO_TEST_PID";
const TIME: &str = "PSGO_TEST_TIME";
const KIND: &str = "PSGO_TEST_KIND";

/// Far beyond what any of these takes on a busy machine.
const LONG: Duration = Duration::from_secs(30);

fn me() -> i32 {
    i32::try_from(std::process::id()).unwrap()
}

/// The children of all threads of a process.
fn children(pid: i32) -> Vec<i32> {
    let tasks = fs::read_dir(format!("/proc/{pid}/task"))
        .into_iter()
        .flatten();
    let children = |task: fs::DirEntry| fs::read_to_string(task.path().join("children")).ok();
    let all = tasks.flatten().filter_map(children).collect::<String>();
    let mut all: Vec<_> = all
        .split_whitespace()
        .map(|pid| pid.parse().unwrap())
        .collect();
    all.sort_unstable();
    all
}

/// The processes that read for this program, or for one that it started, and have not ended.
fn readers() -> Vec<i32> {
    let group = |pid| kernel::stat_number(pid, 5);
    let is_one = |pid: &i32| {
        if group(*pid) != group(me()) {
            return false;
        }
        let name = kernel::cmdline(*pid).unwrap_or_default();
        let is_zombie = || kernel::stat(*pid).is_none_or(|stat| stat[0] == "Z");
        name == [b"psgo-read".to_vec()] && !is_zombie()
    };
    let mut all = kernel::pids();
    all.retain(is_one);
    all
}

/// How many descriptors of each of these processes psgo knows by their `fdinfo`.
fn list(pids: &[i32], timeout: Duration) -> (Vec<usize>, Vec<i32>) {
    let pids: Vec<_> = pids.iter().map(|&pid| pid_of(pid)).collect();
    let view = View::host().unwrap().timeout(timeout);
    let query = Query::of(Subject::Files, ["pid", "fd", "flags"]).unwrap();
    let table = query.pids(Pids::Only(&pids)).view(view).table().unwrap();
    let known = |pid: &psgo::Pid| {
        let of_it = table.iter().filter(|row| row.pid() == Some(*pid));
        of_it
            .filter(|row| row.get("flags").is_some_and(|flags| !flags.is_missing()))
            .count()
    };
    let silent = table.outcome().silent.iter();
    let silent = silent.map(|pid| i32::try_from(pid.get()).unwrap());
    (pids.iter().map(known).collect(), silent.collect())
}

/// Reads about the descriptors of a process that keeps one of them to itself.
fn ask_silent(victim: i32, other: i32, timeout: Duration) {
    let start = Instant::now();
    let (known, silent) = list(&[victim, other], timeout);
    assert_eq!(silent, [victim]);
    assert!(known[0] > 0 && known[1] > 0, "{known:?}");
    let view = View::host().unwrap().timeout(timeout);
    let process = view.process(pid_of(victim)).unwrap();
    let descriptors = process.descriptors().unwrap();
    for one in descriptors.iter() {
        let is_file = one.kind == Some(psgo::FileKind::File);
        let is_epoll = one.what() == Some(b"eventpoll");
        assert!(!is_epoll || one.info.is_none(), "{one:?}");
        assert!(!is_file || one.info.is_some(), "{one:?}");
    }
    assert_eq!(process.silent_files(), ["fd"]);
    println!("measured {:.0} ms", start.elapsed().as_secs_f64() * 1e3);
}

#[test]
#[ignore = "a program that lists, run by the others here"]
fn the_one_that_links_the_library() {
    let victim = env::var(PID).unwrap().parse().unwrap();
    let time = Duration::from_millis(env::var(TIME).unwrap().parse().unwrap());
    match &*env::var(KIND).unwrap() {
        "listing" => drop(list(&[victim], time)),
        _ => {
            let view = View::host().unwrap().timeout(time);
            let process = view.process(pid_of(victim)).unwrap();
            process.descriptors().unwrap();
        }
    }
}

/// Runs that program; its output goes to a pipe.
fn embedder(victim: &str, kind: &str, time: Duration) -> std::process::Child {
    Command::new(env::current_exe().unwrap())
        .args(["--exact", "hostile::apart::the_one_that_links_the_library"])
        .args(["--ignored", "--test-threads=1"])
        .env(PID, victim)
        .env(KIND, kind)
        .env(TIME, time.as_millis().to_string())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Waits for its end, and that of its pipe.
fn ended(mut child: std::process::Child) -> std::process::ExitStatus {
    let begun = Instant::now();
    let mut out = child.stdout.take().unwrap();
    let read = thread::spawn(move || out.read_to_end(&mut Vec::new()).unwrap());
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if begun.elapsed() > LONG {
            let _ = child.kill();
            panic!("it does not end");
        }
        thread::sleep(Duration::from_millis(5));
    };
    while !read.is_finished() {
        assert!(begun.elapsed() < LONG, "its pipe does not end");
        thread::sleep(Duration::from_millis(5));
    }
    status
}

#[test]
fn a_held_lock_does_not_keep_a_program_that_links_the_library() {
    alone(|| {
        let mut victims = Vec::new();
        for kind in ["listing", "process"] {
            let victim = Victim::new();
            let pid = victim.pid();
            let waits = embedder(&pid, kind, Duration::from_secs(1000));
            let reader = wait_for("its reader waits uninterruptibly", || {
                let guards = children(waits.id().try_into().unwrap());
                let readers = guards.into_iter().flat_map(children);
                let mut held =
                    readers.filter(|pid| kernel::stat(*pid).is_some_and(|stat| stat[0] == "D"));
                held.next()
            });
            kill(
                nix::unistd::Pid::from_raw(waits.id().try_into().unwrap()),
                Signal::SIGKILL,
            )
            .unwrap();
            ended(waits);
            assert!(kernel::start_ticks(reader).is_some(), "it cannot end yet");
            // One more, which is not the first to ask.
            let status = ended(embedder(&pid, kind, TIMEOUT));
            assert!(status.success(), "{kind}: {status}");
            victims.push(victim);
        }
        for victim in &mut victims {
            drop(victim.server.take());
        }
        wait_for("the readers end", || readers().is_empty().then_some(()));
    });
}

/// Reads while another thread waits for whatever child ends.
fn reads_unnoticed() {
    let mut victim = Victim::new();
    let pid = victim.pid().parse().unwrap();
    let healthy = [sleeping(), sleeping()];
    let pids = [healthy[0].pid(), healthy[1].pid()];
    let others = children(me());
    unnoticed(|| {
        let before = Possessions::now();
        for _ in 0..20 {
            let (known, silent) = list(&pids, LONG);
            assert!(known.iter().all(|known| *known > 0) && silent.is_empty());
        }
        ask_silent(pid, pids[0], TIMEOUT);
        wait_for("no thread is left", || {
            (Possessions::now().threads == before.threads).then_some(())
        });
        assert_eq!(own_descriptors(), before.descriptors);
    });
    victim.release();
    wait_for("the reader ends", || readers().is_empty().then_some(()));
    let before = own_descriptors();
    unnoticed(|| {
        // Whatever was left is taken notice of by a later call.
        wait_for("no child is left", || {
            list(&pids, LONG);
            let mut new = children(me()).into_iter();
            new.all(|child| others.contains(&child)).then_some(())
        });
    });
    assert_eq!(Possessions::now().descriptors, before);
}

/// The descriptors of this process but for those of a guard: a subreaper, which its reader would be given
/// to, keeps it as long as the reader waits.
fn own_descriptors() -> Vec<String> {
    let mut all = Possessions::now().descriptors;
    all.retain(|link| link != "anon_inode:[pidfd]");
    all
}

#[test]
fn a_reader_is_not_noticed_by_who_waits_for_children() {
    alone(|| {
        on_child(SigHandler::Handler(count));
        reads_unnoticed();
    });
}

#[test]
fn nor_where_the_signal_of_children_is_ignored() {
    alone(|| {
        on_child(SigHandler::SigIgn);
        reads_unnoticed();
    });
}

#[test]
fn nor_by_a_subreaper() {
    alone(|| {
        on_child(SigHandler::Handler(count));
        prctl::set_child_subreaper(true).unwrap();
        reads_unnoticed();
    });
}

#[test]
fn nor_by_the_first_process_of_a_namespace() {
    let prefix = UNSHARE.map(str::to_owned);
    crate::machine::must_be_root();
    another(&prefix, "hostile::apart::as_the_first_process", &[], &[]);
}

#[test]
#[ignore = "run by nor_by_the_first_process_of_a_namespace, as that process"]
fn as_the_first_process() {
    assert_eq!(std::process::id(), 1);
    on_child(SigHandler::Handler(count));
    reads_unnoticed();
}

#[test]
fn reads_of_a_silent_process_do_not_pile_up() {
    alone(|| {
        let mut victim = Victim::new();
        let pid = victim.pid().parse().unwrap();
        let other = sleeping();
        let before = readers();
        ask_silent(pid, other.pid(), TIMEOUT);
        let held = readers();
        let new: Vec<_> = held.iter().filter(|pid| !before.contains(pid)).collect();
        assert_eq!(new.len(), 1, "{held:?}");
        // What is known not to answer is not asked again, and costs no time.
        let start = Instant::now();
        for _ in 0..10 {
            ask_silent(pid, other.pid(), Duration::from_secs(10));
        }
        assert!(start.elapsed() < LONG);
        assert_eq!(readers(), held);
        drop(victim.server.take());
        wait_for("the reader ends", || (readers() == before).then_some(()));
        let (_, silent) = list(&[pid], LONG);
        assert!(silent.is_empty());
    });
}

#[test]
fn programs_that_begin_anew_do_not_pile_up() {
    alone(|| {
        let mut victim = Victim::new();
        let pid = victim.pid();
        for kind in ["listing", "process"].repeat(5) {
            let status = ended(embedder(&pid, kind, TIMEOUT));
            assert!(status.success(), "{kind}: {status}");
        }
        wait_for("one reader is left", || {
            (readers().len() == 1).then_some(())
        });
        drop(victim.server.take());
        wait_for("the reader ends", || readers().is_empty().then_some(()));
    });
}

#[test]
fn thousands_of_reads_leave_nothing_behind() {
    alone(|| {
        let other = sleeping();
        let resident = || {
            let status = kernel::status(me()).unwrap();
            let rss = status["VmRSS"].split_whitespace().next().unwrap();
            rss.parse::<u64>().unwrap()
        };
        let view = View::host().unwrap();
        let read = || {
            let process = view.process(pid_of(other.pid())).unwrap();
            assert!(
                process
                    .descriptors()
                    .unwrap()
                    .iter()
                    .all(|one| one.info.is_some())
            );
            process.smaps().unwrap();
            assert!(list(&[other.pid()], LONG).0[0] > 0);
        };
        (0..200).for_each(|_| read());
        let (before, others, memory) = (Possessions::now(), children(me()), resident());
        (0..few_or_many(1_000, 50_000)).for_each(|_| read());
        before.come_back("afterwards");
        assert_eq!(children(me()), others);
        let grown = resident().saturating_sub(memory);
        assert!(grown < 1024, "{grown} KiB more");
    });
}

#[test]
fn memory_that_is_locked_costs_a_program_no_thread() {
    alone(|| {
        let stuck = Stuck::new(1);
        let pid = stuck.pids()[0];
        let view = View::host().unwrap().timeout(TIMEOUT);
        let before = Possessions::now();
        let process = view.process(pid_of(pid)).unwrap();
        for _ in 0..3 {
            assert_eq!(process.smaps().unwrap_err().kind(), ErrorKind::TimedOut);
            assert_eq!(process.cmdline().unwrap_err().kind(), ErrorKind::TimedOut);
        }
        // The worker is there for the next file, and waits for none of these.
        drop(process);
        wait_for("no thread is left", || (threads() == 0).then_some(()));
        assert_eq!(Possessions::now().descriptors, before.descriptors);
    });
}

#[test]
fn without_a_reader_threads_read() {
    let memory = [Call::Number(libc::SYS_memfd_create)];
    alone_without(&memory, || {
        let other = sleeping();
        let view = View::host().unwrap();
        view.has_reader().unwrap_err();
        assert!(list(&[other.pid()], LONG).0[0] > 0);
        let process = view.process(pid_of(other.pid())).unwrap();
        assert!(!process.smaps().unwrap().rows.is_empty());
    });
}

/// A thread may have given up what root can do; what reads for it has given up the same.
#[test]
fn a_reader_can_do_no_more_than_who_asks() {
    alone(|| {
        let other = sleeping();
        let environ = format!("/proc/{}/environ", other.pid());
        let view = View::host().unwrap();
        view.has_reader().unwrap();
        let process = view.process(pid_of(other.pid())).unwrap();
        process.environ().unwrap();
        // As another user would be: no longer allowed to look into who has capabilities.
        calls::give_up_capabilities();
        assert!(fs::read(&environ).is_err());
        let process = view.process(pid_of(other.pid())).unwrap();
        assert_eq!(process.environ().unwrap_err().kind(), ErrorKind::Denied);
    });
}
