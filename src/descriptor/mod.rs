//! The tables of descriptors: what each column is called, what it needs, how it is computed.

mod added;
#[cfg(any(test, feature = "runtimes"))]
mod contained;
#[cfg(any(test, feature = "runtimes"))]
mod container_rows;
#[cfg(any(test, feature = "runtimes"))]
mod containers;
mod definition;
mod ends;
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

#[cfg(any(test, feature = "runtimes"))]
pub(crate) use contained::{Contained, What};
pub(crate) use definition::Extract;
pub(crate) use ends::{End, Ends};
pub(crate) use lookup::known;
pub(crate) use sources::{Held, Owned, Timed};
