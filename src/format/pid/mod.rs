//! Files that describe one process: `/proc/PID/…`.

mod cmdline;
mod fdinfo;
mod io;
mod link;
mod stat;
mod statm;
mod status;
mod uid_map;

pub use cmdline::Cmdline;
pub use fdinfo::Fdinfo;
pub use io::Io;
pub use link::Link;
pub use stat::Stat;
pub use statm::Statm;
pub use status::{SigQ, Status};
pub use uid_map::{UidMap, UidMapRow};

use super::Format;

/// The files that are known, by their names below `/proc/PID`.
pub(super) const FORMATS: &[Format] = &[
    Format::of::<Cmdline>().in_process(),
    Format::of::<Fdinfo>().in_process(),
    Format::of::<Io>().in_process(),
    Format::named::<Link>(&["exe", "cwd", "root", "fd/*", "ns/*", "map_files/*"])
        .in_process()
        .link(),
    Format::of::<Stat>().in_process(),
    Format::of::<Statm>().in_process(),
    Format::of::<Status>().in_process(),
    Format::named::<UidMap>(&["uid_map", "gid_map", "projid_map"]).in_process(),
];
