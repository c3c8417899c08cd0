//! `GroupSeen`: what control groups use, each read once for a listing.

use std::{
    collections::HashMap,
    io,
    sync::{Arc, Mutex},
    time::Duration,
};

use super::once::{Aside, Once};
use crate::{
    control_group::{Figures, Groups, percent_of_time},
    format::pid::{Cgroup, Mountinfo},
    procfs::Procfs,
    sync::lock,
    value::Missing,
    wait::process_file,
};

/// The processor time that control groups had used, each at a moment.
#[derive(Debug, Default, Clone)]
pub(crate) struct Usage(HashMap<Vec<u8>, (Duration, Duration)>);

/// What a control group uses and may use, and what it used of processors since the previous sample.
#[derive(Debug)]
pub(crate) struct GroupSeen {
    pub(crate) figures: Figures,
    /// In percent of one processor; known in a watch.
    pub(crate) cpu_percent: Result<f64, Missing>,
}

/// The control groups of a listing.
#[derive(Debug)]
pub(super) struct AllGroups {
    /// What is mounted where, or why that is not known.
    mounts: Result<Mountinfo, Missing>,
    known: Mutex<HashMap<Vec<u8>, Arc<Once<GroupSeen>>>>,
    before: Usage,
    now: Mutex<Usage>,
}

impl AllGroups {
    pub(super) fn new(mounts: io::Result<Mountinfo>, before: Option<Usage>) -> Self {
        Self {
            mounts: mounts.map_err(|error| Missing::because_of(&error)),
            known: Mutex::default(),
            before: before.unwrap_or_default(),
            now: Mutex::default(),
        }
    }

    /// What the groups of a process use, read `at` that time by the first who asks.
    pub(super) fn seen(
        &self,
        groups: &Cgroup,
        at: Duration,
        aside: &mut Aside<'_>,
    ) -> Arc<GroupSeen> {
        let key = key(groups);
        let once = Arc::clone(lock(&self.known).entry(key.clone()).or_default());
        let seen = once.get(aside, |_| self.read(groups, key, at));
        seen.unwrap_or_else(|| Arc::new(GroupSeen::unknown(Missing::Silent)))
    }

    fn read(&self, groups: &Cgroup, key: Vec<u8>, at: Duration) -> GroupSeen {
        let mounts = match &self.mounts {
            Ok(mounts) => mounts,
            Err(why) => return GroupSeen::unknown(*why),
        };
        let figures = match Groups::open(groups, &mounts.rows) {
            Ok(groups) => Figures::of(&groups),
            Err(error) => return GroupSeen::unknown(Missing::because_of(&error)),
        };
        let cpu_percent = figures.cpu.and_then(|used| {
            let before = self.before.0.get(&key).ok_or(Missing::None);
            let percent = before.and_then(|(then, before)| {
                percent_of_time(used.saturating_sub(*before), at.checked_sub(*then))
            });
            lock(&self.now).0.insert(key, (at, used));
            percent
        });
        GroupSeen {
            figures,
            cpu_percent,
        }
    }

    /// What the groups had used that were read, for the next sample.
    pub(super) fn usage(&self) -> Usage {
        lock(&self.now).clone()
    }
}

impl GroupSeen {
    fn unknown(why: Missing) -> Self {
        Self {
            figures: Figures::unknown(why),
            cpu_percent: Err(why),
        }
    }
}

/// What this process has mounted.
pub(crate) fn mounts(proc: &Procfs) -> io::Result<Mountinfo> {
    let mounts = proc.read(&process_file!("mountinfo").of_self())?;
    Mountinfo::parse(&mounts).map_err(io::Error::other)
}

/// The paths by which groups are the same.
fn key(groups: &Cgroup) -> Vec<u8> {
    let mut key = Vec::new();
    for row in &groups.rows {
        key.extend_from_slice(&row.hierarchy.to_ne_bytes());
        key.extend_from_slice(&row.path.path);
        key.push(0);
    }
    key
}
