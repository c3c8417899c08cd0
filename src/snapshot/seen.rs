//! A process as extractors see it.

#[cfg(any(test, feature = "runtimes"))]
use std::sync::Arc;
use std::time::Duration;

use super::{
    needs::Needs,
    opened::{Opened, PosixTimer, Slot},
    task::{Facts, Task},
};
#[cfg(any(test, feature = "runtimes"))]
use crate::runtimes::{Found, GroupSeen};
use crate::{
    error::Error,
    format::pid::{Stat, Status},
    ids::{Gid, Pid, Uid},
    value::{Missing, Text, Time},
    view::{Inner, Tables},
};

/// A process as an extractor sees it: what was read of it, and what its view knows.
#[derive(Debug)]
pub(crate) struct Seen<'a> {
    pub(super) task: &'a Task,
    pub(super) view: &'a Inner,
}

#[cfg(test)]
impl Seen<'_> {
    /// What `tell` tells of a process of which nothing but the figures of its control group is known.
    pub(crate) fn of_group<T>(
        view: &Inner,
        figures: GroupSeen,
        tell: impl FnOnce(&Seen<'_>) -> T,
    ) -> T {
        let task = Task {
            figures: Some(Arc::new(figures)),
            ..Task::default()
        };
        tell(&Seen { task: &task, view })
    }
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

    /// The command line as the kernel has it; empty if the process has none.
    pub(crate) fn cmdline(&self) -> Option<&[u8]> {
        self.task.has_cmdline.then_some(&self.task.cmdline)
    }

    pub(crate) fn label(&self) -> Option<&[u8]> {
        self.task.label.as_deref()
    }

    /// What its files and links of one record each say.
    pub(crate) fn facts(&self) -> &Facts {
        &self.task.facts
    }

    /// Its container, where that is known and asked for.
    #[cfg(any(test, feature = "runtimes"))]
    pub(crate) fn container(&self) -> Option<&Arc<Found>> {
        self.task.container.as_ref()
    }

    /// What its control group uses and may use, where that is known and asked for.
    #[cfg(any(test, feature = "runtimes"))]
    pub(crate) fn figures(&self) -> Option<&GroupSeen> {
        self.task.figures.as_deref()
    }

    /// Why a cell that needs this is unknown.
    pub(crate) fn why_missing(&self, needs: Needs) -> Missing {
        if needs.contains(Needs::HOST) && self.view.joined.is_none() {
            return Missing::NotJoined;
        }
        let of_machine = [
            (Needs::MEMORY, self.view.memory().err()),
            (Needs::CLOCK, self.view.now().err()),
            (Needs::ZONE, self.view.started(0).err()),
        ];
        let mut of_machine = of_machine.into_iter();
        let of_machine = of_machine.find_map(|(need, why)| {
            why.filter(|why| needs.contains(need) && *why != Missing::None)
        });
        if let Some(why) = of_machine {
            return why;
        }
        let why = self.task.unread.why(needs);
        if why == Missing::Denied && self.has_none(needs) {
            return Missing::None;
        }
        why
    }

    /// Whether it is known without the files of `needs` that there is nothing in them: a kernel thread
    /// has no program, and what has ended has let go of what it had.
    fn has_none(&self, needs: Needs) -> bool {
        const LET_GO: Needs = Needs::EXE.union(Needs::CWD).union(Needs::FDS);
        let Some(stat) = self.stat() else {
            return false;
        };
        let has_ended = stat.state == b'Z' && !stat.is_leaderless();
        (needs == Needs::EXE && stat.is_kernel_thread()) || (has_ended && needs.intersects(LET_GO))
    }

    /// Its parent, the parent of that, and so on.
    pub(crate) fn ancestors(&self) -> Option<&[Pid]> {
        self.task.ancestors.as_deref()
    }

    /// Resident memory in percent of that of the machine.
    #[allow(clippy::cast_precision_loss)] // Shown with one decimal.
    pub(crate) fn memory_percent(&self) -> Option<f64> {
        let total = self.view.memory().ok().filter(|total| *total > 0)?;
        Some(100.0 * self.task.facts.rss? as f64 / total as f64)
    }

    /// What it holds open.
    pub(crate) fn opened(&self) -> Option<&[Opened]> {
        self.task.opened.as_deref()
    }

    /// How many descriptors it has.
    pub(crate) fn descriptor_count(&self) -> Option<u64> {
        let is_fd = |opened: &&Opened| matches!(opened.slot, Slot::Fd(_));
        let opened = self.opened();
        let counted = opened.map(|opened| opened.iter().filter(is_fd).count() as u64);
        counted.or(self.task.fd_count)
    }

    /// Its POSIX timers.
    pub(crate) fn timers(&self) -> &[PosixTimer] {
        &self.task.timers
    }

    /// Why what it holds open is not known.
    pub(crate) fn shut(&self) -> Option<&Error> {
        self.task.shut.as_ref()
    }

    /// The letter of its state; of a thread that lives where the first one has ended, since the
    /// process has not.
    pub(crate) fn state(&self) -> Option<u8> {
        let stat = self.stat()?;
        if stat.is_leaderless() {
            return self.task.facts.living_state;
        }
        Some(stat.state)
    }

    /// Resident memory in bytes.
    pub(crate) fn rss(&self) -> Option<u64> {
        self.task.facts.rss
    }

    /// Address space in bytes.
    pub(crate) fn vsz(&self) -> Option<u64> {
        self.task.facts.vsz
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
    pub(crate) fn uid(&self, read: Uid) -> Result<Uid, Missing> {
        self.view.uid(read)
    }

    /// A group that was read, in the user namespace of the listing.
    pub(crate) fn gid(&self, read: Gid) -> Result<Gid, Missing> {
        let Some(joined) = &self.view.joined else {
            return Ok(read);
        };
        joined.gids.apply(read.get()).map(Gid::new)
    }

    /// A user that was read, on the host; without a join there is none.
    pub(crate) fn host_uid(&self, read: Uid) -> Result<Uid, Missing> {
        let joined = self.view.joined.as_ref().ok_or(Missing::NotJoined)?;
        joined.host_uids.apply(read.get()).map(Uid::new)
    }

    /// A group that was read, on the host; without a join there is none.
    pub(crate) fn host_gid(&self, read: Gid) -> Result<Gid, Missing> {
        let joined = self.view.joined.as_ref().ok_or(Missing::NotJoined)?;
        joined.host_gids.apply(read.get()).map(Gid::new)
    }

    /// The names of the users and groups that the process has: those of the host, or, through a join,
    /// those of its mount namespace.
    pub(crate) fn names(&self) -> &Tables {
        match (&self.view.joined, &self.task.names) {
            (None, _) => self.view.host_tables(),
            (Some(_), Some((_, names))) => names,
            (Some(_), None) => Tables::none(),
        }
    }

    /// The names that the process itself has, where they were asked for: those of its mount namespace.
    pub(crate) fn own_names(&self) -> Option<&Tables> {
        self.task.names.as_ref().map(|(_, names)| names)
    }

    /// Effective user, in the user namespace of the process itself; `None` where none was read.
    pub(crate) fn own_uid(&self) -> Option<Result<Uid, Missing>> {
        let read = self.effective_uid()?;
        let facts = &self.task.facts;
        // The kernel shows the map of the reader's own one as it is further out.
        Some(match self.view.host_names.is_own_users(facts.userns) {
            Some(true) => Ok(read),
            Some(false) => match &facts.uid_map {
                Some(map) => {
                    let own = map.to_container(read.get());
                    Ok(own.map_or(Uid::new(self.view.host.overflow_uid), Uid::new))
                }
                None => Err(self.why_missing(Needs::UID_MAP)),
            },
            None => Err(self.why_missing(Needs::USERNS)),
        })
    }

    /// The name of a user of the listing, or its number.
    pub(crate) fn user(&self, uid: Uid) -> Text {
        if let Some((known, name)) = &self.task.user
            && *known == uid
        {
            return name.clone();
        }
        self.names().users.name_or_number(uid.get())
    }

    /// The name of a group of the listing, or its number.
    pub(crate) fn group(&self, gid: Gid) -> Text {
        self.names().groups.name_or_number(gid.get())
    }

    /// The name of a user of the host, or its number.
    pub(crate) fn host_user(&self, uid: Uid) -> Text {
        self.view.host_tables().users.name_or_number(uid.get())
    }

    /// The name of a group of the host, or its number.
    pub(crate) fn host_group(&self, gid: Gid) -> Text {
        self.view.host_tables().groups.name_or_number(gid.get())
    }

    /// The last capability of this kernel.
    pub(crate) fn last_cap(&self) -> u8 {
        self.view.host.last_cap
    }

    /// The name of a terminal; `None` for no terminal.
    pub(crate) fn tty(&self, number: i32) -> Result<Option<Text>, Missing> {
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
        Some(self.view.host.age(start, self.task.read_at?))
    }

    /// CPU time in percent of the time since the start; of the time since the previous sample, if
    /// the process is watched.
    pub(crate) fn cpu_percent(&self) -> Option<f64> {
        let host = &self.view.host;
        if self.task.watched {
            let since = self.task.since.as_ref()?;
            return Some(100.0 * host.ticks(since.cpu).as_secs_f64() / since.time.as_secs_f64());
        }
        let stat = self.stat()?;
        let used = stat.utime.saturating_add(stat.stime);
        Some(host.cpu_percent(used, stat.starttime, self.task.read_at?))
    }

    /// Page faults per second that needed no storage, since the previous sample.
    pub(crate) fn minor_faults(&self) -> Option<f64> {
        let since = self.task.since.as_ref()?;
        Some(since.per_second(since.minflt))
    }

    /// Page faults per second that needed storage, since the previous sample.
    pub(crate) fn major_faults(&self) -> Option<f64> {
        let since = self.task.since.as_ref()?;
        Some(since.per_second(since.majflt))
    }

    /// Bytes per second from storage, since the previous sample.
    pub(crate) fn read_rate(&self) -> Option<f64> {
        let since = self.task.since.as_ref()?;
        Some(since.per_second(since.read?))
    }

    /// Bytes per second to storage, since the previous sample.
    pub(crate) fn write_rate(&self) -> Option<f64> {
        let since = self.task.since.as_ref()?;
        Some(since.per_second(since.written?))
    }

    /// The moment of the start.
    pub(crate) fn started(&self) -> Option<Time> {
        let started = self.view.started(self.stat()?.starttime).ok()?;
        let (offset, zone) = self.task.zone.as_ref()?;
        let secs = i64::try_from(started.as_secs()).ok()?;
        Time::new(secs, started.subsec_nanos(), *offset, zone)
    }
}
