//! `Joined`: a view's container.

use std::{io, os::fd::OwnedFd, sync::Arc};

use super::source::ProcSource;
use crate::{
    ids::{IdMaps, Pid},
    namespace::{HeldProcess, Numbers, Translator},
    procfs::Procfs,
    watchdog::Patience,
};

/// A view's container.
#[derive(Debug)]
pub(crate) struct Joined {
    pub(super) target: HeldProcess,
    pub(crate) source: ProcSource,
    /// The `/proc` in which the target was found.
    pub(crate) base: Arc<Procfs>,
    /// Threads left behind while joining.
    pub(crate) left_behind: usize,
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

    /// The root directory of the joined process.
    #[cfg_attr(
        not(any(test, feature = "system")),
        expect(dead_code, reason = "`system` alone asks")
    )]
    pub(crate) fn root(&self, patience: &mut Patience) -> io::Result<OwnedFd> {
        Ok(self.target.reach(patience)?.root)
    }

    pub(crate) fn numbers(&self) -> Numbers {
        self.translator.numbers(&self.base)
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

/// How an id that was read is called elsewhere.
#[derive(Debug)]
pub(crate) enum Mapping {
    /// The same.
    Same,
    /// By this map of the user namespace; ids outside it are the overflow id.
    Inside(IdMaps, u32),
    /// By this map, the other way round.
    Outside(IdMaps, u32),
    /// Not known: the kernel did not tell the user namespace.
    Unknown,
}

impl Mapping {
    pub(crate) fn apply(&self, id: u32) -> Option<u32> {
        match self {
            Self::Same => Some(id),
            Self::Inside(maps, overflow) => Some(maps.to_container(id).unwrap_or(*overflow)),
            Self::Outside(maps, overflow) => Some(maps.to_host(id).unwrap_or(*overflow)),
            Self::Unknown => None,
        }
    }
}
