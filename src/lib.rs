//! psgo lists the processes of a Linux host and of its containers, without running anything inside
//! them.
//!
//! A *descriptor* is a column: `pid`, `user`, `capeff`. A *[`View`]* is the `/proc` that is read:
//! this host's, a container's, or a copy. A *[`Query`]* is columns, processes and views, and
//! returns a [`Row`] of typed [`Value`]s for each process.
//!
//! ```
//! use psgo::{Pid, Pids, Value};
//!
//! let me = Pid::new(std::process::id());
//! let table = psgo::process_info(Pids::Only(&[me]), &["pid", "ppid", "etime", "args"])?;
//! for row in &table {
//!     assert_eq!(row.pid(), Some(me));
//!     assert!(row.get("etime").and_then(Value::as_duration).is_some());
//! }
//! println!("{}", table.to_strings()[0].join("  "));
//! # Ok::<(), psgo::Error>(())
//! ```
//!
//! # Where to start
//!
//! | you have | you want | use |
//! | --- | --- | --- |
//! | nothing, or pids of this host | their processes | [`process_info`] |
//! | a pid in a container | the processes of that container | [`join_namespace_and_process_info`] |
//! | pids in several containers | the processes of each, once | [`join_namespace_and_process_info_by_pids`] |
//! | a pidfd, or a pid with its start time | the processes of its container | [`View::join`], [`Query::view`] |
//! | another `/proc`, or a copy of one | its processes | [`View::at`], [`Query::view`] |
//! | one pid | everything about it | [`View::process`], [`Process`], with feature `process` |
//! | many processes | rows one by one, sorted, with a deadline | [`Query::rows`] |
//! | a listing to repeat | what is new, rates since the previous sample | [`Query::watch`] |
//! | a name | what column it is | [`descriptor::find`], [`list_descriptors`] |
//! | a list of what should run | what is missing, what is there beyond it | `drift`, with feature `drift` |
//! | nothing | memory, processors, disks, connections of the machine | `system`, with feature `system` |
//! | bytes of a file of `/proc` | a record, and the bytes back | [`format`](mod@format) |
//! | a capability mask, a `tty_nr`, an id of a user namespace, ticks | what they mean | [`caps`], [`tty`], [`ids`], [`host`] |
//!
//! # What fails
//!
//! A listing of many processes always meets some that exit or are denied, so only what prevents any
//! answer is an [`Error`]. A file that is denied costs its cells, which are [`Value::Missing`] with a
//! reason. A process that is denied or does not answer costs its row; [`Table::skipped`] and
//! [`Outcome::skipped`] say why. A process that exits meanwhile is left out. [`Outcome::ended`] says
//! whether a listing is complete.
//!
//! Nothing prints, and no listing waits longer than the [time-out of its view](View::timeout) for a
//! process whose files do not answer. Types are `Send` and `Sync` ([`Rows`] is `Send` alone). What a
//! program that embeds psgo has to know of threads, `fork`, signals and descriptors is in
//! [docs/embedding.md](https://docs.rs/crate/psgo/latest/source/docs/embedding.md).
//!
//! # Features
//!
//! - `nss` (on): names of the host's users and groups by the name service switch. Without it they
//!   come from `/etc/passwd` and `/etc/group`, read once, as a static build wants.
//! - `filter` (off): [`Query`]`::filter`, rows by a condition. It brings regular expressions, a
//!   parser and chrono.
//! - `process` (off): [`Process`], everything about one process, and [`View::process`].
//! - `records` (off): any file of `/proc` by its name, and the records of the files that neither a
//!   listing nor [`Process`] reads. Without it [`format`](mod@format) has the others. It enables
//!   `system`.
//! - `system` (off): module `system`, the machine as a whole, and the records of its files.
//! - `chrono` (off): conversion of [`Time`].
//! - `runtimes` (off): what containers are called, from the files of their runtimes: columns,
//!   filters, joins by name and [`View`]`::containers`. It enables `process` and brings a reader of
//!   JSON.
//! - `serde` (off): `Serialize` for ids, [`Value`], [`Row`] and [`Table`]; numbers are numbers,
//!   unknown is null.
//! - `drift` (off): module `drift`, what should run against what runs. It brings a reader of TOML,
//!   regular expressions and a differ.
//!
//! # What it needs
//!
//! Linux, 5.6 or later. Before that a join reads the host's `/proc`, and follows no link to the
//! container's passwd and group. To join a container of another user takes root.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]
// What only `Process` uses of the rooms below it is unused without it.
#![cfg_attr(not(feature = "process"), allow(dead_code, unused_imports))]

