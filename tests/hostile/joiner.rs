//! The joiner: who joins has nothing of it afterwards, and it reads nothing but lists of names.

use std::{
    fs,
    os::unix::fs::symlink,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    thread,
};

use nix::{
    errno::Errno,
    mount::{MsFlags, mount},
    sys::{
        prctl,
        signal::{SaFlags, SigAction, SigHandler, SigSet, Signal},
        wait::{WaitPidFlag, WaitStatus, waitpid},
    },
};
use psgo::{ErrorKind, ProcChoice};

use super::{
    alone::{alone, another},
    calls,
    container::{By, Container, names},
    few_or_many,
    fuse::Kind,
    truth::{Names, Possessions, ask, ask_impatiently, assert_same, right},
};
use crate::{
    machine::{namespaces::UNSHARE, wait_for},
    oracle::kernel,
};

static SIGNALS: AtomicU32 = AtomicU32::new(0);

pub(super) extern "C" fn count(_: i32) {
    SIGNALS.fetch_add(1, Ordering::Relaxed);
}

pub(super) fn on_child(handler: SigHandler) {
    let action = SigAction::new(handler, SaFlags::SA_RESTART, SigSet::empty());
    calls::set_action(Signal::SIGCHLD, &action);
}

/// Has psgo do something while another thread waits for whatever child ends, and signals are counted.
pub(super) fn unnoticed(work: impl FnOnce()) {
    let before = SIGNALS.load(Ordering::Relaxed);
    let over = Arc::new(AtomicBool::new(false));
    let its_over = Arc::clone(&over);
    let waiter = thread::spawn(move || {
        let mut ended = Vec::new();
        while !its_over.load(Ordering::Relaxed) {
            match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
                Ok(WaitStatus::StillAlive) | Err(Errno::ECHILD) => thread::yield_now(),
                other => ended.push(other),
            }
        }
        ended
    });
    work();
    over.store(true, Ordering::Relaxed);
    let ended = waiter.join().unwrap();
    assert!(ended.is_empty(), "{ended:?}");
    assert_eq!(SIGNALS.load(Ordering::Relaxed), before);
}

fn joins_unnoticed(joins: u32) {
    let container = Container::new();
    unnoticed(|| join_often(&container, joins));
}

fn join_often(container: &Container, joins: u32) {
    let me = i32::try_from(std::process::id()).unwrap();
    // Of the tests' own: the keeper and the container's first.
    let children = kernel::children(me);
    let right = right(container.pid, &names());
    ask(container.pid, ProcChoice::Auto).unwrap();
    for number in 0..joins {
        let table = ask(container.pid, ProcChoice::Auto).unwrap();
        assert_same(&table, &right, &format!("join {number}"));
    }
    let silent = container.cover("/etc", By::Taking(Kind::Directory));
    let table = ask_impatiently(container.pid, ProcChoice::Auto).unwrap();
    assert_same(
        &table,
        &super::truth::right(container.pid, &Names::default()),
        "silent",
    );
    drop(silent);
    // Whatever was left is taken notice of by a later join.
    wait_for("no child is left", || {
        ask(container.pid, ProcChoice::Auto).unwrap();
        (kernel::children(me) == children).then_some(())
    });
}

#[test]
fn a_join_is_not_noticed_by_who_waits_for_children() {
    alone(|| {
        on_child(SigHandler::Handler(count));
        joins_unnoticed(50);
    });
}

#[test]
fn nor_where_the_signal_of_children_is_ignored() {
    alone(|| {
        on_child(SigHandler::SigIgn);
        joins_unnoticed(50);
    });
}

#[test]
fn nor_by_a_subreaper() {
    alone(|| {
        on_child(SigHandler::Handler(count));
        prctl::set_child_subreaper(true).unwrap();
        joins_unnoticed(50);
    });
}

#[test]
fn nor_by_the_first_process_of_a_namespace() {
    let prefix = UNSHARE.map(str::to_owned);
    crate::machine::must_be_root();
    another(&prefix, "hostile::joiner::as_the_first_process", &[], &[]);
}

#[test]
#[ignore = "run by nor_by_the_first_process_of_a_namespace, as that process"]
fn as_the_first_process() {
    assert_eq!(std::process::id(), 1);
    on_child(SigHandler::Handler(count));
    joins_unnoticed(50);
}

