//! Reading by a process of its own, where a thread could be held for ever: in another's mounts.

mod answer;
mod job;

pub(crate) use answer::{Failure, Space};
pub(crate) use job::{Asked, deadline, space};
