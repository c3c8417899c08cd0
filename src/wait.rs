//! `Wait`: how reading a file of a process can wait for what other processes do.

/// How reading a file of a process can wait for what other processes do.
///
/// The tables that name files, `snapshot/simple.rs` and `process/files.rs`, say it of each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wait {
    /// Not at all: it takes spin locks at most.
    AtOnce,
    /// Only while the process executes a program (`exec_update_lock`, killable), while another
    /// process holds the lock of a directory (`i_rwsem`, killable), or where the read drops the last
    /// reference to an address space (`mmput`, uninterruptible).
    Seldom,
    /// As long as another process likes, but a fatal signal ends it: a thread that reads it can be
    /// left behind.
    Killable,
    /// As long as another process likes, and no signal ends it: a thread that reads it can be left
    /// behind, but the program cannot exit before it.
    Uninterruptible,
}
