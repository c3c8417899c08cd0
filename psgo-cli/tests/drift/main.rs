//! `psgo drift` on a made-up `/proc`: what is saved, shown and refused, and how it ends.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod place;
mod rules;

use std::{
    fs,
    os::unix::fs::{PermissionsExt as _, symlink},
    path::Path,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use place::{FIRST, Place, USER, told, tree};

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
fn psdiffs_own_words_for_a_change_by_hand_are_understood() {
    let place = Place::new();
    place.psgo(&["write"]);
    let before = place.db();
    let (code, text) = place.psgo(&["manual", "add", "root", "a daemon"]);
    assert_eq!(code, 0, "{text}");
    assert!(text.ends_with("+     a daemon  {user=root}\n"), "{text}");
    let (code, text) = place.psgo(&["manual", "remove", "root", "a daemon"]);
    assert_eq!((code, place.db()), (0, before), "{text}");
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
    let (code, said) = place.psgo(&["write"]);
    assert_eq!(code, 2);
    assert!(said.contains("there is no process in it"), "{said}");
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
    // The last of its five samples is two seconds after its start at the earliest. An attempt in
    // which a busy machine made the change later than that says nothing, and is repeated.
    for _ in 0..20 {
        let place = Place::new();
        place.psgo(&["write"]);
        place.start(12, 1, b"b\0");
        place.stop(11);
        let (answer, is_in_time) = thread::scope(|scope| {
            let begun = Instant::now();
            let asked = scope.spawn(|| place.psgo(&["show", "-retry"]));
            thread::sleep(Duration::from_millis(50));
            place.stop(12);
            place.start(11, 10, b"worker\0");
            let is_in_time = begun.elapsed() < Duration::from_secs(2);
            (asked.join().unwrap(), is_in_time)
        });
        if is_in_time {
            assert_eq!(answer, (0, String::new()));
            return;
        }
    }
    panic!("the machine is too busy to make a change within two seconds");
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
            "-retry cannot stand before a command; flags follow it, and psgo drift dump has none of \
             that name",
        ),
        ("shw", "unknown command \"shw\": type psgo drift show"),
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
        (
            "show -join pod=/x -db a",
            "-join: \"pod=/x\": a pod is pod=NAMESPACE/POD or pod=POD",
        ),
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
