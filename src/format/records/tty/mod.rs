//! Files of terminals that psgo itself does not read, and the table of all of them.

mod ldiscs;
mod serial;

pub use ldiscs::{Ldisc, Ldiscs};
pub use serial::{SerialDriver, SerialPort};

use super::format::Format;
use crate::format::tty::Drivers;

/// The files that are known, by their names below `/proc`.
pub(super) static FORMATS: &[Format] = &[
    Format::of::<Drivers>(),
    Format::of::<Ldiscs>(),
    Format::of::<SerialDriver>(),
];
