//! The table of descriptors: what each column is called, what it needs, how it is computed.

use crate::{
    bytes,
    error::{Error, ErrorKind, Result},
    snapshot::{Needs, Opened, Seen},
    value::Value,
};

mod added;
mod files;
#[cfg(test)]
mod lists;
mod original;
mod sockets;
mod timers;

pub(crate) use sockets::Owned;
pub(crate) use timers::Timed;

/// The descriptors that are listed when none is asked for.
pub const DEFAULT_DESCRIPTORS: [&str; 8] = [
    "user", "pid", "ppid", "pcpu", "etime", "tty", "time", "args",
];

/// A column: what it is called, what it needs, how it is computed.
#[derive(Debug)]
#[non_exhaustive]
pub struct Descriptor {
    /// Name in a format list, `"pcpu"`.
    pub name: &'static str,
    /// AIX code, `"%C"`, or nothing.
    pub code: &'static str,
    /// Column header, `"%CPU"`.
    pub header: &'static str,
    /// What its cells hold.
    pub holds: Holds,
    /// One line for `-list` and the docs.
    pub doc: &'static str,
    pub(crate) needs: Needs,
    pub(crate) extract: Extract,
}

/// From what a cell is made.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Extract {
    /// A process: of its own row, or of those of what it has.
    Process(fn(&Seen<'_>) -> Value),
    /// What a process holds open.
    Opened(fn(&Opened) -> Value),
    /// A socket and its owners.
    Socket(fn(&Owned<'_>) -> Value),
    /// A timer.
    Timer(fn(&Timed<'_>) -> Value),
}

/// What the rows of a table are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Subject {
    /// Processes.
    #[default]
    Processes,
    /// The sockets of a network namespace, and who has them.
    Sockets,
    /// What processes hold open.
    Files,
    /// The timers of processes: POSIX ones (`timer_create`) and timerfds.
    Timers,
}

impl Subject {
    /// The descriptors that are shown when none is asked for.
    #[must_use]
    pub fn default_descriptors(self) -> &'static [&'static str] {
        match self {
            Self::Processes => &DEFAULT_DESCRIPTORS,
            Self::Sockets => &[
                "proto", "state", "recvq", "sendq", "local", "remote", "pid", "user", "comm",
            ],
            Self::Files => &["pid", "user", "comm", "fd", "kind", "mode", "pos", "name"],
            Self::Timers => &[
                "pid", "user", "comm", "kind", "id", "clock", "left", "interval", "notify",
                "signal",
            ],
        }
    }

    /// The descriptors of the rows themselves. Those of processes go with them, and mean the
    /// process that has the socket, the file or the timer.
    pub fn descriptors(self) -> impl Iterator<Item = &'static Descriptor> {
        let (own, processes): (&[Descriptor], _) = match self {
            Self::Processes => (&[], true),
            Self::Sockets => (sockets::TABLE, false),
            Self::Files => (files::TABLE, false),
            Self::Timers => (timers::TABLE, false),
        };
        own.iter().chain(all().filter(move |_| processes))
    }

    /// The descriptor called `name`: of the rows, otherwise of their process, see [`find`].
    ///
    /// ```
    /// use psgo::descriptor::Subject;
    ///
    /// assert_eq!(Subject::Sockets.find("state")?.doc, "LISTEN, ESTABLISHED and so on");
    /// assert_eq!(Subject::Sockets.find("cmd")?.name, "args");
    /// # Ok::<(), psgo::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::UnknownDescriptor`]; the text says what may have been meant.
    pub fn find(self, name: &str) -> Result<&'static Descriptor> {
        let own = || {
            self.descriptors()
                .find(|descriptor| descriptor.name == name)
        };
        match self {
            Self::Processes => find(name),
            _ => own().map_or_else(
                || known(name).ok_or_else(|| unknown(name, self.descriptors().map(|d| d.name))),
                Ok,
            ),
        }
    }
}

/// What the cells of a column hold, where they are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Holds {
    /// [`Value::Int`].
    Number,
    /// [`Value::Percent`].
    Percent,
    /// [`Value::Rate`].
    Rate,
    /// [`Value::Size`].
    Size,
    /// [`Value::Duration`].
    Duration,
    /// [`Value::Time`].
    Time,
    /// [`Value::Text`].
    Text,
    /// [`Value::List`] of [`Value::Text`].
    Texts,
    /// [`Value::List`] of [`Value::Int`].
    Numbers,
    /// [`Value::Caps`].
    Caps,
}

/// Declares a table, one line a descriptor; the extractor is the function of the same name.
macro_rules! descriptors {
    ($($name:ident $code:literal $header:literal $holds:ident [$($need:ident)*] $doc:literal)*) => {
        descriptors! { Process; $($name $code $header $holds [$($need)*] $doc)* }
    };
    ($kind:ident; $($name:ident $code:literal $header:literal $holds:ident [$($need:ident)*] $doc:literal)*) => {
        pub(super) static TABLE: &[Descriptor] = &[$(Descriptor {
            name: stringify!($name),
            code: $code,
            header: $header,
            holds: super::Holds::$holds,
            needs: Needs::empty()$(.union(Needs::$need))*,
            doc: $doc,
            extract: super::Extract::$kind($name),
        }),*];
    };
}
use descriptors;

