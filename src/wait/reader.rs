//! Who reads, and whether the thread at hand may.

use std::cell::Cell;

/// Who reads a file, or makes a call, at least. Who stands further down may do what those above may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Reader {
    /// The thread that asks.
    CallingThread,
    /// A thread that can be left behind.
    Thread,
    /// A separate process; a thread that can be left behind where none can be had.
    Process,
    /// The same, one at a time on the whole machine: it has the lock of the file's directory meanwhile.
    /// Who waits for good keeps that lock, and is the only one who does.
    OneProcess,
}

thread_local! {
    static CAN_BE_LEFT: Cell<bool> = const { Cell::new(false) };
}

/// Runs `work` as a thread does that can be left behind: because this one can, or because its caller
/// has given up the time-out.
pub(crate) fn as_one_that_can_be_left<T>(work: impl FnOnce() -> T) -> T {
    struct Restore(bool);

    impl Drop for Restore {
        fn drop(&mut self) {
            CAN_BE_LEFT.set(self.0);
        }
    }

    let _restore = Restore(CAN_BE_LEFT.replace(true));
    work()
}

impl Reader {
    /// The thread at hand.
    pub(super) fn here() -> Self {
        if CAN_BE_LEFT.get() {
            Self::Thread
        } else {
            Self::CallingThread
        }
    }
}
