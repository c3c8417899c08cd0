//! `Error`: the one error of the library, and its kinds.

use std::{borrow::Cow, fmt, io, sync::Arc};

/// The library's result.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong, for a caller that wants to decide.
///
/// The text for people is the error's [`Display`](fmt::Display).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The process has ended (`ENOENT`, `ESRCH`).
    Gone,
    /// The process has ended and waits for its parent to be told; it has this no more.
    Zombie,
    /// The kernel refused (`EACCES`, `EPERM`).
    Denied,
    /// A file does not have the form that it should have.
    NotUnderstood,
    /// No descriptor has that name.
    UnknownDescriptor,
    /// psgo knows no file of that name, or it cannot be a record.
    UnknownFile,
    /// This kernel or this process does not have the file.
    Absent,
    /// What a container shows is not what the kernel would show.
    NotTrusted,
    /// Nothing moved for the time-out.
    TimedOut,
    /// This kernel or this build cannot do it.
    Unsupported,
    /// The caller's argument makes no sense.
    Invalid,
    /// Any other answer of the system.
    Io,
}

impl ErrorKind {
    /// The kind's name, which stays the same: `gone`, `denied`, `timed-out` and so on.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Gone => "gone",
            Self::Zombie => "zombie",
            Self::Denied => "denied",
            Self::NotUnderstood => "not-understood",
            Self::UnknownDescriptor => "unknown-descriptor",
            Self::UnknownFile => "unknown-file",
            Self::Absent => "absent",
            Self::NotTrusted => "not-trusted",
            Self::TimedOut => "timed-out",
            Self::Unsupported => "unsupported",
            Self::Invalid => "invalid",
            Self::Io => "io",
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why something could not be told.
///
/// It is opaque: ask [`kind`](Error::kind) to decide, print it to tell. Its text is
/// one line that names the thing: `/proc/42/stat: line 1: utime: not a number`.
#[derive(Clone, thiserror::Error)]
#[error(transparent)]
pub struct Error(Arc<Inner>);

#[derive(Debug, thiserror::Error)]
#[error(
    "{thing}{}{reason}{}{}",
    if thing.is_empty() { "" } else { ": " },
    if takes.is_some() { "; it takes " } else { "" },
    takes.unwrap_or_default()
)]
struct Inner {
    kind: ErrorKind,
    /// The file or the process; empty where the reason names it.
    thing: Cow<'static, str>,
    reason: Cow<'static, str>,
    /// The capability that this process does not have.
    takes: Option<&'static str>,
    source: Option<io::Error>,
}

impl Error {
    /// An error of `kind` about `thing`.
    pub(crate) fn new(
        kind: ErrorKind,
        thing: impl Into<Cow<'static, str>>,
        reason: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self(Arc::new(Inner {
            kind,
            thing: thing.into(),
            reason: reason.into(),
            takes: None,
            source: None,
        }))
    }

    /// What the system answered about `thing` of a process; the kind follows from the answer.
    pub(crate) fn io(thing: impl Into<Cow<'static, str>>, source: io::Error) -> Self {
        let kind = match Answer::of(&source) {
            Answer::Gone => ErrorKind::Gone,
            _ => kind_of(&source),
        };
        Self::of_system(kind, thing, source)
    }

    /// What the system answered about `thing`, which is no process and has not ended.
    pub(crate) fn system(thing: impl Into<Cow<'static, str>>, source: io::Error) -> Self {
        Self::of_system(kind_of(&source), thing, source)
    }

    /// A thread cannot be started. The system's own words do not say what is short.
    pub(crate) fn no_thread(source: io::Error) -> Self {
        let reason = match source.raw_os_error() {
            Some(libc::EAGAIN | libc::ENOMEM) => {
                "the limits are RLIMIT_NPROC (ulimit -u), RLIMIT_AS (ulimit -v) and pids.max of \
                 the control group"
                    .to_owned()
            }
            // clone(2): the children of this process would be in another PID namespace.
            Some(libc::EINVAL) => {
                "this process is in another PID namespace than its children: unshare -p needs -f"
                    .to_owned()
            }
            _ => reason_of(&source),
        };
        Self(Arc::new(Inner {
            kind: ErrorKind::Io,
            thing: "cannot start a thread".into(),
            reason: reason.into(),
            takes: None,
            source: Some(source),
        }))
    }

