//! Containers that lie, fall silent or die: what psgo says of them is what the kernel says.
//!
//! Each test runs in a process of its own ([`alone`]): the threads that psgo leaves behind, and
//! what it is told to do without, belong to the whole process.

mod alone;
mod calls;
mod container;
mod fuse;
mod truth;

mod apart;
mod drift;
mod ends;
mod files;
mod joiner;
mod kinds;
mod leaks;
mod less;
mod limits;
mod machine;
mod memory;
mod missing;
mod names;
mod neighbours;
mod older;
mod over_proc;
mod races;
mod reuse;
mod runtimes;
mod silence;
mod stuck;
mod trace;
mod waits;

use std::{env, time::Duration};

/// The time-out of these tests: long beside what answers, short beside a test.
const TIMEOUT: Duration = Duration::from_millis(300);

/// `few` of something that could be tried for ever, or with `PSGO_LONG` in the environment `many`.
fn few_or_many(few: u32, many: u32) -> u32 {
    if env::var_os("PSGO_LONG").is_some() {
        many
    } else {
        few
    }
}
