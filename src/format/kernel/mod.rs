//! Files that describe the kernel and the machine: `/proc/stat`, `/proc/uptime`.

mod iomem;
mod latency_stats;
mod loadavg;
mod mdstat;
mod mtrr;
mod pagetypeinfo;
mod schedstat;
mod setting;
mod slabinfo;
mod stat;
mod timer_list;
mod timer_stats;
mod uptime;
mod vmallocinfo;
mod zoneinfo;

pub use iomem::{Address, Depth, Iomem, Ioports, Region};
pub use latency_stats::{Latency, LatencyStats};
pub use loadavg::Loadavg;
pub use mdstat::{
    Assembly, MdArray, MdBitmap, MdLayout, MdLine, MdProgress, MdSize, MdStatus, Mdstat, Member,
};
pub use mtrr::{Mtrr, MtrrRegister, MtrrSize};
pub use pagetypeinfo::{Blocks, FreeCount, FreePages, Mixed, Names, Pagetypeinfo};
pub use schedstat::{CpuCounts, DomainCounts, DomainName, SchedCpu, SchedDomain, Schedstat};
pub use setting::{Setpoint, Setting};
pub use slabinfo::{Slab, Slabinfo};
pub use stat::{Counts, Cpu, CpuTimes, Stat};
pub use timer_list::{Blank, HrTimer, TickDevice, TimerClock, TimerCpu, TimerList};
pub use timer_stats::{TimerCount, TimerEntries, TimerStat, TimerStats};
pub use uptime::Uptime;
pub use vmallocinfo::{Caller, VmallocArea, Vmallocinfo};
pub use zoneinfo::{NodeStats, Pageset, Pagesets, Protection, Zone, Zoneinfo};

use super::Format;

/// The files that are known, by their names below `/proc`.
pub(super) const FORMATS: &[Format] = &[
    Format::of::<Iomem>(),
    Format::of::<Ioports>(),
    Format::of::<LatencyStats>(),
    Format::of::<Loadavg>(),
    Format::of::<Mdstat>(),
    Format::of::<Mtrr>(),
    Format::of::<Pagetypeinfo>(),
    Format::of::<Schedstat>(),
    Format::of::<Setting>(),
    Format::of::<Slabinfo>(),
    Format::of::<Stat>(),
    Format::of::<TimerList>(),
    Format::of::<TimerStats>(),
    Format::of::<Uptime>(),
    Format::of::<Vmallocinfo>(),
    Format::of::<Zoneinfo>(),
];
