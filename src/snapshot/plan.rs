//! Which files tell what is needed, at the least cost.

use super::Needs;
use crate::{procfs::Procfs, view::Inner};

bitflags::bitflags! {
    /// What is asked of the kernel for each process, in this order.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(crate) struct Files: u16 {
        const STAT = 1;
        const OWNER = 1 << 1;
        const HOST_PID = 1 << 2;
        const STATUS = 1 << 3;
        const STATM = 1 << 4;
        const CMDLINE = 1 << 5;
        const LABEL = 1 << 6;
        const NAMES = 1 << 7;
        const IO = 1 << 8;
        const FDS = 1 << 9;
        const FDINFO = 1 << 10;
        const SOCKETS = 1 << 11;
        const PLACES = 1 << 12;
        const TIMERS = 1 << 13;
        const CGROUP = 1 << 14;
        const LINKS = 1 << 15;
    }
}

/// The links that columns ask for, each by its own need.
pub(super) const LINKS: [(Needs, &str); 6] = [
    (Needs::PIDNS, "ns/pid"),
    (Needs::NETNS, "ns/net"),
    (Needs::MNTNS, "ns/mnt"),
    (Needs::USERNS, "ns/user"),
    (Needs::EXE, "exe"),
    (Needs::CWD, "cwd"),
];

/// What to read of each process.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plan {
    pub(super) needs: Needs,
    /// The `/proc` is not that of the PID namespace of the listing: numbers are translated.
    pub(super) outside: bool,
    pub(super) files: Files,
    /// The processes were asked for by number, so that a number may be a thread's.
    pub(super) named: bool,
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
        files.set(Files::IO, needs.contains(Needs::IO));
        files.set(Files::CGROUP, needs.contains(Needs::CGROUP));
        if LINKS.iter().any(|(need, _)| needs.contains(*need)) {
            // Without it nothing would prove whose links they are.
            files |= Files::LINKS | Files::STAT;
        }
        for (need, file) in [
            (Needs::FDS, Files::FDS),
            (Needs::FDINFO, Files::FDINFO | Files::FDS),
            (Needs::SOCKETS, Files::SOCKETS | Files::FDS),
            (Needs::PLACES, Files::PLACES | Files::FDS),
            (Needs::TIMERS, Files::TIMERS | Files::FDS),
        ] {
            if needs.contains(need) {
                // Without it nothing would prove whose descriptors they are.
                files |= file | Files::STAT;
            }
        }
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
        if needs.contains(Needs::HOST_PID) && view.joined.is_some() {
            // A translation is believed on the same terms.
            files |= Files::HOST_PID | Files::STAT;
        }
        if needs.contains(Needs::ANCESTRY) {
            files |= Files::STAT;
        }
        if outside {
            files |= Files::STAT;
        }
        let tells_rss = files.contains(Files::STATUS);
        let tells_vsz = files.contains(Files::STAT);
        if (needs.contains(Needs::RSS) && !tells_rss) || (needs.contains(Needs::VSZ) && !tells_vsz)
        {
            // It has both, and costs less than either.
            files |= Files::STATM;
        }
        Self {
            needs,
            outside,
            files,
            named,
        }
    }

    /// Whether stat need not be read again of who has not run: all that is taken from it stays
    /// true then, and the command line proves whose number it is.
    pub(super) fn rests(&self) -> bool {
        // Whoever shares his memory with another process has it mapped by that one, too.
        let maps = self.needs.contains(Needs::VSZ) && !self.files.contains(Files::STATM);
        self.files.contains(Files::STAT | Files::CMDLINE)
            && !self.needs.intersects(Needs::OTHERS | Needs::JOBS)
            && !maps
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{descriptor, view::View};

    fn needs(columns: &str) -> Needs {
        let columns = columns.split(',');
        let needs = columns.map(|name| descriptor::find(name).unwrap().needs);
        needs.fold(Needs::empty(), |sum, needs| sum | needs)
    }

    /// The files that are read for these columns of each of all processes.
    fn files(columns: &str) -> Files {
        let view = View::host().unwrap();
        let files = Plan::new(needs(columns), &view.0, &view.0.proc, false, false).files;
        // Names are no file of a process.
        files.difference(Files::NAMES)
    }

    #[test]
    fn each_set_of_columns_has_the_fewest_files() {
        const STAT: Files = Files::STAT;
        const STATUS: Files = Files::STATUS;
        for (columns, wanted) in [
            ("pid", Files::empty()),
            (
                "user,pid,ppid,pcpu,etime,tty,time,args",
                STAT | Files::OWNER | Files::CMDLINE,
            ),
            ("pid,comm", STAT),
            ("pid,ppid,pgid,sid,state,nice,nlwp", STAT),
            ("pid,user,group", STAT | Files::OWNER),
            ("pid,user,capeff,seccomp", STATUS),
            ("pid,user,ruser,groups,rss", STATUS),
            ("pid,user,comm,rss", STAT | Files::OWNER | Files::STATM),
            ("rss", Files::STATM),
            ("rss,vsz", Files::STATM),
            ("vsz,comm", STAT),
            ("args", STAT | Files::CMDLINE),
            ("label", Files::LABEL),
            ("pcpu,readps", STAT | Files::IO),
            ("fds", STAT | Files::FDS),
            ("lports", STAT | Files::FDS | Files::SOCKETS),
            ("container,cgroup", Files::CGROUP),
            ("pidns", STAT | Files::LINKS),
            ("netns,mntns,userns,exe,cwd", STAT | Files::LINKS),
            ("pmem", Files::STATM),
            ("ancestors", STAT),
            // Without a join there is nothing to translate.
            ("hpid", Files::empty()),
        ] {
            assert_eq!(files(columns), wanted, "{columns}");
        }
    }

    #[test]
    fn who_has_not_run_is_read_again_for_what_others_can_change() {
        let view = View::host().unwrap();
        for (columns, rests) in [
            ("user,pid,ppid,pcpu,etime,tty,time,args", true),
            ("args,comm,nlwp,vsz,rss,minfltps,readps,stime", true),
            ("args,state", false),
            ("args,nice", false),
            ("args,pgid", false),
            ("args,sid", false),
            ("args,ancestors", false),
            ("args,vsz", false),
            // Nothing would prove whose number it is.
            ("user,pid,ppid,pcpu", false),
        ] {
            let plan = Plan::new(needs(columns), &view.0, &view.0.proc, false, false);
            assert_eq!(plan.rests(), rests, "{columns}");
        }
    }

    #[test]
    fn a_number_that_was_named_may_be_that_of_a_thread() {
        let view = View::host().unwrap();
        let plan = Plan::new(Needs::STAT, &view.0, &view.0.proc, true, false);
        assert_eq!(plan.files, Files::STAT | Files::STATUS);
    }

    #[test]
    fn the_owner_of_a_copy_is_not_that_of_the_process() {
        let copy = std::env::temp_dir();
        let view = View::at(copy).unwrap();
        let plan = Plan::new(Needs::EFFECTIVE, &view.0, &view.0.proc, false, false);
        assert_eq!(plan.files, Files::STATUS);
    }
}
