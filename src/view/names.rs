//! Names of ids: the host's by the name service, a container's by its own files.

use std::{
    collections::{HashMap, HashSet},
    sync::{Mutex, RwLock},
    time::{Duration, Instant},
};

use crate::{
    ids::{Gid, GroupNames, Uid, UserNames},
    sync::{lock, read, write},
    value::Text,
};

/// Users or groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    User,
    Group,
}

impl Kind {
    /// The file that names them, below a root.
    pub(crate) fn file(self) -> &'static str {
        match self {
            Self::User => "etc/passwd",
            Self::Group => "etc/group",
        }
    }

    /// The names in such a file.
    pub(crate) fn parse(self, bytes: &[u8]) -> Names {
        match self {
            Self::User => Names::Users(UserNames::parse(bytes)),
            Self::Group => Names::Groups(GroupNames::parse(bytes)),
        }
    }
}

/// The names that go with a view.
#[derive(Debug)]
pub(crate) enum Names {
    /// Of this host, asked once for each id.
    Service {
        kind: Kind,
        known: RwLock<Known>,
        budget: Mutex<Budget>,
    },
    /// Those of a passwd file.
    Users(UserNames),
    /// Those of a group file.
    Groups(GroupNames),
}

/// No more ids without a name are remembered: a process can be in 65,536 groups, of which none
/// has one.
const NAMELESS: usize = 1 << 16;

/// No more ids without a name are asked for in one span of time, of users or of groups: the 65,536
/// groups of one process would take six seconds where the name service is quick, and any container
/// may have as many in each of its processes, and as many users.
const MOST_NAMELESS: usize = 4096;

/// Nor is more of that time spent on them: a name service may be at the other end of a network.
const MOST_TIME: Duration = Duration::from_secs(2);

/// The span of time.
const SPAN: Duration = Duration::from_secs(10);

/// No more supplementary groups without a name are asked for of one process: so that those of one
/// do not use up what is left for others.
const MOST_OF_ONE: usize = 64;

/// How many ids may still be asked for that turn out to have no name. Those that have one are no more
/// than the host has, and are remembered.
#[derive(Debug, Default)]
pub(crate) struct Budget {
    begun: Option<Instant>,
    nameless: usize,
    /// What it took to find out that they have none.
    time: Duration,
    /// Ids that were not asked for, since that was last taken.
    unasked: usize,
}

impl Budget {
    /// Whether one more may be asked for; otherwise that is counted.
    fn allows(&mut self, of_one: usize, now: Instant) -> bool {
        let is_over = |begun: Instant| now.saturating_duration_since(begun) >= SPAN;
        if self.begun.is_none_or(is_over) {
            (self.begun, self.nameless, self.time) = (Some(now), 0, Duration::ZERO);
        }
        let is_left = self.nameless < MOST_NAMELESS && self.time < MOST_TIME;
        let allows = of_one < MOST_OF_ONE && is_left;
        self.unasked += usize::from(!allows);
        allows
    }
}

/// What the name service said.
#[derive(Debug, Default)]
pub(crate) struct Known {
    names: HashMap<u32, Text>,
    /// Ids without a name.
    nameless: HashSet<u32>,
}

impl Known {
    fn has(&self, id: u32) -> bool {
        self.names.contains_key(&id) || self.nameless.contains(&id)
    }

    fn remember(&mut self, id: u32, name: Option<Text>) {
        if let Some(name) = name {
            self.names.insert(id, name);
            return;
        }
        if self.nameless.len() >= NAMELESS {
            // Forgotten they are as they were: nameless, but for being asked again.
            self.nameless.clear();
        }
        self.nameless.insert(id);
    }
}

impl Names {
    /// Those of this host.
    pub(crate) fn of_host(kind: Kind) -> Self {
        Self::Service {
            kind,
            known: RwLock::default(),
            budget: Mutex::default(),
        }
    }

    /// Asks for the name of `id`, so that it is known; this may take the time of a network. Only so
    /// many are asked for that have no name.
    pub(crate) fn learn(&self, id: u32) {
        self.learn_of_many(id, &mut 0);
    }

    /// As [`learn`](Self::learn), for one of the ids of which a process may have tens of thousands:
    /// of one process, for which `nameless` counts, fewer are asked for.
    pub(crate) fn learn_of_many(&self, id: u32, nameless: &mut usize) {
        let Self::Service {
            kind,
            known,
            budget,
        } = self
        else {
            return;
        };
        if read(known).has(id) {
            return;
        }
        let begun = Instant::now();
        if !lock(budget).allows(*nameless, begun) {
            return;
        }
        let name = ask(*kind, id);
        if name.is_none() {
            *nameless += 1;
            let mut budget = lock(budget);
            budget.nameless += 1;
            budget.time += begun.elapsed();
        }
        write(known).remember(id, name);
    }

    /// How many ids were not asked for since this was asked last.
    pub(crate) fn take_unasked(&self) -> usize {
        match self {
            Self::Service { budget, .. } => std::mem::take(&mut lock(budget).unasked),
            _ => 0,
        }
    }

    /// The name of `id`, if it has one and it was [learnt](Self::learn).
    pub(crate) fn name(&self, id: u32) -> Option<Text> {
        match self {
            Self::Service { known, .. } => read(known).names.get(&id).cloned(),
            Self::Users(names) => names.name(Uid::new(id)),
            Self::Groups(names) => names.name(Gid::new(id)),
        }
    }

