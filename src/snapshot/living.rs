//! What is read of another thread where the first thread of a process has ended.

use super::{
    needs::{Files, Needs},
    read::Reading,
    simple::{self, CMDLINE, Keep, LINKS, STAT},
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
        let Some(start) = self.task.stat().filter(|stat| stat.is_leaderless()) else {
            return;
        };
        let start = start.starttime;
        self.task.has_cmdline = false;
        self.task.cmdline.clear();
        (self.task.facts.rss, self.task.facts.vsz) = (None, None);
        self.pulse.at(Files::STAT);
        let is_same = self.files.hold().is_ok_and(|()| {
            let stat = self.files.open_held(STAT);
            let stat = stat.and_then(|file| self.files.bytes(file).map(Stat::parse));
            matches!(stat, Ok(Ok(stat)) if stat.starttime == start)
        });
        if !is_same || !self.files.turn_to_living_thread() {
            return;
        }
        let statm = self.files.open_held(process_file!("statm"));
        if let Ok(Ok(statm)) = statm.and_then(|file| self.files.bytes(file).map(Statm::parse)) {
            self.task.facts.rss = Some(self.view.host.pages(statm.resident));
            self.task.facts.vsz = Some(self.view.host.pages(statm.size));
        }
        if files.contains(Files::CMDLINE) {
            self.pulse.at(Files::CMDLINE);
            let file = self.files.open_held(CMDLINE);
            match file.and_then(|file| self.files.bytes(file)) {
                Ok(bytes) => {
                    self.task.cmdline.extend_from_slice(bytes);
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
            if let Keep::Link(keep) = &simple.keep
                && let Ok(target) = self.files.link(simple.name)
                && keep(&mut self.task.facts, target).is_none()
            {
                self.task.unread.add(simple.need, Missing::Malformed);
            }
        }
    }
}
