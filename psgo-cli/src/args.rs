//! The command's grammar: one description, of which the parsing, the help, the completions and
//! the man page are made; and what was asked, typed.

use std::{ffi::OsString, num::NonZeroUsize, path::PathBuf, time::Duration};

use clap::{
    Arg, ArgAction, ArgMatches, Command, ValueEnum, builder::PossibleValue, error::ErrorKind,
    value_parser,
};
use clap_complete::Shell;
use psgo::{Pid, descriptor::Subject};

use crate::{
    completions, descriptors, drift,
    failure::Failure,
    fold, inspect, proc,
    tables::{self, TABLES},
    terminal, values,
    watch::Pace,
    wrong_use,
};

/// What psgo was asked for.
#[derive(Debug)]
pub(crate) enum Request {
    /// A listing of processes.
    List(Box<List>),
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

/// A listing.
#[derive(Debug, Default)]
pub(crate) struct List {
    /// What the rows are.
    pub(crate) subject: Subject,
    /// Whether to list also what is open without a descriptor.
    pub(crate) all: bool,
    /// Whether to show the names of hosts.
    pub(crate) resolve: bool,
    /// Names of descriptors as they were given; none means psgo's own choice.
    pub(crate) format: Option<String>,
    /// Names to sort by.
    pub(crate) sort: Vec<String>,
    /// Which rows are wanted.
    pub(crate) filter: Option<String>,
    /// Where to look.
    pub(crate) look: Look,
    /// How to show it.
    pub(crate) show: Show,
    /// How often; nothing for once.
    pub(crate) watch: Option<Pace>,
}

/// Which processes, seen from where.
#[derive(Debug, Clone, Default)]
pub(crate) struct Look {
    /// These alone.
    pub(crate) pids: Option<Vec<Pid>>,
    /// Whether to look from inside a container.
    pub(crate) join: Option<Join>,
    /// Whether the host's ids come from this process's user namespace.
    pub(crate) fill_mappings: bool,
    /// Another proc directory.
    pub(crate) proc: Option<PathBuf>,
    /// How long to wait for what does not answer.
    pub(crate) timeout: Option<Duration>,
    /// How many threads read.
    pub(crate) threads: Option<NonZeroUsize>,
}

/// Which containers to look from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Join {
    /// Those of the listed pids, as psgo does it.
    Each,
    /// That of this pid; all other pids are the container's own.
    Into(Pid),
}

/// How to show a listing.
#[derive(Debug, Clone, Default)]
pub(crate) struct Show {
    pub(crate) output: Output,
    pub(crate) no_header: bool,
    /// Columns of the terminal to keep to; 0 for no limit, nothing for the terminal's own.
    pub(crate) width: Option<usize>,
    pub(crate) color: Color,
}

/// A form of output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Output {
    #[default]
    Table,
    Json,
    Ndjson,
    Csv,
}

impl ValueEnum for Output {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self::Table, Self::Json, Self::Ndjson, Self::Csv]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(match self {
            Self::Table => PossibleValue::new("table")
                .help("columns, for people; of a cell no more than 64 KiB, or 1 KiB after 16 MiB"),
            Self::Json => PossibleValue::new("json").help("one array of objects"),
            Self::Ndjson => PossibleValue::new("ndjson").help("one object a line"),
            Self::Csv => PossibleValue::new("csv").help("the table's text, between commas"),
        })
    }
}

/// When to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Color {
    #[default]
    Auto,
    Always,
    Never,
}

impl ValueEnum for Color {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self::Auto, Self::Always, Self::Never]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(match self {
            Self::Auto => PossibleValue::new("auto").help("on a terminal, unless NO_COLOR is set"),
            Self::Always => PossibleValue::new("always"),
            Self::Never => PossibleValue::new("never"),
        })
    }
}

