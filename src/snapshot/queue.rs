//! The parts of chunks that wait to be read, and how much of what was read waits to be given out.

use std::{
    collections::BTreeSet,
    sync::{Arc, Condvar, Mutex, PoisonError},
};

use crate::sync::lock;

/// While rows of more bytes than this wait for their turn, nothing is read but those whose turn
/// it is. Processes that share one command line, each with as much of it as may be, cost
/// themselves nothing; without this they cost the reader a chunk of copies for each thread.
const MOST: usize = 8 << 20;

/// Processes to read: those of a chunk from one position up to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Job {
    pub(super) chunk: usize,
    pub(super) from: usize,
    /// Exclusive.
    pub(super) to: usize,
}

/// Hands out jobs, the first one of the listing first.
#[derive(Debug, Default)]
pub(super) struct Queue {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    jobs: BTreeSet<Job>,
    /// The chunk of which rows are given out.
    turn: usize,
    /// Bytes of rows that have been read and not been given out.
    held: usize,
    is_over: bool,
}

impl State {
    fn take(&mut self) -> Option<Job> {
        let job = *self.jobs.first()?;
        // The chunk whose turn it is comes first, so a thread that may read never waits behind one
        // that may not.
        if job.chunk > self.turn && self.held >= MOST {
            return None;
        }
        self.jobs.pop_first()
    }
}

impl Queue {
    pub(super) fn put(&self, job: Job) {
        lock(&self.state).jobs.insert(job);
        self.changed.notify_one();
    }

    /// How many jobs wait for a thread.
    pub(super) fn len(&self) -> usize {
        lock(&self.state).jobs.len()
    }

    /// The next job; `None` when all is over.
    pub(super) fn take(&self) -> Option<Job> {
        let mut state = lock(&self.state);
        loop {
            if state.is_over {
                return None;
            }
            if let Some(job) = state.take() {
                return Some(job);
            }
            state = self
                .changed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Rows of `chunk` are given out from now on.
    pub(super) fn turn_to(&self, chunk: usize) {
        let mut state = lock(&self.state);
        state.turn = chunk;
        // What is left of those before has been read by another.
        state.jobs = state.jobs.split_off(&Job {
            chunk,
            from: 0,
            to: 0,
        });
        drop(state);
        self.changed.notify_all();
    }

    /// Nothing more is wanted.
    pub(super) fn end(&self) {
        lock(&self.state).is_over = true;
        self.changed.notify_all();
    }

    /// Counts `bytes` of rows for as long as the answer lives.
    pub(super) fn hold(self: &Arc<Self>, bytes: usize) -> Weight {
        lock(&self.state).held += bytes;
        Weight {
            bytes,
            queue: Arc::clone(self),
        }
    }
}

/// The weight of rows that were read and not given out.
#[derive(Debug)]
pub(super) struct Weight {
    bytes: usize,
    queue: Arc<Queue>,
}

impl Drop for Weight {
    fn drop(&mut self) {
        let mut state = lock(&self.queue.state);
        let was_full = state.held >= MOST;
        state.held -= self.bytes;
        let is_full = state.held >= MOST;
        drop(state);
        if was_full && !is_full {
            self.queue.changed.notify_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(chunk: usize) -> Job {
        Job {
            chunk,
            from: 0,
            to: 128,
        }
    }

    #[test]
    fn what_is_heavy_holds_up_all_but_those_whose_turn_it_is() {
        let queue = Arc::new(Queue::default());
        for chunk in [2, 1, 0] {
            queue.put(job(chunk));
        }
        assert_eq!(queue.take(), Some(job(0)));
        let weight = queue.hold(MOST);
        assert_eq!(lock(&queue.state).take(), None);
        // The rest of the first.
        let rest = Job { from: 7, ..job(0) };
        queue.put(rest);
        assert_eq!(queue.take(), Some(rest));
        queue.turn_to(1);
        assert_eq!(queue.take(), Some(job(1)));
        assert_eq!(lock(&queue.state).take(), None);
        let waiting = Arc::clone(&queue);
        let thread = std::thread::spawn(move || waiting.take());
        drop(weight);
        assert_eq!(thread.join().unwrap(), Some(job(2)));
        queue.put(job(3));
        queue.end();
        assert_eq!(queue.take(), None);
    }
}
