//! What a process has open: every descriptor, its `fdinfo`, and the socket behind it.

use std::{collections::HashMap, sync::Arc};

use super::{
    cache::Held,
    files::{Dir, FileOf},
    handle::Process,
    open::{OpenDescriptor, OpenFile, OpenSocket},
};
use crate::{
    error::{ErrorKind, Result},
    format::pid::is_device_path,
    snapshot::{FileKind, Files, Holdings, Opened, Pulse, Slot, SocketsOf, Unread, read_opened},
    socket,
    sys::Behind,
    value::Text,
    wait::process_file,
};

impl Process {
    /// How many descriptors it has open (the entries of `fd`); 0 for a zombie.
    ///
    /// # Errors
    ///
    /// See [`Process`].
    #[inline]
    pub fn descriptor_count(&self) -> Result<usize> {
        if let Some(held) = self.cache().find(|known| &mut known.held) {
            return held.map(|held| held.all.len());
        }
        self.once(
            |known| &mut known.descriptor_count,
            || {
                self.ask(&FileOf::process("fd"), |dir| {
                    Ok(dir.numbers(process_file!("fd"))?.len())
                })
            },
        )
    }

    /// Its open descriptors, by number (`fd`, `fdinfo`), and the sockets behind them, for which the kernel
    /// is asked once for those of its network namespace (see [`Socket`](crate::Socket)); none for a zombie.
    ///
    /// None of the files is opened. The kind of a file whose server does not answer is unknown,
    /// after the time-out.
    ///
    /// ```
    /// use psgo::{Pid, View};
    ///
    /// let me = View::host()?.process(Pid::new(std::process::id()))?;
    /// for descriptor in me.descriptors()?.iter() {
    ///     println!("{}: {:?}", descriptor.fd, descriptor.word());
    /// }
    /// # Ok::<(), psgo::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// See [`Process`].
    #[inline]
    pub fn descriptors(&self) -> Result<Arc<[OpenDescriptor]>> {
        Ok(self.held()?.all)
    }

    /// The files that could not be read, wholly or in part, though its descriptors are known: protocols
    /// (`tcp`) and tables of sockets (`net/tcp`), whose sockets [`sockets`](Self::sockets) may lack, and links (`fd`), whose
    /// targets are unknown. Empty if nothing is missing.
    ///
    /// ```
    /// use psgo::{Pid, View};
    ///
    /// let me = View::host()?.process(Pid::new(std::process::id()))?;
    /// for unread in me.partly_read()?.iter() {
    ///     println!("{}: {}", unread.what, unread.why);
    /// }
    /// # Ok::<(), psgo::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`descriptors`](Self::descriptors).
    #[inline]
    pub fn partly_read(&self) -> Result<Arc<[Unread]>> {
        Ok(self.held()?.partial)
    }

    fn held(&self) -> Result<Held> {
        self.once(
            |known| &mut known.held,
            || {
                let holdings = match self.opened(Files::FDINFO) {
                    // Some descriptors make readers of their `fdinfo` wait; the others are known.
                    Err(error) if error.kind() == ErrorKind::TimedOut => {
                        self.opened(Files::empty())?
                    }
                    opened => opened?,
                };
                let partial = holdings.partial.into_iter().map(|(file, why)| Unread {
                    what: file.to_owned(),
                    why,
                    rows: 0,
                    pids: vec![self.pid()],
                });
                let mut opened = holdings.opened;
                let behind = self.behind(&opened);
                for opened in &mut opened {
                    if let Slot::Fd(fd) = opened.slot {
                        opened.behind = behind.get(&fd).copied();
                    }
                }
                let mut protocols = self.protocols(&opened);
                let all = opened.into_iter().filter_map(|opened| match opened.slot {
                    Slot::Fd(fd) => {
                        let uid = |uid| self.view.0.uid(uid).ok();
                        let mut descriptor = OpenDescriptor::new(fd, opened, uid);
                        if let Some(protocol) = protocols.remove(&fd) {
                            descriptor.protocol = Some(protocol);
                        }
                        Some(descriptor)
                    }
                    _ => None,
                });
                Ok(Held {
                    all: all.collect(),
                    partial: partial.collect(),
                })
            },
        )
    }

