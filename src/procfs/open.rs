//! Opening and reading a file of a `/proc`: by the thread at hand, or by its process where the file can
//! wait and no signal ends that.

use std::{
    io::{self, Read},
    os::fd::{AsFd as _, OwnedFd},
};

use nix::fcntl::OFlag;

use crate::{
    reader::{Answers, AskApart, ask_apart},
    sys::{
        self, Behind, End, Guard,
        messages::{BEHIND, LESS, LINK, ONE, READ},
    },
    wait::Reader,
};

/// A directory below which files are opened, and how far their paths may lead.
#[derive(Debug, Clone, Copy)]
pub(super) struct Below<'a> {
    pub(super) dir: &'a OwnedFd,
    pub(super) guard: Guard,
}

impl Below<'_> {
    /// Asks the process of the thread, where `by` is one; nothing where the thread does it.
    pub(super) fn ask<'p>(
        self,
        what: u64,
        by: Reader,
        limit: usize,
        end: End,
        paths: impl Iterator<Item = &'p str>,
    ) -> io::Result<Option<Answers>> {
        if by < Reader::Process {
            return Ok(None);
        }
        let ask = AskApart {
            what,
            dir: Some(self.dir.as_fd()),
            resolve: self.guard.to_word(),
            limit,
            how: if end == End::Less { LESS } else { 0 }
                | if by == Reader::OneProcess { ONE } else { 0 },
        };
        ask_apart(ask, paths.map(str::as_bytes))
    }

    /// Where one process at a time is to read a file, and this thread does it: the directory of the
    /// file, locked, to be kept open meanwhile. Without it the file can be read as well, or says why not.
    fn lock_here(self, path: &str, by: Reader) -> Option<OwnedFd> {
        let (parent, _) = path.rsplit_once('/')?;
        if by < Reader::OneProcess {
            return None;
        }
        let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY;
        let dir = sys::open_below(self.dir, parent, flags, self.guard).ok()?;
        sys::lock_directory(&dir);
        Some(dir)
    }

    fn open_here(self, path: &str) -> io::Result<OwnedFd> {
        let flags = OFlag::O_RDONLY | OFlag::O_NONBLOCK;
        sys::open_below(self.dir, path, flags, self.guard)
    }

    /// The bytes of a file, as far as `limit`.
    pub(super) fn read(self, path: &str, by: Reader, limit: usize) -> io::Result<Vec<u8>> {
        let end = End::Nothing;
        let mut buffer = Vec::new();
        match self.ask(READ, by, limit, end, std::iter::once(path))? {
            Some(mut answers) => answers.next(&mut buffer)?,
            None => {
                let _lock = self.lock_here(path, by);
                sys::read_to_end(self.open_here(path)?, &mut buffer, limit, end)?;
            }
        }
        Ok(buffer)
    }

    /// The bytes of files in one directory that hold one record each, one after the other.
    pub(super) fn read_each<'p>(
        self,
        paths: impl Iterator<Item = &'p str> + Clone,
        by: Reader,
        limit: usize,
        mut each: impl FnMut(io::Result<&[u8]>),
    ) -> io::Result<()> {
        let mut buffer = Vec::new();
        let Some(mut answers) = self.ask(READ, by, limit, End::Less, paths.clone())? else {
            let mut paths = paths.peekable();
            let _lock = paths.peek().and_then(|path| self.lock_here(path, by));
            for path in paths {
                let read = self
                    .open_here(path)
                    .and_then(|file| sys::read_to_end(file, &mut buffer, limit, End::Less));
                each(read.map(|()| &buffer[..]));
            }
            return Ok(());
        };
        for _ in paths {
            buffer.clear();
            match answers.next(&mut buffer) {
                Err(error) if crate::reader::is_cut() => return Err(error),
                read => each(read.map(|()| &buffer[..])),
            }
        }
        Ok(())
    }

    /// Opens a file to be read on and on.
    pub(super) fn open(self, path: &str, by: Reader) -> io::Result<OpenFile> {
        let answers = self.ask(READ, by, usize::MAX, End::Nothing, std::iter::once(path))?;
        Ok(match answers {
            Some(answers) => OpenFile {
                source: Source::Apart(answers),
                _lock: None,
            },
            None => OpenFile {
                _lock: self.lock_here(path, by),
                source: Source::Here(self.open_here(path)?),
            },
        })
    }

    /// Where a link points: no other mount can lie over the link that is read.
    pub(super) fn link(self, path: &str, by: Reader) -> io::Result<Vec<u8>> {
        if let Some(mut answers) =
            self.ask(LINK, by, usize::MAX, End::Nothing, std::iter::once(path))?
        {
            let mut target = Vec::new();
            answers.next(&mut target)?;
            return Ok(target);
        }
        link(self.dir, path, self.guard)
    }

    /// What kind of thing a link stands for, and by how many names that is known.
    pub(super) fn behind(self, path: &str, by: Reader) -> io::Result<Behind> {
        if let Some(mut answers) =
            self.ask(BEHIND, by, usize::MAX, End::Nothing, std::iter::once(path))?
        {
            let mut statx = Vec::new();
            answers.next(&mut statx)?;
            return Behind::of_statx(&statx).ok_or_else(|| io::ErrorKind::InvalidData.into());
        }
        sys::stat_behind(self.dir, path)
    }
}

pub(super) fn link(dir: &OwnedFd, path: &str, guard: Guard) -> io::Result<Vec<u8>> {
    match guard {
        Guard::Trusting => sys::read_link(dir, path),
        // RESOLVE_NO_SYMLINKS with O_NOFOLLOW opens the link itself.
        Guard::OneMount | Guard::Kernel | Guard::Beneath | Guard::InRoot => {
            let flags = OFlag::O_PATH | OFlag::O_NOFOLLOW;
            let link = sys::open_below(dir, path, flags, guard)?;
            sys::read_link(link, c"")
        }
    }
}

/// A file that is read on and on.
pub(crate) struct OpenFile {
    source: Source,
    /// The lock that is kept meanwhile, where there is one.
    _lock: Option<OwnedFd>,
}

enum Source {
    Here(OwnedFd),
    /// A process reads it.
    Apart(Answers),
}

impl From<OwnedFd> for OpenFile {
    fn from(file: OwnedFd) -> Self {
        Self {
            source: Source::Here(file),
            _lock: None,
        }
    }
}

impl Read for OpenFile {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match &mut self.source {
            Source::Here(file) => sys::read(file, buffer),
            Source::Apart(answers) => answers.read(buffer),
        }
    }
}
