//! `HostNames`: the names of the host whose `/proc` a view reads.

use std::{
    io,
    sync::{Arc, OnceLock},
    time::Duration,
};

use super::{
    joined::Way,
    mount_names::{Member, MountNames, NameSearch, Turn},
    tables::{Tables, ask},
};
use crate::{
    error::{Answer, Error, ErrorKind, kind_of},
    ids::Pid,
    namespace::{denied_of_process, inode_in},
    procfs::{ProcessDir, Procfs},
    reader::deadline,
    wait::{Name, process_file},
    watchdog::{Patience, wait_with},
};

/// The names of the host whose `/proc` a view reads.
#[derive(Debug)]
pub(crate) struct HostNames {
    /// Those of this machine's name service, as this process sees it.
    service: Tables,
    /// The procfs that the caller named, whose names have to be read; `None` for that of this process.
    other: Option<Arc<Procfs>>,
    read: OnceLock<(Tables, Option<Error>)>,
    /// Those of its containers, by mount namespace.
    inside: MountNames,
    own: OnceLock<Own>,
}

/// The namespaces of this process, by their numbers.
#[derive(Debug)]
struct Own {
    mounts: Option<u64>,
    users: Option<u64>,
}

impl HostNames {
    /// The names for `proc`. `is_own` says that it is the `/proc` of this process.
    pub(super) fn of(proc: &Arc<Procfs>, is_own: bool) -> Self {
        let service = Tables::of_service();
        let read = OnceLock::new();
        // A copy has the numbers of another machine, and none of its names.
        if !proc.is_genuine() {
            read.get_or_init(|| (Tables::none().clone(), None));
        }
        Self {
            service,
            other: (!is_own).then(|| Arc::clone(proc)),
            read,
            inside: MountNames::default(),
            own: OnceLock::new(),
        }
    }

    /// Whether the `/proc` is that of this process.
    pub(crate) fn is_of_this_process(&self) -> bool {
        self.other.is_none()
    }

    /// The names by this machine's name service, which those have who share this process's mounts.
    pub(crate) fn service(&self) -> &Tables {
        &self.service
    }

    /// The names of the host, once they were [learnt](Self::learn).
    pub(crate) fn tables(&self) -> &Tables {
        match (&self.other, self.read.get()) {
            (None, _) => &self.service,
            (Some(_), Some((tables, _))) => tables,
            (Some(_), None) => Tables::none(),
        }
    }

    /// Whether there is nothing to be read first.
    pub(crate) fn are_known(&self) -> bool {
        self.other.is_none() || self.read.get().is_some()
    }

    /// Why the host's ids, or some of them, have no names.
    pub(crate) fn error(&self) -> Option<&Error> {
        self.read.get()?.1.as_ref()
    }

    /// Reads the names of another host, once, so that they are known: those that its first process
    /// has. Without `patience` the caller has given up the time-out.
    pub(crate) fn learn(&self, patience: Option<&mut Patience>, timeout: Duration) {
        let Some(proc) = &self.other else { return };
        self.read.get_or_init(|| {
            let about = |error| about_first(proc, error);
            let (proc, its) = (Arc::clone(proc), Arc::clone(proc));
            let hold = move || First::hold(&its);
            let held = wait_with(patience, hold);
            let none = |error| (Tables::none().clone(), Some(error));
            match held.map_err(about) {
                Err(error) => none(error),
                Ok(first) if first.shares_mounts => (self.service.clone(), None),
                Ok(first) if !first.shares_users => {
                    let reason = "its first process is in another user namespace, where ids are \
                                  others";
                    none(Error::new(ErrorKind::Unsupported, proc.named("1"), reason))
                }
                Ok(first) => {
                    let answer = ask(first.dir.as_fd(), &proc.named("1"), deadline(timeout));
                    (answer.tables, answer.error)
                }
            }
        });
    }
}

