//! Every flag is obeyed or refused, whatever is asked for: none is ignored. A test.

use clap::{Arg, Command};

use crate::{args, failure::Failure};

/// Flags that need another one: `-watch`, `-join`, or `-pids`.
const DEPENDENT: &[&str] = &["count", "fill-mappings", "join"];
/// Flags of tables, which JSON has no use for.
const OF_TABLES: &[&str] = &["width", "no-header", "color", "human"];
/// Flags of other modes of `psgo proc` than the one that prints a file.
const OTHER_MODES: &[&str] = &["list", "check", "count", "percent", "change", "by", "join"];
/// Flags of `psgo proc` that a file which is named by its path in this file system has no use for.
const OF_PROC: &[&str] = &["force", "delimiter", "pids", "proc", "watch"];
/// Flags of drift that have no use where rules alone are read.
const OF_PLACES: &[&str] = &[
    "db",
    "join",
    "proc",
    "timeout",
    "deadline",
    "threads",
    "runtime-root",
];
/// Flags of `psgo proc` that have no use where no file is printed.
const OF_A_FILE: &[&str] = &[
    "as",
    "force",
    "delimiter",
    "count",
    "percent",
    "change",
    "by",
    "join",
    "pids",
    "watch",
    "only",
];

/// What is asked for; the flags that are refused with it. `*` is every flag.
const MODES: &[(&str, &[&[&str]])] = &[
    ("", &[DEPENDENT, &["stamp"]]),
    ("-pids 1", &[&["count", "fill-mappings", "list", "stamp"]]),
    ("-join 1", &[&["count", "list", "stamp"]]),
    ("-join web", &[&["count", "list", "stamp"]]),
    ("-watch 1", &[&["fill-mappings", "join", "list", "stamp"]]),
    ("-list", &[&["*"]]),
    (
        "-output json",
        &[DEPENDENT, OF_TABLES, &["watch", "list", "stamp"]],
    ),
    ("-output ndjson", &[DEPENDENT, OF_TABLES, &["list"]]),
    (
        "-output csv",
        &[DEPENDENT, &["width", "color", "human", "list", "stamp"]],
    ),
    ("find x", &[DEPENDENT, &["list", "stamp"]]),
    (
        "find x -output json",
        &[DEPENDENT, OF_TABLES, &["watch", "list", "stamp"]],
    ),
    ("sockets", &[DEPENDENT, &["stamp"]]),
    ("sockets -list", &[&["*"]]),
    ("sockets -output ndjson", &[DEPENDENT, OF_TABLES, &["list"]]),
    ("files", &[DEPENDENT, &["stamp"]]),
    ("files -list", &[&["*"]]),
    ("timers", &[DEPENDENT, &["stamp"]]),
    ("timers -list", &[&["*"]]),
    ("containers", &[DEPENDENT, &["stamp"]]),
    ("containers -all", &[DEPENDENT, &["stamp", "list"]]),
    ("containers -list", &[&["*"]]),
    (
        "containers -output ndjson",
        &[DEPENDENT, OF_TABLES, &["list"]],
    ),
    ("inspect 1", &[&["count"]]),
    ("inspect 1 -output json", &[&["width", "color", "count"]]),
    ("inspect 1 -only memory", &[&["environ", "count"]]),
    ("inspect 1 -watch 1", &[&["environ"]]),
    (
        "inspect 1 -watch 1 -only environ -output json",
        &[&["width", "color"]],
    ),
    ("proc meminfo", &[OTHER_MODES, &["force", "delimiter"]]),
    (
        "proc meminfo -output json",
        &[OTHER_MODES, &["force", "delimiter", "watch"]],
    ),
    (
        "proc meminfo -output raw",
        &[OTHER_MODES, &["delimiter", "watch", "only"]],
    ),
    ("proc meminfo -output csv", &[OTHER_MODES, &["force"]]),
    (
        "proc meminfo -watch 1",
        &[&["as", "list", "check", "force", "delimiter", "join"]],
    ),
    ("proc ./copy", &[OTHER_MODES, OF_PROC]),
    ("proc - -as net/tcp", &[OTHER_MODES, OF_PROC]),
    ("proc -list", &[OF_A_FILE, &["check"]]),
    ("proc -check", &[OF_A_FILE, &["list"]]),
    ("drift", &[&["join"]]),
    ("drift -db x", &[]),
    ("drift -output json", &[&["join", "color"]]),
    ("drift show", &[&["join"]]),
    ("drift dump", &[&["color", "db"]]),
    ("drift dump -output json", &[&["color", "db"]]),
    ("drift write", &[&["join", "color"]]),
    ("drift write -verbose", &[&["join"]]),
    ("drift write -verbose -output json", &[&["join", "color"]]),
    ("drift add root x", &[&["rules"]]),
    ("drift remove root x", &[&["rules"]]),
    ("drift rules", &[OF_PLACES]),
    ("drift rules -check", &[&["explain"], OF_PLACES]),
    ("drift rules -explain 1", &[&["check", "db"]]),
    ("completions bash", &[]),
];

