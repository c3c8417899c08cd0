//! Reading what a process holds open, and its timers: what a failure costs.

use super::{
    descriptors,
    entry::Entry,
    needs::{Files, Needs},
    read::{Reading, lost, process_of},
    simple::STAT,
};
use crate::{
    error::{Error, ErrorKind, Result, is_no_such_file, is_short},
    ids::Pid,
    value::Missing,
};

impl Reading<'_> {
    /// Reads what it holds open.
    pub(super) fn opened(&mut self, entry: Entry, files: Files) -> Result<()> {
        if !files.contains(Files::FDS) {
            let reason = "its descriptors do not answer";
            self.task.shut = Some(Error::new(ErrorKind::TimedOut, process_of(entry), reason));
            return Ok(());
        }
        let wanted = self.plan.files;
        let read = descriptors::read(&mut self.files, wanted, files, self.sockets, self.pulse);
        match read {
            Ok(holdings) => {
                self.task.opened = Some(holdings.opened);
                self.task.unread.add(Needs::OF_NETWORK, holdings.sockets);
                for (file, why) in holdings.partial {
                    self.task.lacks(file, why);
                }
            }
            Err(error) if is_short(&error) => {
                return Err(lost(entry, "fd", error));
            }
            Err(error) => {
                // A copy of a process may be without.
                let is_there = is_no_such_file(&error) && self.files.read(STAT).is_ok();
                let why = if is_there {
                    Missing::Unsupported
                } else {
                    Missing::because_of(&error)
                };
                let error = if is_there {
                    Error::new(
                        ErrorKind::Unsupported,
                        process_of(entry),
                        "it has no list of descriptors",
                    )
                } else {
                    lost(entry, "fd", error)
                };
                if matches!(error.kind(), ErrorKind::Gone | ErrorKind::NotTrusted) {
                    return Err(error);
                }
                self.task.unread.add(Needs::OF_FDS, why);
                // That all is unknown says it.
                self.task.partial.clear();
                self.task.shut = Some(error);
            }
        }
        Ok(())
    }

    /// Reads the POSIX timers.
    pub(super) fn timers(&mut self, entry: Entry) {
        self.pulse.at(Files::TIMERS);
        let outside = self.plan.outside;
        let number = |id: Pid| match self.numbers {
            _ if id == entry.read => Some(entry.pid),
            Some(numbers) if outside => numbers.inside(id),
            _ => Some(id),
        };
        match descriptors::timers(&mut self.files, number) {
            Ok(timers) => self.task.timers = timers,
            // This kernel keeps no list of them.
            Err(Missing::None) => (),
            Err(why) => {
                self.task.unread.add(Needs::TIMERS, why);
                self.task.lacks("timers", why);
            }
        }
    }

    /// Counts the descriptors, for which no link is read.
    pub(super) fn count_descriptors(&mut self, entry: Entry, files: Files) -> Result<()> {
        if !files.contains(Files::FD_COUNT) {
            // It did not answer before.
            return Ok(());
        }
        self.pulse.at(Files::FD_COUNT);
        match self.files.descriptor_count() {
            Ok(0) if self.expects_cmdline && self.files.turn_to_living_thread() => {
                match self.files.descriptor_count() {
                    Ok(count) => self.task.fd_count = Some(count),
                    Err(error) => self.costs_a_cell(entry, "fd", Needs::FD_COUNT, error)?,
                }
            }
            Ok(count) => self.task.fd_count = Some(count),
            Err(error) => self.costs_a_cell(entry, "fd", Needs::FD_COUNT, error)?,
        }
        Ok(())
    }
}
