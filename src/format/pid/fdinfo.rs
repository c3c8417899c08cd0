//! `/proc/PID/fdinfo/FD`: what a descriptor stands for.

use crate::format::lines;

lines! {
    /// What a descriptor stands for.
    ///
    /// `/proc/PID/fdinfo/FD` (`seq_show` of `fs/proc/fd.c`).
    ///
    /// Each kind of file adds lines of its own. Those of a pidfd are here, all others are
    /// [`unknown_lines`](Self::unknown_lines).
    pub struct Fdinfo: "fdinfo/*" {
        /// Offset in the file, in bytes.
        pos: i64 = "pos:\t%d\n",
        /// Flags of `open`, and close-on-exec.
        flags: u32 = "flags:\t0%o\n",
        /// Id of the mount that the file is on. Since 3.15.
        mnt_id: Option<i32> = "mnt_id:\t%d\n",
        /// Inode number. Since 5.14.
        ino: Option<u64> = "ino:\t%u\n",
        /// The process behind a pidfd, in the PID namespace of this `/proc`; 0 if it is not
        /// shown there, -1 once it has been reaped. Since 5.4.
        pid: Option<i32> = "Pid:\t%d\n",
        /// Its id in each PID namespace from that of this `/proc` to its own; -1 as above.
        /// Since 5.5.
        ns_pid: Option<Vec<i32>> = "NSpid:{\t%d}\n",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::law;

    const PIDFD: &[u8] =
        b"pos:\t0\nflags:\t02000002\nmnt_id:\t7\nino:\t4213\nPid:\t4711\nNSpid:\t4711\t2\t1\n";

    #[test]
    fn a_pidfd_names_its_process() {
        let info: Fdinfo = law::holds(PIDFD);
        assert_eq!((info.pid, info.flags), (Some(4711), 0o2_000_002));
        assert_eq!(info.ns_pid, Some(vec![4711, 2, 1]));
        let reaped: Fdinfo = law::holds(
            b"pos:\t0\nflags:\t02000002\nmnt_id:\t7\nino:\t4213\nPid:\t-1\nNSpid:\t-1\n",
        );
        assert_eq!((reaped.pid, reaped.ns_pid), (Some(-1), Some(vec![-1])));
    }

    #[test]
    fn another_kind_of_file_has_other_lines() {
        let info: Fdinfo = law::holds(
            b"pos:\t0\nflags:\t02\nmnt_id:\t15\nino:\t1038\ntfd:        5 events:       19 data: 5\n",
        );
        assert_eq!((info.pid, info.unknown_lines().count()), (None, 1));
        // An old kernel, and a file that can be given more than it has.
        law::holds::<Fdinfo>(b"pos:\t9223372036854775807\nflags:\t0100000\n");
    }

    #[test]
    fn another_form_of_the_number_is_refused() {
        for pid in ["", " 1", "+1", "01", "1 ", "2147483648", "1\nPid:\t2"] {
            let file = format!("pos:\t0\nflags:\t02\nPid:\t{pid}\n");
            assert!(Fdinfo::parse(file.as_bytes()).is_err(), "{pid:?}");
        }
    }

    #[test]
    fn mutants_fail_or_come_back() {
        law::mutants::<Fdinfo>(&[PIDFD], 5_000);
    }

    #[test]
    fn every_descriptor_here_is_understood() {
        for entry in std::fs::read_dir("/proc/self/fdinfo").unwrap() {
            // The directory's own descriptor is there, those of other tests come and go.
            let Ok(file) = std::fs::read(entry.unwrap().path()) else {
                continue;
            };
            assert!(law::holds::<Fdinfo>(&file).mnt_id.is_some());
        }
    }
}
