//! Processes that nobody would start, but somebody might.

use nix::sys::signal::{Signal, kill};

use crate::{
    command::{psgo, row},
    machine::{
        process::{Held, named, quiet},
        wait_for,
    },
    oracle::{
        cells::{Look, View, escaped},
        go, kernel,
    },
};

const AWKWARD: &[u8] = b"a)b (c\n\xff";

#[test]
fn a_name_may_hold_parentheses_newlines_and_any_byte() {
    let process = named(AWKWARD, b"sh", b"x");
    let pid = process.pid();
    let asked = pid.to_string();
    let args = ["-pids", &asked, "-format", "comm,ppid,state,pid"];
    let answer = psgo(&args).succeeds();
    let lines = answer.lines();
    assert_eq!(lines.len(), 2, "{}", answer.text());
    assert!(lines[1].starts_with("a)b (c\\n\\xff "), "{}", lines[1]);
    let rest: Vec<&str> = lines[1]
        .trim_start_matches("a)b (c\\n\\xff")
        .split_whitespace()
        .collect();
    assert_eq!(rest, [&std::process::id().to_string(), "S", &asked]);
    let json = psgo(&[&args[..], &["-output", "json"]].concat())
        .succeeds()
        .json();
    // The bytes as they are, for who can take them.
    assert_eq!(json[0]["comm"]["b64"], "YSliIChjCv8=");
}

#[test]
fn no_process_can_forge_a_row_or_move_the_cursor() {
    // W22
    let argv0 = b"a\x1b[31mRED\nroot 999 forged\r\t\x07\\\xe2\x80\xae";
    let process = named(b"\x1b[2J", argv0, b"last\nline");
    let pid = process.pid().to_string();
    for output in ["table", "csv"] {
        let answer =
            psgo(&["-pids", &pid, "-format", "comm,pid,args", "-output", output]).succeeds();
        assert_eq!(answer.lines().len(), 2, "{}", answer.text());
        assert!(
            answer
                .text()
                .chars()
                .all(|c| c == '\n' || (!c.is_control() && c != '\u{202e}')),
            "{:?}",
            answer.text()
        );
        assert!(
            answer
                .text()
                .contains("a\\x1b[31mRED\\nroot 999 forged\\r\\t\\x07\\\\")
        );
        assert!(answer.text().contains("\\x1b[2J"));
    }
    let json = psgo(&["-pids", &pid, "-format", "args,comm", "-output", "json"]).succeeds();
    let args = json.json()[0]["args"].as_str().unwrap().as_bytes().to_vec();
    assert!(args.starts_with(argv0), "{json:?}");
    let lines = psgo(&["-pids", &pid, "-format", "args,comm", "-output", "ndjson"]).succeeds();
    assert_eq!(lines.lines().len(), 1);
}

#[test]
fn the_name_of_a_process_without_arguments_is_whole() {
    // W20: a name may hold blanks; a zombie has no arguments any more.
    let process = named(b"tmux: server", b"sh", b"x");
    let pid = process.pid();
    kill(nix::unistd::Pid::from_raw(pid), Signal::SIGKILL).unwrap();
    wait_for("a zombie", || {
        kernel::status(pid)?["State"].starts_with('Z').then_some(())
    });
    let asked = pid.to_string();
    let answer = psgo(&[
        "-pids",
        &asked,
        "-format",
        "state,rss,vsz,args",
        "-output",
        "json",
    ])
    .succeeds();
    let row = &answer.json()[0];
    assert_eq!(row["args"], "[tmux: server] <defunct>");
    assert_eq!(row["state"], "Z");
    assert_eq!((&row["rss"], &row["vsz"]), (&0.into(), &0.into()));
}

#[test]
fn an_empty_first_argument_hides_nothing() {
    // W21
    let process = named(b"hidden", b"", b"visible");
    let pid = process.pid().to_string();
    let answer = psgo(&["-pids", &pid, "-format", "args", "-output", "json"]).succeeds();
    let args = answer.json()[0]["args"].as_str().unwrap().to_owned();
    assert!(
        args.starts_with(" -c ") && args.ends_with("visible"),
        "{args:?}"
    );
}

#[test]
fn cpu_time_is_counted_in_ticks() {
    // W14, W15: neither is rounded to seconds, and the share follows from both.
    let mut command = std::process::Command::new("sh");
    let busy = Held::start(quiet(command.args(["-c", "while :; do :; done"])));
    let pid = busy.pid();
    let used = || Some(kernel::stat_number(pid, 14)? + kernel::stat_number(pid, 15)?);
    wait_for("a third of a second of work", || {
        (used()? >= 33).then_some(())
    });
    kill(nix::unistd::Pid::from_raw(pid), Signal::SIGSTOP).unwrap();
    wait_for("it stands still", || {
        kernel::status(pid)?["State"].starts_with('T').then_some(())
    });
    let cells = View::host().cells(pid);
    let asked = pid.to_string();
    let ask = |output| {
        Look::during(|| {
            psgo(&[
                "-pids",
                &asked,
                "-format",
                "time,pcpu,etime,state,pid",
                "-output",
                output,
            ])
        })
    };
    let (json, look) = ask("json");
    let json = json.succeeds().json();
    for name in ["time", "pcpu", "etime", "state"] {
        assert!(
            cells[name].is_json(&json[0][name], look),
            "{name}: {json:?}, not {:?}",
            cells[name]
        );
    }
    let (table, look) = ask("table");
    let table = table.succeeds();
    let words: Vec<&str> = table.lines()[1].split_whitespace().collect();
    assert!(cells["time"].is_text(words[0], look), "{words:?}");
    assert!(cells["pcpu"].is_text(words[1], look), "{words:?}");
    assert!(go::seconds(words[0]) > 0.3);
}

#[test]
fn a_process_without_a_mapped_user_has_the_overflow_id() {
    // W25: no map yet is not the same as no user namespace.
    let unmapped = crate::machine::namespaces::mapped("", "", "exec sleep 100000");
    let asked = unmapped.inner.to_string();
    let answer = psgo(&[
        "-pids",
        &asked,
        "-join",
        "-format",
        "pid,uid,huid,hpid",
        "-output",
        "json",
    ]);
    // Its /proc is the host's, so it is read by another way or refused, but never guessed at.
    if answer.code == Some(0) {
        let rows = answer.json();
        let row = row(&rows, 1);
        assert_eq!(row["uid"], 65534, "{row:?}");
        assert_eq!(row["huid"], 0, "{row:?}");
        assert_eq!(row["hpid"], unmapped.inner, "{row:?}");
    } else {
        assert!(!answer.stderr.is_empty());
        assert!(answer.lines().len() <= 1, "{}", answer.text());
    }
}

#[test]
fn the_tests_own_escaping_is_what_it_should_be() {
    assert_eq!(escaped(b"a\x1b[31m\n\xff\\"), "a\\x1b[31m\\n\\xff\\\\");
}
