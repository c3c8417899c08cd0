//! `/proc/net` against `ss` and `ip`, in a network namespace of the test's own.

mod links;
mod sockets;

use std::{fs, process::Command, thread};

use nix::sched::{CloneFlags, unshare};
use psgo::{Fields, format};

use crate::machine::{must_be_root, run};

/// Runs `test` on a thread that has a network namespace of its own, with `lo` up.
pub(crate) fn in_own_network(test: impl FnOnce() + Send + 'static) {
    must_be_root();
    let thread = thread::spawn(|| {
        unshare(CloneFlags::CLONE_NEWNET).unwrap();
        ip("link set lo up");
        test();
    });
    if let Err(panic) = thread.join() {
        std::panic::resume_unwind(panic);
    }
}

pub(super) fn ip(words: &str) -> String {
    run(Command::new("ip").args(words.split(' ')))
}

/// The records of a file, as this thread's network has it.
pub(super) fn records(name: &str) -> Vec<Fields> {
    let file = fs::read(format!("/proc/thread-self/net/{name}")).unwrap();
    let parsed = format::parse(&format!("net/{name}"), &file)
        .unwrap()
        .unwrap_or_else(|error| panic!("{name}: {error}"));
    assert!(!parsed.unknown(), "{name} holds what psgo does not know");
    let mut records = Vec::new();
    parsed.records(&mut |fields| records.push(fields));
    records
}

pub(super) fn text(fields: &Fields, name: &str) -> String {
    let value = fields.find(name);
    value.unwrap_or_else(|| panic!("no {name}")).to_string()
}
