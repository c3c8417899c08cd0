//! The descriptors of processes, and finding one by name.

use std::cmp::Reverse;

#[cfg(any(test, feature = "runtimes"))]
use super::containers::TABLE as OF_CONTAINERS;
use super::{added::TABLE as ADDED, definition::Descriptor, original::TABLE as ORIGINAL};
use crate::{
    bytes,
    error::{Error, ErrorKind, Result},
    sorting::sort,
};

/// The descriptors that are listed when none is asked for.
pub const DEFAULT_DESCRIPTORS: [&str; 8] = [
    "user", "pid", "ppid", "pcpu", "etime", "tty", "time", "args",
];

/// Without the feature `runtimes` nothing is known of containers but their control groups.
#[cfg(not(any(test, feature = "runtimes")))]
static OF_CONTAINERS: &[Descriptor] = &[];

/// Other names by which people know a descriptor.
pub(super) static ALIASES: &[(&str, &str)] = &[
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
    ORIGINAL.iter()
}

/// The descriptors that the Go psgo does not have.
pub fn added() -> impl Iterator<Item = &'static Descriptor> {
    ADDED.iter().chain(OF_CONTAINERS)
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
    sort(&mut names);
    names
}

/// Names by which people know something else that a descriptor has; they are suggested alone.
static MEANT: &[(&str, &str)] = &[
    ("cg", "cgroup"),
    ("cmdline", "args"),
    ("cpu", "pcpu"),
    ("cpu_percent", "pcpu"),
    ("cpu_times", "time"),
    ("create_time", "stime"),
    ("dir", "cwd"),
    ("directory", "cwd"),
    ("fname", "comm"),
    ("gids", "supgid"),
    ("lsm", "label"),
    ("lstart", "stime"),
    ("mem", "rss"),
    ("memory", "rss"),
    ("memory_percent", "pmem"),
    ("name", "comm"),
    ("num_fds", "fds"),
    ("num_threads", "nlwp"),
    ("open_files", "files"),
    ("owner", "user"),
    ("parent", "ppid"),
    ("path", "exe"),
    ("process", "comm"),
    ("program", "exe"),
    ("res", "rss"),
    ("size", "vsz"),
    ("stat", "state"),
    ("status", "state"),
    ("terminal", "tty"),
    ("threads", "nlwp"),
    ("uptime", "etime"),
    ("username", "user"),
    ("virt", "vsz"),
];

/// The same of rows that have the first of these, which means other things than a process does.
static MEANT_OF_ROWS: &[(&str, &[(&str, &str)])] = &[
    (
        "mode",
        &[
            ("path", "name"),
            ("file", "name"),
            ("type", "kind"),
            ("access", "mode"),
            ("offset", "pos"),
        ],
    ),
    (
        "lport",
        &[
            ("protocol", "proto"),
            ("netid", "proto"),
            ("type", "proto"),
            ("address", "local"),
            ("peername", "remote"),
            ("status", "state"),
        ],
    ),
];

/// The descriptor called `name`: by its name, its code or another name that it is known by. But for
/// codes it may be written in any case, and as its header is.
///
/// ```
/// let found = psgo::descriptor::find("%cpu")?;
/// assert_eq!((found.name, found.code, found.header), ("pcpu", "%C", "%CPU"));
/// assert_eq!(psgo::descriptor::find("Effective Caps")?.name, "capeff");
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

/// The descriptor of a process called `name`, as [`find`] without an error to make.
pub(crate) fn known(name: &str) -> Option<&'static Descriptor> {
    let alias = |name: &str| {
        let is_it = |alias: &str| alias.eq_ignore_ascii_case(name);
        let alias = ALIASES.iter().find(|(alias, _)| is_it(alias));
        alias.and_then(|(_, name)| all().find(|d| d.name == *name))
    };
    let exact = all().find(|d| d.name == name || (!d.code.is_empty() && d.code == name));
    exact
        .or_else(|| all().find(|d| d.name.eq_ignore_ascii_case(name)))
        .or_else(|| alias(name))
        .or_else(|| all().find(|d| d.header.eq_ignore_ascii_case(name)))
}

