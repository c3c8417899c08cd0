//! Reading one process: which files, in which order, and what a failure costs.

use std::{io, mem, os::fd::OwnedFd, sync::atomic::Ordering::Relaxed};

use super::{
    ahead::Early,
    ancestry::Ancestry,
    descriptors::SocketsOf,
    entry::{Entry, Pulse},
    names,
    needs::{Files, Needs},
    plan::Plan,
    rest::Parent,
    retained::{Budget, Handle, KeptFile, RetainedFiles},
    simple::{self, CMDLINE_BY_A_THREAD, Keep, LABEL, LINKS, SECOND_LABEL, SIMPLE, STAT, STATUS},
    stuck,
    task::{Marks, Task, has_no_cmdline},
};
use crate::{
    error::{Answer, Error, ErrorKind, Result, is_no_such_file, is_short},
    format::pid::{Stat, Status},
    ids::{Gid, Pid, Uid},
    namespace::{Numbers, gone},
    procfs::Reader,
    runtimes::Search,
    sys,
    value::Missing,
    view::{Inner, NameSearch, local_zone},
    wait::Name,
};

/// The needs whose cells are unknown without these files.
const OF_STAT: Needs = Needs::STAT.union(Needs::JOBS).union(Needs::VSZ);
const OF_STATUS: Needs = Needs::STATUS
    .union(Needs::EFFECTIVE)
    .union(Needs::RSS)
    .union(Needs::JOBS);

/// What a process is called in errors.
pub(super) fn process_of(entry: Entry) -> String {
    format!("process {}", entry.pid)
}

/// The simple files that were opened, each at its position in [`SIMPLE`].
type OpenedSimple = [Option<io::Result<OwnedFd>>; SIMPLE.len()];

/// Reads processes one after the other, into the same buffers.
pub(super) struct Reading<'a> {
    pub(super) files: Reader<'a>,
    pub(super) view: &'a Inner,
    pub(super) numbers: Option<&'a Numbers>,
    pub(super) sockets: &'a SocketsOf,
    /// The parents of all processes, if they are asked for.
    pub(super) ancestry: Option<&'a Ancestry>,
    /// What may be asked for the names of a joined container, if they are needed.
    pub(super) names: Option<&'a NameSearch>,
    /// What is known of containers, if that is asked for.
    pub(super) containers: Option<&'a Search>,
    pub(super) plan: Plan,
    pub(super) pulse: &'a Pulse,
    /// How many files may be kept open, if processes are watched.
    pub(super) budget: Option<&'a Budget>,
    /// Whether stat need not be read again of who has not run.
    pub(super) rests: bool,
    pub(super) parent: Parent,
    /// Whether the next process is likely to have a command line. Kernel threads have none, and
    /// their numbers stand together.
    pub(super) expects_cmdline: bool,
    /// Whether the `/proc` is a copy, in which no process ends.
    pub(super) is_copy: bool,
    /// Where a process reads the command lines: what it has read of the process to read next.
    pub(super) early: Option<Early>,
    /// What was read of the process read last.
    pub(super) task: Task,
}

