//! Which processes belong to some containers: those that are in them, and what descends from these.

use std::collections::{HashMap, HashSet};

use super::ancestry::Ancestry;
use crate::ids::{Pid, ProcessId};

/// What a process tells of where it belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// One of the containers.
    Inside,
    /// Another container.
    Elsewhere,
    /// No container that is known.
    Nowhere,
}

/// A process, and where it belongs.
pub(super) struct Told {
    pub(super) start: Option<u64>,
    pub(super) parent: Option<Pid>,
    pub(super) place: Place,
    /// Whether its control groups could not be read.
    pub(super) is_unread: bool,
}

/// Those that are inside, and those whose nearest ancestor that is in a container is.
pub(super) fn select(told: &HashMap<Pid, Told>, init: ProcessId) -> HashSet<Pid> {
    let parents = told.iter();
    let parents = parents.filter_map(|(pid, told)| Some((*pid, told.parent?)));
    let ancestry = Ancestry::new(parents.collect());
    // Of a container without a control group the first process is known alone.
    let is_init = |pid: &Pid, told: &Told| {
        *pid == init.pid && (init.start.is_none() || init.start == told.start)
    };
    let place = |pid: &Pid| {
        let told = told.get(pid)?;
        Some(if is_init(pid, told) {
            Place::Inside
        } else {
            told.place
        })
    };
    let is_member = |pid: &&Pid| {
        let above = told.get(*pid).and_then(|told| told.parent);
        let above = above.map(|parent| ancestry.above(i32::try_from(parent.get()).unwrap_or(0)));
        let line = std::iter::once(**pid).chain(above.into_iter().flatten());
        let mut places = line.filter_map(|pid| place(&pid));
        places.find(|place| *place != Place::Nowhere) == Some(Place::Inside)
    };
    told.keys().filter(is_member).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::ancestry;

    #[test]
    fn what_descends_from_a_container_belongs_to_it_unless_it_is_in_another() {
        use Place::{Elsewhere, Inside, Nowhere};
        let told: HashMap<Pid, Told> = [
            (1, 0, Nowhere),
            // Its first process, one that has left its group, a child of that.
            (10, 1, Inside),
            (11, 10, Nowhere),
            (12, 11, Nowhere),
            // In its group, started from outside.
            (20, 1, Inside),
            // Another container, started from this one, and what has left that.
            (30, 10, Elsewhere),
            (31, 30, Nowhere),
            // A circle of numbers that were used again.
            (40, 41, Nowhere),
            (41, 40, Nowhere),
            // One that has no group, and its child.
            (50, 1, Nowhere),
            (51, 50, Nowhere),
        ]
        .map(|(pid, parent, place)| {
            let told = Told {
                start: Some(7),
                parent: ancestry::number(parent),
                place,
                is_unread: false,
            };
            (Pid::new(pid), told)
        })
        .into();
        let members = |init: u32, start| {
            let init = ProcessId {
                pid: Pid::new(init),
                start: Some(start),
            };
            let mut all: Vec<_> = select(&told, init).into_iter().map(Pid::get).collect();
            all.sort_unstable();
            all
        };
        assert_eq!(members(10, 7), [10, 11, 12, 20]);
        assert_eq!(members(50, 7), [10, 11, 12, 20, 50, 51]);
        // Another has its number by now.
        assert_eq!(members(50, 8), [10, 11, 12, 20]);
    }
}
