//! The command's grammar: one description, from which parsing, help, completions and the man page
//! are made. It dispatches to the commands, which describe themselves.

use std::ffi::OsString;

use clap::{Arg, ArgAction, ArgMatches, Command, error::ErrorKind};
use clap_complete::Shell;
use psgo::descriptor::Subject;

use crate::{
    completions, descriptors, drift,
    failure::Failure,
    flags::{OTHERS, help, pace_flags, scope_flags, style_flags},
    fold, inspect,
    list::{self, list_flags, tables::TABLES},
    proc, terminal, wrong_use,
};

/// What psgo was asked for.
#[derive(Debug)]
pub(crate) enum Request {
    /// A listing.
    List(Box<list::List>),
    /// The names of the descriptors.
    Descriptors(Subject),
    /// All about processes.
    Inspect(Box<inspect::Inspect>),
    /// A file of `/proc` as records.
    Proc(Box<proc::Proc>),
    /// What should run against what runs.
    Drift(Box<drift::Drift>),
    /// Completions for a shell.
    Completions(Shell),
    /// A text of clap's: help, version.
    Text(String),
}

/// Examples: what to type, and what it shows.
pub(crate) const EXAMPLES: &[(&str, &str)] = &[
    ("psgo", "every process of this host"),
    (
        "psgo -format pid,user,seccomp,capeff -sort user",
        "chosen columns, sorted",
    ),
    (
        "psgo find nginx worker",
        "the processes whose name or command line contains both words",
    ),
    (
        "psgo -where 'user=root && rss>100M'",
        "only those of root with more than 100 MiB",
    ),
    (
        "psgo -pids 1,4711 -output json",
        "two processes, for a program",
    ),
    (
        "psgo -pids 5572 -join",
        "every process of the container that 5572 runs in",
    ),
    (
        "psgo -pids 5572 -join -format pid,hpid,args",
        "the same, with their pids on the host",
    ),
    ("psgo -join 5572 -pids 1", "the container's own process 1"),
    ("psgo -join web", "every process of the container web"),
    (
        "psgo -human -sort -rss -limit 10 -format +rss",
        "the ten that use the most memory, in sizes that people read",
    ),
    (
        "psgo -quiet -where 'comm=nginx'",
        "exit status 0 if there is one, for a script",
    ),
    (
        "psgo -pids 4711@81375",
        "that process and no later one with its pid; the column starttime shows the start",
    ),
    (
        "psgo inspect 1 -join 5572",
        "all about the container's own process 1",
    ),
    (
        "psgo -format pid,pcpu,args -sort -pcpu -watch 2",
        "what is busy now, looked at every two seconds",
    ),
    (
        "psgo sockets -join 5572 -where state=LISTEN",
        "who listens in a container, and where",
    ),
    (
        "psgo files -where deleted -sort -size -format pid,comm,size,name",
        "which removed log fills the disk",
    ),
    (
        "psgo containers -sort -memory",
        "what each container uses, whichever runtime made it",
    ),
    (
        "psgo drift -missing -retry",
        "what should run and does not, by what psgo drift write has saved",
    ),
    (
        "psgo proc net/tcp -output json",
        "a file of /proc as records, of any process or container, or a copy of one",
    ),
];

/// What the exit status means.
pub(crate) const EXITS: [(&str, &str); 3] = [
    ("0", "all that was asked for"),
    (
        "1",
        "incomplete: a named process is gone or denied, a container could not be joined, a filter \
         depends on what could not be read or names what does not exist, a cell of a named process \
         is denied, a cell did not answer or could not be read, a table of sockets could not be read \
         in full, what was watched has ended, the deadline came, or a read that no signal ends does not answer; \
         -quiet: there is no row; \
         drift: there are differences; proc -check: a file does not come back",
    ),
    ("2", "wrong use, or trouble that prevented an answer"),
];

/// The description.
pub(crate) fn command() -> Command {
    described(|_| true)
}

/// The description; only wanted subcommands are described in full. Describing them all takes longer
/// than listing a few processes.
fn described(is_wanted: impl Fn(&str) -> bool) -> Command {
    Command::new("psgo")
        .version(env!("CARGO_PKG_VERSION"))
        .about("ps for processes and containers")
        .long_about(
            "Tells what the processes of this host and of its containers are, without running \
             anything inside a container. Columns are chosen by the names of descriptors.\n\n\
             One dash before a flag does as well as two: -pids 1, -pids=1, --pids 1 and --pids=1 \
             are the same. If a flag is repeated, the last one counts, except that all -pids are \
             listed and all -where have to match.",
        )
        .override_usage(
            "psgo [FLAGS]\n       psgo find WORD… [FLAGS]\n       psgo sockets|files|timers|containers [FLAGS]\n       psgo inspect PID… [FLAGS]\n       psgo proc PATH|FILE|- [FLAGS]\n       \
             psgo drift [COMMAND] [FLAGS]\n       psgo completions SHELL\n       psgo help [COMMAND]",
        )
        .after_help("psgo --help tells more: examples, exit status, every descriptor.")
        .max_term_width(MAX_WIDTH)
        .args_override_self(true)
        .args_conflicts_with_subcommands(true)
        .disable_help_flag(true)
        .disable_version_flag(true)
        .disable_help_subcommand(true)
        .args(list_flags())
        .args(scope_flags())
        .args(style_flags())
        .args(pace_flags())
        .arg(help())
        .arg(
            Arg::new("version")
                .long("version")
                .short('V')
                .action(ArgAction::Version)
                .help_heading(OTHERS)
                .help("Print the version"),
        )
        .subcommands(commands().map(|(name, about, describe)| {
            let command = Command::new(name)
                .about(about)
                .disable_help_flag(true)
                .args_override_self(true);
            if is_wanted(name) {
                describe(command)
            } else {
                command
            }
        }))
}

