//! Processes that have not run since the previous sample: what only they can change is not read
//! again.
//!
//! What the columns of a listing take from `stat` changes only while the process is on a processor,
//! with three exceptions. When its parent ends it gets another; the parent has to run for that. Its
//! terminal can hang up, so a process that has one is read again. And some columns show what any
//! process can change, such as the nice value: these say so in the table (`Needs::OTHERS`), or are
//! known for it, as process groups and the size of memory that may be shared.
//!
//! The kernel counts the nanoseconds that all threads of a process were on a processor; one call
//! that opens nothing returns them.

use std::{mem, time::Duration};

use super::{
    entry::Entry,
    retained::{RetainedFiles, Still},
    task::{Marks, Task},
};
use crate::{format::pid::Stat, ids::Pid, sys};

/// How long the parent of the processes read last had run, as of before they were read.
#[derive(Debug, Default)]
pub(super) struct Parent(Option<(i32, Option<Duration>)>);

impl Parent {
    /// How long the process that stat calls `ppid` had run.
    pub(super) fn ran(&mut self, ppid: i32) -> Option<Duration> {
        match self.0 {
            Some((known, ran)) if known == ppid => ran,
            _ => {
                // A parent outside the PID namespace is 0: when it ends cannot be known.
                let pid = u32::try_from(ppid).ok().filter(|pid| *pid > 0);
                let ran = pid.and_then(|pid| sys::processor_time(Pid::new(pid)));
                self.0 = Some((ppid, ran));
                ran
            }
        }
    }

    /// The same, if it was asked before.
    fn known(&self, ppid: i32) -> Option<Duration> {
        self.0.filter(|(known, _)| *known == ppid)?.1
    }
}

impl Still {
    /// Whether neither the process nor its parent has run.
    ///
    /// The answer is valid only if a file that was kept open can still be read after it: until then
    /// the number was this process's own.
    pub(super) fn holds(&self, entry: Entry, parent: &mut Parent) -> bool {
        sys::processor_time(entry.read) == Some(self.marks.ran)
            && parent.ran(self.stat.ppid) == Some(self.marks.parent_ran)
    }
}

impl Marks {
    /// Those of a process that had run for `ran` before its stat was read. There are none yet if
    /// its parent was not asked before that: it may have ended in between.
    pub(super) fn of(stat: &Stat, ran: Option<Duration>, parent: &mut Parent) -> Option<Self> {
        let parent_ran = parent.known(stat.ppid);
        if parent_ran.is_none() {
            parent.ran(stat.ppid);
        }
        Some(Self {
            ran: ran?,
            parent_ran: parent_ran.filter(|_| stat.tty_nr == 0)?,
        })
    }
}

impl RetainedFiles {
    /// Takes over what was read of stat, and closes its file, which is not needed now, unless the
    /// process ran since the previous sample: then it is likely to run again.
    pub(super) fn settle(&mut self, task: &mut Task) {
        let Some(marks) = task.marks.filter(|_| self.is_proved()) else {
            self.still = None;
            return;
        };
        let mut still = self.still.take().unwrap_or_else(|| Still {
            stat: Box::default(),
            marks,
        });
        still.marks = marks;
        mem::swap(&mut *still.stat, &mut task.stat);
        self.still = Some(still);
        if !self.runs {
            self.stat = None;
        }
    }
}