/// The names in the containers of the host, by their own files.
impl HostNames {
    /// Begins to look them up for a listing, which may wait for them so long.
    pub(crate) fn search_inside(&self, time: Duration) -> NameSearch {
        self.inside.search(time)
    }

    /// The names of users and groups for a process: those that it sees in its mount namespace. `None`
    /// if it has left that meanwhile, or has ended.
    pub(crate) fn names_inside(
        &self,
        of: &Member,
        search: &NameSearch,
        way: Way<'_>,
    ) -> Option<Tables> {
        if self.own().mounts == Some(of.mounts) {
            return Some(self.service.clone());
        }
        let Way {
            dir,
            aside,
            mounts_now,
        } = way;
        match self.inside.turn_aside(of, search, aside)? {
            Turn::Known(tables) => Some(tables),
            Turn::Ask(pending) => {
                let whose = format!("the container of process {}", of.pid);
                pending.ask(search, dir, &whose, aside, mounts_now)
            }
        }
    }

    /// Why some of them are numbers, and how many mount namespaces did not answer in time.
    pub(crate) fn lacks_inside(&self, search: &NameSearch) -> (Option<Error>, usize) {
        self.inside.lacks(search)
    }

    /// Whether that is the number of the user namespace of this process; unknown where neither that nor
    /// the number is known.
    pub(crate) fn is_own_users(&self, users: Option<u64>) -> Option<bool> {
        let own = self.own().users;
        match (users, own) {
            (Some(users), Some(own)) => Some(users == own),
            // The map of the first one says the same for itself.
            (None, Some(FIRST_USERS)) => Some(false),
            _ => None,
        }
    }

    fn own(&self) -> &Own {
        self.own.get_or_init(|| {
            let number = |name| {
                let me = Procfs::open("/proc".as_ref()).ok()?.process_self().ok()?;
                inode_in(&me.link(name).ok()?)
            };
            Own {
                mounts: number(process_file!("ns/mnt")),
                users: number(process_file!("ns/user")),
            }
        })
    }
}

/// What the kernel calls the first user namespace.
const FIRST_USERS: u64 = 0xEFFF_FFFD;

/// The first process of a `/proc`, held.
struct First {
    dir: ProcessDir,
    /// Whether it has the mount namespace of this process, or its user namespace.
    shares_mounts: bool,
    shares_users: bool,
}

impl First {
    fn hold(proc: &Procfs) -> io::Result<Self> {
        let dir = proc.process(Pid::new(1))?;
        let shares = |name: Name<'static>| {
            dir.link(name)
                .map(|link| own_link(proc, name).ok() == Some(link))
        };
        let shares_mounts = shares(process_file!("ns/mnt"))?;
        let shares_users = shares(process_file!("ns/user"))?;
        Ok(Self {
            dir,
            shares_mounts,
            shares_users,
        })
    }
}

/// Where a link of this process leads: as `proc` shows it, or, if it is not seen there, its own
/// `/proc`.
pub(super) fn own_link(proc: &Procfs, name: Name<'static>) -> io::Result<Vec<u8>> {
    let me = proc.process_self().and_then(|me| me.link(name));
    me.or_else(|error| {
        let own = Procfs::open("/proc".as_ref()).map_err(|_| error)?;
        own.process_self()?.link(name)
    })
}

/// Why the first process could not be held.
fn about_first(proc: &Procfs, error: io::Error) -> Error {
    let thing = proc.named("1/ns/mnt");
    match Answer::of(&error) {
        Answer::Gone => Error::new(ErrorKind::Gone, proc.named("1"), "no such process"),
        _ if kind_of(&error) == ErrorKind::TimedOut => {
            Error::new(ErrorKind::TimedOut, thing, "did not answer in time")
        }
        _ => match Error::io(thing, error) {
            error if error.kind() == ErrorKind::Denied => denied_of_process(proc, error),
            error => error,
        },
    }
}
