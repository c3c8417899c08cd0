//! `/proc/PID/mounts` and `mountinfo`: what is mounted where.

use super::{Dev, MountOptions, MountSource, MountTags};
use crate::format::{Mangled, Maybe, MountPath, Present, Rows, record};

record! {
    /// What is mounted where, as in `/etc/fstab`.
    ///
    /// `/proc/PID/mounts` (`show_vfsmnt`), to which `/proc/mounts` is a link. The rows are in
    /// the order of mounting, and of those at one path the last is seen. Mounts outside of
    /// the process's root are left out.
    pub struct Mounts: "mounts" {
        /// The mounts.
        rows: Rows<MountsRow> = "{%r}",
    }
}

record! {
    /// One mount.
    pub struct MountsRow {
        /// What is mounted: a device, `host:/path`, or any word.
        source: MountSource = "%s ",
        /// Where it is mounted, below the root of the process.
        target: MountPath = "%s ",
        /// The type of file system, with a subtype after a point: `ext4`, `fuse.sshfs`.
        fstype: Mangled = "%s ",
        /// Options of the mount and of the file system.
        options: MountOptions = "%s ",
        /// Always 0: how often to dump.
        freq: u32 = "%u ",
        /// Always 0: when to check.
        passno: u32 = "%u\n",
    }
}

record! {
    /// What is mounted where, with ids and propagation.
    ///
    /// `/proc/PID/mountinfo` (`show_mountinfo`), since 2.6.26. Mounts outside of the process's
    /// root are left out.
    pub struct Mountinfo: "mountinfo" {
        /// The mounts.
        rows: Rows<MountinfoRow> = "{%r}",
    }
}

record! {
    /// One mount.
    pub struct MountinfoRow {
        /// Id of the mount; it may be used again once it is unmounted.
        mount_id: i32 = "%d ",
        /// Id of the mount that it is on, or of itself at the top of the tree. It may have no row.
        parent_id: i32 = "%d ",
        /// The device that files on it have (`st_dev`).
        dev: Dev = "%u ",
        /// Which directory of the file system is mounted. What was removed since ends in
        /// `//deleted`.
        root: MountPath = "%s ",
        /// Where it is mounted, below the root of the process.
        target: MountPath = "%s ",
        /// Options of the mount.
        options: MountOptions = "%s ",
        /// The peer group with which it shares mounts; nothing if it is private.
        shared: Maybe<i32> = "{shared:%d }",
        /// The peer group from which it receives mounts.
        master: Maybe<i32> = "{master:%d }",
        /// The closest group above that the process can see, where that is not `master`.
        propagate_from: Maybe<i32> = "{propagate_from:%d }",
        /// May it not be bound elsewhere?
        unbindable: Present = "unbindable %r",
        /// Tags of a later kernel, each with a blank after it.
        further_tags: MountTags = "%r- ",
        /// The type of file system, with a subtype after a point: `ext4`, `fuse.sshfs`.
        fstype: Mangled = "%s ",
        /// What is mounted: a device, `host:/path`, or any word.
        source: MountSource = "%s ",
        /// Options of the file system, for all its mounts.
        super_options: MountOptions = "%s\n",
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, process::Command};

    use super::*;
    use crate::format::law;

    const MOUNTS: &[u8] = include_bytes!("../../../tests/fixtures/proc/mounts");
    const MOUNTINFO: &[u8] = include_bytes!("../../../tests/fixtures/proc/mountinfo");

    #[test]
    fn mounts_have_their_names_and_options() {
        let mounts: Mounts = law::holds(MOUNTS);
        let odd = mounts.rows.last().unwrap();
        assert_eq!(odd.source.name, b"a #\\b");
        assert_eq!(odd.target.0, b"/tmp/psgo odd\n\\040#");
        assert_eq!(odd.fstype.0, b"tmpfs");
        assert!(odd.options.has("ro") && !odd.options.has("rw"));
        assert_eq!(odd.options.find("mode").as_deref(), Some(&b"755"[..]));
        assert_eq!(odd.options.find("mod"), None);
        let info: Mountinfo = law::holds(MOUNTINFO);
        let same = info.rows.last().unwrap();
        assert_eq!((&same.source, &same.target), (&odd.source, &odd.target));
        assert_eq!((same.root.0.as_slice(), *same.shared), (&b"/"[..], Some(2)));
        assert!(same.options.has("nosuid") && !same.super_options.has("nosuid"));
        let bound = info.rows.iter().find(|row| row.root.0 != b"/").unwrap();
        assert_eq!((bound.dev.major, bound.dev.minor), (254, 0));
    }

