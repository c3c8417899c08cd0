//! The grammar of `psgo proc`, and the request parsed from it.

use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Command, ValueEnum, builder::PossibleValue, value_parser};

use psgo::format;

use crate::{
    failure::Failure,
    flags::{
        CSV_SAFE, HOW_OFTEN, HOW_TO_SHOW, Join, Pace, Scope, Style, count_flag, help, output_flag,
        scope_flags_named, values, watch_flag,
    },
    meant::in_shell,
    wrong_use,
};

/// What `psgo proc` was asked for.
#[derive(Debug)]
pub(crate) struct Proc {
    pub(crate) what: What,
    pub(crate) scope: Scope,
    pub(crate) style: Style<Form>,
    /// The byte between the cells of a line.
    pub(crate) delimiter: u8,
    /// Whether a raw file is written to a terminal whatever is in it.
    pub(crate) force: bool,
    /// Only these fields, in this order; empty for all.
    pub(crate) only: Vec<String>,
    pub(crate) watch: Option<Watch>,
}

/// What to read.
#[derive(Debug)]
pub(crate) enum What {
    /// A file below `/proc`.
    File(String),
    /// A copy of one, of the format of that name, or the one that its own name implies.
    Copy(PathBuf, Option<String>),
    /// Standard input, of the format of that name.
    Input(String),
    /// The list of files that psgo knows.
    List,
    /// Every file here, to check that psgo understands it.
    Check,
}

/// How changes of numbers are watched.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Watch {
    pub(crate) pace: Pace,
    pub(crate) least: Least,
    pub(crate) by: By,
}

/// The smallest change that is shown.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Least {
    pub(crate) percent: f64,
    pub(crate) change: f64,
}

/// How rows are grouped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum By {
    #[default]
    Mapping,
    Path,
    Total,
}

impl ValueEnum for By {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self::Mapping, Self::Path, Self::Total]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(match self {
            Self::Mapping => PossibleValue::new("mapping").help("each row by itself"),
            Self::Path => PossibleValue::new("path").help("sums over the rows of one path"),
            Self::Total => PossibleValue::new("total").help("sums over all rows"),
        })
    }
}

/// A form of records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Form {
    #[default]
    Fields,
    Raw,
    Json,
    Ndjson,
    Csv,
    CsvSafe,
}

impl ValueEnum for Form {
    fn value_variants<'a>() -> &'a [Self] {
        &[
            Self::Fields,
            Self::Raw,
            Self::Json,
            Self::Ndjson,
            Self::Csv,
            Self::CsvSafe,
        ]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(match self {
            Self::Fields => PossibleValue::new("fields").help("names and values, for people"),
            Self::Raw => PossibleValue::new("raw").help("the file, written back from its records"),
            Self::Json => {
                PossibleValue::new("json").help("an object; of a table an array of objects")
            }
            Self::Ndjson => PossibleValue::new("ndjson").help("one object a line"),
            Self::Csv => PossibleValue::new("csv").help("a column for each field, a.b for b of a"),
            Self::CsvSafe => PossibleValue::new("csv-safe").help(CSV_SAFE),
        })
    }
}

/// The description.
pub(crate) fn describe(command: Command) -> Command {
    // One file is read, and no name is looked up: no -threads and no -fill-mappings.
    let places = scope_flags_named(&[
        "pids",
        "join",
        "proc",
        "timeout",
        "deadline",
        "runtime-root",
    ]);
    let places = places.map(|place| match place.get_id().as_str() {
        "pids" => place.help("Read the file of each of these processes"),
        _ => place,
    });
    command
        .long_about(
            "Prints a file of /proc as records: net/tcp, /proc/meminfo, 1234/smaps, self/status, \
             kernel.pid_max. A copy is known by its name, /backup/net/tcp6 or ./meminfo, or told \
             by -as; - is standard input. With -watch it prints the numbers that move.",
        )
        .override_usage(
            "psgo proc PATH|FILE|- [-as FORMAT] [FLAGS]\n       psgo proc -list\n       psgo proc -check",
        )
        .arg(
            Arg::new("path")
                .value_name("PATH")
                .help("A file below /proc, a copy of one (with a slash before or ./), or -"),
        )
        .args(what())
        .args(places)
        .args(how())
        .args(how_often())
        .arg(help())
}

