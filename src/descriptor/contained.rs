//! `Contained`: a container with what was found out of it, of which the cells of its row are made.

use crate::{
    control_group::Totals,
    ids::Pid,
    runtimes::Container,
    value::{Missing, Time, Value},
};

/// A row of a table of containers.
#[derive(Debug)]
pub(crate) struct Contained<'a> {
    pub(crate) what: What<'a>,
    /// Its first process.
    pub(crate) pid: Option<Pid>,
    pub(crate) processes: usize,
    /// Threads of its processes; `None` where they are not counted.
    pub(crate) threads: Option<u64>,
    pub(crate) totals: Totals,
    /// Processor time in percent of one processor.
    pub(crate) cpu: Result<f64, Missing>,
    /// Bytes that its network devices have received and sent.
    pub(crate) network: Result<(u64, u64), Missing>,
    /// Ports on which it listens.
    pub(crate) listening: Value,
    pub(crate) started: Option<Time>,
}

/// What a row is about.
#[derive(Debug, Clone, Copy)]
pub(crate) enum What<'a> {
    Container(&'a Container),
    /// A PID namespace that no runtime claims.
    Namespace(u64),
    /// The machine with all that runs on it.
    Host,
}
