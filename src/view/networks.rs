//! The network namespaces of the host, and the sockets of each.

use std::{
    ffi::OsStr,
    io,
    os::{
        fd::{AsFd as _, OwnedFd},
        unix::ffi::OsStrExt as _,
    },
    path::Path,
    sync::Arc,
    time::Instant,
};

use nix::fcntl::OFlag;

use super::{handle::View, sockets::listed};
use crate::{
    error::{Answer, Error, ErrorKind, Result},
    format::pid::Mountinfo,
    ids::Pid,
    namespace::{counts_as_we_do, inode_in},
    netlink::{self, Details, Wanted},
    procfs::Procfs,
    reader::{self, Network},
    socket::Tables,
    sys,
    value::Missing,
    wait::{Name, process_file},
    watchdog::Patience,
};

/// What leads to a network namespace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NetworkAt {
    /// The calling thread is in it.
    Own,
    /// A process is in it.
    Process(Pid),
    /// A process has it open, by that descriptor.
    Descriptor(Pid, u32),
    /// It is mounted at that path.
    Mount(Vec<u8>),
}

impl View {
    /// The number of its network namespace: that of the joined process, or of the calling thread. Unknown
    /// in a copy.
    pub(crate) fn network(&self) -> Option<u64> {
        let inner = Arc::clone(&self.0);
        let link = if inner.joined.is_some() {
            let link = move || match &inner.joined {
                Some(joined) => joined.target().network_link(),
                None => Err(denied()),
            };
            Patience::new(self.patience()).wait_for(link)
        } else if inner.proc.is_genuine() {
            let thread = inner.proc.this_thread();
            thread.and_then(|thread| thread.link(process_file!("ns/net")))
        } else {
            return None;
        };
        inode_in(&link.ok()?)
    }

    /// The `/proc` of the host, where there are all of its network namespaces.
    ///
    /// # Errors
    ///
    /// It is a copy, or that of a container.
    pub(crate) fn with_all_networks(&self) -> Result<()> {
        let refused = |reason| {
            let what = "the sockets of all networks".to_owned();
            Err(Error::new(ErrorKind::Unsupported, what, reason))
        };
        if self.0.joined.is_some() {
            return refused("a container is joined: they are those of the host");
        }
        if !self.0.proc.is_genuine() {
            return refused("a copy of /proc has those of one network alone");
        }
        Ok(())
    }

    /// The network namespaces that are mounted, by number, where this thread sees them.
    pub(crate) fn mounted_networks(&self) -> io::Result<Vec<(u64, NetworkAt)>> {
        let thread = self.0.proc.this_thread()?;
        let bytes = thread.whole(process_file!("mountinfo"))?;
        let mounts = Mountinfo::parse(&bytes).map_err(|_| io::ErrorKind::InvalidData)?;
        let mounts = mounts.rows.iter().filter_map(|mount| {
            // Nothing else is called so: other roots begin with a slash.
            let root: &[u8] = &mount.root.0;
            let number = inode_in(root).filter(|_| root.starts_with(b"net:["))?;
            Some((number, NetworkAt::Mount(mount.target.0.clone())))
        });
        Ok(mounts.collect())
    }

