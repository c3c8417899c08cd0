//! What was read of one process.

use std::{sync::Arc, time::Duration};

use super::{
    needs::Needs,
    opened::{Opened, PosixTimer},
};
use crate::{
    error::Error,
    format::pid::{self, Stat, Status},
    ids::{Gid, IdMaps, Pid, Uid},
    procfs::KEPT,
    runtimes::{Found, GroupSeen},
    value::{Missing, Text},
    view::Tables,
};

/// What was read of one process.
#[derive(Debug, Default)]
pub(crate) struct Task {
    /// Its number in the listing.
    pub(super) pid: Pid,
    pub(super) host_pid: Option<Pid>,
    /// Valid only with [`has_stat`](Self::has_stat); a buffer for the next process otherwise.
    pub(super) stat: Stat,
    pub(super) has_stat: bool,
    pub(super) status: Option<Status>,
    /// Effective IDs.
    pub(super) owner: Option<(Uid, Gid)>,
    /// Parent, process group and session, in the PID namespace of the listing.
    pub(super) ppid: Option<i32>,
    pub(super) pgid: Option<i32>,
    pub(super) sid: Option<i32>,
    /// Valid only with [`has_cmdline`](Self::has_cmdline); a buffer otherwise.
    pub(super) cmdline: Vec<u8>,
    pub(super) has_cmdline: bool,
    pub(super) label: Option<Vec<u8>>,
    pub(super) facts: Facts,
    pub(super) ancestors: Option<Vec<Pid>>,
    pub(super) opened: Option<Vec<Opened>>,
    /// How many descriptors it has, if they were counted only.
    pub(super) fd_count: Option<u64>,
    /// Why what it holds open is not known.
    pub(super) shut: Option<Error>,
    /// The files that were read in part, or not at all though the rest is known without them.
    pub(super) partial: Vec<(&'static str, Missing)>,
    pub(super) timers: Vec<PosixTimer>,
    /// Whether it is being watched, so that rates are of the time since the previous sample.
    pub(super) watched: bool,
    /// What tells at the next sample whether its stat is still valid.
    pub(super) marks: Option<Marks>,
    /// What it did since the previous sample.
    pub(super) since: Option<Since>,
    /// Since boot; `None` where it is not asked for, or unknown.
    pub(super) read_at: Option<Duration>,
    pub(super) zone: Option<(i32, Box<str>)>,
    pub(super) unread: Unread,
    /// The mount namespace of a process that is seen through a join, or whose container's names are
    /// asked for, and the names in it; of the process that was read last too, as long as it is the
    /// same namespace.
    pub(super) names: Option<(u64, Tables)>,
    /// Its container, if that is asked for; of the process that was read last too, as long as it is
    /// the same container.
    pub(super) container: Option<Arc<Found>>,
    /// What its control group uses and may use, if that is asked for.
    pub(super) figures: Option<Arc<GroupSeen>>,
    /// The user of the listing that was seen last, and its name: consecutive processes often
    /// have the same user, and all threads share the view's table of names.
    pub(super) user: Option<(Uid, Text)>,
}

/// What files and links of one record each say of a process: see
/// [`SIMPLE`](super::simple::SIMPLE). It is forgotten as a whole before the next process is read.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    /// The state of a thread that lives, where the first one has ended.
    pub(crate) living_state: Option<u8>,
    /// Resident memory and address space, in bytes; `stat` or `status` may have told them too.
    pub(crate) rss: Option<u64>,
    pub(crate) vsz: Option<u64>,
    /// Bytes read from storage and sent there.
    pub(crate) io: Option<(u64, u64)>,
    /// Its control groups, as this process's cgroup namespace shows them.
    pub(crate) cgroup: Option<pid::Cgroup>,
    /// The inodes of its namespaces.
    pub(crate) pidns: Option<u64>,
    pub(crate) netns: Option<u64>,
    pub(crate) mntns: Option<u64>,
    pub(crate) userns: Option<u64>,
    /// The path of its program; `None` for a kernel thread.
    pub(crate) exe: Option<Vec<u8>>,
    /// Its working directory.
    pub(crate) cwd: Option<Vec<u8>>,
    pub(crate) wchan: Option<pid::Wchan>,
    /// The map of the users of its user namespace, to those that this process reads.
    pub(crate) uid_map: Option<IdMaps>,
}

