//! What to read of each process, and what was read of it.

mod ancestry;
mod collect;
mod kept;
mod opened;
mod plan;
mod pool;
mod queue;
mod read;
mod rest;
mod rows;
mod stuck;

use std::{num::NonZeroUsize, time::Duration};

pub(crate) use collect::{Ask, collect};
pub(crate) use kept::Memory;
pub(crate) use opened::{Opened, Place, PosixTimer, SocketsOf, read as read_opened};
pub(crate) use plan::Files;
pub(crate) use read::label_in;

use crate::{
    bytes,
    error::Error,
    format::pid::{Cgroup, Stat, Status},
    ids::{Gid, Pid, Uid},
    procfs::KEPT,
    snapshot::rest::Marks,
    value::{Text, Time},
    view::{Inner, JoinedContainer, Skipped},
};

bitflags::bitflags! {
    /// What a descriptor is computed from.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(crate) struct Needs: u64 {
        /// `/proc/PID/stat`
        const STAT = 1;
        /// `/proc/PID/status`
        const STATUS = 1 << 1;
        /// `/proc/PID/cmdline`
        const CMDLINE = 1 << 2;
        /// `/proc/PID/attr/current`
        const LABEL = 1 << 3;
        /// effective user and group
        const EFFECTIVE = 1 << 4;
        /// resident memory
        const RSS = 1 << 5;
        /// numbers of the process group and session
        const JOBS = 1 << 6;
        /// the time of now
        const CLOCK = 1 << 7;
        /// the local zone at the start of the process
        const ZONE = 1 << 8;
        /// the names of terminals
        const TTY = 1 << 9;
        /// users' names
        const USERS = 1 << 10;
        /// groups' names
        const GROUPS = 1 << 11;
        /// users' names on the host
        const HOST_USERS = 1 << 12;
        /// groups' names on the host
        const HOST_GROUPS = 1 << 13;
        /// the pid on the host
        const HOST_PID = 1 << 14;
        /// `/proc/PID/io`
        const IO = 1 << 15;
        /// address space
        const VSZ = 1 << 16;
        /// a host to speak of: without a join nothing of it is read
        const HOST = 1 << 17;
        /// `/proc/PID/fd`
        const FDS = 1 << 18;
        /// `/proc/PID/fdinfo`
        const FDINFO = 1 << 19;
        /// the sockets behind descriptors
        const SOCKETS = 1 << 20;
        /// directories, program and mapped files
        const PLACES = 1 << 21;
        /// `/proc/PID/timers`, and the timers behind descriptors
        const TIMERS = 1 << 22;
        /// the memory of the machine
        const MEMORY = 1 << 23;
        /// `/proc/PID/cgroup`
        const CGROUP = 1 << 24;
        /// `/proc/PID/ns/pid`
        const PIDNS = 1 << 25;
        /// `/proc/PID/ns/net`
        const NETNS = 1 << 26;
        /// `/proc/PID/ns/mnt`
        const MNTNS = 1 << 27;
        /// `/proc/PID/ns/user`
        const USERNS = 1 << 28;
        /// `/proc/PID/exe`
        const EXE = 1 << 29;
        /// `/proc/PID/cwd`
        const CWD = 1 << 30;
        /// the parents of all processes
        const ANCESTRY = 1 << 31;
        /// what others can change in `/proc/PID/stat`: see `rest.rs`
        const OTHERS = 1 << 32;
    }
}

/// How fast, and how patiently.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    pub(crate) timeout: Duration,
    pub(crate) threads: Threads,
}

/// Who reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Threads {
    /// As many threads as pay.
    Best,
    /// So many.
    Exactly(NonZeroUsize),
    /// The calling thread.
    None,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(2),
            threads: Threads::Best,
        }
    }
}

/// How a listing went.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Outcome {
    /// The processes and containers that were left out, and why. A process that ended while the
    /// listing was made is not among them unless it was asked for by its pid. Of sockets those who
    /// are not known as their owners: what only they have is there, but not who has it.
    pub skipped: Vec<Skipped>,
    /// Threads left behind because what they read did not answer: each cost a cell or a row, or
    /// the container's own `/proc` or names. There are never more than four of them in a process;
    /// they end when what they wait for answers or goes away.
    pub abandoned: usize,
    /// The joined containers, in the order in which they were read.
    pub containers: Vec<JoinedContainer>,
}