    /// Made by hand after the form of Linux 4.9, which has NFS write its own source.
    #[test]
    fn what_other_kernels_write_is_known() {
        let file =
            b"h:/a#b /m nfs4 rw,context=\"u:o:t:s0:c1,c2\",x=a\\054b 0 0\n /n tmpfs rw 0 0\n";
        let mounts: Mounts = law::holds(file);
        assert_eq!(mounts.rows[0].source.name, b"h:/a#b");
        let options: Vec<_> = mounts.rows[0].options.iter().collect();
        assert_eq!(
            options,
            [&b"rw"[..], b"context=\"u:o:t:s0:c1,c2\"", b"x=a,b"]
        );
        assert_eq!(mounts.rows[1].source.name, b"");
        let info: Mountinfo = law::holds(
            b"36 35 98:0 /m1 /m2 rw master:1 propagate_from:3 unbindable new:1 x - ext3 /d rw\n",
        );
        let row = &info.rows[0];
        assert_eq!((*row.shared, *row.master), (None, Some(1)));
        assert_eq!((*row.propagate_from, row.unbindable.0), (Some(3), true));
        assert!(row.further_tags.iter().eq([&b"new:1"[..], b"x"]));
        assert!(crate::format::File::unknown(&info));
        for bad in [
            "36 35 98:0 / /m2 rw shared:1 ext3 /d rw\n",
            "36 35 98:0 / /m2 rw  - ext3 /d rw\n",
            "36 35 98:0 / /m2 rw - ext3 /d rw",
            "36 35 98:00 / /m2 rw - ext3 /d rw\n",
        ] {
            assert!(Mountinfo::parse(bad.as_bytes()).is_err(), "{bad}");
        }
    }

    /// What `findmnt` reads out of `file`, a row of columns each.
    fn findmnt(file: &[u8], name: &str, columns: &str) -> Vec<Vec<String>> {
        let path = std::env::temp_dir().join(format!("psgo-{}-{name}", std::process::id()));
        fs::write(&path, file).unwrap();
        let answer = Command::new("findmnt")
            .args(["--raw", "--noheadings", "--output", columns])
            .arg("--tab-file")
            .arg(&path)
            .output()
            .unwrap();
        fs::remove_file(&path).unwrap();
        assert!(answer.status.success(), "{answer:?}");
        let text = String::from_utf8(answer.stdout).unwrap();
        let unescape = |word: &str| {
            let word = word.replace("\\x20", " ").replace("\\x0a", "\n");
            word.replace("\\x5c", "\\")
        };
        let row = |line: &str| line.split(' ').map(unescape).collect();
        text.lines().map(row).collect()
    }

    fn text(bytes: &[u8]) -> String {
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    #[test]
    fn mounts_are_those_that_findmnt_sees() {
        for file in [MOUNTS.to_vec(), fs::read("/proc/self/mounts").unwrap()] {
            let mounts: Mounts = law::holds(&file);
            let rows = mounts.rows.iter().map(|row| {
                let options = text(row.options.as_bytes());
                vec![
                    text(&row.source.name),
                    text(&row.target.0),
                    text(&row.fstype.0),
                    options,
                ]
            });
            let rows: Vec<_> = rows.collect();
            assert_eq!(
                rows,
                findmnt(&file, "mounts", "SOURCE,TARGET,FSTYPE,OPTIONS")
            );
        }
    }

    #[test]
    fn mountinfo_is_what_findmnt_sees() {
        for file in [
            MOUNTINFO.to_vec(),
            fs::read("/proc/self/mountinfo").unwrap(),
        ] {
            let info: Mountinfo = law::holds(&file);
            let rows = info.rows.iter().map(|row| {
                vec![
                    row.mount_id.to_string(),
                    row.parent_id.to_string(),
                    row.fields().find("dev").unwrap().to_string(),
                    text(&row.root.0),
                    text(&row.target.0),
                    text(row.options.as_bytes()),
                    text(&row.fstype.0),
                    text(row.super_options.as_bytes()),
                ]
            });
            let rows: Vec<_> = rows.collect();
            let columns = "ID,PARENT,MAJ:MIN,FSROOT,TARGET,VFS-OPTIONS,FSTYPE,FS-OPTIONS";
            assert_eq!(rows, findmnt(&file, "mountinfo", columns));
        }
    }

    #[test]
    fn mutants_fail_or_come_back() {
        law::mutants::<Mounts>(&[MOUNTS], 5_000);
        law::mutants::<Mountinfo>(&[MOUNTINFO], 5_000);
    }

    #[test]
    fn every_process_here_is_understood() {
        for file in law::live("mounts") {
            law::holds::<Mounts>(&file);
        }
        for file in law::live("mountinfo") {
            law::holds::<Mountinfo>(&file);
        }
    }
}
