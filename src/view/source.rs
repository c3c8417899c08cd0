//! Which `/proc` the processes of a container are read from.

use std::fmt;

use crate::{error::Error, ids::Pid};

/// Which `/proc` the processes of a container may be read from. That which the container itself has
/// mounted is never read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProcChoice {
    /// A private one if this kernel can make it (Linux 6.18) and it is permitted, otherwise the
    /// host's. The rows are the same; the cost grows with the size of the container or of the host,
    /// respectively.
    #[default]
    Auto,
    /// Only a private one of the container's PID namespace.
    Container,
    /// Only the host's.
    Host,
}

/// A container that a listing read.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct JoinedContainer {
    /// The pid through which it was joined.
    pub via: Pid,
    /// Which `/proc` its processes were read from.
    pub source: ProcSource,
    /// Why the names of its users and groups, or some of them, could not be read; `None` if they
    /// were, or if it has no such files. Ids are then shown as numbers.
    pub unnamed: Option<Error>,
}

/// An object of `via` and `proc`, the text of the source; and, if names could not be read,
/// `unnamed`, the text of the error.
#[cfg(feature = "serde")]
impl serde::Serialize for JoinedContainer {
    fn serialize<S: serde::Serializer>(
        &self,
        serializer: S,
    ) -> std::result::Result<S::Ok, S::Error> {
        use serde::ser::SerializeMap as _;

        let length = 2 + usize::from(self.unnamed.is_some());
        let mut map = serializer.serialize_map(Some(length))?;
        map.serialize_entry("via", &self.via)?;
        map.serialize_entry("proc", &self.source.to_string())?;
        if let Some(error) = &self.unnamed {
            map.serialize_entry("unnamed", &error.to_string())?;
        }
        map.end()
    }
}

/// Which `/proc` the processes of a container are read from.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum ProcSource {
    /// A private one of the container's PID namespace, which this process made for itself: nothing
    /// can be mounted over its files.
    Private,
    /// The host's, restricted to the processes of the container's PID namespace. The error says
    /// why there was no private one; `None` if [the caller asked for it](ProcChoice::Host).
    Host(Option<Error>),
}

impl fmt::Display for ProcSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Private => f.write_str("a private /proc of its PID namespace"),
            Self::Host(None) => f.write_str("the host's /proc"),
            Self::Host(Some(why)) => write!(f, "the host's /proc ({why})"),
        }
    }
}
