//! Where the command runs: in namespaces, under limits, below other kinds of parents.

use std::{
    env,
    io::{BufRead as _, BufReader},
    os::unix::process::CommandExt as _,
    process::{Command, Stdio},
};

use nix::{
    errno::Errno,
    sys::{
        prctl,
        signal::Signal::{self, *},
        wait::{WaitPidFlag, waitpid},
    },
    unistd::geteuid,
};

use crate::{PSGO, Proc, Psgo, children, ended, is_gone, until, wait_for_output, worker_of};

const ALONE: &str = "PSGO_TEST_ALONE";

/// Runs the body of the calling test in a process of its own.
fn alone(body: impl FnOnce()) {
    let name = std::thread::current().name().unwrap_or("main").to_owned();
    if env::var_os(ALONE).is_some() {
        return body();
    }
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["--exact", &name, "--nocapture", "--test-threads=1"]);
    let output = command
        .env(ALONE, "1")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && told.contains("1 passed"),
        "{name}: {}\n{told}\n{complaint}",
        output.status
    );
}

/// `words`, the command, what it is to do.
fn below(words: &[&str], given: &Command) -> Command {
    let mut command = Command::new(words[0]);
    command.args(&words[1..]).arg(PSGO).args(given.get_args());
    command.stdin(Stdio::null());
    command
}