    /// Whether there is such a name; `None` where no name is known at all. This may take the time
    /// of a network.
    #[cfg(feature = "filter")]
    pub(crate) fn has(&self, name: &[u8]) -> Option<bool> {
        match self {
            Self::Service { kind, .. } => ask_for(*kind, name),
            Self::Users(names) => (!names.is_empty()).then(|| names.has(name)),
            Self::Groups(names) => (!names.is_empty()).then(|| names.has(name)),
        }
    }

    /// The [name](Self::name) of `id`, or the number where there is none: how ids are shown.
    pub(crate) fn name_or_number(&self, id: u32) -> Text {
        self.name(id).unwrap_or_else(|| Text::from(id.to_string()))
    }
}

#[cfg(feature = "nss")]
fn ask(kind: Kind, id: u32) -> Option<Text> {
    use std::os::unix::ffi::OsStrExt;
    match kind {
        Kind::User => users::get_user_by_uid(id).map(|user| Text::from(user.name().as_bytes())),
        Kind::Group => users::get_group_by_gid(id).map(|group| Text::from(group.name().as_bytes())),
    }
}

/// Whether the name service knows this name; nothing where nobody can tell.
#[cfg(all(feature = "filter", feature = "nss"))]
#[expect(
    clippy::unnecessary_wraps,
    reason = "without the name service nobody may be able to tell"
)]
fn ask_for(kind: Kind, name: &[u8]) -> Option<bool> {
    use std::{ffi::OsStr, os::unix::ffi::OsStrExt};
    let name = OsStr::from_bytes(name);
    Some(match kind {
        Kind::User => users::get_user_by_name(name).is_some(),
        Kind::Group => users::get_group_by_name(name).is_some(),
    })
}

#[cfg(all(feature = "filter", not(feature = "nss")))]
fn ask_for(kind: Kind, name: &[u8]) -> Option<bool> {
    // Without a file no name is known, and none is wrong.
    host_file(kind).has(name)
}

/// Without the name service: the host's files, read once.
#[cfg(not(feature = "nss"))]
fn ask(kind: Kind, id: u32) -> Option<Text> {
    host_file(kind).name(id)
}

#[cfg(not(feature = "nss"))]
fn host_file(kind: Kind) -> &'static Names {
    use std::{path::Path, sync::OnceLock};
    static USERS: OnceLock<Names> = OnceLock::new();
    static GROUPS: OnceLock<Names> = OnceLock::new();
    let names = match kind {
        Kind::User => &USERS,
        Kind::Group => &GROUPS,
    };
    // Ids of a file that cannot be read are shown as numbers, as those that the name service does
    // not know.
    let read = || kind.parse(&std::fs::read(Path::new("/").join(kind.file())).unwrap_or_default());
    names.get_or_init(read)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_without_a_name_are_asked_for_so_many_times_and_no_more() {
        // Far above all that have a name.
        let first = 3_000_000_000;
        let names = Names::of_host(Kind::Group);
        let mut nameless = 0;
        for id in first..first + 65_536 {
            names.learn_of_many(id, &mut nameless);
        }
        assert_eq!(nameless, MOST_OF_ONE);
        assert_eq!(names.take_unasked(), 65_536 - MOST_OF_ONE);
        assert_eq!(names.take_unasked(), 0);
        // What is known is not asked for again, and costs nothing.
        names.learn_of_many(first, &mut nameless);
        assert_eq!(names.take_unasked(), 0);
        // The group of root has a name, and another process is asked for.
        let mut other = 0;
        names.learn_of_many(0, &mut other);
        assert_eq!((names.name(0), other), (Some(Text::word("root")), 0));
    }

    #[test]
    fn users_without_a_name_are_asked_for_so_many_times_and_no_more() {
        let first = 3_000_000_000;
        let names = Names::of_host(Kind::User);
        (first..first + 20_000).for_each(|id| names.learn(id));
        let Names::Service { budget, .. } = &names else {
            panic!("{names:?}");
        };
        let (nameless, unasked) = {
            let budget = lock(budget);
            (budget.nameless, budget.unasked)
        };
        assert!(nameless <= 2 * MOST_NAMELESS, "{nameless}");
        assert_eq!(nameless + unasked, 20_000);
        assert!(names.take_unasked() > 0);
        assert_eq!(names.name_or_number(first), Text::word("3000000000"));
    }

    #[test]
    fn what_is_left_to_ask_comes_back_with_time() {
        let (mut budget, begun) = (Budget::default(), Instant::now());
        assert!(budget.allows(0, begun));
        budget.nameless = MOST_NAMELESS;
        assert!(!budget.allows(0, begun));
        assert!(!budget.allows(0, begun + Duration::from_millis(1)));
        assert!(budget.allows(0, begun + SPAN));
        assert!(!budget.allows(MOST_OF_ONE, begun + SPAN));
        assert_eq!(budget.unasked, 3);
        // A few that took long.
        budget.time = MOST_TIME;
        assert!(!budget.allows(0, begun + SPAN));
        assert!(budget.allows(0, begun + 2 * SPAN));
    }

    #[test]
    fn ids_without_a_name_do_not_pile_up() {
        let mut known = Known::default();
        known.remember(7, Some(Text::word("seven")));
        for id in 0..5_000_000 {
            known.remember(1_000_000 + id, None);
            assert!(known.nameless.len() <= NAMELESS);
        }
        assert!(known.has(7) && known.has(5_999_999));
        assert_eq!(known.names.len(), 1);
    }
}
