//! The parents of all processes, from which the ancestors of each follow.

use std::collections::{HashMap, HashSet};

use crate::ids::Pid;

/// The parent of each process, in the numbers of the listing.
#[derive(Debug, Default)]
pub(super) struct Ancestry(HashMap<Pid, Pid>);

impl Ancestry {
    pub(super) fn new(parents: HashMap<Pid, Pid>) -> Self {
        Self(parents)
    }

    /// `parent` and all above it, the nearest first. The first process has none.
    pub(super) fn above(&self, parent: i32) -> Vec<Pid> {
        let mut above = Vec::new();
        // Parents were read one after the other, so that a number that was used again could have
        // its own child for an ancestor.
        let mut met = HashSet::new();
        let mut next = number(parent);
        while let Some(pid) = next
            && met.insert(pid)
        {
            above.push(pid);
            next = self.0.get(&pid).copied();
        }
        above
    }
}

/// 0 is no process.
pub(super) fn number(pid: i32) -> Option<Pid> {
    u32::try_from(pid).ok().filter(|pid| *pid > 0).map(Pid::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ancestry(pairs: &[(u32, u32)]) -> Ancestry {
        let pairs = pairs.iter();
        Ancestry(pairs.map(|(a, b)| (Pid::new(*a), Pid::new(*b))).collect())
    }

    #[test]
    fn ancestors_end_at_the_first_process_and_in_no_circle() {
        let above = |ancestry: &Ancestry, pid| -> Vec<u32> {
            ancestry.above(pid).into_iter().map(Pid::get).collect()
        };
        let tree = ancestry(&[(4, 3), (3, 1)]);
        assert_eq!(above(&tree, 4), [4, 3, 1]);
        assert_eq!(above(&tree, 0), [0; 0]);
        assert_eq!(above(&tree, -1), [0; 0]);
        assert_eq!(above(&tree, 9), [9]);
        let circle = ancestry(&[(4, 3), (3, 4), (5, 5)]);
        assert_eq!(above(&circle, 4), [4, 3]);
        assert_eq!(above(&circle, 5), [5]);
    }
}
