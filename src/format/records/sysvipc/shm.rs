//! `/proc/sysvipc/shm`: the shared memory of an IPC namespace.

use super::Size;
use crate::format::{Head, Rest, Rows, record};

record! {
    /// Segments of shared memory of System V.
    ///
    /// `/proc/sysvipc/shm` (`sysvipc_shm_proc_show`): those of the reader's IPC namespace.
    pub struct Shm: "sysvipc/shm" {
        /// The names of the columns; the second form is that of 32 bits, the third that of old
        /// kernels.
        head: Head = "%h{       key      shmid perms                  size  cpid  lpid nattch   uid   gid  cuid  cgid      atime      dtime      ctime                   rss                  swap\n}{       key      shmid perms       size  cpid  lpid nattch   uid   gid  cuid  cgid      atime      dtime      ctime        rss       swap\n}{       key      shmid perms       size  cpid  lpid nattch   uid   gid  cuid  cgid      atime      dtime      ctime\n}",
        /// The segments.
        rows: Rows<Segment> = "{%r\n}",
    }
}

record! {
    /// A segment of shared memory.
    pub struct Segment {
        /// Key; 0 for one that is private.
        key: i32 = "%10d ",
        /// Id.
        shmid: i32 = "%10d  ",
        /// Mode, in octal; 01000 is one that ends with its last user, 02000 one that is locked.
        perms: u32 = "%4o ",
        /// Its size, in bytes.
        size: Size = "%r ",
        /// The process that made it.
        cpid: i32 = "%5d ",
        /// The process that attached or detached it last; 0 is none.
        lpid: i32 = "%5d  ",
        /// How often it is attached.
        nattch: u64 = "%5u ",
        /// The owner's user.
        uid: u32 = "%5u ",
        /// The owner's group.
        gid: u32 = "%5u ",
        /// The user who made it.
        cuid: u32 = "%5u ",
        /// The group that made it.
        cgid: u32 = "%5u ",
        /// When it was last attached, in seconds of Unix time; 0 is never.
        atime: u64 = "%10u ",
        /// When it was last detached, in seconds of Unix time; 0 is never.
        dtime: u64 = "%10u ",
        /// When it was last changed, in seconds of Unix time.
        ctime: u64 = "%10u",
        /// Resident, in bytes. Missing on old kernels.
        rss: Option<Size> = " %r",
        /// Swapped out, in bytes. Missing on old kernels.
        swap: Option<Size> = " %r",
        /// Columns that psgo does not know.
        rest: Rest = "%r",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Value, format::law};

    const HERE: &[u8] = include_bytes!("../../../../tests/fixtures/proc/sysvipc_shm");

    #[test]
    fn a_segment_is_what_was_made() {
        // ipcmk --shmem 12345 --mode 0644.
        let shm: Shm = law::holds(HERE);
        let segment = &shm.rows[0];
        assert_eq!((segment.perms, segment.size.bytes()), (0o644, 12_345));
        assert_eq!((segment.nattch, segment.rss.unwrap().bytes()), (0, 0));
        assert_eq!(segment.fields().find("size"), Some(&Value::Size(12_345)));
    }

    #[test]
    fn columns_are_narrower_with_32_bits_and_fewer_on_old_kernels() {
        let head = "       key      shmid perms       size  cpid  lpid nattch   uid   gid  cuid  cgid      atime      dtime      ctime";
        let row = "        -1      65536  1600       4096    12     0      0     0     0     0     0          0          0 1390806357";
        // Made by hand after the form of Linux 3.2 for i386, and of 2.6.
        for (head_end, row_end) in [
            ("        rss       swap", "       4096          0"),
            ("", ""),
        ] {
            let file = format!("{head}{head_end}\n{row}{row_end}\n");
            let shm: Shm = law::holds(file.as_bytes());
            let segment = &shm.rows[0];
            assert_eq!((segment.size.bytes(), segment.perms), (4096, 0o1600));
            assert_eq!(
                segment.rss.map(Size::bytes),
                (!row_end.is_empty()).then_some(4096)
            );
        }
    }

    #[test]
    fn mutants_fail_or_come_back() {
        law::mutants::<Shm>(&[HERE], 5_000);
    }
}
