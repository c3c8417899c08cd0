//! Command lines that a process reads for many processes at once, before it is their turn.
//!
//! Asked for each one the reader takes more than twice as long as a thread; for some hundred at once
//! it takes no longer. They are asked for before anything else of these processes is opened, so that
//! nothing else proves whose they are. The inode of the directory of the process does: another process
//! with the same number has another.

use std::{collections::VecDeque, io, time::Duration};

use super::{
    entry::{Entry, Pulse},
    needs::Files,
    simple::CMDLINE,
    stuck,
    work::Work,
};
use crate::{procfs::Reader, reader::Answers, watchdog};

/// For fewer the processes are asked for one by one.
const LEAST: usize = 4;

/// Where nothing comes for so long one of the processes does not answer. Which one is not known, so
/// the rest of them are asked for one by one, as those that wait for the lock of their memory are.
const STALLED: Duration = Duration::from_millis(20);

/// The command line of a process that it had when its directory had that inode.
#[derive(Debug, Default)]
pub(super) struct Early {
    inode: Option<u64>,
    /// Valid only with the inode; a buffer otherwise.
    bytes: Vec<u8>,
}

impl Early {
    /// The inode, if there is anything.
    pub(super) fn inode(&self) -> Option<u64> {
        self.inode
    }

    /// The command line, if it is that of the process whose directory has this inode. It is given
    /// once.
    pub(super) fn take(&mut self, inode: u64) -> Option<&[u8]> {
        let early = self.inode.take()?;
        (inode == early).then(|| self.bytes.get(size_of::<u64>()..))?
    }

    fn renew(&mut self) -> &mut Vec<u8> {
        self.inode = None;
        self.bytes.clear();
        self.bytes.shrink_to(crate::procfs::KEPT);
        &mut self.bytes
    }
}

/// What was asked for, in order.
pub(super) struct Ahead {
    answers: Option<Answers>,
    /// The positions of the processes that have still to be answered.
    asked: VecDeque<usize>,
}

impl Ahead {
    /// Asks for the command lines of the processes.
    pub(super) fn ask(work: &Work, files: &Reader<'_>, first: usize, entries: &[Entry]) -> Self {
        let mut ahead = Self {
            answers: None,
            asked: VecDeque::new(),
        };
        if work.avoid.stalls_often() {
            return ahead;
        }
        // Those that are known not to answer are not asked.
        let mut pids = Vec::with_capacity(entries.len());
        for (index, entry) in (first..).zip(entries) {
            if !work.avoid.of(index).contains(Files::CMDLINE) && !stuck::may_be(entry.read) {
                pids.push(entry.read);
                ahead.asked.push_back(index);
            }
        }
        if pids.len() < LEAST {
            return ahead;
        }
        let answers = files.ask_ahead(CMDLINE, pids.into_iter());
        if let Ok(Some(mut answers)) = answers
            && answers.wait_for(STALLED).is_ok()
        {
            ahead.answers = Some(answers);
        }
        ahead
    }

    /// What was answered for the process at `index`, which are to be asked for in order; nothing where it
    /// is to be asked in its turn.
    pub(super) fn next(&mut self, work: &Work, pulse: &Pulse, index: usize, early: &mut Early) {
        let bytes = early.renew();
        if self.answers.is_none() || self.asked.front() != Some(&index) {
            return;
        }
        self.asked.pop_front();
        // Which process it waits for is not known.
        let answer = pulse.aside(|| self.wait(work, bytes));
        let inode = answer.ok().and_then(|()| bytes.first_chunk());
        early.inode = inode.map(|inode| u64::from_ne_bytes(*inode));
    }

    fn wait(&mut self, work: &Work, bytes: &mut Vec<u8>) -> io::Result<()> {
        loop {
            let Some(answers) = &mut self.answers else {
                return Err(watchdog::timed_out());
            };
            let answer = answers.next(bytes);
            let is_silent = matches!(&answer, Err(e) if e.kind() == io::ErrorKind::WouldBlock);
            if !is_silent {
                return answer;
            }
            if work.stops() || !answers.by().is_some_and(watchdog::is_running) {
                work.avoid.add_stall();
                // With it its process goes, or is left behind.
                self.answers = None;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_line_is_given_once_and_to_no_other_process() {
        let mut early = Early::default();
        let read = |early: &mut Early| {
            early.renew().extend_from_slice(b"12345678sleep\x001\0");
            early.inode = Some(7);
        };
        read(&mut early);
        assert_eq!(early.take(7), Some(&b"sleep\x001\0"[..]));
        assert_eq!(early.take(7), None);
        read(&mut early);
        assert_eq!(early.take(8), None);
        assert_eq!(early.inode(), None);
    }
}
