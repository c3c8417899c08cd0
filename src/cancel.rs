//! `Cancel`: a handle by which another thread ends a listing.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering::Relaxed},
};

/// A handle by which another thread cancels a listing.
///
/// Clones share one state: cancelling one cancels all, for good. A listing that was given the
/// handle stops within some 50 ms, also while a file of a process does not answer; rows that were
/// read by then are kept.
///
/// ```
/// let cancel = psgo::Cancel::new();
/// let handle = cancel.clone();
/// std::thread::spawn(move || handle.cancel()).join().unwrap();
/// assert!(cancel.is_cancelled());
/// ```
#[derive(Debug, Clone, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// A handle that is not cancelled yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Cancels every listing that has this handle or a clone of it. It never waits.
    pub fn cancel(&self) {
        self.0.store(true, Relaxed);
    }

    /// Whether it was cancelled.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Relaxed)
    }
}
