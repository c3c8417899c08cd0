//! Files that describe the kernel and the machine: `/proc/stat`, `/proc/meminfo`.

mod cpuinfo;
mod diskstats;
mod filesystems;
mod loadavg;
mod locks;
mod meminfo;
mod pressure;
mod stat;
mod uptime;
mod vmstat;

pub use cpuinfo::{CpuBlock, Cpuinfo};
pub use diskstats::{DiskCounts, DiskIo, Diskstat, Diskstats, PartitionCounts};
pub use filesystems::{Filesystem, Filesystems, Nodev};
pub use loadavg::Loadavg;
pub use locks::{FileNumber, Lock, LockDepth, LockEnd, LockInode, LockedFile, Locks};
pub use meminfo::Meminfo;
pub use pressure::{Pressure, Stall};
pub use stat::{Counts, Cpu, CpuTimes, Stat};
pub use uptime::Uptime;
pub use vmstat::{Counters, Vmstat};

#[cfg(any(test, feature = "records"))]
pub use super::records::kernel::*;
