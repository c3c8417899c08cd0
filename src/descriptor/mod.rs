//! The tables of descriptors: what each column is called, what it needs, how it is computed.

mod added;
mod definition;
mod files;
#[cfg(test)]
mod lists;
mod lookup;
mod original;
mod sockets;
mod sources;
mod subject;
mod timers;

pub use definition::{Descriptor, Holds};
pub use lookup::{DEFAULT_DESCRIPTORS, added, all, find, list_descriptors, original};
pub use subject::Subject;

pub(crate) use definition::Extract;
pub(crate) use lookup::known;
pub(crate) use sources::{Owned, Timed};
