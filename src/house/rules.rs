//! Which room uses which, what may call the system, how long a file may be.

use std::{collections::BTreeMap, fs};

use super::sources::{Source, library, project, sources};

/// The rooms of the library, each of which uses only those before it.
const ROOMS: &[&str] = &[
    "error",
    "cancel",
    "sync",
    "sorting",
    "wait",
    "bytes",
    "caps",
    "value",
    "ids",
    "host",
    "tty",
    "format",
    "container",
    "socket",
    "sys",
    "control_group",
    "reader",
    "netlink",
    "procfs",
    "watchdog",
    "namespace",
    "runtimes",
    "view",
    "snapshot",
    "process",
    "descriptor",
    "filter",
    "query",
    "system",
    "drift",
];

/// A file with more lines of code and documentation than this is asked whether it is two subjects.
const LONGEST: usize = 600;

/// The files that are longer, each with the reason why it is one subject.
const LONGER: &[(&str, &str)] = &[(
    "tests/inspect.rs",
    "each getter of a process, against another program's answer",
)];

/// Which room each name of lib.rs comes from: `Error` from `error`.
fn exported() -> BTreeMap<String, String> {
    let lib = fs::read_to_string(project().join("src/lib.rs")).unwrap();
    let uses = lib.split("pub use ").skip(1);
    let statements = uses.map(|rest| rest.split_once(';').unwrap().0);
    let mut exported = BTreeMap::new();
    for statement in statements {
        let (room, names) = statement.split_once("::").unwrap();
        for name in names.trim_matches(['{', '}']).split(',').map(str::trim) {
            exported.insert(name.to_owned(), room.to_owned());
        }
    }
    exported
}

/// The first words of all paths that begin with `crate::`.
fn used(code: &str) -> Vec<String> {
    let first = |path: &str| -> String {
        let is_word = |c: &char| c.is_ascii_alphanumeric() || *c == '_';
        path.trim_start().chars().take_while(is_word).collect()
    };
    let mut used = Vec::new();
    for path in code.split("crate::").skip(1) {
        let Some(group) = path.strip_prefix('{') else {
            used.push(first(path));
            continue;
        };
        let (mut depth, mut start) = (0, 0);
        for (at, c) in group.char_indices() {
            match c {
                '{' => depth += 1,
                ',' | '}' if depth == 0 => {
                    used.push(first(&group[start..at]));
                    start = at + 1;
                    if c == '}' {
                        break;
                    }
                }
                '}' => depth -= 1,
                _ => (),
            }
        }
    }
    used.retain(|name| !name.is_empty());
    used
}

#[test]
fn the_words_of_a_use_are_found() {
    assert_eq!(
        used("use crate::{\n a::{b, c},\n d,\n}; crate::e::f(crate::G)"),
        ["a", "d", "e", "G"]
    );
}

#[test]
fn a_room_uses_only_rooms_before_it() {
    let exported = exported();
    let place = |room: &str| ROOMS.iter().position(|name| *name == room);
    for source in library() {
        let room = source.room();
        if room == "lib" {
            continue;
        }
        let own = place(room).unwrap_or_else(|| panic!("{room}: no room of that name"));
        let code: Vec<_> = source.code().collect();
        for name in used(&code.join("\n")) {
            let other = exported.get(&name).unwrap_or(&name);
            let Some(place) = place(other) else {
                panic!("{}: {name} is no room's", source.path.display());
            };
            assert!(
                place <= own,
                "{}: {room} uses {other}, which comes after it",
                source.path.display()
            );
        }
    }
}

#[test]
fn the_rooms_are_those_of_the_design() {
    let design = fs::read_to_string(project().join("docs/DESIGN.md")).unwrap();
    let rows = design.lines().filter_map(|line| line.strip_prefix("| `"));
    let rooms: Vec<_> = rows
        .filter_map(|row| row.split(['`', '.', '/']).next())
        .collect();
    assert_eq!(rooms, ROOMS);
}

/// The room that calls the system, and whose functions the others use; of the command, one file.
fn calls_the_system(source: &Source) -> bool {
    let dir = source.path.parent();
    source.path.ends_with("psgo-cli/src/sys.rs") || dir.is_some_and(|dir| dir.ends_with("src/sys"))
}

#[test]
fn only_sys_is_unsafe() {
    for source in library().iter().chain(&sources("psgo-cli")) {
        let is_unsafe = |line: &str| {
            let forbids = line.contains("forbid(unsafe_code)");
            !forbids && (line.contains("unsafe ") || line.contains("unsafe_code"))
        };
        let says = source.code().any(is_unsafe);
        assert!(
            !says || calls_the_system(source),
            "{}",
            source.path.display()
        );
    }
}

