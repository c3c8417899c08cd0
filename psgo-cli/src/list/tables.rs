//! `psgo sockets`, `psgo files` and `psgo timers`: listings of other subjects.

use clap::{Arg, ArgAction, Command};
use psgo::descriptor::Subject;

use super::grammar::list_flags;
use crate::flags::{HOW_TO_SHOW, WHAT_TO_LIST, help, pace_flags, scope_flags, style_flags};

/// A subcommand that lists another subject.
pub(crate) struct Table {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    pub(crate) subject: Subject,
    /// Adds the rest of the description.
    pub(crate) describe: fn(Command) -> Command,
}

/// The subcommands that list another subject than processes.
pub(crate) const TABLES: [Table; 3] = [
    Table {
        name: "sockets",
        about: "List sockets, and who has them",
        subject: Subject::Sockets,
        describe: sockets,
    },
    Table {
        name: "files",
        about: "List what processes hold open",
        subject: Subject::Files,
        describe: files,
    },
    Table {
        name: "timers",
        about: "List the timers of processes",
        subject: Subject::Timers,
        describe: timers,
    },
];

/// The description of `psgo sockets`.
fn sockets(command: Command) -> Command {
    described(command, Subject::Sockets)
        .long_about(
            "Lists the sockets of one network namespace, this one's or with -join the \
             container's: tcp, udp, udplite, raw, icmp, each for IPv4 and IPv6, and unix. A row \
             shows the first process that has the socket; the column owners shows all. One that no \
             process has, or none that may be read, is shown without.\n\n\
             With -watch a look shows those that are new since the look before, the first look \
             all. At its end a table also has a line for each peer: how many connections with it \
             were shown.",
        )
        .mut_arg("watch", |arg| {
            arg.help("Look again every so many seconds, 0.5 too, and show new sockets only")
                .long_help(
                    "Look again every so many seconds, 0.5 too, and show the sockets that were \
                     not there at the look before; Ctrl-C ends it.",
                )
        })
        .arg(
            Arg::new("resolve")
                .long("resolve")
                .action(ArgAction::SetTrue)
                .help_heading(HOW_TO_SHOW)
                .help("Show the names of remote hosts, as far as the name service answers in time"),
        )
}

/// The description of `psgo files`.
fn files(command: Command) -> Command {
    described(command, Subject::Files)
        .long_about(
            "Lists what processes hold open: every descriptor, whatever it stands for. Sockets \
             are shown with their ends and states.",
        )
        .arg(
            Arg::new("all")
                .long("all")
                .action(ArgAction::SetTrue)
                .help_heading(WHAT_TO_LIST)
                .help("Also working and root directories, programs and mapped files"),
        )
}

/// The description of `psgo timers`.
fn timers(command: Command) -> Command {
    described(command, Subject::Timers).long_about(
        "Lists the timers of processes: POSIX ones (timer_create) and timerfds. When a POSIX \
         timer expires no kernel tells; timers of alarm and setitimer none tells at all.",
    )
}

fn described(command: Command, subject: Subject) -> Command {
    let list = list_flags().map(|arg| match arg.get_id().as_str() {
        "format" => arg.help(format!(
            "Columns, also those of processes [default: {}]",
            subject.default_descriptors().join(",")
        )),
        "where" => arg.help("Only those for which it holds, as in psgo -where"),
        "list" => arg.help("List the descriptors"),
        _ => arg,
    });
    let usage = format!("psgo {} [FLAGS]", command.get_name());
    command
        .override_usage(usage)
        .args(list)
        .args(scope_flags())
        .args(style_flags())
        .args(pace_flags())
        .arg(help())
}