impl Reading<'_> {
    /// Reads the process `entry`, but for the files in `avoid`: those did not answer before.
    ///
    /// `kept` is what is known of it from the last look, and becomes what is known from this.
    ///
    /// # Errors
    ///
    /// The process is gone or denied, or does not answer. A file that is denied costs its cells only.
    pub(super) fn read(
        &mut self,
        entry: Entry,
        avoid: Files,
        kept: &mut RetainedFiles,
    ) -> Result<()> {
        self.pulse.start.store(0, Relaxed);
        let avoid = avoid | stuck::files_of(entry.read, || self.start_of(entry));
        let files = self.plan.files.difference(avoid);
        if avoid.intersects(Files::STAT | Files::STATUS) {
            let reason = "its files do not answer";
            return Err(Error::new(ErrorKind::TimedOut, process_of(entry), reason));
        }
        let early = self.expects_cmdline || kept.cmdline.is_some();
        let mut read = self.files(entry, files, kept, early);
        if matches!(read, Ok(false)) {
            read = self.files(entry, files, kept, true);
        }
        if let Err(error) = read {
            return Err(self.lost_of_copy(entry, error));
        }
        entry.check(self.task.stat())?;
        self.place();
        let task = &mut self.task;
        if let (Some(ancestry), Some(parent)) = (self.ancestry, task.ppid) {
            task.ancestors = Some(ancestry.above(parent));
        }
        if self.plan.needs.contains(Needs::CLOCK) {
            // Why it is unknown in a copy, `Seen` asks again; so with the zone.
            task.read_at = self.view.now().ok();
            if task.watched {
                let at = self.view.clock_of_samples(task.read_at);
                task.since = kept.since(task, at);
            }
        }
        if let (true, Some(stat)) = (self.plan.needs.contains(Needs::ZONE), task.stat()) {
            let started = self.view.started(stat.starttime).ok();
            let started = started.and_then(|started| i64::try_from(started.as_secs()).ok());
            task.zone = started.map(local_zone);
        }
        if let Some(containers) = self.containers {
            self.find_container(entry, files, containers);
        }
        if files.contains(Files::NAMES) {
            self.pulse.at(Files::NAMES);
            self.find_names(entry);
            names::learn(self.view, self.plan.needs, &self.task);
            names::remember_user(self.view, &mut self.task);
        } else {
            self.task.see(None);
        }
        Ok(())
    }

    /// The error that costs a row: in a copy a process has not ended because it lacks a file.
    fn lost_of_copy(&mut self, entry: Entry, error: Error) -> Error {
        if self.is_copy && error.kind() == ErrorKind::Gone && self.files.hold().is_ok() {
            let reason = "its copy has no stat";
            return Error::new(ErrorKind::Absent, process_of(entry), reason);
        }
        error
    }

    /// Opens all files of the process and then reads them, so that all are of the same one: see
    /// [`Reader`]. The command line is opened only if it is `early`; if it turns out to be wanted
    /// then, the answer is false: opened now, it could be that of the next process of this number.
    fn files(
        &mut self,
        entry: Entry,
        mut files: Files,
        kept: &mut RetainedFiles,
        early: bool,
    ) -> Result<bool> {
        self.files.turn_to(entry.read);
        self.task.start(entry.pid, self.budget.is_some());
        if self.is_copy && self.files.hold().is_err() {
            // Files of a copy may be missing, its directory is not.
            return Err(gone(entry.pid));
        }
        let avoided = self.plan.files.difference(files);
        if !avoided.is_empty() {
            self.avoided(avoided);
        }
        let is_at_rest = self.rests && self.is_at_rest(entry, files, kept);
        if is_at_rest {
            files.remove(Files::STAT);
        }
        let none = &mut None;
        let stat = self.open(files, Files::STAT, STAT, &mut kept.stat);
        let stat = stat.transpose();
        let stat = stat.map_err(|error| lost(entry, "stat", error))?;
        let inode = self.directory(files);
        if is_at_rest && self.is_apart() && inode != kept.inode {
            // It was not read, and nothing else proves whose number it is.
            return Err(gone(entry.pid));
        }
        self.number(entry, files)?;
        let ran = stat.as_ref().filter(|_| self.rests);
        let ran = ran.and_then(|_| sys::processor_time(entry.read));
        let status = self.open(files, Files::STATUS, STATUS, &mut kept.status);
        let mut opened = files;
        let early = early && !self.is_apart();
        opened.set(Files::CMDLINE, early && files.contains(Files::CMDLINE));
        let name = CMDLINE_BY_A_THREAD;
        let cmdline = self.open(opened, Files::CMDLINE, name, &mut kept.cmdline);
        let label = self.open(files, Files::LABEL, LABEL, none);
        let simple = self.open_simple(files);
        let held = files & Files::FDS.union(Files::FD_COUNT).union(LINKS);
        if !held.is_empty() {
            self.pulse.at(held);
            // Whether it is there at all, `stat` tells, which is read after it; and what is
            // read below a directory that is not held fails.
            let _ = self.files.hold();
        }
        if let Some(file) = stat {
            self.stat(entry, Ok(file), &mut kept.stat)?;
            if let (true, Some(stat)) = (self.rests, self.task.stat()) {
                kept.parent = Some(stat.ppid);
                self.task.marks = Marks::of(stat, ran, &mut self.parent);
            }
        }
        if let Some(file) = status {
            self.status(entry, file, &mut kept.status)?;
        }
        if self.plan.files.contains(Files::CMDLINE) {
            if self.task.stat().is_some_and(has_no_cmdline) {
                self.task.has_cmdline = true;
            } else if !files.contains(Files::CMDLINE) {
                // It did not answer before.
            } else if self.is_apart() {
                self.tell_cmdline(entry, inode)?;
            } else if let Some(file) = cmdline {
                self.cmdline(entry, file, &mut kept.cmdline)?;
            } else {
                return Ok(false);
            }
        }
        if is_at_rest && !self.is_apart() && kept.cmdline.is_none() {
            // It was not read, and nothing else proves whose number it is.
            return Err(gone(entry.pid));
        }
        if let Some(file) = label {
            self.label(entry, file)?;
        }
        if let Some(simple) = simple {
            self.read_simple(entry, files, simple)?;
            self.withheld();
        }
        if files.contains(Files::FDS | Files::TIMERS) {
            // Of the first thread even where it has ended: no other has the file.
            self.timers(entry);
        }
        self.living(files);
        if self.plan.files.contains(Files::FDS) {
            self.opened(entry, files)?;
        }
        if self.plan.files.contains(Files::FD_COUNT) {
            self.count_descriptors(entry, files)?;
        }
        if self.is_apart() && self.budget.is_some() {
            kept.inode = inode;
        }
        Ok(true)
    }

    /// Opens `file` if it is among the `files`, unless it was kept.
    fn open(
        &mut self,
        files: Files,
        file: Files,
        name: Name<'static>,
        kept: &mut Option<KeptFile>,
    ) -> Option<io::Result<Handle>> {
        if !files.contains(file) {
            return None;
        }
        Some(match kept.take() {
            Some(file) => Ok(Handle::Kept(file)),
            None => {
                self.pulse.at(file);
                self.files.open(name).map(Handle::Fresh)
            }
        })
    }

    /// Reads `file`, which is kept for the next look if it answers and there is room.
    pub(super) fn fill(
        &mut self,
        file: io::Result<Handle>,
        of: Files,
        kept: &mut Option<KeptFile>,
    ) -> io::Result<&[u8]> {
        let file = file?;
        self.pulse.at(of);
        self.files.fill(&file)?;
        *kept = self.budget.and_then(|budget| file.keep(budget));
        Ok(self.files.filled())
    }

    /// Asks for the other number of the process. As the owner, it is believed because stat was
    /// opened before and is read after.
    fn number(&mut self, entry: Entry, files: Files) -> Result<()> {
        if self.plan.outside {
            let inside = self.numbers.and_then(|numbers| numbers.inside(entry.read));
            if inside != Some(entry.pid) {
                return Err(gone(entry.pid));
            }
            self.task.host_pid = Some(entry.read);
        } else if files.contains(Files::HOST_PID) {
            self.task.host_pid = self.numbers.and_then(|numbers| numbers.outside(entry.read));
            if self.task.host_pid.is_none() {
                let why = self.numbers.and_then(Numbers::why_unknown);
                let why = why.unwrap_or_default();
                self.task.unread.add(Needs::HOST_PID, why);
            }
        }
        Ok(())
    }

    fn stat(
        &mut self,
        entry: Entry,
        file: io::Result<Handle>,
        kept: &mut Option<KeptFile>,
    ) -> Result<()> {
        let filled = self.fill(file, Files::STAT, kept).map(drop);
        filled.map_err(|error| lost(entry, "stat", error))?;
        if self.task.stat.renew_listed(self.files.filled()).is_ok() {
            self.know_stat();
        } else {
            self.task.unread.add(OF_STAT, Missing::Malformed);
        }
        Ok(())
    }

    /// Makes use of what stands in the place of stat.
    fn know_stat(&mut self) {
        let stat = &self.task.stat;
        self.task.has_stat = true;
        self.task.facts.vsz = Some(stat.vsize);
        self.expects_cmdline = !stat.is_kernel_thread();
        self.pulse.start.store(stat.starttime, Relaxed);
    }

    fn status(
        &mut self,
        entry: Entry,
        file: io::Result<Handle>,
        kept: &mut Option<KeptFile>,
    ) -> Result<()> {
        let named = self.plan.named;
        match self.fill(file, Files::STATUS, kept) {
            Ok(bytes) => self.task.status = Status::parse(bytes).ok(),
            Err(error) if named => return Err(lost(entry, "status", error)),
            Err(error) => self.costs_a_cell(entry, "status", OF_STATUS, error)?,
        }
        let Some(status) = &self.task.status else {
            if self.task.unread.why(OF_STATUS) == Missing::None {
                self.task.unread.add(OF_STATUS, Missing::Malformed);
            }
            return Ok(());
        };
        if self.plan.named && status.tgid != entry.read.get() {
            // A thread, which /proc knows when it is asked for by number.
            return Err(gone(entry.pid));
        }
        if let (Some([_, uid, ..]), Some([_, gid, ..])) = (status.uid, status.gid) {
            self.task.owner = Some((Uid::new(uid), Gid::new(gid)));
        }
        // A process without memory of its own has no such line.
        self.task.facts.rss = Some(status.vm_rss.unwrap_or(0).saturating_mul(1024));
        Ok(())
    }

    /// When the process started, read aside from everything else.
    fn start_of(&mut self, entry: Entry) -> Option<u64> {
        self.files.turn_to(entry.read);
        self.pulse.at(Files::STAT);
        let stat = self.files.read(STAT).ok()?;
        Some(Stat::parse(stat).ok()?.starttime)
    }

    /// The security label, without what its module puts at the end.
    ///
    /// Where several modules are stacked, the first may leave `attr/current` unanswered.
    fn label(&mut self, entry: Entry, file: io::Result<Handle>) -> Result<()> {
        let file = match file {
            Ok(file) => file,
            Err(error) => return self.costs_a_cell(entry, LABEL.as_str(), Needs::LABEL, error),
        };
        self.pulse.at(Files::LABEL);
        match self.files.bytes(&file).map(label_in) {
            Ok(None) => (),
            Ok(label) => {
                self.task.label = label;
                return Ok(());
            }
            Err(error) => self.costs_a_cell(entry, LABEL.as_str(), Needs::LABEL, error)?,
        }
        let second = match self.files.open(SECOND_LABEL) {
            Ok(second) => second,
            // The process is not gone if it has the one file and not the other.
            Err(error) if is_no_such_file(&error) => return Ok(()),
            Err(error) => return self.costs_a_cell(entry, LABEL.as_str(), Needs::LABEL, error),
        };
        // Opened after all others were read: it is of the same process if that is still there.
        if let Err(error) = self.files.fill(&file) {
            self.costs_a_cell(entry, LABEL.as_str(), Needs::LABEL, error)?;
        }
        match self.files.bytes(&second) {
            Ok(bytes) => {
                self.task.label = label_in(bytes);
                Ok(())
            }
            Err(error) => self.costs_a_cell(entry, LABEL.as_str(), Needs::LABEL, error),
        }
    }

    /// Opens the simple files that are among `files`.
    fn open_simple(&mut self, files: Files) -> Option<OpenedSimple> {
        if !files.intersects(Files::SIMPLE) {
            return None;
        }
        let mut opened = [const { None }; SIMPLE.len()];
        for (index, simple) in simple::among(files) {
            if !simple.is_link() {
                self.pulse.at(Files::simple(index));
                opened[index] = Some(self.files.open(simple.name));
            }
        }
        Some(opened)
    }

    /// Reads the simple files that were opened, and the simple links, of the directory that was
    /// held before stat was read.
    fn read_simple(&mut self, entry: Entry, files: Files, mut opened: OpenedSimple) -> Result<()> {
        for (index, simple) in simple::among(files) {
            let facts = &mut self.task.facts;
            let kept = match (&simple.keep, opened[index].take()) {
                (Keep::File(keep), Some(file)) => {
                    self.pulse.at(Files::simple(index));
                    let bytes = file.and_then(|file| self.files.bytes(file));
                    bytes.map(|bytes| keep(facts, self.view, bytes))
                }
                (Keep::File(_), None) => continue,
                (Keep::Link(keep), _) => {
                    // If one of them does not answer, the others do not either.
                    self.pulse.at(files & LINKS);
                    let target = self.files.link(simple.name);
                    target.map(|target| keep(facts, target))
                }
            };
            match kept {
                Ok(Some(())) => (),
                Ok(None) => self.task.unread.add(simple.need, Missing::Malformed),
                Err(error) if simple.is_link() => match Answer::of(&error) {
                    _ if is_short(&error) => return Err(lost(entry, simple.file(), error)),
                    Answer::MountedOver => return Err(lost(entry, simple.file(), error)),
                    // A kernel thread has no program, and a zombie hardly anything.
                    Answer::Gone => (),
                    Answer::Invalid | Answer::Other => {
                        self.task
                            .unread
                            .add(simple.need, Missing::because_of(&error));
                    }
                },
                Err(error) => self.costs_a_cell(entry, simple.file(), simple.need, error)?,
            }
        }
        Ok(())
    }

    /// Notes what is unknown because of files that did not answer before.
    fn avoided(&mut self, files: Files) {
        let mut needs = Needs::empty();
        for (file, of) in [
            (Files::CMDLINE, Needs::CMDLINE),
            (Files::LABEL, Needs::LABEL),
            (Files::OWNER, Needs::EFFECTIVE),
            (Files::FDS, Needs::OF_FDS),
            (Files::FD_COUNT, Needs::FD_COUNT),
            (Files::FDINFO, Needs::FDINFO),
            (Files::PLACES, Needs::PLACES),
            (Files::SOCKETS, Needs::OF_NETWORK),
            (Files::TIMERS, Needs::TIMERS),
            (Files::BEHIND, Needs::BEHIND | Needs::METADATA),
            (Files::PROTOCOLS, Needs::PROTOCOLS),
            (Files::CONTAINER, Needs::CONTAINER_NAME),
            (Files::GROUPS, Needs::GROUP_FIGURES),
        ] {
            if files.contains(file) {
                needs |= of;
            }
        }
        for (_, simple) in simple::among(files) {
            needs |= simple.need;
        }
        self.task.unread.add(needs, Missing::Silent);
    }

    /// Whether what stat said at the previous sample is still valid; if so it is taken over.
    fn is_at_rest(&mut self, entry: Entry, files: Files, kept: &mut RetainedFiles) -> bool {
        if let Some(ppid) = kept.parent {
            // Before stat is read, if it has to be.
            self.parent.ran(ppid);
        }
        kept.runs = false;
        let is_known = if self.is_apart() {
            kept.inode.is_some() && self.early.as_ref().and_then(Early::inode) == kept.inode
        } else {
            kept.cmdline.is_some()
        };
        let is_proved = files.contains(Files::CMDLINE) && is_known;
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

    /// An error that costs the cells of these needs, unless the process is gone or its files are not
    /// its own.
    pub(super) fn costs_a_cell(
        &mut self,
        entry: Entry,
        file: &str,
        needs: Needs,
        error: io::Error,
    ) -> Result<()> {
        // A file that this kernel does not have and a process that is gone answer the same.
        if is_no_such_file(&error) && self.files.read(STAT).is_ok() {
            self.task.unread.add(needs, Missing::Unsupported);
            return Ok(());
        }
        match Answer::of(&error) {
            _ if is_short(&error) => Err(lost(entry, file, error)),
            Answer::Gone | Answer::MountedOver => Err(lost(entry, file, error)),
            Answer::Invalid | Answer::Other => {
                self.task.unread.add(needs, Missing::because_of(&error));
                Ok(())
            }
        }
    }

    /// Fills in parent, process group and session, in the numbers of the listing.
    fn place(&mut self) {
        let task = &mut self.task;
        if !task.has_stat {
            return;
        }
        let stat = &task.stat;
        let joined = self.view.joined.as_ref().filter(|_| self.plan.outside);
        let Some((joined, numbers)) = joined.zip(self.numbers) else {
            task.ppid = Some(stat.ppid);
            task.pgid = Some(stat.pgrp).filter(|pgid| *pgid >= 0);
            task.sid = Some(stat.session).filter(|sid| *sid >= 0);
            return;
        };
        // A parent outside the namespace is 0, as the namespace's own /proc has it.
        let parent = u32::try_from(stat.ppid).ok().map(Pid::new);
        let parent = parent.and_then(|parent| numbers.inside(parent));
        task.ppid = Some(parent.map_or(0, |pid| i32::try_from(pid.get()).unwrap_or(0)));
        let at_level = |list: &Option<Vec<u32>>| {
            let number = list.as_ref()?.get(joined.level())?;
            i32::try_from(*number).ok()
        };
        if let Some(status) = &task.status {
            task.pgid = at_level(&status.ns_pgid);
            task.sid = at_level(&status.ns_sid);
        }
    }
}

/// The label without its end; nothing for none.
pub(crate) fn label_in(bytes: &[u8]) -> Option<Vec<u8>> {
    let end = |b: &u8| !matches!(b, b'\n' | 0);
    let last = bytes.iter().rposition(end)?;
    bytes.get(..=last).map(<[u8]>::to_vec)
}

/// The error that costs a row.
pub(super) fn lost(entry: Entry, file: &str, error: io::Error) -> Error {
    let thing = || format!("/proc/{}/{file}", entry.read);
    match Answer::of(&error) {
        Answer::Gone => gone(entry.pid),
        Answer::MountedOver => Error::mounted_over(thing()),
        Answer::Invalid | Answer::Other => Error::io(thing(), error),
    }
}
