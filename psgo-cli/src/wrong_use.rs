//! Errors in the command line, in psgo's words: one line, flags with one dash.

use std::{error::Error as _, ffi::OsString};

use clap::{
    Command,
    error::{ContextKind, ContextValue, Error, ErrorKind},
};
use psgo::bytes::Escaped;

use crate::meant;

/// One line that says what is wrong, and what to type instead. `words` are those that clap was given,
/// `root` describes psgo.
pub(crate) fn explain(error: &Error, words: &[OsString], root: &Command) -> String {
    let (command, name) = meant::command_of(words, root);
    let context = |kind| error.get(kind).and_then(first);
    let flag = || {
        context(ContextKind::InvalidArg)
            .map(flag)
            .unwrap_or_default()
    };
    let value = || context(ContextKind::InvalidValue).unwrap_or_default();
    match error.kind() {
        ErrorKind::UnknownArgument => match context(ContextKind::InvalidArg).unwrap_or_default() {
            word if word.starts_with('-') => unknown_flag(word, words, command, root),
            word => stray(word, words, command)
                .or_else(|| stray_pids(word, words, &name, command))
                .unwrap_or_else(|| format!("unexpected {}", quoted(word))),
        },
        ErrorKind::InvalidSubcommand => {
            let word = context(ContextKind::InvalidSubcommand).unwrap_or_default();
            stray(word, words, command).unwrap_or_else(|| unknown_command(word, &name, command))
        }
        ErrorKind::InvalidValue if value().is_empty() => format!("{} needs a value", flag()),
        ErrorKind::InvalidValue => match error.get(ContextKind::ValidValue) {
            Some(ContextValue::Strings(valid)) => {
                let near = meant::near(value(), valid.iter().map(String::as_str));
                format!(
                    "{}: {} is none of {}{}",
                    flag(),
                    quoted(value()),
                    valid.join(", "),
                    near.map_or_else(String::new, |near| format!(" (did you mean {near}?)"))
                )
            }
            _ => format!("{}: {} is not a value", flag(), quoted(value())),
        },
        ErrorKind::ValueValidation => {
            let text = match error.source() {
                // A value that stands alone needs no name.
                Some(reason) if flag().is_empty() => reason.to_string(),
                Some(reason) => format!("{}: {reason}", flag()),
                None => format!("{}: {} is not a value", flag(), quoted(value())),
            };
            // A name where a number is expected.
            let is_name =
                command.get_name() == "inspect" && flag() == "<PID>" && !value().contains('@');
            let found = is_name.then(|| meant::instead_of_command(value(), root));
            match found.flatten() {
                Some(find) if find.starts_with("psgo find ") => {
                    format!(
                        "{text}: type {find}, or psgo inspect -where comm={}",
                        value()
                    )
                }
                _ => text,
            }
        }
        ErrorKind::TooManyValues => format!("{} takes no value", flag()),
        ErrorKind::MissingRequiredArgument if flag() == "<WORD>" => {
            "find needs a word: type psgo find nginx".to_owned()
        }
        ErrorKind::MissingRequiredArgument => format!("{} is missing", flag()),
        ErrorKind::ArgumentConflict => {
            let first = context(ContextKind::PriorArg)
                .map(self::flag)
                .unwrap_or_default();
            let word = words.iter().skip(1).filter_map(|word| word.to_str());
            let mut word = word.filter(|word| !word.starts_with('-'));
            match word.next() {
                Some(word) if command.get_name() == "psgo" => stray(word, words, command)
                    .unwrap_or_else(|| unknown_command(word, &name, command)),
                _ => misplaced(&first, &name, words, root),
            }
        }
        ErrorKind::InvalidUtf8 => "an argument is not UTF-8".to_owned(),
        // psgo's description causes no other kind. If one comes all the same: clap's first line.
        _ => {
            let text = error.to_string();
            let line = text.lines().next().unwrap_or_default();
            line.strip_prefix("error: ").unwrap_or(line).to_owned()
        }
    }
}

