//! What people type, with the real command: `find`, names of columns, quantities, filters.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use std::{
    fs,
    process::{Command, Stdio},
};

#[path = "common/answer.rs"]
mod answer;

use answer::{me, run};

/// A process whose command line has `word` in it, until it is dropped.
struct Marked(std::process::Child);

impl Marked {
    fn new(word: &str) -> Self {
        // It reads its standard input to the end, which comes when this is dropped.
        let child = Command::new("sh")
            .args(["-c", "read line", word])
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        let marked = Self(child);
        // Between fork and execve it has the command line of this test.
        while !fs::read(format!("/proc/{}/cmdline", marked.pid()))
            .unwrap()
            .starts_with(b"sh\0-c\0")
        {
            std::thread::yield_now();
        }
        marked
    }

    fn pid(&self) -> String {
        self.0.id().to_string()
    }
}

impl Drop for Marked {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        self.0.wait().unwrap();
    }
}

#[test]
fn find_lists_the_processes_that_contain_every_word_and_not_psgo() {
    let word = format!("psgo-Find.{}+(x)'\"", std::process::id());
    let marked = Marked::new(&word);
    let found = |words: &[&str]| {
        let flags = ["-format", "pid=", "-sort", "+pid"];
        let (code, out, err) = run(&[&["find"], words, &flags].concat());
        assert_eq!((code, err.as_str()), (0, ""));
        out.lines()
            .map(|pid| pid.trim().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(found(&[&word]), [marked.pid()]);
    assert_eq!(found(&[&word, "read line"]), [marked.pid()]);
    let own = word.to_lowercase();
    assert_eq!(found(&[&own]), [""; 0], "upper and lower case differ");
    assert_eq!(found(&[&word, "no such word"]), [""; 0]);
    // No character is special.
    assert_eq!(found(&[&word.replace('.', "?")]), [""; 0]);
    assert_eq!(found(&[&word, "-where", "comm=sh"]), [marked.pid()]);
    assert_eq!(found(&[&word, "-where", "comm=other"]), [""; 0]);
    assert_eq!(found(&[&word, "-pids", &marked.pid()]), [marked.pid()]);
    let (code, out, _) = run(&["find", &word, "-output", "json", "-format", "pid"]);
    assert_eq!(
        (code, out),
        (0, format!("[\n{{\"pid\":{}}}\n]\n", marked.pid()))
    );
    let (code, out, _) = run(&[
        "find", &word, "-watch", "10ms", "-count", "2", "-format", "pid=",
    ]);
    assert_eq!(
        (code, out.split_whitespace().collect::<Vec<_>>()),
        (0, vec![&marked.pid()[..]; 2])
    );
    // Without any there are the headers.
    let (code, out, _) = run(&["find", &own, "-format", "pid"]);
    assert_eq!((code, out.as_str()), (0, "PID\n"));
}

#[test]
fn columns_are_known_by_their_headers_and_no_header_at_all_is_no_line() {
    let me = me();
    let (code, out, err) = run(&[
        "-pids",
        &me,
        "-format",
        "PID,Effective Caps,%CPU RECV=x",
        "-sort",
        "RSS",
    ]);
    assert_eq!(code, 2, "{out}{err}");
    let (_, out, _) = run(&[
        "-pids",
        &me,
        "-format",
        "PID,Effective Caps,%CPU",
        "-sort",
        "+RSS",
    ]);
    assert!(out.starts_with("PID "), "{out}");
    let header = out.lines().next().unwrap();
    assert!(
        header.contains("EFFECTIVE CAPS") && header.ends_with("%CPU"),
        "{header}"
    );
    for format in ["pid=", "pid= ppid="] {
        let (_, out, _) = run(&["-pids", &me, "-format", format]);
        assert_eq!(out.lines().count(), 1, "{out}");
        let (_, out, _) = run(&["-pids", &me, "-format", format, "-output", "csv"]);
        assert_eq!(out.lines().count(), 1, "{out}");
    }
    let (_, out, _) = run(&["-pids", &me, "-format", "pid=,ppid"]);
    assert_eq!(out.lines().count(), 2, "{out}");
}

#[test]
fn quantities_are_taken_as_people_write_them() {
    let me = me();
    let rows = |filter: &str| {
        let (code, out, err) = run(&["-pids", &me, "-format", "pid=", "-where", filter]);
        assert_eq!((code, err.as_str()), (0, ""), "{filter}");
        out.lines().count()
    };
    for filter in [
        "rss<100TB",
        "rss < 100 TiB",
        "stime>-100000h",
        "age<1000-00:00:00",
        "uid>=0",
    ] {
        assert_eq!(rows(filter), 1, "{filter}");
    }
    for filter in [
        "rss>100TB",
        "rss > 100 TiB",
        "stime<-100000h",
        "age > 01000:00:00",
        "kthread",
    ] {
        assert_eq!(rows(filter), 0, "{filter}");
    }
    for span in ["2s", "500ms", "00:00:02", "0.5", "1m"] {
        let (code, _, err) = run(&["-pids", &me, "-timeout", span, "-deadline", "1h"]);
        assert_eq!((code, err.as_str()), (0, ""), "{span}");
    }
}

#[test]
fn a_filter_that_can_never_match_is_no_empty_answer() {
    for (filter, told) in [
        (
            "user=no-such-user",
            "column 6: there is no user \"no-such-user\"",
        ),
        (
            "comm=bash,sh",
            "column 6: comm: bash,sh has a comma: comm in (bash,sh) for one of several, quotes for a text that has it",
        ),
        (
            "bash",
            "column 1: \"bash\" is no column: type comm=bash for the processes of that name",
        ),
    ] {
        for output in ["table", "json", "ndjson"] {
            let (code, out, err) = run(&["-where", filter, "-output", output]);
            let told = format!("psgo: filter, {told}\n");
            assert_eq!((code, out.as_str(), err), (2, "", told), "{filter}");
        }
    }
    let (code, out, err) = run(&["inspect", "-where", "comm=no-such-command"]);
    assert_eq!((code, out.as_str()), (0, ""));
    assert_eq!(err, "psgo: no process matches the filter\n");
}

#[test]
fn what_is_meant_of_rows_and_files_is_said() {
    for (typed, told) in [
        (
            &["files", "-format", "path"][..],
            "unknown descriptor \"path\" (did you mean \"name\"?)",
        ),
        (
            &["proc", "-as", "net/tcp", "/proc/net/tcp"],
            "-as is for copies, not for files of /proc: type psgo proc /proc/net/tcp",
        ),
        (
            &["proc", "no-such"],
            "psgo knows no file \"no-such\" (-list shows them all)",
        ),
    ] {
        let (code, out, err) = run(typed);
        assert_eq!(
            (code, out.as_str(), err),
            (2, "", format!("psgo: {told}\n"))
        );
    }
}

#[test]
fn flags_that_are_repeated_are_taken_together() {
    let me = me();
    let own = format!("pid={me}");
    for (more, rows) in [("pid>0", 1), ("pid=1", 0)] {
        let args = [
            "-format",
            "pid",
            "-no-header",
            "-where",
            &own,
            "-where",
            more,
        ];
        let (code, out, err) = run(&args);
        assert_eq!((code, out.lines().count(), err.as_str()), (0, rows, ""));
    }
    let args = ["-format", "pid", "-no-header", "-pids", &me, "-pids", "1"];
    let (code, out, _) = run(&args);
    assert_eq!((code, out.lines().count()), (0, 2));
    let args = [
        "inspect", "-only", "identity", "-where", &own, "-where", "pid=1",
    ];
    let (code, out, _) = run(&args);
    assert_eq!((code, out.as_str()), (0, ""));
}

#[test]
fn what_a_filter_names_and_is_not_there_is_said() {
    for (filter, told) in [
        ("ancestor=2147483647", "there is no process 2147483647"),
        ("netns=@2147483647", "there is no process 2147483647"),
    ] {
        for command in [&[][..], &["-quiet"], &["files"], &["inspect"]] {
            let (code, _, err) = run(&[command, &["-where", filter]].concat());
            assert_eq!(code, 1, "{filter}: {err}");
            assert!(err.contains(told), "{filter}: {err}");
        }
    }
}

#[test]
fn find_does_not_list_what_runs_it() {
    let word = format!("psgo-wrapped-{}", std::process::id());
    let script = format!(
        "{} find {word} -no-header; true",
        env!("CARGO_BIN_EXE_psgo")
    );
    let output = Command::new("sh").args(["-c", &script]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "");
}

/// A copy of the `/proc` of one process, number 1, whose terminal is of a driver of its own.
fn copy_of_one() -> std::path::PathBuf {
    let dir = std::env::temp_dir().join(format!("psgo-typed-{}", std::process::id()));
    fs::create_dir_all(dir.join("1")).unwrap();
    fs::create_dir_all(dir.join("tty")).unwrap();
    // The sixth number after the name is that of the terminal.
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    let (_, rest) = stat.rsplit_once(") ").unwrap();
    let mut fields: Vec<_> = rest.split(' ').collect();
    fields[4] = "58624";
    fs::write(dir.join("1/stat"), format!("1 (one) {}", fields.join(" "))).unwrap();
    fs::write(dir.join("tty/drivers"), "no such form\n").unwrap();
    dir
}

#[test]
fn what_a_copy_lacks_is_said() {
    let dir = copy_of_one();
    let proc = ["-proc", dir.to_str().unwrap()];
    let (code, out, err) = run(&[&proc[..], &["-format", "pid,tty", "-no-header"]].concat());
    assert_eq!((code, out.as_str()), (1, "1    ?\n"));
    assert_eq!(
        err,
        "psgo: tty is unknown for 1 process: 1 (could not be parsed)\n"
    );
    let (_, out, _) = run(&[&["inspect", "1"], &proc[..]].concat());
    assert!(out.contains("the copy does not have it"), "{out}");
    assert!(!out.contains("this kernel does not tell"), "{out}");
    // Here no other process keeps its container to itself.
    let (code, _, err) = run(&[&proc[..], &["-where", "container=no-such"]].concat());
    let told = "psgo: filter, column 11: no process is in a container \"no-such\"\n";
    assert_eq!((code, err.as_str()), (1, told));
    // Two files that are not there are one trouble.
    let (_, _, err) = run(&[
        &proc[..],
        &["-output", "ndjson", "-format", "pid", "-stamp"],
    ]
    .concat());
    assert_eq!(err.lines().count(), 1, "{err}");
    assert!(err.starts_with("psgo: the stamp is not whole: "), "{err}");
    fs::remove_dir_all(dir).unwrap();
}
