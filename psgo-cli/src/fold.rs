//! Rewrites flags from Go's spelling to GNU's: `-pids 1` to `--pids=1`.
//!
//! Which flags exist, and which of them take a value, is read from clap's description.

use std::{
    ffi::{OsStr, OsString},
    os::unix::ffi::{OsStrExt as _, OsStringExt as _},
};

use clap::{Arg, Command};

/// The words of a command line, the program's name first, in the spelling that clap reads.
///
/// A flag that must have a value takes the next word, whatever it is: `-sort -rss`. One that may
/// have a value takes the next word unless that is a flag too. An unknown flag gets two dashes as
/// well, so that clap does not take it for a cluster of short flags.
pub(crate) fn fold(words: impl IntoIterator<Item = OsString>, command: &Command) -> Vec<OsString> {
    let mut command = command;
    let mut words = words.into_iter().peekable();
    let mut folded: Vec<_> = words.next().into_iter().collect();
    while let Some(word) = words.next() {
        if word == "--" {
            folded.push(word);
            folded.extend(words);
            break;
        }
        let flag = match flag(&word) {
            Some(flag) if !is_short(&word, command) => flag,
            Some(_) => {
                folded.push(word);
                continue;
            }
            None => {
                command = command.find_subcommand(&word).unwrap_or(command);
                folded.push(word);
                continue;
            }
        };
        let mut long = [b"--", flag].concat();
        // No flag has a `=` in its name: one written with its value takes nothing more.
        let takes = takes(flag, command);
        if let Some(value) = words.next_if(|next| takes.this(next)) {
            long.push(b'=');
            long.extend(value.as_bytes());
        }
        folded.push(OsString::from_vec(long));
    }
    folded
}

/// `psgo help drift write` and `psgo -help drift write` as `psgo drift write -help`. What is no
/// command stays.
pub(crate) fn help(words: Vec<OsString>, command: &Command) -> Vec<OsString> {
    let Some((first, rest)) = words.get(1).zip(words.get(2..)) else {
        return words;
    };
    let flag: OsString = match first.as_bytes() {
        b"help" | b"-help" | b"--help" => "--help".into(),
        b"-h" => "-h".into(),
        _ => return words,
    };
    let mut below = command;
    for word in rest {
        match below.find_subcommand(word) {
            Some(command) => below = command,
            None => return words,
        }
    }
    let program = words.iter().take(1);
    program.chain(rest).cloned().chain([flag]).collect()
}

/// What follows the dashes of a flag; `None` if the word is not a flag.
fn flag(word: &OsStr) -> Option<&[u8]> {
    let one = word.as_bytes().strip_prefix(b"-")?;
    let flag = one.strip_prefix(b"-").unwrap_or(one);
    (!flag.is_empty()).then_some(flag)
}

/// Whether it is a flag of a single letter, `-h`.
fn is_short(word: &OsStr, command: &Command) -> bool {
    command
        .get_arguments()
        .filter_map(Arg::get_short)
        .any(|short| *word == *format!("-{short}"))
}

/// What a flag does with the word after it.
enum Takes {
    Nothing,
    /// Any word but a flag.
    Perhaps,
    Anything,
}

impl Takes {
    fn this(&self, word: &OsStr) -> bool {
        match self {
            Self::Nothing => false,
            Self::Perhaps => word != "--" && flag(word).is_none(),
            Self::Anything => true,
        }
    }
}

fn takes(flag: &[u8], command: &Command) -> Takes {
    let is_called = |arg: &&Arg| {
        let aliases = arg.get_all_aliases().unwrap_or_default();
        arg.get_long()
            .into_iter()
            .chain(aliases)
            .any(|name| name.as_bytes() == flag)
    };
    match command.get_arguments().find(is_called) {
        Some(arg) if !arg.get_action().takes_values() => Takes::Nothing,
        Some(arg)
            if arg
                .get_num_args()
                .is_some_and(|count| count.min_values() == 0) =>
        {
            Takes::Perhaps
        }
        Some(_) => Takes::Anything,
        None => Takes::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::command;

    fn folded(line: &str) -> String {
        let words = ["psgo"]
            .into_iter()
            .chain(line.split(' '))
            .map(OsString::from);
        let folded: Vec<_> = fold(words, &command());
        folded[1..].join(OsStr::new(" ")).into_string().unwrap()
    }

    #[test]
    fn one_dash_does_as_well_as_two() {
        for (typed, read) in [
            ("-list", "--list"),
            ("--list", "--list"),
            ("-pids 1", "--pids=1"),
            ("-pids=1", "--pids=1"),
            ("--pids 1", "--pids=1"),
            ("--pids=1", "--pids=1"),
            ("-format=pid=X -list", "--format=pid=X --list"),
            ("-noheader", "--noheader"),
            ("-help", "--help"),
            ("-version", "--version"),
        ] {
            assert_eq!(folded(typed), read, "{typed}");
        }
    }

    #[test]
    fn a_value_may_begin_with_a_dash() {
        assert_eq!(folded("-sort -rss -list"), "--sort=-rss --list");
        assert_eq!(folded("--sort -rss"), "--sort=-rss");
        assert_eq!(folded("-format -- -list"), "--format=-- --list");
    }

    #[test]
    fn a_value_that_may_be_left_out_is_never_a_flag() {
        assert_eq!(folded("-join -format pid"), "--join --format=pid");
        assert_eq!(folded("-join 5572 -list"), "--join=5572 --list");
        assert_eq!(folded("-join=5572"), "--join=5572");
        assert_eq!(folded("-pids 5 -join"), "--pids=5 --join");
        assert_eq!(folded("-join -- x"), "--join -- x");
    }

    #[test]
    fn an_unknown_flag_is_no_cluster_of_short_ones() {
        assert_eq!(folded("-pid 5"), "--pid 5");
        assert_eq!(folded("-hV"), "--hV");
    }

    #[test]
    fn short_flags_and_what_is_no_flag_stay() {
        for line in ["-h", "-V", "-", "5572", "completions bash -h"] {
            assert_eq!(folded(line), line);
        }
    }

    #[test]
    fn two_dashes_end_the_flags() {
        assert_eq!(folded("-list -- -list"), "--list -- -list");
    }

    #[test]
    fn a_subcommand_has_flags_of_its_own() {
        // `-sort` takes a value before the subcommand and is unknown after it.
        assert_eq!(folded("completions -sort -rss"), "completions --sort --rss");
    }

    #[test]
    fn a_value_need_not_be_utf_8() {
        let words = [
            "psgo".into(),
            "-proc".into(),
            OsString::from_vec(b"/\xff".to_vec()),
        ];
        assert_eq!(fold(words, &command())[1].as_bytes(), b"--proc=/\xff");
    }
}
