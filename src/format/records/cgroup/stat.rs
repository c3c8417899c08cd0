//! `memory.stat`, `cgroup.events` and the like: names and values.

use crate::format::{Labels, record};

record! {
    /// What a control group counts, each by its name.
    ///
    /// `memory.stat`, `cpu.stat`, `cgroup.events` and their like: memory in bytes, times in
    /// microseconds where the name ends with `_usec`, anything else a count. Limits may be `max`.
    pub struct CgroupStat: "memory.stat" {
        /// Each by its name.
        values: Labels = "{%s \n}",
    }
}

pub(super) const NAMES: &[&str] = &[
    "cgroup.events",
    "cgroup.stat",
    "cgroup.stat.local",
    "cpu.stat",
    "cpu.stat.local",
    "cpuacct.stat",
    "hugetlb.*.events",
    "hugetlb.*.events.local",
    "io.bfq.weight",
    "io.weight",
    "memory.events",
    "memory.events.local",
    "memory.oom_control",
    "memory.stat",
    "memory.swap.events",
    "misc.capacity",
    "misc.current",
    "misc.events",
    "misc.events.local",
    "misc.max",
    "misc.peak",
    "pids.events",
    "pids.events.local",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Value, format::law};

    #[test]
    fn a_value_is_found_by_its_name() {
        let stat: CgroupStat = law::holds(b"anon 4096\nfile 18446744073709551615\nsgx max\n");
        assert_eq!(stat.values.number("anon"), Some(4096));
        let fields = stat.fields();
        assert_eq!(fields.find("file"), Some(&Value::Uint(u64::MAX)));
        assert_eq!(fields.find("sgx"), Some(&Value::text("max")));
        law::mutants::<CgroupStat>(&[b"anon 4096\nfile 18446744073709551615\n"], 5_000);
    }
}
