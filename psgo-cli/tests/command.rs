//! The command as people and programs run it: what it prints, where, and how it ends.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use std::{
    fs::{self, File},
    process::{Command, Stdio},
};

#[path = "common/answer.rs"]
mod answer;
#[path = "common/pty.rs"]
mod pty;

use answer::{ended, me, psgo, run};

/// A pid that no process has: the kernel gives none above its limit.
fn nobody() -> String {
    fs::read_to_string("/proc/sys/kernel/pid_max")
        .unwrap()
        .trim()
        .to_owned()
}

#[test]
fn a_named_process_is_listed_under_its_headers() {
    let (code, out, err) = run(&["-pids", &me(), "-format", "pid, ppid %c user=WHO"]);
    let lines: Vec<_> = out
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>())
        .collect();
    assert_eq!(lines[0], ["PID", "PPID", "COMMAND", "WHO"]);
    assert_eq!(lines[1][0], me());
    assert_eq!((lines.len(), code, err.as_str()), (2, 0, ""));
}

#[test]
fn both_spellings_of_a_flag_are_the_same() {
    let pids = format!("{},", me());
    let answer = run(&["-pids", &pids, "-format", "pid,comm", "-no-header"]);
    assert_eq!(
        answer,
        run(&["--pids", &pids, "--format", "pid,comm", "--no-header"])
    );
    assert_eq!(
        answer,
        run(&[&format!("-pids={pids}"), "-format=pid,comm", "-noheader"])
    );
    assert_eq!(answer.0, 0);
    assert_eq!(answer.1.lines().count(), 1);
}

#[test]
fn the_last_of_a_repeated_flag_counts() {
    let (code, out, _) = run(&[
        "-pids", "", "-limit", "1", "-limit", "2", "-format", "pid", "-format", "comm",
    ]);
    assert_eq!((code, out.as_str()), (0, "COMMAND\n"));
}

#[test]
fn an_empty_list_of_pids_is_an_empty_answer() {
    for pids in ["", ",", " , "] {
        assert_eq!(
            run(&["-pids", pids, "-format", "pid,comm"]),
            (0, "PID   COMMAND\n".into(), String::new())
        );
    }
    assert_eq!(run(&["-pids", "", "-output", "json"]).1, "[]\n");
    assert_eq!(run(&["-pids", "", "-output", "ndjson"]).1, "");
    assert_eq!(
        run(&["-pids", "", "-output", "csv", "-format", "pid,user"]).1,
        "PID,USER\n"
    );
    assert_eq!(
        run(&["-pids", "", "-join", "-format", "pid"]),
        (0, "PID\n".into(), String::new())
    );
}

#[test]
fn a_named_pid_that_is_gone_makes_the_answer_incomplete() {
    let nobody = nobody();
    let (code, out, err) = run(&["-pids", &format!("{},{nobody}", me()), "-format", "pid"]);
    assert_eq!(code, 1);
    assert_eq!(out, format!("PID\n{}\n", me()));
    assert_eq!(err, format!("psgo: left out: {nobody} (no such process)\n"));
}

#[test]
fn a_container_among_several_that_cannot_be_joined_is_left_out() {
    let nobody = nobody();
    let (code, out, err) = run(&["-pids", &nobody, "-join", "-format", "pid"]);
    assert_eq!((code, out.as_str()), (1, "PID\n"));
    assert_eq!(err, format!("psgo: left out: {nobody} (no such process)\n"));
}

#[test]
fn the_one_container_that_cannot_be_joined_leaves_no_answer() {
    let nobody = nobody();
    let (code, out, err) = run(&["-join", &nobody]);
    assert_eq!((code, out.as_str()), (2, ""));
    assert_eq!(err, format!("psgo: process {nobody}: no such process\n"));
}

#[test]
fn an_unknown_descriptor_is_answered_with_the_nearest() {
    let answer = "psgo: unknown descriptor \"capef\" (did you mean \"capeff\"?)\n";
    assert_eq!(
        run(&["-format", "pid,capef"]),
        (2, String::new(), answer.into())
    );
    assert_eq!(run(&["-sort", "-capef"]), (2, String::new(), answer.into()));
}

#[test]
fn wrong_use_ends_with_2_and_one_line() {
    for args in [
        ["-pid", "1"].as_slice(),
        &["-pids", "self"],
        &["-join"],
        &["-fill-mappings", "-pids", "1"],
        &["-format", "pid,,user"],
        &["-output", "json", "-format", "pid,%p"],
        &["5572"],
    ] {
        let (code, out, err) = run(args);
        assert_eq!((code, out.as_str()), (2, ""), "{args:?}");
        assert!(
            err.starts_with("psgo: ") && err.lines().count() == 1,
            "{err}"
        );
    }
}

