//! `Target`: the container that is joined, by one of its processes, its name or its ID.

use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};

use crate::ids::{Pid, ProcessId};
#[cfg(any(test, feature = "runtimes"))]
use crate::{
    bytes::Escaped,
    error::{Error, ErrorKind, Result},
    runtimes::SHORTEST_ID,
};

/// What is joined: the container of a process, by its pid or by something that is not reused; or, with
/// feature `runtimes`, a container by its name or ID.
///
/// Between the look-up of a name and the join no other process can take the place of the one that was
/// found: it is held, and known by its start and its control group.
///
/// ```
/// use psgo::{ErrorKind, Pid, Target, View, format::{Record, pid::Stat}};
///
/// let pid = Pid::new(std::process::id());
/// // Remembered together when the process was chosen.
/// let start = Stat::parse(&std::fs::read("/proc/self/stat")?).unwrap().starttime;
///
/// let mine = Target::Started { pid, start };
/// assert_eq!(View::join(mine).open()?.target(), Some(pid));
/// let another = Target::Started { pid, start: start + 1 };
/// assert_eq!(View::join(another).open().unwrap_err().kind(), ErrorKind::Gone);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Target<'a> {
    /// Its pid in the `/proc` of the view.
    Pid(Pid),
    /// Its pid and start time. A process with that pid but another start time is another process,
    /// and the target is [gone](crate::ErrorKind::Gone).
    ///
    /// For callers that stored both and hold no pidfd. Two processes that started within the same
    /// clock tick (a hundredth of a second) cannot be told apart.
    Started {
        /// Its pid in the `/proc` of the view.
        pid: Pid,
        /// In ticks since boot, the 22nd field of `/proc/PID/stat`
        /// ([`Stat::starttime`](crate::format::pid::Stat::starttime)).
        start: u64,
    },
    /// A pidfd, from `pidfd_open` or `clone`.
    Pidfd(BorrowedFd<'a>),
    /// The container of that name, or whose ID begins so, with at least four digits. Where both
    /// exist, or several, that is [`Invalid`](crate::ErrorKind::Invalid). Feature `runtimes`.
    #[cfg(any(test, feature = "runtimes"))]
    Named(&'a str),
    /// The container of that name. Feature `runtimes`.
    #[cfg(any(test, feature = "runtimes"))]
    Name(&'a str),
    /// The container of that ID, or whose ID begins so, with at least four digits. Feature `runtimes`.
    #[cfg(any(test, feature = "runtimes"))]
    Id(&'a str),
    /// The containers of a pod, which share a PID namespace. Feature `runtimes`.
    #[cfg(any(test, feature = "runtimes"))]
    Pod {
        /// Its namespace in Kubernetes; `None` for whichever there is.
        namespace: Option<&'a str>,
        /// Its name.
        name: &'a str,
    },
}

#[cfg(any(test, feature = "runtimes"))]
impl<'a> Target<'a> {
    /// What people type: `PID`, `PID@START`, a name, the beginning of an ID, `name=NAME`, `id=ID`,
    /// `pod=NAMESPACE/POD` or `pod=POD`. Digits alone are a pid; `id=4711` is an ID. Feature
    /// `runtimes`.
    ///
    /// ```
    /// use psgo::Target;
    ///
    /// assert!(matches!(Target::parse("4711")?, Target::Pid(_)));
    /// assert!(matches!(Target::parse("web")?, Target::Named("web")));
    /// assert!(matches!(Target::parse("id=4711")?, Target::Id("4711")));
    /// # Ok::<(), psgo::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Invalid`](ErrorKind::Invalid) for a pid or a start that is none, for an empty name, and for
    /// what can begin no ID.
    pub fn parse(text: &'a str) -> Result<Self> {
        let wrong = |reason: &'static str| {
            let thing = format!("\"{}\"", Escaped(text.as_bytes()));
            Error::new(ErrorKind::Invalid, thing, reason)
        };
        if text.is_empty() {
            return Err(wrong(
                "no container: PID, PID@START, NAME, ID, pod=NAMESPACE/POD",
            ));
        }
        if let Some(name) = text.strip_prefix("name=") {
            return match name {
                "" => Err(wrong("there is no name after name=")),
                name => Ok(Self::Name(name)),
            };
        }
        if let Some(id) = text.strip_prefix("id=") {
            return match id.len() {
                0 => Err(wrong("there is no ID after id=")),
                1..SHORTEST_ID => Err(wrong("the beginning of an ID has at least four digits")),
                _ => Ok(Self::Id(id)),
            };
        }
        if let Some(pod) = text.strip_prefix("pod=") {
            let (namespace, name) = match pod.split_once('/') {
                Some((namespace, name)) => (Some(namespace), name),
                None => (None, pod),
            };
            return if name.is_empty() || namespace.is_some_and(str::is_empty) {
                Err(wrong("a pod is pod=NAMESPACE/POD or pod=POD"))
            } else {
                Ok(Self::Pod { namespace, name })
            };
        }
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        let pid = text.split_once('@').map_or(text, |(pid, _)| pid);
        if !digits(pid) && !pid.is_empty() {
            return Ok(Self::Named(text));
        }
        let process: Result<ProcessId> = text.parse();
        let process = process.map_err(|_| {
            wrong("digits alone are a pid, and PID@START a process: this is neither (id= names an ID)")
        })?;
        Ok(process.into())
    }

    /// What it is called in errors.
    pub(crate) fn shown(&self) -> String {
        let of = |word: &str, text: &str| format!("{word}{}", Escaped(text.as_bytes()));
        match *self {
            Self::Pid(pid) => format!("process {pid}"),
            Self::Started { pid, start } => format!("process {pid}@{start}"),
            Self::Pidfd(_) => "pidfd".to_owned(),
            Self::Named(name) => of("", name),
            Self::Name(name) => of("name=", name),
            Self::Id(id) => of("id=", id),
            Self::Pod { namespace, name } => match namespace {
                Some(namespace) => of(&of("pod=", namespace), "/") + &of("", name),
                None => of("pod=", name),
            },
        }
    }
}

impl From<Pid> for Target<'_> {
    fn from(pid: Pid) -> Self {
        Self::Pid(pid)
    }
}

impl From<ProcessId> for Target<'_> {
    fn from(ProcessId { pid, start }: ProcessId) -> Self {
        start.map_or(Self::Pid(pid), |start| Self::Started { pid, start })
    }
}

