//! `ProcessNamespace`: a namespace of a process.

/// An entry of `/proc/PID/ns`: a namespace that a process is in, or that its children will be in.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProcessNamespace {
    /// The name of the entry: `net`, `pid`, `pid_for_children`.
    pub name: String,
    /// The inode of the namespace, which is the same for all processes in it; `None` where it may
    /// not be known, and for a process that has ended.
    pub id: Option<u64>,
}