fn what() -> [Arg; 4] {
    [
        Arg::new("as")
            .long("as")
            .value_name("FORMAT")
            .help("What a copy is a copy of: net/tcp, PID/stat"),
        Arg::new("only")
            .long("only")
            .value_name("FIELD,…")
            .value_parser(values::names)
            .help("Only these fields, in this order; a.b is b of a"),
        Arg::new("list")
            .long("list")
            .action(ArgAction::SetTrue)
            .help("List the files that psgo knows, and whether they are here"),
        Arg::new("check")
            .long("check")
            .action(ArgAction::SetTrue)
            .help("Read every file here and see that it comes back byte for byte"),
    ]
    .map(|arg| arg.help_heading("What to read"))
}

fn how() -> [Arg; 3] {
    [
        output_flag::<Form>(),
        Arg::new("delimiter")
            .long("delimiter")
            .value_name("CHAR")
            .value_parser(parse_delimiter)
            .help("What stands between the cells of csv [default: ,]"),
        Arg::new("force")
            .long("force")
            .action(ArgAction::SetTrue)
            .help("With -output raw: write control characters to a terminal too"),
    ]
    .map(|arg| arg.help_heading(HOW_TO_SHOW))
}

fn how_often() -> [Arg; 5] {
    [
        watch_flag("Look again every so many seconds, and print which numbers moved"),
        count_flag(),
        Arg::new("percent")
            .long("percent")
            .value_name("N")
            .value_parser(parse_least)
            .help("With -watch: only what moved by so many percent at least"),
        Arg::new("change")
            .long("change")
            .value_name("N")
            .value_parser(parse_least)
            .help("With -watch: only what moved by so much at least"),
        Arg::new("by")
            .long("by")
            .value_name("WHAT")
            .value_parser(value_parser!(By))
            .help("With -watch: how rows are taken together [default: mapping]"),
    ]
    .map(|arg| arg.help_heading(HOW_OFTEN))
}

/// What was asked.
pub(crate) fn request(matches: &ArgMatches) -> Result<Proc, Failure> {
    let style = Style::from_matches(matches);
    let form = style.output;
    let only: Vec<String> = matches.get_one("only").cloned().unwrap_or_default();
    if form == Form::Raw && !only.is_empty() {
        return Err(Failure::wrong_use(
            "-output raw is the whole file: it takes no -only",
        ));
    }
    let force = matches.get_flag("force");
    if force && form != Form::Raw {
        return Err(Failure::wrong_use("-force needs -output raw"));
    }
    let delimiter = matches.get_one("delimiter").copied();
    if delimiter.is_some() && !matches!(form, Form::Csv | Form::CsvSafe) {
        return Err(Failure::wrong_use(
            "-delimiter needs -output csv or csv-safe",
        ));
    }
    let scope = Scope::from_matches(matches)?;
    let what = what_of(matches, &scope)?;
    let watch = watch(matches, form)?;
    if watch.is_some() && !matches!(what, What::File(_)) {
        return Err(Failure::wrong_use("-watch needs a file below /proc"));
    }
    let is_table = matches!(what, What::List | What::Check);
    if is_table && (form == Form::Raw || !only.is_empty()) {
        return Err(Failure::wrong_use(
            "-list and -check take no -only and no -output raw",
        ));
    }
    Ok(Proc {
        what,
        scope,
        style,
        delimiter: delimiter.unwrap_or(b','),
        force,
        only,
        watch,
    })
}

