//! Whoever is less than root gets a part of the answer, or is told in one line what is missing.

use std::env;

use psgo::{Pids, ProcSource, Query, View};

use super::{
    alone::another,
    container::Container,
    truth::{COLUMNS, assert_same, pid_of, right},
};
use crate::{
    command::{Answer, psgo_after, row},
    machine::{dir, podman, process::sleeping},
    oracle::kernel,
};

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|&word| word.to_owned()).collect()
}

/// Nobody special, in no group of root's.
const NOBODY: [&str; 4] = [
    "setpriv",
    "--reuid=65534",
    "--regid=65534",
    "--clear-groups",
];

/// One line, that says this.
#[track_caller]
fn refused(answer: Answer, says: &[&str]) {
    let answer = answer.exits(1);
    assert_eq!(
        answer.stdout.split_inclusive(|b| *b == b'\n').count(),
        1,
        "headers alone: {answer:?}"
    );
    assert_eq!(answer.stderr.lines().count(), 1, "{}", answer.stderr);
    for say in says {
        assert!(answer.stderr.contains(say), "{say:?} in {}", answer.stderr);
    }
}

#[test]
fn nobody_lists_the_host_with_all_that_is_not_secret() {
    crate::machine::must_be_root();
    let other = sleeping();
    let args = [
        "-format",
        "pid,user,comm,args,state,ppid,vsz,capeff,groups",
        "-output",
        "json",
    ];
    let rows = psgo_after(&words(&NOBODY), &args).succeeds().json();
    let row = row(&rows, other.pid().into());
    assert_eq!(
        (&row["user"], &row["args"]),
        (&"root".into(), &"sleep 100000".into())
    );
    assert!(!row["capeff"].is_null());
}

#[test]
fn where_processes_are_hidden_the_rest_is_listed() {
    crate::machine::must_be_root();
    let other = sleeping();
    for hidepid in ["1", "2", "4"] {
        let script = format!("mount -t proc -o hidepid={hidepid} proc /proc && exec \"$@\"");
        let prefix = [&["unshare", "-m", "sh", "-c", &script, "sh"][..], &NOBODY].concat();
        let args = ["-format", "pid,user,comm,state", "-output", "json"];
        let answer = psgo_after(&words(&prefix), &args).exits(0);
        let rows = answer.json();
        // Itself, at least.
        assert!(
            rows.iter().any(|row| row["comm"] == "psgo"),
            "{hidepid}: {rows:?}"
        );
        assert!(
            rows.iter().all(|row| row["user"] != "root"),
            "{hidepid}: {rows:?}"
        );
        if hidepid == "1" {
            // They are there to be seen, and denied.
            assert!(
                answer.stderr.contains("permission denied"),
                "{}",
                answer.stderr
            );
        } else {
            assert_eq!(answer.stderr, "", "{hidepid}");
        }
        let asked = other.pid().to_string();
        let answer = psgo_after(&words(&prefix), &["-pids", &asked, "-format", "pid"]);
        assert_eq!(answer.code, Some(1), "{hidepid}: {answer:?}");
        assert_eq!(answer.stderr.lines().count(), 1, "{}", answer.stderr);
        assert!(answer.stderr.contains(&asked), "{}", answer.stderr);
        let answer = psgo_after(
            &words(&prefix),
            &["-pids", &asked, "-join", "-format", "pid"],
        );
        refused(answer, &[&asked]);
    }
}

#[test]
fn nobody_is_told_why_he_may_not_join() {
    crate::machine::must_be_root();
    let container = Container::new();
    let asked = container.pid.to_string();
    let join = ["-pids", &asked, "-join", "-format", "pid,user"];
    refused(
        psgo_after(&words(&NOBODY), &join),
        &[&asked, "ermission denied", "CAP_SYS_PTRACE"],
    );
    // Root of a user namespace that was made for this alone is nobody outside.
    let namespace = words(&["unshare", "-U", "-r"]);
    refused(psgo_after(&namespace, &join), &[&asked, "ermission denied"]);
}

#[test]
fn without_cap_sys_ptrace_no_container_is_joined() {
    crate::machine::must_be_root();
    let container = Container::new();
    let asked = container.pid.to_string();
    let join = ["-pids", &asked, "-join", "-format", "pid,user"];
    let without = words(&["setpriv", "--bounding-set=-sys_ptrace"]);
    refused(
        psgo_after(&without, &join),
        &[&asked, "ermission denied", "CAP_SYS_PTRACE"],
    );
}

