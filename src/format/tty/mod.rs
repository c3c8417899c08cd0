//! Files that describe terminals: `/proc/tty/…`.

mod drivers;

pub use drivers::{Driver, Drivers, Minors};

#[cfg(any(test, feature = "records"))]
pub use super::records::tty::*;
