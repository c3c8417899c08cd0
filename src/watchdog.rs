//! Work that another's doing can block, on a thread that can be left behind.

use std::{sync::mpsc, thread, time::Duration};

/// Runs `work` on a thread of its own; nothing if it has not ended after `patience`.
///
/// A system call that waits for a file server ends only with a fatal signal to the whole process,
/// so a thread that is stuck in one is left behind and ends when its call does.
pub(crate) fn within<T: Send + 'static>(
    patience: Duration,
    work: impl FnOnce() -> T + Send + 'static,
) -> std::io::Result<Option<T>> {
    let (sender, receiver) = mpsc::sync_channel(1);
    let thread = thread::Builder::new()
        .name("psgo".to_owned())
        .spawn(move || {
            // The one who asked may have gone on without the answer.
            let _ = sender.send(work());
        })?;
    match receiver.recv_timeout(patience) {
        Ok(answer) => {
            // It has nothing left to do, and no thread is to be seen afterwards.
            let _ = thread.join();
            Ok(Some(answer))
        }
        Err(_) => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_answers_is_heard_and_what_does_not_is_left_behind() {
        assert_eq!(within(Duration::from_secs(5), || 7).unwrap(), Some(7));
        let (hold, held) = mpsc::channel::<()>();
        let stuck = within(Duration::from_millis(20), move || held.recv().is_ok());
        assert_eq!(stuck.unwrap(), None);
        drop(hold);
    }
}
