//! What was read of one process.

use std::time::Duration;

use super::{
    needs::Needs,
    opened::{Opened, PosixTimer},
};
use crate::{
    bytes,
    error::Error,
    format::pid::{self, Stat, Status},
    ids::{Gid, Pid, Uid},
    procfs::KEPT,
    value::{Missing, Text},
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
    /// Why what it holds open is not known.
    pub(super) shut: Option<Error>,
    pub(super) timers: Vec<PosixTimer>,
    /// Whether it is being watched, so that rates are of the time since the previous sample.
    pub(super) watched: bool,
    /// What tells at the next sample whether its stat is still valid.
    pub(super) marks: Option<Marks>,
    /// What it did since the previous sample.
    pub(super) since: Option<Since>,
    /// Since boot.
    pub(super) read_at: Duration,
    pub(super) zone: Option<(i32, Box<str>)>,
    pub(super) unread: Unread,
    /// The user of the listing that was seen last, and its name: consecutive processes often
    /// have the same user, and all threads share the view's table of names.
    pub(super) user: Option<(Uid, Text)>,
}

/// What files and links of one record each say of a process: see
/// [`SIMPLE`](super::simple::SIMPLE). It is forgotten as a whole before the next process is read.
#[derive(Debug, Default)]
pub(crate) struct Facts {
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
}

/// What could not be read of a process, and why.
#[derive(Debug, Default)]
pub(super) struct Unread {
    denied: Needs,
    unsupported: Needs,
    silent: Needs,
    malformed: Needs,
}

impl Unread {
    /// What needs this is unknown for that reason.
    pub(super) fn add(&mut self, needs: Needs, why: Missing) {
        match why {
            Missing::Denied => self.denied |= needs,
            Missing::Unsupported => self.unsupported |= needs,
            Missing::Silent => self.silent |= needs,
            Missing::Malformed => self.malformed |= needs,
            Missing::None | Missing::NotJoined => (),
        }
    }

    /// Why what needs this is unknown.
    pub(super) fn why(&self, needs: Needs) -> Missing {
        let reasons = [
            (self.silent, Missing::Silent),
            (self.denied, Missing::Denied),
            (self.unsupported, Missing::Unsupported),
            (self.malformed, Missing::Malformed),
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
            shut,
            timers,
            watched,
            marks,
            since,
            read_at,
            zone,
            unread,
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
        (*host_pid, *owner, *since) = (None, None, None);
        (*ppid, *pgid, *sid, *marks) = (None, None, None, None);
        (*opened, *shut) = (None, None);
        timers.clear();
        (*ancestors, *facts, *unread) = (None, Facts::default(), Unread::default());
    }

    pub(super) fn stat(&self) -> Option<&Stat> {
        self.has_stat.then_some(&self.stat)
    }

    /// Whether a file of it did not answer.
    pub(super) fn has_silent(&self) -> bool {
        !self.unread.silent.is_empty()
    }

    pub(super) fn knows_user(&self, uid: Uid) -> bool {
        self.user.as_ref().is_some_and(|(known, _)| *known == uid)
    }
}

/// Neither a kernel thread nor a zombie has a command line.
pub(super) fn has_no_cmdline(stat: &Stat) -> bool {
    stat.is_kernel_thread() || (stat.state == b'Z' && !stat.is_leaderless())
}

/// The inode in `net:[4026531840]`, the target of a link to a namespace.
pub(super) fn inode_in(link: &[u8]) -> Option<u64> {
    let (_, number) = bytes::split_once(link, b'[')?;
    bytes::decimal(number.strip_suffix(b"]")?)
}