#[test]
fn without_cap_sys_admin_the_answer_is_the_same() {
    crate::machine::must_be_root();
    let container = Container::new();
    let asked = container.pid.to_string();
    let right = right(container.pid, &super::container::names());
    let columns = COLUMNS.join(",");
    let join = [
        "-pids", &asked, "-join", "-format", &columns, "-output", "csv",
    ];
    let rows_of = |prefix: &[&str]| {
        let answer = psgo_after(&words(prefix), &join).succeeds();
        let rows = answer.csv(&COLUMNS);
        rows.into_iter()
            .map(|row| {
                COLUMNS
                    .iter()
                    .map(|name| row[*name].clone())
                    .collect::<Vec<_>>()
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(rows_of(&["setpriv", "--bounding-set=-sys_admin"]), right);
    assert_eq!(
        rows_of(&["setpriv", "--bounding-set=-sys_admin,-sys_chroot"]),
        right
    );
    assert_eq!(rows_of(&["setpriv", "--no-new-privs"]), right);
}

#[test]
fn a_rootless_user_reads_his_containers_through_their_root() {
    crate::machine::must_be_root();
    let rootless = podman::rootless();
    let pid = rootless.plain.pid.to_string();
    another(
        &rootless.user.prefix(),
        "hostile::less::as_a_rootless_user",
        &[(TARGET, &pid)],
        &[],
    );
    // Another's is none of his.
    let plain = podman::plain().pid.to_string();
    let answer = psgo_after(&rootless.user.prefix(), &["-pids", &plain, "-join"]);
    refused(answer, &[&plain, "ermission denied", "CAP_SYS_PTRACE"]);
}

const TARGET: &str = "PSGO_TEST_TARGET";

#[test]
#[ignore = "run by a_rootless_user_reads_his_containers_through_their_root, as that user"]
fn as_a_rootless_user() {
    let target = env::var(TARGET).unwrap().parse().unwrap();
    let names = super::truth::Names::new(
        &[(0, "root"), (1, "keeper"), (1000, "alice"), (1001, "bob")],
        &[
            (0, "root"),
            (4, "admins"),
            (10, "wheel"),
            (1000, "alice"),
            (2000, "crew"),
        ],
    );
    let right = right(target, &names);
    assert_eq!(right.len(), 3);
    let view = View::join(pid_of(target)).open().unwrap();
    let Some(ProcSource::Host(Some(why))) = view.proc_source() else {
        panic!("{:?}", view.proc_source())
    };
    assert_eq!(why.kind(), psgo::ErrorKind::Denied, "{why}");
    let table = Query::new(COLUMNS).unwrap().view(view).table().unwrap();
    assert_same(&table, &right, "his own");
    assert!(kernel::own_namespace("user").starts_with("user:"));
}

#[test]
fn on_ones_own_thread_no_other_is_started() {
    crate::machine::must_be_root();
    let container = Container::new();
    let started = |threads: &str| {
        let log = dir().join(format!("threads-{threads}"));
        let calls = "trace=clone,clone3,fork,vfork";
        let prefix = ["strace", "-f", "-e", calls, "-o", log.to_str().unwrap()];
        another(
            &words(&prefix),
            "hostile::less::with_so_many_threads",
            &[(TARGET, &container.pid.to_string()), (THREADS, threads)],
            &[],
        );
        let calls = std::fs::read_to_string(log).unwrap();
        let starts = |call: &&str| {
            let call = call.trim_start_matches(|c: char| c.is_ascii_digit() || c == ' ');
            ["clone", "fork", "vfork"]
                .iter()
                .any(|name| call.starts_with(name))
                && call.contains("CLONE_THREAD")
        };
        calls.lines().filter(starts).count()
    };
    // That of the test itself.
    assert_eq!(started("none"), 1);
    // As many as there are chunks of processes, at most two.
    assert!((2..=3).contains(&started("2")));
}

const THREADS: &str = "PSGO_TEST_THREADS";

#[test]
#[ignore = "run by on_ones_own_thread_no_other_is_started, under strace"]
fn with_so_many_threads() {
    let target = pid_of(env::var(TARGET).unwrap().parse().unwrap());
    let threads = env::var(THREADS).unwrap().parse();
    // Of others one that another test has stand still would cost a thread more. Kernel threads do not.
    let kernel_threads = kernel::children(2).into_iter().map(pid_of);
    let pids: Vec<_> = kernel_threads.chain([target]).collect();
    let query = Query::new(COLUMNS).unwrap().pids(Pids::Only(&pids));
    let query = match threads {
        Ok(threads) => query.threads(threads),
        Err(_) => query.on_this_thread(),
    };
    let table = query.table().unwrap();
    assert!(table.rows().iter().any(|row| row.pid() == Some(target)));
}

#[test]
fn on_ones_own_thread_the_rows_are_the_same() {
    crate::machine::must_be_root();
    let container = Container::new();
    // More than one chunk, and one that has ended.
    let others: Vec<_> = (0..150).map(|_| sleeping()).collect();
    let mut pids: Vec<_> = others.iter().map(|other| pid_of(other.pid())).collect();
    let ended = sleeping().pid();
    pids.push(pid_of(ended));
    let host = View::host().unwrap();
    let query = Query::new(COLUMNS).unwrap();
    for query in [
        query.clone().pids(Pids::Only(&pids)),
        query
            .clone()
            .pids(Pids::Only(&pids))
            .sort(&["-pid"])
            .unwrap(),
        query.view(
            View::join(pid_of(container.pid))
                .seen_from(&host)
                .open()
                .unwrap(),
        ),
    ] {
        let (table, same) = (
            query.table().unwrap(),
            query.on_this_thread().table().unwrap(),
        );
        assert!(table.rows().len() >= 4);
        assert_eq!(table.rows(), same.rows());
        let skipped = |table: &psgo::Table| {
            let skipped = table.skipped().iter();
            skipped
                .map(|skipped| (skipped.pid, skipped.error.kind()))
                .collect::<Vec<_>>()
        };
        assert_eq!(skipped(&table), skipped(&same));
        assert_eq!(same.outcome().abandoned, 0);
    }
    // It ends where it is told to.
    let mut seen = 0;
    let query = Query::new(["pid"]).unwrap().pids(Pids::Only(&pids));
    let outcome = query.on_this_thread().for_each(|_| {
        seen += 1;
        match seen {
            3 => std::ops::ControlFlow::Break(()),
            _ => std::ops::ControlFlow::Continue(()),
        }
    });
    assert!(outcome.is_ok() && seen == 3);
}
