//! Files of one process that psgo itself does not read, and the table of all of them.

mod attr;
mod auxv;
mod mountstats;
mod numa_maps;
mod reports;
mod sched;
mod settings;

pub use attr::{Attr, SecurityLabel};
pub use auxv::{Auxv, AuxvPair};
pub use mountstats::{
    Mountstats, MountstatsRow, NfsBlock, NfsOp, NfsOps, NfsRpc, NfsStats, NfsXprt, StatSource,
};
pub use numa_maps::{NumaMap, NumaMaps, NumaNode, NumaPath, NumaPolicy};
pub use reports::{
    ArchStatus, CpuResctrlGroups, FailNth, KsmStat, MakeItFail, SeccompCache, SeccompCacheRow,
    StackDepth, TimensOffset, TimensOffsets,
};
pub use sched::{Sched, SchedEntries, SchedRule, SchedTask, SchedValue};
pub use settings::{
    AuditId, Autogroup, AutogroupGroup, Children, CoredumpFilter, CoredumpParts, Cpuset,
    KsmMergingPages, Loginuid, PatchState, PatchTarget, Persona, Personality, Sessionid, Setgroups,
    TimerslackNs,
};

use super::{format::Format, kernel::LatencyStats};
use crate::format::pid::{
    Cgroup, Cmdline, Comm, Environ, Fdinfo, Io, Limits, Link, Maps, Mountinfo, Mounts, OomAdj,
    OomScore, OomScoreAdj, Schedstat, Smaps, SmapsRollup, Stack, Stat, Statm, Status, Syscall,
    Timers, UidMap, Wchan,
};

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
    Format::named::<Link>(&["exe", "cwd", "root", "fd/*", "ns/*", "map_files/*"]).in_process(),
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