#[test]
fn json_keeps_full_names_and_types() {
    let (code, out, _) = run(&[
        "-pids",
        &me(),
        "-format",
        "%p=X,rss,time,stime,capeff,%c",
        "-output",
        "json",
    ]);
    let rows: serde_json::Value = serde_json::from_str(&out).unwrap();
    let row = &rows.as_array().unwrap()[0];
    assert_eq!(code, 0);
    assert_eq!(row["pid"], std::process::id());
    assert!(row["rss"].as_u64().unwrap() > 4096, "{row}");
    assert!(
        row["time"].is_f64() && row["stime"].is_string() && row["capeff"].is_array(),
        "{row}"
    );
    let keys: Vec<_> = ["pid", "rss", "time", "stime", "capeff", "comm"]
        .map(|key| out.find(&format!("\"{key}\":")))
        .into();
    assert!(keys.is_sorted() && keys[0].is_some(), "{out}");
}

#[test]
fn every_form_of_all_processes_is_whole() {
    let json: serde_json::Value = serde_json::from_str(&run(&["-output", "json"]).1).unwrap();
    assert!(json.as_array().unwrap().len() > 1);
    for line in run(&["-output", "ndjson"]).1.lines() {
        assert!(serde_json::from_str::<serde_json::Value>(line).unwrap()["pid"].is_u64());
    }
    let csv = run(&["-output", "csv"]).1;
    let mut lines = csv::Reader::from_reader(csv.as_bytes());
    assert_eq!(lines.headers().unwrap().len(), 8);
    assert!(lines.records().map(Result::unwrap).count() > 1);
}

#[test]
fn rows_can_be_sorted_backwards() {
    let (code, out, _) = run(&["-format", "pid", "-sort", "-pid", "-no-header"]);
    let pids: Vec<u32> = out.lines().map(|line| line.parse().unwrap()).collect();
    assert_eq!(code, 0);
    assert!(
        pids.len() > 1 && pids.is_sorted_by(|a, b| a > b),
        "{pids:?}"
    );
}

#[test]
fn only_those_rows_are_listed_that_are_wanted() {
    let me = me();
    let (status, out, _) = run(&["-where", &format!("pid={me} or pid=1"), "-format", "pid"]);
    assert_eq!((status, out), (0, format!("PID\n1\n{me}\n")));
    let (status, out, err) = run(&["-where", "pid=1 && rss>1X"]);
    assert_eq!((status, out.as_str()), (2, ""));
    assert_eq!(
        err,
        "psgo: filter, column 14: rss: 1X is not a size: 4096, 4K, 100MB, 1.5GiB\n"
    );
}

#[test]
fn those_are_inspected_for_which_the_filter_holds() {
    let me = me();
    let filter = format!("pid={me}");
    let (status, out, err) = run(&["inspect", "-where", &filter, "-only", "identity"]);
    assert_eq!((status, err.as_str()), (0, ""));
    assert!(out.starts_with(&format!("{me} ")), "{out}");
    let (status, out, _) = run(&["inspect", "1", "-where", &filter, "-output", "json"]);
    assert_eq!((status, out.as_str()), (0, ""));
    assert_eq!(run(&["inspect", "-where", "pid=x"]).0, 2);
    assert_eq!(run(&["inspect"]).0, 2);
}

