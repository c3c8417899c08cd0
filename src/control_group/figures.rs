//! `Figures`: what a control group uses and may use, as it is shown of each of its processes.

use std::{io, time::Duration};

use super::directory::{Group, Groups, Share, UNLIMITED};
use crate::{format::kernel::Pressure, value::Missing};

/// A figure; `Err` says why there is none, [`Missing::None`] where there is no limit, or nothing counts it.
pub(crate) type Figure<T> = Result<T, Missing>;

/// What a control group uses and may use, by the figures of version 2 where a controller is there, and
/// of version 1 otherwise.
#[derive(Debug, Clone)]
pub(crate) struct Figures {
    /// Memory in bytes, without the cache of files that were not used lately: as `docker stats` and
    /// `podman stats` have it. Of the group whose limit applies, of its own where there is none.
    pub(crate) memory: Figure<u64>,
    /// The limit of memory in bytes: the least of its own and of all groups above.
    pub(crate) memory_limit: Figure<u64>,
    /// Processor time of all processes that were ever in it.
    pub(crate) cpu: Figure<Duration>,
    /// For how long its processors were throttled, all together.
    pub(crate) throttled: Figure<Duration>,
    /// Processes and threads.
    pub(crate) pids: Figure<u64>,
    /// The share of the last ten seconds in which some of its tasks waited for processors, for memory or
    /// for storage, in percent: the greatest of the three.
    pub(crate) pressure: Figure<f64>,
}

/// What a control group uses of memory, swap and processors; `None` where there is no limit, or nothing
/// counts it.
#[cfg(any(test, feature = "system"))]
#[derive(Debug)]
pub(crate) struct Uses {
    /// As [`Figures::memory`].
    pub(crate) memory: Option<u64>,
    /// As [`Figures::memory_limit`].
    pub(crate) memory_limit: Option<u64>,
    /// Swap in bytes.
    pub(crate) swap: Option<u64>,
    /// The limit of that: the least of its own and of all groups above.
    pub(crate) swap_limit: Option<u64>,
    /// As [`Figures::cpu`].
    pub(crate) cpu: Option<Duration>,
    /// As [`Figures::throttled`].
    pub(crate) throttled: Option<Duration>,
}

#[cfg(any(test, feature = "system"))]
impl Uses {
    /// Reads it.
    pub(crate) fn of(groups: &Groups) -> io::Result<Self> {
        let ((memory, memory_limit), (swap, swap_limit)) = (memory(groups)?, swap(groups)?);
        Ok(Self {
            memory,
            memory_limit,
            swap,
            swap_limit,
            cpu: cpu(groups)?,
            throttled: throttled(groups)?,
        })
    }
}

#[cfg(any(test, feature = "system"))]
fn swap(groups: &Groups) -> io::Result<UsedAndLimit> {
    // Version 1 counts memory and swap together.
    if let Some(group) = &groups.memory {
        let (both, above) = group.limited("memory.memsw.limit_in_bytes", UNLIMITED)?;
        if let Some(used) = group.number(above, "memory.memsw.usage_in_bytes")? {
            let memory = group.number(above, MEMORY_OF_FIRST.current)?.unwrap_or(0);
            let limit = group.limited(MEMORY_OF_FIRST.max, UNLIMITED)?.0;
            let limit = both.map(|both| both.saturating_sub(limit.unwrap_or(0)));
            return Ok((Some(used.saturating_sub(memory)), limit));
        }
    }
    let Some(group) = &groups.unified else {
        return Ok((None, None));
    };
    let (limit, above) = group.limited("memory.swap.max", u64::MAX)?;
    Ok((group.number(above, "memory.swap.current")?, limit))
}

/// Why a figure is not known.
pub(super) fn why(error: &io::Error) -> Missing {
    match Missing::because_of(error) {
        Missing::None => Missing::Unreadable,
        why => why,
    }
}

pub(super) fn figure<T>(read: io::Result<Option<T>>) -> Figure<T> {
    read.map_err(|error| why(&error))?.ok_or(Missing::None)
}

impl Figures {
    /// All unknown for one reason.
    pub(crate) fn unknown(why: Missing) -> Self {
        Self {
            memory: Err(why),
            memory_limit: Err(why),
            cpu: Err(why),
            throttled: Err(why),
            pids: Err(why),
            pressure: Err(why),
        }
    }

    /// Reads them.
    pub(crate) fn of(groups: &Groups) -> Self {
        let memory = memory(groups);
        let (memory, memory_limit) = match memory {
            Ok((used, limit)) => (used.ok_or(Missing::None), limit.ok_or(Missing::None)),
            Err(error) => (Err(why(&error)), Err(why(&error))),
        };
        Self {
            memory,
            memory_limit,
            cpu: figure(cpu(groups)),
            throttled: figure(throttled(groups)),
            pids: figure(pids(groups)),
            pressure: figure(pressure(groups)),
        }
    }

    /// Memory in percent of the limit.
    pub(crate) fn memory_percent(&self) -> Figure<f64> {
        percent(self.memory?, self.memory_limit?)
    }
}

