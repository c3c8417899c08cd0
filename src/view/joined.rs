//! `Joined`: a view's container.

use std::{
    os::fd::BorrowedFd,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

#[cfg(feature = "filter")]
use super::names::Kind;
use super::{
    mount_names::{Aside, Member, MountNames, NameSearch, Turn},
    source::ProcSource,
    tables::Tables,
};
use crate::{
    error::Error,
    ids::{IdMaps, Pid},
    namespace::{HeldProcess, Numbers, Translator},
    procfs::Procfs,
    reader::{Failure, Space},
    value::Missing,
};

/// A view's container.
#[derive(Debug)]
pub(crate) struct Joined {
    pub(super) target: HeldProcess,
    pub(crate) source: ProcSource,
    /// The `/proc` in which the target was found.
    pub(crate) base: Arc<Procfs>,
    /// How many reads did not end in time while joining.
    pub(crate) left_behind: usize,
    /// The names of its users and groups, and the number of this process's own mount namespace, in
    /// which the name service tells them.
    pub(super) mount_names: MountNames,
    pub(super) own_mounts: Option<u64>,
    pub(super) service: Tables,
    pub(super) translator: Arc<Translator>,
    /// From the ids that are read to those inside.
    pub(crate) uids: Mapping,
    pub(crate) gids: Mapping,
    /// From the ids that are read to those of the host.
    pub(crate) host_uids: Mapping,
    pub(crate) host_gids: Mapping,
}

impl Joined {
    pub(crate) fn pid(&self) -> Pid {
        self.target.pid()
    }

    pub(super) fn target(&self) -> &HeldProcess {
        &self.target
    }

    /// Begins to look up names for a listing, or for one process, which may wait for them so long.
    pub(crate) fn search_names(&self, time: Duration) -> NameSearch {
        self.mount_names.search(time)
    }

    /// The names of users and groups for a process: those that it sees in its mount namespace. `None`
    /// if it has left that meanwhile, or has ended.
    pub(crate) fn names(&self, of: &Member, search: &NameSearch, way: Way<'_>) -> Option<Tables> {
        if self.own_mounts == Some(of.mounts) {
            return Some(self.service.clone());
        }
        let Way {
            dir,
            aside,
            mounts_now,
        } = way;
        let pending = match self.mount_names.turn_aside(of, search, aside)? {
            Turn::Known(tables) => return Some(tables),
            Turn::Ask(pending) => pending,
        };
        let target = &self.target;
        let whose = format!("the container of process {}", target.pid());
        let mut found = None;
        if target.mounts() == Some(of.mounts) {
            // The caller chose this process, and not whoever else has its mounts.
            let mut now = || target.mounts_now();
            found = pending.ask(search, target.dir(), &whose, aside, &mut now);
        }
        let whose = format!("the mount namespace of process {} in {whose}", of.pid);
        found.or_else(|| pending.ask(search, dir, &whose, aside, mounts_now))
    }

    /// Whether one of the mount namespaces whose names were looked up has this name, or one that is
    /// not known might have it.
    #[cfg(feature = "filter")]
    pub(crate) fn may_have(&self, kind: Kind, name: &[u8]) -> bool {
        self.mount_names.may_have(kind, name)
    }

    /// Why some of the names that were looked up are numbers, and how many mount namespaces did not
    /// answer in time.
    pub(crate) fn lacks_names(&self, search: &NameSearch) -> (Option<Error>, usize) {
        self.mount_names.lacks(search)
    }

    /// How full the file system is on which `path` lies, which begins at the root directory of the
    /// joined process.
    #[cfg_attr(
        not(any(test, feature = "system")),
        expect(dead_code, reason = "`system` alone asks")
    )]
    pub(crate) fn space(&self, path: &Path, until: Instant) -> Result<Space, Failure> {
        self.target.space(path, until)
    }

    pub(crate) fn numbers(&self) -> Numbers {
        self.translator.numbers(&self.base)
    }

    /// Whether its PID namespace is `other`'s or lies in it.
    pub(crate) fn lies_in(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.base, &other.base) && self.translator.lies_in(&other.translator)
    }

    /// Whether nothing is left of the container: its process has been reaped, and so has every other
    /// of its PID namespace, unless that is the one from which it was joined.
    /// `inside` is the `/proc` from which its processes are read.
    pub(super) fn has_ended(&self, inside: &Procfs) -> bool {
        if !self.target.has_been_reaped() {
            return false;
        }
        // What cannot be listed may still be there.
        let Ok(mut pids) = inside.pids() else {
            return false;
        };
        if self.is_from_outside() {
            let numbers = self.numbers();
            // So may a process that did not say whether it runs there.
            if self.level() > 0 && numbers.unknown().next().is_some() {
                return false;
            }
            pids.retain(|pid| numbers.inside(*pid).is_some());
        }
        pids.is_empty() || self.level() == 0
    }

    /// How many PID namespaces lie between that of the base's `/proc` and the container's.
    pub(crate) fn level(&self) -> usize {
        self.translator.level()
    }

    /// Whether the host's `/proc` is read.
    pub(crate) fn is_from_outside(&self) -> bool {
        matches!(self.source, ProcSource::Host(_))
    }
}

/// How the names of a process are asked for.
pub(crate) struct Way<'a> {
    /// Its directory.
    pub(crate) dir: BorrowedFd<'a>,
    /// Runs what waits for no process that is read.
    pub(crate) aside: &'a mut Aside<'a>,
    /// The number that its mount namespace has now.
    pub(crate) mounts_now: &'a mut dyn FnMut() -> Option<u64>,
}

/// How an id that was read is called elsewhere.
#[derive(Debug)]
pub(crate) enum Mapping {
    /// The same.
    Same,
    /// By this map of the user namespace; ids outside it are the overflow id.
    Inside(IdMaps, u32),
    /// By this map, the other way round.
    Outside(IdMaps, u32),
    /// Not known for this reason: the user namespace or its map could not be read.
    Unknown(Missing),
}

impl Mapping {
    /// It is unknown for this reason. Every process has a user namespace, so that there is no file
    /// means that the kernel does not show it.
    pub(super) fn unknown(why: Missing) -> Self {
        Self::Unknown(match why {
            Missing::None => Missing::Untold,
            why => why,
        })
    }

    /// What an ID that was read is called elsewhere, or why that is unknown.
    pub(crate) fn apply(&self, id: u32) -> Result<u32, Missing> {
        match self {
            Self::Same => Ok(id),
            Self::Inside(maps, overflow) => Ok(maps.to_container(id).unwrap_or(*overflow)),
            Self::Outside(maps, overflow) => Ok(maps.to_host(id).unwrap_or(*overflow)),
            Self::Unknown(why) => Err(*why),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_that_cannot_be_mapped_has_the_reason() {
        for (why, told) in [
            (Missing::Denied, Missing::Denied),
            (Missing::Silent, Missing::Silent),
            (Missing::None, Missing::Untold),
        ] {
            assert_eq!(Mapping::unknown(why).apply(7), Err(told));
        }
        assert_eq!(Mapping::Same.apply(7), Ok(7));
    }
}
