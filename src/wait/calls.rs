//! The table, of what is called for another process, beside reading its files.
//!
//! Nothing but tests reads it: which function of `sys` may be called where is seen by `src/house/`.

use super::{
    cause::Cause::{ControlGroups, Directory, Exec, List, Lookup, Server, Unknown},
    reader::Reader::{self, CallingThread, Process, Thread},
    row::Row,
};

/// Calls that wait alike.
pub(crate) struct Call {
    pub(crate) row: Row,
    /// Who makes them.
    pub(crate) by: Reader,
    /// The functions of `sys` that do; none where the joiner does, or a library.
    pub(crate) through: &'static [&'static str],
    /// The files that call these functions; empty for those where `sys` itself does.
    pub(crate) only_in: &'static [&'static str],
}

macro_rules! calls {
    ($($name:literal $function:literal $read_in:literal [$($cause:expr),*] $by:ident $shown_by:literal
        [$($through:literal)*] [$($only_in:literal)*],)*) => {
        &[$(Call {
            row: Row {
                name: $name,
                function: $function,
                read_in: $read_in,
                causes: &[$($cause),*],
                shown_by: $shown_by,
            },
            by: $by,
            through: &[$($through),*],
            only_in: &[$($only_in),*],
        },)*]
    };
}

pub(crate) const CALLS: &[Call] = calls! {
    "look up a name below `/proc` that is not in the cache of names; opening the file itself is told by its row"
        "lookup_slow, open_last_lookups" "6.12" [Lookup] Thread
        "a_name_is_looked_up_when_the_directory_is_free"
        ["open_below" "read_link" "owner_below"] ["src/procfs/files.rs" "src/procfs/reader.rs" "src/process/control_group.rs"],
    "open the directory that is `/proc`, or that a caller names in its place; trusted"
        "path_openat" "6.12" [Server] CallingThread ""
        ["open_directory" "is_procfs_root"] ["src/procfs/files.rs" "src/procfs/reader.rs" "src/process/control_group.rs"],
    "read an open file: told by the row of the file"
        "vfs_read" "6.12" [] CallingThread ""
        ["read" "read_into" "read_to_end"] ["src/procfs/files.rs" "src/procfs/reader.rs" "src/process/control_group.rs"],
    "list a directory of `/proc`"
        "iterate_dir" "6.12" [Directory] Thread ""
        ["list" "list_numbers" "NumberList::of"] ["src/procfs/files.rs" "src/procfs/reader.rs"],
    "ask for the kind of what a link of a process stands for (statx, AT_STATX_DONT_SYNC)"
        "proc_pid_get_link" "6.12" [Exec] Thread
        "" ["stat_behind"] ["src/procfs/files.rs" "src/procfs/reader.rs"],
    "ask for the owner of an open directory of `/proc`, or for the inode of a namespace (fstat)"
        "pid_getattr" "6.12" [] CallingThread "" ["owner" "stat"] ["src/procfs/files.rs" "src/procfs/reader.rs" "src/namespace/pids.rs"],
    "make a procfs of a PID namespace (fsopen, fsconfig, fsmount)"
        "proc_get_tree" "6.12" [] CallingThread "" ["private_procfs"] ["src/namespace/mod.rs"],
    "translate a pid, ask for a parent namespace (NS_GET_…)"
        "ns_ioctl" "6.12" [] CallingThread ""
        ["pid_from_namespace" "pid_in_namespace" "parent_namespace"] ["src/namespace/pids.rs"],
    "ask whether the process of a pidfd is there (pidfd_send_signal)"
        "pidfd_send_signal" "6.12" [] CallingThread "" ["pidfd_is_alive"] ["src/namespace/mod.rs"],
    "ask for the processor time, the priority, the processors of a process (clock_gettime, ioprio_get, sched_getaffinity)"
        "posix_cpu_clock_get, get_task_ioprio, sched_getaffinity" "6.12" [] CallingThread ""
        ["processor_time" "io_priority" "affinity"] ["src/snapshot/rest.rs" "src/snapshot/read.rs" "src/process/cpu.rs"],
    "enter the network, IPC, UTS or cgroup namespace of a joined process, to read what depends on it (setns)"
        "validate_nsset, commit_nsset" "6.12" [] Thread "" ["enter_namespace"] ["src/view/place.rs"],
    "ask how full a file system of one's own mounts is (statvfs)"
        "vfs_statfs" "6.12" [Server] Thread "" ["space"] ["src/system/disk.rs"],
    "read the files of control groups, `/sys/fs/cgroup/…`"
        "kernfs_seq_show" "6.12" [Lookup, ControlGroups, Server] Thread "" [] [],
    "ask the host's name service (getpwuid_r, getgrgid_r), a file of the local zone (localtime_r); trusted"
        "in user space" "" [Unknown] Thread "a_zone_that_is_not_told_is_utc_and_costs_no_process_its_row" ["local_zone"] ["src/view/machine.rs"],
    "take the lock of a mount namespace (flock), so that one joiner at most waits in a container"
        "flock_lock_inode_wait" "6.12" [List("the lock of an earlier joiner")] Process
        "joins_of_a_silent_container_do_not_pile_up" [] [],
    "enter a mount namespace, open its root (setns, open)"
        "mntns_install" "6.12" [] Process "a_join_is_not_noticed_by_who_waits_for_children" [] [],
    "look up, open, read and close passwd and group below another's root (openat2, read, exit)"
        "request_wait_answer, d_alloc_parallel, fuse_lock_inode" "6.12" [Lookup, Server] Process
        "what_is_left_behind_of_some_containers_costs_no_other_anything" [] [],
    "ask how full a file system of a container is (statfs)"
        "request_wait_answer" "6.12" [Server] Process "" [] [],
};

/// The functions of `sys` that ask for nothing of another process, and open nothing.
pub(crate) const OF_THIS_PROCESS: &[&str] = &[
    "can_guard",
    "more",
    "since_boot",
    "boot_moment",
    "spare_descriptors",
    "make_room",
    "own_thread",
    "ticks_per_second",
    "page_size",
    "last_capability",
];