#[test]
fn nothing_is_cut_without_a_terminal_unless_told() {
    let long = "x".repeat(300);
    let mut child = Command::new("sh")
        .args(["-c", "read _; :", &long])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let pids = child.id().to_string();
    let line = |more: &[&str]| {
        run(&[&["-pids", &pids, "-format", "pid,args", "-no-header"], more].concat()).1
    };
    assert!(line(&[]).contains(&long) && line(&["-width", "0"]).contains(&long));
    assert_eq!(line(&["-width", "40"]).len(), 41);
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn a_closed_pipe_ends_quietly() {
    for output in ["table", "json", "ndjson", "csv"] {
        let mut child = psgo(&["-output", output])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let (code, _, err) = ended(&child.wait_with_output().unwrap());
        assert_eq!((code, err.as_str()), (0, ""), "{output}");
    }
}

#[test]
fn a_full_disk_is_trouble() {
    for args in [
        ["-output", "table"].as_slice(),
        &["-output", "json"],
        &["-output", "csv"],
        &["-list"],
        &["-help"],
        &["completions", "bash"],
        &["files", "-pids", &me()],
        &["sockets"],
        &["timers"],
        &["inspect", &me()],
        &["inspect", &me(), "-output", "json"],
        &["proc", "self/status"],
        &["proc", "self/status", "-output", "raw"],
        &["proc", "-list"],
        &["drift", "dump"],
        &["drift", "rules"],
        &["-watch", "0.05", "-count", "2"],
    ] {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let (code, _, err) = ended(&psgo(args).stdout(full).output().unwrap());
        assert_eq!(
            (code, err.as_str()),
            (2, "psgo: cannot write: No space left on device\n"),
            "{args:?}"
        );
    }
}

#[test]
fn an_answer_that_nobody_can_get_is_none() {
    for args in [
        "-pids 1",
        "-pids 1 -output csv",
        "-pids 1 -watch 0.05 -count 1",
        "-list",
        "-help",
        "-version",
        "files -pids $PPID",
        "inspect $PPID",
        "inspect $PPID -output json",
        "proc self/status",
        "proc self/status -output raw",
        "drift rules",
        "completions bash",
    ] {
        // Closed, and open for reading alone. That of others is another matter.
        for (stdout, says) in [
            (">&-", "standard output is closed"),
            (">&- <&-", "standard output is closed"),
            ("1</dev/null", "Bad file descriptor"),
        ] {
            let line = format!("exec \"$0\" {args} {stdout}");
            let mut sh = Command::new("sh");
            sh.args(["-c", &line, env!("CARGO_BIN_EXE_psgo")]);
            let (code, _, err) = ended(&sh.output().unwrap());
            assert_eq!(code, 2, "{line}: {err}");
            assert_eq!(err, format!("psgo: cannot write: {says}\n"), "{line}");
        }
        let line = format!("exec \"$0\" {args} >/dev/null");
        let mut sh = Command::new("sh");
        sh.args(["-c", &line, env!("CARGO_BIN_EXE_psgo")]);
        assert_eq!(ended(&sh.output().unwrap()).0, 0, "{line}");
    }
}

#[test]
fn a_thread_that_cannot_be_had_is_said_to_be_one() {
    let path = "/proc/self/status";
    let status = fs::read_to_string(path).unwrap();
    let is_root = status.lines().any(|line| line.starts_with("Uid:\t0\t"));
    for args in ["-watch 0.05 -count 1", "sockets -resolve"] {
        // The limit does not hold for root.
        let user = if is_root {
            "setpriv --reuid=65534 --regid=65534 --clear-groups"
        } else {
            ""
        };
        let line = format!("exec prlimit --nproc=0 {user} \"$0\" {args}");
        let mut sh = Command::new("sh");
        sh.args(["-c", &line, env!("CARGO_BIN_EXE_psgo")]);
        let (code, _, err) = ended(&sh.output().unwrap());
        assert_eq!(code, 2, "{line}: {err}");
        assert!(
            err.starts_with("psgo: cannot start a thread: Resource temporarily unavailable; "),
            "{line}: {err}"
        );
    }
}

#[test]
fn closed_files_are_no_reason_to_panic() {
    for closed in [">&-", "2>&-", ">&- 2>&-", "<&-", "2>/dev/full"] {
        for args in ["-pids 1", "-wrong", "-list"] {
            let line = format!("\"$0\" {args} {closed}");
            let output = Command::new("sh")
                .args(["-c", &line, env!("CARGO_BIN_EXE_psgo")])
                .output()
                .unwrap();
            let (code, _, err) = ended(&output);
            let fails = args == "-wrong" || closed.starts_with(">&-");
            assert_eq!(code, if fails { 2 } else { 0 }, "{line}");
            assert!(!err.contains("panicked"), "{line}: {err}");
        }
    }
}

#[test]
fn output_is_utf_8_whatever_the_locale() {
    let mut child = Command::new("sh")
        .args(["-c", "read _; :", "ångström\u{1b}[31m"])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let pid = child.id().to_string();
    let output = psgo(&["-pids", &pid, "-format", "args"])
        .env("LANG", "C")
        .env("LC_ALL", "C")
        .output()
        .unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(
        ended(&output).1,
        "COMMAND\nsh -c read _; : ångström\\x1b[31m\n"
    );
}

#[test]
fn colours_come_when_asked_for() {
    let args = ["-pids", "", "-format", "pid"];
    let coloured = "\u{1b}[1mPID\u{1b}[0m\n";
    assert_eq!(
        run(&[&args[..], &["-color", "always"]].concat()).1,
        coloured
    );
    assert_eq!(run(&args).1, "PID\n");
    let always = psgo(&args)
        .args(["-color=always"])
        .env("NO_COLOR", "1")
        .output()
        .unwrap();
    assert_eq!(ended(&always).1, coloured);
}

#[test]
fn the_list_begins_with_psgos_names_on_one_line() {
    let (code, out, _) = run(&["-list"]);
    let lines: Vec<_> = out.lines().collect();
    assert_eq!(code, 0);
    assert_eq!(lines[0], psgo::list_descriptors().join(", "));
    // Nobody is there to read more.
    assert_eq!(lines.len(), 2);
}

#[test]
fn the_help_explains_every_descriptor() {
    for spelling in ["--help", "-help"] {
        let (code, out, _) = run(&[spelling]);
        assert_eq!(code, 0);
        for descriptor in psgo::descriptor::all() {
            let begins = format!("  {} ", descriptor.name);
            assert!(
                out.lines().any(|line| line.starts_with(&begins)),
                "{}",
                descriptor.name
            );
        }
        assert!(out.contains("Examples:") && out.contains("Exit status:"));
    }
    // A screen, with a line for each of the commands.
    assert!(run(&["-h"]).1.lines().count() < 60);
}

#[test]
fn every_shell_gets_completions() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let (code, out, _) = run(&["completions", shell]);
        assert!(code == 0 && out.contains("fill-mappings"), "{shell}");
    }
    assert_eq!(
        run(&["-version"]),
        (
            0,
            format!("psgo {}\n", env!("CARGO_PKG_VERSION")),
            String::new()
        )
    );
}

