//! The machine: its processes, its boot time, its load.

use std::time::{Duration, SystemTime};

use super::ratio::ratio;
use crate::{
    error::Result,
    format::kernel::{Loadavg, Stat},
    ids::Pid,
    query::{Query, Row},
    view::View,
};

/// The pids of all processes, sorted; of a container, its own numbers.
///
/// ```
/// let view = psgo::View::host()?;
/// assert!(psgo::system::pids(&view)?.contains(&psgo::Pid::new(1)));
/// # Ok::<(), psgo::Error>(())
/// ```
///
/// # Errors
///
/// As [`Query::table`].
pub fn pids(view: &View) -> Result<Vec<Pid>> {
    let table = Query::new(["pid"])?.view(view.clone()).table()?;
    Ok(table.rows().iter().filter_map(Row::pid).collect())
}

/// When the machine booted: `btime` of `/proc/stat`, in whole seconds. It changes when the wall
/// clock is set.
///
/// ```
/// let view = psgo::View::host()?;
/// assert!(psgo::system::boot_time(&view)? < std::time::SystemTime::now());
/// # Ok::<(), psgo::Error>(())
/// ```
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

/// The load average: how many threads ran, or waited for a processor or a disk (`/proc/loadavg`).
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Load {
    /// The average over one minute.
    pub one: f64,
    /// The average over five minutes.
    pub five: f64,
    /// The average over fifteen minutes.
    pub fifteen: f64,
    /// Threads that run or could, at this moment.
    pub running: u64,
    /// All threads.
    pub threads: u64,
}

/// The load average: `/proc/loadavg`.
///
/// ```
/// let view = psgo::View::host()?;
/// println!("{:.2}", psgo::system::load(&view)?.one);
/// # Ok::<(), psgo::Error>(())
/// ```
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
