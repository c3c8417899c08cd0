//! Reading by a process of its own, where a thread could be held for ever: in another's mounts.

mod answer;
mod job;
#[cfg(has_joiner)]
mod raw;
#[cfg_attr(not(has_joiner), path = "absent.rs")]
mod spawn;

pub(crate) use answer::{Failure, Space};
pub(crate) use job::{Asked, deadline, space};
