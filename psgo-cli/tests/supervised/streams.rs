//! What the command writes, wherever that goes, and what it reads.

use std::{
    fs::{self, File},
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
    net::Shutdown,
    os::{
        fd::{AsFd as _, OwnedFd},
        unix::{net::UnixStream, process::ExitStatusExt as _},
    },
    process::{Command, Stdio},
    thread,
    time::Duration,
};

use nix::{
    fcntl::{FcntlArg, OFlag, fcntl},
    sys::signal::Signal,
};

use crate::{PSGO, Proc, Psgo, ended, is_gone};

/// Far more than pipes hold.
const MANY: u32 = 3000;

/// Longer than a worker may stand still with a time-out of a tenth of a second.
const A_WHILE: Duration = Duration::from_millis(1600);

fn pipe_of_a_page() -> (io::PipeReader, io::PipeWriter) {
    let (reader, writer) = io::pipe().unwrap();
    fcntl(&writer, FcntlArg::F_SETPIPE_SZ(4096)).unwrap();
    (reader, writer)
}

/// The command that lists all as csv, and does not wait long for what does not answer.
fn list(proc: &Proc) -> Command {
    proc.list(&["-output", "csv", "-timeout", "0.1"])
}

#[test]
fn files_and_pipes_get_the_same_to_the_last_byte() {
    let proc = Proc::new(MANY);
    let path = proc.0.join("out");
    let psgo = Psgo::start(list(&proc).stdout(File::create(&path).unwrap()));
    assert_eq!(psgo.wait().code(), Some(0));
    let csv = Proc::csv(MANY);
    assert!(fs::read_to_string(&path).unwrap() == csv);
    // What was there before stays.
    let file = File::options().append(true).open(&path).unwrap();
    let psgo = Psgo::start(list(&proc).stdout(file));
    assert_eq!(psgo.wait().code(), Some(0));
    assert!(fs::read_to_string(&path).unwrap() == csv.repeat(2));

    let (mut reader, writer) = pipe_of_a_page();
    let psgo = Psgo::start(list(&proc).stdout(writer));
    let mut text = String::new();
    reader.read_to_string(&mut text).unwrap();
    assert_eq!(psgo.wait().code(), Some(0));
    assert!(text == csv);

    let (mut reader, writer) = UnixStream::pair().unwrap();
    let psgo = Psgo::start(list(&proc).stdout(OwnedFd::from(writer)));
    let mut text = String::new();
    reader.read_to_string(&mut text).unwrap();
    assert_eq!(psgo.wait().code(), Some(0));
    assert!(text == csv);
}

#[test]
fn a_pipe_or_socket_that_does_not_block_loses_nothing() {
    let proc = Proc::new(MANY);
    let (mut reader, writer) = pipe_of_a_page();
    fcntl(&writer, FcntlArg::F_SETFL(OFlag::O_NONBLOCK)).unwrap();
    let psgo = Psgo::start(list(&proc).stdout(writer));
    thread::sleep(A_WHILE);
    let mut text = String::new();
    reader.read_to_string(&mut text).unwrap();
    assert_eq!(psgo.wait().code(), Some(0));
    assert!(text == Proc::csv(MANY));

    let (mut reader, writer) = UnixStream::pair().unwrap();
    writer.set_nonblocking(true).unwrap();
    let psgo = Psgo::start(list(&proc).stdout(OwnedFd::from(writer)));
    thread::sleep(A_WHILE);
    let mut text = String::new();
    reader.read_to_string(&mut text).unwrap();
    assert_eq!(psgo.wait().code(), Some(0));
    assert!(text == Proc::csv(MANY));
}

