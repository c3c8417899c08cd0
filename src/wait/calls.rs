//! The table, of what is called for another process, beside reading its files.
//!
//! Nothing but tests reads it: which function of `sys` may be called where is seen by `src/house/`.

use super::{
    cause::Cause::{
        ControlGroups, Directory, Earlier, Exec, List, Lookup, Server, Socket, Unknown,
    },
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
        ["open_below" "read_link" "stat_below"] ["src/procfs/files.rs" "src/procfs/open.rs" "src/procfs/reader.rs" "src/control_group/by_number.rs" "src/control_group/directory.rs" "src/runtimes/files.rs"],
    "open the directory that is `/proc`, or that a caller names in its place; trusted"
        "path_openat" "6.12" [Server] CallingThread ""
        ["open_directory" "is_procfs_root"] ["src/procfs/files.rs" "src/procfs/reader.rs" "src/control_group/by_number.rs" "src/control_group/directory.rs" "src/runtimes/files.rs"],
    "read an open file: told by the row of the file"
        "vfs_read" "6.12" [] CallingThread ""
        ["read" "read_into" "read_to_end"] ["src/procfs/files.rs" "src/procfs/open.rs" "src/procfs/reader.rs" "src/control_group/directory.rs" "src/runtimes/files.rs"],
    "list a directory of `/proc`"
        "iterate_dir" "6.12" [Directory] Thread ""
        ["list" "list_numbers" "list_numbers_from" "NumberList::of"]
        ["src/control_group/by_number.rs" "src/procfs/files.rs" "src/procfs/links.rs" "src/procfs/reader.rs" "src/runtimes/files.rs"],
    "ask for the kind, size, device and owner of what a link of a process stands for (statx, AT_STATX_DONT_SYNC)"
        "proc_pid_get_link" "6.12" [Exec] Thread
        "" ["stat_behind"] ["src/procfs/open.rs"],
    "ask for the protocol of a socket for which a link of a process stands (open with O_PATH; getxattr, of what is a socket then)"
        "proc_pid_get_link, sockfs_xattr_get" "6.12" [Exec] Thread
        "" ["socket_protocol"] ["src/procfs/files.rs" "src/procfs/reader.rs"],
    "ask for the owner of an open directory of `/proc`, or for the inode of a namespace (fstat)"
        "pid_getattr" "6.12" [] CallingThread "" ["stat"] ["src/control_group/by_number.rs" "src/procfs/files.rs" "src/procfs/reader.rs" "src/namespace/pids.rs" "src/reader/apart.rs" "src/runtimes/files.rs"],
    "take the lock of a directory `fdinfo` (flock), so that one reader at most waits for what a process has open"
        "flock_lock_inode_wait" "6.12" [Earlier] Thread
        "runs_of_the_command_do_not_pile_up" ["lock_directory"] ["src/procfs/open.rs"],
    "make a procfs of a PID namespace (fsopen, fsconfig, fsmount)"
        "proc_get_tree" "6.12" [] CallingThread "" ["private_procfs"] ["src/namespace/mod.rs"],
    "translate a pid, ask for a parent namespace (NS_GET_…)"
        "ns_ioctl" "6.12" [] CallingThread ""
        ["pid_from_namespace" "pid_in_namespace" "parent_namespace"] ["src/namespace/pids.rs"],
    "ask whether the process of a pidfd is there (pidfd_send_signal)"
        "pidfd_send_signal" "6.12" [] CallingThread "" ["pidfd_is_alive"] ["src/namespace/mod.rs"],
    "ask for the processor time, the priority, the processors of a process (clock_gettime, ioprio_get, sched_getaffinity)"
        "posix_cpu_clock_get, get_task_ioprio, sched_getaffinity" "6.12" [] CallingThread ""
        ["processor_time" "io_priority" "affinity"] ["src/snapshot/rest.rs" "src/snapshot/read.rs" "src/process/cpu.rs" "src/reader/link.rs"],
    "enter the network, IPC, UTS or cgroup namespace of a joined process, to read what depends on it (setns)"
        "validate_nsset, commit_nsset" "6.12" [] Thread "" ["enter_namespace"] ["src/view/place.rs"],
    "ask how full a file system of one's own mounts is (statvfs)"
        "vfs_statfs" "6.12" [Server] Process "" ["space"] ["src/system/disk.rs"],
    "read the files of control groups, `/sys/fs/cgroup/…`"
        "kernfs_seq_show" "6.12" [Lookup, ControlGroups, Server] Thread "" [] [],
    "open, read and list the files that runtimes of containers keep, of root and of users: /var/lib/docker, /var/lib/containers/storage, /run/containerd, /run/runc, /run/crun, /run/youki, /var/log/containers, /var/log/pods, /run/systemd/machines, /run/incus and what docs/containers.md names besides (openat2, read, getdents64)"
        "request_wait_answer, d_alloc_parallel, nfs_wait_bit_killable" "6.12" [Lookup, Server] Process "" [] [],
    "ask the host's name service (getpwuid_r, getgrgid_r), a file of the local zone (localtime_r); trusted"
        "in user space" "" [Unknown] Thread "a_zone_that_is_not_told_is_utc_and_costs_no_process_its_row" ["local_zone"] ["src/view/machine.rs"],
    "take the lock of a mount namespace (flock), so that one joiner at most waits in a container"
        "flock_lock_inode_wait" "6.12" [Earlier] Process
        "joins_of_a_silent_container_do_not_pile_up" [] [],
    "enter a mount namespace, open its root (setns, open)"
        "mntns_install" "6.12" [] Process "a_join_is_not_noticed_by_who_waits_for_children" [] [],
    "enter a network namespace, make a socket of netlink there (setns, socket)"
        "netns_install, netlink_create" "" [] Process "" [] [],
    "take a network namespace from a descriptor of a process, or from where it is mounted (pidfd_getfd, openat2)"
        "__pidfd_fget, path_openat" "6.12" [Exec, Server] Process "" [] [],
    "take hold of a process by its number (pidfd_open)"
        "pidfd_create" "" [] CallingThread "" ["open_pidfd"] ["src/view/networks.rs"],
    "make a socket of netlink that asks for sockets (socket, connect)"
        "netlink_create" "" [] CallingThread "" ["diag_socket" "diag_connect" "diag_timeout"]
        ["src/netlink/dump.rs" "src/netlink/listing.rs"],
    "ask for the sockets of a network namespace (NETLINK_SOCK_DIAG); before Linux 6.9 all of them wait for one that waits (`sock_diag_mutex`)"
        "tcp_get_info, sock_diag_rcv" "" [Socket] Process
        "a_connection_that_keeps_its_lock_costs_what_tcp_measures_alone"
        ["diag_send" "diag_receive"] ["src/netlink/dump.rs"],
    "ask for the name of a network device (SIOCGIFNAME)"
        "dev_ifname" "" [List("devnet_rename_sem")] CallingThread "" ["interface_name"] ["src/netlink/listing.rs"],
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
    "names_in",
    "is_regular",
    "device_of",
    "since_boot",
    "memory",
    "boot_moment",
    "spare_descriptors",
    "make_room",
    "own_thread",
    "ticks_per_second",
    "page_size",
    "last_capability",
];