fn unknown_flag(word: &str, words: &[OsString], command: &Command, root: &Command) -> String {
    let typed = flag(word);
    let name = typed.trim_start_matches('-');
    let at = words.iter().position(|other| {
        let other = other.to_string_lossy();
        other == word || other.starts_with(&format!("{word}="))
    });
    let value = at.and_then(|at| {
        let own = words[at].to_str()?.split_once('=').map(|(_, value)| value);
        let next = || {
            let next = words.get(at + 1)?.to_str()?;
            (!next.starts_with('-')).then_some(next)
        };
        own.or_else(next)
    });
    if let Some(instead) = meant::instead_of_flag(name, value, command, root) {
        return format!("unknown flag {typed}: type {}", explained(&instead));
    }
    // One letter resembles too many flags for a useful suggestion.
    match meant::near_flag(name, command) {
        Some(near) if name.len() > 1 => format!("unknown flag {typed} (did you mean -{near}?)"),
        _ => format!("unknown flag {typed}"),
    }
}

/// A word that was meant as a part of the list before it, or as a command with flags before it.
fn stray(word: &str, words: &[OsString], command: &Command) -> Option<String> {
    let (flag, typed) = meant::joined(words, word, command)?;
    Some(format!(
        "unexpected {}: {flag} takes one word, with commas: type {typed}",
        quoted(word)
    ))
}

/// Numbers where a command takes the pids by a flag.
fn stray_pids(word: &str, words: &[OsString], name: &str, command: &Command) -> Option<String> {
    let mut flags = command.get_arguments().filter_map(clap::Arg::get_long);
    if !flags.any(|flag| flag == "pids") {
        return None;
    }
    let words = words.iter().filter_map(|word| word.to_str());
    let is_pid = |word: &&str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit());
    let pids = words.skip_while(|other| *other != word).take_while(is_pid);
    let pids: Vec<_> = pids.collect();
    (!pids.is_empty()).then(|| {
        let pids = pids.join(",");
        format!("unexpected {}: type {name} -pids {pids}", quoted(word))
    })
}

/// What to type, with a word to it where that is short.
fn explained(instead: &str) -> &str {
    match instead {
        "psgo" => "psgo alone, which lists every process",
        instead => instead,
    }
}

fn unknown_command(word: &str, above: &str, command: &Command) -> String {
    let unknown = format!("unknown command {}", quoted(word));
    let instead = if above == "psgo" {
        meant::instead_of_command(word, command)
    } else {
        let near = meant::near(word, command.get_subcommands().map(Command::get_name));
        near.map(|near| format!("{above} {near}"))
    };
    match instead {
        Some(instead) => format!("{unknown}: type {}", explained(&instead)),
        None => unknown,
    }
}

/// A flag before the command that it belongs to.
fn misplaced(flag: &str, name: &str, words: &[OsString], root: &Command) -> String {
    let command = meant::command_of(words, root).0;
    let is_command = |word: &&OsString| name.split(' ').any(|part| **word == *part);
    let others = words.iter().skip(1).filter(|word| !is_command(word));
    let others: Vec<_> = others.map(|word| typed(&word.to_string_lossy())).collect();
    let wrong = format!("{flag} cannot stand before a command; flags follow it");
    let has_it = command.get_arguments().any(|arg| {
        arg.get_long()
            .is_some_and(|long| *flag == format!("-{long}"))
    });
    if has_it {
        format!("{wrong}: type {name} {}", others.join(" "))
    } else {
        format!("{wrong}, and {name} has none of that name")
    }
}

/// A word that clap was given, as people type it.
fn typed(word: &str) -> String {
    match word.strip_prefix("--").map(|flag| flag.split_once('=')) {
        Some(Some((flag, value))) => format!("-{flag} {}", meant::in_shell(value)),
        Some(None) => format!("-{}", &word[2..]),
        None => meant::in_shell(word),
    }
}

/// `psgo help` of what is no command.
pub(crate) fn no_help(word: &str) -> String {
    format!(
        "there is no command {}: type psgo help for all commands and flags",
        quoted(word)
    )
}

/// A word as it was typed, in quotes and escaped.
pub(crate) fn quoted(word: &str) -> String {
    format!("\"{}\"", Escaped(word.as_bytes()))
}

fn first(value: &ContextValue) -> Option<&str> {
    match value {
        ContextValue::String(text) => Some(text),
        ContextValue::Strings(texts) => texts.first().map(String::as_str),
        _ => None,
    }
}

