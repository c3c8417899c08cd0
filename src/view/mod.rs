//! Views: a `/proc` to read, and the facts, names and ids that belong to it.

mod files;
mod handle;
mod inner;
mod join;
mod joined;
mod machine;
#[cfg(any(test, feature = "records"))]
mod named;
mod names;
mod place;
mod skipped;
mod source;
mod target;

pub use handle::{View, local_time};
pub use join::{Join, JoinOptions, JoinedViews};
#[cfg(any(test, feature = "records"))]
pub use named::ProcFile;
pub use skipped::Skipped;
pub use source::{JoinedContainer, ProcChoice, ProcSource};
pub use target::Target;

pub(crate) use inner::Inner;
pub(crate) use joined::Joined;
pub(crate) use machine::{learn_zone, local_zone};
pub(crate) use names::Names;
