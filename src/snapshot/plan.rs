//! The cheapest set of files that has what is needed.

use super::{
    needs::{Files, Needs},
    simple,
};
use crate::{procfs::Procfs, view::Inner};

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
        // In a copy a number is that of a process, or there is none.
        let named = named && proc.is_genuine();
        let names = Needs::USERS | Needs::GROUPS;
        // Through a join they are those of the mount namespace.
        let by_mounts = view.joined.is_some() && needs.intersects(names);
        let by_mounts = by_mounts || needs.contains(Needs::CONTAINER_USERS);
        let needs = if by_mounts {
            needs | Needs::MNTNS
        } else {
            needs
        };
        let of_container = needs.intersects(Needs::CONTAINER | Needs::CONTAINER_NAME);
        let of_group = needs.contains(Needs::GROUP_FIGURES);
        let needs = if of_container || of_group {
            needs | Needs::CGROUP
        } else {
            needs
        };
        let mut files = Files::empty();
        files.set(Files::CONTAINER, of_container);
        files.set(Files::GROUPS, of_group);
        files.set(Files::STAT, needs.intersects(Needs::STAT | Needs::JOBS));
        files.set(Files::STATUS, needs.contains(Needs::STATUS) || named);
        files.set(Files::CMDLINE, needs.contains(Needs::CMDLINE));
        files.set(Files::LABEL, needs.contains(Needs::LABEL));
        if simple::files_for(needs).intersects(simple::LINKS) {
            // Without it nothing would prove whose links they are.
            files |= Files::STAT;
        }
        for (need, file) in [
            (Needs::FD_COUNT, Files::FD_COUNT),
            (Needs::FDS, Files::FDS),
            (Needs::FDINFO, Files::FDINFO | Files::FDS),
            (Needs::SOCKETS, Files::SOCKETS | Files::FDS),
            (Needs::PORTS, Files::SOCKETS | Files::FDS),
            (Needs::PEERS, Files::SOCKETS | Files::FDS),
            (Needs::PLACES, Files::PLACES | Files::FDS),
            (Needs::TIMERS, Files::TIMERS | Files::FDS),
            (Needs::ENDS, Files::PIPES | Files::FDS),
            (Needs::BEHIND, Files::BEHIND | Files::FDS),
            (
                Needs::METADATA,
                Files::METADATA | Files::BEHIND | Files::FDS,
            ),
            (
                Needs::PROTOCOLS,
                Files::PROTOCOLS | Files::SOCKETS | Files::FDS,
            ),
        ] {
            if needs.contains(need) {
                // Without it nothing would prove whose descriptors they are.
                files |= file | Files::STAT;
            }
        }
        if files.contains(Files::FDS) {
            // Whoever knows them can count them.
            files.remove(Files::FD_COUNT);
        }
        let names = names | Needs::HOST_USERS | Needs::HOST_GROUPS;
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
        if !proc.is_genuine() {
            // `statm` counts pages, of a size that a copy does not tell: these count bytes.
            files.set(
                Files::STATUS,
                files.contains(Files::STATUS) || needs.contains(Needs::RSS),
            );
            files.set(
                Files::STAT,
                files.contains(Files::STAT) || needs.contains(Needs::VSZ),
            );
        }
        // `statm` has both, and costs less than either of these.
        let mut simple = needs;
        simple.set(
            Needs::RSS,
            needs.contains(Needs::RSS) && !files.contains(Files::STATUS),
        );
        simple.set(
            Needs::VSZ,
            needs.contains(Needs::VSZ) && !files.contains(Files::STAT),
        );
        files |= simple::files_for(simple);
        Self {
            needs,
            outside,
            files,
            named,
        }
    }

    /// Whether `stat` of a process that has not run need not be read again: all that is taken from
    /// it is still valid then, and the command line proves that the number is still its own.
    pub(super) fn rests(&self) -> bool {
        // A process that shares its memory may have it mapped by the other one.
        let has_statm = self.files.intersects(simple::files_for(Needs::VSZ));
        let maps = self.needs.contains(Needs::VSZ) && !has_statm;
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
        let statm = simple::files_for(Needs::RSS);
        let io = simple::files_for(Needs::IO);
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
            ("pid,user,comm,rss", STAT | Files::OWNER | statm),
            ("rss", statm),
            ("rss,vsz", statm),
            ("vsz,comm", STAT),
            ("args", STAT | Files::CMDLINE),
            ("label", Files::LABEL),
            ("pcpu,readps", STAT | io),
            ("fds", STAT | Files::FD_COUNT),
            ("fds,files", STAT | Files::FDS),
            ("lports", STAT | Files::FDS | Files::SOCKETS),
            (
                "container,cgroup",
                simple::files_for(Needs::CGROUP) | Files::CONTAINER,
            ),
            ("pidns", STAT | simple::files_for(Needs::PIDNS)),
            ("netns,mntns,userns,exe,cwd,pidns", STAT | simple::LINKS),
            ("pmem", statm),
            ("ancestors", STAT),
            // Without a join there is nothing to translate.
            ("hpid", Files::empty()),
        ] {
            assert_eq!(files(columns), wanted, "{columns}");
        }
    }

    #[test]
    fn a_process_that_has_not_run_is_read_again_for_what_others_can_change() {
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
        let files = |needs| Plan::new(needs, &view.0, &view.0.proc, false, false).files;
        assert_eq!(files(Needs::EFFECTIVE), Files::STATUS);
        // Nor are the pages of its memory as large as those of this machine.
        assert_eq!(files(Needs::RSS), Files::STATUS);
        assert_eq!(files(Needs::VSZ), Files::STAT);
    }
}
