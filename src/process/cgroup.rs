//! The control group of a process: what it may have, what it has, how long its tasks wait.

use std::{os::fd::OwnedFd, sync::Arc};

use nix::fcntl::OFlag;

use super::Process;
use crate::{
    error::{Error, ErrorKind, Result},
    format::{
        Record,
        cgroup::{CpuMax, Limit},
        kernel::Pressure,
        pid::{CgroupRow, Mountinfo, MountinfoRow},
    },
    sys::{self, End, Guard},
};

/// A file of a control group is never near so long.
const LIMIT: usize = 64 << 10;

/// How deep control groups are followed.
const DEEPEST: usize = 64;

/// What a control group may have, and has. The limits are those that hold: the least of its own
/// and of all groups above it. Nothing where there is no limit, or no controller that tells.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[non_exhaustive]
pub struct CgroupLimits {
    /// Memory, in bytes.
    pub memory_max: Option<u64>,
    /// From here on memory is taken back, in bytes.
    pub memory_high: Option<u64>,
    /// Memory that it has, in bytes.
    pub memory_current: Option<u64>,
    /// Swap, in bytes.
    pub swap_max: Option<u64>,
    /// Processes and threads.
    pub pids_max: Option<u64>,
    /// Processes and threads that it has.
    pub pids_current: Option<u64>,
    /// Processors' worth of time.
    pub cpus: Option<f64>,
}

/// How long the tasks of a control group waited; nothing where the kernel does not account it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct CgroupPressure {
    /// For processors.
    pub cpu: Option<Pressure>,
    /// For memory.
    pub memory: Option<Pressure>,
    /// For input and output.
    pub io: Option<Pressure>,
}

/// The directories of a control group in one hierarchy, from its own up.
struct Group(Vec<OwnedFd>);

impl Group {
    /// The group of `row`, where `mounts` shows its hierarchy.
    fn open(row: &CgroupRow, mounts: &[MountinfoRow]) -> Option<Self> {
        let shows = |mount: &&MountinfoRow| {
            let kind: &[u8] = &mount.fstype.0;
            if row.hierarchy == 0 {
                return kind == b"cgroup2";
            }
            let mut names = row.controllers.iter();
            kind == b"cgroup"
                && names.all(|name| mount.super_options.iter().any(|option| option == name))
        };
        let mount = mounts.iter().find(shows)?;
        // Both are as this process's cgroup namespace shows them.
        let path = below(&row.path.path, &mount.root.0)?;
        let mut at = mount.target.0.clone();
        let mut dirs = vec![sys::open_directory(&*at, OFlag::empty()).ok()?];
        for part in path.split(|&b| b == b'/').filter(|part| !part.is_empty()) {
            if part == b".." || dirs.len() >= DEEPEST {
                return None;
            }
            at.push(b'/');
            at.extend_from_slice(part);
            dirs.push(sys::open_directory(&*at, OFlag::empty()).ok()?);
        }
        dirs.reverse();
        Some(Self(dirs))
    }

    /// A file of its own.
    fn read<T: Record>(&self, name: &str) -> Option<T> {
        read(self.0.first()?, name)
    }

    /// The least that a file tells of it and of all groups above.
    fn least(&self, name: &str) -> Option<u64> {
        let limits = self.0.iter().filter_map(|dir| read::<Limit>(dir, name));
        limits.filter_map(|limit| limit.value.number()).min()
    }

    fn number(&self, name: &str) -> Option<u64> {
        self.read::<Limit>(name)?.value.number()
    }
}

fn read<T: Record>(dir: &OwnedFd, name: &str) -> Option<T> {
    let flags = OFlag::O_RDONLY | OFlag::O_NONBLOCK;
    let file = sys::open_below(dir, name, flags, Guard::Trusting).ok()?;
    let mut bytes = Vec::new();
    sys::read_to_end(file, &mut bytes, LIMIT, End::Nothing).ok()?;
    T::parse(&bytes).ok()
}

/// `path` as seen from the directory `root`, if it is below that.
fn below<'a>(path: &'a [u8], root: &[u8]) -> Option<&'a [u8]> {
    let root = root.strip_suffix(b"/").unwrap_or(root);
    let rest = path.strip_prefix(root)?;
    (rest.is_empty() || rest.starts_with(b"/")).then_some(rest)
}

