//! Files that describe System V's means of communication: `/proc/sysvipc/…`.

mod msg;
mod sem;
mod shm;
mod size;

pub use msg::{Msg, Queue};
pub use sem::{Sem, Semaphores};
pub use shm::{Segment, Shm};
pub use size::Size;

use super::format::Format;

/// The files that are known, by their names below `/proc`.
pub(super) static FORMATS: &[Format] = &[
    Format::of::<Msg>(),
    Format::of::<Sem>(),
    Format::of::<Shm>(),
];
