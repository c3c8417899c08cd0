//! Memory and swap of the machine.

use super::ratio::percent;
use crate::{
    error::Result,
    format::{
        Aligned,
        kernel::{Meminfo, Vmstat},
    },
    view::View,
};

/// The memory of the machine in bytes: `/proc/meminfo`. A line that the kernel lacks counts as 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Memory {
    /// What the kernel can use: `MemTotal`.
    pub total: u64,
    /// What new programs can have without swapping: `MemAvailable`; where it is more than there
    /// is, as some containers show it, or is not told (before 3.14), `MemFree`.
    pub available: u64,
    /// What is not available, as `free` counts it.
    pub used: u64,
    /// Unused: `MemFree`.
    pub free: u64,
    /// Used recently: `Active`.
    pub active: u64,
    /// Not used recently, and reclaimed first: `Inactive`.
    pub inactive: u64,
    /// Block device buffers: `Buffers`.
    pub buffers: u64,
    /// Files in memory and what the kernel can give back: `Cached` and `SReclaimable`.
    pub cached: u64,
    /// Shared memory and tmpfs: `Shmem`.
    pub shared: u64,
    /// The kernel's own objects: `Slab`.
    pub slab: u64,
}

impl Memory {
    /// How much is not available, in percent.
    #[must_use]
    pub fn percent(&self) -> f64 {
        percent(self.total.saturating_sub(self.available), self.total)
    }
}

/// The memory of the machine: `/proc/meminfo`.
///
/// ```
/// let view = psgo::View::host()?;
/// let memory = psgo::system::memory(&view)?;
/// assert!(memory.available <= memory.total);
/// # Ok::<(), psgo::Error>(())
/// ```
///
/// # Errors
///
/// As [`View::read`].
pub fn memory(view: &View) -> Result<Memory> {
    let read: Meminfo = view.read()?;
    let (total, free) = (kib(*read.mem_total), kib(*read.mem_free));
    let available = read.mem_available.map(|available| kib(*available));
    let available = available.filter(|available| *available <= total);
    let available = available.unwrap_or(free);
    Ok(Memory {
        total,
        available,
        used: total.saturating_sub(available),
        free,
        active: line(read.active),
        inactive: line(read.inactive),
        buffers: line(read.buffers),
        cached: line(read.cached).saturating_add(line(read.s_reclaimable)),
        shared: line(read.shmem),
        slab: line(read.slab),
    })
}

/// The swap space of the machine in bytes: `/proc/meminfo` and `/proc/vmstat`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Swap {
    /// What there is: `SwapTotal`.
    pub total: u64,
    /// What is used of it.
    pub used: u64,
    /// What is not: `SwapFree`.
    pub free: u64,
    /// What was read from it since boot: `pswpin` pages. `None` where the kernel does
    /// not count.
    pub swapped_in: Option<u64>,
    /// What was written to it since boot: `pswpout` pages. `None` where the kernel does
    /// not count.
    pub swapped_out: Option<u64>,
}

impl Swap {
    /// How much is used, in percent; 0 where there is none.
    #[must_use]
    pub fn percent(&self) -> f64 {
        percent(self.used, self.total)
    }
}

/// The swap space of the machine: `/proc/meminfo`, `/proc/vmstat`.
///
/// ```
/// let view = psgo::View::host()?;
/// println!("{:.1} %", psgo::system::swap(&view)?.percent());
/// # Ok::<(), psgo::Error>(())
/// ```
///
/// # Errors
///
/// As [`View::read`].
pub fn swap(view: &View) -> Result<Swap> {
    let read: Meminfo = view.read()?;
    let counts: Vmstat = view.read()?;
    let bytes = |name| {
        // A copy does not tell how large the pages are.
        let pages = counts.counters.find(name);
        let pages = pages.filter(|_| view.0.proc.is_genuine());
        pages.map(|pages| view.0.host.pages(pages))
    };
    let (total, free) = (line(read.swap_total), line(read.swap_free));
    Ok(Swap {
        total,
        used: total.saturating_sub(free),
        free,
        swapped_in: bytes("pswpin"),
        swapped_out: bytes("pswpout"),
    })
}

fn kib(count: u64) -> u64 {
    count.saturating_mul(1024)
}

fn line(line: Option<Aligned<u64>>) -> u64 {
    line.map_or(0, |count| kib(*count))
}
