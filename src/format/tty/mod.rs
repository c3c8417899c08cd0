//! Files that describe terminals: `/proc/tty/…`.

mod drivers;

pub use drivers::{Driver, Drivers, Minors};

use super::Format;

/// The files that are known, by their names below `/proc`.
pub(super) const FORMATS: &[Format] = &[Format::of::<Drivers>()];
