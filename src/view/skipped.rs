//! `Skipped`: what a listing left out.

use crate::{error::Error, ids::Pid};

/// A process or a container that was left out.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Skipped {
    /// Its pid, as it was asked for or listed.
    pub pid: Pid,
    /// The pid through which its container was joined.
    pub via: Option<Pid>,
    /// Whether the caller asked for this very pid.
    pub named: bool,
    /// Why.
    pub error: Error,
}

/// An object of `pid`, `via`, `named`, `kind` and the text of the `error`.
#[cfg(feature = "serde")]
impl serde::Serialize for Skipped {
    fn serialize<S: serde::Serializer>(
        &self,
        serializer: S,
    ) -> std::result::Result<S::Ok, S::Error> {
        use serde::ser::SerializeMap as _;

        let mut map = serializer.serialize_map(Some(5))?;
        map.serialize_entry("pid", &self.pid)?;
        map.serialize_entry("via", &self.via)?;
        map.serialize_entry("named", &self.named)?;
        map.serialize_entry("kind", self.error.kind().as_str())?;
        map.serialize_entry("error", &self.error.to_string())?;
        map.end()
    }
}

impl Skipped {
    /// `pid`, that was asked for.
    pub(crate) fn named(pid: Pid, via: Option<Pid>, error: Error) -> Self {
        Self {
            pid,
            via,
            named: true,
            error,
        }
    }
}
