//! What was read inside a oneshot, so that it is read once.

use std::{any::Any, collections::HashMap, fmt};

use crate::error::Result;

/// What was read, by what it is called.
#[derive(Default)]
pub(super) struct Kept {
    /// How many oneshots there are inside each other.
    depth: usize,
    known: HashMap<String, Box<dyn Any + Send + Sync>>,
    /// Whether its memory does not answer: whoever asks again waits again, and leaves another
    /// thread behind.
    silent: bool,
}

impl Kept {
    pub(super) fn begin(&mut self) {
        self.depth += 1;
    }

    pub(super) fn end(&mut self) {
        self.depth = self.depth.saturating_sub(1);
        if self.depth == 0 {
            self.known.clear();
            self.silent = false;
        }
    }

    pub(super) fn is_open(&self) -> bool {
        self.depth > 0
    }

    pub(super) fn knows(&self, key: &str) -> bool {
        self.known.contains_key(key)
    }

    pub(super) fn is_silent(&self) -> bool {
        self.silent
    }

    /// Its memory does not answer, and is not asked again before the oneshot ends.
    pub(super) fn fall_silent(&mut self) {
        self.silent = self.depth > 0;
    }

    pub(super) fn find<T: Clone + 'static>(&self, key: &str) -> Option<Result<T>> {
        self.known.get(key)?.downcast_ref().cloned()
    }

    /// Keeps `made` until the oneshot ends; outside of one not at all.
    pub(super) fn keep<T: Clone + Send + Sync + 'static>(&mut self, key: &str, made: &Result<T>) {
        if self.depth > 0 {
            self.known.insert(key.to_owned(), Box::new(made.clone()));
        }
    }
}

impl fmt::Debug for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.known.keys()).finish()
    }
}