/// What could not be read of a process, and why.
#[derive(Debug, Default)]
pub(super) struct Unread {
    denied: Needs,
    unsupported: Needs,
    silent: Needs,
    malformed: Needs,
    too_long: Needs,
    unreadable: Needs,
}

impl Unread {
    /// What needs this is unknown for that reason.
    pub(super) fn add(&mut self, needs: Needs, why: Missing) {
        match why {
            Missing::Denied => self.denied |= needs,
            Missing::Unsupported => self.unsupported |= needs,
            Missing::Silent => self.silent |= needs,
            Missing::Malformed => self.malformed |= needs,
            Missing::TooLong => self.too_long |= needs,
            Missing::Unreadable => self.unreadable |= needs,
            Missing::None | Missing::NotJoined | Missing::Untold => (),
        }
    }

    /// Why what needs this is unknown.
    pub(super) fn why(&self, needs: Needs) -> Missing {
        let reasons = [
            (self.silent, Missing::Silent),
            (self.denied, Missing::Denied),
            (self.unsupported, Missing::Unsupported),
            (self.malformed, Missing::Malformed),
            (self.too_long, Missing::TooLong),
            (self.unreadable, Missing::Unreadable),
        ];
        let found = reasons.iter().find(|(unread, _)| unread.intersects(needs));
        found.map_or(Missing::None, |(_, why)| *why)
    }
}

/// How long a process and its parent had run when its `stat` was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Marks {
    pub(super) ran: Duration,
    pub(super) parent_ran: Duration,
}

/// What a process did in a span of time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Since {
    pub(super) time: Duration,
    /// In ticks.
    pub(super) cpu: u64,
    pub(super) minflt: u64,
    pub(super) majflt: u64,
    /// In bytes.
    pub(super) read: Option<u64>,
    pub(super) written: Option<u64>,
}

impl Since {
    #[allow(clippy::cast_precision_loss)] // A rate is shown with three decimals.
    pub(super) fn per_second(&self, count: u64) -> f64 {
        count as f64 / self.time.as_secs_f64()
    }
}

impl Task {
    /// Forgets what was read of the previous process, except for the buffers and its user's name.
    ///
    /// Field by field: assigning a whole record would write a lot that was never filled in.
    pub(super) fn start(&mut self, new: Pid, is_watched: bool) {
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
            facts,
            ancestors,
            opened,
            fd_count,
            shut,
            partial,
            timers,
            watched,
            marks,
            since,
            read_at,
            zone,
            unread,
            names: _,
            container: _,
            figures,
            user: _,
        } = self;
        *pid = new;
        *watched = is_watched;
        *has_stat = false;
        stat.comm.shrink_to(KEPT);
        *has_cmdline = false;
        *read_at = None;
        cmdline.clear();
        cmdline.shrink_to(KEPT);
        (*status, *label, *zone) = (None, None, None);
        (*host_pid, *owner, *since) = (None, None, None);
        (*ppid, *pgid, *sid, *marks) = (None, None, None, None);
        (*opened, *fd_count, *shut, *figures) = (None, None, None, None);
        partial.clear();
        timers.clear();
        (*ancestors, *facts, *unread) = (None, Facts::default(), Unread::default());
    }

    pub(super) fn stat(&self) -> Option<&Stat> {
        self.has_stat.then_some(&self.stat)
    }

    /// Notes that `file` could not be read, wholly or in part.
    pub(super) fn lacks(&mut self, file: &'static str, why: Missing) {
        if !self.partial.contains(&(file, why)) {
            self.partial.push((file, why));
        }
    }

    /// Whether a file of it did not answer.
    pub(super) fn has_silent(&self) -> bool {
        !self.unread.silent.is_empty()
    }

    /// The names for the process that is read, if they are known.
    pub(super) fn see(&mut self, names: Option<(u64, Tables)>) {
        let is_same = match (&self.names, &names) {
            (Some((_, old)), Some((_, new))) => old.is(new),
            _ => false,
        };
        if !is_same {
            self.user = None;
        }
        self.names = names;
    }

    pub(super) fn knows_user(&self, uid: Uid) -> bool {
        self.user.as_ref().is_some_and(|(known, _)| *known == uid)
    }
}

/// Neither a kernel thread nor a zombie has a command line.
pub(crate) fn has_no_cmdline(stat: &Stat) -> bool {
    stat.is_kernel_thread() || (stat.state == b'Z' && !stat.is_leaderless())
}
