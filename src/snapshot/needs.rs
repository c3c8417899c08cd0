//! What columns need, and the files that are read of each process for it.

bitflags::bitflags! {
    /// What a descriptor is computed from.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub(crate) struct Needs: u64 {
        /// `/proc/PID/stat`
        const STAT = 1;
        /// `/proc/PID/status`
        const STATUS = 1 << 1;
        /// `/proc/PID/cmdline`
        const CMDLINE = 1 << 2;
        /// `/proc/PID/attr/current`
        const LABEL = 1 << 3;
        /// effective user and group
        const EFFECTIVE = 1 << 4;
        /// resident memory
        const RSS = 1 << 5;
        /// numbers of the process group and session
        const JOBS = 1 << 6;
        /// the time of now
        const CLOCK = 1 << 7;
        /// the local zone at the start of the process
        const ZONE = 1 << 8;
        /// the names of terminals
        const TTY = 1 << 9;
        /// users' names
        const USERS = 1 << 10;
        /// groups' names
        const GROUPS = 1 << 11;
        /// users' names on the host
        const HOST_USERS = 1 << 12;
        /// groups' names on the host
        const HOST_GROUPS = 1 << 13;
        /// the pid on the host
        const HOST_PID = 1 << 14;
        /// `/proc/PID/io`
        const IO = 1 << 15;
        /// address space
        const VSZ = 1 << 16;
        /// a host to speak of: without a join none of it is read
        const HOST = 1 << 17;
        /// `/proc/PID/fd`
        const FDS = 1 << 18;
        /// `/proc/PID/fdinfo`
        const FDINFO = 1 << 19;
        /// the sockets behind descriptors
        const SOCKETS = 1 << 20;
        /// directories, program and mapped files
        const PLACES = 1 << 21;
        /// `/proc/PID/timers`, and the timers behind descriptors
        const TIMERS = 1 << 22;
        /// the memory of the machine
        const MEMORY = 1 << 23;
        /// `/proc/PID/cgroup`
        const CGROUP = 1 << 24;
        /// `/proc/PID/ns/pid`
        const PIDNS = 1 << 25;
        /// `/proc/PID/ns/net`
        const NETNS = 1 << 26;
        /// `/proc/PID/ns/mnt`
        const MNTNS = 1 << 27;
        /// `/proc/PID/ns/user`
        const USERNS = 1 << 28;
        /// `/proc/PID/exe`
        const EXE = 1 << 29;
        /// `/proc/PID/cwd`
        const CWD = 1 << 30;
        /// the parents of all processes
        const ANCESTRY = 1 << 31;
        /// what others can change in `/proc/PID/stat`: see `rest.rs`
        const OTHERS = 1 << 32;
        /// `/proc/PID/wchan`
        const WCHAN = 1 << 33;
    }
}

bitflags::bitflags! {
    /// What is asked of the kernel for each process, in this order.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub(crate) struct Files: u64 {
        const STAT = 1;
        const OWNER = 1 << 1;
        const HOST_PID = 1 << 2;
        const STATUS = 1 << 3;
        const CMDLINE = 1 << 4;
        const LABEL = 1 << 5;
        const NAMES = 1 << 6;
        const FDS = 1 << 7;
        const FDINFO = 1 << 8;
        const SOCKETS = 1 << 9;
        const PLACES = 1 << 10;
        const TIMERS = 1 << 11;
        /// All files and links of [`SIMPLE`](super::simple::SIMPLE): one bit each.
        const SIMPLE = u64::MAX << Self::FIRST_SIMPLE;
    }
}

impl Files {
    const FIRST_SIMPLE: u32 = 16;

    /// How many files [`SIMPLE`](super::simple::SIMPLE) can have.
    pub(super) const MOST_SIMPLE: usize = 48;

    /// The file at that position in [`SIMPLE`](super::simple::SIMPLE).
    pub(super) const fn simple(index: usize) -> Self {
        Self::from_bits_truncate(1 << Self::FIRST_SIMPLE << index)
    }
}