/// New PID namespaces, also for who is not root.
fn unshare(flags: &[&'static str]) -> Vec<&'static str> {
    let mut words = vec!["unshare"];
    if !geteuid().is_root() {
        words.push("--map-root-user");
    }
    words.extend(flags);
    words
}

#[test]
fn process_1_of_a_namespace_is_the_command() {
    let words = unshare(&["-pf", "--mount-proc", "--kill-child"]);
    let mut list = Command::new(PSGO);
    list.args([
        "-pids",
        "1,2,7",
        "-format",
        "pid,ppid,comm",
        "-output",
        "csv",
    ]);
    let ended = ended(&mut below(&words, &list));
    // The worker is the second.
    assert_eq!(
        ended.out, "PID,PPID,COMMAND\n1,0,psgo\n2,1,psgo\n",
        "{ended:?}"
    );
    assert_eq!(ended.err, "psgo: left out: 7 (no such process)\n");
    assert_eq!(ended.status.code(), Some(1));
}

#[test]
fn process_1_of_a_namespace_ends_by_signals_as_others_do() {
    let proc = Proc::new(1);
    let words = unshare(&["-pf", "--kill-child"]);
    for signal in [SIGINT, SIGTERM, SIGKILL] {
        let mut watch = below(&words, &proc.list(&["-watch", "3600", "-output", "csv"]));
        let unshare = Psgo::start(watch.stdout(Stdio::piped()).stderr(Stdio::piped()));
        let psgo = until("there is no command", || {
            children(unshare.pid()).first().copied()
        });
        wait_for_output(unshare.child.stdout.as_ref().unwrap());
        let worker = worker_of(psgo);
        nix::sys::signal::kill(psgo, signal).unwrap();
        let ended = unshare.ended();
        if signal == SIGKILL {
            assert_ne!(ended.status.code(), Some(0), "{ended:?}");
        } else {
            assert_eq!(ended.status.code(), Some(0), "{ended:?}");
            assert!(ended.err.contains("1 look in "), "{ended:?}");
        }
        until("the worker stays", || is_gone(worker));
    }
    // What a signal does to others by default, process 1 does itself.
    let proc = Proc::new(3000);
    let (_reader, writer) = std::io::pipe().unwrap();
    let mut blocked = below(&words, &proc.list(&[]));
    let unshare = Psgo::start(blocked.stdout(writer).stderr(Stdio::piped()));
    let psgo = until("there is no command", || {
        children(unshare.pid()).first().copied()
    });
    let worker = until("there is no worker", || children(psgo).first().copied());
    until("it is not blocked", || crate::has_state(worker, 'S'));
    nix::sys::signal::kill(psgo, SIGTERM).unwrap();
    let ended = unshare.ended();
    assert_eq!(ended.status.code(), Some(128 + SIGTERM as i32), "{ended:?}");
    until("the worker stays", || is_gone(worker));
}

/// `unshare -p` without `-f`: whatever it starts is in another namespace than itself, and it can have
/// no threads.
#[test]
fn where_its_children_would_be_in_another_namespace_it_says_so() {
    let proc = Proc::new(1);
    let words = unshare(&["-p"]);
    let ended = ended(&mut below(
        &words,
        &proc.list(&["-pids", "1,7", "-output", "csv"]),
    ));
    let says = "psgo: cannot start a thread: this process is in another PID namespace than its \
                children: unshare -p needs -f\n";
    assert_eq!((ended.status.code(), &*ended.err), (Some(2), says));
}

/// Whatever it ends by, nothing of it is left to a parent that adopts what is left.
#[test]
fn a_subreaper_is_left_nothing() {
    alone(|| {
        prctl::set_child_subreaper(true).unwrap();
        let nothing_is_left = || {
            assert_eq!(
                waitpid(None, Some(WaitPidFlag::WNOHANG)),
                Err(Errno::ECHILD)
            );
        };
        let proc = Proc::new(3000);
        assert_eq!(
            ended(&mut proc.list(&["-pids", "1"])).status.code(),
            Some(0)
        );
        nothing_is_left();
        for (more, signal) in [(&["-watch", "3600"][..], SIGINT), (&[], SIGTERM)] {
            let mut command = proc.list(more);
            let mut psgo = Psgo::start(command.stdout(Stdio::piped()).stderr(Stdio::piped()));
            let mut lines = BufReader::new(psgo.child.stdout.take().unwrap()).lines();
            assert!(lines.next().unwrap().is_ok());
            psgo.signal(signal);
            if !more.is_empty() {
                for _ in lines.by_ref() {}
            }
            psgo.ended();
            nothing_is_left();
        }
        // The reader goes.
        let mut psgo = Psgo::start(proc.list(&[]).stdout(Stdio::piped()));
        drop(psgo.child.stdout.take());
        assert_eq!(psgo.wait().code(), Some(0));
        nothing_is_left();
        // Its own end leaves the worker, which ends as well.
        let mut command = proc.list(&["-watch", "3600", "-output", "csv"]);
        let psgo = Psgo::start(command.stdout(Stdio::piped()));
        let worker = psgo.worker();
        psgo.signal(SIGKILL);
        psgo.wait();
        until("the worker is not left", || {
            waitpid(worker, Some(WaitPidFlag::WNOHANG))
                .is_ok()
                .then_some(())
        });
        until("the worker stays", || is_gone(worker));
    });
}

#[test]
#[ignore = "the command as a subreaper, run by another test"]
fn the_command_as_a_subreaper() {
    prctl::set_child_subreaper(true).unwrap();
    let args = env::var("PSGO_TEST_ARGS").unwrap();
    let error = Command::new(PSGO).args(args.split(' ')).exec();
    panic!("{error}");
}

#[test]
fn a_subreaper_works_like_any_other() {
    let proc = Proc::new(1);
    for (pids, code) in [("1", 0), ("1,7", 1)] {
        let args = format!("-proc {} -pids {pids} -format pid", proc.path());
        let mut command = Command::new(env::current_exe().unwrap());
        command
            .args(["--exact", "places::the_command_as_a_subreaper"])
            .args(["--ignored", "--nocapture", "--test-threads=1"])
            .env("PSGO_TEST_ARGS", args)
            .stdin(Stdio::null());
        let ended = ended(&mut command);
        assert!(ended.out.ends_with("PID\n1\n"), "{ended:?}");
        assert_eq!(ended.status.code(), Some(code), "{ended:?}");
    }
}

/// Where it may not fork, it does the work itself, as far as that needs no thread. A limit on processes does not hold for root.
#[test]
fn without_another_process_it_works_itself_or_says_what_is_short() {
    let proc = Proc::new(3);
    let user: &[&str] = if geteuid().is_root() {
        &[
            "setpriv",
            "--reuid=65534",
            "--regid=65534",
            "--clear-groups",
        ]
    } else {
        &[]
    };
    let words = [&["prlimit", "--nproc=0"][..], user].concat();
    let ended = ended(&mut below(&words, &proc.list(&["-output", "csv"])));
    // There is no worker to say it, and no thread to read with.
    assert_eq!(ended.status.code(), Some(2), "{ended:?}");
    let says = "psgo: cannot start a thread: the limits are RLIMIT_NPROC (ulimit -u), ";
    assert!(ended.err.starts_with(says), "{ended:?}");
    let mut list = Command::new(PSGO);
    let ended = crate::ended(&mut below(&words, list.arg("-list")));
    assert_eq!((ended.status.code(), &*ended.err), (Some(0), ""));
}

#[test]
fn inherited_descriptors_stay_open_and_none_is_added() {
    let proc = Proc::new(1);
    // In the worker and in the command they are as they were.
    let open = "i=10; while [ $i -lt 500 ]; do eval \"exec $i</dev/zero\"; i=$((i+1)); done; \
                exec \"$0\" \"$@\"";
    let given = proc.list(&["-watch", "3600", "-output", "csv"]);
    let mut command = Command::new("bash");
    command
        .args(["-c", open, PSGO])
        .args(given.get_args())
        .stdin(Stdio::null());
    let psgo = Psgo::start(command.stdout(Stdio::piped()).stderr(Stdio::piped()));
    let worker = psgo.worker();
    for pid in [psgo.pid(), worker] {
        let zeros = std::fs::read_dir(format!("/proc/{pid}/fd"))
            .unwrap()
            .flatten();
        let zeros = zeros.filter(|file| {
            std::fs::read_link(file.path()).is_ok_and(|link| link.ends_with("zero"))
        });
        assert_eq!(zeros.count(), 490);
    }
    psgo.signal(Signal::SIGINT);
    assert_eq!(psgo.ended().status.code(), Some(0));
}

/// With less and less room for descriptors it works, or says that there is none.
#[test]
fn few_descriptors_are_enough_or_said_to_be_too_few() {
    let proc = Proc::new(1);
    let mut worked = 0;
    for limit in 3..=24 {
        let nofile = format!("--nofile={limit}");
        let given = proc.list(&["-output", "csv"]);
        let ended = ended(&mut below(&["prlimit", &nofile], &given));
        match ended.status.code() {
            Some(0) => {
                assert_eq!((ended.out, &*ended.err), (Proc::csv(1), ""), "{limit}");
                worked += 1;
            }
            // The dynamic loader needs some itself.
            Some(127) => assert!(
                ended.err.contains("Too many open files") || ended.err.contains("shared"),
                "{ended:?}"
            ),
            Some(1 | 2) => assert!(
                ended.err.contains("Too many open files"),
                "{limit}: {ended:?}"
            ),
            _ => panic!("{limit}: {ended:?}"),
        }
    }
    assert!(worked > 5, "{worked}");
}

/// With less and less memory it lists all, or says that there is too little; it is never aborted.
#[test]
fn little_memory_is_enough_or_said_to_be_too_little() {
    let me = std::process::id().to_string();
    let within = |limit: u32, args: &[&str]| {
        let given = format!("--as={}", limit * 1_000_000);
        ended(&mut below(
            &["prlimit", &given],
            Command::new(PSGO).args(args),
        ))
    };
    // With less the program is not even loaded.
    let least = (4..200).find(|limit| within(*limit, &["-version"]).status.success());
    let least = least.unwrap();
    for args in [
        &["-format", "pid,user,fds,exe,args"][..],
        &["files", "-all"],
        &["sockets"],
        &["inspect", &me],
        &["drift", "dump"],
        &["-watch", "0.01", "-count", "2"],
    ] {
        let mut has_worked = false;
        for limit in (least..least + 60).step_by(3) {
            let ended = within(limit, args);
            let is_told = ended.err.contains("out of memory")
                || ended.err.contains("cannot start a thread")
                || ended.err.contains("Cannot allocate memory")
                || ended.err.contains("Resource temporarily unavailable");
            match ended.status.code() {
                Some(0) => has_worked = true,
                Some(1 | 2) if is_told => (),
                Some(1) if !ended.err.is_empty() => has_worked = true,
                _ => panic!("{limit} MB, {args:?}: {ended:?}"),
            }
        }
        assert!(has_worked, "{args:?}");
    }
}
