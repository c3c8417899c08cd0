//! Files that describe one process: `/proc/PID/…`.

mod cmdline;
mod fdinfo;
mod io;
mod stat;
mod statm;
mod status;
mod uid_map;

pub use cmdline::Cmdline;
pub use fdinfo::Fdinfo;
pub use io::Io;
pub use stat::Stat;
pub use statm::Statm;
pub use status::{SigQ, Status};
pub use uid_map::{UidMap, UidMapRow};
