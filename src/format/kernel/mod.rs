//! Files that describe the kernel and the machine: `/proc/stat`, `/proc/uptime`.

mod allocinfo;
mod ext4;
mod input;
mod iomem;
mod irq;
mod jbd2;
mod latency_stats;
mod loadavg;
mod mdstat;
mod mtrr;
mod pagetypeinfo;
mod pci;
mod schedstat;
mod setting;
mod slabinfo;
mod stat;
mod timer_list;
mod timer_stats;
mod uptime;
mod vmallocinfo;
mod xfs;
mod zoneinfo;

pub use allocinfo::{Allocation, Allocinfo};
pub use ext4::{
    Ext4EsMaximum, Ext4EsShrinker, Ext4FastCommits, Ext4Group, Ext4Groups, Ext4MbStats,
    Ext4MbStructs, Ext4Options, Outline,
};
pub use input::{InputDevice, InputDevices, InputHandler, InputHandlers};
pub use iomem::{Address, Depth, Iomem, Ioports, Region};
pub use irq::{IrqList, IrqMask, IrqNode, IrqSpurious, Mask, Ranges};
pub use jbd2::{Jbd2Average, Jbd2Info};
pub use latency_stats::{Latency, LatencyStats};
pub use loadavg::Loadavg;
pub use mdstat::{
    Assembly, MdArray, MdBitmap, MdLayout, MdLine, MdProgress, MdSize, MdStatus, Mdstat, Member,
};
pub use mtrr::{Mtrr, MtrrRegister, MtrrSize};
pub use pagetypeinfo::{Blocks, FreeCount, FreePages, Mixed, Names, Pagetypeinfo};
pub use pci::{PciDevice, PciDevices, PciId, PciPlace};
pub use schedstat::{CpuCounts, DomainCounts, DomainName, SchedCpu, SchedDomain, Schedstat};
pub use setting::{Setpoint, Setting};
pub use slabinfo::{Slab, Slabinfo};
pub use stat::{Counts, Cpu, CpuTimes, Stat};
pub use timer_list::{Blank, HrTimer, TickDevice, TimerClock, TimerCpu, TimerList};
pub use timer_stats::{TimerCount, TimerEntries, TimerStat, TimerStats};
pub use uptime::Uptime;
pub use vmallocinfo::{Caller, VmallocArea, Vmallocinfo};
pub use xfs::{Series, XfsStat};
pub use zoneinfo::{NodeStats, Pageset, Pagesets, Protection, Zone, Zoneinfo};

use super::Format;

/// The files that are known, by their names below `/proc`.
pub(super) const FORMATS: &[Format] = &[
    Format::of::<Allocinfo>(),
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
    Format::of::<Mdstat>(),
    Format::of::<Mtrr>(),
    Format::of::<Pagetypeinfo>(),
    Format::of::<PciDevices>(),
    Format::of::<Schedstat>(),
    Format::of::<Setting>(),
    Format::of::<Slabinfo>(),
    Format::of::<Stat>(),
    Format::of::<TimerList>(),
    Format::of::<TimerStats>(),
    Format::of::<Uptime>(),
    Format::of::<Vmallocinfo>(),
    Format::of::<XfsStat>(),
    Format::of::<Zoneinfo>(),
];
