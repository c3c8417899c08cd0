//! `cpuset.cpus`, `cpuset.mems` and the like: the CPUs and memory nodes of a control group.

use crate::format::{kernel::Ranges, record};

record! {
    /// The CPUs, or the memory nodes, of a control group.
    ///
    /// `cpuset.cpus`, `cpuset.mems` and their like; empty where it has those of the group above.
    pub struct CpusetList: "cpuset.cpus" {
        /// Their numbers.
        numbers: Ranges = "%r\n",
    }
}

pub(super) const NAMES: &[&str] = &[
    "cpuset.cpus",
    "cpuset.cpus.effective",
    "cpuset.cpus.exclusive",
    "cpuset.cpus.exclusive.effective",
    "cpuset.cpus.isolated",
    "cpuset.effective_cpus",
    "cpuset.effective_mems",
    "cpuset.mems",
    "cpuset.mems.effective",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::law;

    #[test]
    fn a_group_may_have_none_of_its_own() {
        assert_eq!(law::holds::<CpusetList>(b"\n").numbers.count(), 0);
        assert_eq!(law::holds::<CpusetList>(b"0-3,8\n").numbers.count(), 5);
    }
}
