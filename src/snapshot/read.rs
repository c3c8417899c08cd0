//! Reading one process: which files, in which order, and what a failure costs.

use std::{
    io,
    sync::atomic::{AtomicU16, AtomicU32, AtomicU64, AtomicUsize, Ordering::Relaxed},
};

use super::{Needs, Seen, Task, stuck};
use crate::{
    error::{Error, ErrorKind, Result},
    format::pid::{Stat, Statm, Status},
    ids::{Gid, Pid, Uid},
    namespace::{MOUNTED_OVER, Numbers, gone},
    procfs::{Procfs, Reader},
    sys,
    view::Inner,
};

bitflags::bitflags! {
    /// What is asked of the kernel for each process, in this order.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(super) struct Files: u16 {
        const STAT = 1;
        const OWNER = 1 << 1;
        const HOST_PID = 1 << 2;
        const STATUS = 1 << 3;
        const STATM = 1 << 4;
        const CMDLINE = 1 << 5;
        const LABEL = 1 << 6;
        const NAMES = 1 << 7;
    }
}

/// What to read of each process.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plan {
    needs: Needs,
    /// The `/proc` is not that of the PID namespace of the listing: numbers are translated.
    outside: bool,
    files: Files,
    /// The processes were asked for by number, so that a number may be a thread's.
    named: bool,
}

impl Plan {
    /// The fewest files that tell what is needed.
    ///
    /// `outside` says that the `/proc` is not that of the PID namespace of the listing.
    pub(super) fn new(
        needs: Needs,
        view: &Inner,
        proc: &Procfs,
        named: bool,
        outside: bool,
    ) -> Self {
        let mut files = Files::empty();
        files.set(Files::STAT, needs.intersects(Needs::STAT | Needs::JOBS));
        files.set(Files::STATUS, needs.contains(Needs::STATUS) || named);
        files.set(Files::CMDLINE, needs.contains(Needs::CMDLINE));
        files.set(Files::LABEL, needs.contains(Needs::LABEL));
        let names = Needs::USERS | Needs::GROUPS | Needs::HOST_USERS | Needs::HOST_GROUPS;
        files.set(Files::NAMES, needs.intersects(names));
        if outside && needs.contains(Needs::JOBS) {
            // The numbers of a group or session whose leader is gone stand nowhere else.
            files |= Files::STATUS;
        }
        if needs.contains(Needs::EFFECTIVE) && !files.contains(Files::STATUS) {
            if proc.is_genuine() {
                // An owner is believed only between the opening and the reading of stat.
                files |= Files::OWNER | Files::STAT;
            } else {
                // The files of a copy are the copier's.
                files |= Files::STATUS;
            }
        }
        if needs.contains(Needs::RSS) && !files.contains(Files::STATUS) {
            files |= Files::STATM;
        }
        if needs.contains(Needs::HOST_PID) && view.joined.is_some() {
            // A translation is believed on the same terms.
            files |= Files::HOST_PID | Files::STAT;
        }
        if outside {
            files |= Files::STAT;
        }
        Self {
            needs,
            outside,
            files,
            named,
        }
    }
}

/// A process to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry {
    /// Its number in the listing.
    pub(super) pid: Pid,
    /// Its number in the `/proc` that is read.
    pub(super) read: Pid,
}

/// The sign of life of a thread that reads.
#[derive(Debug, Default)]
pub(super) struct Pulse {
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
        self.beats.fetch_add(1, Relaxed);
    }
}

/// Reads processes one after the other, into the same buffers.
pub(super) struct Reading<'a> {
    pub(super) files: Reader<'a>,
    pub(super) view: &'a Inner,
    pub(super) numbers: Option<&'a Numbers>,
    pub(super) plan: Plan,
    pub(super) pulse: &'a Pulse,
}

