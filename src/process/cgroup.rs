//! The control groups of a process: the container that they name, what it may have, what it has,
//! how long its tasks wait.

use std::{io, os::fd::OwnedFd, sync::Arc, time::Duration};

use super::handle::Process;
#[cfg(any(test, all(feature = "system", feature = "runtimes")))]
use crate::control_group::Uses;
use crate::{
    container::ContainerPath,
    control_group::{Group, Groups, Share, UNLIMITED, read},
    error::{Error, ErrorKind, Result},
    format::{
        Scalar,
        cgroup::CpuMax,
        kernel::Pressure,
        pid::{Cgroup, Mountinfo},
    },
    value::Text,
    wait::process_file,
};

/// What a control group may have, and has. The limits are those that hold: the least of its own
/// and of all groups above it. `None` where there is no limit, or no controller that tells.
///
/// What is used of memory and of tasks is that of the group whose limit it is, which has all of what
/// its groups have; of its own group where there is no limit.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct CgroupLimits {
    /// Memory, in bytes.
    pub memory_max: Option<u64>,
    /// From here on memory is taken back, in bytes.
    pub memory_high: Option<u64>,
    /// Memory that the group with this limit has, in bytes.
    pub memory_current: Option<u64>,
    /// The path of that group in its hierarchy.
    pub memory_group: Option<Text>,
    /// Swap, in bytes.
    pub swap_max: Option<u64>,
    /// Processes and threads.
    pub pids_max: Option<u64>,
    /// Processes and threads that the group with this limit has.
    pub pids_current: Option<u64>,
    /// The path of that group in its hierarchy.
    pub pids_group: Option<Text>,
    /// Processors' worth of time.
    pub cpus: Option<f64>,
}

/// What has happened to a control group. `None` where the kernel does not count it, or no hierarchy that
/// does is mounted.
///
/// What is counted of memory is of the group whose limit applies, as in [`CgroupLimits`]; of the
/// processor of the group that was throttled most often, its own or one above it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct CgroupEvents {
    /// The path of the group whose memory is told, in its hierarchy.
    pub memory_group: Option<Text>,
    /// How many of its processes were killed because it had no memory left. Since 4.13.
    pub oom_kills: Option<u64>,
    /// How often it was about to have more memory than its limit.
    pub memory_max_hits: Option<u64>,
    /// How often memory was taken back because it had more than `memory.high`. Of version 2.
    pub memory_high_hits: Option<u64>,
    /// The most memory that it ever had, in bytes. Of version 2 since 5.19.
    pub memory_peak: Option<u64>,
    /// The path of the group whose processor time is told, in its hierarchy.
    pub cpu_group: Option<Text>,
    /// How many periods its limit of processor time has had.
    pub cpu_periods: Option<u64>,
    /// In how many of them it was throttled.
    pub cpu_throttled: Option<u64>,
    /// For how long its processors were throttled, all together.
    pub cpu_throttled_time: Option<Duration>,
    /// Whether its processes stand still, because it or a group above it was frozen.
    pub frozen: Option<bool>,
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
    pub fn container(&self) -> Result<Option<ContainerPath>> {
        Ok(ContainerPath::from_cgroups(&self.cgroups()?))
    }

    /// All containers that the paths of its control groups name, the outermost first: see
    /// [`ContainerPath::all_from_cgroups`].
    ///
    /// # Errors
    ///
    /// See [`Process`].
    pub fn containers(&self) -> Result<Vec<ContainerPath>> {
        Ok(ContainerPath::all_from_cgroups(&self.cgroups()?))
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
                    let mounts = base.read(&process_file!("mountinfo").of_self())?;
                    let mounts = Mountinfo::parse(&mounts).map_err(io::Error::other)?;
                    Ok(Arc::new(Groups::open(&cgroups, &mounts.rows)?))
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
        self.run_watched("cgroup", move || limits_of(&groups))
    }

    /// What its control group uses of what is shared with others.
    #[cfg(any(test, all(feature = "system", feature = "runtimes")))]
    pub(crate) fn cgroup_uses(&self) -> Result<Uses> {
        let groups = self.control_groups()?;
        self.run_watched("cgroup", move || Uses::of(&groups))
    }

    /// What has happened to its control group: kills for want of memory, throttling, freezing.
    ///
    /// # Errors
    ///
    /// See [`Process`]; [`ErrorKind::Absent`] in a copy.
    #[inline]
    pub fn cgroup_events(&self) -> Result<CgroupEvents> {
        let groups = self.control_groups()?;
        self.run_watched("cgroup", move || events_of(&groups))
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
            let Some(group) = &groups.unified else {
                return Ok(CgroupPressure::default());
            };
            Ok(CgroupPressure {
                cpu: group.read("cpu.pressure")?,
                memory: group.read("memory.pressure")?,
                io: group.read("io.pressure")?,
            })
        })
    }
}

