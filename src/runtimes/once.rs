//! `Once`: what is read once for a listing, by whichever of its threads wants it first.

use std::{
    sync::{Arc, Condvar, Mutex, PoisonError},
    time::{Duration, Instant},
};

use crate::sync::lock;

/// How long a thread waits for another that reads the same. What takes longer does not answer: the
/// thread that reads it is left behind with it, and no other joins it there.
pub(super) const PATIENCE: Duration = Duration::from_millis(250);

/// Runs what waits for another thread.
pub(crate) type Aside<'a> = dyn FnMut(&mut dyn FnMut()) + 'a;

/// What is read once.
#[derive(Debug)]
pub(super) struct Once<T> {
    state: Mutex<State<T>>,
    changed: Condvar,
}

#[derive(Debug)]
enum State<T> {
    Unknown,
    /// A thread reads it since then, and others wait for it.
    Asked {
        since: Instant,
        is_awaited: bool,
    },
    Known(Arc<T>),
}

impl<T> Default for Once<T> {
    fn default() -> Self {
        Self {
            state: Mutex::new(State::Unknown),
            changed: Condvar::new(),
        }
    }
}

impl<T> Once<T> {
    /// What it is; read by this thread if no other has or does. `None` if another does and has no answer.
    pub(super) fn get(
        &self,
        aside: &mut Aside<'_>,
        read: impl FnOnce(&mut Aside<'_>) -> T,
    ) -> Option<Arc<T>> {
        let mut state = lock(&self.state);
        if let State::Asked { is_awaited, .. } = &mut *state {
            *is_awaited = true;
            drop(state);
            aside(&mut || self.wait());
            state = lock(&self.state);
        }
        match &*state {
            State::Known(known) => return Some(Arc::clone(known)),
            State::Asked { .. } => return None,
            State::Unknown => {
                *state = State::Asked {
                    since: Instant::now(),
                    is_awaited: false,
                }
            }
        }
        drop(state);
        let known = Arc::new(read(aside));
        let before = std::mem::replace(&mut *lock(&self.state), State::Known(Arc::clone(&known)));
        // To wake nobody is a system call too.
        if matches!(
            before,
            State::Asked {
                is_awaited: true,
                ..
            }
        ) {
            self.changed.notify_all();
        }
        Some(known)
    }

    fn wait(&self) {
        let mut state = lock(&self.state);
        while let State::Asked { since, .. } = *state {
            let left = PATIENCE.saturating_sub(since.elapsed());
            if left.is_zero() {
                return;
            }
            let woken = self.changed.wait_timeout(state, left);
            state = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}
