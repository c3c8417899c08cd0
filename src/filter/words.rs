//! What the texts and numbers of a column can be, so that a filter that can never match is an error.

use crate::descriptor::{Descriptor, Extract, Holds};

/// What a column is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// Anything.
    Any,
    /// Names of users or groups, and the column of their ids.
    Name(Names, Option<&'static str>),
    /// Names of commands.
    Command,
    /// Terminals.
    Terminal,
    /// IDs of containers.
    Container,
    /// Absolute paths.
    Path,
    /// Addresses with ports.
    End,
    /// One of these.
    Words(&'static [Word]),
    /// A flag: 1 or 0.
    Flag,
    /// Numbers within these bounds.
    Range(i64, i64),
}

/// Whose names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Names {
    Users,
    Groups,
    HostUsers,
    HostGroups,
}

impl Names {
    /// What they are names of.
    pub(super) fn of_one(self) -> &'static str {
        match self {
            Self::Users | Self::HostUsers => "user",
            Self::Groups | Self::HostGroups => "group",
        }
    }
}

/// A word as it is shown, and others by which it is known.
type Word = (&'static str, &'static [&'static str]);

const STATES: &[Word] = &[
    ("R", &["running", "runnable"]),
    ("S", &["sleeping"]),
    ("D", &["uninterruptible", "disk-sleep", "blocked"]),
    ("Z", &["zombie", "defunct"]),
    ("T", &["stopped"]),
    ("t", &["traced", "tracing-stop"]),
    ("I", &["idle"]),
    ("X", &["dead"]),
    ("x", &[]),
    ("K", &["wakekill"]),
    ("W", &["waking"]),
    ("P", &["parked"]),
];

const SECCOMP: &[Word] = &[
    ("disabled", &["none", "off", "0"]),
    ("strict", &["1"]),
    ("filter", &["2"]),
];

const SOCKET_STATES: &[Word] = &[
    ("LISTEN", &["listening"]),
    ("ESTABLISHED", &["estab", "connected"]),
    ("SYN_SENT", &["syn-sent", "connecting"]),
    ("SYN_RECV", &["syn-recv"]),
    ("NEW_SYN_RECV", &["new-syn-recv"]),
    ("FIN_WAIT1", &["fin-wait-1"]),
    ("FIN_WAIT2", &["fin-wait-2"]),
    ("TIME_WAIT", &["time-wait"]),
    ("CLOSE", &["closed"]),
    ("UNCONN", &[]),
    ("CLOSE_WAIT", &["close-wait"]),
    ("LAST_ACK", &["last-ack"]),
    ("CLOSING", &[]),
    ("UNCONNECTED", &[]),
    ("CONNECTING", &[]),
    ("CONNECTED", &[]),
    ("DISCONNECTING", &[]),
    ("FREE", &[]),
];

const SOURCES: &[Word] = &[("netlink", &[]), ("text", &[]), ("forgeable", &[])];

const SOCKET_TIMERS: &[Word] = &[
    ("on", &["retransmission"]),
    ("keepalive", &[]),
    ("timewait", &[]),
    ("persist", &["zero-window"]),
];

const YES_NO: &[Word] = &[("yes", &["true", "1"]), ("no", &["false", "0"])];

const TIMERS: &[Word] = &[("posix", &[]), ("timerfd", &[])];

/// What a column is about.
pub(super) fn meaning(column: &Descriptor) -> Meaning {
    const PIDS: Meaning = Meaning::Range(1, i32::MAX as i64);
    const PIDS_AND_NONE: Meaning = Meaning::Range(0, i32::MAX as i64);
    const IDS: Meaning = Meaning::Range(0, u32::MAX as i64);
    const PORTS: Meaning = Meaning::Range(0, u16::MAX as i64);
    match (&column.extract, column.name) {
        (Extract::Process(_), name) => match name {
            "user" => Meaning::Name(Names::Users, Some("uid")),
            "ruser" => Meaning::Name(Names::Users, Some("ruid")),
            "huser" => Meaning::Name(Names::HostUsers, Some("huid")),
            "group" => Meaning::Name(Names::Groups, Some("gid")),
            "rgroup" => Meaning::Name(Names::Groups, Some("rgid")),
            "hgroup" => Meaning::Name(Names::HostGroups, Some("hgid")),
            "groups" => Meaning::Name(Names::Groups, Some("supgid")),
            "hgroups" => Meaning::Name(Names::HostGroups, None),
            "comm" => Meaning::Command,
            "tty" => Meaning::Terminal,
            "container" | "containers" => Meaning::Container,
            "exe" | "cwd" | "files" => Meaning::Path,
            "peers" => Meaning::End,
            "state" => Meaning::Words(STATES),
            "seccomp" => Meaning::Words(SECCOMP),
            "kthread" | "nnp" => Meaning::Flag,
            "pid" | "hpid" => PIDS,
            "ppid" | "pgid" | "sid" | "ancestors" => PIDS_AND_NONE,
            "uid" | "ruid" | "huid" | "gid" | "rgid" | "hgid" | "supgid" => IDS,
            "lports" => PORTS,
            "nice" => Meaning::Range(-20, 19),
            _ => Meaning::Any,
        },
        (Extract::Socket(_), name) => match name {
            "suser" => Meaning::Name(Names::Users, Some("suid")),
            "local" | "remote" => Meaning::End,
            "state" => Meaning::Words(SOCKET_STATES),
            "source" => Meaning::Words(SOURCES),
            "timer" => Meaning::Words(SOCKET_TIMERS),
            "suid" | "mark" => IDS,
            "lport" | "rport" => PORTS,
            _ => Meaning::Any,
        },
        (Extract::Opened(_), "deleted") => Meaning::Words(YES_NO),
        (Extract::Opened(_), "owner") => Meaning::Name(Names::Users, Some("ouid")),
        (Extract::Opened(_), "ouid") => IDS,
        (Extract::Timer(_), "kind") => Meaning::Words(TIMERS),
        (Extract::Opened(_) | Extract::Timer(_), _) => Meaning::Any,
        #[cfg(any(test, feature = "runtimes"))]
        (Extract::Container(_), _) => Meaning::Any,
    }
}

/// The text of a set flag of that column, if its cells are flags.
pub(super) fn flag(column: &Descriptor, is_set: bool) -> Option<&'static str> {
    match (meaning(column), is_set) {
        (Meaning::Flag, true) => Some("1"),
        (Meaning::Flag, false) => Some("0"),
        (Meaning::Words(words), true) if words == YES_NO => Some("yes"),
        (Meaning::Words(words), false) if words == YES_NO => Some("no"),
        _ => None,
    }
}

/// The word that is shown for `text`.
pub(super) fn word(words: &[Word], text: &str) -> Option<&'static str> {
    let exact = words.iter().find(|(shown, _)| *shown == text);
    let is_it = |name: &&str| name.eq_ignore_ascii_case(text);
    let known = || {
        words
            .iter()
            .find(|(shown, others)| is_it(shown) || others.iter().any(is_it))
    };
    exact.or_else(known).map(|(shown, _)| *shown)
}

/// All words: `R running, S sleeping`.
pub(super) fn all(words: &[Word]) -> String {
    let told = words.iter().map(|(shown, others)| match others {
        [other, ..] if shown.len() == 1 => format!("{shown} {other}"),
        _ => (*shown).to_owned(),
    });
    told.collect::<Vec<_>>().join(", ")
}

/// Whether the cells of two columns can be compared.
pub(super) fn can_be_compared(a: &Descriptor, b: &Descriptor) -> bool {
    let class = |column: &Descriptor| match column.holds {
        Holds::Number | Holds::Numbers => Some(0),
        Holds::Percent => Some(1),
        Holds::Rate => Some(2),
        Holds::Size => Some(3),
        Holds::Duration => Some(4),
        Holds::Time => Some(5),
        Holds::Caps => Some(6),
        Holds::Text | Holds::Texts => match meaning(column) {
            Meaning::Name(names, _) if names.of_one() == "user" => Some(7),
            Meaning::Name(..) => Some(8),
            Meaning::Path => Some(9),
            Meaning::End => Some(10),
            _ => None,
        },
    };
    class(a).is_some() && class(a) == class(b)
}
