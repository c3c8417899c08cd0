//! The grammar of a listing, and the request parsed from it.

use std::{ffi::OsString, os::unix::ffi::OsStrExt as _};

use clap::{Arg, ArgAction, ArgMatches, parser::ValueSource};
use psgo::descriptor::Subject;

use crate::{
    failure::Failure,
    flags::{Output, Pace, Scope, Style, WHAT_TO_LIST, values},
};

/// A listing.
#[derive(Debug, Default)]
pub(crate) struct List {
    /// What the rows are.
    pub(crate) subject: Subject,
    /// Whether to list also what is open without a descriptor, the sockets of all networks, or
    /// namespaces that no runtime claims.
    pub(crate) all: bool,
    /// Whether to show the names of hosts.
    pub(crate) resolve: bool,
    /// Names of descriptors as they were given; `None` for the subject's default.
    pub(crate) format: Option<String>,
    /// Names to sort by.
    pub(crate) sort: Vec<String>,
    /// Which rows are wanted: those that match all of these.
    pub(crate) filters: Vec<String>,
    /// No more rows than these.
    pub(crate) limit: Option<usize>,
    /// Whether to show nothing, and only say by the exit status whether there is a row.
    pub(crate) is_quiet: bool,
    /// Texts that the name or the command line of a process contains, all of them. psgo's own
    /// processes are not listed then.
    pub(crate) words: Vec<Vec<u8>>,
    pub(crate) scope: Scope,
    pub(crate) style: Style,
    /// `None`: list once.
    pub(crate) pace: Option<Pace>,
}

/// The language of `-format`.
const FORMATS: &str = "\
Columns, by their names, codes or headers, between commas or blanks; -list has them all.

  pid,comm,%C       these columns
  user=WHO          with a header of your own; none after a bare =
  user:16           16 columns wide in a table: a longer text ends with +
  user:16=WHO       both
  +rss,nice         the default columns and these
  +user:16          the default columns, this one so

A number is never cut: its column is wider then. A width changes tables alone.";

/// The language of `-where`.
const FILTERS: &str = "\
Show only rows that match FILTER. Any column may stand in it, also one that is not shown:

  user=root   args!='a b'   equal, unequal; quotes where there are blanks, commas or &|()
  user=0      groups!=27    by the ID, where a number stands for a user or group
  comm in (bash,sh)         one of these; not in: none of these
  comm=ng*    args=*-c?*    a pattern: * is any text, ? any byte; in quotes neither
  comm~^k     args!~'a|b'   a regular expression is found, or is not
  rss>100MB   rss > 1 GiB   sizes: K and KiB are 1024 bytes, KB is 1000
  etime<1h30m age>01:00:00  durations: seconds, or with units
  stime=2026-11-20          on that day; > after it, >= from its start, < before it
  stime>'2026-11-20 22:05'  a date and a time, or RFC 3339
  stime>-1h                 a duration before now
  kthread     !kthread      a flag that is set, one that is not
  state=zombie              a word of the column, or its name
  capeff=SYS_ADMIN          has this capability; none, full
  groups=docker port=80     one of a list; listens on this port
  ancestor=4711             is below that process, however deep
  container=3f2a9c1b2d4e    is in that container, by its ID or the beginning of it
  remote=10.1.2.3           is connected with that host
  uid!=ruid   rss>vsz       by another column of the same kind
  netns=@4711               what process 4711 has there
  tty=?       label!=?      unknown, known

combined with && (and), || (or), ! (not) and parentheses; the words are case-insensitive. If -where is \
repeated, rows have to match all filters. An unknown value is neither equal nor unequal to anything. An \
error names the column of the filter at which it is wrong. A process or container that a filter names \
and that does not exist is reported, with exit status 1.";

