//! The container of the process that is read, and what its control group uses.

use super::{entry::Entry, needs::Files, read::Reading};
use crate::runtimes::Search;

impl Reading<'_> {
    /// Finds its container and what its control group uses, as far as that is asked for: what is known
    /// without files, where these are to be avoided.
    pub(super) fn find_container(&mut self, entry: Entry, files: Files, containers: &Search) {
        let pulse = self.pulse;
        let aside = &mut |work: &mut dyn FnMut()| pulse.aside(work);
        let groups = self.task.facts.cgroup.as_ref();
        if self.plan.files.contains(Files::CONTAINER) {
            let before = self.task.container.take();
            let may_read = files.contains(Files::CONTAINER);
            if may_read {
                pulse.at(Files::CONTAINER);
            }
            self.task.container = containers.find(entry.read, groups, before, may_read, aside);
        }
        if files.contains(Files::GROUPS)
            && let Some(groups) = groups
        {
            pulse.at(Files::GROUPS);
            let at = self.view.clock_of_samples(self.view.now().ok());
            self.task.figures = containers.figures(groups, at, aside);
        }
    }
}
