//! What is small to write and large to understand, and names that imitate the kernel's.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use std::{
    fs::{self, File},
    os::unix::net::UnixListener,
    path::PathBuf,
};

#[path = "common/answer.rs"]
mod answer;

use answer::run;

/// A directory that goes with this value.
struct Dir(PathBuf);

impl Dir {
    fn new(name: &str) -> Self {
        let dir = std::env::temp_dir().join(format!("psgo-bombs-{}-{name}", std::process::id()));
        fs::create_dir(&dir).unwrap();
        Self(fs::canonicalize(dir).unwrap())
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// It is refused in one line.
#[track_caller]
fn refused(args: &[&str], reason: &str) {
    let (code, out, err) = run(args);
    assert_eq!((code, &*out), (2, ""), "{err}");
    assert!(err.contains(reason) && err.lines().count() == 1, "{err}");
}

#[test]
fn a_filter_that_is_nested_without_end_is_refused() {
    let deep = |open: &str, close: &str| open.repeat(20_000) + "pid=1" + &close.repeat(20_000);
    for filter in [
        deep("(", ")"),
        deep("!", ""),
        deep("not ", ""),
        deep("(!", ")"),
    ] {
        refused(&["-where", &filter], "too many parentheses");
    }
    // One after the other they may be as many as a command line takes.
    let long = "pid=1".to_owned() + &" and pid=1".repeat(5000);
    assert_eq!(
        run(&["-where", &long, "-format", "pid"]).1.lines().count(),
        2
    );
}

#[test]
fn a_pattern_that_is_larger_than_it_looks_is_refused() {
    let nested = format!("args~\"{}{}\"", "(".repeat(20_000), ")".repeat(20_000));
    for filter in [
        "args~\"(x{1000}){1000}\"",
        &*nested,
        "args~\"((a{99}){99}){99}\"",
    ] {
        refused(&["-where", filter], "not a regular expression");
    }
}

#[test]
fn rules_that_are_nested_without_end_are_refused() {
    let dir = Dir::new("rules");
    let rules = dir.file("rules");
    let twice = |open: &str, close: &str| {
        "a = ".to_owned() + &open.repeat(20_000) + "1" + &close.repeat(20_000)
    };
    for text in [
        twice("[", "]"),
        twice("{a=", "}"),
        "a.".repeat(20_000) + "a = 1",
        format!("[{}a]", "a.".repeat(20_000)),
    ] {
        fs::write(&rules, text).unwrap();
        refused(
            &["drift", "dump", "-rules", rules.to_str().unwrap()],
            "recur",
        );
    }
}

#[test]
fn a_list_that_is_larger_than_memory_is_refused_before_it_is_read() {
    let dir = Dir::new("list");
    let list = dir.file("list");
    File::create(&list).unwrap().set_len(100 << 30).unwrap();
    for command in ["show", "write"] {
        let path = list.to_str().unwrap();
        refused(&["drift", command, "-db", path], "larger than 256 MiB");
    }
}

#[test]
fn a_file_is_not_what_its_name_imitates() {
    let dir = Dir::new("names");
    let names = [
        "socket:[1]",
        "pipe:[7]",
        "anon_inode:[eventpoll]",
        "a\nb\tc",
    ];
    let held: Vec<_> = names
        .map(|name| File::create(dir.file(name)).unwrap())
        .into();
    let shown = |args: &[&str]| -> Vec<String> {
        let pid = std::process::id().to_string();
        let (code, out, err) = run(&[&["files", "-pids", &pid], args].concat());
        assert_eq!(code, 0, "{err}");
        let inside = dir.0.to_str().unwrap();
        let lines = out.lines().filter(|line| line.contains(inside));
        lines.map(|line| line.trim_end().to_owned()).collect()
    };
    let rows = shown(&["-format", "kind,deleted,target"]);
    // By name: other tests of this process free numbers of descriptors meanwhile.
    let mut rows: Vec<Vec<_>> = rows
        .iter()
        .map(|row| row.splitn(3, "   ").map(str::trim).collect())
        .collect();
    rows.sort();
    let expected = names.map(|name| dir.file(&name.replace('\n', "\\n").replace('\t', "\\t")));
    let mut expected: Vec<_> = expected
        .iter()
        .map(|path| vec!["file", "no", path.to_str().unwrap()])
        .collect();
    expected.sort();
    assert_eq!(rows, expected);
    drop(held);
}

#[test]
fn a_socket_whose_name_has_an_end_of_line_has_one_row() {
    let dir = Dir::new("socket");
    // Not the form of a row of the kernel's: nothing would tell that from one.
    let name = dir.file("a\nb: c\x1b[2J");
    let _held = UnixListener::bind(&name).unwrap();
    let pid = std::process::id().to_string();
    let (code, out, err) = run(&["sockets", "-pids", &pid, "-format", "proto,state,local"]);
    assert_eq!((code, &*err), (0, ""));
    let at = dir.0.to_str().unwrap();
    let rows: Vec<_> = out.lines().filter(|line| line.contains(at)).collect();
    let [row] = rows[..] else {
        panic!("{out}");
    };
    assert!(row.ends_with("/a\\nb: c\\x1b[2J"), "{row:?}");
}
