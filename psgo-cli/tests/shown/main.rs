//! Which rows are shown, and in which shape: what a person types, and what comes.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use std::{
    fs,
    path::PathBuf,
    process::{Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
};

mod narrow;
#[path = "../common/pty.rs"]
mod pty;
mod started;

const PSGO: &str = env!("CARGO_BIN_EXE_psgo");

/// A proc directory of the test's own, with these processes.
struct Proc(PathBuf);

impl Proc {
    fn new(count: u32) -> Self {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let name = format!("psgo-shown-{}-{number}", std::process::id());
        let proc = Self(std::env::temp_dir().join(name));
        for pid in 1..=count {
            let dir = proc.0.join(pid.to_string());
            fs::create_dir_all(&dir).unwrap();
            // So many ticks of CPU time, the start, and the size in bytes.
            let ticks = u64::from(pid) * 36_000;
            let (start, size) = (1000 + u64::from(pid), u64::from(pid) << 29);
            let rest = "0 ".repeat(27);
            let stat = format!(
                "{pid} (name) S 0 1 1 0 -1 0 0 0 0 0 {ticks} 0 0 0 20 0 1 0 {start} {size} 1 {rest}0\n"
            );
            fs::write(dir.join("stat"), stat).unwrap();
            let status = format!("Name:\tname\nTgid:\t{pid}\nPid:\t{pid}\n");
            fs::write(dir.join("status"), status).unwrap();
            fs::write(dir.join("cmdline"), format!("name-of-{pid}")).unwrap();
        }
        proc
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }

    /// What the command answers about it: exit code, output, errors.
    fn ask(&self, args: &str) -> (i32, String, String) {
        let words = args.split_whitespace();
        answer(words.chain(["-proc", self.path()]))
    }

    /// The lines of an answer, complete but for the users, which the copy does not tell.
    fn lines(&self, args: &str) -> Vec<String> {
        let (code, out, err) = self.ask(args);
        if !err.starts_with("psgo: user is unknown for ") {
            assert_eq!((code, err.as_str()), (0, ""), "{args}: {out}");
        }
        out.lines().map(str::to_owned).collect()
    }
}

impl Drop for Proc {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).unwrap();
    }
}

fn answer<'a>(args: impl IntoIterator<Item = &'a str>) -> (i32, String, String) {
    let mut command = Command::new("timeout");
    command.args(["30", PSGO]).args(args).stdin(Stdio::null());
    let output = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let code = output.status.code().unwrap();
    (code, text(output.stdout), text(output.stderr))
}

#[test]
fn a_limit_shows_the_first_rows_after_sorting() {
    let proc = Proc::new(5);
    for (typed, lines) in [
        ("-format pid -limit 2", "PID 1 2"),
        ("-format pid -limit 2 -sort -pid", "PID 5 4"),
        ("-format pid -limit 9", "PID 1 2 3 4 5"),
        ("-format pid -limit 0", "PID"),
        ("-format pid -limit 0 -sort pid", "PID"),
        ("-format pid -limit 1 -where pid>3", "PID 4"),
        ("-format pid -limit 1 -pids 4,2", "PID 2"),
        ("-format pid -limit 1 -output csv", "PID 1"),
        ("-format pid -limit 1 -output ndjson", "{\"pid\":1}"),
        ("-format pid -limit 1 -output json", "[ {\"pid\":1} ]"),
        (
            "-format pid -limit 1 -sort -pid -watch 0.01 -count 2",
            "PID 5  PID 5",
        ),
        (
            "-format pid -limit 2 -watch 0.01 -count 2 -output csv -no-header",
            "",
        ),
    ] {
        let shown = proc.lines(typed);
        if lines.is_empty() {
            assert_eq!(shown.len(), 4, "{typed}: {shown:?}");
        } else {
            assert_eq!(shown.join(" "), lines, "{typed}");
        }
    }
}

#[test]
fn quiet_says_by_its_exit_status_alone_whether_there_is_a_row() {
    let proc = Proc::new(3);
    for (typed, code) in [
        ("-quiet", 0),
        ("-quiet -where pid=3", 0),
        ("-quiet -where pid=4", 1),
        ("-quiet -pids 2 -output json", 0),
        ("-quiet -pids 2,77", 0),
        ("-quiet -pids 77", 1),
        ("-quiet -limit 0", 1),
        ("-quiet -sort -rss -limit 2", 0),
        ("-quiet -watch 0.01", 0),
        ("-quiet -watch 0.01 -count 2 -where pid=4", 1),
        ("files -quiet", 1),
        ("timers -quiet", 1),
    ] {
        let (exit, out, err) = proc.ask(typed);
        assert_eq!((exit, out.as_str()), (code, ""), "{typed}: {err}");
    }
    // Why there is none is said, if it was named.
    let (.., err) = proc.ask("-quiet -pids 77");
    assert_eq!(err, "psgo: left out: 77 (no such process)\n");
    let (.., err) = proc.ask("-quiet -where pid=4");
    assert_eq!(err, "");
}

