//! The control groups of a process: the container that they name, what it may have, what it has,
//! how long its tasks wait.

use std::sync::Arc;

use super::{
    control_group::{Group, Groups, read},
    handle::Process,
};
use crate::{
    container::Container,
    error::{Error, ErrorKind, Result},
    format::{
        Scalar,
        cgroup::CpuMax,
        kernel::Pressure,
        pid::{Cgroup, CgroupRow, Mountinfo},
    },
    wait::process_file,
};

/// What a control group may have, and has. The limits are those that hold: the least of its own
/// and of all groups above it. `None` where there is no limit, or no controller that tells.
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

/// How long the tasks of a control group waited; `None` where the kernel does not account it.
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

/// From here on version 1 means no limit: as many pages as a number can hold.
const UNLIMITED: u64 = 1 << 62;

impl Process {
    /// Its control groups (`cgroup`), as this process's cgroup namespace shows them.
    ///
    /// # Errors
    ///
    /// See [`Process`].
    #[inline]
    pub fn cgroups(&self) -> Result<Cgroup> {
        self.read()
    }

    /// The container in which it runs, by the paths of its control groups; `None` where they name
    /// none.
    ///
    /// # Errors
    ///
    /// See [`Process`].
    #[inline]
    pub fn container(&self) -> Result<Option<Container>> {
        Ok(Container::from_cgroups(&self.cgroups()?))
    }

    /// All containers that the paths of its control groups name, the outermost first: see
    /// [`Container::all_from_cgroups`].
    ///
    /// # Errors
    ///
    /// See [`Process`].
    pub fn containers(&self) -> Result<Vec<Container>> {
        Ok(Container::all_from_cgroups(&self.cgroups()?))
    }

    /// The groups that tell something.
    #[inline]
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
        self.once(
            |known| &mut known.control_groups,
            || {
                self.run_watched("cgroup", move || {
                    let mounts =
                        Mountinfo::parse(&base.read(&process_file!("mountinfo").of_self())?)
                            .unwrap_or_default();
                    let open = |row: Option<&CgroupRow>| Group::open(row?, &mounts.rows);
                    let of = |controller| open(cgroups.of_controller(controller));
                    Ok(Arc::new(Groups {
                        memory: of("memory"),
                        pids: of("pids"),
                        cpu: of("cpu"),
                        unified: open(cgroups.unified()),
                    }))
                })
            },
        )
    }

    /// What its control group may have, and has. The files are where this process has the
    /// hierarchies mounted, mostly below `/sys/fs/cgroup`.
    ///
    /// # Errors
    ///
    /// See [`Process`]; [`ErrorKind::Absent`] in a copy.
    #[inline]
    pub fn cgroup_limits(&self) -> Result<CgroupLimits> {
        let groups = self.control_groups()?;
        self.run_watched("cgroup", move || Ok(limits_of(&groups)))
    }

    /// How long the tasks of its control group waited, of version 2.
    ///
    /// # Errors
    ///
    /// See [`Process`]; [`ErrorKind::Absent`] in a copy.
    #[inline]
    pub fn cgroup_pressure(&self) -> Result<CgroupPressure> {
        let groups = self.control_groups()?;
        self.run_watched("cgroup", move || {
            let pressure = groups.unified.as_ref().map(|group| CgroupPressure {
                cpu: group.read("cpu.pressure"),
                memory: group.read("memory.pressure"),
                io: group.read("io.pressure"),
            });
            Ok(pressure.unwrap_or_default())
        })
    }
}

/// What the files of these groups tell. They lie in a file system that others have too.
#[inline]
fn limits_of(groups: &Groups) -> CgroupLimits {
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
    limits
}
