//! The command as a command: flags, exits, messages, terminals, pipes.

use std::{
    fs::File,
    io::Read as _,
    os::fd::OwnedFd,
    process::{Command, Stdio},
};

use crate::{
    command::{Answer, command_after, list, psgo},
    machine::process::{named, sleeping},
    oracle::ALL,
};

/// A pid that no process can have: the kernel's numbers end at four million.
const NOBODY: &str = "99999999";

#[test]
fn the_first_line_of_the_list_is_psgos_own() {
    let answer = psgo(&["-list"]).succeeds();
    assert_eq!(answer.lines()[0], ALL.join(", "));
}

#[test]
fn without_arguments_all_processes_have_the_default_columns() {
    let sleeping = sleeping();
    let answer = psgo(&[]).succeeds();
    let lines = answer.lines();
    let headers: Vec<&str> = lines[0].split_whitespace().collect();
    assert_eq!(
        headers,
        [
            "USER", "PID", "PPID", "%CPU", "ELAPSED", "TTY", "TIME", "COMMAND"
        ]
    );
    let mine: Vec<&&str> = lines
        .iter()
        .filter(|line| line.split_whitespace().nth(1) == Some(&sleeping.pid().to_string()))
        .collect();
    assert_eq!(mine.len(), 1);
    // W21: no blank after the last argument.
    assert!(mine[0].ends_with("sleep 100000"), "{mine:?}");
}

#[test]
fn both_spellings_of_flags_and_lists_are_the_same() {
    let sleeping = sleeping();
    let pid = sleeping.pid().to_string();
    let first = psgo(&["-pids", &pid, "-format", "pid,user,comm"]).succeeds();
    assert!(first.lines()[1].starts_with(&pid), "{}", first.text());
    for args in [
        vec!["--pids", &pid, "--format", "pid,user,comm"],
        vec!["-pids", &pid, "-format", "pid, user, comm"],
        vec!["-pids", &pid, "-format=pid,user,comm"],
        vec!["-pids", &pid, "-format", "%p,%U,%c"],
        vec!["-pids", &pid, "-format", "pid user comm"],
    ] {
        assert_eq!(psgo(&args).succeeds().text(), first.text(), "{args:?}");
    }
    // What `$(pgrep … | tr "\n" ",")` leaves behind.
    let trailing = format!("{pid},");
    let answer = psgo(&["--pids", &trailing, "-format", "pid,user,comm"]).succeeds();
    assert_eq!(answer.text(), first.text());
}

#[test]
fn an_empty_list_of_pids_is_an_empty_answer() {
    assert_eq!(
        psgo(&["-pids", "", "-format", "pid"]).succeeds().text(),
        "PID\n"
    );
    let answer = psgo(&["-pids", "", "-format", "pid", "-output", "json"]).succeeds();
    assert_eq!(answer.json().len(), 0);
}

#[test]
fn rows_are_sorted_and_given_once() {
    let (a, b) = (sleeping(), sleeping());
    let (low, high) = (a.pid().min(b.pid()), a.pid().max(b.pid()));
    let pids = list(&[high, low, high]);
    let answer = psgo(&["-pids", &pids, "-format", "pid", "-no-header"]).succeeds();
    let found: Vec<i32> = answer
        .lines()
        .iter()
        .map(|pid| pid.trim().parse().unwrap())
        .collect();
    assert_eq!(found, [low, high]);
    let answer = psgo(&[
        "-pids",
        &pids,
        "-format",
        "pid",
        "-no-header",
        "-sort",
        "-pid",
    ])
    .succeeds();
    let found: Vec<i32> = answer
        .lines()
        .iter()
        .map(|pid| pid.trim().parse().unwrap())
        .collect();
    assert_eq!(found, [high, low]);
}

#[test]
fn a_header_can_be_given() {
    let sleeping = sleeping();
    let pid = sleeping.pid().to_string();
    let answer = psgo(&["-pids", &pid, "-format", "pid=NUMBER,comm"]).succeeds();
    assert!(
        answer.lines()[0].starts_with("NUMBER "),
        "{}",
        answer.text()
    );
}

