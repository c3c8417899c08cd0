//! The command line of a process: who reads it, and what proves whose it is.

use std::io;

use super::{
    entry::Entry,
    needs::{Files, Needs},
    read::Reading,
    retained::{Handle, KeptFile},
    simple::CMDLINE,
};
use crate::{error::Result, namespace::gone, value::Missing};

impl Reading<'_> {
    /// Whether a process reads the command lines.
    pub(super) fn is_apart(&self) -> bool {
        self.early.is_some()
    }

    /// Asks what the directory of the process tells, if it is needed: its inode.
    pub(super) fn directory(&mut self, files: Files) -> Option<u64> {
        let is_wanted = files.contains(Files::OWNER);
        if !is_wanted && !self.is_apart() {
            return None;
        }
        self.pulse.at(Files::OWNER);
        match self.files.directory() {
            Ok(directory) => {
                self.task.owner = Some(directory.owner).filter(|_| is_wanted);
                Some(directory.inode)
            }
            Err(error) => {
                if is_wanted {
                    let why = Missing::because_of(&error);
                    self.task.unread.add(Needs::EFFECTIVE, why);
                }
                None
            }
        }
    }

    /// Has a process read the command line, unless that was done early. `inode` is that of the directory
    /// of the process whose `stat` was read.
    pub(super) fn tell_cmdline(&mut self, entry: Entry, inode: Option<u64>) -> Result<()> {
        let Some(inode) = inode else {
            self.task.unread.add(Needs::CMDLINE, Missing::Unreadable);
            return Ok(());
        };
        let early = self.early.as_mut();
        if let Some(early) = early.and_then(|early| early.take(inode)) {
            self.task.cmdline.extend_from_slice(early);
            self.task.has_cmdline = true;
            return Ok(());
        }
        self.pulse.at(Files::CMDLINE);
        match self.files.read_of(entry.read, CMDLINE) {
            Ok((its, bytes)) if its == inode => {
                self.task.cmdline = bytes;
                self.task.has_cmdline = true;
                Ok(())
            }
            Ok(_) => Err(gone(entry.pid)),
            Err(error) => self.costs_a_cell(entry, "cmdline", Needs::CMDLINE, error),
        }
    }

    pub(super) fn cmdline(
        &mut self,
        entry: Entry,
        file: io::Result<Handle>,
        kept: &mut Option<KeptFile>,
    ) -> Result<()> {
        match self.fill(file, Files::CMDLINE, kept) {
            Ok(_) => {
                self.task.cmdline.extend_from_slice(self.files.filled());
                self.task.has_cmdline = true;
                Ok(())
            }
            Err(error) => self.costs_a_cell(entry, "cmdline", Needs::CMDLINE, error),
        }
    }
}
