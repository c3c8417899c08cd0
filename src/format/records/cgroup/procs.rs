//! `cgroup.procs`, `cgroup.threads` and `tasks`: who is in a control group.

use crate::format::{Rows, record};

record! {
    /// Who is in a control group.
    ///
    /// `cgroup.procs` (`cgroup_procs_show`), `cgroup.threads` and `tasks`: pids of the reader's
    /// PID namespace, 0 for one that is not there; in no order, and one may come twice.
    pub struct Procs: "cgroup.procs" {
        /// The pids.
        rows: Rows<CgroupPid> = "{%r\n}",
    }
}

record! {
    /// One process or thread.
    pub struct CgroupPid {
        /// Its pid.
        pid: u32 = "%d",
    }
}

pub(super) const NAMES: &[&str] = &["cgroup.procs", "cgroup.threads", "tasks"];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::law;

    #[test]
    fn a_process_may_come_twice() {
        let procs: Procs = law::holds(b"12\n0\n12\n");
        let pids: Vec<_> = procs.rows.iter().map(|row| row.pid).collect();
        assert_eq!(pids, [12, 0, 12]);
        law::mutants::<Procs>(&[b"12\n0\n12\n"], 3_000);
    }
}
