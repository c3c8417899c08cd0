//! Reading one process: which files, in which order, and what a failure costs.

use std::{
    ffi::CStr,
    io,
    sync::atomic::{
        AtomicBool, AtomicU16, AtomicU32, AtomicU64, AtomicUsize,
        Ordering::{Relaxed, SeqCst},
    },
};

use super::{
    Needs, Seen, Task,
    ancestry::Ancestry,
    kept::{Budget, Handle, Kept, KeptFile},
    opened::{self, SocketsOf},
    plan::{Files, LINKS, Plan},
    rest::{Marks, Parent},
    stuck,
};
use crate::{
    error::{Error, ErrorKind, Result},
    format::pid::{Cgroup, Io, Statm, Status},
    ids::{Gid, Pid, Uid},
    namespace::{MOUNTED_OVER, Numbers, gone},
    procfs::Reader,
    sys,
    view::Inner,
};

/// A process to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry {
    /// Its number in the listing.
    pub(super) pid: Pid,
    /// Its number in the `/proc` that is read.
    pub(super) read: Pid,
}

/// What a process is called in errors.
fn process_of(entry: Entry) -> String {
    format!("process {}", entry.pid)
}

/// The chunk of a thread that has none.
pub(super) const IDLE: usize = usize::MAX;

/// The sign of life of a thread that reads.
#[derive(Debug, Default)]
pub(super) struct Pulse {
    /// What it reads.
    pub(super) chunk: AtomicUsize,
    /// Whether it was left behind, and shall not go on with another chunk.
    pub(super) given_up: AtomicBool,
    pub(super) beats: AtomicU64,
    pub(super) entry: AtomicUsize,
    pub(super) file: AtomicU16,
    /// The thread's own number.
    pub(super) thread: AtomicU32,
    /// Start time of the process, once known.
    pub(super) start: AtomicU64,
}

impl Pulse {
    fn at(&self, file: Files) {
        self.file.store(file.bits(), Relaxed);
        // None but this thread counts.
        let beats = self.beats.load(Relaxed);
        self.beats.store(beats.wrapping_add(1), Relaxed);
    }

    /// Does what nobody can block, and is not to be taken for silent meanwhile.
    pub(super) fn aside<T>(&self, work: impl FnOnce() -> T) -> T {
        let chunk = self.chunk.swap(IDLE, SeqCst);
        let answer = work();
        self.chunk.store(chunk, SeqCst);
        answer
    }
}

