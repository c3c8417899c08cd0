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
        /// all sockets behind descriptors
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
        /// the files behind descriptors, by a system call
        const BEHIND = 1 << 34;
        /// the number of open descriptors
        const FD_COUNT = 1 << 35;
        /// how full the queues of sockets are
        const SOCKET_QUEUES = 1 << 36;
        /// the users of sockets
        const SOCKET_USERS = 1 << 37;
        /// the other ends of sockets
        const SOCKET_PEERS = 1 << 38;
        /// the network devices of sockets
        const SOCKET_DEVICES = 1 << 39;
        /// how sockets control congestion
        const SOCKET_CONGESTION = 1 << 40;
        /// what TCP measures
        const SOCKET_TCP = 1 << 41;
        /// the size, device and owner of the files behind descriptors
        const METADATA = 1 << 42;
        /// the protocols of the sockets that no table has
        const PROTOCOLS = 1 << 43;
        /// the sockets behind descriptors that listen at a port
        const PORTS = 1 << 44;
        /// the sockets behind descriptors whose other end has an IP address
        const PEERS = 1 << 45;
        /// the container, also by what watches it
        const CONTAINER = 1 << 46;
        /// what the container is called
        const CONTAINER_NAME = 1 << 47;
        /// what the control group uses and may use
        const GROUP_FIGURES = 1 << 48;
        /// what the control group of a container has of memory
        const OF_MEMORY = 1 << 49;
        /// processor time of the control group of a container
        const OF_CPU = 1 << 50;
        /// what the control group of a container has read and written
        const OF_IO = 1 << 51;
        /// what has happened to the control group of a container
        const OF_EVENTS = 1 << 52;
        /// what the network devices of a container have received and sent
        const OF_DEVICES = 1 << 53;
        /// `/proc/PID/uid_map`
        const UID_MAP = 1 << 54;
        /// users' names in the container of the process
        const CONTAINER_USERS = 1 << 55;
        /// the paths of the control groups of sockets
        const SOCKET_GROUPS = 1 << 56;
        /// who has the other ends of pipes and Unix sockets
        const ENDS = 1 << 57;
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
        /// The files behind descriptors.
        const BEHIND = 1 << 12;
        const FD_COUNT = 1 << 13;
        /// Of the files behind descriptors also those whose kind their links tell.
        const METADATA = 1 << 14;
        /// The protocols of the sockets that no table has.
        const PROTOCOLS = 1 << 15;
        /// The files of the runtimes.
        const CONTAINER = 1 << 16;
        /// The files of control groups.
        const GROUPS = 1 << 17;
        /// Of `fdinfo` that of pipes.
        const PIPES = 1 << 18;
        /// All files and links of [`SIMPLE`](super::simple::SIMPLE): one bit each.
        const SIMPLE = u64::MAX << Self::FIRST_SIMPLE;
    }
}

impl Needs {
    /// What is asked of sockets, beside what is always told.
    #[cfg(test)]
    pub(crate) const OF_SOCKETS: Self = Self::SOCKET_QUEUES
        .union(Self::SOCKET_USERS)
        .union(Self::SOCKET_PEERS)
        .union(Self::SOCKET_DEVICES)
        .union(Self::SOCKET_CONGESTION)
        .union(Self::SOCKET_TCP);

    /// Those whose cells are unknown without the sockets of the network namespace.
    pub(super) const OF_NETWORK: Self = Self::SOCKETS.union(Self::PORTS).union(Self::PEERS);

    /// Those whose cells are unknown without the descriptors.
    pub(super) const OF_FDS: Self = Self::FDS
        .union(Self::FD_COUNT)
        .union(Self::FDINFO)
        .union(Self::OF_NETWORK)
        .union(Self::PLACES)
        .union(Self::TIMERS)
        .union(Self::BEHIND)
        .union(Self::METADATA)
        .union(Self::PROTOCOLS)
        .union(Self::ENDS);
}

impl Files {
    const FIRST_SIMPLE: u32 = 19;

    /// How many files [`SIMPLE`](super::simple::SIMPLE) can have.
    pub(super) const MOST_SIMPLE: usize = 45;

    /// The file at that position in [`SIMPLE`](super::simple::SIMPLE).
    pub(super) const fn simple(index: usize) -> Self {
        Self::from_bits_truncate(1 << Self::FIRST_SIMPLE << index)
    }
}
