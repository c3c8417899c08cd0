//! What people type who know other tools, and what does that here.

use std::ffi::{OsStr, OsString};

use clap::{Arg, Command};
use psgo::{
    bytes::{Escaped, distance},
    format,
};

/// Flags of other tools: their names, what stands for them, and what takes the place of a value that
/// is not there. The first that the command has is told; `{}` is the value.
const FLAGS: &[(&[&str], &[&str], &str)] = &[
    (&["json"], &["-output json"], ""),
    (&["ndjson", "jsonl"], &["-output ndjson"], ""),
    (&["csv"], &["-output csv"], ""),
    (&["raw"], &["-output raw"], ""),
    (&["p", "q", "pidlist", "ppid-list"], &["-pids {}"], "PID,…"),
    (
        &["o", "eo", "axo", "ao", "fields", "columns", "format-output"],
        &["-format {}", "-only {}"],
        "NAME,…",
    ),
    (
        &["k", "S", "sort-by", "order", "sortby"],
        &["-sort {}"],
        "NAME",
    ),
    (
        &[
            "e", "A", "a", "ax", "ef", "eF", "aux", "axu", "auxw", "auxww", "efww", "ely", "el",
            "ejH", "eLf", "l", "F", "f",
        ],
        &["psgo"],
        "",
    ),
    (
        &["H", "tree", "forest"],
        &["psgo -tree", "psgo drift dump"],
        "",
    ),
    (
        &["n", "head", "top", "max", "rows", "lines", "limit"],
        &["-limit {}", "psgo | head -n {}"],
        "N",
    ),
    (&["u", "user", "euid"], &["-where user={}"], "USER"),
    (&["U"], &["-where ruser={}"], "USER"),
    (&["g", "G", "group"], &["-where group={}"], "GROUP"),
    (
        &["C", "c", "comm", "name", "cmd"],
        &["-where comm={}"],
        "NAME",
    ),
    (&["t", "tty"], &["-where tty={}"], "TTY"),
    (&["ppid", "parent", "P"], &["-where ppid={}"], "PID"),
    (&["state", "r"], &["-where state={}"], "STATE"),
    (&["port", "i"], &["-where port={}"], "PORT"),
    (
        &["container", "docker", "podman"],
        &["-where container={}"],
        "ID",
    ),
    (
        &["filter", "F", "grep", "query", "w", "match"],
        &["-where {}"],
        "FILTER",
    ),
    (&["cols"], &["-width {}"], "N"),
    (
        &["ww", "wide", "no-trunc", "no-truncate"],
        &["-width 0"],
        "",
    ),
    (
        &["no-headers", "noheadings", "no-headings", "headerless"],
        &["-no-header"],
        "",
    ),
    (
        &["d", "interval", "delay", "every", "refresh", "follow"],
        &["-watch {}"],
        "2",
    ),
    (&["iterations", "samples"], &["-count {}"], "N"),
    (
        &["target", "N", "enter", "namespace", "ns"],
        &["-join {}"],
        "PID",
    ),
    (&["procfs", "root", "sysroot"], &["-proc {}"], "DIR"),
    (&["no-color", "no-colour", "nocolor"], &["-color never"], ""),
];

/// Commands of other tools and other words, and what does that here.
const COMMANDS: &[(&[&str], &str)] = &[
    (
        &[
            "ps",
            "list",
            "ls",
            "processes",
            "all",
            "show",
            "ax",
            "aux",
            "ef",
            "status",
        ],
        "psgo",
    ),
    (
        &["top", "htop", "atop", "btop"],
        "psgo -sort -pcpu -watch 2",
    ),
    (&["watch"], "psgo -watch 2"),
    (
        &["ss", "netstat", "socket", "net", "ports", "connections"],
        "psgo sockets",
    ),
    (&["lsof", "fuser", "file", "fds", "open"], "psgo files"),
    (&["pstree", "tree", "ptree"], "psgo drift dump"),
    (&["pgrep", "grep", "search", "pidof"], "psgo find WORD"),
    (
        &[
            "info", "describe", "details", "pid", "pmap", "pwdx", "pargs", "pfiles",
        ],
        "psgo inspect PID",
    ),
    (&["timer"], "psgo timers"),
    (
        &["lsns", "namespaces"],
        "psgo -format pid,pidns,netns,mntns,userns,args",
    ),
    (
        &["docker", "podman", "crictl", "nerdctl"],
        "psgo containers",
    ),
    (
        &["descriptors", "columns", "fields", "formats"],
        "psgo -list",
    ),
    (&["version"], "psgo -version"),
    (&["cat", "read", "proc/"], "psgo proc PATH"),
    (&["diff", "psdiff", "compare"], "psgo drift"),
    (&["completion"], "psgo completions bash"),
];

/// The command among these words: a subcommand, or one of its own, and its name with psgo's.
pub(crate) fn command_of<'a>(words: &[OsString], command: &'a Command) -> (&'a Command, String) {
    let (mut found, mut name) = (command, "psgo".to_owned());
    for word in words.iter().skip(1) {
        if let Some(below) = found.find_subcommand(word) {
            found = below;
            name = format!("{name} {}", below.get_name());
        }
    }
    (found, name)
}

