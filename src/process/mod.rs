//! `Process`: one process in depth, held so that no other can be taken for it.
//!
//! Data stands below what reads it: `files` (the table of files and how their reads can wait),
//! `open`, `link`, `namespace` and `control_group` are plain values; `cache` keeps them; `handle` is
//! the process itself, `reading` how it reads; each of the rest is a group of getters.

mod cache;
mod cgroup;
mod cpu;
mod descriptors;
mod ending;
mod family;
mod files;
mod handle;
mod identity;
mod link;
mod locks;
mod memory;
mod namespace;
mod open;
mod reading;
mod security;
mod signals;
mod threads;

pub use cgroup::{CgroupEvents, CgroupLimits, CgroupPressure};
pub use cpu::{ContextSwitches, IoClass, IoPriority, PageFaults, ProcessCpuTimes};
pub use handle::Process;
pub use identity::{Ids, State};
pub use link::LinkTarget;
pub use locks::{AwaitedLock, LockBefore};
pub use memory::{Footprint, MappedMemory, MemoryDetail, ProcessMemory};
pub use namespace::ProcessNamespace;
pub use open::{OpenDescriptor, OpenFile, OpenSocket};
pub use security::{Capabilities, Oom};
pub use signals::{SignalSet, Signals, signal_name};
pub use threads::{Job, SystemCall, Thread};
