//! `/proc/cgroups`: the controllers of control groups.

use crate::format::{Head, Rows, record};

record! {
    /// The controllers of control groups.
    ///
    /// `/proc/cgroups` (`proc_cgroupstats_show` of `kernel/cgroup/cgroup-v1.c`).
    pub struct Cgroups: "cgroups" {
        /// The names of the columns; before 2.6.26 the last one was missing.
        head: Head = "%h{#subsys_name\thierarchy\tnum_cgroups\tenabled\n}{#subsys_name\thierarchy\tnum_cgroups\n}",
        /// The controllers.
        rows: Rows<Controller> = "{%r\n}",
    }
}

record! {
    /// A controller.
    pub struct Controller {
        /// Its name.
        subsys_name: Vec<u8> = "%s\t",
        /// The hierarchy that has it; 0 for the unified one or none.
        hierarchy: u32 = "%u\t",
        /// How many groups that hierarchy has.
        num_cgroups: u32 = "%u",
        /// 0 if it was switched off at boot. Since 2.6.26.
        enabled: Option<u32> = "\t%u",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::law;

    #[test]
    fn a_controller_is_in_one_hierarchy() {
        let file =
            b"#subsys_name\thierarchy\tnum_cgroups\tenabled\ncpuset\t3\t3\t1\nnet_cls\t0\t49\t0\n";
        let cgroups: Cgroups = law::holds(file);
        let cpuset = &cgroups.rows[0];
        assert_eq!(
            (&*cpuset.subsys_name, cpuset.hierarchy),
            (&b"cpuset"[..], 3)
        );
        assert_eq!((cpuset.num_cgroups, cpuset.enabled), (3, Some(1)));
        assert_eq!(cgroups.rows[1].enabled, Some(0));
        law::mutants::<Cgroups>(&[file], 2_000);
    }

    #[test]
    fn a_process_is_in_those_hierarchies() {
        let cgroups: Cgroups = law::holds(&std::fs::read("/proc/cgroups").unwrap());
        let own = std::fs::read_to_string("/proc/self/cgroup").unwrap();
        for row in cgroups.rows.iter().filter(|row| row.hierarchy > 0) {
            let start = format!("{}:", row.hierarchy);
            let line = own.lines().find(|line| line.starts_with(&start)).unwrap();
            let name = String::from_utf8(row.subsys_name.clone()).unwrap();
            assert!(
                line.split(':')
                    .nth(1)
                    .unwrap()
                    .split(',')
                    .any(|word| word == name)
            );
        }
    }
}