    /// `thing` cannot be believed: something is mounted over it.
    pub(crate) fn mounted_over(thing: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::NotTrusted, thing, MOUNTED_OVER)
    }

    /// What the system answered about `thing`, which means what only the caller knows.
    pub(crate) fn of_system(
        kind: ErrorKind,
        thing: impl Into<Cow<'static, str>>,
        source: io::Error,
    ) -> Self {
        Self(Arc::new(Inner {
            kind,
            thing: thing.into(),
            reason: reason_of(&source).into(),
            takes: None,
            source: Some(source),
        }))
    }

    /// The same, of the first of several things: there were `more`.
    pub(crate) fn and_more(self, more: usize) -> Self {
        if more == 0 {
            return self;
        }
        let inner = &self.0;
        Self(Arc::new(Inner {
            kind: inner.kind,
            thing: inner.thing.clone(),
            reason: format!("{}, and {more} more", inner.reason).into(),
            takes: inner.takes,
            source: None,
        }))
    }

    /// The same, of something that takes a capability which this process does not have.
    pub(crate) fn that_takes(self, capability: &'static str) -> Self {
        match Arc::try_unwrap(self.0) {
            Ok(inner) => Self(Arc::new(Inner {
                takes: Some(capability),
                ..inner
            })),
            // Somebody has it already as it is.
            Err(shared) => Self(shared),
        }
    }

    /// The capability that this process lacks and that would have helped, `CAP_SYS_PTRACE`.
    #[must_use]
    pub fn missing_capability(&self) -> Option<&'static str> {
        self.0.takes?.split(' ').next()
    }

    /// What kind of trouble it is.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }
}

/// Why a guarded path is not believed that leads through a link or another mount.
const MOUNTED_OVER: &str = "something is mounted over it";

/// What an answer of the system about a path below `/proc/PID` says of the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    /// It has ended, or it has no such file (`ENOENT`, `ESRCH`).
    Gone,
    /// The path is guarded and leads through a link or another mount (`EXDEV`, `ELOOP`).
    MountedOver,
    /// It has no such thing (`EINVAL`): it is a zombie or a kernel thread.
    Invalid,
    /// Nothing: see [`kind_of`].
    Other,
}

impl Answer {
    pub(crate) fn of(error: &io::Error) -> Self {
        match error.raw_os_error() {
            Some(libc::ENOENT | libc::ESRCH) => Self::Gone,
            Some(libc::EXDEV | libc::ELOOP) => Self::MountedOver,
            Some(libc::EINVAL) => Self::Invalid,
            _ => Self::Other,
        }
    }
}

/// Whether a path is not there (`ENOENT`). Of a process that means that it has ended or has no
/// such file.
pub(crate) fn is_no_such_file(error: &io::Error) -> bool {
    error.raw_os_error() == Some(libc::ENOENT)
}

/// Whether it is this program that lacks something, descriptors or memory: nothing is said of what
/// was asked about.
pub(crate) fn is_short(error: &io::Error) -> bool {
    let code = error.raw_os_error();
    matches!(code, Some(libc::EMFILE | libc::ENFILE | libc::ENOMEM))
}

/// The kind of an answer of the system that is not about a process.
pub(crate) fn kind_of(error: &io::Error) -> ErrorKind {
    match error.raw_os_error() {
        Some(libc::EACCES | libc::EPERM) => ErrorKind::Denied,
        Some(libc::ENOSYS | libc::EOPNOTSUPP) => ErrorKind::Unsupported,
        Some(libc::ETIMEDOUT) => ErrorKind::TimedOut,
        _ => ErrorKind::Io,
    }
}

/// The system's words, without std's `(os error N)`.
fn reason_of(error: &io::Error) -> String {
    match error.raw_os_error() {
        // The system's own words are about connections.
        Some(libc::ETIMEDOUT) => "did not answer in time".to_owned(),
        // Of a thread, or of a path that is looked up while mounts change all the time.
        Some(libc::EAGAIN) => {
            "Resource temporarily unavailable; the limits are ulimit -u and ulimit -v".to_owned()
        }
        Some(code) => nix::errno::Errno::from_raw(code).desc().to_owned(),
        None => error.to_string(),
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_names_the_thing_and_knows_its_kind() {
        let denied = Error::io("/proc/1/ns/pid", io::Error::from_raw_os_error(libc::EACCES));
        assert_eq!(denied.to_string(), "/proc/1/ns/pid: Permission denied");
        assert_eq!(denied.kind(), ErrorKind::Denied);
        let takes = denied.that_takes("CAP_SYS_PTRACE in its user namespace");
        assert_eq!(takes.missing_capability(), Some("CAP_SYS_PTRACE"));
        assert_eq!(
            takes.to_string(),
            "/proc/1/ns/pid: Permission denied; it takes CAP_SYS_PTRACE in its user namespace"
        );
        let gone = Error::io("/proc/9/stat", io::Error::from_raw_os_error(libc::ESRCH));
        assert_eq!(gone.kind(), ErrorKind::Gone);
    }

    #[test]
    fn an_error_travels_between_threads() {
        fn travels<T: Send + Sync + 'static>() {}
        travels::<Error>();
    }
}