// What reads bytes that others wrote has no `unsafe`, not even allowed.
#[forbid(unsafe_code)]
pub mod bytes;
#[forbid(unsafe_code)]
mod cancel;
#[forbid(unsafe_code)]
pub mod caps;
#[forbid(unsafe_code)]
mod container;
#[forbid(unsafe_code)]
mod control_group;
#[forbid(unsafe_code)]
pub mod descriptor;
#[cfg(feature = "drift")]
#[forbid(unsafe_code)]
pub mod drift;
mod error;
#[cfg_attr(not(feature = "filter"), path = "filter/none.rs")]
#[forbid(unsafe_code)]
mod filter;
#[forbid(unsafe_code)]
pub mod format;
#[forbid(unsafe_code)]
pub mod host;
#[cfg(test)]
mod house;
#[forbid(unsafe_code)]
pub mod ids;
mod namespace;
#[forbid(unsafe_code)]
mod netlink;
#[cfg(any(test, feature = "process"))]
mod process;
mod procfs;
#[forbid(unsafe_code)]
mod query;
#[forbid(unsafe_code)]
mod reader;
#[cfg_attr(not(any(test, feature = "runtimes")), path = "runtimes/none.rs")]
#[forbid(unsafe_code)]
mod runtimes;
mod snapshot;
#[forbid(unsafe_code)]
mod socket;
#[forbid(unsafe_code)]
mod sorting;
mod sync;
mod sys;
#[cfg(any(test, feature = "system"))]
#[forbid(unsafe_code)]
pub mod system;
#[forbid(unsafe_code)]
pub mod tty;
#[forbid(unsafe_code)]
mod value;
mod view;
#[forbid(unsafe_code)]
mod wait;
mod watchdog;

pub use cancel::Cancel;
pub use container::{ContainerPath, Runtime};
pub use descriptor::{DEFAULT_DESCRIPTORS, list_descriptors};
pub use error::{Error, ErrorKind, Result};
#[cfg(feature = "filter")]
pub use filter::{Filter, parse_duration};
pub use ids::{Gid, IdMap, Pid, ProcessId, Uid};
#[cfg(any(test, feature = "process"))]
pub use process::{
    AwaitedLock, Capabilities, CgroupEvents, CgroupLimits, CgroupPressure, ContextSwitches,
    Footprint, Ids, IoClass, IoPriority, Job, LinkTarget, LockBefore, MappedMemory, MemoryDetail,
    Oom, OpenDescriptor, OpenFile, OpenSocket, PageFaults, Process, ProcessCpuTimes, ProcessMemory,
    ProcessNamespace, SignalSet, Signals, State, SystemCall, Thread, signal_name,
};
#[cfg(any(test, feature = "runtimes"))]
pub use query::Containers;
pub use query::{
    Column, Ended, Outcome, Pids, Query, Row, Rows, Sample, Table, Unread, Watcher,
    join_namespace_and_process_info, join_namespace_and_process_info_by_pids, process_info,
};
pub use reader::read_on_threads;
#[cfg(any(test, feature = "runtimes"))]
pub use runtimes::{Container, ContainerNames, Named, Pod};
pub use snapshot::FileKind;
pub use socket::{Socket, TcpInfo};
pub use value::{Fields, Missing, Text, Time, Value};
#[cfg(any(test, feature = "records"))]
pub use view::ProcFile;
pub use view::{
    Join, JoinOptions, JoinedContainer, JoinedViews, ProcChoice, ProcSource, Skipped, Target, View,
    local_time,
};

/// The example of docs/embedding.md.
#[cfg(doctest)]
#[doc = include_str!("../docs/embedding.md")]
struct Embedding;

/// The examples of the README.
#[cfg(all(doctest, feature = "filter", feature = "records"))]
#[doc = include_str!("../README.md")]
struct Readme;