/// What people type, and what they get.
pub(crate) const EXAMPLES: &[(&str, &str)] = &[
    ("psgo", "every process of this host"),
    (
        "psgo -format pid,user,seccomp,capeff -sort user",
        "chosen columns, sorted",
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
        "psgo files -where deleted=yes",
        "what is held open and has no name any more",
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

/// The language of `-where`.
const FILTERS: &str = "\
Only those for which it holds. Any column may stand in it, also one that is not shown:

  user=root   args!='a b'   equal, unequal; quotes where there are blanks or &|()
  comm=ng*    args=*-c?*    a pattern: * is any text, ? any byte; in quotes neither
  comm~^k     args!~'a|b'   a regular expression is found, or is not
  rss>100M    etime<1h30m   sizes (bytes, K, M, G), durations (seconds, s, m, h, d)
  stime>2026-11-20          a date, 'a date and a time', or RFC 3339
  capeff=SYS_ADMIN          has this capability; none, full
  groups=docker port=80     one of a list; listens on this port
  ancestor=4711             is below that process, however deep
  container=3f2a*           is in that container, by its ID
  remote=10.1.2.3:*         is connected with that host
  tty=?       label!=?      unknown, known

joined by && and || or !, or by and, or, not, and parentheses. What is unknown is neither equal \
nor unequal to anything. An error tells the column of the filter at which it is wrong.";

/// What the exit status says.
pub(crate) const EXITS: [(&str, &str); 3] = [
    ("0", "all that was asked for"),
    (
        "1",
        "incomplete: a named process is gone or denied, a container could not be joined; \
         drift: there are differences; proc -check: a file does not come back",
    ),
    ("2", "wrong use, or trouble that prevented an answer"),
];

/// The description.
pub(crate) fn command() -> Command {
    described(|_| true)
}

/// The description, of the subcommands in full only of those that are wanted: to describe all
/// takes longer than to list a few processes.
fn described(is_wanted: impl Fn(&str) -> bool) -> Command {
    Command::new("psgo")
        .version(env!("CARGO_PKG_VERSION"))
        .about("ps for processes and containers")
        .long_about(
            "Tells what the processes of this host and of its containers are, without running \
             anything inside a container. Columns are chosen by the names of descriptors.\n\n\
             One dash before a flag does as well as two: -pids 1, -pids=1, --pids 1 and --pids=1 \
             are the same. Where a flag is given twice, the last one counts.",
        )
        .override_usage(
            "psgo [FLAGS]\n       psgo sockets|files|timers [FLAGS]\n       psgo inspect PID… [FLAGS]\n       psgo proc PATH|FILE|- [FLAGS]\n       \
             psgo drift [COMMAND] [FLAGS]\n       psgo completions SHELL",
        )
        .after_help("psgo --help tells more: examples, exit status, every descriptor.")
        .max_term_width(MAX_WIDTH)
        .args_override_self(true)
        .args_conflicts_with_subcommands(true)
        .disable_help_flag(true)
        .disable_version_flag(true)
        .disable_help_subcommand(true)
        .args(what_to_list())
        .args(where_to_look())
        .args(how_to_show())
        .args(how_often())
        .arg(help())
        .arg(
            Arg::new("version")
                .long("version")
                .short('V')
                .action(ArgAction::Version)
                .help_heading(OTHERS)
                .help("Print the version"),
        )
        .subcommands(COMMANDS.iter().map(|(name, about, describe)| {
            let command = Command::new(name)
                .about(*about)
                .disable_help_flag(true)
                .args_override_self(true);
            if is_wanted(name) {
                describe(command)
            } else {
                command
            }
        }))
}

/// Adds to a command what there is to say of it.
type Describe = fn(Command) -> Command;

/// The subcommands: their names, what they do, and all else.
const COMMANDS: [(&str, &str, Describe); 7] = [
    ("sockets", "List sockets, and who has them", tables::sockets),
    ("files", "List what processes hold open", tables::files),
    ("timers", "List the timers of processes", tables::timers),
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
];

/// No line of help is longer, however wide the terminal.
const MAX_WIDTH: usize = 100;

/// Where no other heading fits.
const OTHERS: &str = "Others";

pub(crate) fn help() -> Arg {
    Arg::new("help")
        .long("help")
        .short('h')
        .action(ArgAction::Help)
        .help_heading(OTHERS)
        .help("Print help, -h in short")
}

pub(crate) fn what_to_list() -> [Arg; 4] {
    [
        Arg::new("format")
            .long("format")
            .value_name("NAME,…")
            .help("Columns: names or codes of descriptors, NAME=HEADER for another header"),
        Arg::new("sort")
            .long("sort")
            .value_name("[-]NAME,…")
            .value_parser(values::names)
            .help("Sort by these descriptors, backwards after a dash"),
        Arg::new("where")
            .long("where")
            .value_name("FILTER")
            .help("Only those for which it holds: user=root && rss>100M")
            .long_help(FILTERS),
        Arg::new("list")
            .long("list")
            .action(ArgAction::SetTrue)
            .help("List the descriptors instead of processes"),
    ]
    .map(|arg| arg.help_heading("What to list"))
}

pub(crate) fn where_to_look() -> [Arg; 6] {
    [
        Arg::new("pids")
            .long("pids")
            .value_name("PID,…")
            .value_parser(values::pids)
            .help("Only these processes; none at all gives headers only"),
        Arg::new("join")
            .long("join")
            .value_name("PID")
            .num_args(0..=1)
            .value_parser(values::pid)
            .help(
                "Look from inside the container of PID, where -pids are its own numbers; \
                 without PID, list the containers of -pids",
            ),
        Arg::new("fill-mappings")
            .long("fill-mappings")
            .action(ArgAction::SetTrue)
            .help("With -join: host ids are those outside this process's user namespace"),
        Arg::new("proc")
            .long("proc")
            .value_name("DIR")
            .value_parser(value_parser!(PathBuf))
            .help("Read this directory instead of /proc"),
        Arg::new("timeout")
            .long("timeout")
            .value_name("SECONDS")
            .value_parser(values::seconds)
            .help("How long to wait for what does not answer [default: 2]"),
        Arg::new("threads")
            .long("threads")
            .value_name("N")
            .value_parser(values::threads)
            .help("How many threads read [default: as many as pay]"),
    ]
    .map(|arg| arg.help_heading("Where to look"))
}

pub(crate) fn how_to_show() -> [Arg; 4] {
    [
        Arg::new("output")
            .long("output")
            .value_name("FORM")
            .value_parser(value_parser!(Output))
            .help("Form of the answer [default: table]"),
        Arg::new("no-header")
            .long("no-header")
            // Its spelling in early versions of psgo.
            .alias("noheader")
            .action(ArgAction::SetTrue)
            .help("Leave out the line of headers"),
        Arg::new("width")
            .long("width")
            .value_name("N")
            .value_parser(values::width)
            .help("Cut the last column at N [default: the terminal's width; 0 cuts nothing]"),
        Arg::new("color")
            .long("color")
            .value_name("WHEN")
            .value_parser(value_parser!(Color))
            .help("Whether to colour tables [default: auto]"),
    ]
    .map(|arg| arg.help_heading("How to show it"))
}

pub(crate) fn how_often() -> [Arg; 2] {
    [
        Arg::new("watch")
            .long("watch")
            .value_name("SECONDS")
            .value_parser(values::seconds)
            .help(
                "Look again every so many seconds, 0.5 too; q or Ctrl-C ends it, and what was \
                 last seen stays on the terminal",
            )
            .long_help(
                "Look again every so many seconds, 0.5 too. pcpu and the columns that end in ps \
                 then tell of the time since the look before, and are ? on the first look.\n\n\
                 On a terminal a table is redrawn in place, as many rows as there is room for; q \
                 or Ctrl-C ends it, and what was last seen stays, below what was there before. \
                 Otherwise look follows look: tables with an empty line between, and in ndjson \
                 and csv each row begins with the moment of its look, at.",
            ),
        Arg::new("count")
            .long("count")
            .value_name("N")
            .value_parser(values::count)
            .help("With -watch: end after so many looks"),
    ]
    .map(|arg| arg.help_heading("How often"))
}

/// What the words of a command line, the program's own name first, ask for.
pub(crate) fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Request, Failure> {
    let args: Vec<_> = args.into_iter().collect();
    // One that is named is among the words; whether it is the command, clap finds out.
    let mut command = described(|name| args.iter().any(|arg| arg == name));
    let args = fold::fold(args, &command);
    if args.iter().any(|arg| arg == "--help") {
        // Only now: nobody else needs the descriptors' text.
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
        Err(error) => Err(Failure::WrongUse(wrong_use::explain(&error))),
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
    if let Some(("completions", matches)) = matches.subcommand() {
        // Required, so it is there; Bash is what most would have meant.
        let shell = matches.get_one("shell").copied();
        return Ok(Request::Completions(shell.unwrap_or(Shell::Bash)));
    }
    if let Some(("inspect", matches)) = matches.subcommand() {
        return Ok(Request::Inspect(Box::new(inspect::request(matches)?)));
    }
    if let Some(("proc", matches)) = matches.subcommand() {
        return Ok(Request::Proc(Box::new(proc::request(matches)?)));
    }
    if let Some(("drift", matches)) = matches.subcommand() {
        return Ok(Request::Drift(Box::new(drift::request(matches)?)));
    }
    for (name, subject) in TABLES {
        if let Some(matches) = matches.subcommand_matches(name) {
            return listing(matches, subject);
        }
    }
    listing(matches, Subject::Processes)
}

fn listing(matches: &ArgMatches, subject: Subject) -> Result<Request, Failure> {
    if matches.get_flag("list") {
        return Ok(Request::Descriptors(subject));
    }
    let show = Show {
        output: matches.get_one("output").copied().unwrap_or_default(),
        no_header: matches.get_flag("no-header"),
        width: matches.get_one("width").copied(),
        color: matches.get_one("color").copied().unwrap_or_default(),
    };
    Ok(Request::List(Box::new(List {
        subject,
        all: subject == Subject::Files && matches.get_flag("all"),
        resolve: subject == Subject::Sockets && matches.get_flag("resolve"),
        format: matches.get_one("format").cloned(),
        sort: matches.get_one("sort").cloned().unwrap_or_default(),
        filter: matches.get_one("where").cloned(),
        look: look(matches)?,
        watch: pace(matches, show.output)?,
        show,
    })))
}

fn pace(matches: &ArgMatches, output: Output) -> Result<Option<Pace>, Failure> {
    let count = matches.get_one("count").copied();
    match matches.get_one("watch").copied() {
        None if count.is_some() => Err(Failure::wrong_use("-count needs -watch")),
        None => Ok(None),
        Some(_) if output == Output::Json => Err(Failure::wrong_use(
            "one array cannot be watched: -watch needs -output ndjson, csv or table",
        )),
        Some(every) => Ok(Some(Pace { every, count })),
    }
}

pub(crate) fn look(matches: &ArgMatches) -> Result<Look, Failure> {
    let look = Look {
        pids: matches.get_one("pids").cloned(),
        join: matches.contains_id("join").then(|| {
            matches
                .get_one("join")
                .map_or(Join::Each, |pid| Join::Into(*pid))
        }),
        fill_mappings: matches!(matches.try_get_one("fill-mappings"), Ok(Some(true))),
        proc: matches.get_one("proc").cloned(),
        timeout: matches.get_one("timeout").copied(),
        // A command that reads one file knows no such flag.
        threads: matches.try_get_one("threads").ok().flatten().copied(),
    };
    if look.fill_mappings && look.join.is_none() {
        return Err(Failure::wrong_use("-fill-mappings needs -join"));
    }
    if look.join == Some(Join::Each) && look.pids.is_none() {
        return Err(Failure::wrong_use(
            "-join needs a pid, its own or those of -pids",
        ));
    }
    Ok(look)
}
