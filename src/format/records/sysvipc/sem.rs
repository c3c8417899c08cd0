//! `/proc/sysvipc/sem`: the semaphores of an IPC namespace.

use crate::format::{Head, Rest, Rows, record};

record! {
    /// Sets of semaphores of System V.
    ///
    /// `/proc/sysvipc/sem` (`sysvipc_sem_proc_show`): those of the reader's IPC namespace.
    pub struct Sem: "sysvipc/sem" {
        /// The names of the columns.
        head: Head = "%h{       key      semid perms      nsems   uid   gid  cuid  cgid      otime      ctime\n}",
        /// The sets.
        rows: Rows<Semaphores> = "{%r\n}",
    }
}

record! {
    /// A set of semaphores.
    pub struct Semaphores {
        /// Key; 0 for one that is private.
        key: i32 = "%10d ",
        /// Id.
        semid: i32 = "%10d  ",
        /// Mode, in octal.
        perms: u32 = "%4o ",
        /// Semaphores in it, a count.
        nsems: u64 = "%10u ",
        /// The owner's user.
        uid: u32 = "%5u ",
        /// The owner's group.
        gid: u32 = "%5u ",
        /// The user who made it.
        cuid: u32 = "%5u ",
        /// The group that made it.
        cgid: u32 = "%5u ",
        /// When it was last used, in seconds of Unix time; 0 is never.
        otime: u64 = "%10u ",
        /// When it was last changed, in seconds of Unix time.
        ctime: u64 = "%10u",
        /// Columns that psgo does not know.
        rest: Rest = "%r",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::law;

    const HERE: &[u8] = include_bytes!("../../../../tests/fixtures/proc/sysvipc_sem");

    #[test]
    fn a_set_is_what_was_made() {
        // ipcmk --semaphore 3 --mode 0600.
        let sem: Sem = law::holds(HERE);
        let set = &sem.rows[0];
        assert_eq!((set.nsems, set.perms, set.uid, set.otime), (3, 0o600, 0, 0));
        assert!(set.ctime > 1_700_000_000);
    }

    #[test]
    fn mutants_fail_or_come_back() {
        law::mutants::<Sem>(&[HERE], 5_000);
    }
}
