//! The files that [`system`](crate::system) alone reads: feature `system`.

mod cpuinfo;
mod device;
mod diskstats;
mod filesystems;
mod loadavg;
mod vmstat;

pub use cpuinfo::{CpuBlock, Cpuinfo};
pub use device::{Dev, Device, FirstCount};
pub use diskstats::{DiskCounts, DiskIo, Diskstat, Diskstats, PartitionCounts};
pub use filesystems::{Filesystem, Filesystems, Nodev};
pub use loadavg::Loadavg;
pub use vmstat::{Counters, Vmstat};
