//! What a process holds open: every descriptor, with what `fdinfo` tells and the socket behind it.

use std::{collections::HashMap, sync::Arc};

use super::{Process, Whose, identity::undeleted};
use crate::{
    error::Result,
    format::pid::{Fdinfo, Target},
    snapshot::{Files, Opened, Slot, SocketsOf, read_opened},
    socket::Socket,
    sys::{Behind, Entry},
};

/// What kind of file a descriptor stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FileKind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A character device.
    CharDevice,
    /// A block device.
    BlockDevice,
    /// A pipe, named or not.
    Fifo,
    /// A socket.
    Socket,
    /// One that the kernel made for a call of its own: eventfd, epoll, `io_uring`.
    Anonymous,
    /// Memory that is a file (`memfd_create`).
    Memory,
    /// Another one, or it is not known which.
    Other,
}

impl FileKind {
    /// The word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Directory => "dir",
            Self::CharDevice => "char",
            Self::BlockDevice => "block",
            Self::Fifo => "fifo",
            Self::Socket => "socket",
            Self::Anonymous => "anon",
            Self::Memory => "memfd",
            Self::Other => "other",
        }
    }

    /// What is told by where a link leads.
    fn of_link(link: &[u8]) -> Option<Self> {
        match Target::of(link) {
            Target::Anonymous(_) => Some(Self::Anonymous),
            Target::Memory => Some(Self::Memory),
            Target::Inode(b"socket", _) => Some(Self::Socket),
            Target::Inode(b"pipe", _) => Some(Self::Fifo),
            Target::Inode(..) | Target::DmaBuf | Target::Other => None,
        }
    }

    /// What is likely of a path that was opened with these flags.
    fn of_path(path: &[u8], mut flags: impl Iterator<Item = &'static str>) -> Self {
        if !path.starts_with(b"/") {
            Self::Other
        } else if flags.any(|flag| flag == "O_DIRECTORY") {
            Self::Directory
        } else if path.starts_with(b"/dev/") && !path.starts_with(b"/dev/shm/") {
            Self::CharDevice
        } else {
            Self::File
        }
    }

    fn of_entry(entry: Option<Entry>) -> Self {
        match entry {
            Some(Entry::File) => Self::File,
            Some(Entry::Directory) => Self::Directory,
            Some(Entry::CharacterDevice) => Self::CharDevice,
            Some(Entry::BlockDevice) => Self::BlockDevice,
            Some(Entry::Fifo) => Self::Fifo,
            Some(Entry::Socket) => Self::Socket,
            _ => Self::Other,
        }
    }
}

/// A descriptor of a process.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Descriptor {
    /// Its number.
    pub fd: u32,
    /// What kind of file it stands for.
    pub kind: FileKind,
    /// Where its link leads, see [`Link`](crate::format::pid::Link).
    pub target: Vec<u8>,
    /// Whether the file has no name any more.
    pub deleted: bool,
    /// What the kernel tells of it, which depends on what it is; nothing where it may not be read.
    pub info: Option<Fdinfo>,
    /// The socket, of the process's own network namespace; nothing for other files, and for
    /// sockets of families that have no addresses.
    pub socket: Option<Arc<Socket>>,
}

impl Descriptor {
    /// The kernel's word for what has no name: `eventfd`, `eventpoll`, `socket`, `pipe`, `pidfd`.
    #[must_use]
    pub fn what(&self) -> Option<&[u8]> {
        match Target::of(&self.target) {
            Target::Anonymous(name) => Some(name),
            _ if self.target.starts_with(b"/") => None,
            _ => self.target.split(|&b| b == b':').next(),
        }
    }

    /// The path of a file that has or had a name, without ` (deleted)`.
    #[must_use]
    pub fn path(&self) -> Option<&[u8]> {
        let is_path = self.target.starts_with(b"/") && self.kind != FileKind::Memory;
        is_path.then(|| undeleted(&self.target, Some(u32::from(!self.deleted))).0)
    }
}

/// A regular file that a process has open.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct OpenedFile {
    /// Its descriptor.
    pub fd: u32,
    /// Its path in the mount namespace of the process, without ` (deleted)`.
    pub path: Vec<u8>,
    /// Whether it has no name any more.
    pub deleted: bool,
    /// Offset, in bytes.
    pub position: i64,
    /// Flags of `open`, and close-on-exec.
    pub flags: u32,
}

impl OpenedFile {
    /// How it was opened, in the words of `fopen`: `r`, `w`, `a`, `r+`, `a+`.
    #[must_use]
    pub const fn mode(&self) -> &'static str {
        const O_APPEND: u32 = 0o2000;
        match (self.flags & 3, self.flags & O_APPEND != 0) {
            (1, false) => "w",
            (1, true) => "a",
            (2, false) => "r+",
            (2, true) => "a+",
            _ => "r",
        }
    }
}

