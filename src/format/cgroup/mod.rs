//! Files of control groups, such as `memory.stat`, `cpu.max`: they are not below `/proc`, but
//! where the hierarchy is mounted, mostly `/sys/fs/cgroup`. `PID/cgroup` names the directory.

mod cpu_max;
mod limit;

pub use cpu_max::CpuMax;
pub use limit::{Amount, Limit};

#[cfg(any(test, feature = "records"))]
pub use super::records::cgroup::*;
