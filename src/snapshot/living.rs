//! What is read of another thread where the first thread of a process has ended.

use super::{
    needs::{Files, Needs},
    read::Reading,
    simple::{self, CMDLINE, Keep, LINKS, RSS_VSZ, STAT},
};
use crate::{
    format::pid::{Stat, Statm},
    value::Missing,
    wait::process_file,
};

impl Reading<'_> {
    /// Reads of a thread that lives what a first thread that has ended has let go of: the memory, and
    /// what is told by it. What cannot be read is unknown then.
    pub(super) fn living(&mut self, files: Files) {
        let start = match self.task.stat() {
            Some(stat) if !stat.is_leaderless() => return,
            Some(stat) => Some(stat.starttime),
            None if self.looks_ended() => None,
            None => return,
        };
        self.pulse.at(Files::STAT);
        let held = self.files.hold();
        let held = held.and_then(|()| self.files.open_held(STAT));
        let held = held.and_then(|file| self.files.bytes(file).map(Stat::parse));
        let is_same = match (held, start) {
            (Ok(Ok(stat)), Some(start)) => stat.starttime == start,
            // A kernel thread has no memory either.
            (Ok(Ok(stat)), None) if !stat.is_leaderless() => return,
            (Ok(Ok(_)), None) => true,
            // It ended, or is not known to be the same: what it had is unknown.
            _ => false,
        };
        self.task.has_cmdline = false;
        self.task.cmdline.clear();
        (self.task.facts.rss, self.task.facts.vsz) = (None, None);
        if !is_same || !self.files.turn_to_living_thread() {
            return;
        }
        if start.is_some() {
            let stat = self.files.open_held(STAT);
            match stat.and_then(|file| self.files.bytes(file).map(Stat::parse)) {
                Ok(Ok(stat)) => self.task.facts.living_state = Some(stat.state),
                Ok(Err(_)) => self.task.unread.add(Needs::STAT, Missing::Malformed),
                Err(error) => self
                    .task
                    .unread
                    .add(Needs::STAT, Missing::because_of(&error)),
            }
        }
        // A copy does not tell how large the pages are.
        let statm = if self.view.proc.is_genuine() {
            self.files.open_held(process_file!("statm"))
        } else {
            Err(std::io::ErrorKind::Unsupported.into())
        };
        match statm.and_then(|file| self.files.bytes(file).map(Statm::parse)) {
            Ok(Ok(statm)) => {
                self.task.facts.rss = Some(self.view.host.pages(statm.resident));
                self.task.facts.vsz = Some(self.view.host.pages(statm.size));
            }
            Ok(Err(_)) => self.task.unread.add(RSS_VSZ, Missing::Malformed),
            Err(error) => self.task.unread.add(RSS_VSZ, Missing::because_of(&error)),
        }
        if files.contains(Files::CMDLINE) {
            self.pulse.at(Files::CMDLINE);
            match self.files.read_held(CMDLINE) {
                Ok(bytes) => {
                    self.task.cmdline = bytes;
                    self.task.has_cmdline = true;
                }
                Err(error) => self
                    .task
                    .unread
                    .add(Needs::CMDLINE, Missing::because_of(&error)),
            }
        }
        self.pulse.at(files & LINKS);
        for (_, simple) in simple::among(files) {
            let Keep::Link(keep) = &simple.keep else {
                continue;
            };
            let target = self.files.link(simple.name);
            let why = match target.map(|target| keep(&mut self.task.facts, target)) {
                Ok(Some(())) => continue,
                Ok(None) => Missing::Malformed,
                Err(error) => Missing::because_of(&error),
            };
            self.task.unread.add(simple.need, why);
        }
    }

    /// Whether what was read of it without `stat` is what a first thread that has ended tells: it
    /// has no memory. A process that has some costs nothing more.
    fn looks_ended(&self) -> bool {
        match &self.task.status {
            Some(status) => status.state == b'Z' && status.threads.is_some_and(|all| all > 1),
            None => self.task.facts.vsz == Some(0),
        }
    }
}