/// The error for `name`, which is neither a process's nor among `others`.
pub(super) fn unknown(name: &str, others: impl Iterator<Item = &'static str>) -> Error {
    let reason = if name.is_empty() {
        "empty name in the list of descriptors".to_owned()
    } else {
        let others: Vec<_> = others.collect();
        let names = all()
            .map(|d| d.name)
            .chain(ALIASES.iter().map(|(alias, _)| *alias))
            .chain(others.iter().copied());
        let quoted = bytes::Escaped(name.as_bytes());
        let lower = name.to_ascii_lowercase();
        let of_rows = MEANT_OF_ROWS.iter();
        let of_rows = of_rows.filter(|(has, _)| others.contains(has));
        let mut meant = of_rows.flat_map(|(_, all)| *all).chain(MEANT);
        let meant = meant.find(|(meant, _)| *meant == lower);
        let meant = meant.map(|(_, name)| *name);
        match meant.or_else(|| nearest(name, names)) {
            Some(near) => format!("unknown descriptor \"{quoted}\" (did you mean \"{near}\"?)"),
            None => format!("unknown descriptor \"{quoted}\" (-list shows them all)"),
        }
    };
    Error::new(ErrorKind::UnknownDescriptor, "", reason)
}

/// The candidate that is fewest edits away: one, or two of a longer name. Of several the one that
/// begins in the same way.
fn nearest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let name = name.to_ascii_lowercase();
    // Of three letters two others are another word.
    let most = if name.len() < 5 { 1 } else { 2 };
    let alike = |candidate: &str| {
        let pairs = name.bytes().zip(candidate.bytes());
        pairs.take_while(|(a, b)| a == b).count()
    };
    candidates
        .map(|candidate| {
            let edits = bytes::distance(name.as_bytes(), candidate.as_bytes());
            (edits, Reverse(alike(candidate)), candidate)
        })
        .filter(|(edits, _, candidate)| *edits <= most && *edits < candidate.len())
        .min()
        .map(|(_, _, candidate)| candidate)
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
    fn a_header_and_any_case_lead_to_the_descriptor() {
        for descriptor in all() {
            let found = find(descriptor.header).unwrap();
            assert_eq!(found.header, descriptor.header);
            for name in [
                descriptor.name.to_uppercase(),
                descriptor.header.to_lowercase(),
            ] {
                assert_eq!(find(&name).unwrap().header, descriptor.header, "{name}");
            }
        }
        assert_eq!(find("COMMAND").unwrap().name, "args");
        assert_eq!(find("%CPU").unwrap().name, "pcpu");
        assert_eq!(find("NI").unwrap().name, "nice");
        // Codes differ by their case alone.
        assert_eq!(find("%g").unwrap().name, "rgroup");
        assert_eq!(find("%G").unwrap().name, "group");
    }

    #[test]
    fn what_is_suggested_exists() {
        for (meant, name) in MEANT {
            assert!(find(meant).is_err(), "{meant}");
            assert_eq!(find(name).unwrap().name, *name);
        }
    }

    #[test]
    fn what_is_suggested_for_a_row_is_its_own() {
        use crate::descriptor::Subject;
        for (has, all) in MEANT_OF_ROWS {
            let subject = [Subject::Files, Subject::Sockets];
            let mut subject = subject.into_iter().filter(|subject| {
                let mut own = subject.descriptors();
                own.any(|own| own.name == *has)
            });
            let (subject, other) = (subject.next().unwrap(), subject.next());
            assert_eq!(other, None, "{has}");
            for (meant, name) in *all {
                let error = subject.find(meant).unwrap_err().to_string();
                let told = format!("unknown descriptor \"{meant}\" (did you mean \"{name}\"?)");
                assert_eq!(error, told);
                assert!(subject.descriptors().any(|own| own.name == *name));
            }
        }
        let error = Subject::Timers.find("path").unwrap_err().to_string();
        assert!(error.contains("\"exe\""), "{error}");
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
        for (typed, near) in [
            ("name", "comm"),
            ("Name", "comm"),
            ("usr", "user"),
            ("rsss", "rss"),
            ("pidd", "pid"),
            ("threads", "nlwp"),
        ] {
            let said = format!("unknown descriptor \"{typed}\" (did you mean \"{near}\"?)");
            assert_eq!(text(typed), said);
        }
        // Two of three letters are another word.
        assert_eq!(
            text("pri"),
            "unknown descriptor \"pri\" (-list shows them all)"
        );
        assert_eq!(
            text("xyzzy"),
            "unknown descriptor \"xyzzy\" (-list shows them all)"
        );
        assert_eq!(find("").unwrap_err().kind(), ErrorKind::UnknownDescriptor);
    }
}
