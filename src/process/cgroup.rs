//! The control group of a process: what it may have, what it has, how long its tasks wait.

use std::{os::fd::OwnedFd, sync::Arc};

use nix::fcntl::OFlag;

use super::Process;
use crate::{
    error::{Error, ErrorKind, Result},
    format::{
        Record, Scalar,
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

/// The groups of a process, of version 1 by controller.
struct Groups {
    memory: Option<Group>,
    pids: Option<Group>,
    cpu: Option<Group>,
    unified: Option<Group>,
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

    /// The least count of processors that it and all groups above it may have.
    fn least_cpus(&self, of: impl FnMut(&OwnedFd) -> Option<f64>) -> Option<f64> {
        self.0.iter().filter_map(of).reduce(f64::min)
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
    /// The groups that tell something.
    fn control_groups(&self) -> Result<Arc<Groups>> {
        let base = match &self.view.0.joined {
            Some(joined) => Arc::clone(&joined.base),
            None => Arc::clone(self.procfs()),
        };
        if !base.is_genuine() {
            let reason = "a copy has no control groups";
            return Err(Error::new(ErrorKind::Absent, self.named("cgroup"), reason));
        }
        let cgroups = self.cgroups()?;
        self.once("groups", || {
            self.run("cgroup", move || {
                let mounts = Mountinfo::parse(&base.read("self/mountinfo")?).unwrap_or_default();
                let open = |row: Option<&CgroupRow>| Group::open(row?, &mounts.rows);
                let of = |controller| open(cgroups.of_controller(controller));
                Ok(Arc::new(Groups {
                    memory: of("memory"),
                    pids: of("pids"),
                    cpu: of("cpu"),
                    unified: open(cgroups.unified()),
                }))
            })
        })
    }

    /// What its control group may have, and has. The files are where this process has the
    /// hierarchies mounted, mostly below `/sys/fs/cgroup`.
    ///
    /// # Errors
    ///
    /// See [`Process`]; [`ErrorKind::Absent`] in a copy.
    pub fn cgroup_limits(&self) -> Result<CgroupLimits> {
        let groups = self.control_groups()?;
        let mut limits = CgroupLimits::default();
        if let Some(group) = &groups.memory {
            let max = group.least("memory.limit_in_bytes");
            limits.memory_max = max.filter(|max| *max < UNLIMITED);
            limits.memory_current = group.number("memory.usage_in_bytes");
        }
        for group in groups.pids.iter().chain(&groups.unified) {
            limits.pids_max = limits.pids_max.or(group.least("pids.max"));
            limits.pids_current = limits.pids_current.or(group.number("pids.current"));
        }
        if let Some(group) = &groups.cpu {
            limits.cpus = group.least_cpus(|dir| {
                let quota = read::<Scalar<i64>>(dir, "cpu.cfs_quota_us")?.0;
                let period = read::<Scalar<i64>>(dir, "cpu.cfs_period_us")?.0;
                #[expect(clippy::cast_precision_loss, reason = "a ratio of microseconds")]
                let cpus = quota as f64 / period as f64;
                (quota > 0 && period > 0).then_some(cpus)
            });
        }
        if let Some(group) = &groups.unified {
            limits.memory_max = limits.memory_max.or(group.least("memory.max"));
            limits.memory_high = group.least("memory.high");
            limits.memory_current = limits.memory_current.or(group.number("memory.current"));
            limits.swap_max = group.least("memory.swap.max");
            let cpus = group.least_cpus(|dir| read::<CpuMax>(dir, "cpu.max")?.cpus());
            limits.cpus = cpus.into_iter().chain(limits.cpus).reduce(f64::min);
        }
        Ok(limits)
    }

    /// How long the tasks of its control group waited, of version 2.
    ///
    /// # Errors
    ///
    /// See [`Process`]; [`ErrorKind::Absent`] in a copy.
    pub fn cgroup_pressure(&self) -> Result<CgroupPressure> {
        let groups = self.control_groups()?;
        let Some(group) = &groups.unified else {
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