/// clap's `--pids <PID>` as `-pids`, and its `[PID]...` as `<PID>`.
fn flag(usage: &str) -> String {
    if let Some((argument, _)) = usage
        .strip_prefix('[')
        .and_then(|rest| rest.split_once(']'))
    {
        return format!("<{}>", Escaped(argument.as_bytes()));
    }
    let name = usage.split([' ', '=', '[']).next().unwrap_or_default();
    let name = name.trim_end_matches("...");
    let name = name
        .strip_prefix("--")
        .map_or_else(|| name.to_owned(), |long| format!("-{long}"));
    Escaped(name.as_bytes()).to_string()
}

#[cfg(test)]
mod tests {
    use crate::{args, failure::Failure};

    fn wrong(line: &str) -> String {
        let words = ["psgo"].into_iter().chain(line.split(' ')).map(Into::into);
        match args::parse(words) {
            Err(Failure::WrongUse(text)) => text,
            other => panic!("{line}: {other:?}"),
        }
    }

    /// What is typed, and the answer.
    const WRONG: &[(&str, &str)] = &[
        ("-pid 1", "unknown flag -pid (did you mean -pids?)"),
        ("--pid=1", "unknown flag -pid (did you mean -pids?)"),
        ("-form pid", "unknown flag -form (did you mean -format?)"),
        ("-xyzzy", "unknown flag -xyzzy"),
        ("-Z", "unknown flag -Z"),
        ("-pids 1,self", "-pids: \"self\" is not a process ID"),
        ("-pids -1", "-pids: \"-1\" is not a process ID"),
        (
            "-pids 4294967296",
            "-pids: \"4294967296\" is not a process ID",
        ),
        ("-pids", "-pids needs a value"),
        (
            "-join id=x",
            "-join: \"id=x\": the beginning of an ID has at least four digits",
        ),
        (
            "-join name=",
            "-join: \"name=\": there is no name after name=",
        ),
        (
            "completions x",
            "<SHELL>: \"x\" is none of bash, elvish, fish, powershell, zsh",
        ),
        (
            "-join",
            "-join needs a container: NAME, ID or PID, or the pids of -pids",
        ),
        ("-fill-mappings", "-fill-mappings needs -join"),
        (
            "-output xml",
            "-output: \"xml\" is none of table, json, ndjson, csv, csv-safe",
        ),
        (
            "-output jsn",
            "-output: \"jsn\" is none of table, json, ndjson, csv, csv-safe (did you mean json?)",
        ),
        ("-color", "-color needs a value"),
        ("-width -3", "-width: \"-3\" is not a width"),
        (
            "-timeout 0",
            "-timeout: \"0\" is not a time: 2, 0.5, 500ms, 2s, 1m30s",
        ),
        (
            "-timeout nan",
            "-timeout: \"nan\" is not a time: 2, 0.5, 500ms, 2s, 1m30s",
        ),
        ("-threads 0", "-threads: \"0\" is not a number of threads"),
        (
            "-watch 0",
            "-watch: \"0\" is not a time: 2, 0.5, 500ms, 2s, 1m30s",
        ),
        (
            "-watch -1",
            "-watch: \"-1\" is not a time: 2, 0.5, 500ms, 2s, 1m30s",
        ),
        (
            "-watch 2x",
            "-watch: \"2x\" is not a time: 2, 0.5, 500ms, 2s, 1m30s",
        ),
        (
            "-watch inf",
            "-watch: \"inf\" is not a time: 2, 0.5, 500ms, 2s, 1m30s",
        ),
        ("-watch", "-watch needs a value"),
        (
            "-watch 1 -count 0",
            "-count: \"0\" is not a number of looks",
        ),
        (
            "-watch 1 -count -2",
            "-count: \"-2\" is not a number of looks",
        ),
        ("-count 2", "-count needs -watch"),
        (
            "-watch 1 -output json",
            "one array cannot be watched: -watch needs -output ndjson, csv or table",
        ),
        (
            "-pids 1@x",
            "-pids: \"1@x\" is not PID@START, as the columns pid and starttime show them",
        ),
        (
            "-join @8137",
            "-join: \"@8137\": digits alone are a pid, and PID@START a process: this is neither \
             (id= names an ID)",
        ),
        (
            "inspect 1@",
            "<PID>: \"1@\" is not PID@START, as the columns pid and starttime show them",
        ),
        ("-limit -1", "-limit: \"-1\" is not a number of rows"),
        ("-limit all", "-limit: \"all\" is not a number of rows"),
        ("-limit", "-limit needs a value"),
        ("-quiet=1", "-quiet takes no value"),
        (
            "-human -output json",
            "-human is for people: it goes with -output table alone",
        ),
        (
            "sockets -output csv -human",
            "-human is for people: it goes with -output table alone",
        ),
        ("-stamp", "-stamp needs -output ndjson"),
        ("files -output json -stamp", "-stamp needs -output ndjson"),
        ("-list=yes", "-list takes no value"),
        ("completions", "<SHELL> is missing"),
        (
            "completions bsh",
            "<SHELL>: \"bsh\" is none of bash, elvish, fish, powershell, zsh (did you mean bash?)",
        ),
        ("completions bash zsh", "unexpected \"zsh\""),
        (
            "-list completions bash",
            "-list cannot stand before a command; flags follow it, and psgo completions has none \
                 of that name",
        ),
        ("a\u{1b}[31m", "unknown command \"a\\x1b[31m\""),
        ("-a\u{1b}[31m", "unknown flag -a\\x1b"),
        (
            "help nosuch",
            "there is no command \"nosuch\": type psgo help for all commands and flags",
        ),
        ("find", "find needs a word: type psgo find nginx"),
        (
            "-C bash,sh",
            "unknown flag -C: type -where 'comm in (bash,sh)'",
        ),
        ("-C a&b", "unknown flag -C: type -where 'comm=\"a&b\"'"),
    ];

