//! `Feed`: the rows of one view, one by one.

#[cfg(any(test, feature = "runtimes"))]
use super::containers;
use super::{
    files,
    item::Items,
    processes,
    sockets::{self, WantedSockets},
    timers,
};
use crate::{
    descriptor::{Descriptor, Subject},
    error::Result,
    query::row::Cells,
    snapshot::{Ask, Outcome, Retained},
};

/// The rows of one view, one by one.
pub(in crate::query) enum Feed<'a> {
    /// Each row is a process or something that it has open.
    Items(Box<Items<'a>>),
    Sockets(Box<sockets::Sockets>),
    #[cfg(any(test, feature = "runtimes"))]
    Containers(Box<containers::Rows>),
}

impl<'a> Feed<'a> {
    /// Starts to list the rows of `subject`. What is in `retained` is not read again; subjects
    /// other than processes retain nothing, but their rows are marked where it is given. Of sockets those
    /// that the filters cannot keep are not asked for.
    pub(in crate::query) fn start(
        subject: Subject,
        columns: Vec<&'static Descriptor>,
        ask: Ask<'_>,
        retained: Option<&'a mut Retained>,
        sockets: &WantedSockets,
    ) -> Result<Self> {
        let is_watched = retained.is_some();
        Ok(match subject {
            Subject::Processes => Self::Items(Box::new(processes::start(columns, ask, retained)?)),
            Subject::Files => Self::Items(Box::new(files::start(columns, ask, is_watched)?)),
            Subject::Timers => Self::Items(Box::new(timers::start(columns, ask, is_watched)?)),
            Subject::Sockets => Self::Sockets(Box::new(sockets::start(
                columns, &ask, is_watched, sockets,
            )?)),
            #[cfg(any(test, feature = "runtimes"))]
            Subject::Containers => {
                Self::Containers(Box::new(containers::start(&columns, &ask, retained)?))
            }
        })
    }

    /// The next row; `None` after the last.
    pub(in crate::query) fn next(&mut self) -> Result<Option<Cells>> {
        match self {
            Self::Items(items) => items.next_row(),
            Self::Sockets(sockets) => Ok(sockets.next_row()),
            #[cfg(any(test, feature = "runtimes"))]
            Self::Containers(containers) => Ok(containers.next_row()),
        }
    }

    /// Ends it, and says how it went.
    pub(in crate::query) fn finish(self) -> Outcome {
        match self {
            Self::Items(items) => items.finish(),
            Self::Sockets(sockets) => sockets.finish(),
            #[cfg(any(test, feature = "runtimes"))]
            Self::Containers(containers) => containers.finish(),
        }
    }
}