fn what_of(matches: &ArgMatches, scope: &Scope) -> Result<What, Failure> {
    let path = matches.get_one::<String>("path");
    let format = matches.get_one::<String>("as").cloned();
    let (list, check) = (matches.get_flag("list"), matches.get_flag("check"));
    let Some(path) = path else {
        if let Some(format) = format {
            return Err(only_as(&format));
        }
        let names_containers = scope.join == Some(Join::Each);
        if (list || check) && scope.pids.is_some() && !names_containers {
            return Err(Failure::wrong_use(
                "-list and -check take -pids only with a -join that has no pid of its own",
            ));
        }
        return match (list, check) {
            (true, false) => Ok(What::List),
            (false, true) => Ok(What::Check),
            (true, true) => Err(Failure::wrong_use("-list or -check, not both")),
            (false, false) => Err(Failure::wrong_use(
                "proc needs a path, as net/tcp; -list shows them all",
            )),
        };
    };
    if list || check {
        return Err(Failure::wrong_use("-list and -check take no path"));
    }
    let is_copy = path == "-" || format::in_proc(path).is_none();
    let is_in_proc = path.starts_with('/') && !is_copy;
    match format {
        None if !is_copy => return Ok(What::File(path.clone())),
        Some(_) if is_in_proc => {
            return Err(Failure::wrong_use(format!(
                "-as is for copies, not for files of /proc: type psgo proc {}",
                in_shell(path)
            )));
        }
        _ => {}
    }
    if scope.join.is_some() || scope.pids.is_some() || scope.proc.is_some() {
        return Err(Failure::wrong_use(
            "a copy is no process's and in no container: no -join, -pids or -proc",
        ));
    }
    match (path.as_str(), format) {
        ("-", Some(format)) => Ok(What::Input(format)),
        ("-", None) => Err(Failure::wrong_use(
            "standard input has no name: -as tells what it is, as -as net/tcp",
        )),
        (path, format) => Ok(What::Copy(path.into(), format)),
    }
}

/// `-as` without a path: the file of `/proc` may have been meant.
fn only_as(name: &str) -> Failure {
    let known = format::find(name).map(|_| name.to_owned());
    let near = known.or_else(|| format::similar(name).into_iter().next());
    let shown = wrong_use::quoted(name);
    Failure::WrongUse(match near {
        Some(near) => format!(
            "-as {shown} says what a copy is, and no copy is given: type psgo proc {near} for the \
             file itself, or psgo proc - -as {near} for standard input"
        ),
        None => format!("-as: no format is called {shown} (psgo proc -list shows them all)"),
    })
}

fn watch(matches: &ArgMatches, form: Form) -> Result<Option<Watch>, Failure> {
    let Some(pace) = Pace::from_matches(matches)? else {
        let needs = ["percent", "change", "by"];
        return match needs.iter().find(|name| matches.contains_id(name)) {
            Some(name) => Err(Failure::WrongUse(format!("-{name} needs -watch"))),
            None => Ok(None),
        };
    };
    if matches!(form, Form::Json | Form::Raw) {
        return Err(Failure::wrong_use(
            "-watch needs -output ndjson, csv or fields",
        ));
    }
    let least = |name| matches.get_one(name).copied().unwrap_or_default();
    Ok(Some(Watch {
        pace,
        least: Least {
            percent: least("percent"),
            change: least("change"),
        },
        by: matches.get_one("by").copied().unwrap_or_default(),
    }))
}

fn parse_delimiter(text: &str) -> Result<u8, String> {
    match text.as_bytes() {
        [b'"' | b'\n' | b'\r'] => Err("it is what csv itself is made of".to_owned()),
        [byte] if byte.is_ascii() => Ok(*byte),
        b"\\t" => Ok(b'\t'),
        _ => Err(format!("{} is not one character", wrong_use::quoted(text))),
    }
}

fn parse_least(text: &str) -> Result<f64, String> {
    let number = text.parse::<f64>().ok();
    let number = number.filter(|number| number.is_finite() && *number >= 0.0);
    number.ok_or_else(|| format!("{} is not a number", wrong_use::quoted(text)))
}