    #[test]
    fn wrong_use_is_answered_in_psgos_words() {
        for (typed, answer) in WRONG {
            assert_eq!(wrong(typed), *answer, "{typed}");
        }
    }

    /// What is typed, what is wrong with it, and what to type instead.
    const OTHERS: &[(&str, &str, &str)] = &[
        (
            "aux",
            "unknown command \"aux\"",
            "psgo alone, which lists every process",
        ),
        (
            "-ef",
            "unknown flag -ef",
            "psgo alone, which lists every process",
        ),
        (
            "ps",
            "unknown command \"ps\"",
            "psgo alone, which lists every process",
        ),
        (
            "list",
            "unknown command \"list\"",
            "psgo alone, which lists every process",
        ),
        ("-eo pid,comm", "unknown flag -eo", "-format pid,comm"),
        ("-o pid", "unknown flag -o", "-format pid"),
        ("-o", "unknown flag -o", "-format NAME,…"),
        ("-p 1", "unknown flag -p", "-pids 1"),
        ("-p=1", "unknown flag -p", "-pids 1"),
        ("-p -output", "unknown flag -p", "-pids PID,…"),
        ("sockets -p 1", "unknown flag -p", "-pids 1"),
        ("-json", "unknown flag -json", "-output json"),
        ("inspect 1 -json", "unknown flag -json", "-output json"),
        ("proc meminfo -json", "unknown flag -json", "-output json"),
        ("drift -json", "unknown flag -json", "-output json"),
        ("-tree", "unknown flag -tree", "psgo drift dump"),
        (
            "-container 3f2a",
            "unknown flag -container",
            "-where container=3f2a",
        ),
        ("-u root", "unknown flag -u", "-where user=root"),
        ("-C nginx", "unknown flag -C", "-where comm=nginx"),
        ("-U root", "unknown flag -U", "-where ruser=root"),
        (
            "-f",
            "unknown flag -f",
            "psgo alone, which lists every process",
        ),
        ("-cols 80", "unknown flag -cols", "-width 80"),
        ("-head 10", "unknown flag -head", "-limit 10"),
        (
            "top",
            "unknown command \"top\"",
            "psgo -sort -pcpu -watch 2",
        ),
        ("ss", "unknown command \"ss\"", "psgo sockets"),
        ("netstat", "unknown command \"netstat\"", "psgo sockets"),
        ("lsof", "unknown command \"lsof\"", "psgo files"),
        ("pstree", "unknown command \"pstree\"", "psgo drift dump"),
        ("pgrep", "unknown command \"pgrep\"", "psgo find WORD"),
        ("docker", "unknown command \"docker\"", "psgo containers"),
        (
            "completion",
            "unknown command \"completion\"",
            "psgo completions bash",
        ),
        ("socketz", "unknown command \"socketz\"", "psgo sockets"),
        ("nginx", "unknown command \"nginx\"", "psgo find nginx"),
        (
            "5572",
            "unknown command \"5572\"",
            "psgo inspect 5572, or psgo -pids 5572",
        ),
        (
            "rss>100M",
            "unknown command \"rss>100M\"",
            "psgo -where 'rss>100M'",
        ),
        (
            "net/tcp",
            "unknown command \"net/tcp\"",
            "psgo proc net/tcp",
        ),
        (
            "/proc/meminfo",
            "unknown command \"/proc/meminfo\"",
            "psgo proc /proc/meminfo",
        ),
        ("drift wrte", "unknown command \"wrte\"", "psgo drift write"),
        (
            "-pids 1 2",
            "unexpected \"2\": -pids takes one word, with commas",
            "-pids 1,2",
        ),
        (
            "-pids 1, 2 3",
            "unexpected \"2\": -pids takes one word, with commas",
            "-pids 1,2,3",
        ),
        (
            "sockets -pids 1 2",
            "unexpected \"2\": -pids takes one word, with commas",
            "-pids 1,2",
        ),
        ("sockets 12", "unexpected \"12\"", "psgo sockets -pids 12"),
        ("files 12 13", "unexpected \"12\"", "psgo files -pids 12,13"),
        (
            "-format pid user",
            "unexpected \"user\": -format takes one word, with commas",
            "-format pid,user",
        ),
        (
            "-sort -rss pid",
            "unexpected \"pid\": -sort takes one word, with commas",
            "-sort -rss,pid",
        ),
        (
            "-output json sockets",
            "-output cannot stand before a command; flags follow it",
            "psgo sockets -output json",
        ),
        (
            "inspect abc",
            "<PID>: \"abc\" is not a process ID",
            "psgo find abc, or psgo inspect -where comm=abc",
        ),
        (
            "inspect 1 x",
            "<PID>: \"x\" is not a process ID",
            "psgo find x, or psgo inspect -where comm=x",
        ),
    ];

