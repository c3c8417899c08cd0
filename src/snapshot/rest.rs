//! Who has not run since the last look: what he alone can change is not read again.
//!
//! Everything that the columns of a listing take from stat a process changes itself, while it is
//! on a processor, but for three things. Its parent's end gives it another parent; the parent runs
//! to end. A terminal can hang up on it, so who has one is read again. And what a few columns show
//! anybody can change, as the nice value: those say so in the table (`Needs::OTHERS`), or by being
//! what they are, as process groups and the size of memory that may be shared.
//!
//! The kernel counts the nanoseconds that a process, all of its threads together, was on a
//! processor, and tells them by one call that opens nothing.

use std::{mem, time::Duration};

use super::{
    Task,
    kept::Kept,
    plan::Files,
    read::{Entry, Reading},
};
use crate::{format::pid::Stat, ids::Pid, sys};

/// How long a process and its parent had run when its stat was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Marks {
    ran: Duration,
    parent_ran: Duration,
}

/// What stat told, true for as long as the process and its parent do not run.
#[derive(Debug)]
pub(super) struct Still {
    // Apart, as most of what is kept of a process is nothing.
    stat: Box<Stat>,
    marks: Marks,
}

/// How long the parent of the processes read last had run, asked before they were read.
#[derive(Debug, Default)]
pub(super) struct Parent(Option<(i32, Option<Duration>)>);

impl Parent {
    /// How long the process that stat calls `ppid` had run.
    fn ran(&mut self, ppid: i32) -> Option<Duration> {
        match self.0 {
            Some((known, ran)) if known == ppid => ran,
            _ => {
                // A parent that is not seen from here is 0: nobody knows when he ends.
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
    /// It is believed if a file that was kept open can still be read after it: till then the number
    /// was this process's own.
    fn holds(&self, entry: Entry, parent: &mut Parent) -> bool {
        sys::processor_time(entry.read) == Some(self.marks.ran)
            && parent.ran(self.stat.ppid) == Some(self.marks.parent_ran)
    }
}

impl Marks {
    /// Those of a process that had run so long before its stat was read. There are none yet if
    /// its parent was not asked before that: he may have ended in between.
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

impl Reading<'_> {
    /// Whether what stat told at the last look is still true, which is known then.
    pub(super) fn is_at_rest(&mut self, entry: Entry, files: Files, kept: &mut Kept) -> bool {
        if let Some(ppid) = kept.parent {
            // Before stat is read, if it has to be.
            self.parent.ran(ppid);
        }
        kept.runs = false;
        let is_proved = files.contains(Files::CMDLINE) && kept.cmdline.is_some();
        let Some(still) = &mut kept.still else {
            return false;
        };
        if !is_proved || !still.holds(entry, &mut self.parent) {
            kept.runs = true;
            return false;
        }
        self.task.marks = Some(still.marks);
        mem::swap(&mut self.task.stat, &mut *still.stat);
        self.know_stat();
        true
    }
}

impl Kept {
    /// Takes over what was read of stat, and closes the file that is not needed now, unless the
    /// process ran since the look before: then it will again.
    pub(super) fn settle(&mut self, task: &mut Task) {
        let Some(marks) = task.marks.filter(|_| self.cmdline.is_some()) else {
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
