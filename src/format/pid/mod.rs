//! Files that describe one process: `/proc/PID/…`.

mod attr;
mod auxv;
mod cgroup;
mod cmdline;
mod comm;
mod deletable;
mod dev;
mod environ;
mod fd_kinds;
mod fdinfo;
mod io;
mod limits;
mod link;
mod maps;
mod mount;
mod mounts;
mod mountstats;
mod numa_maps;
mod oom;
mod reports;
mod sched;
mod schedstat;
mod settings;
mod smaps;
mod stack;
mod stat;
mod statm;
mod status;
mod symbol;
mod syscall;
mod timers;
mod uid_map;
mod wchan;

pub use attr::{Attr, SecurityLabel};
pub use auxv::{Auxv, AuxvPair};
pub use cgroup::{Cgroup, CgroupRow, Controllers};
pub use cmdline::Cmdline;
pub use comm::Comm;
pub(crate) use deletable::DELETED;
pub use deletable::Deletable;
pub use dev::Dev;
pub use environ::Environ;
pub use fd_kinds::{
    DrmStats, EpollEvents, EpollTarget, FanotifyFlags, FanotifyMark, FanotifyMarkFlags,
    FanotifyMask, FileHandle, HexBytes, InotifyMask, InotifyWatch, MarkHandle, OpenFlags,
    RingEntries, RingList, Sdev, SettimeFlags, TimerTime,
};
pub use fdinfo::Fdinfo;
pub use io::Io;
pub use limits::{Limit, Limits, LimitsRow};
pub use link::Link;
pub(crate) use link::{LinkKind, is_device_path};
pub use maps::{MapName, Mapping, Maps, Perms};
pub use mount::{MountOptions, MountSource, MountTags};
pub use mounts::{Mountinfo, MountinfoRow, Mounts, MountsRow};
pub use mountstats::{
    Mountstats, MountstatsRow, NfsBlock, NfsOp, NfsOps, NfsRpc, NfsStats, NfsXprt, StatSource,
};
pub use numa_maps::{NumaMap, NumaMaps, NumaNode, NumaPath, NumaPolicy};
pub use oom::{OomAdj, OomScore, OomScoreAdj};
pub use reports::{
    ArchStatus, CpuResctrlGroups, FailNth, KsmStat, MakeItFail, SeccompCache, SeccompCacheRow,
    StackDepth, TimensOffset, TimensOffsets,
};
pub use sched::{Sched, SchedEntries, SchedRule, SchedTask, SchedValue};
pub use schedstat::Schedstat;
pub use settings::{
    AuditId, Autogroup, AutogroupGroup, Children, CoredumpFilter, CoredumpParts, Cpuset,
    KsmMergingPages, Loginuid, PatchState, PatchTarget, Persona, Personality, Sessionid, Setgroups,
    TimerslackNs,
};
pub use smaps::{Smap, SmapMemory, Smaps, SmapsRollup, VmFlags};
pub use stack::{Stack, StackAddress, StackRow};
pub use stat::Stat;
pub use statm::Statm;
pub use status::{SigQ, Status};
pub use symbol::Symbol;
pub use syscall::{Syscall, SyscallState};
pub use timers::{ClockId, Notify, NotifyTarget, SigevValue, Timer, Timers};
pub use uid_map::{UidMap, UidMapRow};
pub use wchan::{WaitChannel, Wchan};

use super::{Format, kernel::LatencyStats};

/// The files that are known, by their names below `/proc/PID`.
pub(super) static FORMATS: &[Format] = &[
    Format::of::<ArchStatus>().in_process(),
    Format::named::<Attr>(&[
        "attr/current",
        "attr/exec",
        "attr/fscreate",
        "attr/keycreate",
        "attr/prev",
        "attr/sockcreate",
        "attr/*/current",
        "attr/*/exec",
        "attr/*/prev",
    ])
    .in_process(),
    Format::of::<Autogroup>().in_process(),
    Format::of::<Auxv>().in_process(),
    Format::of::<Cgroup>().in_process(),
    Format::of::<Children>().in_process(),
    Format::of::<Cmdline>().in_process(),
    Format::of::<Comm>().in_process(),
    Format::of::<CoredumpFilter>().in_process(),
    Format::of::<CpuResctrlGroups>().in_process(),
    Format::of::<Cpuset>().in_process(),
    Format::of::<Environ>().in_process(),
    Format::of::<FailNth>().in_process(),
    Format::of::<Fdinfo>().in_process(),
    Format::of::<Io>().in_process(),
    Format::of::<KsmMergingPages>().in_process(),
    Format::of::<KsmStat>().in_process(),
    Format::named::<LatencyStats>(&["latency"]).in_process(),
    Format::of::<Limits>().in_process(),
    Format::named::<Link>(&["exe", "cwd", "root", "fd/*", "ns/*", "map_files/*"])
        .in_process()
        .link(),
    Format::of::<Loginuid>().in_process(),
    Format::of::<MakeItFail>().in_process(),
    Format::of::<Maps>().in_process(),
    Format::of::<Mountinfo>().in_process(),
    Format::of::<Mounts>().in_process(),
    Format::of::<Mountstats>().in_process(),
    Format::of::<NumaMaps>().in_process(),
    Format::of::<OomAdj>().in_process(),
    Format::of::<OomScore>().in_process(),
    Format::of::<OomScoreAdj>().in_process(),
    Format::of::<PatchState>().in_process(),
    Format::of::<Personality>().in_process(),
    Format::of::<Sched>().in_process(),
    Format::of::<Schedstat>().in_process(),
    Format::of::<SeccompCache>().in_process(),
    Format::of::<Sessionid>().in_process(),
    Format::of::<Setgroups>().in_process(),
    Format::of::<Smaps>().in_process(),
    Format::of::<SmapsRollup>().in_process(),
    Format::of::<Stack>().in_process(),
    Format::of::<StackDepth>().in_process(),
    Format::of::<Stat>().in_process(),
    Format::of::<Statm>().in_process(),
    Format::of::<Status>().in_process(),
    Format::of::<Syscall>().in_process(),
    Format::of::<TimensOffsets>().in_process(),
    Format::of::<Timers>().in_process(),
    Format::of::<TimerslackNs>().in_process(),
    Format::named::<UidMap>(&["uid_map", "gid_map", "projid_map"]).in_process(),
    Format::of::<Wchan>().in_process(),
];