/// From here on version 1 means no limit: as many pages as a number can hold.
const UNLIMITED: u64 = 1 << 62;

impl Process {
    /// The groups that tell of `controller`, the one of version 2 last.
    fn groups_of(&self, controller: &'static str) -> Result<Vec<(bool, Group)>> {
        let base = match &self.view.0.joined {
            Some(joined) => Arc::clone(&joined.base),
            None => Arc::clone(self.procfs()),
        };
        if !base.is_genuine() {
            let reason = "a copy has no control groups";
            return Err(Error::new(ErrorKind::Absent, self.named("cgroup"), reason));
        }
        let cgroups = self.cgroups()?;
        let mounts = self.once("own mounts", || {
            let mounts = self.run("cgroup", move || base.read("self/mountinfo"))?;
            Ok(Arc::new(Mountinfo::parse(&mounts).unwrap_or_default()))
        })?;
        self.run("cgroup", move || {
            let rows = [cgroups.of_controller(controller), cgroups.unified()];
            let groups = rows
                .into_iter()
                .flatten()
                .filter_map(|row| Some((row.hierarchy == 0, Group::open(row, &mounts.rows)?)));
            Ok(groups.collect())
        })
    }

    /// What its control group may have, and has. The files are where this process has the
    /// hierarchies mounted, mostly below `/sys/fs/cgroup`.
    ///
    /// # Errors
    ///
    /// See [`Process`]; [`ErrorKind::Absent`] in a copy.
    pub fn cgroup_limits(&self) -> Result<CgroupLimits> {
        let mut limits = CgroupLimits::default();
        for (is_unified, group) in self.groups_of("memory")? {
            if is_unified {
                limits.memory_max = limits.memory_max.or(group.least("memory.max"));
                limits.memory_high = group.least("memory.high");
                limits.memory_current = limits.memory_current.or(group.number("memory.current"));
                limits.swap_max = group.least("memory.swap.max");
            } else {
                let max = group.least("memory.limit_in_bytes");
                limits.memory_max = max.filter(|max| *max < UNLIMITED);
                limits.memory_current = group.number("memory.usage_in_bytes");
            }
        }
        for (_, group) in self.groups_of("pids")? {
            limits.pids_max = limits.pids_max.or(group.least("pids.max"));
            limits.pids_current = limits.pids_current.or(group.number("pids.current"));
        }
        for (is_unified, group) in self.groups_of("cpu")? {
            let cpus = group.0.iter().filter_map(|dir| {
                if is_unified {
                    return read::<CpuMax>(dir, "cpu.max")?.cpus();
                }
                let quota = read::<crate::format::Scalar<i64>>(dir, "cpu.cfs_quota_us")?.0;
                let period = read::<crate::format::Scalar<i64>>(dir, "cpu.cfs_period_us")?.0;
                #[expect(clippy::cast_precision_loss, reason = "a ratio of microseconds")]
                let cpus = quota as f64 / period as f64;
                (quota > 0 && period > 0).then_some(cpus)
            });
            limits.cpus = cpus.chain(limits.cpus).reduce(f64::min);
        }
        Ok(limits)
    }

    /// How long the tasks of its control group waited, of version 2.
    ///
    /// # Errors
    ///
    /// See [`Process`]; [`ErrorKind::Absent`] in a copy.
    pub fn cgroup_pressure(&self) -> Result<CgroupPressure> {
        let groups = self.groups_of("")?;
        let Some((_, group)) = groups.iter().find(|(is_unified, _)| *is_unified) else {
            return Ok(CgroupPressure::default());
        };
        Ok(CgroupPressure {
            cpu: group.read("cpu.pressure"),
            memory: group.read("memory.pressure"),
            io: group.read("io.pressure"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_is_found_below_what_is_mounted() {
        assert_eq!(below(b"/a/b", b"/"), Some(&b"/a/b"[..]));
        assert_eq!(below(b"/", b"/"), Some(&b"/"[..]));
        assert_eq!(below(b"/a/b", b"/a"), Some(&b"/b"[..]));
        assert_eq!(below(b"/ab", b"/a"), None);
        assert_eq!(below(b"/a", b"/a"), Some(&b""[..]));
    }
}
