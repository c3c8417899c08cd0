//! Reading files of runtimes: below a directory, never through a link, regular ones alone, so much and
//! no more.
//!
//! They lie where the runtimes want them, and those of a user where he wants: on any file system, which
//! may never answer. So they are read as a container's passwd is: by a separate process, or by a thread
//! that can be left behind where that is the separate process.

use std::{
    io,
    os::fd::{AsFd as _, OwnedFd},
    path::Path,
    sync::Arc,
};

use nix::fcntl::OFlag;

use crate::{
    ids::Pid,
    procfs::Procfs,
    reader::{AskApart, ask_apart},
    sys::{
        self, End, Guard,
        messages::{BELOW, NAMES, READ_OWNED},
    },
    wait::process_file,
};

/// A file of one container is never longer: the largest have a profile of seccomp of some 100 KiB.
pub(super) const OF_ONE: usize = 1 << 20;

/// Docker keeps all that it knows of a container in one file, with its environment and labels.
pub(super) const OF_DOCKER: usize = 4 << 20;

/// One file has all containers of podman or CRI-O, a kilobyte each.
pub(super) const OF_ALL: usize = 16 << 20;

/// The names in a directory, some 100,000.
pub(super) const OF_NAMES: usize = 8 << 20;

/// The root directory of the host whose runtimes are asked.
#[derive(Debug, Clone)]
pub(super) struct Root(Arc<OwnedFd>);

/// A directory on that host.
#[derive(Debug, Clone)]
pub(super) struct Dir {
    root: Root,
    /// From the root, without a slash at its beginning.
    path: Vec<u8>,
}

/// What was read, and whose file it is.
#[derive(Debug)]
pub(super) struct Read {
    pub(super) owner: u32,
    pub(super) bytes: Vec<u8>,
}

impl Root {
    /// That of the host whose `/proc` this is: of this process, if it is its own.
    pub(super) fn of(proc: &Procfs, is_own: bool) -> io::Result<Self> {
        let root = if is_own {
            sys::open_directory(c"/", OFlag::empty())?
        } else {
            let flags = OFlag::O_PATH | OFlag::O_DIRECTORY;
            proc.process(Pid::new(1))?
                .follow(process_file!("root"), flags)?
        };
        Ok(Self(Arc::new(root)))
    }

    /// A directory that stands for it.
    #[cfg(test)]
    pub(super) fn at(path: &Path) -> Self {
        Self(Arc::new(sys::open_directory(path, OFlag::empty()).unwrap()))
    }

    /// The directory at that path.
    pub(super) fn dir(&self, path: impl AsRef<[u8]>) -> Dir {
        let path = path.as_ref();
        let start = path.iter().position(|&b| b != b'/').unwrap_or(path.len());
        Dir {
            root: self.clone(),
            path: path.get(start..).unwrap_or_default().to_vec(),
        }
    }
}

impl Dir {
    /// The directory below it.
    pub(super) fn join(&self, below: impl AsRef<[u8]>) -> Self {
        let path = [&self.path, below.as_ref()].join(&b'/');
        Self {
            root: self.root.clone(),
            path,
        }
    }

    /// The directory at that path of the same host.
    pub(super) fn beside(&self, path: &[u8]) -> Self {
        self.root.dir(path)
    }

    pub(super) fn path(&self) -> Vec<u8> {
        [b"/", &self.path[..]].concat()
    }

    /// What it is called in errors, with a file below it.
    pub(super) fn named(&self, file: &[u8]) -> String {
        let whole = if file.is_empty() {
            self.path()
        } else {
            [&self.path()[..], file].join(&b'/')
        };
        crate::bytes::Escaped(&whole).to_string()
    }

    /// Its files with these names, each with at most so many bytes: longer ones are errors.
    pub(super) fn read(&self, files: &[&[u8]], limit: usize) -> Vec<io::Result<Read>> {
        let ask = |result: io::Result<Vec<u8>>| {
            let (owner, bytes) = owned(result?)?;
            if bytes.len() > limit {
                return Err(io::Error::from_raw_os_error(libc::EFBIG));
            }
            Ok(Read { owner, bytes })
        };
        // What is longer is known by one byte more.
        match self.ask(READ_OWNED, files, limit + 1) {
            Ok(Some(answers)) => answers.into_iter().map(ask).collect(),
            Ok(None) => self.read_here(files, limit),
            Err(error) => files.iter().map(|_| Err(again(&error))).collect(),
        }
    }