    /// The sockets that are wanted of the network namespace with that number, by the first of the ways that
    /// leads to it; `None` if none does any more.
    ///
    /// # Errors
    ///
    /// It could not be entered, and no process there has its text.
    pub(crate) fn sockets_of(
        &self,
        number: u64,
        ways: &[NetworkAt],
        (wanted, details): (&Wanted, Details),
        (patience, until): (&mut Patience, Instant),
    ) -> Result<Option<Tables>, Missing> {
        let mut refused = None;
        for way in ways {
            let (proc, its) = (Arc::clone(&self.0.proc), way.clone());
            let open = move || enter(&proc, number, &its, until);
            let told = listed(patience, until, open, *wanted, details);
            let has_text = matches!(way, NetworkAt::Own | NetworkAt::Process(_));
            let error = match &told {
                Ok(_) => None,
                Err(error) if self.leads_nowhere(number, way, error) => continue,
                Err(error) => Some(match Missing::because_of(error) {
                    // Another mount is there.
                    Missing::None => Missing::Unreadable,
                    why => why,
                }),
            };
            if error.is_some() && !has_text {
                refused = refused.or(error);
                continue;
            }
            let mut read = |name: Name<'static>| {
                let text = self.text_of(number, way, name, patience);
                text.map_err(|error| Missing::because_of(&error))
            };
            match netlink::tables(Some(told), wanted, &mut read) {
                Some(tables) if error.is_some() && tables.is_unknown() => {
                    refused = refused.or(error);
                }
                Some(mut tables) => {
                    if !has_text {
                        let known = tables.unread.len();
                        tables.unread.retain(|(name, _)| !name.starts_with("net/"));
                        tables.lacks_text = tables.unread.len() < known;
                    }
                    return Ok(Some(tables));
                }
                None => refused = refused.or(error),
            }
        }
        refused.map_or(Ok(None), Err)
    }

    /// Whether an error says that a way leads to the namespace no more: the process has ended, has entered
    /// another one, or has closed the descriptor; it is mounted there no more.
    fn leads_nowhere(&self, number: u64, way: &NetworkAt, error: &io::Error) -> bool {
        let is_gone = Answer::of(error) == Answer::Gone;
        match way {
            NetworkAt::Own => false,
            NetworkAt::Process(_) => is_gone,
            NetworkAt::Descriptor(..) => {
                is_gone || matches!(error.raw_os_error(), Some(libc::EBADF | libc::EINVAL))
            }
            NetworkAt::Mount(_) => {
                let may_have = matches!(
                    Missing::because_of(error),
                    Missing::None | Missing::Unreadable
                );
                // It can also lie below another mount.
                let is_there = |mounted: Vec<_>| mounted.contains(&(number, way.clone()));
                may_have
                    && self
                        .mounted_networks()
                        .is_ok_and(|mounted| !is_there(mounted))
            }
        }
    }

    /// The text of a table of the network namespace with that number.
    fn text_of(
        &self,
        number: u64,
        way: &NetworkAt,
        name: Name<'static>,
        patience: &mut Patience,
    ) -> io::Result<Vec<u8>> {
        let (proc, way) = (Arc::clone(&self.0.proc), way.clone());
        patience.wait_for(move || {
            let dir = match way {
                NetworkAt::Own => proc.this_thread()?,
                NetworkAt::Process(pid) => proc.process(pid)?,
                // The text of a namespace without a process is nowhere.
                NetworkAt::Descriptor(..) | NetworkAt::Mount(_) => return Err(denied()),
            };
            let text = dir.whole(name)?;
            // It may have entered another one.
            let link = dir.link(process_file!("ns/net"))?;
            if inode_in(&link) == Some(number) {
                Ok(text)
            } else {
                Err(denied())
            }
        })
    }
}

fn denied() -> io::Error {
    io::Error::from_raw_os_error(libc::EACCES)
}

/// A socket in the network namespace with that number.
fn enter(proc: &Procfs, number: u64, way: &NetworkAt, until: Instant) -> io::Result<OwnedFd> {
    match way {
        NetworkAt::Own => netlink::open(),
        NetworkAt::Process(pid) => {
            let process = proc.process(*pid)?;
            let namespace = process.follow(process_file!("ns/net"), OFlag::O_RDONLY)?;
            reader::network(number, Network::Open(namespace.as_fd()), until)
        }
        NetworkAt::Descriptor(pid, fd) => {
            if !counts_as_we_do(proc) {
                return Err(io::ErrorKind::Unsupported.into());
            }
            let pidfd = sys::open_pidfd(*pid)?;
            reader::network(number, Network::Descriptor(pidfd.as_fd(), *fd), until)
        }
        NetworkAt::Mount(path) => {
            let path = Path::new(OsStr::from_bytes(path));
            reader::network(number, Network::Mount(path), until)
        }
    }
}
