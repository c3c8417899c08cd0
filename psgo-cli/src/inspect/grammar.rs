//! The grammar of `psgo inspect`, and the request parsed from it.

use clap::{
    Arg, ArgAction, ArgMatches, Command, ValueEnum, builder::PossibleValue, parser::ValueSource,
};
use psgo::ProcessId;

use super::{
    depth::Depth,
    sections::{SECTIONS, Section},
};
use crate::{
    failure::Failure,
    flags::{
        Pace, Scope, Style, TARGETS, color_flag, count_flag, help, output_flag, scope_flags_named,
        values, watch_flag, width_flag,
    },
    wrong_use,
};

/// More rows of a table than these are shown only where its section is the only one.
const MANY: usize = 40;

/// What `psgo inspect` was asked for.
#[derive(Debug, Clone)]
pub(crate) struct Inspect {
    pub(crate) pids: Vec<ProcessId>,
    /// Only processes that match it, among the pids if there are any.
    pub(crate) filters: Vec<String>,
    /// The sections to show, in the page's order.
    pub(super) sections: Vec<&'static Section>,
    pub(super) depth: Depth,
    pub(crate) scope: Scope,
    /// How often to look; `None` for once.
    pub(crate) pace: Option<Pace>,
    pub(crate) style: Style<Form>,
}

/// A form of the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Form {
    #[default]
    Page,
    Json,
}

impl ValueEnum for Form {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self::Page, Self::Json]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(match self {
            Self::Page => PossibleValue::new("page").help("sections, for people"),
            Self::Json => PossibleValue::new("json").help("one object a process and line"),
        })
    }
}

/// The end of the help.
const ABOUT_SECRETS: &str = "Values of environment variables are secrets more often than not: \
    they are told with -environ alone. Without it the page has their names, and in JSON environ is \
    null with the reason withheld.";

/// The description.
pub(crate) fn describe(command: Command) -> Command {
    // The pids are arguments, one process is read by one thread, and the host's ids are not shown.
    let places = scope_flags_named(&["join", "proc", "timeout", "deadline", "runtime-root"]);
    let places = places.map(|place| match place.get_id().as_str() {
        "join" => place
            .num_args(1)
            .help("Look from inside a container, by NAME, ID or PID: the pids are its own numbers")
            .long_help(format!(
                "Look from inside a container: the pids are its own numbers.\n\n{TARGETS}"
            )),
        _ => place,
    });
    command
        .long_about(
            "Shows everything that the kernel knows of each process: what it is, its family, state, \
             memory, files, sockets of its own network namespace, limits, namespaces, container, \
             and where in the kernel each thread is. What is unknown says why.\n\n\
             With -join and no process it shows the resources of the container: memory, swap, \
             processors, tasks and pressure by its control group, and beside them the machine's.",
        )
        .after_help(ABOUT_SECRETS)
        .override_usage(
            "psgo inspect [PID…] [-where FILTER] [-only SECTION,…] [-environ] [-watch S] [FLAGS]\n       \
             psgo inspect -join CONTAINER",
        )
        .arg(
            Arg::new("pid")
                .value_name("PID")
                .num_args(1..)
                .value_parser(values::process)
                .help("The processes, as PID or PID@START; 1,2 is 1 2")
                .value_delimiter(','),
        )
        .args(what())
        .args(places)
        .args(how())
        .args(how_often())
        .arg(help())
}

fn what() -> [Arg; 3] {
    let names = SECTIONS.each_ref().map(|section| section.name).join(", ");
    [
        Arg::new("where")
            .long("where")
            .value_name("FILTER")
            .action(ArgAction::Append)
            .help("Processes that match FILTER, as in psgo -where; if repeated, all have to match"),
        Arg::new("only")
            .long("only")
            .value_name("SECTION,…")
            .value_parser(values::names)
            .help(format!("Only these sections: {names}")),
        Arg::new("environ")
            .long("environ")
            .action(ArgAction::SetTrue)
            .help("Tell the values of environment variables, which are often secrets"),
    ]
    .map(|arg| arg.help_heading("What to tell"))
}

