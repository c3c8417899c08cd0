//! Names of ids: the host's by the name service, a container's by its own files.

use std::{
    collections::{HashMap, HashSet},
    sync::RwLock,
};

use crate::{
    ids::{Gid, GroupNames, Uid, UserNames},
    sync::{read, write},
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
    Service { kind: Kind, known: RwLock<Known> },
    /// Those of a passwd file.
    Users(UserNames),
    /// Those of a group file.
    Groups(GroupNames),
}

/// No more ids without a name are remembered: a process can be in 65,536 groups, of which none
/// has one.
const NAMELESS: usize = 1 << 16;

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
        }
    }

    /// Asks for the name of `id`, so that it is known; this may take the time of a network.
    pub(crate) fn learn(&self, id: u32) {
        let Self::Service { kind, known } = self else {
            return;
        };
        if !read(known).has(id) {
            let name = ask(*kind, id);
            write(known).remember(id, name);
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

/// Without the name service: the host's files, read once.
#[cfg(not(feature = "nss"))]
fn ask(kind: Kind, id: u32) -> Option<Text> {
    use std::{path::Path, sync::OnceLock};
    static USERS: OnceLock<Names> = OnceLock::new();
    static GROUPS: OnceLock<Names> = OnceLock::new();
    let names = match kind {
        Kind::User => &USERS,
        Kind::Group => &GROUPS,
    };
    let read = || kind.parse(&std::fs::read(Path::new("/").join(kind.file())).unwrap_or_default());
    names.get_or_init(read).name(id)
}

#[cfg(test)]
mod tests {
    use super::*;

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
