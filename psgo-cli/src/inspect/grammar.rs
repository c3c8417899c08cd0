//! The words of `psgo inspect`: their description, and what was asked, typed.

use clap::{Arg, ArgAction, ArgMatches, Command, ValueEnum, builder::PossibleValue, value_parser};
use psgo::Pid;

use crate::{
    args::{self, Color, Join, Look},
    failure::Failure,
    values, wrong_use,
};

/// What `psgo inspect` was asked for.
#[derive(Debug)]
pub(crate) struct Inspect {
    pub(crate) pids: Vec<Pid>,
    /// Those for which it holds, of the pids if there are any.
    pub(crate) filter: Option<String>,
    /// These sections, in the page's order.
    pub(crate) sections: Vec<Section>,
    /// Whether to tell the values of environment variables.
    pub(crate) environ: bool,
    pub(crate) form: Form,
    pub(crate) width: Option<usize>,
    pub(crate) color: Color,
    pub(crate) look: Look,
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

/// A part of the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Section {
    Identity,
    Family,
    State,
    Ids,
    Memory,
    Cpu,
    Io,
    Files,
    Sockets,
    Limits,
    Namespaces,
    Container,
    Threads,
    Environ,
}

impl Section {
    /// All, in the page's order, and their names.
    pub(crate) const ALL: [(Self, &'static str); 14] = [
        (Self::Identity, "identity"),
        (Self::Family, "family"),
        (Self::State, "state"),
        (Self::Ids, "ids"),
        (Self::Memory, "memory"),
        (Self::Cpu, "cpu"),
        (Self::Io, "io"),
        (Self::Files, "files"),
        (Self::Sockets, "sockets"),
        (Self::Limits, "limits"),
        (Self::Namespaces, "namespaces"),
        (Self::Container, "container"),
        (Self::Threads, "threads"),
        (Self::Environ, "environ"),
    ];
}

/// What is told at the end of the help.
const ABOUT_SECRETS: &str = "Values of environment variables are secrets more often than not: \
    they are told with -environ alone. Without it the page has their names, and in JSON environ is \
    null with the reason withheld.";

/// The description.
pub(crate) fn describe(command: Command) -> Command {
    let mut places = args::where_to_look();
    for place in &mut places {
        if place.get_id() == "join" {
            *place = place
                .clone()
                .num_args(1)
                .help("Look from inside the container of PID: the pids are its own numbers");
        }
    }
    let places = places
        .into_iter()
        // The pids stand alone, one process is read by one thread, and no host's ids are told.
        .filter(|arg| ["join", "proc", "timeout"].contains(&arg.get_id().as_str()));
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
        .arg(args::help())
}

fn what() -> [Arg; 3] {
    let names = Section::ALL.map(|(_, name)| name).join(", ");
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
        Arg::new("output")
            .long("output")
            .value_name("FORM")
            .value_parser(value_parser!(Form))
            .help("Form of the answer [default: page]"),
        Arg::new("width")
            .long("width")
            .value_name("N")
            .value_parser(values::width)
            .help("Keep the page to N columns [default: the terminal's width; 0 for no limit]"),
        Arg::new("color")
            .long("color")
            .value_name("WHEN")
            .value_parser(value_parser!(Color))
            .help("Whether to colour the page [default: auto]"),
    ]
    .map(|arg| arg.help_heading("How to show it"))
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
    let look = Look {
        join: matches.get_one("join").map(|pid| Join::Into(*pid)),
        proc: matches.get_one("proc").cloned(),
        timeout: matches.get_one("timeout").copied(),
        ..Look::default()
    };
    Ok(Inspect {
        pids,
        filter,
        sections: sections(matches.get_one::<Vec<String>>("only"))?,
        environ: matches.get_flag("environ"),
        form: matches.get_one("output").copied().unwrap_or_default(),
        width: matches.get_one("width").copied(),
        color: matches.get_one("color").copied().unwrap_or_default(),
        look,
    })
}

fn sections(only: Option<&Vec<String>>) -> Result<Vec<Section>, Failure> {
    let Some(only) = only else {
        return Ok(Section::ALL.map(|(section, _)| section).to_vec());
    };
    let names = Section::ALL.map(|(_, name)| name);
    if let Some(wrong) = only.iter().find(|name| !names.contains(&name.as_str())) {
        return Err(Failure::WrongUse(format!(
            "-only: there is no section {} ({})",
            wrong_use::quoted(wrong),
            names.join(", ")
        )));
    }
    let wanted = |(section, name): &(Section, &str)| {
        only.iter().any(|wanted| wanted == name).then_some(*section)
    };
    Ok(Section::ALL.iter().filter_map(wanted).collect())
}