#[test]
fn thousands_of_joins_leave_nothing_behind() {
    alone(|| {
        let container = Container::new();
        let me = i32::try_from(std::process::id()).unwrap();
        let resident = || {
            let status = kernel::status(me).unwrap();
            let rss = status["VmRSS"]
                .split_whitespace()
                .next()
                .unwrap()
                .to_owned();
            rss.parse::<u64>().unwrap()
        };
        let join = || {
            let target = super::truth::pid_of(container.pid);
            psgo::View::join(target).open().unwrap();
        };
        (0..200).for_each(|_| join());
        let (before, children, memory) = (Possessions::now(), kernel::children(me), resident());
        (0..few_or_many(2_000, 100_000)).for_each(|_| join());
        before.come_back("afterwards");
        assert_eq!(kernel::children(me), children);
        let grown = resident().saturating_sub(memory);
        assert!(grown < 1024, "{grown} KiB more");
    });
}

/// No file of the kernel's is read for a list of names, wherever it lies and however it is called.
#[test]
fn what_is_no_list_of_names_is_not_read() {
    alone(|| {
        let container = Container::new();
        let passwd = container.path("/etc/passwd");
        container.within(|| {
            fs::create_dir("/tmp/sys").unwrap();
            let none = MsFlags::empty();
            mount(Some("sys"), "/tmp/sys", Some("sysfs"), none, None::<&str>).unwrap();
        });
        let others = [
            "/proc/kmsg",
            "/proc/uptime",
            "/tmp/sys/kernel/notes",
            "/dev/null",
            "/tmp",
        ];
        for other in others {
            fs::remove_file(&passwd).unwrap();
            symlink(other, &passwd).unwrap();
            let table = ask(container.pid, ProcChoice::Auto).unwrap();
            let without_users = names().with_users(&[]);
            assert_same(&table, &right(container.pid, &without_users), other);
            let unnamed = table.outcome().containers[0].unnamed.clone().unwrap();
            assert_eq!(unnamed.kind(), ErrorKind::NotTrusted, "{other}: {unnamed}");
        }
        // The same, mounted over it.
        fs::remove_file(&passwd).unwrap();
        fs::write(&passwd, "x:x:0:0:::\n").unwrap();
        let cover = container.cover("/etc/passwd", By::Bind("/proc/kmsg".to_owned()));
        let table = ask(container.pid, ProcChoice::Auto).unwrap();
        let unnamed = table.outcome().containers[0].unnamed.clone().unwrap();
        assert_eq!(unnamed.kind(), ErrorKind::NotTrusted, "{unnamed}");
        // A container without these files is none to speak of.
        drop(cover);
        fs::remove_file(&passwd).unwrap();
        let table = ask(container.pid, ProcChoice::Auto).unwrap();
        assert!(table.outcome().containers[0].unnamed.is_none());
    });
}

#[test]
fn the_log_of_the_kernel_is_not_consumed() {
    alone(|| {
        let container = Container::new();
        let passwd = container.path("/etc/passwd");
        fs::remove_file(&passwd).unwrap();
        symlink("/proc/kmsg", &passwd).unwrap();
        let calls = crate::machine::dir().join("kmsg");
        let target = container.pid.to_string();
        let mut command = Command::new("strace");
        command
            .args(["-f", "-o"])
            .arg(&calls)
            .arg(crate::command::path());
        command.args(["-pids", &target, "-join", "-format", "pid,user"]);
        let answer = crate::command::Answer::of(&mut command).exits(0);
        let reason = "not a regular file, or a file of the kernel's own";
        assert!(answer.stderr.contains(reason), "{}", answer.stderr);
        let calls = fs::read_to_string(calls).unwrap();
        let opened: Vec<_> = calls
            .lines()
            .filter(|call| call.contains("etc/passwd"))
            .collect();
        let own = opened
            .iter()
            .filter(|call| call.contains("RESOLVE_IN_ROOT"));
        assert!(own.clone().count() > 0, "{opened:?}");
        for call in own {
            assert!(call.contains("O_PATH"), "{call}");
        }
    });
}
