//! Files that describe the kernel and the machine: `/proc/stat`, `/proc/uptime`.

mod stat;
mod uptime;

pub use stat::{Counts, Cpu, CpuTimes, Stat};
pub use uptime::Uptime;
