//! The rows of each subject. A subject is one module here and one in `descriptor/`.

mod feed;
mod files;
mod item;
mod processes;
mod sockets;
mod timers;

pub(super) use feed::Feed;
#[cfg(any(test, feature = "system"))]
pub(crate) use sockets::owned_sockets;
