//! `Subject`: what the rows of a table are, and its descriptors.

#[cfg(any(test, feature = "runtimes"))]
use super::container_rows;
use super::{
    definition::Descriptor,
    files,
    lookup::{DEFAULT_DESCRIPTORS, all, find, known, unknown},
    sockets, timers,
};
use crate::error::Result;

/// What the rows of a table are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Subject {
    /// Processes.
    #[default]
    Processes,
    /// The sockets of a network namespace, and who has them.
    Sockets,
    /// What processes hold open.
    Files,
    /// The timers of processes: POSIX ones (`timer_create`) and timerfds.
    Timers,
    /// Containers, with what they use. Feature `runtimes`.
    #[cfg(any(test, feature = "runtimes"))]
    Containers,
}

impl Subject {
    /// The descriptors that are shown when none is asked for.
    #[must_use]
    pub fn default_descriptors(self) -> &'static [&'static str] {
        match self {
            Self::Processes => &DEFAULT_DESCRIPTORS,
            Self::Sockets => &[
                "proto", "state", "recvq", "sendq", "local", "remote", "pid", "user", "comm",
            ],
            Self::Files => &["pid", "user", "comm", "fd", "kind", "mode", "pos", "name"],
            Self::Timers => &[
                "pid", "user", "comm", "kind", "id", "clock", "left", "interval", "notify",
                "signal",
            ],
            #[cfg(any(test, feature = "runtimes"))]
            Self::Containers => &[
                "name",
                "id",
                "runtime",
                "pod",
                "pid",
                "processes",
                "cpu",
                "memory",
                "memory_limit",
                "memory_percent",
                "image",
            ],
        }
    }

    /// The descriptors of the rows themselves. Those of processes go with them, and mean the
    /// process that has the socket, the file or the timer, or the first one of the container.
    pub fn descriptors(self) -> impl Iterator<Item = &'static Descriptor> {
        let (own, processes): (&[Descriptor], _) = match self {
            Self::Processes => (&[], true),
            Self::Sockets => (sockets::TABLE, false),
            Self::Files => (files::TABLE, false),
            Self::Timers => (timers::TABLE, false),
            #[cfg(any(test, feature = "runtimes"))]
            Self::Containers => (container_rows::TABLE, false),
        };
        own.iter().chain(all().filter(move |_| processes))
    }

    /// The descriptor called `name`: of the rows, otherwise of their process, see [`find`].
    ///
    /// ```
    /// use psgo::descriptor::Subject;
    ///
    /// assert_eq!(Subject::Sockets.find("state")?.doc, "LISTEN, ESTABLISHED and so on");
    /// assert_eq!(Subject::Sockets.find("cmd")?.name, "args");
    /// # Ok::<(), psgo::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`UnknownDescriptor`](crate::ErrorKind::UnknownDescriptor); the text says what may have been meant.
    pub fn find(self, name: &str) -> Result<&'static Descriptor> {
        let own = || {
            let all = || self.descriptors();
            all()
                .find(|own| own.name == name)
                .or_else(|| all().find(|own| own.name.eq_ignore_ascii_case(name)))
                .or_else(|| all().find(|own| own.header.eq_ignore_ascii_case(name)))
        };
        match self {
            Self::Processes => find(name),
            _ => own().map_or_else(
                || known(name).ok_or_else(|| unknown(name, self.descriptors().map(|d| d.name))),
                Ok,
            ),
        }
    }
}