/// Reads processes one after the other, into the same buffers.
pub(super) struct Reading<'a> {
    pub(super) files: Reader<'a>,
    pub(super) view: &'a Inner,
    pub(super) numbers: Option<&'a Numbers>,
    pub(super) sockets: &'a SocketsOf,
    /// The parents of all processes, if they are asked for.
    pub(super) ancestry: Option<&'a Ancestry>,
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
    pub(super) fn read(&mut self, entry: Entry, avoid: Files, kept: &mut Kept) -> Result<()> {
        if avoid.intersects(Files::STAT | Files::STATUS) {
            let reason = "its files do not answer";
            return Err(Error::new(ErrorKind::TimedOut, process_of(entry), reason));
        }
        let files = self.plan.files.difference(avoid);
        let expects = self.expects_cmdline && !stuck::is_waited_for(entry.read, None);
        if !self.files(entry, files, kept, expects || kept.cmdline.is_some())? {
            self.files(entry, files, kept, true)?;
        }
        self.place();
        let task = &mut self.task;
        if let (Some(ancestry), Some(parent)) = (self.ancestry, task.ppid) {
            task.ancestors = Some(ancestry.above(parent));
        }
        if self.plan.needs.contains(Needs::CLOCK) {
            task.read_at = self.view.now();
        }
        if task.watched {
            task.since = kept.since(task);
        }
        if let (true, Some(stat)) = (self.plan.needs.contains(Needs::ZONE), task.stat()) {
            let started = self.view.host.started(stat.starttime).as_secs();
            task.zone = i64::try_from(started).ok().map(sys::local_zone);
        }
        if files.contains(Files::NAMES) {
            self.pulse.at(Files::NAMES);
            self.names();
            self.remember_user();
        }
        Ok(())
    }

    /// Opens all files of the process and then reads them, so that all are of the same one: see
    /// [`Reader`]. The command line is opened only if it is `early`; if it turns out to be wanted
    /// then, the answer is false: opened now, it could be that of the next process of this number.
    fn files(
        &mut self,
        entry: Entry,
        mut files: Files,
        kept: &mut Kept,
        early: bool,
    ) -> Result<bool> {
        self.files.turn_to(entry.read);
        self.task.start(entry.pid, self.budget.is_some());
        self.pulse.start.store(0, Relaxed);
        let is_at_rest = self.rests && self.is_at_rest(entry, files, kept);
        if is_at_rest {
            files.remove(Files::STAT);
        }
        let none = &mut None;
        let stat = self.open(files, Files::STAT, c"stat", &mut kept.stat);
        let stat = stat.transpose();
        let stat = stat.map_err(|error| lost(entry, "stat", error))?;
        if files.contains(Files::OWNER) {
            self.pulse.at(Files::OWNER);
            self.task.owner = self.files.owner().ok();
        }
        self.number(entry, files)?;
        let ran = stat.as_ref().filter(|_| self.rests);
        let ran = ran.and_then(|_| sys::processor_time(entry.read));
        let status = self.open(files, Files::STATUS, c"status", &mut kept.status);
        let statm = self.open(files, Files::STATM, c"statm", none);
        let mut opened = files;
        opened.set(Files::CMDLINE, early && files.contains(Files::CMDLINE));
        let cmdline = self.open(opened, Files::CMDLINE, c"cmdline", &mut kept.cmdline);
        let label = self.open(files, Files::LABEL, c"attr/current", none);
        let io = self.open(files, Files::IO, c"io", none);
        let cgroup = self.open(files, Files::CGROUP, c"cgroup", none);
        if files.intersects(Files::FDS | Files::LINKS) {
            self.pulse.at(files & (Files::FDS | Files::LINKS));
            // Whether it is there at all, stat tells.
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
        if let Some(file) = statm {
            self.statm(entry, file)?;
        }
        if self.plan.files.contains(Files::CMDLINE) {
            if !files.contains(Files::CMDLINE) || self.has_no_cmdline(entry) {
                self.task.has_cmdline = true;
            } else if let Some(file) = cmdline {
                self.cmdline(entry, file, &mut kept.cmdline)?;
            } else {
                return Ok(false);
            }
        }
        if is_at_rest && kept.cmdline.is_none() {
            // It was not read, and nothing else proves whose number it is.
            return Err(gone(entry.pid));
        }
        if let Some(file) = label {
            self.label(entry, file)?;
        }
        if let Some(file) = io {
            self.io(entry, file)?;
        }
        if let Some(file) = cgroup {
            self.cgroup(entry, file)?;
        }
        if files.contains(Files::LINKS) {
            self.links(entry)?;
        }
        if self.plan.files.contains(Files::FDS) {
            self.opened(entry, files)?;
        }
        Ok(true)
    }

    /// Opens `file` if it is among the `files`, unless it was kept.
    fn open(
        &mut self,
        files: Files,
        file: Files,
        name: &CStr,
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
    fn fill(
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
        }
        Ok(())
    }

    /// Makes use of what stands in the place of stat.
    pub(super) fn know_stat(&mut self) {
        let stat = &self.task.stat;
        self.task.has_stat = true;
        self.task.vsz = Some(stat.vsize);
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
            Err(error) => self.costs_a_cell(entry, "status", error)?,
        }
        let Some(status) = &self.task.status else {
            return Ok(());
        };
        if self.plan.named && status.tgid != entry.read.get() {
            // A thread, which /proc knows when it is asked for by number.
            return Err(gone(entry.pid));
        }
        if let (Some([_, uid, ..]), Some([_, gid, ..])) = (status.uid, status.gid) {
            self.task.owner = Some((Uid::new(uid), Gid::new(gid)));
        }
        // Who has no memory of his own has no such line.
        self.task.rss = Some(status.vm_rss.unwrap_or(0).saturating_mul(1024));
        Ok(())
    }

    fn statm(&mut self, entry: Entry, file: io::Result<Handle>) -> Result<()> {
        match self.fill(file, Files::STATM, &mut None) {
            Ok(bytes) => {
                if let Ok(statm) = Statm::parse(bytes) {
                    self.task.rss = Some(self.view.host.pages(statm.resident));
                    self.task.vsz = Some(self.view.host.pages(statm.size));
                }
                Ok(())
            }
            Err(error) => self.costs_a_cell(entry, "statm", error),
        }
    }

    /// Neither a kernel thread nor a zombie has a command line; nor, as far as can be told, has
    /// one whose command line does not answer.
    fn has_no_cmdline(&self, entry: Entry) -> bool {
        self.task.stat().is_some_and(|stat| {
            stat.is_kernel_thread()
                || stat.state == b'Z'
                || stuck::is_waited_for(entry.read, Some(stat.starttime))
        })
    }

    fn cmdline(
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
            Err(error) => self.costs_a_cell(entry, "cmdline", error),
        }
    }

    /// The security label, without what its module puts at the end.
    ///
    /// Where several modules are stacked, the first may leave `attr/current` unanswered.
    fn label(&mut self, entry: Entry, file: io::Result<Handle>) -> Result<()> {
        let file = match file {
            Ok(file) => file,
            Err(error) => return self.costs_a_cell(entry, LABEL, error),
        };
        self.pulse.at(Files::LABEL);
        match self.files.bytes(&file).map(label_in) {
            Ok(None) => (),
            Ok(label) => {
                self.task.label = label;
                return Ok(());
            }
            Err(error) => self.costs_a_cell(entry, LABEL, error)?,
        }
        let second = match self.files.open(c"attr/apparmor/current") {
            Ok(second) => second,
            // Whoever has the one file has not gone because he has not the other.
            Err(error) if error.raw_os_error() == Some(libc::ENOENT) => return Ok(()),
            Err(error) => return self.costs_a_cell(entry, LABEL, error),
        };
        // Opened after all others were read: it is of the same process if that is still there.
        if let Err(error) = self.files.fill(&file) {
            self.costs_a_cell(entry, LABEL, error)?;
        }
        match self.files.bytes(&second) {
            Ok(bytes) => {
                self.task.label = label_in(bytes);
                Ok(())
            }
            Err(error) => self.costs_a_cell(entry, LABEL, error),
        }
    }

    fn io(&mut self, entry: Entry, file: io::Result<Handle>) -> Result<()> {
        match self.fill(file, Files::IO, &mut None) {
            Ok(bytes) => {
                let io = Io::parse(bytes).ok();
                self.task.io = io.map(|io| (io.read_bytes, io.write_bytes));
                Ok(())
            }
            Err(error) => self.costs_a_cell(entry, "io", error),
        }
    }

    fn cgroup(&mut self, entry: Entry, file: io::Result<Handle>) -> Result<()> {
        match self.fill(file, Files::CGROUP, &mut None) {
            Ok(bytes) => {
                self.task.cgroup = Cgroup::parse(bytes).ok();
                Ok(())
            }
            Err(error) => self.costs_a_cell(entry, "cgroup", error),
        }
    }

    /// The links that are asked for, of the directory that was held before stat was read.
    fn links(&mut self, entry: Entry) -> Result<()> {
        for (need, name) in LINKS {
            if !self.plan.needs.contains(need) {
                continue;
            }
            self.pulse.at(Files::LINKS);
            match self.files.link(name) {
                Ok(target) => self.task.links.set(need, target),
                Err(error) => {
                    let error = lost(entry, name, error);
                    // A kernel thread has no program, and a zombie hardly anything.
                    if error.kind() == ErrorKind::NotTrusted {
                        return Err(error);
                    }
                }
            }
        }
        Ok(())
    }

    fn opened(&mut self, entry: Entry, files: Files) -> Result<()> {
        if !files.contains(Files::FDS) {
            let reason = "its descriptors do not answer";
            self.task.shut = Some(Error::new(ErrorKind::TimedOut, process_of(entry), reason));
            return Ok(());
        }
        if files.contains(Files::TIMERS) {
            self.pulse.at(Files::TIMERS);
            let outside = self.plan.outside;
            let number = |id: Pid| match self.numbers {
                _ if id == entry.read => Some(entry.pid),
                Some(numbers) if outside => numbers.inside(id),
                _ => Some(id),
            };
            self.task.timers = opened::timers(&mut self.files, number);
        }
        self.pulse.at(Files::FDS);
        match opened::read(&mut self.files, files, self.sockets) {
            Ok(opened) => self.task.opened = Some(opened),
            Err(error) => {
                // A copy of a process may be without.
                let is_there =
                    error.raw_os_error() == Some(libc::ENOENT) && self.files.read(c"stat").is_ok();
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
                self.task.shut = Some(error);
            }
        }
        Ok(())
    }

    /// An error that costs a cell, unless the process is gone or its files are not its own.
    fn costs_a_cell(&mut self, entry: Entry, file: &str, error: io::Error) -> Result<()> {
        // A file that this kernel does not have and a process that is gone answer the same.
        if error.raw_os_error() == Some(libc::ENOENT) && self.files.read(c"stat").is_ok() {
            return Ok(());
        }
        let error = lost(entry, file, error);
        match error.kind() {
            ErrorKind::Gone | ErrorKind::NotTrusted => Err(error),
            _ => Ok(()),
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

    /// Keeps the name of the effective user for the processes of the same after this.
    fn remember_user(&mut self) {
        let (task, view) = (&self.task, self.view);
        let seen = Seen { task, view };
        let uid = seen.effective_uid().and_then(|read| seen.uid(read));
        if let Some(uid) = uid.filter(|uid| !task.knows_user(*uid)) {
            let name = seen.user(uid);
            self.task.user = Some((uid, name));
        }
    }

    /// Asks for the names that the cells will show.
    fn names(&self) {
        let (task, view, needs) = (&self.task, self.view, self.plan.needs);
        let seen = Seen { task, view };
        if needs.intersects(Needs::USERS | Needs::HOST_USERS) {
            for uid in seen.effective_uid().into_iter().chain(seen.real_uid()) {
                if needs.contains(Needs::USERS)
                    && let Some(uid) = seen.uid(uid)
                    && !task.knows_user(uid)
                {
                    view.users().learn(uid.get());
                }
                if needs.contains(Needs::HOST_USERS) {
                    seen.host_uid(uid)
                        .inspect(|uid| view.host_users().learn(uid.get()));
                }
            }
        }
        if !needs.intersects(Needs::GROUPS | Needs::HOST_GROUPS) {
            return;
        }
        let gids = seen.effective_gid().into_iter().chain(seen.real_gid());
        for gid in gids.chain(seen.groups().into_iter().flatten()) {
            if needs.contains(Needs::GROUPS) {
                seen.gid(gid).inspect(|gid| view.groups().learn(gid.get()));
            }
            if needs.contains(Needs::HOST_GROUPS) {
                seen.host_gid(gid)
                    .inspect(|gid| view.host_groups().learn(gid.get()));
            }
        }
    }
}

const LABEL: &str = "attr/current";

/// The label without its end; nothing for none.
pub(crate) fn label_in(bytes: &[u8]) -> Option<Vec<u8>> {
    let end = |b: &u8| !matches!(b, b'\n' | 0);
    let last = bytes.iter().rposition(end)?;
    bytes.get(..=last).map(<[u8]>::to_vec)
}

/// The error that costs a row.
fn lost(entry: Entry, file: &str, error: io::Error) -> Error {
    let thing = || format!("proc/{}/{file}", entry.read);
    match error.raw_os_error() {
        Some(libc::ENOENT | libc::ESRCH) => gone(entry.pid),
        // What a guarded path answers that leads through a link or another mount.
        Some(libc::EXDEV | libc::ELOOP) => Error::new(ErrorKind::NotTrusted, thing(), MOUNTED_OVER),
        _ => Error::io(thing(), error),
    }
}
