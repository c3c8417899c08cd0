//! What a process has open: every descriptor, its `fdinfo`, and the socket behind it.

use std::{collections::HashMap, sync::Arc};

use super::{
    files::{Dir, FileOf},
    handle::Process,
    open::{FileKind, OpenDescriptor, OpenFile, OpenSocket},
};
use crate::{
    error::{ErrorKind, Result},
    snapshot::{Files, Opened, Pulse, Slot, SocketsOf, read_opened},
    sys::Behind,
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
        if let Some(all) = self.cache().find(|known| &mut known.descriptors) {
            return all.map(|all| all.len());
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

    /// Its open descriptors, by number (`fd`, `fdinfo`), and the sockets behind them, for which each
    /// table of its own network namespace (`net/tcp` and so on) is read once; none for a zombie.
    ///
    /// None of the files is opened. The kind of a file whose server does not answer is guessed by
    /// its path, after the time-out.
    ///
    /// ```
    /// use psgo::{Pid, View};
    ///
    /// let me = View::host()?.process(Pid::new(std::process::id()))?;
    /// for descriptor in me.descriptors()?.iter() {
    ///     println!("{}: {}", descriptor.fd, descriptor.kind);
    /// }
    /// # Ok::<(), psgo::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// See [`Process`].
    #[inline]
    pub fn descriptors(&self) -> Result<Arc<[OpenDescriptor]>> {
        self.once(
            |known| &mut known.descriptors,
            || {
                let opened = match self.opened(Files::FDINFO) {
                    // Some descriptors make readers of their `fdinfo` wait; the others are known.
                    Err(error) if error.kind() == ErrorKind::TimedOut => {
                        self.opened(Files::empty())?
                    }
                    opened => opened?,
                };
                let behind = self.behind(&opened);
                let all = opened.into_iter().filter_map(|opened| match opened.slot {
                    Slot::Fd(fd) => Some(OpenDescriptor::new(fd, opened, behind.get(&fd).copied())),
                    _ => None,
                });
                Ok(all.collect())
            },
        )
    }

    /// What it has open; those files that can make a reader wait only if they are in `asked`.
    fn opened(&self, asked: Files) -> Result<Vec<Opened>> {
        let proc = Arc::clone(self.procfs());
        self.watched(Dir::Living, "fd", move |dir| {
            let mut files = proc.reader_of(dir)?;
            let asked = asked | Files::FDS | Files::SOCKETS;
            let wanted = asked | Files::FDINFO;
            let (sockets, pulse) = (SocketsOf::default(), Pulse::default());
            let (opened, _) = read_opened(&mut files, wanted, asked, &sockets, &pulse)?;
            Ok(opened)
        })
    }

    /// What stands behind those descriptors of which the link does not tell. Some file systems ask
    /// their servers even for that, and where one does not answer, no descriptor is less known
    /// than by its link and its flags.
    #[inline]
    fn behind(&self, opened: &[Opened]) -> HashMap<u32, Behind> {
        let wanted = opened.iter().filter_map(|opened| match opened.slot {
            Slot::Fd(fd) if FileKind::of_link(&opened.target).is_none() => Some(fd),
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

    /// The regular files that it has open, deleted ones too (`fd`, `fdinfo`).
    ///
    /// # Errors
    ///
    /// See [`Process`].
    #[inline]
    pub fn open_files(&self) -> Result<Vec<OpenFile>> {
        let descriptors = self.descriptors()?;
        let file = |descriptor: &OpenDescriptor| {
            let path = descriptor.path()?.to_vec();
            let info = descriptor.info.as_ref()?;
            (descriptor.kind == FileKind::File).then_some(OpenFile {
                fd: descriptor.fd,
                path,
                deleted: descriptor.deleted,
                position: info.pos,
                flags: info.flags.0,
            })
        };
        Ok(descriptors.iter().filter_map(file).collect())
    }

    /// Its sockets, once for each descriptor (`fd`, and the tables of its network namespace).
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