    /// What people type who know other tools, and what they are told to type.
    #[test]
    fn what_other_tools_take_is_answered_with_what_psgo_takes() {
        for (typed, wrong_with, instead) in OTHERS {
            assert_eq!(
                wrong(typed),
                format!("{wrong_with}: type {instead}"),
                "{typed}"
            );
            for instead in instead.split(", or ") {
                let instead = instead.split(" alone, ").next().unwrap();
                let instead = instead.split(" | ").next().unwrap();
                let line = match instead.strip_prefix("psgo") {
                    Some(line) => line.trim().to_owned(),
                    None => {
                        let known =
                            |word: &&str| TOLD_OF.contains(word) || word.parse::<u32>().is_ok();
                        let before = typed.split(' ').take_while(known).collect::<Vec<_>>();
                        format!("{} {instead}", before.join(" ")).trim().to_owned()
                    }
                };
                let line = line.replace("PID,…", "1").replace(['\''], "");
                let words = ["psgo"].into_iter().chain(line.split_whitespace());
                let parsed = args::parse(words.map(Into::into));
                assert!(parsed.is_ok(), "{typed}: {line}: {parsed:?}");
            }
        }
    }

    /// The commands and files that stand before flags in the table.
    const TOLD_OF: [&str; 6] = ["sockets", "files", "inspect", "proc", "meminfo", "drift"];

    #[test]
    fn help_is_that_of_the_command_whoever_asks() {
        let help = |line: &str| {
            let words = ["psgo"].into_iter().chain(line.split(' ')).map(Into::into);
            match args::parse(words) {
                Ok(args::Request::Text(text)) => text,
                other => panic!("{line}: {other:?}"),
            }
        };
        for (typed, same) in [
            ("help", "-help"),
            ("help inspect", "inspect -help"),
            ("-help inspect", "inspect -help"),
            ("--help inspect", "inspect --help"),
            ("-h inspect", "inspect -h"),
            ("help drift write", "drift write -help"),
            ("help find", "find -help"),
            ("help help", "help -help"),
        ] {
            assert_eq!(help(typed), help(same), "{typed}");
        }
        assert_ne!(help("help inspect"), help("help"));
    }
}
