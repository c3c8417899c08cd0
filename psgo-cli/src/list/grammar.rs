//! The grammar of a listing, and the request parsed from it.

use clap::{Arg, ArgAction, ArgMatches};
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
    /// Whether to list also what is open without a descriptor.
    pub(crate) all: bool,
    /// Whether to show the names of hosts.
    pub(crate) resolve: bool,
    /// Names of descriptors as they were given; `None` for the subject's default.
    pub(crate) format: Option<String>,
    /// Names to sort by.
    pub(crate) sort: Vec<String>,
    /// Which rows are wanted.
    pub(crate) filter: Option<String>,
    pub(crate) scope: Scope,
    pub(crate) style: Style,
    /// `None`: list once.
    pub(crate) pace: Option<Pace>,
}

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

/// The flags that say what to list.
pub(crate) fn list_flags() -> [Arg; 4] {
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
    .map(|arg| arg.help_heading(WHAT_TO_LIST))
}

/// What was asked.
pub(crate) fn request(matches: &ArgMatches, subject: Subject) -> Result<List, Failure> {
    let style = Style::from_matches(matches);
    let scope = Scope::from_matches(matches)?;
    let pace = Pace::from_matches(matches)?;
    if pace.is_some() && style.output == Output::Json {
        return Err(Failure::wrong_use(
            "one array cannot be watched: -watch needs -output ndjson, csv or table",
        ));
    }
    Ok(List {
        subject,
        all: subject == Subject::Files && matches.get_flag("all"),
        resolve: subject == Subject::Sockets && matches.get_flag("resolve"),
        format: matches.get_one("format").cloned(),
        sort: matches.get_one("sort").cloned().unwrap_or_default(),
        filter: matches.get_one("where").cloned(),
        scope,
        style,
        pace,
    })
}
