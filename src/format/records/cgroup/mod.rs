//! Files of control groups that psgo itself does not read, and the table of all of them.

mod nested;
mod procs;
mod set;
mod stat;

pub use nested::{Nested, NestedRow};
pub use procs::{CgroupPid, Procs};
pub use set::CpusetList;
pub use stat::CgroupStat;

use super::{format::Format, kernel::Setting};
use crate::format::{
    cgroup::{CpuMax, Limit},
    kernel::Pressure,
};

/// The files that are known, by their own names.
pub(super) static FORMATS: &[Format] = &[
    Format::of::<CpuMax>(),
    Format::named::<CpusetList>(set::NAMES),
    Format::named::<CgroupStat>(stat::NAMES),
    Format::named::<Limit>(LIMITS),
    Format::named::<Nested>(nested::NAMES),
    Format::named::<Procs>(procs::NAMES),
    Format::named::<Pressure>(&[
        "cpu.pressure",
        "io.pressure",
        "irq.pressure",
        "memory.pressure",
    ]),
    Format::named::<Setting>(OTHERS),
];

/// What is a number, or `max`.
const LIMITS: &[&str] = &[
    "cgroup.max.depth",
    "cgroup.max.descendants",
    "hugetlb.*.current",
    "hugetlb.*.max",
    "memory.current",
    "memory.high",
    "memory.kmem.limit_in_bytes",
    "memory.kmem.usage_in_bytes",
    "memory.limit_in_bytes",
    "memory.low",
    "memory.max",
    "memory.max_usage_in_bytes",
    "memory.memsw.limit_in_bytes",
    "memory.memsw.usage_in_bytes",
    "memory.min",
    "memory.peak",
    "memory.soft_limit_in_bytes",
    "memory.swap.current",
    "memory.swap.high",
    "memory.swap.max",
    "memory.swap.peak",
    "memory.usage_in_bytes",
    "memory.zswap.current",
    "memory.zswap.max",
    "pids.current",
    "pids.max",
    "pids.peak",
];

/// What is one number or a few words, with no unit to know.
const OTHERS: &[&str] = &[
    "cgroup.clone_children",
    "cgroup.controllers",
    "cgroup.freeze",
    "cgroup.pressure",
    "cgroup.sane_behavior",
    "cgroup.subtree_control",
    "cgroup.type",
    "cpu.cfs_burst_us",
    "cpu.cfs_period_us",
    "cpu.cfs_quota_us",
    "cpu.idle",
    "cpu.max.burst",
    "cpu.rt_period_us",
    "cpu.rt_runtime_us",
    "cpu.shares",
    "cpu.uclamp.max",
    "cpu.uclamp.min",
    "cpu.weight",
    "cpu.weight.nice",
    "cpuacct.usage",
    "cpuacct.usage_percpu",
    "cpuacct.usage_sys",
    "cpuacct.usage_user",
    "cpuset.cpu_exclusive",
    "cpuset.cpus.partition",
    "cpuset.mem_exclusive",
    "freezer.parent_freezing",
    "freezer.self_freezing",
    "freezer.state",
    "memory.failcnt",
    "memory.oom.group",
    "memory.swappiness",
    "memory.use_hierarchy",
    "memory.zswap.writeback",
    "net_cls.classid",
    "notify_on_release",
    "release_agent",
];

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use crate::format::{find, law, of_cgroup};

    /// The files of `directory` and of those below it, to a depth of two.
    fn files(directory: &Path, depth: u32, each: &mut dyn FnMut(&Path)) {
        for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
            let path = entry.path();
            match entry.file_type() {
                Ok(kind) if kind.is_dir() && depth > 0 => files(&path, depth - 1, each),
                Ok(kind) if kind.is_file() => each(&path),
                _ => {}
            }
        }
    }

    #[test]
    fn every_file_of_the_control_groups_here_comes_back() {
        let mut understood = 0;
        files(Path::new("/sys/fs/cgroup"), 4, &mut |path| {
            // The name of a group may be any bytes; those of the kernel's files are UTF-8.
            let name = path.to_string_lossy();
            let (Some(format), Ok(file)) = (find(&name), fs::read(path)) else {
                return;
            };
            // Beside the hierarchies of version 1 is a tmpfs, where anything can stand.
            let of = nix::sys::statfs::statfs(path).map(|of| of.filesystem_type());
            if of == Ok(nix::sys::statfs::TMPFS_MAGIC) {
                return;
            }
            let parsed = format
                .parse(&file)
                .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            let mut out = Vec::new();
            parsed.write(&mut out);
            assert!(out == file && !parsed.unknown(), "{}", path.display());
            law::mutants_of(format, &file, 3);
            understood += 1;
        });
        assert!(understood > 0, "no control groups at /sys/fs/cgroup");
    }

    #[test]
    fn a_file_is_known_by_its_own_name() {
        for (path, name) in [
            ("memory.stat", "memory.stat"),
            ("/sys/fs/cgroup/a/b/cpu.stat", "cpu.stat"),
            ("/backup/hugetlb.2MB.max", "memory.max"),
            ("/sys/fs/cgroup/cgroup.threads", "cgroup.procs"),
        ] {
            let format = find(path).unwrap();
            let of_cgroup = of_cgroup().any(|other| std::ptr::eq(other, format));
            assert!(of_cgroup, "{path}");
            let same = find(name).is_some_and(|other| std::ptr::eq(other, format));
            assert!(same, "{path} is not of the form of {name}");
        }
        for path in [
            "/sys/kernel/mm/ksm/run",
            "memory.txt",
            "hugetlb..max",
            "cpu",
        ] {
            assert!(find(path).is_none(), "{path}");
        }
    }
}
