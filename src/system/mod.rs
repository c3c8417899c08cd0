//! The machine as a whole: memory, processors, disks, devices of the network, connections.
//!
//! Each function takes a [`View`], reads the files of `/proc` that it names by their records, and
//! gives plain values with units. Nothing is kept: what grows is compared by taking it twice. Of a
//! container, most of these files are the machine's, [as everywhere](View::open); those below
//! `net` and the mounts are the container's own.
//!
//! ```
//! use psgo::{View, system};
//!
//! let view = View::host()?;
//! let memory = system::memory(&view)?;
//! println!("{:.1} % of {} bytes", memory.percent(), memory.total);
//! for connection in system::connections(&view)? {
//!     println!("{} {:?} {:?}", connection.protocol, connection.local, connection.owners);
//! }
//! # Ok::<(), psgo::Error>(())
//! ```
//!
//! docs/psutil.md tells which function of psutil's is which here.

mod cpu;
mod disk;
mod memory;
mod net;
#[cfg(test)]
mod tests;

use std::time::{Duration, SystemTime};

use crate::{
    error::Result,
    format::kernel::{Loadavg, Stat},
    ids::Pid,
    query::{Query, Row},
    view::View,
};

pub use cpu::{CpuCount, CpuStats, CpuTime, CpuTimes, cpu_count, cpu_stats, cpu_times};
pub use disk::{Disk, Partition, Usage, disks, partitions, usage};
pub use memory::{Memory, Swap, memory, swap};
pub use net::{Connection, Interface, Owner, connections, interfaces};

/// The pids of all processes, sorted; of a container, its own numbers.
///
/// # Errors
///
/// As [`Query::table`].
pub fn pids(view: &View) -> Result<Vec<Pid>> {
    let table = Query::new(&["pid"])?.view(view.clone()).table()?;
    Ok(table.rows().iter().filter_map(Row::pid).collect())
}

/// When the machine booted: `btime` of `/proc/stat`, in whole seconds. It moves with the clock.
///
/// # Errors
///
/// As [`View::read`].
pub fn boot_time(view: &View) -> Result<SystemTime> {
    let since = Duration::from_secs(view.read::<Stat>()?.btime);
    let moment = SystemTime::UNIX_EPOCH.checked_add(since);
    // No machine is so old that it has no such moment.
    Ok(moment.unwrap_or(SystemTime::UNIX_EPOCH))
}

/// How many threads ran, or waited for a processor or a disk: `/proc/loadavg`.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Load {
    /// On average of the last minute.
    pub one: f64,
    /// Of the last five.
    pub five: f64,
    /// Of the last fifteen.
    pub fifteen: f64,
    /// Threads that want to run at this moment.
    pub running: u64,
    /// Threads that there are.
    pub threads: u64,
}

/// How many threads ran, or waited for a processor or a disk.
///
/// # Errors
///
/// As [`View::read`].
pub fn load(view: &View) -> Result<Load> {
    let read: Loadavg = view.read()?;
    Ok(Load {
        one: ratio(read.load1) / 100.0,
        five: ratio(read.load5) / 100.0,
        fifteen: ratio(read.load15) / 100.0,
        running: read.running,
        threads: read.threads,
    })
}

#[expect(
    clippy::cast_precision_loss,
    reason = "of shares, no more than some digits are shown"
)]
fn ratio(count: u64) -> f64 {
    count as f64
}

/// How much `part` is of `whole`, in percent; 0 of nothing.
fn percent(part: u64, whole: u64) -> f64 {
    if whole == 0 {
        return 0.0;
    }
    100.0 * ratio(part) / ratio(whole)
}
