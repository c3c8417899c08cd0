//! The mount namespace of a process that is seen through a join, and the names in it.

use super::{entry::Entry, needs::Needs, read::Reading};
use crate::{
    namespace::inode_in,
    value::Missing,
    view::{Member, Way},
    wait::process_file,
};

impl Reading<'_> {
    /// Finds the names that the process sees, if it is seen through a join, or is in a container whose
    /// names are asked for.
    pub(super) fn find_names(&mut self, entry: Entry) {
        let Some(search) = self.names else { return };
        let joined = self.view.joined.as_ref();
        let is_outside = joined.is_none() && self.task.container.is_none();
        if is_outside || self.is_copy {
            self.task.see(None);
            return;
        }
        let task = &self.task;
        let Some(mounts) = task.facts.mntns else {
            // What has ended has no mount namespace any more, and ids that are numbers.
            let why = task.unread.why(Needs::MNTNS);
            if why != Missing::None {
                search.untold(entry.pid, why);
            }
            self.task.see(None);
            return;
        };
        if task.names.as_ref().is_some_and(|(of, _)| *of == mounts) {
            return;
        }
        let files = &self.files;
        let (Some(stat), Some(dir)) = (task.stat(), files.held()) else {
            self.task.see(None);
            return;
        };
        let member = Member {
            pid: entry.pid,
            read: entry.read,
            start: stat.starttime,
            mounts,
        };
        let way = Way {
            dir,
            aside: &mut |work| self.pulse.aside(work),
            mounts_now: &mut || inode_in(&files.link(process_file!("ns/mnt")).ok()?),
        };
        let names = match joined {
            Some(joined) => joined.names(&member, search, way),
            None => self.view.host_names.names_inside(&member, search, way),
        };
        self.task.see(names.map(|names| (mounts, names)));
    }
}
