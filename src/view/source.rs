//! Which `/proc` the processes of a container are read from.

use std::fmt;

use crate::{error::Error, ids::Pid};

/// Which `/proc` the processes of a container may be read from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProcChoice {
    /// The container's own if it can be trusted, otherwise the host's. The rows are the same; the
    /// cost grows with the size of the container or of the host, respectively.
    #[default]
    Auto,
    /// Only the container's own.
    Container,
    /// Only the host's: nothing of the container is opened but its passwd and group files.
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
}

/// An object of `via` and `proc`, the text of the source.
#[cfg(feature = "serde")]
impl serde::Serialize for JoinedContainer {
    fn serialize<S: serde::Serializer>(
        &self,
        serializer: S,
    ) -> std::result::Result<S::Ok, S::Error> {
        use serde::ser::SerializeMap as _;

        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("via", &self.via)?;
        map.serialize_entry("proc", &self.source.to_string())?;
        map.end()
    }
}

/// Which `/proc` the processes of a container are read from.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum ProcSource {
    /// The container's own, opened inside its mount namespace.
    Entered,
    /// The container's own, opened through the root directory of the joined process; the error
    /// says why its mount namespace was not entered.
    Root(Error),
    /// The host's, restricted to the processes of the container's PID namespace. The error says
    /// why the container's own was not used; `None` if [the caller asked for it](ProcChoice::Host).
    Host(Option<Error>),
}

impl fmt::Display for ProcSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Entered => f.write_str("its own /proc"),
            Self::Root(why) => write!(f, "its own /proc, by way of its root directory ({why})"),
            Self::Host(None) => f.write_str("the host's /proc"),
            Self::Host(Some(why)) => write!(f, "the host's /proc ({why})"),
        }
    }
}