#[test]
fn a_slow_reader_is_waited_for() {
    let proc = Proc::new(MANY);
    let (mut reader, writer) = pipe_of_a_page();
    let psgo = Psgo::start(list(&proc).stdout(writer));
    let mut text = vec![0; 9000];
    reader.read_exact(&mut text).unwrap();
    thread::sleep(A_WHILE);
    reader.read_to_end(&mut text).unwrap();
    assert_eq!(psgo.wait().code(), Some(0));
    assert!(text == Proc::csv(MANY).into_bytes());
}

#[test]
fn a_reader_that_has_enough_ends_it() {
    let proc = Proc::new(MANY);
    for more in [&[][..], &["-watch", "0.01"]] {
        let (reader, writer) = pipe_of_a_page();
        let psgo = Psgo::start(list(&proc).args(more).stdout(writer).stderr(Stdio::piped()));
        let mut lines = BufReader::new(reader).lines();
        assert!(lines.next().unwrap().unwrap().ends_with("PID,COMMAND"));
        drop(lines);
        let ended = psgo.ended();
        assert_eq!((ended.status.code(), &*ended.err), (Some(0), ""));

        let (reader, writer) = UnixStream::pair().unwrap();
        let writer = OwnedFd::from(writer);
        let psgo = Psgo::start(list(&proc).args(more).stdout(writer).stderr(Stdio::piped()));
        let mut lines = BufReader::new(&reader).lines();
        assert!(lines.next().unwrap().unwrap().ends_with("PID,COMMAND"));
        drop(lines);
        reader.shutdown(Shutdown::Both).unwrap();
        drop(reader);
        let ended = psgo.ended();
        assert_eq!((ended.status.code(), &*ended.err), (Some(0), ""));
    }
}

/// As shells leave it, and as Python does.
#[test]
fn it_ends_so_however_sigpipe_was_left() {
    let proc = Proc::new(MANY);
    let given = list(&proc);
    for left in ["--default-signal=PIPE", "--ignore-signal=PIPE"] {
        let (reader, writer) = pipe_of_a_page();
        let mut command = Command::new("env");
        command.args([left, PSGO]).args(given.get_args());
        command.stdin(Stdio::null()).stdout(writer);
        let psgo = Psgo::start(command.stderr(Stdio::piped()));
        drop(command);
        drop(reader);
        let ended = psgo.ended();
        assert_eq!((ended.status.code(), &*ended.err), (Some(0), ""));
    }
}

#[test]
fn where_both_go_one_way_their_order_is_kept() {
    let proc = Proc::new(1);
    let table = format!("PID,COMMAND\n1,{}\n", crate::args(1));
    let all = format!("{table}psgo: left out: 7 (no such process)\n");
    let mut command = list(&proc);
    command.args(["-pids", "1,7"]);
    let (mut reader, writer) = io::pipe().unwrap();
    let psgo = Psgo::start(command.stdout(writer.try_clone().unwrap()).stderr(writer));
    drop(command);
    let mut text = String::new();
    reader.read_to_string(&mut text).unwrap();
    assert_eq!(psgo.wait().code(), Some(1));
    assert_eq!(text, all);

    let mut command = list(&proc);
    command.args(["-pids", "1,7"]);
    let path = proc.0.join("out");
    let file = File::create(&path).unwrap();
    let psgo = Psgo::start(command.stdout(file.try_clone().unwrap()).stderr(file));
    assert_eq!(psgo.wait().code(), Some(1));
    assert_eq!(fs::read_to_string(&path).unwrap(), all);
}

#[test]
fn a_full_disk_is_trouble_behind_a_pipe_for_errors_too() {
    let proc = Proc::new(MANY);
    let full = File::options().write(true).open("/dev/full").unwrap();
    let psgo = Psgo::start(list(&proc).stdout(full).stderr(Stdio::piped()));
    let ended = psgo.ended();
    let says = "psgo: cannot write: No space left on device\n";
    assert_eq!((ended.status.code(), &*ended.err), (Some(2), says));
}

