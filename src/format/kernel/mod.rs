//! Files that describe the kernel and the machine: `/proc/stat`, `/proc/uptime`.

mod loadavg;
mod setting;
mod stat;
mod uptime;

pub use loadavg::Loadavg;
pub use setting::{Setpoint, Setting};
pub use stat::{Counts, Cpu, CpuTimes, Stat};
pub use uptime::Uptime;

use super::Format;

/// The files that are known, by their names below `/proc`.
pub(super) const FORMATS: &[Format] = &[
    Format::of::<Loadavg>(),
    Format::of::<Setting>(),
    Format::of::<Stat>(),
    Format::of::<Uptime>(),
];