/// A value of a flag that has an effect.
fn value(command: &str, flag: &Arg) -> Option<&'static str> {
    if !flag.get_action().takes_values() {
        return None;
    }
    #[allow(
        clippy::match_same_arms,
        reason = "the first arms are exceptions from later ones"
    )]
    Some(match (command, flag.get_id().as_str()) {
        (_, "format" | "sort") => "pid",
        (_, "where") => "pid=1",
        (_, "pids" | "explain") => "1",
        ("" | "sockets" | "files" | "timers" | "containers" | "find" | "proc", "join") => "",
        (_, "join") => "1",
        (_, "proc") => "/proc",
        (_, "timeout" | "deadline" | "watch" | "threads" | "count" | "percent" | "change") => "9",
        (_, "runtime-root") => "/x",
        (_, "width") => "30",
        (_, "limit") => "3",
        (_, "color") => "always",
        (command, "output") => match command {
            "inspect" | "drift" => "json",
            _ => "csv",
        },
        ("inspect", "only") => "environ",
        (_, "only") => "x",
        (_, "as") => "net/tcp",
        (_, "delimiter") => ";",
        (_, "by") => "total",
        (_, "db" | "rules") => "x",
        (command, other) => panic!("psgo {command} -{other}: say here what value to try"),
    })
}

fn parsed(line: &str) -> Result<(), String> {
    let words = ["psgo"].into_iter().chain(line.split_whitespace());
    match args::parse(words.map(Into::into)) {
        Ok(_) => Ok(()),
        Err(Failure::WrongUse(text)) => Err(text),
        Err(other) => panic!("{line}: {other:?}"),
    }
}

#[test]
fn every_flag_is_obeyed_or_refused_in_every_mode() {
    let root = args::command();
    let mut wrong = Vec::new();
    for (line, refused) in MODES {
        assert_eq!(parsed(line), Ok(()), "{line}");
        let mut command: &Command = &root;
        for word in line.split_whitespace() {
            command = command.find_subcommand(word).unwrap_or(command);
        }
        let first = line.split_whitespace().next().unwrap_or("");
        let first = if first.starts_with('-') { "" } else { first };
        let flags = command.get_arguments().filter(|arg| !arg.is_positional());
        for flag in flags.filter(|flag| !matches!(flag.get_id().as_str(), "help" | "version")) {
            let name = flag.get_id().as_str();
            if line
                .split_whitespace()
                .any(|word| word == format!("-{name}"))
            {
                continue;
            }
            let value = value(first, flag).unwrap_or("");
            let typed = format!("{line} -{name} {value}");
            let mut refused = refused.iter().copied().flatten();
            let is_refused = refused.any(|flag| [name, "*"].contains(flag));
            match parsed(&typed) {
                Ok(()) if is_refused => wrong.push(format!("{typed}: is not refused")),
                Err(text) if !is_refused => wrong.push(format!("{typed}: {text}")),
                _ => {}
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Every command stands in the table.
#[test]
fn every_command_has_its_modes() {
    let root = args::command();
    let has = |name: &str| MODES.iter().any(|(line, _)| line.starts_with(name));
    for command in root
        .get_subcommands()
        .filter(|command| command.get_name() != "help")
    {
        let name = command.get_name();
        assert!(has(name), "{name}");
        for below in command
            .get_subcommands()
            .filter(|below| !below.is_hide_set())
        {
            let name = format!("{name} {}", below.get_name());
            assert!(has(&name), "{name}");
        }
    }
}
