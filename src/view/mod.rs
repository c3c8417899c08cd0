//! Views: a `/proc` to read, and the facts, names and ids that belong to it.

mod clock;
mod files;
mod handle;
mod host_names;
mod inner;
mod join;
mod joined;
#[cfg(feature = "filter")]
mod known;
mod machine;
mod mount_names;
#[cfg(any(test, feature = "records"))]
mod named;
mod names;
mod networks;
mod place;
mod runtimes;
mod skipped;
mod sockets;
mod source;
mod tables;
mod target;
mod within;

pub use handle::{View, local_time};
pub use join::{Join, JoinOptions, JoinedViews};
#[cfg(any(test, feature = "records"))]
pub use named::ProcFile;
pub use skipped::Skipped;
pub use source::{JoinedContainer, ProcChoice, ProcSource};
pub use target::Target;

pub(crate) use inner::Inner;
pub(crate) use join::maps_of;
pub(crate) use joined::{Joined, Way};
pub(crate) use machine::{learn_zone, local_zone};
pub(crate) use mount_names::{Member, NameSearch};
#[cfg(feature = "filter")]
pub(crate) use names::Kind;
pub(crate) use networks::NetworkAt;
pub(crate) use tables::Tables;
