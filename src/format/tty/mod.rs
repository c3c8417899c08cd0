//! Files that describe terminals: `/proc/tty/…`.

mod drivers;

pub use drivers::{Driver, Drivers, Minors};
