//! What a process does: its time, its priority, where it runs, what it reads and writes.

use std::time::Duration;

use super::Process;
use crate::{
    error::{Error, ErrorKind, Result},
    format::pid::{Io, Limits, Schedstat},
    ids::Pid,
    sys,
};

/// The time that a process used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct CpuTimes {
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

/// With what priority a process reads and writes (`ioprio_get`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct IoPriority {
    /// `none`, `realtime`, `best-effort`, `idle`, or `unknown`.
    pub class: &'static str,
    /// From 0, the first, to 7.
    pub value: u16,
}

impl Process {
    /// The time that it used (`stat`), to the tick.
    ///
    /// # Errors
    ///
    /// See [`Process`].
    pub fn cpu_times(&self) -> Result<CpuTimes> {
        let stat = self.stat()?;
        let host = &self.view.0.host;
        let signed = |ticks: i64| host.ticks(u64::try_from(ticks).unwrap_or(0));
        Ok(CpuTimes {
            user: host.ticks(stat.utime),
            system: host.ticks(stat.stime),
            children_user: signed(stat.cutime),
            children_system: signed(stat.cstime),
            io_wait: host.ticks(stat.delayacct_blkio_ticks.unwrap_or(0)),
        })
    }

    /// How much of one processor it has used over its life, in percent.
    ///
    /// # Errors
    ///
    /// See [`Process`].
    pub fn cpu_percent(&self) -> Result<f64> {
        let stat = self.stat()?;
        let used = stat.utime.saturating_add(stat.stime);
        let now = self.view.0.now();
        Ok(self.view.0.host.cpu_percent(used, stat.starttime, now))
    }

    /// The processor that it last ran on (`stat`).
    ///
    /// # Errors
    ///
    /// See [`Process`].
    pub fn processor(&self) -> Result<i32> {
        Ok(self.stat()?.processor)
    }

    /// Its nice value (`stat`), from -20 to 19, the most patient.
    ///
    /// # Errors
    ///
    /// See [`Process`].
    pub fn nice(&self) -> Result<i64> {
        Ok(self.stat()?.nice)
    }

    /// With what priority it reads and writes (`ioprio_get`).
    ///
    /// # Errors
    ///
    /// See [`Process`]; [`ErrorKind::Unsupported`] where it has no number for this process.
    pub fn io_priority(&self) -> Result<IoPriority> {
        let (class, value) = self.called("ioprio_get", sys::io_priority)?;
        let class = match class {
            0 => "none",
            1 => "realtime",
            2 => "best-effort",
            3 => "idle",
            _ => "unknown",
        };
        Ok(IoPriority { class, value })
    }

    /// The processors that it may run on and that are there (`sched_getaffinity`), in order.
    ///
    /// # Errors
    ///
    /// See [`Process`]; [`ErrorKind::Unsupported`] where it has no number for this process.
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

    /// What it may have of everything (`limits`).
    ///
    /// # Errors
    ///
    /// See [`Process`].
    pub fn limits(&self) -> Result<Limits> {
        self.read()
    }

    /// What it read and wrote (`io`), all threads together.
    ///
    /// # Errors
    ///
    /// See [`Process`].
    pub fn io(&self) -> Result<Io> {
        self.read()
    }

    /// How often its first thread gave up the processor of its own will, and how often it was
    /// made to (`status`).
    ///
    /// # Errors
    ///
    /// See [`Process`].
    pub fn context_switches(&self) -> Result<(u64, u64)> {
        let status = self.status()?;
        let both = status
            .voluntary_ctxt_switches
            .zip(status.nonvoluntary_ctxt_switches);
        both.ok_or_else(|| self.untold("voluntary_ctxt_switches"))
    }

    /// Its page faults that needed no reading, and those that did (`stat`).
    ///
    /// # Errors
    ///
    /// See [`Process`].
    pub fn page_faults(&self) -> Result<(u64, u64)> {
        let stat = self.stat()?;
        Ok((stat.minflt, stat.majflt))
    }

    /// How long its first thread ran and waited to run (`schedstat`).
    ///
    /// # Errors
    ///
    /// See [`Process`].
    pub fn schedstat(&self) -> Result<Schedstat> {
        self.read()
    }
}