/// What to type instead of an unknown flag of `command`; `None` if nobody can tell.
pub(crate) fn instead_of_flag(
    flag: &str,
    value: Option<&str>,
    command: &Command,
    root: &Command,
) -> Option<String> {
    let is_there = |typed: &str| match typed.strip_prefix('-') {
        Some(flag) => has(command, flag),
        // Of psgo itself: all that it needs has to be there.
        None => typed
            .split(' ')
            .filter_map(|word| word.strip_prefix('-'))
            .all(|flag| typed.contains('|') || has(root, flag)),
    };
    FLAGS
        .iter()
        .filter(|(names, ..)| names.contains(&flag))
        .find_map(|(_, typed, placeholder)| {
            let typed = typed.iter().find(|typed| is_there(typed))?;
            Some(filled(typed, value.unwrap_or(placeholder)))
        })
}

/// The template with its value, as it is typed in a shell.
fn filled(typed: &str, value: &str) -> String {
    match typed.split_once("-where ") {
        Some((start, filter)) => {
            let filter = match filter.strip_suffix("={}") {
                Some(column) => compared(column, value),
                None => filter.replace("{}", value),
            };
            format!("{start}-where {}", in_shell(&filter))
        }
        None => typed.replace("{}", &in_shell(value)),
    }
}

/// The filter that compares a column with a value, or with one of several between commas.
fn compared(column: &str, value: &str) -> String {
    let is_plain = |c: char| !c.is_whitespace() && !"&|()\"'\\".contains(c);
    if !value.chars().all(is_plain) {
        let value = value.replace('\\', "\\\\").replace('"', "\\\"");
        format!("{column}=\"{value}\"")
    } else if value.contains(',') {
        format!("{column} in ({value})")
    } else {
        format!("{column}={value}")
    }
}

/// Whether a command has this flag, written with or without a value.
fn has(command: &Command, flag: &str) -> bool {
    let name = flag.split([' ', '=']).next().unwrap_or_default();
    command.get_arguments().any(|arg| {
        let aliases = arg.get_all_aliases().unwrap_or_default();
        arg.get_long()
            .into_iter()
            .chain(aliases)
            .any(|long| long == name)
    })
}

/// What to type instead of a word that is no command; `None` if nobody can tell.
pub(crate) fn instead_of_command(word: &str, root: &Command) -> Option<String> {
    let is_known = |typed: &&str| {
        typed
            .split(' ')
            .filter_map(|word| word.strip_prefix('-'))
            .all(|flag| flag == "pcpu" || has(root, flag))
    };
    let known = COMMANDS.iter().filter(|(names, _)| names.contains(&word));
    if let Some(typed) = known.map(|(_, typed)| *typed).find(is_known) {
        return Some(typed.to_owned());
    }
    if !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(format!("psgo inspect {word}, or psgo -pids {word}"));
    }
    if let Some(near) = near(word, root.get_subcommands().map(Command::get_name)) {
        return Some(format!("psgo {near}"));
    }
    if word.contains(['=', '<', '>', '~']) {
        return Some(format!("psgo -where {}", in_shell(word)));
    }
    let path = word.trim_start_matches('/');
    if format::in_proc(word).is_some_and(|path| format::at(&path).is_some())
        || format::at(path).is_some()
    {
        return Some(format!("psgo proc {}", in_shell(word)));
    }
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '/' | ':' | '@');
    (!word.is_empty() && word.chars().all(is_plain)).then(|| format!("psgo find {word}"))
}

/// The flag of a command that is nearly this one, or begins with it.
pub(crate) fn near_flag<'a>(name: &str, command: &'a Command) -> Option<&'a str> {
    let longs = || command.get_arguments().filter_map(Arg::get_long);
    let aliases = command
        .get_arguments()
        .flat_map(|arg| arg.get_all_aliases().unwrap_or_default());
    near(name, longs().chain(aliases)).or_else(|| {
        let mut longer = longs().filter(|long| name.len() > 1 && long.starts_with(name));
        let first = longer.next();
        first.filter(|_| longer.next().is_none())
    })
}

/// The one of these that is nearly this: of short words one letter may differ, of longer ones two.
pub(crate) fn near<'a>(word: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    let most = if word.len() < 5 { 1 } else { 2 };
    names
        .map(|name| (distance(word.as_bytes(), name.as_bytes()), name))
        .filter(|(edits, name)| *edits <= most && *edits < name.len() && word.len() > 1)
        .min()
        .map(|(_, name)| name)
}

/// A word as it is typed in a shell.
pub(crate) fn in_shell(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || ",./:=@%+-_…".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!(
            "'{}'",
            Escaped(word.as_bytes()).to_string().replace('\'', "'\\''")
        )
    }
}

/// Words behind a flag that takes a list, with which they were meant: `-pids 1 2` is `-pids 1,2`.
pub(crate) fn joined(
    words: &[OsString],
    stray: &str,
    command: &Command,
) -> Option<(String, String)> {
    let at = words.iter().position(|word| word == stray)?;
    let before = words.get(at.checked_sub(1)?)?.to_str()?;
    let (flag, value) = before.strip_prefix("--")?.split_once('=')?;
    let is_it = |arg: &&Arg| arg.get_long() == Some(flag);
    let arg = command.get_arguments().find(is_it)?;
    let takes_many = arg
        .get_value_names()?
        .iter()
        .any(|name| name.contains(",…"));
    let is_word = |word: &&OsString| !word.as_encoded_bytes().starts_with(b"-");
    let strays = words[at..].iter().take_while(is_word);
    let all = std::iter::once(OsStr::new(value)).chain(strays.map(OsString::as_os_str));
    let all: Option<Vec<_>> = all
        .map(|word| Some(word.to_str()?.trim_matches(',')))
        .collect();
    let all = all?.join(",");
    takes_many.then(|| (format!("-{flag}"), format!("-{flag} {}", in_shell(&all))))
}
