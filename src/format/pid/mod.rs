//! Files that describe one process: `/proc/PID/…`.

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
mod oom;
mod schedstat;
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

pub use cgroup::{Cgroup, CgroupRow, Controllers};
pub use cmdline::Cmdline;
pub use comm::Comm;
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
pub use maps::{MapName, Mapping, Maps, Perms};
pub use mount::{MountOptions, MountSource, MountTags};
pub use mounts::{Mountinfo, MountinfoRow, Mounts, MountsRow};
pub use oom::{OomAdj, OomScore, OomScoreAdj};
pub use schedstat::Schedstat;
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

use super::Format;

/// The files that are known, by their names below `/proc/PID`.
pub(super) const FORMATS: &[Format] = &[
    Format::of::<Cgroup>().in_process(),
    Format::of::<Cmdline>().in_process(),
    Format::of::<Comm>().in_process(),
    Format::of::<Environ>().in_process(),
    Format::of::<Fdinfo>().in_process(),
    Format::of::<Io>().in_process(),
    Format::of::<Limits>().in_process(),
    Format::named::<Link>(&["exe", "cwd", "root", "fd/*", "ns/*", "map_files/*"])
        .in_process()
        .link(),
    Format::of::<Maps>().in_process(),
    Format::of::<Mountinfo>().in_process(),
    Format::of::<Mounts>().in_process(),
    Format::of::<OomAdj>().in_process(),
    Format::of::<OomScore>().in_process(),
    Format::of::<OomScoreAdj>().in_process(),
    Format::of::<Schedstat>().in_process(),
    Format::of::<Smaps>().in_process(),
    Format::of::<SmapsRollup>().in_process(),
    Format::of::<Stack>().in_process(),
    Format::of::<Stat>().in_process(),
    Format::of::<Statm>().in_process(),
    Format::of::<Status>().in_process(),
    Format::of::<Syscall>().in_process(),
    Format::of::<Timers>().in_process(),
    Format::named::<UidMap>(&["uid_map", "gid_map", "projid_map"]).in_process(),
    Format::of::<Wchan>().in_process(),
];
