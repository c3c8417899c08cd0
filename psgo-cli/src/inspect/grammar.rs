//! The grammar of `psgo inspect`, and the request parsed from it.

use clap::{Arg, ArgAction, ArgMatches, Command, ValueEnum, builder::PossibleValue};
use psgo::Pid;

use super::{
    depth::Depth,
    sections::{SECTIONS, Section},
};
use crate::{
    failure::Failure,
    flags::{Scope, Style, color_flag, help, output_flag, scope_flags_named, values, width_flag},
    wrong_use,
};

/// More rows of a table than these are shown only where its section is the only one.
const MANY: usize = 40;

/// What `psgo inspect` was asked for.
#[derive(Debug)]
pub(crate) struct Inspect {
    pub(crate) pids: Vec<Pid>,
    /// Only processes that match it, among the pids if there are any.
    pub(crate) filter: Option<String>,
    /// The sections to show, in the page's order.
    pub(super) sections: Vec<&'static Section>,
    pub(super) depth: Depth,
    pub(crate) scope: Scope,
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
    let places = scope_flags_named(&["join", "proc", "timeout", "deadline"]);
    let places = places.map(|place| match place.get_id().as_str() {
        "join" => place
            .num_args(1)
            .help("Look from inside the container of PID: the pids are its own numbers"),
        _ => place,
    });
    command
        .long_about(
            "Tells all that the kernel knows of each process: what it is, its family, state, \
             memory, files, sockets of its own network namespace, limits, namespaces, container, \
             and where in the kernel each thread is. What cannot be told says why.",
        )
        .after_help(ABOUT_SECRETS)
        .override_usage("psgo inspect [PID…] [-where FILTER] [-only SECTION,…] [-environ] [FLAGS]")
        .arg(
            Arg::new("pid")
                .value_name("PID")
                .num_args(1..)
                .value_parser(values::pid)
                .help("The processes; 1,2 is 1 2")
                .value_delimiter(','),
        )
        .args(what())
        .args(places)
        .args(how())
        .arg(help())
}

fn what() -> [Arg; 3] {
    let names = SECTIONS.each_ref().map(|section| section.name).join(", ");
    [
        Arg::new("where")
            .long("where")
            .value_name("FILTER")
            .help("The processes for which it holds, as in psgo -where"),
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

/// What was asked.
pub(crate) fn request(matches: &ArgMatches) -> Result<Inspect, Failure> {
    let pids: Vec<Pid> = matches
        .get_many("pid")
        .map(|pids| pids.copied().collect())
        .unwrap_or_default();
    let filter = matches.get_one::<String>("where").cloned();
    if pids.is_empty() && filter.is_none() {
        return Err(Failure::wrong_use(
            "inspect needs a pid, as psgo inspect 1, or -where",
        ));
    }
    let sections = sections(matches.get_one::<Vec<String>>("only"))?;
    let depth = Depth {
        rows: if sections.len() == 1 {
            usize::MAX
        } else {
            MANY
        },
        environ: matches.get_flag("environ"),
    };
    Ok(Inspect {
        pids,
        filter,
        sections,
        depth,
        scope: Scope::from_matches(matches)?,
        style: Style::from_matches(matches),
    })
}

fn sections(only: Option<&Vec<String>>) -> Result<Vec<&'static Section>, Failure> {
    let Some(only) = only else {
        return Ok(SECTIONS.iter().collect());
    };
    let names = SECTIONS.each_ref().map(|section| section.name);
    if let Some(wrong) = only.iter().find(|name| !names.contains(&name.as_str())) {
        return Err(Failure::WrongUse(format!(
            "-only: there is no section {} ({})",
            wrong_use::quoted(wrong),
            names.join(", ")
        )));
    }
    let is_wanted = |section: &&Section| only.iter().any(|wanted| wanted == section.name);
    Ok(SECTIONS.iter().filter(is_wanted).collect())
}
