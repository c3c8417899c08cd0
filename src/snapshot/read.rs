//! Reading one process: which files, in which order, and what a failure costs.

use std::{
    io,
    sync::atomic::{
        AtomicBool, AtomicU16, AtomicU32, AtomicU64, AtomicUsize,
        Ordering::{Relaxed, SeqCst},
    },
};

use super::{
    Needs, Seen, Since, Task,
    kept::{Budget, Counts, Handle, Kept, KeptFile},
    plan::{Files, Plan},
    stuck,
};
use crate::{
    error::{Error, ErrorKind, Result},
    format::pid::{Io, Stat, Statm, Status},
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
        self.beats.fetch_add(1, Relaxed);
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
    pub(super) plan: Plan,
    pub(super) pulse: &'a Pulse,
    /// How many files may be kept open, if processes are watched.
    pub(super) budget: Option<&'a Budget>,
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
            let process = format!("process {}", entry.pid);
            return Err(Error::new(ErrorKind::TimedOut, process, reason));
        }
        let files = self.plan.files.difference(avoid);
        self.files.turn_to(entry.read);
        self.task.start(entry.pid, self.budget.is_some());
        if files.contains(Files::STAT) {
            self.stat(entry, files, &mut kept.stat)?;
        }
        if files.contains(Files::STATUS) {
            self.status(entry, &mut kept.status)?;
        }
        if files.contains(Files::STATM) {
            self.statm(entry)?;
        }
        if self.plan.files.contains(Files::CMDLINE) {
            self.cmdline(entry, files, &mut kept.cmdline)?;
        }
        if files.contains(Files::LABEL) {
            self.label(entry)?;
        }
        if files.contains(Files::IO) {
            self.io(entry)?;
        }
        self.place();
        let task = &mut self.task;
        if self.plan.needs.contains(Needs::CLOCK) {
            task.read_at = self.view.now();
        }
        if task.watched {
            task.since = since(task, &mut kept.last);
        }
        if let (true, Some(stat)) = (self.plan.needs.contains(Needs::ZONE), &task.stat) {
            let started = self.view.host.started(stat.starttime).as_secs();
            task.zone = i64::try_from(started).ok().map(sys::local_zone);
        }
        if files.contains(Files::NAMES) {
            self.pulse.at(Files::NAMES);
            self.names();
        }
        Ok(())
    }

    /// Reads stat; and whatever else is believed only if it was asked between its opening and its
    /// reading, because then the number meant this very process.
    fn stat(&mut self, entry: Entry, files: Files, kept: &mut Option<KeptFile>) -> Result<()> {
        let lost = |error| lost(entry, "stat", error);
        self.pulse.at(Files::STAT);
        let file = self.open("stat", kept).map_err(lost)?;
        if files.contains(Files::OWNER) {
            self.pulse.at(Files::OWNER);
            self.task.owner = self.files.owner().ok();
        }
        if self.plan.outside {
            let inside = self.numbers.and_then(|numbers| numbers.inside(entry.read));
            if inside != Some(entry.pid) {
                return Err(gone(entry.pid));
            }
            self.task.host_pid = Some(entry.read);
        } else if files.contains(Files::HOST_PID) {
            self.task.host_pid = self.numbers.and_then(|numbers| numbers.outside(entry.read));
        }
        self.pulse.at(Files::STAT);
        let bytes = self.files.bytes(&file).map_err(lost)?;
        self.task.stat = Stat::parse_listed(bytes).ok();
        *kept = self.keep(file);
        self.task.vsz = self.task.stat.as_ref().map(|stat| stat.vsize);
        let start = self.task.stat.as_ref().map_or(0, |stat| stat.starttime);
        self.pulse.start.store(start, Relaxed);
        Ok(())
    }

    /// Opens `name`, unless it was kept.
    fn open(&mut self, name: &str, kept: &mut Option<KeptFile>) -> io::Result<Handle> {
        match kept.take() {
            Some(file) => Ok(Handle::Kept(file)),
            None => self.files.open(name).map(Handle::Fresh),
        }
    }

    fn keep(&self, file: Handle) -> Option<KeptFile> {
        self.budget.and_then(|budget| file.keep(budget))
    }

    /// The bytes of `name`, which is kept for the next look if it answers and there is room.
    fn bytes(&mut self, name: &str, kept: &mut Option<KeptFile>) -> io::Result<&[u8]> {
        let file = self.open(name, kept)?;
        self.files.fill(&file)?;
        *kept = self.keep(file);
        Ok(self.files.filled())
    }

    fn status(&mut self, entry: Entry, kept: &mut Option<KeptFile>) -> Result<()> {
        self.pulse.at(Files::STATUS);
        let named = self.plan.named;
        match self.bytes("status", kept) {
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

    fn statm(&mut self, entry: Entry) -> Result<()> {
        self.pulse.at(Files::STATM);
        match self.files.read("statm") {
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
    fn cmdline(&mut self, entry: Entry, files: Files, kept: &mut Option<KeptFile>) -> Result<()> {
        let has_none = |stat: &Stat| {
            stat.is_kernel_thread()
                || stat.state == b'Z'
                || stuck::is_waited_for(entry.read, stat.starttime)
        };
        if self.task.stat.as_ref().is_some_and(has_none) || !files.contains(Files::CMDLINE) {
            self.task.has_cmdline = true;
            return Ok(());
        }
        self.pulse.at(Files::CMDLINE);
        match self.bytes("cmdline", kept) {
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
    fn label(&mut self, entry: Entry) -> Result<()> {
        self.pulse.at(Files::LABEL);
        let mut is_there = false;
        for name in ["attr/current", "attr/apparmor/current"] {
            match self.files.read(name) {
                Ok(bytes) => {
                    let end = |b: &u8| !matches!(b, b'\n' | 0);
                    let len = bytes.iter().rposition(end).map_or(0, |last| last + 1);
                    if len > 0 {
                        self.task.label = Some(bytes[..len].to_vec());
                        return Ok(());
                    }
                }
                // Whoever has the one file has not gone because he has not the other.
                Err(error) if is_there && error.raw_os_error() == Some(libc::ENOENT) => (),
                Err(error) => self.costs_a_cell(entry, "attr/current", error)?,
            }
            is_there = true;
        }
        Ok(())
    }

    fn io(&mut self, entry: Entry) -> Result<()> {
        self.pulse.at(Files::IO);
        match self.files.read("io") {
            Ok(bytes) => {
                let io = Io::parse(bytes).ok();
                self.task.io = io.map(|io| (io.read_bytes, io.write_bytes));
                Ok(())
            }
            Err(error) => self.costs_a_cell(entry, "io", error),
        }
    }

    /// An error that costs a cell, unless the process is gone or its files are not its own.
    fn costs_a_cell(&mut self, entry: Entry, file: &str, error: io::Error) -> Result<()> {
        // A file that this kernel does not have and a process that is gone answer the same.
        if error.raw_os_error() == Some(libc::ENOENT) && self.files.read("stat").is_ok() {
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
    fn names(&self) {
        let (task, view, needs) = (&self.task, self.view, self.plan.needs);
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

/// What the process did since the last look; nothing if it was not there then.
fn since(task: &Task, last: &mut Option<Counts>) -> Option<Since> {
    let stat = task.stat.as_ref()?;
    let now = Counts {
        start: stat.starttime,
        at: task.read_at,
        cpu: stat.utime.saturating_add(stat.stime),
        minflt: stat.minflt,
        majflt: stat.majflt,
        read_bytes: task.io.map(|(read, _)| read),
        write_bytes: task.io.map(|(_, written)| written),
    };
    let last = last.replace(now).filter(|last| last.start == now.start)?;
    let grown = |now: Option<u64>, last: Option<u64>| Some(now?.saturating_sub(last?));
    Some(Since {
        time: now.at.checked_sub(last.at).filter(|time| !time.is_zero())?,
        cpu: now.cpu.saturating_sub(last.cpu),
        minflt: now.minflt.saturating_sub(last.minflt),
        majflt: now.majflt.saturating_sub(last.majflt),
        read: grown(now.read_bytes, last.read_bytes),
        written: grown(now.write_bytes, last.write_bytes),
    })
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
