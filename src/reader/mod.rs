//! Reading by a process of its own, where a thread could be held for ever: in another's mounts, and
//! what waits for another where no signal ends it.

mod answer;
mod apart;
mod job;
mod link;

pub(crate) use answer::{Failure, Space};
#[cfg(any(test, feature = "system"))]
pub(crate) use apart::file_system;
pub use apart::read_on_threads;
pub(crate) use apart::{
    Answers, Ask as AskApart, ask as ask_apart, by_a_process, has_process, is_at_hand, is_cut,
    rest, timed_out, try_one,
};
pub(crate) use job::{Asked, Network, deadline, network, space};
pub(crate) use link::{Link, left, may_have_left};
