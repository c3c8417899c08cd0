//! Signals to one of the two, or to both, and what each does when the other ends or stops.

use std::{
    io::{BufRead as _, BufReader, PipeReader},
    os::unix::process::{CommandExt as _, ExitStatusExt as _},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use nix::{
    fcntl::{FcntlArg, fcntl},
    sys::signal::{
        Signal::{self, *},
        kill, killpg,
    },
    unistd::Pid,
};

use crate::{Proc, Psgo, children, ended, has_state, is_gone, state, until, wait_for_output};

const ENDING: [Signal; 4] = [SIGINT, SIGTERM, SIGHUP, SIGQUIT];

/// One that waits for its next look, as if for ever.
fn watch(proc: &Proc) -> Command {
    let mut command = proc.list(&["-watch", "3600", "-output", "csv"]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    // A group of its own: so does a shell with job control, and nothing here is meant for the tests.
    command.process_group(0);
    command
}

/// One that cannot go on, because nobody reads what it has written.
fn blocked(proc: &Proc) -> (Psgo, PipeReader) {
    let (reader, writer) = std::io::pipe().unwrap();
    fcntl(&writer, FcntlArg::F_SETPIPE_SZ(4096)).unwrap();
    let mut command = proc.list(&["-output", "csv"]);
    command.process_group(0);
    command.stdout(writer).stderr(Stdio::piped());
    let psgo = Psgo::start(&mut command);
    drop(command);
    wait_for_output(&reader);
    (psgo, reader)
}

#[test]
fn the_exit_code_is_that_of_the_work() {
    let proc = Proc::new(1);
    for (more, code) in [
        (&["-pids", "1"][..], 0),
        (&["-pids", "1,7"], 1),
        (&["-wrong"], 2),
    ] {
        assert_eq!(ended(&mut proc.list(more)).status.code(), Some(code));
        let null = || Stdio::null();
        let mut command = proc.list(more);
        let psgo = Psgo::start(command.stdout(null()).stderr(null()));
        assert_eq!(psgo.wait().code(), Some(code));
    }
}

#[test]
fn a_signal_to_the_command_ends_a_watch_in_order() {
    let proc = Proc::new(1);
    for signal in ENDING {
        for is_to_both in [false, true] {
            let psgo = Psgo::start(&mut watch(&proc));
            let worker = psgo.worker();
            if is_to_both {
                killpg(psgo.pid(), signal).unwrap();
            } else {
                psgo.signal(signal);
            }
            let ended = psgo.ended();
            assert_eq!(ended.status.code(), Some(0), "{signal}: {ended:?}");
            assert!(ended.err.contains("1 look in "), "{signal}: {ended:?}");
            assert_eq!(is_gone(worker), Some(()));
        }
    }
}

#[test]
fn a_signal_ends_the_command_though_its_worker_cannot_go_on() {
    let proc = Proc::new(3000);
    for signal in [SIGINT, SIGTERM, SIGHUP, SIGKILL] {
        let (psgo, _reader) = blocked(&proc);
        let [worker] = children(psgo.pid())[..] else {
            panic!("no worker");
        };
        psgo.signal(signal);
        let ended = psgo.ended();
        assert_eq!(ended.status.signal(), Some(signal as i32), "{ended:?}");
        assert_eq!(ended.err, "");
        until("the worker stays", || is_gone(worker));
    }
}

#[test]
fn the_worker_ends_with_the_command() {
    let proc = Proc::new(1);
    let psgo = Psgo::start(&mut watch(&proc));
    let worker = psgo.worker();
    psgo.signal(SIGKILL);
    assert_eq!(psgo.ended().status.signal(), Some(9));
    until("the worker stays", || is_gone(worker));
}

#[test]
fn a_worker_that_is_killed_is_said_to_be() {
    let proc = Proc::new(1);
    for signal in [SIGKILL, SIGABRT, SIGFPE] {
        let psgo = Psgo::start(&mut watch(&proc));
        kill(psgo.worker(), signal).unwrap();
        let ended = psgo.ended();
        let number = signal as i32;
        assert_eq!(ended.status.code(), Some(128 + number), "{ended:?}");
        let says = format!("psgo: the worker was killed by signal {number}\n");
        assert_eq!(ended.err, says);
    }
}

#[test]
fn a_worker_that_is_ended_ends_the_command_alike() {
    let proc = Proc::new(3000);
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        let (psgo, reader) = blocked(&proc);
        kill(children(psgo.pid())[0], signal).unwrap();
        drop(reader);
        let ended = psgo.ended();
        assert_eq!(ended.status.signal(), Some(signal as i32), "{ended:?}");
    }
}

#[test]
fn stopped_both_stop_and_continued_both_go_on() {
    let proc = Proc::new(1);
    let to_command: fn(Pid, Pid, Signal) = |command, _, signal| kill(command, signal).unwrap();
    let to_worker: fn(Pid, Pid, Signal) = |_, worker, signal| kill(worker, signal).unwrap();
    let to_both: fn(Pid, Pid, Signal) = |command, _, signal| killpg(command, signal).unwrap();
    for (what, send, signal) in [
        ("the command", to_command, SIGTSTP),
        ("the worker", to_worker, SIGTSTP),
        ("both", to_both, SIGTSTP),
        ("the worker", to_worker, SIGSTOP),
        ("both", to_both, SIGSTOP),
        ("both", to_both, SIGTTIN),
    ] {
        println!("{signal} to {what}");
        // A time-out that passes many times while it is stopped.
        let psgo = Psgo::start(watch(&proc).args(["-timeout", "0.1"]));
        let (command, worker) = (psgo.pid(), psgo.worker());
        send(command, worker, signal);
        until("the command does not stop", || has_state(command, 'T'));
        until("the worker does not stop", || has_state(worker, 'T'));
        thread::sleep(Duration::from_millis(1500));
        kill(command, SIGCONT).unwrap();
        until("the command does not go on", || has_state(command, 'S'));
        until("the worker does not go on", || has_state(worker, 'S'));
        psgo.signal(SIGINT);
        let ended = psgo.ended();
        assert_eq!(ended.status.code(), Some(0), "{ended:?}");
        assert!(ended.err.contains("1 look in "), "{ended:?}");
    }
}

#[test]
fn a_stopped_one_is_killed_together_with_its_worker() {
    let proc = Proc::new(1);
    let psgo = Psgo::start(&mut watch(&proc));
    let worker = psgo.worker();
    killpg(psgo.pid(), SIGSTOP).unwrap();
    until("the worker does not stop", || has_state(worker, 'T'));
    psgo.signal(SIGKILL);
    assert_eq!(psgo.ended().status.signal(), Some(9));
    until("the worker stays", || is_gone(worker));
}

/// With nobody to continue it, the kernel discards the signal; to stop all the same would be for
/// ever.
#[test]
fn where_there_is_no_shell_to_continue_it_it_does_not_stop() {
    let proc = Proc::new(1);
    let given = watch(&proc);
    let mut command = Command::new("setsid");
    command
        .arg(crate::PSGO)
        .args(given.get_args())
        .args(["-watch", "0.01"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut psgo = Psgo::start(&mut command);
    let worker = psgo.worker();
    let mut lines = BufReader::new(psgo.child.stdout.take().unwrap()).lines();
    for is_to_both in [true, false] {
        if is_to_both {
            killpg(psgo.pid(), SIGTSTP).unwrap();
        } else {
            psgo.signal(SIGTSTP);
        }
        // Longer than the supervisor waits for its worker to stop.
        let end = Instant::now() + Duration::from_secs(1);
        while Instant::now() < end {
            assert!(lines.next().unwrap().is_ok());
            assert_ne!(state(psgo.pid()), Some('T'));
        }
        assert_ne!(state(worker), Some('T'));
    }
    psgo.signal(SIGINT);
    let rest = thread::spawn(move || lines.count());
    assert_eq!(psgo.ended().status.code(), Some(0));
    rest.join().unwrap();
}

#[test]
fn a_signal_that_was_ignored_stays_so() {
    let proc = Proc::new(1);
    let given = watch(&proc);
    let mut command = Command::new("env");
    command
        .args(["--ignore-signal=HUP,INT,TSTP", crate::PSGO])
        .args(given.get_args())
        .args(["-watch", "0.01"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0);
    let mut psgo = Psgo::start(&mut command);
    let mut lines = BufReader::new(psgo.child.stdout.take().unwrap()).lines();
    lines.next().unwrap().unwrap();
    for signal in [SIGHUP, SIGINT, SIGTSTP] {
        killpg(psgo.pid(), signal).unwrap();
        assert_eq!(lines.by_ref().take(100).map_while(Result::ok).count(), 100);
    }
    psgo.signal(SIGTERM);
    let rest = thread::spawn(move || lines.count());
    assert_eq!(psgo.ended().status.code(), Some(0));
    rest.join().unwrap();
}

#[test]
fn whoever_ignores_the_end_of_children_gets_the_same() {
    let proc = Proc::new(1);
    for (pids, code) in [("1", 0), ("1,7", 1)] {
        let given = proc.list(&["-pids", pids]);
        let mut command = Command::new("env");
        command.args(["--ignore-signal=CHLD", crate::PSGO]);
        let ended = ended(command.args(given.get_args()).stdin(Stdio::null()));
        assert_eq!(ended.status.code(), Some(code), "{ended:?}");
        assert!(ended.out.contains("name-of-1"), "{ended:?}");
    }
    let given = watch(&proc);
    let mut command = Command::new("env");
    command.args(["--ignore-signal=CHLD", crate::PSGO]);
    command.args(given.get_args()).stdin(Stdio::null());
    let psgo = Psgo::start(command.stdout(Stdio::piped()).stderr(Stdio::piped()));
    kill(psgo.worker(), SIGKILL).unwrap();
    let ended = psgo.ended();
    assert_eq!(ended.status.code(), Some(137), "{ended:?}");
}