impl Reading<'_> {
    /// Reads the process `entry`, but for the files in `avoid`: those did not answer before.
    ///
    /// # Errors
    ///
    /// The process is gone or denied, or does not answer. A file that is denied costs its cells only.
    pub(super) fn read(&mut self, entry: Entry, avoid: Files) -> Result<Task> {
        if avoid.intersects(Files::STAT | Files::STATUS) {
            let reason = "its files do not answer";
            let process = format!("process {}", entry.pid);
            return Err(Error::new(ErrorKind::TimedOut, process, reason));
        }
        let files = self.plan.files.difference(avoid);
        let mut task = Task {
            pid: entry.pid,
            ..Task::default()
        };
        if files.contains(Files::STAT) {
            self.stat(&mut task, entry, files)?;
        }
        if files.contains(Files::STATUS) {
            self.status(&mut task, entry)?;
        }
        if files.contains(Files::STATM) {
            self.statm(&mut task, entry)?;
        }
        if self.plan.files.contains(Files::CMDLINE) {
            self.cmdline(&mut task, entry, files)?;
        }
        if files.contains(Files::LABEL) {
            self.label(&mut task, entry)?;
        }
        self.place(&mut task);
        if self.plan.needs.contains(Needs::CLOCK) {
            task.read_at = self.view.now();
        }
        if let (true, Some(stat)) = (self.plan.needs.contains(Needs::ZONE), &task.stat) {
            let started = self.view.host.started(stat.starttime).as_secs();
            task.zone = i64::try_from(started).ok().map(sys::local_zone);
        }
        if files.contains(Files::NAMES) {
            self.pulse.at(Files::NAMES);
            self.names(&task);
        }
        Ok(task)
    }

    /// Reads stat; and whatever else is believed only if it was asked between its opening and its
    /// reading, because then the number meant this very process.
    fn stat(&mut self, task: &mut Task, entry: Entry, files: Files) -> Result<()> {
        let lost = |error| lost(entry, "stat", error);
        self.pulse.at(Files::STAT);
        let file = self.files.open(entry.read, "/stat").map_err(lost)?;
        if files.contains(Files::OWNER) {
            self.pulse.at(Files::OWNER);
            task.owner = self.files.owner(entry.read).ok();
        }
        if self.plan.outside {
            let inside = self.numbers.and_then(|numbers| numbers.inside(entry.read));
            if inside != Some(entry.pid) {
                return Err(gone(entry.pid));
            }
            task.host_pid = Some(entry.read);
        } else if files.contains(Files::HOST_PID) {
            task.host_pid = self.numbers.and_then(|numbers| numbers.outside(entry.read));
        }
        self.pulse.at(Files::STAT);
        let bytes = self.files.bytes(file).map_err(lost)?;
        task.stat = Stat::parse(bytes).ok();
        let start = task.stat.as_ref().map_or(0, |stat| stat.starttime);
        self.pulse.start.store(start, Relaxed);
        Ok(())
    }

    fn status(&mut self, task: &mut Task, entry: Entry) -> Result<()> {
        self.pulse.at(Files::STATUS);
        match self.files.read(entry.read, "/status") {
            Ok(bytes) => task.status = Status::parse(bytes).ok(),
            Err(error) if self.plan.named => return Err(lost(entry, "status", error)),
            Err(error) => costs_a_cell(entry, "status", error)?,
        }
        let Some(status) = &task.status else {
            return Ok(());
        };
        if self.plan.named && status.tgid != entry.read.get() {
            // A thread, which /proc knows when it is asked for by number.
            return Err(gone(entry.pid));
        }
        if let (Some([_, uid, ..]), Some([_, gid, ..])) = (status.uid, status.gid) {
            task.owner = Some((Uid::new(uid), Gid::new(gid)));
        }
        // Who has no memory of his own has no such line.
        task.rss = Some(status.vm_rss.unwrap_or(0).saturating_mul(1024));
        Ok(())
    }

    fn statm(&mut self, task: &mut Task, entry: Entry) -> Result<()> {
        self.pulse.at(Files::STATM);
        match self.files.read(entry.read, "/statm") {
            Ok(bytes) => {
                let pages = Statm::parse(bytes).ok().map(|statm| statm.resident);
                task.rss = pages.map(|pages| self.view.host.pages(pages));
                Ok(())
            }
            Err(error) => costs_a_cell(entry, "statm", error),
        }
    }

    /// Neither a kernel thread nor a zombie has a command line; nor, as far as can be told, has
    /// one whose command line does not answer.
    fn cmdline(&mut self, task: &mut Task, entry: Entry, files: Files) -> Result<()> {
        let has_none = |stat: &Stat| {
            stat.is_kernel_thread()
                || stat.state == b'Z'
                || stuck::is_waited_for(entry.read, stat.starttime)
        };
        if task.stat.as_ref().is_some_and(has_none) || !files.contains(Files::CMDLINE) {
            task.cmdline = Some(Vec::new());
            return Ok(());
        }
        self.pulse.at(Files::CMDLINE);
        match self.files.read(entry.read, "/cmdline") {
            Ok(bytes) => {
                task.cmdline = Some(bytes.to_vec());
                Ok(())
            }
            Err(error) => costs_a_cell(entry, "cmdline", error),
        }
    }

    /// The security label, without what its module puts at the end.
    ///
    /// Where several modules are stacked, the first may leave `attr/current` unanswered.
    fn label(&mut self, task: &mut Task, entry: Entry) -> Result<()> {
        self.pulse.at(Files::LABEL);
        for name in ["/attr/current", "/attr/apparmor/current"] {
            match self.files.read(entry.read, name) {
                Ok(bytes) => {
                    let end = |b: &u8| !matches!(b, b'\n' | 0);
                    let len = bytes.iter().rposition(end).map_or(0, |last| last + 1);
                    if len > 0 {
                        task.label = Some(bytes[..len].to_vec());
                        return Ok(());
                    }
                }
                // No such file, where its module is not there.
                Err(error) if error.raw_os_error() == Some(libc::ENOENT) => (),
                Err(error) => costs_a_cell(entry, "attr/current", error)?,
            }
        }
        // A missing file and a missing process answer the same.
        match self.files.owner(entry.read) {
            Err(error) if is_gone(&error) => Err(gone(entry.pid)),
            _ => Ok(()),
        }
    }

    /// Fills in parent, process group and session, in the numbers of the listing.
    fn place(&self, task: &mut Task) {
        let Some(stat) = &task.stat else {
            return;
        };
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

    /// Asks for the names that the cells will show.
    fn names(&self, task: &Task) {
        let (view, needs) = (self.view, self.plan.needs);
        let seen = Seen { task, view };
        let uids = [seen.effective_uid(), seen.real_uid()];
        let gids = [seen.effective_gid(), seen.real_gid()];
        let groups = seen.groups().into_iter().flatten();
        for uid in uids.into_iter().flatten() {
            if needs.contains(Needs::USERS) {
                seen.uid(uid).inspect(|uid| view.users().learn(uid.get()));
            }
            if needs.contains(Needs::HOST_USERS) {
                seen.host_uid(uid)
                    .inspect(|uid| view.host_users().learn(uid.get()));
            }
        }
        for gid in gids.into_iter().flatten().chain(groups) {
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

fn is_gone(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::ENOENT | libc::ESRCH))
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

/// An error that costs a cell, unless the process is gone or its files are not its own.
fn costs_a_cell(entry: Entry, file: &str, error: io::Error) -> Result<()> {
    let error = lost(entry, file, error);
    match error.kind() {
        ErrorKind::Gone | ErrorKind::NotTrusted => Err(error),
        _ => Ok(()),
    }
}