impl<'a> From<BorrowedFd<'a>> for Target<'a> {
    fn from(pidfd: BorrowedFd<'a>) -> Self {
        Self::Pidfd(pidfd)
    }
}

impl<'a> From<&'a OwnedFd> for Target<'a> {
    fn from(pidfd: &'a OwnedFd) -> Self {
        Self::Pidfd(pidfd.as_fd())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_type_is_a_process_a_container_or_a_pod() {
        for (text, shown) in [
            ("1", "Pid(Pid(1))"),
            ("1@2", "Started { pid: Pid(1), start: 2 }"),
            ("web", "Named(\"web\")"),
            ("web@2", "Named(\"web@2\")"),
            ("3f2a", "Named(\"3f2a\")"),
            ("4711a", "Named(\"4711a\")"),
            ("name=4711", "Name(\"4711\")"),
            ("name=id=x", "Name(\"id=x\")"),
            ("id=4711", "Id(\"4711\")"),
            ("pod=a/b", "Pod { namespace: Some(\"a\"), name: \"b\" }"),
            ("pod=b", "Pod { namespace: None, name: \"b\" }"),
        ] {
            assert_eq!(format!("{:?}", Target::parse(text).unwrap()), shown);
        }
        for text in [
            "",
            "name=",
            "id=",
            "id=471",
            "pod=",
            "pod=/b",
            "pod=a/",
            "1@",
            "@1",
            "1@x",
            "4294967296",
        ] {
            let error = Target::parse(text).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Invalid, "{text}");
        }
        let error = Target::parse("1@\x1b[2J").unwrap_err().to_string();
        assert!(error.starts_with("\"1@\\x1b[2J\": "), "{error}");
        let shown = Target::Name("a\nb").shown();
        assert_eq!(shown, "name=a\\nb");
    }
}
