//! The time of a process, its priority, its processors, its input and output.

use std::{fmt, time::Duration};

use super::handle::Process;
use crate::{
    error::{Error, ErrorKind, Result},
    format::pid::{Io, Limits, Schedstat},
    ids::Pid,
    sys,
};

/// The time that a process used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProcessCpuTimes {
    /// In user mode.
    pub user: Duration,
    /// In the kernel.
    pub system: Duration,
    /// In user mode, of children that were waited for.
    pub children_user: Duration,
    /// In the kernel, of children that were waited for.
    pub children_system: Duration,
    /// Waiting for block devices; 0 unless the kernel accounts delays.
    pub io_wait: Duration,
}

/// The I/O scheduling class of a process (`ioprio_get`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum IoClass {
    /// None was set: it follows from the nice value (`IOPRIO_CLASS_NONE`).
    None,
    /// Served first (`IOPRIO_CLASS_RT`).
    Realtime,
    /// By priority (`IOPRIO_CLASS_BE`).
    BestEffort,
    /// Served when there is nothing else to do (`IOPRIO_CLASS_IDLE`).
    Idle,
    /// One that psgo does not know, by its number.
    Other(u16),
}

impl IoClass {
    #[inline]
    const fn new(number: u16) -> Self {
        match number {
            0 => Self::None,
            1 => Self::Realtime,
            2 => Self::BestEffort,
            3 => Self::Idle,
            number => Self::Other(number),
        }
    }

    /// As `ionice` names it: `none`, `realtime`, `best-effort`, `idle`; `unknown` for others.
    #[must_use]
    #[inline]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Realtime => "realtime",
            Self::BestEffort => "best-effort",
            Self::Idle => "idle",
            Self::Other(_) => "unknown",
        }
    }
}

impl fmt::Display for IoClass {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The I/O priority of a process (`ioprio_get`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct IoPriority {
    /// The class.
    pub class: IoClass,
    /// The priority within its class, from 0, the first, to 7.
    pub value: u16,
}

/// How often a thread gave up its processor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ContextSwitches {
    /// Of its own accord, to wait: `voluntary_ctxt_switches`.
    pub voluntary: u64,
    /// Preempted: `nonvoluntary_ctxt_switches`.
    pub involuntary: u64,
}

/// The page faults of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct PageFaults {
    /// That needed no read from a disk: `minflt`.
    pub minor: u64,
    /// That did: `majflt`.
    pub major: u64,
}

impl Process {
    /// The time that it used (`stat`), to the tick.
    ///
    /// # Errors
    ///
    /// See [`Process`].
    #[inline]
    pub fn cpu_times(&self) -> Result<ProcessCpuTimes> {
        let stat = self.stat()?;
        let host = &self.view.0.host;
        // The kernel prints these as signed numbers, though they are never negative.
        let signed = |ticks: i64| host.ticks(u64::try_from(ticks).unwrap_or(0));
        Ok(ProcessCpuTimes {
            user: host.ticks(stat.utime),
            system: host.ticks(stat.stime),
            children_user: signed(stat.cutime),
            children_system: signed(stat.cstime),
            // KERNEL(2.6.18): every kernel since tells it.
            io_wait: host.ticks(stat.delayacct_blkio_ticks.unwrap_or(0)),
        })
    }

    /// How much of one processor it has used over its life, in percent.
    ///
    /// # Errors
    ///
    /// See [`Process`].
    #[inline]
    pub fn cpu_percent(&self) -> Result<f64> {
        let stat = self.stat()?;
        let used = stat.utime.saturating_add(stat.stime);
        let now = self.now()?;
        Ok(self.view.0.host.cpu_percent(used, stat.starttime, now))
    }

    /// The processor that it last ran on (`stat`).
    ///
    /// # Errors
    ///
    /// See [`Process`].
    #[inline]
    pub fn processor(&self) -> Result<i32> {
        Ok(self.stat()?.processor)
    }

    /// Its nice value (`stat`), from -20, the most favoured, to 19.
    ///
    /// # Errors
    ///
    /// See [`Process`].
    #[inline]
    pub fn nice(&self) -> Result<i64> {
        Ok(self.stat()?.nice)
    }

    /// Its I/O priority (`ioprio_get`).
    ///
    /// # Errors
    ///
    /// See [`Process`]; [`ErrorKind::Unsupported`] where it has no number in the PID
    /// namespace of the calling process.
    #[inline]
    pub fn io_priority(&self) -> Result<IoPriority> {
        let (class, value) = self.called("ioprio_get", sys::io_priority)?;
        Ok(IoPriority {
            class: IoClass::new(class),
            value,
        })
    }

    /// The processors that it may run on and that are there (`sched_getaffinity`), in order.
    ///
    /// # Errors
    ///
    /// See [`Process`]; [`ErrorKind::Unsupported`] where it has no number in the PID
    /// namespace of the calling process.
    #[inline]
    pub fn affinity(&self) -> Result<Vec<u32>> {
        self.called("sched_getaffinity", sys::affinity)
    }

    /// What a system call tells of it by number.
    fn called<T>(&self, name: &str, call: fn(Pid) -> std::io::Result<T>) -> Result<T> {
        let about = || format!("{name} of process {}", self.pid);
        let pid = self.own_pid().ok_or_else(|| {
            let reason = "it has no number for this process";
            Error::new(ErrorKind::Unsupported, about(), reason)
        })?;
        let answer = call(pid);
        // While it is there, its number is its own.
        self.stat_now()?;
        answer.map_err(|error| Error::system(about(), error))
    }

    /// Its resource limits (`limits`).
    ///
    /// # Errors
    ///
    /// See [`Process`].
    #[inline]
    pub fn limits(&self) -> Result<Limits> {
        self.read()
    }

    /// What it read and wrote (`io`), all threads together.
    ///
    /// # Errors
    ///
    /// See [`Process`].
    #[inline]
    pub fn io(&self) -> Result<Io> {
        self.read()
    }

    /// How often its first thread gave up the processor (`status`).
    ///
    /// # Errors
    ///
    /// See [`Process`].
    #[inline]
    pub fn context_switches(&self) -> Result<ContextSwitches> {
        let status = self.status()?;
        let both = status
            .voluntary_ctxt_switches
            .zip(status.nonvoluntary_ctxt_switches);
        let (voluntary, involuntary) =
            both.ok_or_else(|| self.untold("voluntary_ctxt_switches"))?;
        Ok(ContextSwitches {
            voluntary,
            involuntary,
        })
    }

    /// Its page faults, all threads together (`stat`).
    ///
    /// # Errors
    ///
    /// See [`Process`].
    #[inline]
    pub fn page_faults(&self) -> Result<PageFaults> {
        let stat = self.stat()?;
        Ok(PageFaults {
            minor: stat.minflt,
            major: stat.majflt,
        })
    }

    /// How long its first thread ran and waited to run (`schedstat`).
    ///
    /// # Errors
    ///
    /// See [`Process`].
    #[inline]
    pub fn schedstat(&self) -> Result<Schedstat> {
        self.read()
    }
}
