//! `/proc/sysvipc/msg`: the message queues of an IPC namespace.

use crate::format::{Head, Rest, Rows, record};

record! {
    /// Message queues of System V.
    ///
    /// `/proc/sysvipc/msg` (`sysvipc_msg_proc_show`): those of the reader's IPC namespace.
    pub struct Msg: "sysvipc/msg" {
        /// The names of the columns.
        head: Head = "%h{       key      msqid perms      cbytes       qnum lspid lrpid   uid   gid  cuid  cgid      stime      rtime      ctime\n}",
        /// The queues.
        rows: Rows<Queue> = "{%r\n}",
    }
}

record! {
    /// A message queue.
    pub struct Queue {
        /// Key; 0 for one that is private.
        key: i32 = "%10d ",
        /// Id.
        msqid: i32 = "%10d  ",
        /// Mode, in octal.
        perms: u32 = "%4o  ",
        /// Bytes in it.
        cbytes: u64 = "%10u ",
        /// Messages in it, a count.
        qnum: u64 = "%10u ",
        /// The process that sent last; 0 is none.
        lspid: i32 = "%5d ",
        /// The process that received last; 0 is none.
        lrpid: i32 = "%5d ",
        /// The owner's user.
        uid: u32 = "%5u ",
        /// The owner's group.
        gid: u32 = "%5u ",
        /// The user who made it.
        cuid: u32 = "%5u ",
        /// The group that made it.
        cgid: u32 = "%5u ",
        /// When something was last sent, in seconds of Unix time; 0 is never.
        stime: u64 = "%10u ",
        /// When something was last received, in seconds of Unix time; 0 is never.
        rtime: u64 = "%10u ",
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

    const HERE: &[u8] = include_bytes!("../../../../tests/fixtures/proc/sysvipc_msg");

    #[test]
    fn a_queue_is_what_was_made() {
        // ipcmk --queue --mode 0640; one message of 5 bytes was sent to it.
        let msg: Msg = law::holds(HERE);
        let queue = &msg.rows[0];
        assert_eq!((queue.perms, queue.uid, queue.cgid), (0o640, 0, 0));
        assert_eq!((queue.qnum, queue.cbytes), (1, 5));
        assert!(queue.stime > 1_700_000_000 && queue.stime >= queue.ctime);
        assert_eq!((queue.rtime, queue.lrpid), (0, 0));
    }

    #[test]
    fn mutants_fail_or_come_back() {
        law::mutants::<Msg>(&[HERE], 5_000);
    }
}