/// What it prints on a terminal of that many columns.
fn on_terminal(columns: u16, command: &mut Command) -> String {
    let (code, shown) = ended_on_terminal(columns, command);
    assert_eq!(code, 0);
    shown
}

/// Its exit code, and what it prints on a terminal of that many columns.
fn ended_on_terminal(columns: u16, command: &mut Command) -> (i32, String) {
    let terminal = pty::open(24, columns);
    let mut child = command
        .env("TERM", "xterm")
        .env_remove("NO_COLOR")
        .stdout(terminal.slave)
        .spawn()
        .unwrap();
    // The command holds its side too; only when all have let go does the reading end.
    command.stdout(Stdio::null());
    let shown = pty::read_to_end(terminal.master).replace("\r\n", "\n");
    (child.wait().unwrap().code().unwrap(), shown)
}

#[test]
fn a_terminal_gets_colours_and_its_width() {
    let args = ["-pids", &me(), "-format", "pid,state,args"];
    let shown = on_terminal(20, &mut psgo(&args));
    let header = shown.strip_prefix("\u{1b}[1m").unwrap();
    let (header, row) = header.split_once("\u{1b}[0m\n").unwrap();
    assert!(header.starts_with("PID ") && header.len() <= 20, "{shown}");
    assert_eq!(row.len(), 21, "{shown}");
    assert!(on_terminal(20, psgo(&args).args(["-width", "0"])).len() > shown.len());
}

#[test]
fn a_raw_file_with_control_characters_is_not_for_a_terminal() {
    let mut child = Command::new("sh")
        .args(["-c", "read _; :", "a\u{1b}[31mb"])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let cmdline = format!("{}/cmdline", child.id());
    let args = ["proc", &cmdline, "-output", "raw"];
    let mut terminal = psgo(&args);
    let (code, shown) = ended_on_terminal(80, terminal.stderr(Stdio::null()));
    assert_eq!((code, shown.as_str()), (2, ""));
    let forced = on_terminal(80, psgo(&args).arg("-force"));
    assert!(forced.contains("a\u{1b}[31mb"), "{forced:?}");
    // Tabs and newlines are what files are made of.
    let status = on_terminal(80, &mut psgo(&["proc", "1/status", "-output", "raw"]));
    assert!(status.contains("Name:\t"), "{status:?}");
    let (code, out, _) = run(&args);
    assert!(code == 0 && out.contains("a\u{1b}[31mb"));
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn a_terminal_that_wants_no_colours_gets_none() {
    let args = ["-pids", "", "-format", "pid"];
    assert_eq!(on_terminal(80, &mut psgo(&args)), "\u{1b}[1mPID\u{1b}[0m\n");
    assert_eq!(
        on_terminal(80, psgo(&args).args(["-color", "never"])),
        "PID\n"
    );
    // `on_terminal` sets the usual ones; a shell may set others behind it.
    for set in ["NO_COLOR=1", "TERM=dumb", "TERM="] {
        let mut command = Command::new("env");
        command.args([set, env!("CARGO_BIN_EXE_psgo")]).args(args);
        assert_eq!(on_terminal(80, &mut command), "PID\n", "{set}");
    }
}

#[test]
fn people_get_the_list_explained_within_their_width() {
    for columns in [40, 80, 200] {
        let shown = on_terminal(columns, &mut psgo(&["-list"]));
        let explained: Vec<_> = shown.lines().skip(3).collect();
        assert!(explained.len() >= psgo::descriptor::all().count());
        let widest = explained.iter().map(|line| line.len()).max().unwrap();
        assert!(
            widest <= usize::from(columns).max(52),
            "{columns}: {widest}"
        );
    }
}
