//! The grammar of `psgo drift`, and the request parsed from it.

use std::{os::unix::ffi::OsStringExt, path::PathBuf};

use clap::{
    Arg, ArgAction, ArgMatches, Command, ValueEnum, builder::PossibleValue, parser::ValueSource,
    value_parser,
};
use psgo::Pid;

use crate::{
    failure::Failure,
    flags::{
        Scope, Style, TARGETS, WHERE_TO_LOOK, color_flag, help, output_flag, scope_flags_named,
        values,
    },
};

/// The default path of the list.
pub(crate) const DB: &str = "/var/lib/psgo/drift.db";

/// What `psgo drift` was asked for.
#[derive(Debug)]
pub(crate) struct Drift {
    pub(crate) action: Action,
    /// The saved list.
    pub(crate) db: PathBuf,
    /// The file of rules; `None` for those in the usual places.
    pub(crate) rules: Option<PathBuf>,
    pub(crate) scope: Scope,
    pub(crate) style: Style<Form>,
}

/// What to do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// Print what runs.
    Dump,
    /// Save what runs.
    Write {
        /// Show what that changes.
        verbose: bool,
    },
    /// Print the differences.
    Show(Sides),
    /// Change the list by hand.
    Edit(Edit),
    /// Print the rules.
    Rules,
    /// Read the rules.
    Check,
    /// Show which rules apply to a process.
    Explain(Pid),
}

/// Which differences are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sides {
    pub(crate) missing: bool,
    pub(crate) extra: bool,
    pub(crate) retry: bool,
}

/// A change of the list by hand.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Edit {
    /// Whether to add the process; otherwise it is removed.
    pub(crate) adds: bool,
    pub(crate) user: Vec<u8>,
    pub(crate) cmdline: Vec<u8>,
}

/// A form of the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Form {
    #[default]
    Text,
    Json,
}

impl ValueEnum for Form {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self::Text, Self::Json]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(match self {
            Self::Text => PossibleValue::new("text").help("lines, for people and for diff"),
            Self::Json => PossibleValue::new("json").help("one array of objects"),
        })
    }
}

/// The description.
pub(crate) fn describe(command: Command) -> Command {
    let action = |name: &'static str, about: &'static str| {
        Command::new(name)
            .about(about)
            .disable_help_flag(true)
            .args_override_self(true)
    };
    let show = |name, about| common(action(name, about)).args(looking()).args(showing());
    command
        .long_about(
            "Keeps a list of the processes that should run, and tells which of them are missing \
             and which are there beyond it. Without a command it shows the differences.\n\n\
             A process that could not be read is shown as ?. Command lines are cut at 4096 bytes, \
             with the length and SHA-256 of the whole; rules see them so. A list or rules that \
             another user can change are refused.\n\n\
             It exits 1 if it shows any or something could not be read, 0 if there is none, 2 if \
             there is no list to compare with.",
        )
        .override_usage("psgo drift [FLAGS]\n       psgo drift COMMAND [FLAGS]")
        .args_conflicts_with_subcommands(true)
        .disable_help_subcommand(true)
        .args(looking())
        .args(showing())
        .args(sides())
        .subcommand(show("show", "Show what is missing and what is extra").args(sides()))
        .subcommand(
            show("show-missing", "show -missing")
                .args(sides())
                .hide(true),
        )
        .subcommand(show("show-extra", "show -extra").args(sides()).hide(true))
        .subcommand(show("dump", "Print what runs, as a tree"))
        .subcommand(
            show("write", "Save what runs as what should run").arg(
                Arg::new("verbose")
                    .long("verbose")
                    .short('v')
                    .action(ArgAction::SetTrue)
                    .help("Show what changes by it"),
            ),
        )
        .subcommand(edit(action("add", "Add a process to the list")))
        .subcommand(edit(action("remove", "Remove a process from the list")))
        .subcommand(
            // As psdiff has it: psdiff manual add USER CMDLINE.
            action("manual", "add or remove")
                .hide(true)
                .subcommand_required(true)
                .subcommand(edit(action("add", "add")))
                .subcommand(edit(action("remove", "remove"))),
        )
        .subcommand(
            common(action("rules", "Print the rules in force"))
                .args(looking())
                .arg(
                    Arg::new("check")
                        .long("check")
                        .action(ArgAction::SetTrue)
                        .help("Only read them, and say how many there are"),
                )
                .arg(
                    Arg::new("explain")
                        .long("explain")
                        .value_name("PID")
                        .value_parser(values::pid)
                        .help("Tell which rules are about this process"),
                ),
        )
        .args(files())
        .arg(help())
}

fn common(command: Command) -> Command {
    command.args(files()).arg(help())
}

fn edit(command: Command) -> Command {
    let word = |id: &'static str, name: &'static str, help: &'static str| {
        Arg::new(id)
            .value_name(name)
            .required(true)
            .value_parser(value_parser!(std::ffi::OsString))
            .help(help)
    };
    common(command)
        .arg(word("user", "USER", "Its user's name"))
        .arg(word(
            "cmdline",
            "CMDLINE",
            "Its command line as one word, after -- if it begins with a dash",
        ))
        .args(showing())
}

