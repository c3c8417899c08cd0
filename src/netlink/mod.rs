//! The sockets of one network namespace, as the kernel counts them (`NETLINK_SOCK_DIAG`).

mod bytes;
mod dump;
mod families;
mod inet;
mod kinds;
mod listing;
#[cfg(test)]
mod tests;

pub(crate) use kinds::{Details, Wanted};
pub(crate) use listing::{Listed, list, measure, open, tables};
