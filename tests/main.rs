//! Everything that needs a machine: containers, namespaces, the command itself.
//!
//! What is compared with what, and where each known defect is tested, stands in `tests/README.md`.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod command;
mod compare;
mod machine;
mod oracle;

mod behaviour;
mod by_name;
mod checklist;
mod columns;
mod containers;
mod cost;
mod debugging;
mod diag;
mod drift;
mod engines;
mod files;
mod groups;
mod host;
mod hostile;
mod inspect;
mod joins;
mod names;
mod namespaces;
mod net;
mod odd;
mod runtimes;
mod silence;
mod sizes;
mod sockets;
mod storm;
mod tables;
mod timers;
mod watch;