    /// The names that it has, and whose directory it is.
    pub(super) fn names(&self) -> io::Result<(u32, Vec<Vec<u8>>)> {
        match self.ask(NAMES, &[b"."], OF_NAMES)? {
            Some(mut answers) => {
                let answer = answers.pop().unwrap_or_else(|| Err(no_answer()));
                let (owner, entries) = owned(answer?)?;
                Ok((owner, sys::names_in(&entries)))
            }
            None => {
                let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_NONBLOCK;
                let dir = sys::open_below(&self.open()?, c".", flags, Guard::Beneath)?;
                let owner = sys::stat(&dir)?.st_uid;
                let names = sys::list(dir)?.into_iter().map(|(name, _)| name);
                let names = names.filter(|name| !matches!(&name[..], b"." | b".."));
                Ok((owner, names.collect()))
            }
        }
    }

    /// The answers of the process that reads for this thread; nothing where the thread is to.
    fn ask(
        &self,
        what: u64,
        files: &[&[u8]],
        limit: usize,
    ) -> io::Result<Option<Vec<io::Result<Vec<u8>>>>> {
        if !sys::can_guard() {
            return Err(io::Error::from_raw_os_error(libc::ENOSYS));
        }
        let ask = AskApart {
            what,
            dir: Some(self.root.0.as_fd()),
            resolve: Guard::Beneath.to_word(),
            limit,
            how: BELOW,
        };
        let paths = std::iter::once(&self.path[..]).chain(files.iter().copied());
        let Some(mut answers) = ask_apart(ask, paths)? else {
            return Ok(None);
        };
        let opened = answers.next(&mut Vec::new());
        let mut all = Vec::with_capacity(files.len());
        for _ in files {
            let mut bytes = Vec::new();
            let answer = answers.next(&mut bytes);
            all.push(match (&opened, answer) {
                (Err(error), _) => Err(again(error)),
                (Ok(()), answer) => answer.map(|()| bytes),
            });
        }
        Ok(Some(all))
    }

    fn open(&self) -> io::Result<OwnedFd> {
        let flags = OFlag::O_PATH | OFlag::O_DIRECTORY;
        sys::open_below(&self.root.0, &self.path[..], flags, Guard::InRoot)
    }

    fn read_here(&self, files: &[&[u8]], limit: usize) -> Vec<io::Result<Read>> {
        let dir = match self.open() {
            Ok(dir) => dir,
            Err(error) => return files.iter().map(|_| Err(again(&error))).collect(),
        };
        let read = |file: &&[u8]| {
            let flags = OFlag::O_RDONLY | OFlag::O_NONBLOCK;
            let file = sys::open_below(&dir, *file, flags, Guard::Beneath)?;
            let stat = sys::stat(&file)?;
            if !sys::is_regular(&stat) {
                return Err(io::Error::from_raw_os_error(libc::EIO));
            }
            let mut bytes = Vec::new();
            sys::read_to_end(file, &mut bytes, limit + 1, End::Nothing)?;
            if bytes.len() > limit {
                return Err(io::Error::from_raw_os_error(libc::EFBIG));
            }
            Ok(Read {
                owner: stat.st_uid,
                bytes,
            })
        };
        files.iter().map(read).collect()
    }
}

/// The owner, which is told first, and what follows.
fn owned(mut bytes: Vec<u8>) -> io::Result<(u32, Vec<u8>)> {
    let Some(&owner) = bytes.first_chunk::<4>() else {
        return Err(no_answer());
    };
    bytes.drain(..4);
    Ok((u32::from_ne_bytes(owner), bytes))
}

fn no_answer() -> io::Error {
    io::ErrorKind::UnexpectedEof.into()
}

/// The same error once more.
fn again(error: &io::Error) -> io::Error {
    let errno = error.raw_os_error().map(io::Error::from_raw_os_error);
    errno.unwrap_or_else(|| error.kind().into())
}

/// Whether a container's ID can be the name of a file: an ID of LXC or nspawn can have been anything.
pub(super) fn is_name(id: &[u8]) -> bool {
    let is_safe = |b: &u8| *b != 0 && *b != b'/';
    !matches!(id, b"" | b"." | b"..") && id.len() <= 255 && id.iter().all(is_safe)
}

/// The path of a root that a caller gave.
pub(super) fn path_of(path: &Path) -> Vec<u8> {
    use std::os::unix::ffi::OsStrExt as _;
    let whole = std::path::absolute(path);
    let path = whole.as_deref().unwrap_or(path);
    path.as_os_str().as_bytes().to_vec()
}
