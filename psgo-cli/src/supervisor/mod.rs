//! The command always ends: a worker does the work, and a supervisor, which never reads `/proc`,
//! owns standard output and standard error.
//!
//! A read of `/proc` can wait in the kernel where no signal ends it. The process that reads then
//! cannot end, and whoever waits for it, or for the end of its pipes, waits as well. So psgo forks
//! at the very start. The supervisor is the process that was started. It waits for nothing but
//! descriptors and the clock, and ends when the work is done, when the worker cannot go on, at the
//! deadline, or by a signal.

mod parent;
mod relay;
mod shared;
mod start;

pub(crate) use shared::{Patient, deadline, ending, idle, is_supervised, raw, timeout};
pub(crate) use start::supervised;