#[test]
fn an_unknown_descriptor_is_named_and_a_likely_one_proposed() {
    let answer = psgo(&["-format", "capef"]).exits(2);
    assert_eq!(
        answer.stderr.lines().next(),
        Some("psgo: unknown descriptor \"capef\" (did you mean \"capeff\"?)")
    );
    assert!(answer.stdout.is_empty());
}

#[test]
fn an_empty_descriptor_is_an_error() {
    // W19: it used to be every descriptor without a code.
    for format in ["pid,", ",pid", "pid,,user"] {
        let answer = psgo(&["-format", format]).exits(2);
        assert!(answer.stdout.is_empty(), "{format}");
        assert!(!answer.stderr.is_empty(), "{format}");
    }
}

#[test]
fn an_unknown_flag_is_answered_with_a_known_one() {
    let answer = psgo(&["-pid", "1"]).exits(2);
    assert!(answer.stderr.contains("did you mean"), "{}", answer.stderr);
    assert!(answer.stderr.contains("-pids"), "{}", answer.stderr);
}

#[test]
fn what_is_not_a_pid_is_refused() {
    // W32: it used to become a part of a path.
    for pid in ["self", "1/../2", "-1", "0x1", "1 -format"] {
        let pids = format!("-pids={pid}");
        let answer = psgo(&[&pids, "-format", "pid"]).exits(2);
        assert!(answer.stdout.is_empty(), "{pid}");
    }
}

#[test]
fn a_named_process_that_is_not_there_is_reported() {
    // W31: the answer is incomplete, and says so.
    let sleeping = sleeping();
    let pids = format!("{},{NOBODY}", sleeping.pid());
    let answer = psgo(&["-pids", &pids, "-format", "pid", "-no-header"]).exits(1);
    assert_eq!(answer.text().trim(), sleeping.pid().to_string());
    assert!(answer.stderr.contains(NOBODY), "{}", answer.stderr);
    let answer = psgo(&["-pids", NOBODY, "-format", "pid"]).exits(1);
    assert_eq!(answer.text(), "PID\n");
    assert_eq!(answer.stderr.lines().count(), 1, "{}", answer.stderr);
}

#[test]
fn a_thread_is_not_a_process() {
    let tid = std::thread::spawn(|| {
        let tid = nix::unistd::gettid().to_string();
        psgo(&["-pids", &tid, "-format", "pid"])
    });
    let answer = tid.join().unwrap().exits(1);
    assert_eq!(answer.text(), "PID\n");
}

#[test]
fn a_closed_pipe_ends_it_quietly() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    for output in ["table", "json", "ndjson", "csv"] {
        let whole = psgo(&["-output", output]).succeeds();
        assert!(!whole.stdout.is_empty(), "{output}");
        let status = command_after(&[], &["-output", output])
            .stdout(writer.try_clone().unwrap())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
            .wait_with_output()
            .unwrap();
        assert_eq!(status.status.code(), Some(0), "{output}: {status:?}");
        assert!(status.stderr.is_empty(), "{output}: {status:?}");
    }
}

#[test]
fn a_full_disk_is_an_error() {
    for output in ["table", "json", "ndjson", "csv"] {
        let status = command_after(&[], &["-output", output])
            .stdout(File::options().write(true).open("/dev/full").unwrap())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
            .wait_with_output()
            .unwrap();
        assert_eq!(status.status.code(), Some(2), "{output}: {status:?}");
        let message = String::from_utf8(status.stderr).unwrap();
        assert!(message.starts_with("psgo: "), "{output}: {message}");
        assert_eq!(message.lines().count(), 1, "{output}: {message}");
    }
}