/// The flags that say what to list.
pub(crate) fn list_flags() -> [Arg; 6] {
    [
        Arg::new("format")
            .long("format")
            .value_name("NAME,…")
            .help("Columns: pid,user, NAME=HEADER, NAME:WIDTH; +NAME adds to the default")
            .long_help(FORMATS),
        Arg::new("sort")
            .long("sort")
            .value_name("[-|+]NAME,…")
            .value_parser(values::names)
            .help("Sort by these descriptors, in descending order after a dash"),
        Arg::new("where")
            .long("where")
            .value_name("FILTER")
            .action(ArgAction::Append)
            .help("Show only rows that match FILTER: user=root && rss>100M")
            .long_help(FILTERS),
        Arg::new("limit")
            .long("limit")
            .value_name("N")
            .value_parser(values::limit)
            .help("Show the first N rows only, of each sample with -watch")
            .long_help(
                "Show the first N rows only, after sorting. Without -sort nothing is read after \
                 them. With -watch it holds for each sample.",
            ),
        Arg::new("quiet")
            .long("quiet")
            .action(ArgAction::SetTrue)
            .help("Print no rows: exit 0 if there is one, 1 if there is none")
            .long_help(
                "Print no rows. It ends with exit status 0 at the first row, with 1 if there is \
                 none. With -watch it waits for one, for -count samples at most.",
            ),
        Arg::new("list")
            .long("list")
            .action(ArgAction::SetTrue)
            .help("List the descriptors instead of processes"),
    ]
    .map(|arg| arg.help_heading(WHAT_TO_LIST))
}

/// What was asked.
pub(crate) fn request(matches: &ArgMatches, subject: Subject) -> Result<List, Failure> {
    let style: Style = Style::from_matches(matches).checked()?;
    style.check(matches, style.output == Output::Table)?;
    let has_header = matches!(style.output, Output::Table | Output::Csv | Output::CsvSafe);
    if style.no_header && !has_header {
        return Err(Failure::wrong_use(
            "-no-header needs -output table, csv or csv-safe",
        ));
    }
    let all_networks = subject == Subject::Sockets && matches.get_flag("all-networks");
    if all_networks && matches.contains_id("join") {
        return Err(Failure::wrong_use(
            "-all-networks lists the networks of the host, -join one of a container: give one of them",
        ));
    }
    let scope = Scope::from_matches(matches)?;
    let pace = Pace::from_matches(matches)?;
    if pace.is_some() && style.output == Output::Json {
        return Err(Failure::wrong_use(
            "one array cannot be watched: -watch needs -output ndjson, csv or table",
        ));
    }
    Ok(List {
        subject,
        all: all_networks
            || (matches!(subject, Subject::Files | Subject::Containers) && matches.get_flag("all")),
        resolve: subject == Subject::Sockets && matches.get_flag("resolve"),
        format: matches.get_one("format").cloned(),
        sort: matches.get_one("sort").cloned().unwrap_or_default(),
        limit: matches.get_one("limit").copied(),
        is_quiet: matches.get_flag("quiet"),
        filters: values::all(matches, "where"),
        words: words(matches)?,
        scope,
        style,
        pace,
    })
}

/// The words of `psgo find`, which no other listing has.
fn words(matches: &ArgMatches) -> Result<Vec<Vec<u8>>, Failure> {
    let words = matches.try_get_many::<OsString>("word").ok().flatten();
    let words = words.into_iter().flatten();
    let words: Vec<_> = words.map(|word| word.as_bytes().to_vec()).collect();
    if words.iter().any(Vec::is_empty) {
        return Err(Failure::wrong_use(
            "an empty word is in the name of every process: psgo alone lists them",
        ));
    }
    Ok(words)
}

/// Whether the names of the descriptors are asked for. That takes no other flag.
pub(crate) fn is_list(matches: &ArgMatches) -> Result<bool, Failure> {
    if !matches.get_flag("list") {
        return Ok(false);
    }
    let others = matches.ids().map(clap::Id::as_str);
    let other = others
        .filter(|id| matches.value_source(id) == Some(ValueSource::CommandLine))
        .find(|id| *id != "list");
    match other {
        None => Ok(true),
        Some(other) => Err(Failure::WrongUse(format!(
            "-list shows the names of the descriptors alone: it takes no {}",
            if other == "word" {
                "WORD".to_owned()
            } else {
                format!("-{other}")
            }
        ))),
    }
}