impl Process {
    /// How many descriptors it has (`fd`); none for a zombie.
    ///
    /// # Errors
    ///
    /// See [`Process`].
    pub fn descriptor_count(&self) -> Result<usize> {
        if let Some(all) = self.kept().find::<Arc<[Descriptor]>>("descriptors") {
            return all.map(|all| all.len());
        }
        self.once("fd", || {
            self.at_once(Whose::Living, "fd", |dir| Ok(dir.numbers("fd")?.len()))
        })
    }

    /// Its descriptors, by number (`fd`, `fdinfo`), and the sockets behind them, each table of its
    /// own network namespace (`net/tcp` and so on) read once; none for a zombie.
    ///
    /// Nothing is opened. Of a file on a server that does not answer the kind is guessed, after the
    /// time-out.
    ///
    /// # Errors
    ///
    /// See [`Process`].
    pub fn descriptors(&self) -> Result<Arc<[Descriptor]>> {
        self.once("descriptors", || {
            let proc = Arc::clone(self.procfs());
            let opened = self.within(Whose::Living, "fd", move |dir| {
                let mut files = proc.reader_of(dir)?;
                let wanted = Files::FDS | Files::FDINFO | Files::SOCKETS;
                read_opened(&mut files, wanted, &SocketsOf::default())
            })?;
            let behind = self.behind(&opened);
            let all = opened.into_iter().filter_map(|opened| match opened.slot {
                Slot::Fd(fd) => Some(descriptor(fd, opened, behind.get(&fd).copied())),
                _ => None,
            });
            Ok(all.collect())
        })
    }

    /// What stands behind those descriptors of which the link does not tell. Some file systems ask
    /// their servers even for that, and where one does not answer, no descriptor is less known
    /// than by its link and its flags.
    fn behind(&self, opened: &[Opened]) -> HashMap<u32, Behind> {
        let wanted = opened.iter().filter_map(|opened| match opened.slot {
            Slot::Fd(fd) if FileKind::of_link(&opened.target).is_none() => Some(fd),
            _ => None,
        });
        let wanted: Vec<u32> = wanted.collect();
        if wanted.is_empty() || !self.procfs().is_genuine() {
            return HashMap::new();
        }
        let found = self.within(Whose::Living, "fd", move |dir| {
            let behind = |fd| Some((fd, dir.behind(&format!("fd/{fd}")).ok()?));
            Ok(wanted.into_iter().filter_map(behind).collect())
        });
        found.unwrap_or_default()
    }

    /// The regular files that it has open, those without a name too.
    ///
    /// # Errors
    ///
    /// See [`Process`].
    pub fn open_files(&self) -> Result<Vec<OpenedFile>> {
        let descriptors = self.descriptors()?;
        let file = |descriptor: &Descriptor| {
            let path = descriptor.path()?.to_vec();
            let info = descriptor.info.as_ref()?;
            (descriptor.kind == FileKind::File).then_some(OpenedFile {
                fd: descriptor.fd,
                path,
                deleted: descriptor.deleted,
                position: info.pos,
                flags: info.flags.0,
            })
        };
        Ok(descriptors.iter().filter_map(file).collect())
    }

    /// Its sockets, each by every descriptor that it has for it.
    ///
    /// # Errors
    ///
    /// See [`Process`].
    pub fn sockets(&self) -> Result<Vec<(u32, Arc<Socket>)>> {
        let descriptors = self.descriptors()?;
        let sockets = descriptors.iter().filter_map(|descriptor| {
            let socket = descriptor.socket.as_ref()?;
            Some((descriptor.fd, Arc::clone(socket)))
        });
        Ok(sockets.collect())
    }
}

fn descriptor(fd: u32, opened: Opened, behind: Option<Behind>) -> Descriptor {
    let info = opened.info;
    // What its link says need not be asked.
    let (kind, names) = match (FileKind::of_link(&opened.target), behind) {
        (Some(kind), _) => (kind, Some(1)),
        (None, Some(behind)) => (FileKind::of_entry(behind.kind), Some(behind.names)),
        (None, None) => {
            let flags = info.iter().flat_map(|info| info.flags.names());
            (FileKind::of_path(&opened.target, flags), None)
        }
    };
    let deleted = kind != FileKind::Memory && undeleted(&opened.target, names).1;
    Descriptor {
        fd,
        kind,
        deleted: deleted && opened.target.starts_with(b"/"),
        target: opened.target,
        info,
        socket: opened.socket,
    }
}