fn how() -> [Arg; 3] {
    [
        output_flag::<Form>(),
        width_flag("Keep the page to N columns [default: the terminal's width; 0 for no limit]"),
        color_flag("Whether to colour the page [default: auto]"),
    ]
}

fn how_often() -> [Arg; 2] {
    let watch = watch_flag(
        "Look again every so many seconds (2, 0.5, 500ms), at what moves; q or Ctrl-C ends it",
    );
    let watch = watch.long_help(
        "Look again every so many seconds, 0.5 too: which processor time, page faults and bytes \
         there were each second since the look before, and how far the process is in its open \
         files, with the size, the rate and how long the rest takes. Sections are shown with -only \
         alone.\n\n\
         It ends when all processes that were named have ended.",
    );
    [watch, count_flag()]
}

/// What was asked.
pub(crate) fn request(matches: &ArgMatches) -> Result<Inspect, Failure> {
    let pids: Vec<ProcessId> = matches
        .get_many("pid")
        .map(|pids| pids.copied().collect())
        .unwrap_or_default();
    let filters: Vec<String> = values::all(matches, "where");
    let scope = Scope::from_matches(matches)?;
    let has_processes = !pids.is_empty() || !filters.is_empty();
    if !has_processes {
        check_without_processes(matches, &scope)?;
    }
    let style: Style<Form> = Style::from_matches(matches);
    style.check(matches, style.output == Form::Page)?;
    let pace = Pace::from_matches(matches)?;
    let only = matches.get_one::<Vec<String>>("only");
    let sections = match only {
        // A look at what moves is short.
        None if pace.is_some() => Vec::new(),
        only => sections(only)?,
    };
    let environ = matches.get_flag("environ");
    if environ && !sections.iter().any(|section| section.name == "environ") {
        return Err(Failure::wrong_use(if only.is_some() {
            "-environ needs the section environ, which -only leaves out"
        } else {
            "-environ needs the section environ, which -watch shows with -only environ"
        }));
    }
    let depth = Depth {
        rows: if sections.len() == 1 {
            usize::MAX
        } else {
            MANY
        },
        alone: sections.len() == 1,
        environ,
    };
    Ok(Inspect {
        pids,
        filters,
        sections,
        depth,
        scope,
        pace,
        style,
    })
}

/// Without a process it is about a container as a whole, which has no sections.
fn check_without_processes(matches: &ArgMatches, scope: &Scope) -> Result<(), Failure> {
    if scope.join.is_none() {
        return Err(Failure::wrong_use(
            "inspect needs a pid, as psgo inspect 1, or -where, or a container, as psgo inspect -join web",
        ));
    }
    for flag in ["only", "environ", "watch", "count"] {
        if matches.value_source(flag) == Some(ValueSource::CommandLine) {
            return Err(Failure::WrongUse(format!(
                "-{flag} needs a process: inspect -join without a pid shows the resources of the container"
            )));
        }
    }
    Ok(())
}

fn sections(only: Option<&Vec<String>>) -> Result<Vec<&'static Section>, Failure> {
    let Some(only) = only else {
        return Ok(SECTIONS.iter().collect());
    };
    let names = SECTIONS.each_ref().map(|section| section.name);
    let is_known = |wanted: &&String| names.iter().any(|name| name.eq_ignore_ascii_case(wanted));
    if let Some(wrong) = only.iter().find(|wanted| !is_known(wanted)) {
        return Err(Failure::WrongUse(format!(
            "-only: there is no section {} ({})",
            wrong_use::quoted(wrong),
            names.join(", ")
        )));
    }
    let is_it = |wanted: &String, section: &Section| section.name.eq_ignore_ascii_case(wanted);
    let is_wanted = |section: &&Section| only.iter().any(|wanted| is_it(wanted, section));
    Ok(SECTIONS.iter().filter(is_wanted).collect())
}