/// Adds everything but its name and summary to a command.
type Describe = fn(Command) -> Command;

/// The subcommands: their names, what they do, and the rest of their descriptions.
fn commands() -> impl Iterator<Item = (&'static str, &'static str, Describe)> {
    let tables = TABLES.iter();
    let tables = tables.map(|table| (table.name, table.about, table.describe));
    tables.chain(COMMANDS)
}

/// Those that are not listings.
const COMMANDS: [(&str, &str, Describe); 5] = [
    ("inspect", "Tell all about a process", inspect::describe),
    (
        "proc",
        "Print a file of /proc as records, or a copy of one",
        proc::describe,
    ),
    (
        "drift",
        "Compare what should run with what runs",
        drift::describe,
    ),
    (
        "completions",
        "Print a shell's completions",
        completions::describe,
    ),
    ("help", "Print the help of a command", describe_help),
];

/// The description of `psgo help`, which [`fold`](fold::fold) rewrites.
fn describe_help(command: Command) -> Command {
    command
        .arg(
            Arg::new("command")
                .value_name("COMMAND")
                .num_args(0..)
                .help("The command: psgo help drift write is psgo drift write -help"),
        )
        .arg(help())
}

/// The longest line of help, however wide the terminal.
const MAX_WIDTH: usize = 100;

/// What a command line, beginning with the program's own name, asks for.
pub(crate) fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Request, Failure> {
    let args: Vec<_> = args.into_iter().collect();
    // A command that is named is among the words; whether the word is a command, clap decides.
    let mut command = described(|name| args.iter().any(|arg| arg == name));
    let args = fold::fold(fold::help(args, &command), &command);
    let words = args.clone();
    if args.iter().any(|arg| arg == "--help") {
        // Only here: the descriptors' text takes time, and nothing else needs it.
        command = command.after_long_help(more_help());
    }
    match command.try_get_matches_from(args) {
        Ok(matches) => request(&matches),
        Err(text)
            if matches!(
                text.kind(),
                ErrorKind::DisplayHelp | ErrorKind::DisplayVersion
            ) =>
        {
            Ok(Request::Text(text.to_string()))
        }
        Err(error) => Err(Failure::WrongUse(wrong_use::explain(
            &error,
            &words,
            &described(|_| true),
        ))),
    }
}

fn more_help() -> String {
    let width = terminal::width().map_or(MAX_WIDTH, |width| width.min(MAX_WIDTH));
    format!(
        "Examples:\n{}\nExit status:\n{}\nDescriptors, with their codes and headers:\n{}",
        explained(EXAMPLES),
        explained(&EXITS),
        descriptors::explained("  ", width)
    )
}

/// A line for each: the thing, what it is.
fn explained(things: &[(&str, &str)]) -> String {
    let widest = things
        .iter()
        .map(|(thing, _)| thing.len())
        .max()
        .unwrap_or(0);
    let line = |(thing, what): &(&str, &str)| format!("  {thing:widest$}  {what}\n");
    things.iter().map(line).collect()
}

fn request(matches: &ArgMatches) -> Result<Request, Failure> {
    let (name, matches) = matches.subcommand().unwrap_or(("", matches));
    Ok(match name {
        "completions" => {
            // It is a required argument, so it is there; the default is never used.
            let shell = matches.get_one("shell").copied();
            Request::Completions(shell.unwrap_or(Shell::Bash))
        }
        "inspect" => Request::Inspect(Box::new(inspect::request(matches)?)),
        "proc" => Request::Proc(Box::new(proc::request(matches)?)),
        // Only what does not name a command: fold has rewritten the rest.
        "help" => {
            let words = matches.get_many::<String>("command").into_iter().flatten();
            let word = words.last().map_or("", String::as_str);
            return Err(Failure::WrongUse(wrong_use::no_help(word)));
        }
        "drift" => Request::Drift(Box::new(drift::request(matches)?)),
        name => {
            let table = TABLES.iter().find(|table| table.name == name);
            let subject = table.map_or(Subject::Processes, |table| table.subject);
            if list::is_list(matches)? {
                Request::Descriptors(subject)
            } else {
                Request::List(Box::new(list::request(matches, subject)?))
            }
        }
    })
}
