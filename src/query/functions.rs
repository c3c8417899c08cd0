//! The entry points of the Go psgo: names of descriptors and pids in, a table out.

use super::{
    builder::{Pids, Query},
    table::Table,
};
use crate::{
    error::Result,
    ids::Pid,
    view::{JoinOptions, View},
};

/// The processes of this host: one row each, one cell for each descriptor.
///
/// No descriptor at all means [`DEFAULT_DESCRIPTORS`](crate::DEFAULT_DESCRIPTORS). A process that ends meanwhile is left
/// out; a file that is denied costs a cell, not the row.
///
/// ```
/// use psgo::{Pid, Pids};
///
/// let me = [Pid::new(std::process::id())];
/// let table = psgo::process_info(Pids::Only(&me), &["pid", "comm", "user"])?;
/// assert_eq!(table.headers(), ["PID", "COMMAND", "USER"]);
/// assert_eq!(table.to_strings()[0][0], me[0].to_string());
/// # Ok::<(), psgo::Error>(())
/// ```
///
/// # Errors
///
/// [`UnknownDescriptor`](crate::ErrorKind::UnknownDescriptor); or what kept `/proc` itself from being read.
pub fn process_info<S: AsRef<str>>(pids: Pids<'_>, descriptors: &[S]) -> Result<Table> {
    Query::new(descriptors)?.pids(pids).table()
}

/// The processes of the container in which `pid` runs, read from inside its mount namespace.
///
/// See [`View::join`] for how it is entered and what is trusted there.
///
/// ```no_run
/// let options = psgo::JoinOptions::default();
/// let table = psgo::join_namespace_and_process_info(psgo::Pid::new(5572), &["pid", "hpid"], &options)?;
/// for row in table.to_strings() {
///     println!("{}", row.join("\t"));
/// }
/// # Ok::<(), psgo::Error>(())
/// ```
///
/// # Errors
///
/// As [`process_info`], and whatever kept the container from being entered.
pub fn join_namespace_and_process_info<S: AsRef<str>>(
    pid: Pid,
    descriptors: &[S],
    options: &JoinOptions,
) -> Result<Table> {
    let query = Query::new(descriptors)?;
    let view = View::join(pid).options(options).open()?;
    query.view(view).table()
}

/// The processes of the containers in which `pids` run: each PID namespace once, the first pid
/// of it wins, in the order given. Each row tells [through which pid](crate::Row::via) it was found.
///
/// A container that cannot be entered is left out, with its reason in
/// [`Table::skipped`].
///
/// ```no_run
/// use psgo::{JoinOptions, Pid};
///
/// let pids = [Pid::new(5572), Pid::new(5603)];
/// let options = JoinOptions::default();
/// let table = psgo::join_namespace_and_process_info_by_pids(&pids, &["pid", "args"], &options)?;
/// for row in table.rows() {
///     println!("{:?}: {:?}", row.via(), row.pid());
/// }
/// for skipped in table.skipped() {
///     eprintln!("{}: {}", skipped.pid, skipped.error);
/// }
/// # Ok::<(), psgo::Error>(())
/// ```
///
/// # Errors
///
/// As [`process_info`].
pub fn join_namespace_and_process_info_by_pids<S: AsRef<str>>(
    pids: &[Pid],
    descriptors: &[S],
    options: &JoinOptions,
) -> Result<Table> {
    let query = Query::new(descriptors)?;
    let joined = View::host()?.join_each(pids, options);
    let mut table = query.views(joined.views).table()?;
    table.outcome_mut().skipped.splice(0..0, joined.skipped);
    Ok(table)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Pid, Row, Value};

    #[test]
    fn without_a_join_there_is_no_host_to_speak_of() {
        let names = ["hpid", "huser", "huid", "hgroup", "hgroups", "hgid"];
        let table = process_info(Pids::All, &names).unwrap();
        // Kernel threads, which are in no group, among them.
        assert!(table.rows().len() > 1);
        for row in table.rows() {
            assert!(row.values().iter().all(Value::is_missing), "{row:?}");
        }
    }

    #[test]
    fn an_empty_list_of_pids_is_an_empty_answer() {
        let table = process_info(Pids::Only(&[]), &["pid"]).unwrap();
        assert_eq!((table.headers(), table.rows().len()), (vec!["PID"], 0));
    }

    #[test]
    fn a_limit_ends_a_listing_early_and_completely() {
        let copy = std::env::temp_dir().join(format!("psgo-limit-{}", std::process::id()));
        for pid in 1..=200 {
            let dir = copy.join(pid.to_string());
            std::fs::create_dir_all(&dir).unwrap();
            std::fs::write(dir.join("status"), format!("Tgid:\t{pid}\n")).unwrap();
        }
        // The last is not there, which is told where it is read.
        let pids: Vec<_> = (1..=201).map(Pid::new).collect();
        let query = Query::new(["pid"]).unwrap().on_this_thread();
        let query = query.view(View::at(&copy).unwrap()).pids(Pids::Only(&pids));
        for (limit, rows) in [(0, 0), (1, 1), (3, 3), (200, 200), (500, 200)] {
            let table = query.clone().limit(limit).table().unwrap();
            assert_eq!(table.rows().len(), rows);
            assert_eq!(table.outcome().ended, crate::Ended::Complete, "{limit}");
            assert_eq!(table.skipped().len(), usize::from(limit > 200), "{limit}");
            let sorted = query.clone().sort(&["-pid"]).unwrap().limit(limit);
            let sorted = sorted.table().unwrap();
            assert_eq!(sorted.rows().len(), rows);
            assert_eq!(sorted.skipped().len(), 1, "{limit}");
        }
        let mut taken = query.clone().limit(3).rows().unwrap();
        assert!(taken.next().is_some());
        assert_eq!(taken.finish().unwrap().ended, crate::Ended::Stopped);
        std::fs::remove_dir_all(copy).unwrap();
    }

    #[test]
    fn a_thread_is_not_a_process() {
        let (send, receive) = std::sync::mpsc::channel();
        let (stop, stopped) = std::sync::mpsc::channel::<()>();
        let thread = std::thread::spawn(move || {
            send.send(nix::unistd::gettid().as_raw()).unwrap();
            stopped.recv()
        });
        let tid = Pid::new(receive.recv().unwrap().try_into().unwrap());
        let table = process_info(Pids::Only(&[tid]), &["pid"]).unwrap();
        assert!(table.rows().is_empty());
        assert_eq!(table.skipped()[0].error.kind(), crate::ErrorKind::Gone);
        drop(stop);
        let _ = thread.join().unwrap();
    }

    #[test]
    fn rows_are_sorted_by_keys_that_need_not_be_shown() {
        let table = Query::new(["pid"])
            .unwrap()
            .sort(&["-pid"])
            .unwrap()
            .table()
            .unwrap();
        let pids: Vec<_> = table.rows().iter().map(Row::pid).collect();
        assert!(
            pids.len() > 1 && pids.is_sorted_by(|a, b| a > b),
            "{pids:?}"
        );
        assert_eq!(table.rows()[0].values().len(), 1);
        let empty = Query::parse("pid,,user").unwrap_err();
        assert_eq!(empty.kind(), crate::ErrorKind::UnknownDescriptor);
    }
}
