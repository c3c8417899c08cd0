//! Files that describe terminals: `/proc/tty/…`.

mod drivers;

pub use drivers::{Driver, Drivers, Minors};

#[cfg(feature = "records")]
pub use super::records::tty::*;
