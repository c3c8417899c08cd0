//! `/proc/filesystems`: the file systems that the kernel knows.

use crate::{
    Value,
    format::{Cursor, Field, ParseError, Rows, Spec, record},
};

record! {
    /// The file systems that the kernel knows.
    ///
    /// `/proc/filesystems` (`filesystems_proc_show` of `fs/filesystems.c`). Those whose modules
    /// are not loaded are left out.
    pub struct Filesystems: "filesystems" {
        /// They, in the order in which they were added.
        rows: Rows<Filesystem> = "{%r\n}",
    }
}

record! {
    /// A file system.
    pub struct Filesystem {
        /// Is it on no block device?
        nodev: Nodev = "%s\t",
        /// Its name, as `mount -t` takes it.
        name: Vec<u8> = "%s",
    }
}

/// Is a file system on no block device?
///
/// Printed as `nodev` or nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Nodev(pub bool);

impl Field for Nodev {
    #[inline]
    fn take(cursor: &mut Cursor<'_>, _: &Spec) -> Result<Self, ParseError> {
        Ok(Self(cursor.skip(b"nodev")))
    }

    #[inline]
    fn put(&self, _: &Spec, out: &mut Vec<u8>) {
        if self.0 {
            out.extend_from_slice(b"nodev");
        }
    }

    #[inline]
    fn value(&self, _: &Spec) -> Value {
        Value::Bool(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::law;

    #[test]
    fn some_are_on_a_block_device() {
        let filesystems: Filesystems = law::holds(b"nodev\tproc\n\text4\n\tfuseblk\n");
        let on_disk = filesystems.rows.iter().filter(|row| !row.nodev.0);
        let names: Vec<_> = on_disk
            .map(|row| row.name.escape_ascii().to_string())
            .collect();
        assert_eq!(names, ["ext4", "fuseblk"]);
        assert!(Filesystems::parse(b"dev\tproc\n").is_err());
        law::mutants::<Filesystems>(&[b"nodev\tproc\n\text4\n"], 2_000);
    }

    #[test]
    fn what_is_mounted_is_known() {
        let here = std::fs::read("/proc/filesystems").unwrap();
        let filesystems: Filesystems = law::holds(&here);
        let mounts = std::fs::read_to_string("/proc/mounts").unwrap();
        for kind in mounts.lines().filter_map(|line| line.split(' ').nth(2)) {
            // A subtype follows a point.
            let kind = kind.split('.').next().unwrap().as_bytes();
            // The kernel mounts it itself, where a file of a namespace is bound to a path.
            if kind == b"nsfs" {
                continue;
            }
            assert!(
                filesystems.rows.iter().any(|row| row.name == kind),
                "{kind:?}"
            );
        }
    }
}
