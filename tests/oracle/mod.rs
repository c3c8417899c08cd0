//! Independent answers to what psgo is asked.

pub(crate) mod cells;
pub(crate) mod go;
pub(crate) mod kernel;

/// psgo's 32 descriptors, as its users know them.
pub(crate) const ALL: [&str; 32] = [
    "args", "capamb", "capbnd", "capeff", "capinh", "capprm", "comm", "etime", "group", "groups",
    "hgroup", "hgroups", "hpid", "huid", "huser", "label", "nice", "pcpu", "pgid", "pid", "ppid",
    "rgroup", "rss", "ruser", "seccomp", "state", "stime", "time", "tty", "uid", "user", "vsz",
];
