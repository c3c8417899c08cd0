//! The processors of the machine: how many, and what they did.

use std::{collections::BTreeSet, time::Duration};

use crate::{
    error::Result,
    format::kernel::{self, Cpuinfo, Stat},
    host::Host,
    view::View,
};

/// What processors did since boot: `/proc/stat`, exact to the tick. What the kernel does not tell
/// is zero.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CpuTimes {
    /// All of them together.
    pub all: CpuTime,
    /// Each that is online, by its number.
    pub each: Vec<(u32, CpuTime)>,
}

/// What a processor did since boot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct CpuTime {
    /// In programs, guests of virtual machines among them.
    pub user: Duration,
    /// In programs that have given way (`nice`), guests among them.
    pub nice: Duration,
    /// In the kernel.
    pub system: Duration,
    /// Nothing.
    pub idle: Duration,
    /// Nothing, while something waited for a disk. Not to be relied on.
    pub iowait: Duration,
    /// In interrupts.
    pub irq: Duration,
    /// In what interrupts put off.
    pub softirq: Duration,
    /// Nothing, while the host of this virtual machine ran others.
    pub steal: Duration,
    /// In guests of virtual machines.
    pub guest: Duration,
    /// In guests that have given way.
    pub guest_nice: Duration,
}

impl CpuTime {
    fn new(read: &kernel::CpuTimes, host: &Host) -> Self {
        let ticks = |ticks: Option<u64>| host.ticks(ticks.unwrap_or(0));
        Self {
            user: host.ticks(read.user),
            nice: host.ticks(read.nice),
            system: host.ticks(read.system),
            idle: host.ticks(read.idle),
            iowait: ticks(read.iowait),
            irq: ticks(read.irq),
            softirq: ticks(read.softirq),
            steal: ticks(read.steal),
            guest: ticks(read.guest),
            guest_nice: ticks(read.guest_nice),
        }
    }

    /// All of it; guests are counted once.
    #[must_use]
    pub fn total(&self) -> Duration {
        let idle = self.idle.saturating_add(self.iowait);
        self.busy().saturating_add(idle)
    }

    /// Without what was idle.
    #[must_use]
    pub fn busy(&self) -> Duration {
        let parts = [
            self.user,
            self.nice,
            self.system,
            self.irq,
            self.softirq,
            self.steal,
        ];
        parts
            .into_iter()
            .fold(Duration::ZERO, Duration::saturating_add)
    }

    /// What was done since `earlier`; nothing less than nothing, though the kernel may take some
    /// of `iowait` back.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        Self {
            user: self.user.saturating_sub(earlier.user),
            nice: self.nice.saturating_sub(earlier.nice),
            system: self.system.saturating_sub(earlier.system),
            idle: self.idle.saturating_sub(earlier.idle),
            iowait: self.iowait.saturating_sub(earlier.iowait),
            irq: self.irq.saturating_sub(earlier.irq),
            softirq: self.softirq.saturating_sub(earlier.softirq),
            steal: self.steal.saturating_sub(earlier.steal),
            guest: self.guest.saturating_sub(earlier.guest),
            guest_nice: self.guest_nice.saturating_sub(earlier.guest_nice),
        }
    }

    /// How much of it was not idle, in percent; 0 of nothing.
    ///
    /// ```
    /// let view = psgo::View::host()?;
    /// let before = psgo::system::cpu_times(&view)?.all;
    /// let after = psgo::system::cpu_times(&view)?.all;
    /// let percent = after.since(&before).percent();
    /// assert!((0.0..=100.0).contains(&percent));
    /// # Ok::<(), psgo::Error>(())
    /// ```
    #[must_use]
    pub fn percent(&self) -> f64 {
        let total = self.total();
        if total.is_zero() {
            return 0.0;
        }
        100.0 * self.busy().as_secs_f64() / total.as_secs_f64()
    }
}

/// What processors did since boot.
///
/// # Errors
///
/// As [`View::read`].
pub fn cpu_times(view: &View) -> Result<CpuTimes> {
    let read: Stat = view.read()?;
    let host = &view.0.host;
    let each = read.cpus.iter();
    let each = each.map(|cpu| (cpu.number, CpuTime::new(&cpu.times, host)));
    Ok(CpuTimes {
        all: CpuTime::new(&read.cpu, host),
        each: each.collect(),
    })
}

/// How many processors there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct CpuCount {
    /// Those that are online: the `cpuN` of `/proc/stat`.
    pub logical: usize,
    /// Their cores, of which each may be several of them: `physical id` and `core id` of
    /// `/proc/cpuinfo`, which not every architecture tells.
    pub cores: Option<usize>,
}

/// How many processors there are.
///
/// # Errors
///
/// As [`View::read`].
pub fn cpu_count(view: &View) -> Result<CpuCount> {
    let read: Stat = view.read()?;
    let info: Cpuinfo = view.read()?;
    let mut cores = BTreeSet::new();
    for cpu in &info.rows {
        if let (Some(package), Some(core)) = (cpu.find("physical id"), cpu.find("core id")) {
            cores.insert((package, core));
        }
    }
    Ok(CpuCount {
        logical: read.cpus.len(),
        cores: Some(cores.len()).filter(|cores| *cores > 0),
    })
}

/// What the machine counted since boot: `/proc/stat`. Nothing for what the kernel does not tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct CpuStats {
    /// How often a processor went from one thread to another: `ctxt`.
    pub context_switches: Option<u64>,
    /// Interrupts: the sum of `intr`.
    pub interrupts: Option<u64>,
    /// What they put off: the sum of `softirq`.
    pub soft_interrupts: Option<u64>,
    /// Processes and threads that were made: `processes`.
    pub forks: Option<u64>,
}

/// What the machine counted since boot.
///
/// # Errors
///
/// As [`View::read`].
pub fn cpu_stats(view: &View) -> Result<CpuStats> {
    let read: Stat = view.read()?;
    Ok(CpuStats {
        context_switches: read.ctxt,
        interrupts: read.intr.map(|counts| counts.total),
        soft_interrupts: read.softirq.map(|counts| counts.total),
        forks: read.processes,
    })
}
