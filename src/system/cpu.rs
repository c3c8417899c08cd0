//! The processors of the machine: how many, and how they spent their time.

use std::{collections::BTreeSet, time::Duration};

use crate::{
    error::Result,
    format::kernel::{self, Cpuinfo, Stat},
    host::Host,
    view::View,
};

/// The times of the processors since boot: the `cpu` lines of `/proc/stat`, to the tick. A column
/// that the kernel does not have is zero.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CpuTimes {
    /// All of them together.
    pub all: CpuTime,
    /// Each that is online, by its number.
    pub each: Vec<NumberedCpuTime>,
}

/// The times of one processor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct NumberedCpuTime {
    /// Its number: N of `cpuN`.
    pub cpu: u32,
    /// Its times.
    pub time: CpuTime,
}

/// How a processor spent its time since boot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct CpuTime {
    /// In user mode, including guests of virtual machines.
    pub user: Duration,
    /// In user mode with a positive nice value, including guests.
    pub nice: Duration,
    /// In the kernel.
    pub system: Duration,
    /// Idle.
    pub idle: Duration,
    /// Idle while a thread waited for a disk. Not reliable.
    pub iowait: Duration,
    /// In interrupts.
    pub irq: Duration,
    /// In softirqs.
    pub softirq: Duration,
    /// Ready to run, while the hypervisor ran others.
    pub steal: Duration,
    /// In guests of virtual machines.
    pub guest: Duration,
    /// In guests with a positive nice value.
    pub guest_nice: Duration,
}

impl CpuTime {
    fn new(read: &kernel::CpuTimes, host: &Host) -> Self {
        // What an old kernel does not tell apart is part of what it does tell.
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

    /// The sum; guests are counted once.
    #[must_use]
    pub fn total(&self) -> Duration {
        let idle = self.idle.saturating_add(self.iowait);
        self.busy().saturating_add(idle)
    }

    /// The sum without idle times.
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

    /// The difference to `earlier`, never below zero, though the kernel may reduce `iowait`.
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

    /// The share that was not idle, in percent; 0 for no time at all.
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

/// The times of the processors since boot: `/proc/stat`.
///
/// ```
/// let view = psgo::View::host()?;
/// for cpu in psgo::system::cpu_times(&view)?.each {
///     println!("cpu{}: {:?} idle", cpu.cpu, cpu.time.idle);
/// }
/// # Ok::<(), psgo::Error>(())
/// ```
///
/// # Errors
///
/// As [`View::read`].
pub fn cpu_times(view: &View) -> Result<CpuTimes> {
    let read: Stat = view.read()?;
    let host = &view.0.host;
    let each = read.cpus.iter();
    let each = each.map(|cpu| NumberedCpuTime {
        cpu: cpu.number,
        time: CpuTime::new(&cpu.times, host),
    });
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
    /// Their physical cores: `physical id` and `core id` of `/proc/cpuinfo`; `None` where the
    /// architecture does not have these lines.
    pub cores: Option<usize>,
}

/// How many processors there are: `/proc/stat`, `/proc/cpuinfo`.
///
/// ```
/// let view = psgo::View::host()?;
/// assert!(psgo::system::cpu_count(&view)?.logical > 0);
/// # Ok::<(), psgo::Error>(())
/// ```
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

/// Counters of the machine since boot: `/proc/stat`. `None` for what the kernel does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct CpuStats {
    /// How often a processor went from one thread to another: `ctxt`.
    pub context_switches: Option<u64>,
    /// Interrupts: the sum of `intr`.
    pub interrupts: Option<u64>,
    /// Softirqs: the sum of `softirq`.
    pub soft_interrupts: Option<u64>,
    /// Processes and threads that were created: `processes`.
    pub forks: Option<u64>,
}

/// Counters of the machine since boot: `/proc/stat`.
///
/// ```
/// let view = psgo::View::host()?;
/// println!("{:?} forks", psgo::system::cpu_stats(&view)?.forks);
/// # Ok::<(), psgo::Error>(())
/// ```
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