#[expect(clippy::cast_precision_loss, reason = "shown with few decimals")]
pub(super) fn percent(used: u64, limit: u64) -> Figure<f64> {
    if limit == 0 {
        return Err(Missing::None);
    }
    Ok(100.0 * used as f64 / limit as f64)
}

/// Processor time that was used in `time`, in percent of one processor.
pub(crate) fn percent_of_time(used: Duration, time: Option<Duration>) -> Figure<f64> {
    let time = time.filter(|time| !time.is_zero()).ok_or(Missing::None)?;
    Ok(100.0 * used.as_secs_f64() / time.as_secs_f64())
}

/// The files in which a version of control groups tells of memory.
#[derive(Debug, Clone, Copy)]
pub(super) struct MemoryFiles {
    pub(super) max: &'static str,
    /// What a limit is below.
    pub(super) unlimited: u64,
    pub(super) current: &'static str,
    /// What `memory.stat` calls the cache of files that were not used lately.
    pub(super) cache: &'static str,
    /// What it calls the least limit of the group and of all above.
    pub(super) least: Option<&'static str>,
}

pub(super) const MEMORY_OF_FIRST: MemoryFiles = MemoryFiles {
    max: "memory.limit_in_bytes",
    unlimited: UNLIMITED,
    current: "memory.usage_in_bytes",
    cache: "total_inactive_file",
    least: Some("hierarchical_memory_limit"),
};

pub(super) const MEMORY_OF_SECOND: MemoryFiles = MemoryFiles {
    max: "memory.max",
    unlimited: u64::MAX,
    current: "memory.current",
    cache: "inactive_file",
    least: None,
};

impl MemoryFiles {
    /// That cache of the group that is so many levels up, in bytes.
    pub(super) fn cache(&self, group: &Group, above: usize) -> io::Result<u64> {
        let cache = group.counters(above, "memory.stat")?.find(self.cache)?;
        Ok(cache.unwrap_or(0))
    }
}

/// What is used and what may be.
type UsedAndLimit = (Option<u64>, Option<u64>);

fn memory(groups: &Groups) -> io::Result<UsedAndLimit> {
    // A controller is in one hierarchy alone.
    let of_first = groups.memory.as_ref();
    let of_first = of_first.map(|group| memory_in(group, &MEMORY_OF_FIRST));
    if let Some(found @ (Some(_), _)) = of_first.transpose()? {
        return Ok(found);
    }
    let of_second = groups.unified.as_ref();
    let of_second = of_second.map(|group| memory_in(group, &MEMORY_OF_SECOND));
    Ok(of_second.transpose()?.unwrap_or_default())
}

fn memory_in(group: &Group, files: &MemoryFiles) -> io::Result<UsedAndLimit> {
    let (limit, above) = group.limited(files.max, files.unlimited)?;
    let used = group.number(above, files.current)?;
    let cache = files.cache(group, above)?;
    let used = used.map(|used| used.saturating_sub(cache));
    Ok((used, limit))
}

pub(super) fn cpu(groups: &Groups) -> io::Result<Option<Duration>> {
    if let Some(group) = &groups.cpuacct
        && let Some(nanos) = group.number(0, "cpuacct.usage")?
    {
        return Ok(Some(Duration::from_nanos(nanos)));
    }
    let Some(group) = &groups.unified else {
        return Ok(None);
    };
    let micros = group.counters(0, "cpu.stat")?.find("usage_usec")?;
    Ok(micros.map(Duration::from_micros))
}

pub(super) fn throttled(groups: &Groups) -> io::Result<Option<Duration>> {
    if let Some(group) = &groups.cpu
        && let Some(nanos) = group.counters(0, "cpu.stat")?.find("throttled_time")?
    {
        return Ok(Some(Duration::from_nanos(nanos)));
    }
    let Some(group) = &groups.unified else {
        return Ok(None);
    };
    let micros = group.counters(0, "cpu.stat")?.find("throttled_usec")?;
    Ok(micros.map(Duration::from_micros))
}

fn pids(groups: &Groups) -> io::Result<Option<u64>> {
    for group in [&groups.pids, &groups.unified].into_iter().flatten() {
        let Share { current, .. } = group.share("pids.max", "pids.current", u64::MAX)?;
        if current.is_some() {
            return Ok(current);
        }
    }
    Ok(None)
}

fn pressure(groups: &Groups) -> io::Result<Option<f64>> {
    let Some(group) = &groups.unified else {
        return Ok(None);
    };
    let mut greatest: Option<u64> = None;
    for file in ["cpu.pressure", "memory.pressure", "io.pressure"] {
        let pressure: Option<Pressure> = group.read(file)?;
        let some = pressure.and_then(|pressure| pressure.some);
        greatest = greatest.max(some.map(|some| some.avg10));
    }
    #[expect(clippy::cast_precision_loss, reason = "hundredths of a percent")]
    Ok(greatest.map(|hundredths| hundredths as f64 / 100.0))
}
