//! What a container may use of the machine, and uses.

use std::time::Duration;

use super::{
    cpu::{cpu_count, cpu_times},
    machine::load,
    memory::{memory, swap},
    ratio::percent,
};
use crate::{
    error::{Error, ErrorKind, Result},
    format::kernel::{Pressure, Vmstat},
    process::{CgroupPressure, Process},
    view::View,
};

/// What there is of the machine's resources, and what is used of them. `None` where there is no limit, or
/// where nothing counts it.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct ResourceUse {
    /// Memory that can be had, in bytes: of a container its limit, if that is less than the machine has.
    pub memory_total: u64,
    /// The limit of memory in bytes: the least of the control group and of all above.
    pub memory_limit: Option<u64>,
    /// Memory used, in bytes: of a container without the cache of files not used lately, as `docker stats`
    /// and `podman stats` have it; of the machine what is not available, as [`Memory::used`].
    ///
    /// [`Memory::used`]: super::Memory::used
    pub memory_used: Option<u64>,
    /// Swap that can be had, in bytes.
    pub swap_total: u64,
    /// Swap used, in bytes.
    pub swap_used: Option<u64>,
    /// Processors that it may run on: of a container by the affinity of its process.
    pub cpus: usize,
    /// The limit of processor time, in processors: the least of the control group and of all above.
    pub cpu_limit: Option<f64>,
    /// Processor time used since the container was made, or since the machine booted.
    pub cpu_time: Option<Duration>,
    /// For how long its processors were throttled, all together.
    pub throttled: Option<Duration>,
    /// The limit of processes and threads.
    pub tasks_limit: Option<u64>,
    /// Processes and threads; of a container of the group whose limit applies.
    pub tasks: Option<u64>,
    /// How many processes were killed for want of memory.
    pub oom_kills: Option<u64>,
    /// How long tasks waited.
    pub pressure: CgroupPressure,
}

impl ResourceUse {
    /// Memory used in percent of what can be had.
    #[must_use]
    pub fn memory_percent(&self) -> Option<f64> {
        self.memory_used
            .map(|used| percent(used, self.memory_total))
    }
}

/// The machine's resources, and beside them those of a container.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Resources {
    /// Of the machine.
    pub machine: ResourceUse,
    /// Of the container that the view joined; `None` without a join.
    pub container: Option<ResourceUse>,
}

/// The resources of the machine, and beside them those of the container that the view joined: what
/// `free`, `nproc` and `uptime` would say there if they knew of control groups. Features `system` and
/// `runtimes`.
///
/// The container's are those of the control group of the joined process, and of the groups above it:
/// `memory.*`, `cpu.*`, `pids.*` of version 2 or 1, `*.pressure` of version 2.
///
/// ```
/// let host = psgo::system::resources(&psgo::View::host()?)?;
/// assert!(host.container.is_none() && host.machine.memory_total > 0);
/// # Ok::<(), psgo::Error>(())
/// ```
///
/// # Errors
///
/// As [`View::read`] for what the machine has; [`ErrorKind::Gone`] if the joined process has ended; if
/// its control groups cannot be read.
pub fn resources(view: &View) -> Result<Resources> {
    let machine = of_machine(view)?;
    let container = view.joined_process().transpose()?;
    let container = container.map(|process| of_container(&process, &machine));
    Ok(Resources {
        container: container.transpose()?,
        machine,
    })
}

fn of_machine(view: &View) -> Result<ResourceUse> {
    let (memory, swap) = (memory(view)?, swap(view)?);
    let times = cpu_times(view)?.all;
    // A kernel without accounting has no such files.
    let pressure = |file| match view.read_bytes(file, false) {
        Ok(bytes) => Pressure::parse(&bytes).map(Some).map_err(|error| {
            let name = view.0.proc.named(file);
            Error::new(ErrorKind::NotUnderstood, name, error.to_string())
        }),
        Err(error) if matches!(error.kind(), ErrorKind::Absent | ErrorKind::Unsupported) => {
            Ok(None)
        }
        Err(error) => Err(error),
    };
    Ok(ResourceUse {
        memory_total: memory.total,
        memory_used: Some(memory.used),
        swap_total: swap.total,
        swap_used: Some(swap.used),
        cpus: cpu_count(view)?.logical,
        // What a hypervisor kept from it was not used.
        cpu_time: Some(times.busy().saturating_sub(times.steal)),
        tasks: Some(load(view)?.threads),
        oom_kills: view.read::<Vmstat>()?.counters.find("oom_kill"),
        pressure: CgroupPressure {
            cpu: pressure("pressure/cpu")?,
            memory: pressure("pressure/memory")?,
            io: pressure("pressure/io")?,
        },
        ..ResourceUse::default()
    })
}

fn of_container(process: &Process, machine: &ResourceUse) -> Result<ResourceUse> {
    let uses = process.cgroup_uses()?;
    let limits = process.cgroup_limits()?;
    let least = |limit: Option<u64>, there: u64| limit.map_or(there, |limit| limit.min(there));
    Ok(ResourceUse {
        memory_total: least(uses.memory_limit, machine.memory_total),
        memory_limit: uses.memory_limit,
        memory_used: uses.memory,
        swap_total: least(uses.swap_limit, machine.swap_total),
        swap_used: uses.swap,
        cpus: process.affinity()?.len(),
        cpu_limit: limits.cpus,
        cpu_time: uses.cpu,
        throttled: uses.throttled,
        tasks_limit: limits.pids_max,
        tasks: limits.pids_current,
        oom_kills: process.cgroup_events()?.oom_kills,
        pressure: process.cgroup_pressure()?,
    })
}