    /// What it has open; those files that can make a reader wait only if they are in `asked`.
    fn opened(&self, asked: Files) -> Result<Holdings> {
        let proc = Arc::clone(self.procfs());
        let time = self.view.patience();
        let file = if asked.contains(Files::FDINFO) {
            process_file!("fdinfo/*")
        } else {
            process_file!("fd/*")
        };
        self.watched_for(Dir::Living, "fd", file, move |dir| {
            let mut files = proc.reader_of(dir)?;
            let asked = asked | Files::FDS | Files::SOCKETS;
            let wanted = asked | Files::FDINFO;
            let (sockets, pulse) = (SocketsOf::detailed(time), Pulse::default());
            read_opened(&mut files, wanted, asked, &sockets, &pulse)
        })
    }

    /// What stands behind those descriptors of which the link does not tell. Some file systems ask
    /// their servers even for that, and where one does not answer, no descriptor is less known
    /// than by its link and its flags.
    #[inline]
    fn behind(&self, opened: &[Opened]) -> HashMap<u32, Behind> {
        let wanted = opened.iter().filter_map(|opened| match opened.slot {
            Slot::Fd(fd) if opened.is_to_be_asked() => Some(fd),
            _ => None,
        });
        let wanted: Vec<u32> = wanted.collect();
        if wanted.is_empty() || !self.procfs().is_genuine() {
            return HashMap::new();
        }
        let found = self.watched(Dir::Living, "fd", move |dir| {
            let behind = |fd| Some((fd, dir.behind(process_file!("fd/*").entry(fd).name()).ok()?));
            Ok(wanted.into_iter().filter_map(behind).collect())
        });
        found.unwrap_or_default()
    }

    /// The protocols of the sockets that no table of its network namespace has: of those of other
    /// namespaces and families. The socket itself is asked, which answers at once.
    #[inline]
    fn protocols(&self, opened: &[Opened]) -> HashMap<u32, Text> {
        let wanted = opened.iter().filter_map(|opened| match opened.slot {
            Slot::Fd(fd) if opened.socket.is_none() => Some((fd, opened.socket_inode()?)),
            _ => None,
        });
        let wanted: Vec<_> = wanted.collect();
        if wanted.is_empty() || !self.procfs().is_genuine() {
            return HashMap::new();
        }
        let found = self.watched(Dir::Living, "fd", move |dir| {
            let protocol = |(fd, inode)| {
                let name = process_file!("fd/*").entry(fd);
                let protocol = dir.socket_protocol(name.name(), inode).ok()?;
                Some((fd, socket::protocol(&protocol)))
            };
            Ok(wanted.into_iter().filter_map(protocol).collect())
        });
        // Whoever may not ask, or is not answered, does not know them.
        found.unwrap_or_default()
    }

    /// The regular files that it has open, deleted ones too (`fd`, `fdinfo`). A path whose file could
    /// not be asked for its kind, as in a copy, is one unless it lies below `/dev`.
    ///
    /// # Errors
    ///
    /// See [`Process`].
    #[inline]
    pub fn open_files(&self) -> Result<Vec<OpenFile>> {
        let descriptors = self.descriptors()?;
        let file = |descriptor: &OpenDescriptor| {
            let path = descriptor.path()?;
            let is_file = match descriptor.kind {
                Some(kind) => kind == FileKind::File,
                None => !is_device_path(path),
            };
            let info = descriptor.info.as_ref();
            is_file.then(|| OpenFile {
                fd: descriptor.fd,
                path: path.to_vec(),
                deleted: descriptor.deleted,
                position: info.and_then(|info| info.pos),
                flags: info.map(|info| info.flags.0),
            })
        };
        Ok(descriptors.iter().filter_map(file).collect())
    }

    /// Its sockets, once for each descriptor (`fd`, and those of its network namespace).
    ///
    /// # Errors
    ///
    /// See [`Process`].
    #[inline]
    pub fn sockets(&self) -> Result<Vec<OpenSocket>> {
        let descriptors = self.descriptors()?;
        let sockets = descriptors.iter().filter_map(|descriptor| {
            Some(OpenSocket {
                fd: descriptor.fd,
                socket: Arc::clone(descriptor.socket.as_ref()?),
            })
        });
        Ok(sockets.collect())
    }
}