/// Other names by which people know a descriptor.
static ALIASES: &[(&str, &str)] = &[
    ("%cpu", "pcpu"),
    ("%mem", "pmem"),
    ("age", "etime"),
    ("ancestor", "ancestors"),
    ("cgname", "cgroup"),
    ("cmd", "args"),
    ("command", "args"),
    ("cputime", "time"),
    ("egid", "gid"),
    ("egroup", "group"),
    ("euid", "uid"),
    ("euser", "user"),
    ("listen", "lports"),
    ("ni", "nice"),
    ("pgrp", "pgid"),
    ("port", "lports"),
    ("remote", "peers"),
    ("rssize", "rss"),
    ("s", "state"),
    ("sess", "sid"),
    ("session", "sid"),
    ("start", "stime"),
    ("supgrp", "groups"),
    ("thcount", "nlwp"),
    ("tname", "tty"),
    ("tt", "tty"),
    ("ucmd", "comm"),
    ("ucomm", "comm"),
    ("vsize", "vsz"),
];

/// The 32 descriptors of the Go psgo, in the order of its documentation.
pub fn original() -> impl Iterator<Item = &'static Descriptor> {
    original::TABLE.iter()
}

/// The descriptors that the Go psgo does not have.
pub fn added() -> impl Iterator<Item = &'static Descriptor> {
    added::TABLE.iter()
}

/// Every descriptor.
pub fn all() -> impl Iterator<Item = &'static Descriptor> {
    original().chain(added())
}

/// The names of the Go psgo's 32 descriptors, sorted.
///
/// ```
/// assert_eq!(psgo::list_descriptors().len(), 32);
/// ```
#[must_use]
pub fn list_descriptors() -> Vec<&'static str> {
    let mut names: Vec<_> = original().map(|d| d.name).collect();
    names.sort_unstable();
    names
}

/// The descriptor called `name`: by its name, its code or another name that it is known by.
///
/// ```
/// let found = psgo::descriptor::find("%cpu")?;
/// assert_eq!((found.name, found.code, found.header), ("pcpu", "%C", "%CPU"));
/// let error = psgo::descriptor::find("capef").unwrap_err();
/// assert_eq!(error.to_string(), "unknown descriptor \"capef\" (did you mean \"capeff\"?)");
/// # Ok::<(), psgo::Error>(())
/// ```
///
/// # Errors
///
/// [`ErrorKind::UnknownDescriptor`]; the text says what may have been meant.
pub fn find(name: &str) -> Result<&'static Descriptor> {
    known(name).ok_or_else(|| unknown(name, std::iter::empty()))
}

fn known(name: &str) -> Option<&'static Descriptor> {
    let alias = ALIASES.iter().find(|(alias, _)| *alias == name);
    let name = alias.map_or(name, |(_, name)| name);
    all().find(|d| d.name == name || (!d.code.is_empty() && d.code == name))
}

/// The error for `name`, which is neither a process's nor among `others`.
fn unknown(name: &str, others: impl Iterator<Item = &'static str>) -> Error {
    let reason = if name.is_empty() {
        "empty name in the list of descriptors".to_owned()
    } else {
        let names = all()
            .map(|d| d.name)
            .chain(ALIASES.iter().map(|(alias, _)| *alias))
            .chain(others);
        let quoted = bytes::Escaped(name.as_bytes());
        match nearest(name, names) {
            Some(near) => format!("unknown descriptor \"{quoted}\" (did you mean \"{near}\"?)"),
            None => format!("unknown descriptor \"{quoted}\" (-list shows them all)"),
        }
    };
    Error::new(ErrorKind::UnknownDescriptor, "", reason)
}

/// The candidate that is at most two edits away, and fewest.
fn nearest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let name = name.to_lowercase();
    candidates
        .map(|candidate| {
            (
                bytes::distance(name.as_bytes(), candidate.as_bytes()),
                candidate,
            )
        })
        .filter(|(edits, candidate)| *edits <= 2 && *edits < candidate.len())
        .min()
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_codes_and_aliases_are_unique() {
        let names = all().map(|d| d.name);
        let codes = all().map(|d| d.code).filter(|code| !code.is_empty());
        let mut seen: Vec<_> = names
            .chain(codes)
            .chain(ALIASES.iter().map(|(alias, _)| *alias))
            .collect();
        let count = seen.len();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), count);
    }

    #[test]
    fn every_alias_leads_to_a_descriptor() {
        for (alias, name) in ALIASES {
            assert_eq!(find(alias).unwrap().name, *name);
        }
    }

    #[test]
    fn there_are_psgos_32_descriptors_and_15_codes() {
        assert_eq!(original().count(), 32);
        assert_eq!(original().filter(|d| !d.code.is_empty()).count(), 15);
    }

    #[test]
    fn an_unknown_name_is_answered_with_the_nearest() {
        let text = |name| find(name).unwrap_err().to_string();
        assert_eq!(
            text("capef"),
            "unknown descriptor \"capef\" (did you mean \"capeff\"?)"
        );
        assert_eq!(
            text("PID"),
            "unknown descriptor \"PID\" (did you mean \"pid\"?)"
        );
        assert_eq!(
            text("xyzzy"),
            "unknown descriptor \"xyzzy\" (-list shows them all)"
        );
        assert_eq!(find("").unwrap_err().kind(), ErrorKind::UnknownDescriptor);
    }
}
