//! The descriptors of processes, and finding one by name.

use super::{added::TABLE as ADDED, definition::Descriptor, original::TABLE as ORIGINAL};
use crate::{
    bytes,
    error::{Error, ErrorKind, Result},
};

/// The descriptors that are listed when none is asked for.
pub const DEFAULT_DESCRIPTORS: [&str; 8] = [
    "user", "pid", "ppid", "pcpu", "etime", "tty", "time", "args",
];

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
    ADDED.iter()
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

/// The descriptor of a process called `name`, as [`find`] without an error to make.
pub(crate) fn known(name: &str) -> Option<&'static Descriptor> {
    let alias = ALIASES.iter().find(|(alias, _)| *alias == name);
    let name = alias.map_or(name, |(_, name)| name);
    all().find(|d| d.name == name || (!d.code.is_empty() && d.code == name))
}

/// The error for `name`, which is neither a process's nor among `others`.
pub(super) fn unknown(name: &str, others: impl Iterator<Item = &'static str>) -> Error {
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
