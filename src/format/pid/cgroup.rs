//! `/proc/PID/cgroup`: the control groups of a process.

use super::Deletable;
use crate::{
    bytes,
    format::{Cursor, Field, ParseError, Rows, Spec, record},
    value::Value,
};

record! {
    /// The control groups of a process, one in each hierarchy.
    ///
    /// `/proc/PID/cgroup` (`proc_cgroup_show`). Version 1 has a row for each mounted hierarchy,
    /// version 2 the row with the number 0 and no controllers; both may be there.
    pub struct Cgroup: "cgroup" {
        /// A hierarchy each.
        rows: Rows<CgroupRow> = "{%r}",
    }
}

record! {
    /// The control group of a process in one hierarchy.
    pub struct CgroupRow {
        /// Number of the hierarchy; 0 is version 2.
        hierarchy: u32 = "%u:",
        /// The controllers that the hierarchy has, and `name=NAME` of a named one. None in
        /// version 2.
        controllers: Controllers = "%s:",
        /// Path of the group below the mount of the hierarchy, as the cgroup namespace of the
        /// reader shows it; it begins with `/..` where the group is outside of that. Since 4.4
        /// `deleted` says of version 2 that the group has been removed.
        path: Deletable<Vec<u8>> = "%s\n",
    }
}

impl Cgroup {
    /// The group of version 2.
    #[must_use]
    pub fn unified(&self) -> Option<&CgroupRow> {
        self.rows.iter().find(|row| row.hierarchy == 0)
    }

    /// The group in which whoever started the process has put it: that of systemd's own hierarchy
    /// where there is one, else of version 2, else of the first. Where that is the root, the first
    /// that is not.
    ///
    /// Beside the hierarchies of version 1, version 2 may be mounted and have no groups; and a runtime
    /// without systemd makes groups in those with controllers alone.
    #[must_use]
    pub fn main(&self) -> Option<&CgroupRow> {
        let of_systemd = |row: &&CgroupRow| row.controllers.name() == Some(b"systemd");
        let is_below = |row: &&CgroupRow| row.path.path != b"/";
        let systemd = self.rows.iter().find(of_systemd);
        let main = systemd
            .or_else(|| self.unified())
            .or_else(|| self.rows.first());
        main.filter(is_below)
            .or_else(|| self.rows.iter().find(is_below))
            .or(main)
    }

    /// The group of version 1 in the hierarchy of `controller`.
    #[must_use]
    pub fn of_controller(&self, controller: &str) -> Option<&CgroupRow> {
        let has = |row: &&CgroupRow| row.controllers.iter().any(|c| c == controller.as_bytes());
        self.rows.iter().find(has)
    }
}

/// Names of controllers, with commas between.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Controllers(Vec<u8>);

impl Controllers {
    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let none = self.0.is_empty();
        self.0.split(|&b| b == b',').skip(usize::from(none))
    }

    /// The name of a hierarchy that has one: `systemd` of `name=systemd`.
    #[must_use]
    pub fn name(&self) -> Option<&[u8]> {
        self.iter().find_map(|name| name.strip_prefix(b"name="))
    }
}

/// The template is a text's, `%s:`; a colon is never part of a controller's name, but it may be
/// of the hierarchy's.
impl Field for Controllers {
    #[inline]
    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        let line = cursor.rest();
        let line = line
            .get(..bytes::find(line, b'\n').unwrap_or(line.len()))
            .unwrap_or_default();
        // The path begins with a slash, which a name cannot hold.
        let len = bytes::find_part(line, b":/")
            .ok_or_else(|| cursor.error(spec.field, "no path after it"))?;
        Ok(Self(cursor.take(len).to_vec()))
    }

    #[inline]
    fn put(&self, _: &Spec, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.0);
    }

    #[inline]
    fn value(&self, _: &Spec) -> Value {
        Value::List(self.iter().map(Value::text).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::law;

    const HYBRID: &[u8] = b"9:name=systemd:/\n8:net_cls,net_prio:/a:b\n0::/user.slice (deleted)\n";

    #[test]
    fn hierarchies_of_both_versions_stand_in_rows() {
        let cgroup: Cgroup = law::holds(HYBRID);
        let [systemd, net, unified] = &cgroup.rows[..] else {
            panic!("{cgroup:?}");
        };
        assert_eq!(systemd.controllers.name(), Some(&b"systemd"[..]));
        assert_eq!(net.controllers.iter().count(), 2);
        assert_eq!((&*net.path.path, net.path.deleted), (&b"/a:b"[..], false));
        assert_eq!(unified.controllers.iter().count(), 0);
        assert_eq!(unified.path.path, b"/user.slice");
        assert!(unified.path.deleted);
        assert_eq!(cgroup.unified(), Some(unified));
        // That of systemd is the root.
        assert_eq!(cgroup.main(), Some(net));
        let main = |file: &[u8]| {
            law::holds::<Cgroup>(file)
                .main()
                .cloned()
                .unwrap()
                .path
                .path
        };
        assert_eq!(main(b"9:name=systemd:/s\n8:pids:/x\n0::/u\n"), b"/s");
        assert_eq!(main(b"9:name=systemd:/\n8:pids:/\n4:memory:/x\n"), b"/x");
        assert_eq!(main(b"8:pids:/x\n0::/\n"), b"/x");
        assert_eq!(main(b"8:pids:/\n0::/\n"), b"/");
        assert_eq!(systemd.path.path, b"/");
        assert_eq!(cgroup.of_controller("net_prio"), Some(net));
        assert_eq!(cgroup.of_controller("net"), None);
        assert_eq!(
            unified.fields().to_string(),
            "hierarchy=0 controllers= path=/user.slice deleted=yes"
        );
        assert!(law::holds::<Cgroup>(b"").rows.is_empty());
        assert_eq!(law::holds::<Cgroup>(b"0::/../..\n").rows.len(), 1);
    }

    #[test]
    fn mutants_fail_or_come_back() {
        law::mutants::<Cgroup>(&[HYBRID], 5_000);
    }

    /// `findmnt` knows which hierarchies are mounted.
    #[test]
    fn a_group_is_a_directory_of_its_hierarchy() {
        let file = std::fs::read("/proc/self/cgroup").unwrap();
        let cgroup: Cgroup = law::holds(&file);
        let Some(row) = cgroup.unified() else {
            return eprintln!("skipped: this machine has no cgroup of version 2");
        };
        let mount = std::process::Command::new("findmnt")
            .args([
                "--noheadings",
                "--first-only",
                "--types",
                "cgroup2",
                "--output",
                "TARGET",
            ])
            .output()
            .unwrap();
        let mount = String::from_utf8(mount.stdout).unwrap();
        if mount.is_empty() {
            return eprintln!("skipped: no cgroup of version 2 is mounted");
        }
        let path = String::from_utf8(row.path.path.clone()).unwrap();
        let procs = format!("{}{path}/cgroup.procs", mount.trim());
        let procs = std::fs::read_to_string(procs).unwrap();
        let id = std::process::id().to_string();
        assert!(procs.lines().any(|pid| pid == id));
    }

    #[test]
    fn every_process_here_is_understood() {
        for file in law::live("cgroup") {
            law::holds::<Cgroup>(&file);
        }
    }
}