#[test]
fn a_format_has_widths_and_adds_to_the_default_columns() {
    let proc = Proc::new(1);
    let default = "USER PID PPID %CPU ELAPSED TTY TIME COMMAND";
    for (typed, header) in [
        ("+nice", format!("{default} NI")),
        ("+nice,vsz", format!("{default} NI VSZ")),
        ("+nice,+vsz", format!("{default} NI VSZ")),
        ("+pid=P", default.replace(" PID", " P")),
        ("+pid,nice=N", format!("{default} N")),
        ("+args", default.to_owned()),
    ] {
        let lines = proc.lines(&format!("-format {typed}"));
        let words: Vec<_> = lines[0].split_whitespace().collect();
        assert_eq!(words.join(" "), header, "{typed}");
    }
    for (typed, lines) in [
        ("pid:9,args:6", ["PID         COMMA+", "1           name-+"]),
        ("vsz:3,args:4=A", ["VSZ      A", "524288   nam+"]),
        (
            "args:20,pid",
            ["COMMAND                PID", "name-of-1              1"],
        ),
    ] {
        assert_eq!(proc.lines(&format!("-format {typed}")), lines, "{typed}");
    }
    // Programs get everything.
    let whole = proc.lines("-format args:4 -output ndjson");
    assert_eq!(whole, ["{\"args\":\"name-of-1\"}"]);
    let whole = proc.lines("-format args:4 -output csv");
    assert_eq!(whole, ["COMMAND", "name-of-1"]);
    // With + a column is there once, so rows can be objects.
    let added = proc.lines("-format +pid,nice -output ndjson");
    assert!(
        added[0].ends_with(",\"args\":\"name-of-1\",\"nice\":0}"),
        "{added:?}"
    );
    for (typed, err) in [
        (
            "pid:0",
            "psgo: \"pid:0\": \"0\" is not a width: 1 to 65535\n",
        ),
        (
            "pid:x",
            "psgo: \"pid:x\": \"x\" is not a width: 1 to 65535\n",
        ),
        (
            "pid,+nice",
            "psgo: \"+nice\": a + adds to the default columns, and stands before the first name\n",
        ),
    ] {
        let format = format!("-format {typed}");
        assert_eq!(proc.ask(&format), (2, String::new(), err.to_owned()));
    }
}

#[test]
fn for_people_numbers_stand_to_the_right_and_have_units() {
    let proc = Proc::new(3);
    let lines = proc.lines("-human -format pid,time,vsz,comm,nice");
    assert_eq!(
        lines,
        [
            "PID   TIME    VSZ   COMMAND   NI",
            "  1     6m   512M   name       0",
            "  2    12m     1G   name       0",
            "  3    18m   1.5G   name       0",
        ]
    );
    // What is asked for and how it is sorted stay exact.
    let lines = proc.lines("-human -format comm,vsz -where vsz>1G -sort -vsz");
    assert_eq!(lines, ["COMMAND    VSZ", "name      1.5G"]);
}

#[test]
fn a_stamp_says_from_which_host_and_boot_a_row_is() {
    let proc = Proc::new(2);
    let (code, out, err) = proc.ask("-format pid -output ndjson -stamp -limit 1");
    assert_eq!(code, 0);
    assert!(
        out.starts_with("{\"host\":null,\"boot_id\":null,\"at\":\"2"),
        "{out}"
    );
    assert_eq!(err.matches("the stamp is not whole: ").count(), 1, "{err}");
    let sys = proc.0.join("sys/kernel/random");
    fs::create_dir_all(&sys).unwrap();
    fs::write(sys.join("boot_id"), "17470332-e9c5\n").unwrap();
    fs::write(proc.0.join("sys/kernel/hostname"), "made\n").unwrap();
    for typed in ["", "-watch 0.01 -count 2"] {
        let lines = proc.lines(&format!("-format pid -output ndjson -stamp {typed}"));
        assert_eq!(lines.len() % 2, 0, "{lines:?}");
        for line in lines {
            let begin = "{\"host\":\"made\",\"boot_id\":\"17470332-e9c5\",\"at\":\"2";
            assert!(line.starts_with(begin), "{line}");
            assert!(line.contains("\",\"pid\":"), "{line}");
        }
    }
    // This host's own, of every subject.
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap();
    let boot = format!("\"boot_id\":\"{}\"", boot.trim());
    let me = std::process::id().to_string();
    let _file = fs::File::open("/dev/null").unwrap();
    for command in [&[][..], &["files"]] {
        let args = ["-pids", &me, "-output", "ndjson", "-stamp"];
        let (code, out, err) = answer([command, &args].concat());
        assert_eq!(code, 0, "{err}");
        assert!(!out.is_empty());
        assert!(out.lines().all(|line| line.contains(&boot)), "{out}");
    }
}