/// What the command writes to a terminal of so many columns.
fn on_a_terminal(columns: u16, args: &[&str]) -> Vec<String> {
    let size = nix::pty::Winsize {
        ws_row: 24,
        ws_col: columns,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    let pty = nix::pty::openpty(Some(&size), None).unwrap();
    let mut command = command_after(&[], args);
    command.stdin(Stdio::null()).stdout(pty.slave);
    command.env_remove("COLUMNS");
    let mut child = command.spawn().unwrap();
    // The last writer must be the child, so that the end is seen.
    drop(command);
    let master: OwnedFd = pty.master;
    let mut text = Vec::new();
    // The end of a terminal is an error, EIO, and not an end of file.
    let _ = File::from(master).read_to_end(&mut text);
    assert_eq!(child.wait().unwrap().code(), Some(0));
    let text = String::from_utf8(text).unwrap();
    assert!(!text.is_empty());
    text.lines()
        .map(|line| line.trim_end_matches('\r').to_owned())
        .collect()
}

#[test]
fn on_a_narrow_terminal_no_line_is_longer() {
    let long = named(b"long", b"sh", &[b'x'; 200]);
    let pid = long.pid().to_string();
    let lines = on_a_terminal(
        40,
        &["-pids", &pid, "-format", "pid,args", "-color", "never"],
    );
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines[1].starts_with(&pid), "{lines:?}");
    assert!(lines[1].contains("sh -c"), "{lines:?}");
    assert_eq!(lines[1].chars().count(), 40, "{lines:?}");
    // Where the last column has no room, the same column is cut, and says so.
    let lines = on_a_terminal(
        40,
        &["-pids", &pid, "-format", "args,pid", "-color", "never"],
    );
    assert!(lines[1].starts_with("sh -c"), "{lines:?}");
    assert!(lines[1].ends_with(&format!("+   {pid}")), "{lines:?}");
    assert!(lines.iter().all(|line| line.chars().count() <= 40));
    // Without a terminal, or when told so, nothing is cut.
    let lines = on_a_terminal(40, &["-pids", &pid, "-format", "pid,args", "-width", "0"]);
    assert!(lines[1].ends_with(&"x".repeat(200)), "{lines:?}");
    let answer = psgo(&["-pids", &pid, "-format", "pid,args"]).succeeds();
    assert!(answer.lines()[1].ends_with(&"x".repeat(200)));
    let answer = psgo(&["-pids", &pid, "-format", "pid,args", "-width", "40"]).succeeds();
    assert_eq!(answer.lines()[1].chars().count(), 40);
}

#[test]
fn text_is_utf8_whatever_the_locale() {
    let process = named(b"caf\xc3\xa9", b"sh", "señor 漢字".as_bytes());
    let pid = process.pid().to_string();
    let args = ["-pids", &pid, "-format", "comm,args"];
    let usual = psgo(&args).succeeds();
    for locale in ["C", "POSIX", "xx_YY.nonsense"] {
        let answer = Answer::of(
            command_after(&[], &args)
                .env("LC_ALL", locale)
                .env("LANG", locale),
        );
        assert_eq!(answer.succeeds().text(), usual.text(), "{locale}");
    }
    assert!(usual.text().contains("café"), "{}", usual.text());
    assert!(usual.text().ends_with("señor 漢字\n"), "{}", usual.text());
}

#[test]
fn the_version_and_the_help_are_there() {
    assert!(psgo(&["--version"]).succeeds().text().starts_with("psgo "));
    let answer = psgo(&["--help"]).succeeds();
    for name in ALL {
        assert!(answer.text().contains(name), "{name}");
    }
}

#[test]
fn the_same_column_twice_is_allowed_in_text_and_refused_in_json() {
    // W10: hgroups twice used to lose the listing.
    let sleeping = sleeping();
    let pid = sleeping.pid().to_string();
    let args = ["-pids", &pid, "-join", "-format", "hgroups,hgroups,pid"];
    let answer = psgo(&args).succeeds();
    let cells: Vec<&str> = answer.lines()[1].split_whitespace().collect();
    if let [first, second, _] = cells[..] {
        assert_eq!(first, second);
    } else {
        assert_eq!(cells.len(), 1, "no groups: {cells:?}");
    }
    assert!(
        !psgo(&["-pids", &pid, "-format", "pid,%p", "-output", "json"])
            .exits(2)
            .stderr
            .is_empty()
    );
}

#[test]
fn the_command_needs_no_environment() {
    let mut command = Command::new("timeout");
    command
        .arg("60")
        .arg(crate::command::path())
        .args(["-format", "pid,user"])
        .env_clear();
    command.env("PATH", "/usr/bin:/bin");
    assert!(Answer::of(&mut command).succeeds().lines().len() > 1);
}
