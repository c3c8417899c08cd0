//! The machine: its processes, its boot time, its load.

use std::time::{Duration, SystemTime};

use super::ratio::ratio;
use crate::{
    error::{Error, ErrorKind, Result},
    format::kernel::{Loadavg, Stat},
    ids::Pid,
    query::{Outcome, Query, Row},
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
/// As [`Query::table`]; and if the list is not complete: in a container on a kernel before Linux 6.11,
/// where processes did not say whether they run in it.
pub fn pids(view: &View) -> Result<Vec<Pid>> {
    let table = Query::new(["pid"])?.view(view.clone()).table()?;
    let pids = table.rows().iter().filter_map(Row::pid).collect();
    complete(pids, table.outcome())
}

/// The processes that were listed and those that are there but could not be read.
///
/// # Errors
///
/// There may be others.
fn complete(mut pids: Vec<Pid>, outcome: &Outcome) -> Result<Vec<Pid>> {
    if let Some(unread) = outcome.partial.first() {
        let processes = if unread.rows == 1 {
            "process"
        } else {
            "processes"
        };
        let reason = format!(
            "the list is incomplete: {} of {} {processes}: {}",
            unread.what, unread.rows, unread.why
        );
        return Err(Error::new(unread.why.kind(), "processes", reason));
    }
    pids.extend(outcome.skipped.iter().map(|skipped| skipped.pid));
    pids.sort_unstable();
    pids.dedup();
    Ok(pids)
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
/// As [`View::read`]; [`ErrorKind::NotUnderstood`] for a moment that the system's clock cannot hold,
/// as a copy may have it.
pub fn boot_time(view: &View) -> Result<SystemTime> {
    let since = Duration::from_secs(view.read::<Stat>()?.btime);
    SystemTime::UNIX_EPOCH.checked_add(since).ok_or_else(|| {
        let reason = "btime is no moment that the system's clock can hold";
        Error::new(ErrorKind::NotUnderstood, view.0.proc.named("stat"), reason)
    })
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{query::Unread, value::Missing, view::Skipped};

    #[test]
    fn a_list_of_pids_is_complete_or_an_error() {
        let pids = || vec![Pid::new(1), Pid::new(9)];
        assert_eq!(complete(pids(), &Outcome::default()).unwrap(), pids());
        let outcome = Outcome {
            skipped: vec![Skipped {
                pid: Pid::new(3),
                via: None,
                named: false,
                error: Error::mounted_over("/proc/3/stat"),
            }],
            ..Outcome::default()
        };
        let all = complete(pids(), &outcome).unwrap();
        assert_eq!(all, [1, 3, 9].map(Pid::new));
        let outcome = Outcome {
            partial: vec![Unread {
                what: "ns/pid".to_owned(),
                why: Missing::Silent,
                rows: 2,
                pids: Vec::new(),
            }],
            ..Outcome::default()
        };
        let error = complete(pids(), &outcome).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut);
        assert_eq!(
            error.to_string(),
            "processes: the list is incomplete: ns/pid of 2 processes: did not answer in time"
        );
    }
}
