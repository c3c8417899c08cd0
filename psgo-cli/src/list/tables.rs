//! `psgo sockets`, `psgo files`, `psgo timers` and `psgo containers`: listings of other subjects; and
//! `psgo find`.

use std::ffi::OsString;

use clap::{Arg, ArgAction, Command, value_parser};
use psgo::descriptor::Subject;

use super::grammar::list_flags;
use crate::flags::{HOW_TO_SHOW, WHAT_TO_LIST, help, pace_flags, scope_flags, style_flags};

/// A subcommand that lists.
pub(crate) struct Table {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    pub(crate) subject: Subject,
    /// Adds the rest of the description.
    pub(crate) describe: fn(Command) -> Command,
}

/// The subcommands that list.
pub(crate) const TABLES: [Table; 5] = [
    Table {
        name: "find",
        about: "List processes by words of their names or command lines",
        subject: Subject::Processes,
        describe: find,
    },
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
    Table {
        name: "containers",
        about: "List containers, and what each uses",
        subject: Subject::Containers,
        describe: containers,
    },
];

/// The description of `psgo find`.
fn find(command: Command) -> Command {
    described(command, Subject::Processes)
        .override_usage("psgo find WORD… [FLAGS]")
        .long_about(
            "Lists the processes whose name or command line contains every WORD, as grep does: \
             anywhere, upper and lower case differ, and no character is special. psgo itself is not \
             listed, nor is what runs it: sudo psgo find X. All flags of psgo are those of find; with \
             -where both hold.\n\n\
             That there is none is an answer: headers only, exit status 0.",
        )
        .arg(
            Arg::new("word")
                .value_name("WORD")
                .num_args(1..)
                .required_unless_present("list")
                .value_parser(value_parser!(OsString))
                .help("What the name or the command line contains"),
        )
}

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
            Arg::new("all-networks")
                .long("all-networks")
                .action(ArgAction::SetTrue)
                .help_heading(WHAT_TO_LIST)
                .help("Sockets of all network namespaces of the host, with columns netns and container")
                .long_help(
                    "The sockets of all network namespaces of the host: those in which the first \
                     thread of a process is, that a process has open, and that are mounted \
                     (/run/netns). Without -format the columns netns and container are added. Owners \
                     are shown with their pids on the host.",
                ),
        )
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
             are shown with their ends and states, those of families without a table with their \
             protocols.\n\n\
             Which removed log fills the disk:\n    \
             psgo files -where deleted -sort -size -format pid,comm,size,name\n\
             No file system is waited for: size, dev, nlink and owner are what the kernel knows, and \
             are unknown where only a file server does.",
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

/// The description of `psgo containers`.
fn containers(command: Command) -> Command {
    described(command, Subject::Containers)
        .long_about(
            "Lists the containers that run, whichever runtime made them, with what their control \
             groups and namespaces add up to; and the host, to compare with. Their names come from the \
             files of their runtimes: no daemon is asked. Columns of processes are those of the first \
             process of the container.\n\n\
             Which use most of what they may have:\n    \
             psgo containers -sort -memory_percent -where 'id!=? && memory_percent>80'\n\
             What is busy now:\n    \
             psgo containers -sort -cpu -watch 2",
        )
        .arg(
            Arg::new("all")
                .long("all")
                .action(ArgAction::SetTrue)
                .help_heading(WHAT_TO_LIST)
                .help("Also PID namespaces that no runtime claims"),
        )
}

fn described(command: Command, subject: Subject) -> Command {
    let list = list_flags().map(|arg| match arg.get_id().as_str() {
        "format" => arg.help(format!(
            "Columns, also those of processes [default: {}]",
            subject.default_descriptors().join(",")
        )),
        "where" => arg.help("Show only rows that match FILTER, as psgo -where does"),
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
