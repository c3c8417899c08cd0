//! Capability masks and the names of their bits.

use std::fmt;

/// A set of capabilities, as a process holds it, and the last one that its kernel knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CapSet {
    mask: u64,
    last: u8,
}

impl CapSet {
    /// The set of the bits in `mask` on a kernel whose last capability is `last`
    /// (`/proc/sys/kernel/cap_last_cap`).
    #[must_use]
    pub const fn new(mask: u64, last: u8) -> Self {
        Self { mask, last }
    }

    /// The bits.
    #[must_use]
    pub const fn mask(self) -> u64 {
        self.mask
    }
}

impl fmt::Display for CapSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:x}/{}", self.mask, self.last)
    }
}
