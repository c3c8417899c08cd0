//! `psgo drift` on a made-up `/proc`: what is saved, shown and refused, and how it ends.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use std::{
    fs,
    os::unix::fs::{PermissionsExt as _, symlink},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    thread,
    time::Duration,
};

const STAT: &str = include_str!("../../tests/fixtures/proc/user/stat");
const STATUS: &str = include_str!("../../tests/fixtures/proc/user/status");

/// A folder with a `/proc` and a list; it goes with this value.
struct Place(PathBuf);

impl Place {
    /// Process 1, a daemon and its child.
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("psgo-drift-{}-{number}", std::process::id());
        let place = Self(std::env::temp_dir().join(name));
        fs::create_dir_all(place.0.join("proc")).unwrap();
        place.start(1, 0, b"/sbin/init\0splash\0");
        place.start(10, 1, b"/usr/sbin/a\0-x\0");
        place.start(11, 10, b"worker\0");
        place
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }

    /// As the kernel would show it; the user is the number that the status was captured with.
    fn start(&self, pid: u32, ppid: u32, cmdline: &[u8]) {
        let dir = self.0.join(format!("proc/{pid}"));
        fs::create_dir_all(&dir).unwrap();
        let (_, fields) = STAT.rsplit_once(") ").unwrap();
        let mut fields: Vec<_> = fields.split(' ').collect();
        let ppid = ppid.to_string();
        fields[1] = &ppid;
        let own = |line: &str| match line.split_once(":\t") {
            Some(("Tgid" | "Pid", _)) => {
                format!("{}:\t{pid}\n", line.split(':').next().unwrap())
            }
            _ => format!("{line}\n"),
        };
        fs::write(
            dir.join("status"),
            STATUS.lines().map(own).collect::<String>(),
        )
        .unwrap();
        fs::write(dir.join("cmdline"), cmdline).unwrap();
        fs::write(dir.join("stat"), format!("{pid} (a) {}", fields.join(" "))).unwrap();
    }

    fn stop(&self, pid: u32) {
        // Its row is complete or not there.
        let gone = self.path(&format!("gone-{pid}"));
        fs::rename(self.0.join(format!("proc/{pid}")), gone).unwrap();
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_psgo"));
        let places = match args.first() {
            Some(&"add" | &"remove") => vec!["-db".to_owned(), self.path("db")],
            _ => vec![
                "-db".to_owned(),
                self.path("db"),
                "-proc".to_owned(),
                self.path("proc"),
            ],
        };
        command
            .arg("drift")
            .args(args)
            .args(places)
            .stdin(Stdio::null());
        command
    }

    /// Exit code and what was printed, with what was complained of behind it.
    fn psgo(&self, args: &[&str]) -> (i32, String) {
        told(&mut self.command(args))
    }

    fn db(&self) -> String {
        fs::read_to_string(self.path("db")).unwrap()
    }

    fn files(&self) -> Vec<String> {
        let names = fs::read_dir(&self.0).unwrap();
        let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<_> = names.filter(|name| name != "proc").collect();
        names.sort_unstable();
        names
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn told(command: &mut Command) -> (i32, String) {
    let output = command.output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (
        output.status.code().unwrap(),
        String::from_utf8(text).unwrap(),
    )
}

/// The user that the captured status has.
const USER: &str = "1001";

/// What the place shows in the beginning; `~` stands for the user.
fn tree(text: &str) -> String {
    text.replace('~', &format!("  {{user={USER}}}"))
}

const FIRST: &str = "root  {user=root}\n  INIT~\n    /usr/sbin/a -x~\n      worker~\n";

#[test]
fn what_runs_is_saved_and_compared() {
    let place = Place::new();
    let (db, old) = (place.path("db"), place.path("db.old"));
    assert_eq!(place.psgo(&["dump"]), (0, tree(FIRST)));
    assert_eq!(place.psgo(&["write"]), (0, format!("Wrote to {db}\n")));
    assert_eq!(place.db(), tree(FIRST));
    assert_eq!(place.psgo(&["show"]), (0, String::new()));
    assert_eq!(place.psgo(&["write"]), (0, format!("No changes to {db}\n")));
    assert_eq!(
        place.psgo(&["write", "-v"]),
        (0, format!("No changes to {db}\n"))
    );
    assert_eq!(place.files(), ["db"]);

    place.stop(11);
    place.start(12, 1, b"b\0");
    let changes = tree("-       worker~\n+     b~\n");
    for args in [&[][..], &["show"], &["show", "-missing", "-extra"]] {
        assert_eq!(place.psgo(args), (1, changes.clone()), "{args:?}");
    }
    // What is not the first list is kept.
    assert_eq!(
        place.psgo(&["write", "-v"]),
        (0, format!("Wrote to {db}\n{changes}"))
    );
    assert_eq!(fs::read_to_string(&old).unwrap(), tree(FIRST));
    let second = place.db();
    place.stop(12);
    assert_eq!(place.psgo(&["write"]).0, 0);
    assert_eq!(fs::read_to_string(&old).unwrap(), second);
    assert!(
        place
            .files()
            .iter()
            .all(|name| !name.contains("new") && !name.contains("kept"))
    );
}

#[test]
fn each_side_can_be_asked_for_alone() {
    let place = Place::new();
    place.psgo(&["write"]);
    place.start(12, 1, b"b\0");
    let extra = tree("+     b~\n");
    for (args, answer) in [
        (&["-extra"][..], (1, extra.clone())),
        (&["-missing"], (0, String::new())),
        (&["show", "-extra"], (1, extra.clone())),
        (&["show", "-missing"], (0, String::new())),
        (&["show-extra"], (1, extra.clone())),
        (&["show-missing", "-retry"], (0, String::new())),
        (&["show-missing", "-extra"], (1, extra)),
    ] {
        assert_eq!(place.psgo(args), answer, "{args:?}");
    }
}

#[test]
fn programs_get_records() {
    let place = Place::new();
    let json = |args: &[&str]| {
        let args = [args, &["-output", "json"]].concat();
        let (code, text) = place.psgo(&args);
        let records: serde_json::Value = serde_json::from_str(&text).expect(&text);
        (code, records)
    };
    let record = |change: &str, level: u8, cmdline: &str| {
        serde_json::json!({
            "change": change, "level": level, "cmdline": cmdline, "user": USER
        })
    };
    assert_eq!(json(&["write"]).1.as_array().unwrap().len(), 4);
    assert_eq!(json(&["write"]), (0, serde_json::json!([])));
    assert_eq!(json(&["show"]), (0, serde_json::json!([])));
    let lines = json(&["dump"]).1;
    assert_eq!(
        lines[2],
        serde_json::json!({ "level": 2, "cmdline": "/usr/sbin/a -x", "user": USER })
    );
    place.stop(11);
    place.start(12, 1, b"b\xff\0");
    let mut extra = record("extra", 2, "");
    extra["cmdline"] = serde_json::json!({ "b64": "Yv8=" });
    assert_eq!(
        json(&["show"]),
        (
            1,
            serde_json::json!([record("missing", 3, "worker"), extra])
        )
    );
    assert_eq!(
        json(&["add", USER, "c"]),
        (0, serde_json::json!([record("extra", 2, "c")]))
    );
}

#[test]
fn a_list_that_cannot_be_compared_with_is_no_answer() {
    let place = Place::new();
    let db = place.path("db");
    let none = format!("psgo: {db}: there is no list yet; psgo drift write saves what runs now\n");
    for args in [
        &["show"][..],
        &["-missing"],
        &["add", "root", "a"],
        &["remove", "root", "a"],
    ] {
        assert_eq!(place.psgo(args), (2, none.clone()), "{args:?}");
    }
    assert!(place.files().is_empty());

    let anew = "psgo drift write makes it anew\n";
    for (bytes, reason) in [
        (&b""[..], ": the list is empty"),
        (b"\n", ":1: it does not end with \"  {user=NAME}\""),
        (
            b"root  {user=root}",
            ":1: the list ends in the middle of a line",
        ),
        (
            b"root  {user=root}\n  INIT  {user=ro\n",
            ":2: it does not end with \"  {user=NAME}\"",
        ),
        (
            b"root  {user=root}\n\n  INIT  {user=root}\n",
            ":2: it does not end with \"  {user=NAME}\"",
        ),
        (
            b"  INIT  {user=root}\n",
            ":1: the root is the first line, and no other",
        ),
        (
            b"root  {user=root}\n  a  {user=root}\nroot  {user=root}\n",
            ":3: the root is the first line, and no other",
        ),
        (
            b"root  {user=root}\n   a  {user=root}\n",
            ":2: an odd number of blanks before the command line",
        ),
        (b"root  {user=root}\n  \xff  {user=root}\n", ":2: not UTF-8"),
    ] {
        fs::write(&db, bytes).unwrap();
        for args in [&["show"][..], &["add", "root", "a"]] {
            let (code, text) = place.psgo(args);
            assert_eq!((code, text), (2, format!("psgo: {db}{reason}; {anew}")));
            assert_eq!(fs::read(&db).unwrap(), bytes);
        }
    }
}

#[test]
fn a_list_cut_within_a_line_is_never_taken_for_a_whole_one() {
    let place = Place::new();
    place.psgo(&["write"]);
    let whole = place.db();
    for len in 0..whole.len() {
        if len > 0 && whole.as_bytes()[len - 1] == b'\n' {
            continue;
        }
        fs::write(place.path("db"), &whole[..len]).unwrap();
        let (code, text) = place.psgo(&["show", "-missing"]);
        assert_eq!(code, 2, "{len}: {text}");
        // What is half a list can be replaced, and is kept.
        if len % 10 == 0 {
            assert_eq!(place.psgo(&["write"]).0, 0);
            assert_eq!(place.db(), whole);
            if len > 0 {
                let old = fs::read_to_string(place.path("db.old")).unwrap();
                assert_eq!(old, whole[..len]);
            }
        }
    }
}

#[test]
fn what_is_no_list_is_not_overwritten() {
    let place = Place::new();
    let db = place.path("db");
    fs::write(&db, "root:x:0:0:root:/root:/bin/sh\n").unwrap();
    assert_eq!(
        place.psgo(&["write"]),
        (
            2,
            format!("psgo: {db}: this is no list of psgo drift, and stays as it is\n")
        )
    );
    assert_eq!(place.files(), ["db"]);
    fs::remove_file(&db).unwrap();
    fs::create_dir(&db).unwrap();
    for args in [["show"], ["write"]] {
        assert_eq!(
            place.psgo(&args),
            (2, format!("psgo: {db}: not a regular file\n"))
        );
    }
}

#[test]
fn nothing_is_saved_where_nothing_was_seen() {
    let place = Place::new();
    for pid in [1, 10, 11] {
        place.stop(pid);
    }
    assert_eq!(
        place.psgo(&["write"]),
        (2, "psgo: there is no process to save\n".to_owned())
    );
}

#[test]
fn a_list_keeps_its_link_and_its_readers() {
    let place = Place::new();
    let real = place.path("real");
    place.psgo(&["write"]);
    fs::rename(place.path("db"), &real).unwrap();
    symlink("real", place.path("db")).unwrap();
    let mode = |path: &str| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
    place.stop(11);
    assert_eq!(place.psgo(&["write"]).0, 0);
    assert!(fs::symlink_metadata(place.path("db")).unwrap().is_symlink());
    assert!(!place.db().contains("worker"));
    assert_eq!(mode(&real), 0o640);
    assert_eq!(
        fs::read_to_string(place.path("real.old")).unwrap(),
        tree(FIRST)
    );
}

#[test]
fn a_list_may_be_in_a_folder_that_is_not_there_yet() {
    let place = Place::new();
    let db = place.path("a/b/list");
    let mut command = Command::new(env!("CARGO_BIN_EXE_psgo"));
    command.args(["drift", "write", "-db", &db, "-proc", &place.path("proc")]);
    assert_eq!(told(&mut command), (0, format!("Wrote to {db}\n")));
    // And beside the one who asks.
    let mut command = Command::new(env!("CARGO_BIN_EXE_psgo"));
    command.args(["drift", "write", "-db", "list", "-proc", "proc"]);
    command.current_dir(&place.0);
    assert_eq!(told(&mut command), (0, "Wrote to list\n".to_owned()));
    assert!(Path::new(&place.path("list")).exists());
}

#[test]
fn the_list_can_be_changed_by_hand() {
    let place = Place::new();
    place.psgo(&["write"]);
    let db = place.path("db");
    assert_eq!(
        place.psgo(&["add", "root", "/usr/sbin/b -y"]),
        (
            0,
            format!("Wrote to {db}\n+     /usr/sbin/b -y  {{user=root}}\n")
        )
    );
    assert_eq!(
        place.psgo(&["add", "bob", "--", "-tmux"]).0,
        2,
        "flags stand before --"
    );
    let dash = Command::new(env!("CARGO_BIN_EXE_psgo"))
        .args(["drift", "add", "-db", &db, "--", "bob", "-tmux"])
        .output();
    assert!(dash.unwrap().status.success());
    assert_eq!(
        place.db(),
        tree(FIRST).replace("    /usr/sbin/a", "    -tmux  {user=bob}\n    /usr/sbin/a")
            + "    /usr/sbin/b -y  {user=root}\n"
    );
    assert_eq!(
        place.psgo(&["-missing"]),
        (
            1,
            "-     -tmux  {user=bob}\n-     /usr/sbin/b -y  {user=root}\n".to_owned()
        )
    );
    assert_eq!(
        place.psgo(&["remove", "root", "/usr/sbin/b -y"]),
        (
            0,
            format!("Wrote to {db}\n-     /usr/sbin/b -y  {{user=root}}\n")
        )
    );
    let before = place.db();
    assert_eq!(
        place.psgo(&["remove", "root", "/usr/sbin/b -y"]),
        (
            2,
            format!(
                "psgo: {db}: there is no child of the first process that is \"/usr/sbin/b -y\" of root\n"
            )
        )
    );
    assert_eq!(place.db(), before);
}

#[test]
fn any_command_line_is_saved_and_found_again() {
    let place = Place::new();
    for (pid, cmdline) in [
        (20, &b"a\nroot  {user=root}\0"[..]),
        (21, b"  blanks \0 \0"),
        (22, b"\xff\xfe\\x41\0"),
        (23, "\u{1b}[31m\u{202e}é\0".as_bytes()),
        (24, b"x  {user=root}\0"),
        (25, b"\\n\0"),
        (26, b" \0"),
        (27, b""),
    ] {
        place.start(pid, 1, cmdline);
    }
    assert_eq!(place.psgo(&["write"]).0, 0);
    assert_eq!(place.psgo(&["show"]), (0, String::new()));
    assert_eq!(place.db().lines().count(), 12);
    assert!(place.db().contains("\n    a\\nroot  {user=root}  {user="));
    assert!(place.db().contains("\n    \\x20 blanks  {user="));
}

#[test]
fn a_retry_ends_when_nothing_is_left_to_show() {
    let place = Place::new();
    place.psgo(&["write"]);
    place.start(12, 1, b"b\0");
    place.stop(11);
    thread::scope(|scope| {
        let asked = scope.spawn(|| place.psgo(&["show", "-retry"]));
        thread::sleep(Duration::from_millis(50));
        place.stop(12);
        place.start(11, 10, b"worker\0");
        // Unless the machine stood still for two seconds, the last of five looks is later.
        assert_eq!(asked.join().unwrap(), (0, String::new()));
    });
}

#[test]
fn a_rule_that_cannot_be_read_stops_everything() {
    let place = Place::new();
    place.psgo(&["write"]);
    let rules = place.path("rules.toml");
    let ask = |args: &[&str]| place.psgo(&[args, &["-rules", &rules]].concat());
    assert_eq!(
        ask(&["show"]),
        (2, format!("psgo: {rules}: there is no such file\n"))
    );
    fs::write(
        &rules,
        "\n[[rule]]\nname = 'a'\nstart = 'a'\nignore = 'all'\n",
    )
    .unwrap();
    let wrong = format!("psgo: {rules}:5: \"all\" is none of process, tree, below, nothing\n");
    for args in [
        &["show"][..],
        &["dump"],
        &["write"],
        &["rules"],
        &["rules", "-check"],
        &["rules", "-explain", "1"],
    ] {
        assert_eq!(ask(args), (2, wrong.clone()), "{args:?}");
    }
    fs::write(&rules, b"# \n# \xff").unwrap();
    assert_eq!(ask(&["dump"]), (2, format!("psgo: {rules}:2: not UTF-8\n")));
}

const LOCAL: &str = "\
# Ours.
builtin = true

[[rule]]
name = 'workers'
start = 'worker'
ancestor = { start = '/usr/sbin/a ' }
ignore = 'tree'
";

#[test]
fn local_rules_come_before_the_builtin_ones() {
    let place = Place::new();
    let rules = place.path("rules.toml");
    fs::write(&rules, LOCAL).unwrap();
    let ask = |args: &[&str]| place.psgo(&[args, &["-rules", &rules]].concat());
    let without = tree(FIRST).replace(&tree("      worker~\n"), "");
    assert_eq!(ask(&["dump"]), (0, without.clone()));
    assert_eq!(
        ask(&["rules", "-check"]),
        (0, format!("{rules}: 1 rule\nbuilt-in: 22 rules\n"))
    );
    assert_eq!(
        ask(&["rules", "-explain", "11"]),
        (
            0,
            format!("command line: worker\nleft out: rule \"workers\", {rules}:4\n")
        )
    );
    assert_eq!(
        ask(&["rules", "-explain", "1"]),
        (
            0,
            "command line: /sbin/init splash\nbecomes: INIT (rule \"init\", built-in:13)\n\
             shown: no rule is about it\n"
                .to_owned()
        )
    );
    assert_eq!(
        ask(&["rules", "-explain", "99"]),
        (1, "psgo: left out: 99 (no such process)\n".to_owned())
    );

    // What is printed is a file that can take the place of all others.
    let (code, all) = ask(&["rules"]);
    assert_eq!(code, 0);
    let printed = place.path("printed.toml");
    fs::write(&printed, all).unwrap();
    let ask = |args: &[&str]| place.psgo(&[args, &["-rules", &printed]].concat());
    assert_eq!(
        ask(&["rules", "-check"]),
        (0, format!("{printed}: 23 rules\n"))
    );
    assert_eq!(ask(&["dump"]), (0, without));

    fs::write(&rules, LOCAL.replace("builtin = true", "builtin = false")).unwrap();
    let (_, dump) = place.psgo(&["dump", "-rules", &rules]);
    assert!(dump.contains("/sbin/init splash"), "{dump}");
}

#[test]
fn the_examples_can_be_read() {
    let place = Place::new();
    let examples = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/drift-examples.toml");
    let (code, text) = place.psgo(&["rules", "-check", "-rules", examples]);
    assert_eq!(
        (code, text.lines().next().unwrap()),
        (0, &*format!("{examples}: 5 rules"))
    );
}

#[test]
fn differences_have_colours_where_they_are_wanted() {
    let place = Place::new();
    place.psgo(&["write"]);
    place.stop(11);
    place.start(12, 1, b"b\0");
    assert_eq!(
        place.psgo(&["show", "-color", "always"]).1,
        tree("\u{1b}[31m-       worker~\u{1b}[0m\n\u{1b}[32m+     b~\u{1b}[0m\n")
    );
}

#[test]
fn a_full_standard_output_is_trouble_and_a_closed_one_is_not() {
    let place = Place::new();
    place.psgo(&["write"]);
    place.stop(11);
    for args in [["dump"], ["show"], ["rules"]] {
        let full = fs::File::options().write(true).open("/dev/full").unwrap();
        let output = place.command(&args).stdout(full).output().unwrap();
        assert_eq!(
            (output.status.code(), &output.stderr[..]),
            (
                Some(2),
                &b"psgo: cannot write: No space left on device\n"[..]
            )
        );
        let mut child = place.command(&args).stdout(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        assert_ne!(child.wait().unwrap().code(), Some(2), "{args:?}");
    }
}

#[test]
fn wrong_use_of_drift_is_answered() {
    for (typed, answer) in [
        ("dump -retry", "unknown flag -retry"),
        ("write -retry", "unknown flag -retry"),
        ("dump -missing", "unknown flag -missing"),
        (
            "show -mising",
            "unknown flag -mising (did you mean -missing?)",
        ),
        (
            "-retry dump",
            "-retry cannot stand before a command; flags follow it",
        ),
        ("shw", "unknown command \"shw\" (did you mean show?)"),
        ("show now", "unexpected \"now\""),
        ("show -pids 1", "unknown flag -pids"),
        (
            "show -join 1",
            "-join needs -db: the usual list is that of the host",
        ),
        (
            "write -join 1",
            "-join needs -db: the usual list is that of the host",
        ),
        ("show -join", "-join needs a value"),
        ("show -join x -db a", "-join: \"x\" is not a process ID"),
        ("show -output csv", "-output: \"csv\" is none of text, json"),
        ("add root", "<CMDLINE> is missing"),
        ("add root a b", "unexpected \"b\""),
        (
            "rules -check -explain 1",
            "-check and -explain do not go together",
        ),
        ("rules -explain", "-explain needs a value"),
        ("rules -output json", "unknown flag -output"),
    ] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_psgo"));
        command.arg("drift").args(typed.split(' '));
        assert_eq!(
            told(&mut command),
            (2, format!("psgo: {answer}\n")),
            "{typed}"
        );
    }
}
