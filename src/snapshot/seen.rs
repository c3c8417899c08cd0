//! A process as extractors see it.

use std::time::Duration;

use super::{
    needs::Needs,
    opened::{Opened, PosixTimer},
    task::{Facts, Task},
};
use crate::{
    error::Error,
    format::pid::{Stat, Status},
    ids::{Gid, Pid, Uid},
    value::{Missing, Text, Time},
    view::Inner,
};

/// A process as an extractor sees it: what was read of it, and what its view knows.
#[derive(Debug)]
pub(crate) struct Seen<'a> {
    pub(super) task: &'a Task,
    pub(super) view: &'a Inner,
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

    /// Why a cell that needs this is unknown.
    pub(crate) fn why_missing(&self, needs: Needs) -> Missing {
        if needs.contains(Needs::HOST) && self.view.joined.is_none() {
            return Missing::NotJoined;
        }
        match self.view.why_no_memory() {
            Some(why) if needs.contains(Needs::MEMORY) => why,
            _ => self.task.unread.why(needs),
        }
    }

    /// Its parent, the parent of that, and so on.
    pub(crate) fn ancestors(&self) -> Option<&[Pid]> {
        self.task.ancestors.as_deref()
    }

    /// Resident memory in percent of that of the machine.
    #[allow(clippy::cast_precision_loss)] // Shown with one decimal.
    pub(crate) fn memory_percent(&self) -> Option<f64> {
        let total = self.view.memory().filter(|total| *total > 0)?;
        Some(100.0 * self.task.facts.rss? as f64 / total as f64)
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

    /// A user that was read, on the host; `None` without a join.
    pub(crate) fn host_uid(&self, read: Uid) -> Option<Uid> {
        let joined = self.view.joined.as_ref()?;
        joined.host_uids.apply(read.get()).map(Uid::new)
    }

    /// A group that was read, on the host; `None` without a join.
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
        self.view.users().name_or_number(uid.get())
    }

    /// The name of a group of the listing, or its number.
    pub(crate) fn group(&self, gid: Gid) -> Text {
        self.view.groups().name_or_number(gid.get())
    }

    /// The name of a user of the host, or its number.
    pub(crate) fn host_user(&self, uid: Uid) -> Text {
        self.view.host_users().name_or_number(uid.get())
    }

    /// The name of a group of the host, or its number.
    pub(crate) fn host_group(&self, gid: Gid) -> Text {
        self.view.host_groups().name_or_number(gid.get())
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
        Some(host.cpu_percent(used, stat.starttime, self.task.read_at))
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
        let started = self.view.host.started(self.stat()?.starttime);
        let (offset, zone) = self.task.zone.as_ref()?;
        let secs = i64::try_from(started.as_secs()).ok()?;
        Time::new(secs, started.subsec_nanos(), *offset, zone)
    }
}
