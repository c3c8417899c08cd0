//! How a read can wait, and for what.

/// How a read or a call can wait for what another process does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Wait {
    /// Not at all: it takes spin locks at most.
    AtOnce,
    /// Uninterruptibly, but for a moment that nobody is known to be able to prolong.
    Briefly,
    /// Uninterruptibly and as long as another process likes, but only by chance: a reader cannot be
    /// made to, though one of some hundred thousand reads of processes that end just then does.
    Seldom,
    /// As long as another process likes, but a fatal signal ends it.
    Killable,
    /// As long as another process likes, and no signal ends it.
    Uninterruptible,
}

/// What is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    /// The lock of a process that executes a program.
    Exec,
    /// The lock of an address space. Who waits for it holds the address space, so that its owner can
    /// then end and leave the teardown to whoever waited.
    Memory,
    /// The last reference to an address space: whoever drops it tears it down.
    Teardown,
    /// The lock of a directory that is listed.
    Directory,
    #[cfg(test)]
    /// The lock of a directory in which a name is looked up that is not in the cache.
    Lookup,
    #[cfg(test)]
    /// Another of psgo's own that was first, and waits.
    Earlier,
    /// The lock of an epoll instance.
    Epoll,
    /// The lock of network devices.
    Network,
    /// The lock of a table of netfilter.
    Netfilter,
    #[cfg(test)]
    /// The lock of a connection.
    Socket,
    /// The locks of a driver.
    Driver,
    /// The list of mounts.
    Mounts,
    /// The lock of control groups.
    ControlGroups,
    /// The lock of a list of the kernel's, named here.
    List(&'static str),
    /// The server of a file system: of another's mounts, or of what lies over a file.
    Server,
    /// Nothing is known of it, and it is taken for the worst.
    Unknown,
}

impl Cause {
    pub(crate) const fn wait(self) -> Wait {
        match self {
            Self::Mounts | Self::ControlGroups | Self::List(_) => Wait::Briefly,
            Self::Teardown => Wait::Seldom,
            Self::Exec | Self::Directory => Wait::Killable,
            #[cfg(test)]
            Self::Lookup | Self::Socket => Wait::Uninterruptible,
            #[cfg(test)]
            Self::Earlier => Wait::Killable,
            Self::Memory
            | Self::Epoll
            | Self::Network
            | Self::Netfilter
            | Self::Driver
            | Self::Server
            | Self::Unknown => Wait::Uninterruptible,
        }
    }

    /// Whether it is the same kind.
    pub(super) const fn is(self, other: Self) -> bool {
        self.number() == other.number()
    }

    const fn number(self) -> u8 {
        match self {
            Self::Exec => 0,
            Self::Memory => 1,
            Self::Teardown => 2,
            Self::Directory => 3,
            #[cfg(test)]
            Self::Lookup => 4,
            Self::Epoll => 5,
            Self::Network => 6,
            Self::Netfilter => 7,
            Self::Driver => 8,
            Self::Mounts => 9,
            Self::ControlGroups => 10,
            Self::List(_) => 11,
            Self::Server => 12,
            Self::Unknown => 13,
            #[cfg(test)]
            Self::Socket => 14,
            #[cfg(test)]
            Self::Earlier => 15,
        }
    }
}
