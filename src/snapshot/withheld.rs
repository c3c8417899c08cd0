//! What the kernel answers with a 0 where it does not want to answer.

use super::{needs::Needs, read::Reading, simple};
use crate::{format::pid::Wchan, value::Missing, wait::process_file};

impl Reading<'_> {
    /// Whether the 0 of `wchan` means that it is denied: then a link of the process is too.
    ///
    /// A process that runs or has ended waits nowhere; nothing is asked of it.
    pub(super) fn withheld(&mut self) {
        let says_nothing = |wchan: &Wchan| wchan.wchan.function().is_none();
        if !self.task.facts.wchan.as_ref().is_some_and(says_nothing) {
            return;
        }
        let state = self.task.stat().map(|stat| stat.state);
        if matches!(state, Some(b'R' | b'Z' | b'X')) {
            return;
        }
        self.pulse.at(simple::files_for(Needs::WCHAN));
        // Another process of that number would cost a reason, and not tell a value.
        let link = self
            .files
            .hold()
            .and_then(|()| self.files.link(process_file!("ns/pid")));
        let why = link.err().map(|error| Missing::because_of(&error));
        // A copy may be without the link.
        if why == Some(Missing::Denied) {
            self.task.unread.add(Needs::WCHAN, Missing::Denied);
        }
    }
}
