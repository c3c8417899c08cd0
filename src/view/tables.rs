//! `Tables`: names of users and groups that belong together, and asking a mount namespace for them.

use std::{
    io,
    os::fd::BorrowedFd,
    sync::{Arc, LazyLock},
    time::Instant,
};

use super::names::{Kind, Names};
use crate::{
    error::Error,
    reader::{Asked, Failure},
};

/// The names of users and of groups that belong together.
#[derive(Debug, Clone)]
pub(crate) struct Tables {
    pub(crate) users: Arc<Names>,
    pub(crate) groups: Arc<Names>,
}

#[cfg(feature = "filter")]
impl Kind {
    /// Those of its kind.
    pub(super) fn of(self, tables: &Tables) -> &Arc<Names> {
        match self {
            Self::User => &tables.users,
            Self::Group => &tables.groups,
        }
    }
}

static NONE: LazyLock<Tables> = LazyLock::new(|| Tables::parse(&[], &[]));

impl Tables {
    /// Those of this machine's name service.
    pub(super) fn of_service() -> Self {
        Self {
            users: Arc::new(Names::of_host(Kind::User)),
            groups: Arc::new(Names::of_host(Kind::Group)),
        }
    }

    /// No names: ids are numbers.
    pub(crate) fn none() -> &'static Self {
        &NONE
    }

    fn parse(users: &[u8], groups: &[u8]) -> Self {
        Self {
            users: Arc::new(Kind::User.parse(users)),
            groups: Arc::new(Kind::Group.parse(groups)),
        }
    }

    /// Whether these are the same tables, and not only equal ones.
    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.users, &other.users) && Arc::ptr_eq(&self.groups, &other.groups)
    }

    /// How many ids were not asked for since this was asked last, of users and of groups.
    pub(crate) fn take_unasked(&self) -> (usize, usize) {
        (self.users.take_unasked(), self.groups.take_unasked())
    }
}

/// What the files of a mount namespace say.
pub(super) struct Answer {
    pub(super) tables: Tables,
    /// Why there are no names, or not all. That there are no files is no error.
    pub(super) error: Option<Error>,
    /// Whether something did not answer in time.
    pub(super) is_silent: bool,
    /// How long the files are.
    pub(super) bytes: usize,
}

/// Asks for passwd and group in the mount namespace of the process with the directory `process`;
/// by a process of its own, that may be held there. `whose` says in errors whose files they are.
pub(super) fn ask(process: BorrowedFd<'_>, whose: &str, until: Instant) -> Answer {
    let files: [Result<Vec<u8>, Failure>; 2] = match Asked::for_names(process) {
        Ok(asked) => {
            let files = asked.files(until);
            [files.users, files.groups]
        }
        Err(error) => [
            Err(error.into()),
            Err(io::Error::from(io::ErrorKind::NotFound).into()),
        ],
    };
    let is_silent = |file: &Result<_, Failure>| matches!(file, Err(why) if why.is_silence());
    let is_silent = files.iter().any(is_silent);
    let mut error = None;
    let mut bytes_of = |kind: Kind, file: Result<Vec<u8>, Failure>| {
        file.unwrap_or_else(|failure| {
            if error.is_none() && !failure.is_absence() {
                error = Some(failure.into_error(format!("{} of {whose}", kind.file())));
            }
            Vec::new()
        })
    };
    let [users, groups] = files;
    let (users, groups) = (bytes_of(Kind::User, users), bytes_of(Kind::Group, groups));
    Answer {
        tables: Tables::parse(&users, &groups),
        error,
        is_silent,
        bytes: users.len().saturating_add(groups.len()),
    }
}