fn files() -> [Arg; 2] {
    [
        Arg::new("db")
            .long("db")
            .value_name("FILE")
            .value_parser(value_parser!(PathBuf))
            .help("The list of what should run [default: /var/lib/psgo/drift.db]"),
        Arg::new("rules")
            .long("rules")
            .value_name("FILE")
            .value_parser(value_parser!(PathBuf))
            .help("Rules, instead of those of /usr/local/etc/psgo and /etc/psgo"),
    ]
    .map(|arg| arg.help_heading("Files"))
}

fn sides() -> [Arg; 3] {
    let flag = |name: &'static str, help: &'static str| {
        Arg::new(name)
            .long(name)
            .action(ArgAction::SetTrue)
            .help_heading("What to show")
            .help(help)
    };
    [
        flag("missing", "What should run and does not"),
        flag("extra", "What runs and should not"),
        flag(
            "retry",
            "Look up to five times in two seconds, until there is nothing to show",
        ),
    ]
}

/// The flags that say which processes are read, and how.
const PLACES: &[&str] = &[
    "join",
    "proc",
    "timeout",
    "deadline",
    "threads",
    "runtime-root",
];

fn looking() -> Vec<Arg> {
    let join = Arg::new("join")
        .long("join")
        .value_name("TARGET")
        .value_parser(values::target)
        .help_heading(WHERE_TO_LOOK)
        .help("Look from inside a container, by NAME, ID or PID, against a list of its own: -db")
        .long_help(format!(
            "Look from inside a container, against a list of its own: -db.\n\n{TARGETS}"
        ));
    std::iter::once(join)
        .chain(scope_flags_named(PLACES).filter(|flag| flag.get_id() != "join"))
        .collect()
}

fn showing() -> [Arg; 2] {
    [
        output_flag::<Form>(),
        color_flag("Whether to colour differences [default: auto]"),
    ]
}

/// What was asked.
pub(crate) fn request(matches: &ArgMatches) -> Result<Drift, Failure> {
    let (name, matches) = match matches.subcommand() {
        Some(("manual", matches)) => matches.subcommand().unwrap_or(("manual", matches)),
        Some(command) => command,
        None => ("show", matches),
    };
    let action = action(name, matches)?;
    check_style(&action, matches)?;
    check_shared(&action, matches)?;
    let scope = Scope::from_matches(matches)?;
    let db: Option<PathBuf> = matches.get_one("db").cloned();
    let needs_db = matches!(action, Action::Show(_) | Action::Write { .. });
    if needs_db && scope.join.is_some() && db.is_none() {
        return Err(Failure::wrong_use(
            "-join needs -db: the usual list is that of the host",
        ));
    }
    Ok(Drift {
        action,
        db: db.unwrap_or_else(|| DB.into()),
        rules: matches.get_one("rules").cloned(),
        scope,
        style: Style::from_matches(matches),
    })
}

/// Refuses the flags that say where the list, the rules and the processes are where the command reads
/// none of these.
fn check_shared(action: &Action, matches: &ArgMatches) -> Result<(), Failure> {
    const DB: &[&str] = &["db"];
    const RULES: &[&str] = &["rules"];
    let (what, unread) = match action {
        Action::Show(_) | Action::Write { .. } => return Ok(()),
        Action::Dump | Action::Explain(_) => ("the list", [DB, &[]]),
        Action::Edit(_) => ("rules", [RULES, &[]]),
        Action::Rules | Action::Check => ("the list or processes", [DB, PLACES]),
    };
    let is_given = |flag: &&&str| matches.value_source(flag) == Some(ValueSource::CommandLine);
    let given = unread.iter().copied().flatten().find(is_given);
    given.map_or(Ok(()), |flag| {
        Err(Failure::WrongUse(format!(
            "-{flag} has no effect here: this command does not read {what}"
        )))
    })
}

/// Refuses `-color always` where nothing is coloured.
fn check_style(action: &Action, matches: &ArgMatches) -> Result<(), Failure> {
    let style: Style<Form> = Style::from_matches(matches);
    let shows_changes = match action {
        Action::Show(_) | Action::Write { verbose: true } | Action::Edit(_) => true,
        Action::Dump
        | Action::Write { .. }
        | Action::Rules
        | Action::Check
        | Action::Explain(_) => false,
    };
    style.check(matches, shows_changes && style.output == Form::Text)
}

fn action(name: &str, matches: &ArgMatches) -> Result<Action, Failure> {
    Ok(match name {
        "dump" => Action::Dump,
        "write" => Action::Write {
            verbose: matches.get_flag("verbose"),
        },
        "add" | "remove" => {
            let bytes = |id| {
                let word = matches.get_one::<std::ffi::OsString>(id);
                word.cloned().map(OsStringExt::into_vec).unwrap_or_default()
            };
            Action::Edit(Edit {
                adds: name == "add",
                user: bytes("user"),
                cmdline: bytes("cmdline"),
            })
        }
        "rules" => match (matches.get_flag("check"), matches.get_one("explain")) {
            (true, Some(_)) => {
                return Err(Failure::wrong_use("-check and -explain do not go together"));
            }
            (true, None) => Action::Check,
            (false, Some(pid)) => Action::Explain(*pid),
            (false, None) => Action::Rules,
        },
        _ => {
            let missing = matches.get_flag("missing") || name == "show-missing";
            let extra = matches.get_flag("extra") || name == "show-extra";
            // Without either, both are shown.
            Action::Show(Sides {
                missing: missing || !extra,
                extra: extra || !missing,
                retry: matches.get_flag("retry"),
            })
        }
    })
}
