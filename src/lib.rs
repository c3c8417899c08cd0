//! psgo tells what the processes of a Linux host and of its containers are,
//! without running anything inside them.
//!
//! A *descriptor* is a column: `pid`, `user`, `capeff`. A *[`View`]* is where one looks from: this
//! host, a container, another `/proc`. A *[`Query`]* is columns, processes and views, and gives a
//! row of typed [`Value`]s for each process.
//!
//! ```
//! use psgo::{Pid, Pids, Value};
//!
//! let me = Pid::new(std::process::id());
//! let table = psgo::process_info(Pids::Only(&[me]), &["pid", "ppid", "etime", "args"])?;
//! let row = &table.rows()[0];
//! assert_eq!(row.values()[0], Value::Int(me.get().into()));
//! assert!(matches!(row.values()[2], Value::Duration(_)));
//! println!("{}", table.to_strings()[0].join("  "));
//! # Ok::<(), psgo::Error>(())
//! ```
//!
//! # Where to begin
//!
//! | you have | you want | use |
//! | --- | --- | --- |
//! | nothing, or pids of this host | their processes | [`process_info`] |
//! | a pid in a container | the processes of that container | [`join_namespace_and_process_info`] |
//! | pids in several containers | the processes of each, once | [`join_namespace_and_process_info_by_pids`] |
//! | a pidfd | the processes of its container | [`View::join`], [`Query::view`] |
//! | another `/proc`, or a copy of one | its processes | [`View::at`], [`Query::view`] |
//! | one pid | all about it | [`View::process`], [`Process`] |
//! | many processes | rows one by one, sorted, with a time-out | [`Query`] |
//! | a name | what column it is | [`descriptor::find`], [`list_descriptors`] |
//! | a list of what should run | what is missing, what is there beyond it | `drift`, with feature `drift` |
//! | nothing | memory, processors, disks, connections of the machine | [`system`] |
//! | bytes of a file of `/proc` | a record, and the bytes back | [`format`](mod@format) |
//! | a capability mask, a `tty_nr`, an id of a user namespace, ticks | what they mean | [`caps`], [`tty`], [`ids`], [`host`] |
//!
//! # What fails
//!
//! A listing of many processes always meets some that end or are denied, so only what prevents any
//! answer is an [`Error`]. A file that is denied costs its cells, which are [`Value::MISSING`]. A
//! process that is denied or silent costs its row; [`Table::skipped`] and [`Outcome::skipped`] tell
//! why. A process that ends meanwhile is left out.
//!
//! Everything is `Send` and `Sync`. Nothing prints, and no listing waits longer than its time-out
//! for a process whose files do not answer.
//!
//! # Features
//!
//! - `nss` (on): names of the host's users and groups by the name service switch. Without it they
//!   come from `/etc/passwd` and `/etc/group`, read once, as a static build wants.
//! - `filter` (off): [`Query`]`::filter`, rows by a condition. It brings regular expressions, a
//!   parser and chrono.
//! - `records` (off): any file of `/proc` by its name, and the records of the files that neither a
//!   listing nor [`Process`] nor [`system`] reads. Without it [`format`](mod@format) has the others.
//! - `chrono` (off): conversion of [`Time`].
//! - `serde` (off): `Serialize` for ids, [`Value`], [`Record`](format::Record), [`Row`] and [`Table`]; numbers are numbers,
//!   unknown is null.
//! - `drift` (off): module `drift`, what should run against what runs. It brings a reader of TOML,
//!   regular expressions and a differ.
//!
//! # What it needs
//!
//! Linux, 5.6 or later. Before that a join reads the host's `/proc`, and follows no link to the
//! container's passwd and group. To join a container of another user takes root.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

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
mod process;
mod procfs;
#[forbid(unsafe_code)]
mod query;
mod snapshot;
#[forbid(unsafe_code)]
mod socket;
#[forbid(unsafe_code)]
mod sync;
mod sys;
#[forbid(unsafe_code)]
pub mod system;
#[forbid(unsafe_code)]
pub mod tty;
#[forbid(unsafe_code)]
mod value;
mod view;
mod watchdog;

pub use cancel::Cancel;
pub use container::{Container, Runtime};
pub use descriptor::{DEFAULT_DESCRIPTORS, list_descriptors};
pub use error::{Error, ErrorKind, Result};
#[cfg(feature = "filter")]
pub use filter::Filter;
pub use ids::{Gid, IdMap, Pid, Uid};
pub use process::{
    Capabilities, CgroupLimits, CgroupPressure, ContextSwitches, FileKind, Footprint, Ids, IoClass,
    IoPriority, Job, LinkTarget, MappedMemory, MemoryDetail, Oom, OpenDescriptor, OpenFile,
    OpenSocket, PageFaults, Process, ProcessCpuTimes, ProcessMemory, ProcessNamespace, State,
    Thread,
};
pub use query::{
    Column, Ended, Outcome, Pids, Query, Row, Sample, Table, Watcher,
    join_namespace_and_process_info, join_namespace_and_process_info_by_pids, process_info,
};
pub use socket::Socket;
pub use value::{Fields, Missing, Text, Time, Value};
#[cfg(any(test, feature = "records"))]
pub use view::ProcFile;
pub use view::{
    Join, JoinOptions, JoinedContainer, JoinedViews, ProcChoice, ProcSource, Skipped, Target, View,
    local_time,
};

/// The examples of the README.
#[cfg(all(doctest, feature = "filter", feature = "records"))]
#[doc = include_str!("../README.md")]
struct Readme;
