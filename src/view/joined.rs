//! `Joined`: a view's container.

use std::{path::Path, sync::Arc, time::Instant};

use super::source::ProcSource;
use crate::{
    error::Error,
    ids::{IdMaps, Pid},
    namespace::{HeldProcess, Numbers, Translator},
    procfs::Procfs,
    reader::{Failure, Space},
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
    /// Why names could not be read.
    pub(crate) unnamed: Option<Error>,
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
