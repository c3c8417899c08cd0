//! Files of the kernel and the machine that psgo itself does not read, and the table of all of them.

mod allocinfo;
mod bootconfig;
mod buddyinfo;
mod cgroups;
mod cmdline;
mod consoles;
mod crypto;
mod devices;
mod dma;
mod dynamic_debug;
mod execdomains;
mod ext4;
mod fb;
mod input;
mod interrupts;
mod iomem;
mod irq;
mod jbd2;
mod kallsyms;
mod key_users;
mod keys;
mod latency_stats;
mod mdstat;
mod misc;
mod modules;
mod mtrr;
mod pagetypeinfo;
mod partitions;
mod pci;
mod rtc;
mod schedstat;
mod setting;
mod slabinfo;
mod softirqs;
mod swaps;
mod timer_list;
mod timer_stats;
mod version;
mod version_signature;
mod vmallocinfo;
mod xfs;
mod zoneinfo;

pub use allocinfo::{Allocation, Allocinfo};
pub use bootconfig::{Bootconfig, BootconfigLine, Quoted};
pub use buddyinfo::{BuddyZone, Buddyinfo};
pub use cgroups::{Cgroups, Controller};
pub use cmdline::{BootLine, Cmdline};
pub use consoles::{Console, ConsoleFlags, Consoles};
pub use crypto::{Algorithm, Crypto};
pub use devices::{Device, DeviceList, Devices};
pub use dma::{Dma, DmaChannel};
pub use dynamic_debug::{DebugPrint, DynamicDebug};
pub use execdomains::{Execdomain, Execdomains};
pub use ext4::{
    Ext4EsMaximum, Ext4EsShrinker, Ext4FastCommits, Ext4Group, Ext4Groups, Ext4MbStats,
    Ext4MbStructs, Ext4Options, Outline,
};
pub use fb::{Fb, FrameBuffer};
pub use input::{InputDevice, InputDevices, InputHandler, InputHandlers};
pub use interrupts::{Cpus, Interrupt, Interrupts, IrqAbout, IrqCounts, IrqLine};
pub use iomem::{Address, Depth, Iomem, Ioports, Region};
pub use irq::{IrqList, IrqMask, IrqNode, IrqSpurious, Mask, Ranges};
pub use jbd2::{Jbd2Average, Jbd2Info};
pub use kallsyms::{Kallsyms, Symbol, SymbolName};
pub use key_users::{KeyUser, KeyUsers};
pub use keys::{Key, KeyDescription, KeyFlags, Keys};
pub use latency_stats::{Latency, LatencyStats};
pub use mdstat::{
    Assembly, MdArray, MdBitmap, MdLayout, MdLine, MdProgress, MdSize, MdStatus, Mdstat, Member,
};
pub use misc::{Misc, MiscDevice};
pub use modules::{Module, Modules, Refcount, UsedBy};
pub use mtrr::{Mtrr, MtrrRegister, MtrrSize};
pub use pagetypeinfo::{FreeCount, FreePages, MigrateTypes, MixedBlocks, Pagetypeinfo, ZoneBlocks};
pub use partitions::{Partition, Partitions};
pub use pci::{PciDevice, PciDevices, PciId, PciPlace};
pub use rtc::{Rtc, RtcLines};
pub use schedstat::{CpuCounts, DomainCounts, DomainName, SchedCpu, SchedDomain, Schedstat};
pub use setting::{Setpoint, Setting};
pub use slabinfo::{Slab, Slabinfo};
pub use softirqs::{Softirq, Softirqs};
pub use swaps::{Swap, Swaps};
pub use timer_list::{Blank, HrTimer, TickDevice, TimerClock, TimerCpu, TimerList};
pub use timer_stats::{TimerCount, TimerEntries, TimerStat, TimerStats};
pub use version::Version;
pub use version_signature::VersionSignature;
pub use vmallocinfo::{Caller, VmallocArea, Vmallocinfo};
pub use xfs::{Series, XfsStat};
pub use zoneinfo::{NodeStats, Pageset, Pagesets, Protection, Zone, Zoneinfo};

use super::format::Format;
use crate::format::kernel::{
    Cpuinfo, Diskstats, Filesystems, Loadavg, Locks, Meminfo, Pressure, Stat, Uptime, Vmstat,
};

/// The files that are known, by their names below `/proc`.
pub(super) static FORMATS: &[Format] = &[
    Format::of::<Allocinfo>(),
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
    Format::of::<DynamicDebug>(),
    Format::of::<Execdomains>(),
    Format::of::<Fb>(),
    Format::of::<Filesystems>(),
    Format::of::<Interrupts>(),
    Format::of::<Kallsyms>(),
    Format::of::<KeyUsers>(),
    Format::of::<Keys>(),
    Format::of::<Ext4EsShrinker>(),
    Format::of::<Ext4FastCommits>(),
    Format::of::<Ext4Groups>(),
    Format::of::<Ext4MbStats>(),
    Format::of::<Ext4MbStructs>(),
    Format::of::<Ext4Options>(),
    Format::of::<InputDevices>(),
    Format::of::<InputHandlers>(),
    Format::of::<Iomem>(),
    Format::of::<Ioports>(),
    Format::named::<IrqList>(&["irq/*/smp_affinity_list", "irq/*/effective_affinity_list"]),
    Format::named::<IrqMask>(&[
        "irq/*/smp_affinity",
        "irq/*/affinity_hint",
        "irq/*/effective_affinity",
        "irq/default_smp_affinity",
    ]),
    Format::of::<IrqNode>(),
    Format::of::<IrqSpurious>(),
    Format::of::<Jbd2Info>(),
    Format::of::<LatencyStats>(),
    Format::of::<Loadavg>(),
    Format::of::<Locks>(),
    Format::of::<Mdstat>(),
    Format::of::<Meminfo>(),
    Format::of::<Misc>(),
    Format::of::<Modules>(),
    Format::of::<Mtrr>(),
    Format::of::<Pagetypeinfo>(),
    Format::of::<Partitions>(),
    Format::of::<PciDevices>(),
    Format::named::<Pressure>(&[
        "pressure/cpu",
        "pressure/io",
        "pressure/irq",
        "pressure/memory",
    ]),
    Format::of::<Rtc>(),
    Format::of::<Schedstat>(),
    Format::of::<Setting>(),
    Format::of::<Softirqs>(),
    Format::of::<Stat>(),
    Format::of::<Swaps>(),
    Format::of::<Uptime>(),
    Format::of::<Version>(),
    Format::of::<VersionSignature>(),
    Format::of::<Vmstat>(),
    Format::of::<Slabinfo>(),
    Format::of::<TimerList>(),
    Format::of::<TimerStats>(),
    Format::of::<Vmallocinfo>(),
    Format::of::<XfsStat>(),
    Format::of::<Zoneinfo>(),
];
