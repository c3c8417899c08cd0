//! `Missing`: why a cell is unknown.

use std::{fmt, io};

use crate::error::{Answer, ErrorKind, kind_of};

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
    /// The kernel does not tell a path that is longer than `PATH_MAX`; or the file of a runtime that
    /// has the value is longer than psgo reads.
    TooLong,
    /// Reading the file that has the value failed in another way.
    Unreadable,
    /// No file tells it of this one: whether a file was removed that has another name by now.
    Untold,
}

impl Missing {
    /// Why what a file has is unknown, which the system answered this about.
    pub(crate) fn because_of(error: &io::Error) -> Self {
        match (kind_of(error), Answer::of(error)) {
            (ErrorKind::Denied, _) => Self::Denied,
            (ErrorKind::Unsupported, _) => Self::Unsupported,
            (ErrorKind::TimedOut, _) => Self::Silent,
            // There is nothing to be known.
            (_, Answer::Gone | Answer::Invalid) => Self::None,
            _ if error.kind() == io::ErrorKind::InvalidFilename => Self::TooLong,
            _ => Self::Unreadable,
        }
    }

    /// Why what an error of that kind is about is unknown.
    pub(crate) fn for_kind(kind: ErrorKind) -> Self {
        match kind {
            ErrorKind::Denied => Self::Denied,
            ErrorKind::Unsupported => Self::Unsupported,
            ErrorKind::TimedOut => Self::Silent,
            ErrorKind::NotUnderstood => Self::Malformed,
            ErrorKind::Gone | ErrorKind::Absent | ErrorKind::Zombie => Self::None,
            _ => Self::Unreadable,
        }
    }

    /// The kind of error that it is where nothing else can be answered.
    pub(crate) const fn kind(self) -> ErrorKind {
        match self {
            Self::Denied => ErrorKind::Denied,
            Self::Unsupported => ErrorKind::Unsupported,
            Self::Silent => ErrorKind::TimedOut,
            Self::Malformed => ErrorKind::NotUnderstood,
            Self::None | Self::NotJoined | Self::Untold => ErrorKind::Absent,
            Self::TooLong | Self::Unreadable => ErrorKind::Io,
        }
    }

    /// Whether there may be a value that could not be read; not where a process has no such
    /// attribute.
    #[must_use]
    pub const fn hides_a_value(self) -> bool {
        !matches!(self, Self::None)
    }

    /// Whether reading went wrong: there may be a value, and this kernel and this listing have what
    /// would tell it.
    #[must_use]
    pub const fn is_trouble(self) -> bool {
        !matches!(
            self,
            Self::None | Self::Unsupported | Self::NotJoined | Self::Untold
        )
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
            Self::TooLong => "too long",
            Self::Unreadable => "could not be read",
            Self::Untold => "the kernel does not tell",
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
            Self::TooLong => Some("too-long"),
            Self::Unreadable => Some("unreadable"),
            Self::Untold => Some("untold"),
        };
        name.serialize(serializer)
    }
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
