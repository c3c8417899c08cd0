//! The machine as a whole: memory, processors, disks, network devices, connections.
//!
//! Each function takes a [`View`], reads the files of `/proc` that it names by their records, and
//! returns plain values with units. Nothing is kept between calls: for a rate, call twice. In a
//! container most of these files are the machine's, [as everywhere](crate::View::open); those below
//! `net` and the mounts are the container's own. What a container has of the machine is in its control
//! group: `resources` has both, with feature `runtimes`.
//!
//! [`View`]: crate::View
//!
//! ```
//! use psgo::{View, system};
//!
//! let view = View::host()?;
//! let memory = system::memory(&view)?;
//! println!("{:.1} % of {} bytes", memory.percent(), memory.total);
//! for connection in system::connections(&view)? {
//!     println!("{} {:?}", connection.socket.text(), connection.owners);
//! }
//! # Ok::<(), psgo::Error>(())
//! ```
//!
//! docs/psutil.md maps the functions of psutil to these.

mod cpu;
mod disk;
mod machine;
mod memory;
mod net;
mod ratio;
#[cfg(any(test, feature = "runtimes"))]
mod resources;
#[cfg(test)]
mod tests;

pub use cpu::{
    CpuCount, CpuStats, CpuTime, CpuTimes, NumberedCpuTime, cpu_count, cpu_stats, cpu_times,
};
pub use disk::{DeviceNumber, Disk, Partition, Usage, disks, partitions, usage};
pub use machine::{Load, boot_time, load, pids};
pub use memory::{Memory, Swap, memory, swap};
pub use net::{Connection, Connections, Interface, Owner, connections, interfaces};
#[cfg(any(test, feature = "runtimes"))]
pub use resources::{ResourceUse, Resources, resources};
