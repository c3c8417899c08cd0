//! `Missing`: why a cell is unknown.

use std::{fmt, io};

use crate::error::{ErrorKind, kind_of};

/// Why the value of a cell is unknown.
///
/// It has no influence on how a cell is shown or sorted: two unknown [values](super::Value) are
/// equal whatever their reasons.
///
/// ```
/// use psgo::{Missing, Value};
///
/// assert_eq!(Value::Missing(Missing::Denied).to_string(), "?");
/// assert_eq!(Value::Missing(Missing::Denied), Value::MISSING);
/// assert_eq!(Missing::Denied.to_string(), "permission denied");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Missing {
    /// No reason is known, most often because the process has no such attribute: a kernel thread
    /// has no program.
    #[default]
    None,
    /// Access to the file that has the value was denied.
    Denied,
    /// This kernel has no such file.
    Unsupported,
    /// The value exists only in a listing of a container that was joined.
    NotJoined,
    /// The file that has the value did not answer within the time-out.
    Silent,
    /// The file that has the value could not be parsed.
    Malformed,
}

impl Missing {
    /// Why what a file has is unknown, which the system answered this about.
    pub(crate) fn because_of(error: &io::Error) -> Self {
        match kind_of(error) {
            ErrorKind::Denied => Self::Denied,
            ErrorKind::Unsupported => Self::Unsupported,
            ErrorKind::TimedOut => Self::Silent,
            _ => Self::None,
        }
    }

    /// The reason in words; `unknown` for [`None`](Self::None).
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "unknown",
            Self::Denied => "permission denied",
            Self::Unsupported => "not supported by this kernel",
            Self::NotJoined => "no container was joined",
            Self::Silent => "did not answer in time",
            Self::Malformed => "could not be parsed",
        }
    }
}

/// A name that stays the same, or null for [`None`](Missing::None).
#[cfg(feature = "serde")]
impl serde::Serialize for Missing {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let name = match self {
            Self::None => None,
            Self::Denied => Some("denied"),
            Self::Unsupported => Some("unsupported"),
            Self::NotJoined => Some("not-joined"),
            Self::Silent => Some("timed-out"),
            Self::Malformed => Some("not-understood"),
        };
        name.serialize(serializer)
    }
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
