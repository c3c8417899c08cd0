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
mod syscall_names;
mod timers;
mod uid_map;
mod wchan;

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

#[cfg(any(test, feature = "records"))]
pub use super::records::pid::*;