/// What was read of one process.
#[derive(Debug, Default)]
pub(crate) struct Task {
    /// Its number in the listing.
    pid: Pid,
    host_pid: Option<Pid>,
    /// Meant only if it [has one](Self::has_stat); a place for the next otherwise.
    stat: Stat,
    has_stat: bool,
    status: Option<Status>,
    /// Effective ids.
    owner: Option<(Uid, Gid)>,
    /// Parent, process group and session, in the PID namespace of the listing.
    ppid: Option<i32>,
    pgid: Option<i32>,
    sid: Option<i32>,
    /// Meant only if it [has one](Self::has_cmdline); a buffer otherwise.
    cmdline: Vec<u8>,
    has_cmdline: bool,
    label: Option<Vec<u8>>,
    /// In bytes.
    rss: Option<u64>,
    vsz: Option<u64>,
    /// What it read from storage and sent there, in bytes.
    io: Option<(u64, u64)>,
    cgroup: Option<Cgroup>,
    links: Links,
    ancestors: Option<Vec<Pid>>,
    opened: Option<Vec<Opened>>,
    /// Why what it holds open is not known.
    shut: Option<Error>,
    timers: Vec<PosixTimer>,
    /// Whether it is being watched, so that rates are of the time since the last look.
    watched: bool,
    /// By what to know at the next look that stat is still true.
    marks: Option<Marks>,
    /// What it did since the last look.
    since: Option<Since>,
    /// Since boot.
    read_at: Duration,
    zone: Option<(i32, Box<str>)>,
    /// The user of the listing that was seen last, and his name: many processes in a row are one
    /// user's, and all threads ask the view.
    user: Option<(Uid, Text)>,
}

/// Where those links of a process lead that were asked for.
#[derive(Debug, Default)]
struct Links {
    pidns: Option<Vec<u8>>,
    netns: Option<Vec<u8>>,
    mntns: Option<Vec<u8>>,
    userns: Option<Vec<u8>>,
    exe: Option<Vec<u8>>,
    cwd: Option<Vec<u8>>,
}

impl Links {
    fn set(&mut self, need: Needs, target: Vec<u8>) {
        let place = match need {
            Needs::PIDNS => &mut self.pidns,
            Needs::NETNS => &mut self.netns,
            Needs::MNTNS => &mut self.mntns,
            Needs::USERNS => &mut self.userns,
            Needs::EXE => &mut self.exe,
            _ => &mut self.cwd,
        };
        *place = Some(target);
    }
}

/// What a process did in a span of time.
#[derive(Debug, Clone, Copy)]
struct Since {
    time: Duration,
    /// In ticks.
    cpu: u64,
    minflt: u64,
    majflt: u64,
    /// In bytes.
    read: Option<u64>,
    written: Option<u64>,
}

impl Task {
    /// Forgets what was read of another process, but for its buffers and the name of its user.
    ///
    /// Field by field: most of what records have room for was never filled in.
    fn start(&mut self, new: Pid, is_watched: bool) {
        let Self {
            pid,
            host_pid,
            stat,
            has_stat,
            status,
            owner,
            ppid,
            pgid,
            sid,
            cmdline,
            has_cmdline,
            label,
            rss,
            vsz,
            io,
            cgroup,
            links,
            ancestors,
            opened,
            shut,
            timers,
            watched,
            marks,
            since,
            read_at,
            zone,
            user: _,
        } = self;
        *pid = new;
        *watched = is_watched;
        *has_stat = false;
        stat.comm.shrink_to(KEPT);
        *has_cmdline = false;
        *read_at = Duration::ZERO;
        cmdline.clear();
        cmdline.shrink_to(KEPT);
        (*status, *label, *zone) = (None, None, None);
        (*host_pid, *owner, *io, *since) = (None, None, None, None);
        (*ppid, *pgid, *sid, *marks) = (None, None, None, None);
        (*rss, *vsz) = (None, None);
        (*opened, *shut) = (None, None);
        timers.clear();
        (*cgroup, *ancestors, *links) = (None, None, Links::default());
    }

    fn stat(&self) -> Option<&Stat> {
        self.has_stat.then_some(&self.stat)
    }

    fn knows_user(&self, uid: Uid) -> bool {
        self.user.as_ref().is_some_and(|(known, _)| *known == uid)
    }
}

impl Since {
    #[allow(clippy::cast_precision_loss)] // A rate is shown with three decimals.
    fn per_second(&self, count: u64) -> f64 {
        count as f64 / self.time.as_secs_f64()
    }
}

/// The number in `net:[4026531840]`, the text of a link that leads to a namespace.
fn number_in(link: &[u8]) -> Option<u64> {
    let (_, number) = bytes::split_once(link, b'[')?;
    bytes::decimal(number.strip_suffix(b"]")?)
}

