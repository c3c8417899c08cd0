//! Files that describe the kernel and the machine: `/proc/stat`, `/proc/meminfo`.

mod bootconfig;
mod buddyinfo;
mod cgroups;
mod cmdline;
mod consoles;
mod cpuinfo;
mod crypto;
mod devices;
mod diskstats;
mod dma;
mod execdomains;
mod fb;
mod filesystems;
mod interrupts;
mod kallsyms;
mod key_users;
mod keys;
mod loadavg;
mod locks;
mod meminfo;
mod misc;
mod modules;
mod partitions;
mod pressure;
mod setting;
mod softirqs;
mod stat;
mod swaps;
mod uptime;
mod version;
mod version_signature;
mod vmstat;

pub use bootconfig::{Bootconfig, BootconfigLine, Quoted};
pub use buddyinfo::{BuddyZone, Buddyinfo};
pub use cgroups::{Cgroups, Controller};
pub use cmdline::{BootLine, Cmdline};
pub use consoles::{Console, ConsoleFlags, Consoles};
pub use cpuinfo::{CpuBlock, Cpuinfo};
pub use crypto::{Algorithm, Crypto};
pub use devices::{Device, DeviceList, Devices};
pub use diskstats::{DiskCounts, DiskIo, Diskstat, Diskstats, PartitionCounts};
pub use dma::{Dma, DmaChannel};
pub use execdomains::{Execdomain, Execdomains};
pub use fb::{Fb, FrameBuffer};
pub use filesystems::{Filesystem, Filesystems, Nodev};
pub use interrupts::{Cpus, Interrupt, Interrupts, IrqAbout, IrqCounts, IrqLine};
pub use kallsyms::{Kallsyms, Symbol, SymbolName};
pub use key_users::{KeyUser, KeyUsers};
pub use keys::{Key, KeyDescription, KeyFlags, Keys};
pub use loadavg::Loadavg;
pub use locks::{FileNumber, Lock, LockDepth, LockEnd, LockInode, LockedFile, Locks};
pub use meminfo::Meminfo;
pub use misc::{Misc, MiscDevice};
pub use modules::{Module, Modules, Refcount, UsedBy};
pub use partitions::{Partition, Partitions};
pub use pressure::{Pressure, Stall};
pub use setting::{Setpoint, Setting};
pub use softirqs::{Softirq, Softirqs};
pub use stat::{Counts, Cpu, CpuTimes, Stat};
pub use swaps::{Swap, Swaps};
pub use uptime::Uptime;
pub use version::Version;
pub use version_signature::VersionSignature;
pub use vmstat::{Counters, Vmstat};

use super::Format;

/// The files that are known, by their names below `/proc`.
pub(super) const FORMATS: &[Format] = &[
    Format::of::<Bootconfig>(),
    Format::of::<Buddyinfo>(),
    Format::of::<Cgroups>(),
    Format::of::<Cmdline>(),
    Format::of::<Consoles>(),
    Format::of::<Cpuinfo>(),
    Format::of::<Crypto>(),
    Format::of::<Devices>(),
    Format::of::<Diskstats>(),
    Format::of::<Dma>(),
    Format::of::<Execdomains>(),
    Format::of::<Fb>(),
    Format::of::<Filesystems>(),
    Format::of::<Interrupts>(),
    Format::of::<Kallsyms>(),
    Format::of::<KeyUsers>(),
    Format::of::<Keys>(),
    Format::of::<Loadavg>(),
    Format::of::<Locks>(),
    Format::of::<Meminfo>(),
    Format::of::<Misc>(),
    Format::of::<Modules>(),
    Format::of::<Partitions>(),
    Format::named::<Pressure>(Pressure::NAMES),
    Format::of::<Setting>(),
    Format::of::<Softirqs>(),
    Format::of::<Stat>(),
    Format::of::<Swaps>(),
    Format::of::<Uptime>(),
    Format::of::<Version>(),
    Format::of::<VersionSignature>(),
    Format::of::<Vmstat>(),
];