/// Others may say what to open and what the system answered, but not call it.
#[test]
fn only_sys_calls_the_system() {
    const WORDS: [&str; 6] = [
        "nix::fcntl::OFlag",
        "nix::errno::Errno::from_raw",
        // Types that the ids convert from and to.
        "nix::unistd::Pid",
        "nix::unistd::Uid",
        "nix::unistd::Gid",
        "libc::E",
    ];
    for source in library() {
        if calls_the_system(&source) {
            continue;
        }
        for line in source.code() {
            let line = line.replace("unix::", "").replace("Unix::", "");
            let rest = WORDS
                .iter()
                .fold(line.clone(), |line, word| line.replace(word, ""));
            let calls = ["nix::", "libc::"].iter().any(|name| rest.contains(name));
            assert!(!calls, "{}: {line}", source.path.display());
        }
    }
}

/// The names of this host without the name service are the one exception.
#[test]
fn files_are_opened_by_way_of_sys_alone() {
    const WAYS: [&str; 4] = ["std::fs", "File::", "OpenOptions", "Command::"];
    for source in library() {
        let opens = |line: &&str| WAYS.iter().any(|way| line.contains(way));
        let expected = usize::from(source.path.ends_with("src/view/names.rs"));
        let lines: Vec<_> = source.code().filter(opens).collect();
        assert_eq!(
            lines.len(),
            expected,
            "{}: {lines:?}",
            source.path.display()
        );
    }
}

/// Whatever the command knows of processes, it knows from the library. What it knows of itself, its
/// keys, signals and limits, is in one file, its standard output in another, its two processes in a
/// room; the lists and rules of drift are another's, and the copies of files that it is given to read.
#[test]
fn the_command_opens_nothing() {
    for source in sources("psgo-cli/src") {
        let may = [
            "man.rs",
            "console.rs",
            "stdout.rs",
            "sys.rs",
            "drift/files.rs",
            "drift/store.rs",
            "drift/trusted.rs",
            "proc/copies.rs",
        ];
        if may.iter().any(|name| source.path.ends_with(name))
            || source.path.starts_with("psgo-cli/src/supervisor")
        {
            continue;
        }
        for line in source.code() {
            let line = line.replace("unix::", "");
            let opens = ["fs::", "File::", "\"/proc/", "nix::", "libc::"];
            let opens = opens.iter().any(|way| line.contains(way));
            assert!(!opens, "{}: {line}", source.path.display());
        }
    }
}

#[test]
fn every_file_says_what_it_is_and_is_about_one_thing() {
    let mut longer = Vec::new();
    for dir in ["src", "psgo-cli", "tests", "examples"] {
        if dir == "tests" && !project().join("tests/main.rs").exists() {
            continue;
        }
        for source in sources(dir) {
            let path = source.path.display();
            assert!(
                source.text.starts_with("//! "),
                "{path}: no //! on its first line"
            );
            let lines = source.without_tests().lines().count();
            if lines > LONGEST {
                longer.push(path.to_string());
                let is_explained = LONGER.iter().any(|(known, _)| source.path.ends_with(known));
                assert!(
                    is_explained,
                    "{path}: {lines} lines without its tests: if that is one subject, add it to \
                     LONGER with the reason"
                );
            }
        }
    }
    for (path, _) in LONGER {
        let is_longer = longer.iter().any(|longer| longer == path);
        assert!(is_longer, "{path}: not that long, take it out of LONGER");
    }
}

/// What docs/psutil.md says is there is there, once the room is.
#[test]
fn what_the_table_for_psutil_names_is_in_the_code() {
    let page = fs::read_to_string(project().join("docs/psutil.md")).unwrap();
    let library = library();
    let rooms = [
        ("system", "system"),
        ("CpuTime", "system"),
        ("Process", "process"),
        ("View", ""),
        ("Query", "query"),
    ];
    let mut found = 0;
    for name in page.split('`').filter(|text| text.contains("::")) {
        let Some((owner, name)) = name.split_once("::").filter(|(_, name)| !name.is_empty()) else {
            continue;
        };
        let room = rooms.iter().find(|(known, _)| *known == owner);
        let Some((_, room)) = room else {
            assert_eq!((owner, name), ("psgo", "system"));
            continue;
        };
        let mut sources = library
            .iter()
            .filter(|source| room.is_empty() || source.room() == *room);
        let mut sources = sources.by_ref().peekable();
        if sources.peek().is_none() {
            continue;
        }
        let is_said = |line: &str| {
            let rest = line
                .strip_prefix("pub fn ")
                .and_then(|rest| rest.strip_prefix(name));
            rest.is_some_and(|rest| rest.starts_with(['(', '<']))
        };
        assert!(
            sources.any(|source| source.code().any(is_said)),
            "{owner}::{name}"
        );
        found += 1;
    }
    assert!(found > 20, "{found}");
}
