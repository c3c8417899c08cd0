//! What is asked once for all processes, and where another's file system may lie over it: as lxcfs
//! does over `meminfo`, or whatever `TZ` names.

use std::{
    io,
    sync::{Arc, OnceLock},
};

use crate::{
    error::{ErrorKind, kind_of},
    procfs::Procfs,
    sys,
    wait::Path,
    watchdog::Patience,
};

/// Reads a file of the machine. Where it may not be the kernel's, a thread that can be left behind
/// reads it, if there is `patience`.
pub(super) fn read(
    proc: &Arc<Procfs>,
    path: Path<'static>,
    patience: Option<&mut Patience>,
) -> io::Result<Vec<u8>> {
    let Some(patience) = patience else {
        return proc.read(&path);
    };
    if let Some(bytes) = proc.read_own(&path)? {
        return Ok(bytes);
    }
    let proc = Arc::clone(proc);
    patience.wait_for(move || proc.read(&path))
}

/// Whether the C library knows the local zone, once that was asked.
static KNOWS_ZONE: OnceLock<bool> = OnceLock::new();

/// Has the C library read the file of the local zone, once. Whoever asked for it later would wait for
/// the first: where it does not answer, the zone is UTC from then on.
pub(crate) fn learn_zone(patience: &mut Patience) {
    KNOWS_ZONE.get_or_init(|| {
        let read = patience.wait_for(|| {
            sys::local_zone(0);
            Ok(())
        });
        // Without a thread it can still be asked here.
        !read.is_err_and(|error| kind_of(&error) == ErrorKind::TimedOut)
    });
}

/// Seconds east of UTC and the abbreviation of the local zone at that moment of Unix time.
pub(crate) fn local_zone(seconds: i64) -> (i32, Box<str>) {
    match KNOWS_ZONE.get() {
        Some(false) => (0, "UTC".into()),
        Some(true) | None => sys::local_zone(seconds),
    }
}
