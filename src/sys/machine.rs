//! What the kernel tells of the machine without a file.

use std::io;

/// The memory that it may use, in bytes: what `MemTotal` of `meminfo` tells.
pub(crate) fn memory() -> io::Result<u64> {
    Ok(nix::sys::sysinfo::sysinfo()?.ram_total())
}
