//! The rows of each subject. A subject is one module here and one in `descriptor/`.

#[cfg(any(test, feature = "runtimes"))]
mod containers;
mod feed;
mod files;
mod item;
mod networks;
mod processes;
mod sockets;
mod timers;

pub(super) use feed::Feed;
pub(super) use sockets::WantedSockets;
#[cfg(any(test, feature = "system"))]
pub(crate) use sockets::owned_sockets;