/// Messages that nobody can read change neither the answer nor the exit code.
#[test]
fn closed_standard_files_change_nothing_else() {
    let proc = Proc::new(1);
    let table = format!("PID,COMMAND\n1,{}\n", crate::args(1));
    for (closed, code, out) in [
        ("<&-", 1, &*table),
        ("2>&-", 1, &table),
        ("<&- 2>&-", 1, &table),
        (">&-", 2, ""),
        ("<&- >&- 2>&-", 2, ""),
    ] {
        let given = list(&proc);
        let line = format!("exec \"$0\" \"$@\" {closed}");
        let mut command = Command::new("sh");
        command.args(["-c", &line, PSGO]).args(given.get_args());
        let ended = ended(command.args(["-pids", "1,7"]).stdin(Stdio::null()));
        assert_eq!(
            (ended.status.code(), &*ended.out),
            (Some(code), out),
            "{closed}"
        );
    }
    // A reader that is gone before anything is said.
    let (reader, writer) = io::pipe().unwrap();
    drop(reader);
    let mut command = list(&proc);
    command.args(["-pids", "1,7"]).stdout(Stdio::piped());
    let ended = Psgo::start(command.stderr(writer)).ended();
    assert_eq!((ended.status.code(), ended.out), (Some(1), table));
}

/// A command that reads standard input waits as long as it takes, and can be ended meanwhile.
#[test]
fn who_writes_slowly_is_waited_for() {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let read = || {
        let mut command = Command::new(PSGO);
        command
            .args([
                "proc", "-as", "status", "-", "-timeout", "0.1", "-output", "raw",
            ])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        Psgo::start(&mut command)
    };
    let mut psgo = read();
    let mut input = psgo.child.stdin.take().unwrap();
    let (first, rest) = status.as_bytes().split_at(20);
    input.write_all(first).unwrap();
    thread::sleep(A_WHILE);
    input.write_all(rest).unwrap();
    drop(input);
    let ended = psgo.ended();
    assert_eq!((ended.status.code(), &*ended.err), (Some(0), ""));
    assert_eq!(ended.out, status);

    for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGKILL] {
        let mut psgo = read();
        let input = psgo.child.stdin.take();
        let [worker] = crate::until("there is no worker", || {
            <[_; 1]>::try_from(crate::children(psgo.pid())).ok()
        });
        psgo.signal(signal);
        let ended = psgo.ended();
        assert_eq!(ended.status.signal(), Some(signal as i32), "{ended:?}");
        crate::until("the worker stays", || is_gone(worker));
        drop(input);
    }
}

#[test]
fn who_does_not_read_errors_is_waited_for_and_can_end_it() {
    const SAYS: &str = "psgo: left out: 7 (no such process)\n";
    let proc = Proc::new(1);
    let (mut reader, writer) = pipe_of_a_page();
    let mut fill = writer.try_clone().unwrap();
    fill.write_all(&[b'.'; 4096]).unwrap();
    let start = || {
        let mut command = list(&proc);
        let errors = writer.as_fd().try_clone_to_owned().unwrap();
        command.args(["-pids", "1,7"]).stdout(Stdio::piped());
        Psgo::start(command.stderr(errors))
    };
    let mut psgo = start();
    let mut lines = BufReader::new(psgo.child.stdout.take().unwrap()).lines();
    assert_eq!(lines.by_ref().take(2).map_while(Result::ok).count(), 2);
    thread::sleep(A_WHILE);
    assert!(psgo.child.try_wait().unwrap().is_none());
    psgo.signal(Signal::SIGTERM);
    assert_eq!(psgo.wait().signal(), Some(Signal::SIGTERM as i32));

    let psgo = start();
    let reads = thread::spawn(move || {
        let mut text = vec![0; 4096 + SAYS.len()];
        reader.read_exact(&mut text).unwrap();
        text
    });
    assert_eq!(psgo.ended().status.code(), Some(1));
    let text = reads.join().unwrap();
    assert!(text.ends_with(SAYS.as_bytes()));
}
