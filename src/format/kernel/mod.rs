//! Files that describe the kernel and the machine: `/proc/stat`, `/proc/meminfo`.

mod locks;
mod meminfo;
mod pressure;
mod stat;
mod uptime;

pub use locks::{FileNumber, Lock, LockDepth, LockEnd, LockInode, LockedFile, Locks};
pub use meminfo::Meminfo;
pub use pressure::{Pressure, Stall};
pub use stat::{Counts, Cpu, CpuTimes, Stat};
pub use uptime::Uptime;

#[cfg(any(test, feature = "records"))]
pub use super::records::kernel::*;
#[cfg(any(test, feature = "system"))]
pub use super::system::{
    Counters, CpuBlock, Cpuinfo, DiskCounts, DiskIo, Diskstat, Diskstats, Filesystem, Filesystems,
    Loadavg, Nodev, PartitionCounts, Vmstat,
};
