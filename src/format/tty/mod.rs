//! Files that describe terminals: `/proc/tty/…`.

mod drivers;
mod ldiscs;
mod serial;

pub use drivers::{Driver, Drivers, Minors};
pub use ldiscs::{Ldisc, Ldiscs};
pub use serial::{SerialDriver, SerialPort};

use super::Format;

/// The files that are known, by their names below `/proc`.
pub(super) static FORMATS: &[Format] = &[
    Format::of::<Drivers>(),
    Format::of::<Ldiscs>(),
    Format::of::<SerialDriver>(),
];