/// What the files of these groups tell. They lie in a file system that others have too.
#[inline]
fn limits_of(groups: &Groups) -> io::Result<CgroupLimits> {
    let mut limits = CgroupLimits::default();
    let of = |group: &Option<Group>, max, current, unlimited| {
        let share = group
            .as_ref()
            .map(|group| group.share(max, current, unlimited));
        let tells = |share: &Share| share.max.is_some() || share.current.is_some();
        Ok::<_, io::Error>(share.transpose()?.filter(tells))
    };
    let (max, current) = ("memory.limit_in_bytes", "memory.usage_in_bytes");
    let mut memory = of(&groups.memory, max, current, UNLIMITED)?;
    // A controller is in one hierarchy alone.
    if memory.is_none() {
        memory = of(&groups.unified, "memory.max", "memory.current", u64::MAX)?;
    }
    if let Some(share) = memory {
        (limits.memory_max, limits.memory_current) = (share.max, share.current);
        limits.memory_group = Some(Text::from(&*share.path));
    }
    let mut pids = of(&groups.pids, "pids.max", "pids.current", u64::MAX)?;
    if pids.is_none() {
        pids = of(&groups.unified, "pids.max", "pids.current", u64::MAX)?;
    }
    if let Some(share) = pids {
        (limits.pids_max, limits.pids_current) = (share.max, share.current);
        limits.pids_group = Some(Text::from(&*share.path));
    }
    if let Some(group) = &groups.cpu {
        limits.cpus = group.least_cpus(|dir| {
            let quota = read::<Scalar<i64>>(dir, "cpu.cfs_quota_us")?;
            let period = read::<Scalar<i64>>(dir, "cpu.cfs_period_us")?;
            let (Some(Scalar(quota)), Some(Scalar(period))) = (quota, period) else {
                return Ok(None);
            };
            #[expect(clippy::cast_precision_loss, reason = "a ratio of microseconds")]
            let cpus = quota as f64 / period as f64;
            Ok((quota > 0 && period > 0).then_some(cpus))
        })?;
    }
    if let Some(group) = &groups.unified {
        limits.memory_high = group.least("memory.high")?;
        limits.swap_max = group.least("memory.swap.max")?;
        let max = |dir: &OwnedFd| Ok(read::<CpuMax>(dir, "cpu.max")?.and_then(|max| max.cpus()));
        let cpus = group.least_cpus(max)?;
        limits.cpus = cpus.into_iter().chain(limits.cpus).reduce(f64::min);
    }
    Ok(limits)
}

/// What the files of these groups tell of what happened.
#[inline]
fn events_of(groups: &Groups) -> io::Result<CgroupEvents> {
    let mut events = CgroupEvents::default();
    memory_events(groups, &mut events)?;
    cpu_events(groups, &mut events)?;
    events.frozen = groups.is_frozen()?;
    Ok(events)
}

#[inline]
fn memory_events(groups: &Groups, events: &mut CgroupEvents) -> io::Result<()> {
    if let Some(group) = &groups.memory {
        let (_, above) = group.limited("memory.limit_in_bytes", UNLIMITED)?;
        let control = group.counters(above, "memory.oom_control")?;
        events.oom_kills = control.find("oom_kill")?;
        events.memory_max_hits = group.number(above, "memory.failcnt")?;
        events.memory_peak = group.number(above, "memory.max_usage_in_bytes")?;
        if events.memory_peak.is_some() {
            events.memory_group = Some(Text::from(group.path_of(above).as_slice()));
            return Ok(());
        }
    }
    // A controller is in one hierarchy alone.
    if let Some(group) = &groups.unified {
        let (_, above) = group.limited("memory.max", u64::MAX)?;
        let counters = group.counters(above, "memory.events")?;
        events.oom_kills = counters.find("oom_kill")?;
        events.memory_max_hits = counters.find("max")?;
        events.memory_high_hits = counters.find("high")?;
        events.memory_peak = group.number(above, "memory.peak")?;
        if events.oom_kills.is_some() || events.memory_peak.is_some() {
            events.memory_group = Some(Text::from(group.path_of(above).as_slice()));
        }
    }
    Ok(())
}

#[inline]
fn cpu_events(groups: &Groups, events: &mut CgroupEvents) -> io::Result<()> {
    for group in [&groups.cpu, &groups.unified].into_iter().flatten() {
        for above in 0..group.levels() {
            let counters = group.counters(above, "cpu.stat")?;
            let throttled = counters.find("nr_throttled")?;
            if throttled.is_none()
                || (events.cpu_throttled.is_some() && throttled <= events.cpu_throttled)
            {
                continue;
            }
            events.cpu_throttled = throttled;
            events.cpu_periods = counters.find("nr_periods")?;
            let nanos = counters.find("throttled_time")?.map(Duration::from_nanos);
            let micros = counters.find("throttled_usec")?.map(Duration::from_micros);
            events.cpu_throttled_time = nanos.or(micros);
            events.cpu_group = Some(Text::from(group.path_of(above).as_slice()));
        }
    }
    Ok(())
}