/// A process as an extractor sees it: what was read of it, and what its view knows.
#[derive(Debug)]
pub(crate) struct Seen<'a> {
    task: &'a Task,
    view: &'a Inner,
}

impl Seen<'_> {
    pub(crate) fn pid(&self) -> Pid {
        self.task.pid
    }

    pub(crate) fn host_pid(&self) -> Option<Pid> {
        self.task.host_pid
    }

    pub(crate) fn stat(&self) -> Option<&Stat> {
        self.task.stat()
    }

    pub(crate) fn status(&self) -> Option<&Status> {
        self.task.status.as_ref()
    }

    pub(crate) fn ppid(&self) -> Option<i32> {
        self.task.ppid
    }

    pub(crate) fn pgid(&self) -> Option<i32> {
        self.task.pgid
    }

    pub(crate) fn sid(&self) -> Option<i32> {
        self.task.sid
    }

    /// The command line as the kernel has it; empty for who has none.
    pub(crate) fn cmdline(&self) -> Option<&[u8]> {
        self.task.has_cmdline.then_some(&self.task.cmdline)
    }

    pub(crate) fn label(&self) -> Option<&[u8]> {
        self.task.label.as_deref()
    }

    /// Its control groups, as this process's cgroup namespace shows them.
    pub(crate) fn cgroup(&self) -> Option<&Cgroup> {
        self.task.cgroup.as_ref()
    }

    /// The number of its PID namespace.
    pub(crate) fn pidns(&self) -> Option<u64> {
        number_in(self.task.links.pidns.as_deref()?)
    }

    /// The number of its network namespace.
    pub(crate) fn netns(&self) -> Option<u64> {
        number_in(self.task.links.netns.as_deref()?)
    }

    /// The number of its mount namespace.
    pub(crate) fn mntns(&self) -> Option<u64> {
        number_in(self.task.links.mntns.as_deref()?)
    }

    /// The number of its user namespace.
    pub(crate) fn userns(&self) -> Option<u64> {
        number_in(self.task.links.userns.as_deref()?)
    }

    /// Its program; nothing for a kernel thread.
    pub(crate) fn exe(&self) -> Option<&[u8]> {
        self.task.links.exe.as_deref()
    }

    /// Its working directory.
    pub(crate) fn cwd(&self) -> Option<&[u8]> {
        self.task.links.cwd.as_deref()
    }

    /// Its parent, the parent of that, and so on.
    pub(crate) fn ancestors(&self) -> Option<&[Pid]> {
        self.task.ancestors.as_deref()
    }

    /// Resident memory in percent of that of the machine.
    #[allow(clippy::cast_precision_loss)] // Shown with one decimal.
    pub(crate) fn memory_percent(&self) -> Option<f64> {
        let total = self.view.memory().filter(|total| *total > 0)?;
        Some(100.0 * self.task.rss? as f64 / total as f64)
    }

    /// What it holds open.
    pub(crate) fn opened(&self) -> Option<&[Opened]> {
        self.task.opened.as_deref()
    }

    /// Its POSIX timers.
    pub(crate) fn timers(&self) -> &[PosixTimer] {
        &self.task.timers
    }

    /// Why what it holds open is not known.
    pub(crate) fn shut(&self) -> Option<&Error> {
        self.task.shut.as_ref()
    }

    /// Resident memory in bytes.
    pub(crate) fn rss(&self) -> Option<u64> {
        self.task.rss
    }

    /// Address space in bytes.
    pub(crate) fn vsz(&self) -> Option<u64> {
        self.task.vsz
    }

    /// Effective user, as this process reads it.
    pub(crate) fn effective_uid(&self) -> Option<Uid> {
        self.task.owner.map(|(uid, _)| uid)
    }

    /// Effective group, as this process reads it.
    pub(crate) fn effective_gid(&self) -> Option<Gid> {
        self.task.owner.map(|(_, gid)| gid)
    }

    /// Real user, as this process reads it.
    pub(crate) fn real_uid(&self) -> Option<Uid> {
        self.status()?.uid.map(|[real, ..]| Uid::new(real))
    }

    /// Real group, as this process reads it.
    pub(crate) fn real_gid(&self) -> Option<Gid> {
        self.status()?.gid.map(|[real, ..]| Gid::new(real))
    }

    /// Supplementary groups, as this process reads them.
    pub(crate) fn groups(&self) -> Option<impl Iterator<Item = Gid>> {
        let groups = self.status()?.groups.as_ref()?;
        Some(groups.iter().copied().map(Gid::new))
    }

    /// Whether a container was joined, so that there is a host to speak of.
    pub(crate) fn joined(&self) -> bool {
        self.view.joined.is_some()
    }

    /// A user that was read, in the user namespace of the listing.
    pub(crate) fn uid(&self, read: Uid) -> Option<Uid> {
        self.view.uid(read)
    }

    /// A group that was read, in the user namespace of the listing.
    pub(crate) fn gid(&self, read: Gid) -> Option<Gid> {
        let Some(joined) = &self.view.joined else {
            return Some(read);
        };
        joined.gids.apply(read.get()).map(Gid::new)
    }

    /// A user that was read, on the host; nothing without a join.
    pub(crate) fn host_uid(&self, read: Uid) -> Option<Uid> {
        let joined = self.view.joined.as_ref()?;
        joined.host_uids.apply(read.get()).map(Uid::new)
    }

    /// A group that was read, on the host; nothing without a join.
    pub(crate) fn host_gid(&self, read: Gid) -> Option<Gid> {
        let joined = self.view.joined.as_ref()?;
        joined.host_gids.apply(read.get()).map(Gid::new)
    }

    /// The name of a user of the listing, or its number.
    pub(crate) fn user(&self, uid: Uid) -> Text {
        if let Some((known, name)) = &self.task.user
            && *known == uid
        {
            return name.clone();
        }
        let name = self.view.users().name(uid.get());
        name.unwrap_or_else(|| Text::from(uid.to_string()))
    }

    /// The name of a group of the listing, or its number.
    pub(crate) fn group(&self, gid: Gid) -> Text {
        let name = self.view.groups().name(gid.get());
        name.unwrap_or_else(|| Text::from(gid.to_string()))
    }

    /// The name of a user of the host, or its number.
    pub(crate) fn host_user(&self, uid: Uid) -> Text {
        let name = self.view.host_users().name(uid.get());
        name.unwrap_or_else(|| Text::from(uid.to_string()))
    }

    /// The name of a group of the host, or its number.
    pub(crate) fn host_group(&self, gid: Gid) -> Text {
        let name = self.view.host_groups().name(gid.get());
        name.unwrap_or_else(|| Text::from(gid.to_string()))
    }

    /// The last capability of this kernel.
    pub(crate) fn last_cap(&self) -> u8 {
        self.view.host.last_cap
    }

    /// The name of a terminal.
    pub(crate) fn tty(&self, number: i32) -> Option<Text> {
        self.view.tty(number)
    }

    /// Own CPU time.
    pub(crate) fn cpu_time(&self) -> Option<Duration> {
        let stat = self.stat()?;
        Some(self.view.host.ticks(stat.utime.saturating_add(stat.stime)))
    }

    /// Time since the start.
    pub(crate) fn age(&self) -> Option<Duration> {
        let start = self.stat()?.starttime;
        Some(self.view.host.age(start, self.task.read_at))
    }

    /// CPU time in percent of the time since the start; of the time since the last look, if the
    /// process is watched.
    pub(crate) fn cpu_percent(&self) -> Option<f64> {
        let host = &self.view.host;
        if self.task.watched {
            let since = self.task.since.as_ref()?;
            return Some(100.0 * host.ticks(since.cpu).as_secs_f64() / since.time.as_secs_f64());
        }
        let stat = self.stat()?;
        let used = stat.utime.saturating_add(stat.stime);
        Some(host.cpu_percent(used, stat.starttime, self.task.read_at))
    }

    /// Page faults a second that needed no storage, since the last look.
    pub(crate) fn minor_faults(&self) -> Option<f64> {
        let since = self.task.since.as_ref()?;
        Some(since.per_second(since.minflt))
    }

    /// Page faults a second that needed storage, since the last look.
    pub(crate) fn major_faults(&self) -> Option<f64> {
        let since = self.task.since.as_ref()?;
        Some(since.per_second(since.majflt))
    }

    /// Bytes a second from storage, since the last look.
    pub(crate) fn read_rate(&self) -> Option<f64> {
        let since = self.task.since.as_ref()?;
        Some(since.per_second(since.read?))
    }

    /// Bytes a second to storage, since the last look.
    pub(crate) fn write_rate(&self) -> Option<f64> {
        let since = self.task.since.as_ref()?;
        Some(since.per_second(since.written?))
    }

    /// The moment of the start.
    pub(crate) fn started(&self) -> Option<Time> {
        let started = self.view.host.started(self.stat()?.starttime);
        let (offset, zone) = self.task.zone.as_ref()?;
        let secs = i64::try_from(started.as_secs()).ok()?;
        Time::new(secs, started.subsec_nanos(), *offset, zone)
    }
}
