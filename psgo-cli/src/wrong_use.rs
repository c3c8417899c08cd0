//! Errors in the command line, in psgo's words: one line, flags with one dash.

use std::error::Error as _;

use clap::error::{ContextKind, ContextValue, Error, ErrorKind};
use psgo::bytes::Escaped;

/// One line that says what is wrong.
pub(crate) fn explain(error: &Error) -> String {
    let context = |kind| error.get(kind).and_then(first);
    let flag = || {
        context(ContextKind::InvalidArg)
            .map(flag)
            .unwrap_or_default()
    };
    let value = || context(ContextKind::InvalidValue).unwrap_or_default();
    let hint = |kind| match error.get(kind).and_then(nearest) {
        Some(near) => format!(" (did you mean {}?)", self::flag(near)),
        None => String::new(),
    };
    match error.kind() {
        ErrorKind::UnknownArgument => match flag() {
            // One letter resembles too many flags for a useful suggestion.
            word if word.starts_with('-') && word.len() == 2 => format!("unknown flag {word}"),
            word if word.starts_with('-') => {
                format!("unknown flag {word}{}", hint(ContextKind::SuggestedArg))
            }
            word => format!("unexpected {}", quoted(&word)),
        },
        ErrorKind::InvalidSubcommand => format!(
            "unknown command {}{}",
            quoted(context(ContextKind::InvalidSubcommand).unwrap_or_default()),
            hint(ContextKind::SuggestedSubcommand)
        ),
        ErrorKind::InvalidValue if value().is_empty() => format!("{} needs a value", flag()),
        ErrorKind::InvalidValue => match error.get(ContextKind::ValidValue) {
            Some(ContextValue::Strings(valid)) => {
                format!(
                    "{}: {} is none of {}",
                    flag(),
                    quoted(value()),
                    valid.join(", ")
                )
            }
            _ => format!("{}: {} is not a value", flag(), quoted(value())),
        },
        ErrorKind::ValueValidation => match error.source() {
            // A value that stands alone needs no name.
            Some(reason) if flag().is_empty() => reason.to_string(),
            Some(reason) => format!("{}: {reason}", flag()),
            None => format!("{}: {} is not a value", flag(), quoted(value())),
        },
        ErrorKind::TooManyValues => format!("{} takes no value", flag()),
        ErrorKind::MissingRequiredArgument => format!("{} is missing", flag()),
        ErrorKind::ArgumentConflict => {
            let first = context(ContextKind::PriorArg)
                .map(self::flag)
                .unwrap_or_default();
            format!("{first} cannot stand before a command; flags follow it")
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

/// The best suggestion: clap gives it last.
fn nearest(value: &ContextValue) -> Option<&str> {
    match value {
        ContextValue::Strings(texts) => texts.last().map(String::as_str),
        other => first(other),
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

    #[test]
    fn wrong_use_is_answered_in_psgos_words() {
        for (typed, answer) in [
            ("-pid 1", "unknown flag -pid (did you mean -pids?)"),
            ("--pid=1", "unknown flag -pid (did you mean -pids?)"),
            ("-xyzzy", "unknown flag -xyzzy"),
            ("-p", "unknown flag -p"),
            ("-pids 1,self", "-pids: \"self\" is not a process ID"),
            ("-pids -1", "-pids: \"-1\" is not a process ID"),
            (
                "-pids 4294967296",
                "-pids: \"4294967296\" is not a process ID",
            ),
            ("-pids", "-pids needs a value"),
            ("-join x", "-join: \"x\" is not a process ID"),
            ("inspect self", "<PID>: \"self\" is not a process ID"),
            ("inspect 1 x", "<PID>: \"x\" is not a process ID"),
            (
                "completions x",
                "<SHELL>: \"x\" is none of bash, elvish, fish, powershell, zsh",
            ),
            ("-join", "-join needs a pid, its own or those of -pids"),
            ("-fill-mappings", "-fill-mappings needs -join"),
            (
                "-output xml",
                "-output: \"xml\" is none of table, json, ndjson, csv, csv-safe",
            ),
            ("-color", "-color needs a value"),
            ("-width -3", "-width: \"-3\" is not a width"),
            ("-timeout 0", "-timeout: \"0\" is not a number of seconds"),
            (
                "-timeout nan",
                "-timeout: \"nan\" is not a number of seconds",
            ),
            ("-threads 0", "-threads: \"0\" is not a number of threads"),
            ("-watch 0", "-watch: \"0\" is not a number of seconds"),
            ("-watch 0.0", "-watch: \"0.0\" is not a number of seconds"),
            ("-watch -1", "-watch: \"-1\" is not a number of seconds"),
            ("-watch 2s", "-watch: \"2s\" is not a number of seconds"),
            ("-watch inf", "-watch: \"inf\" is not a number of seconds"),
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
            ("-list=yes", "-list takes no value"),
            ("lst", "unknown command \"lst\""),
            ("5572", "unknown command \"5572\""),
            (
                "completion",
                "unknown command \"completion\" (did you mean completions?)",
            ),
            ("completions", "<SHELL> is missing"),
            (
                "completions bsh",
                "<SHELL>: \"bsh\" is none of bash, elvish, fish, powershell, zsh",
            ),
            ("completions bash zsh", "unexpected \"zsh\""),
            (
                "-list completions bash",
                "-list cannot stand before a command; flags follow it",
            ),
            ("a\u{1b}[31m", "unknown command \"a\\x1b[31m\""),
            ("-a\u{1b}[31m", "unknown flag -a\\x1b"),
        ] {
            assert_eq!(wrong(typed), answer, "{typed}");
        }
    }
}
