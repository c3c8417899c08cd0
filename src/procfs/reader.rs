//! `Reader`: files of many processes, one after the other, into the same buffers.

use std::{
    ffi::CStr,
    io,
    os::fd::{AsFd, OwnedFd},
};

use nix::fcntl::OFlag;

use super::files::{LIMIT, OpenFile, ProcessDir, Procfs, is_too_long, link, whole};
use crate::{
    bytes,
    error::is_no_such_file,
    ids::{Gid, Pid, Uid},
    sys::{self, End, Guard},
    wait::{Name, process_file},
};

/// What nearly every file is shorter than.
const USUAL: usize = 8192;

/// How much is read at a time of a file that is not kept as a whole.
const PIECE: usize = 256 << 10;

/// A buffer that a file made longer than this is not kept for the next: one long command line
/// would hold as much memory in each thread that reads.
pub(crate) const KEPT: usize = 64 << 10;

impl Procfs {
    /// A reader of the files of many processes, with buffers of its own.
    pub(crate) fn reader(&self) -> Reader<'_> {
        Reader {
            procfs: self,
            dir: None,
            path: NumberedPath::default(),
            buffer: Vec::with_capacity(USUAL),
            filled: 0,
        }
    }

    /// A reader of the files of the process, or the thread, whose directory is held.
    pub(crate) fn reader_of(&self, process: &ProcessDir) -> io::Result<Reader<'_>> {
        let mut reader = self.reader();
        reader.dir = Some(process.dir.try_clone()?);
        Ok(reader)
    }
}

/// Reads files of many processes, one after the other, into the same buffers.
///
/// Each file is opened by the number of its process, which may come to mean another meanwhile. A
/// file that can be read was open when its process was still there, though: so whatever was opened
/// by the same number after it, and before it was read, is of the same process.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    procfs: &'a Procfs,
    /// The directory of the process, once it had to be opened.
    dir: Option<OwnedFd>,
    path: NumberedPath,
    buffer: Vec<u8>,
    /// So much of the buffer was read last; what stands behind it is of an earlier file.
    filled: usize,
}

/// The path of a directory that is a number, and of what is in it: maybe with a slash and a name
/// behind the number, and a NUL; and how long the number is.
#[derive(Debug, Default)]
struct NumberedPath(Vec<u8>, usize);

impl NumberedPath {
    fn turn_to(&mut self, number: u32) {
        self.0.clear();
        bytes::push_decimal(number.into(), &mut self.0);
        self.1 = self.0.len();
    }

    /// The path of `name` there, or of the directory itself.
    fn with(&mut self, name: &str) -> &CStr {
        self.0.truncate(self.1);
        if !name.is_empty() {
            self.0.push(b'/');
        }
        self.0.extend_from_slice(name.as_bytes());
        self.0.push(0);
        // There is no NUL in a name of the table, nor in digits or a slash; and an
        // empty path opens nothing.
        CStr::from_bytes_with_nul(&self.0).unwrap_or_default()
    }
}

impl Reader<'_> {
    /// Turns to the process `pid`.
    pub(crate) fn turn_to(&mut self, pid: Pid) {
        self.dir = None;
        self.path.turn_to(pid.get());
    }

    /// Holds the directory of the process: what is opened from now on is of that process, or
    /// fails. It is the one turned to if a file of it that was opened before can be read after.
    pub(crate) fn hold(&mut self) -> io::Result<()> {
        if self.dir.is_none() {
            let (root, guard) = (self.procfs.root.as_fd(), self.procfs.guard);
            let flags = OFlag::O_PATH | OFlag::O_DIRECTORY;
            self.dir = Some(sys::open_below(root, self.path.with(""), flags, guard)?);
        }
        Ok(())
    }

    /// Where the link `name` of the process, whose directory is held, leads.
    pub(crate) fn link(&self, name: Name<'_>) -> io::Result<Vec<u8>> {
        name.check_thread();
        match &self.dir {
            Some(dir) => link(dir, name.as_str(), self.procfs.guard),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }

    /// The descriptors of the process, whose directory is held, by number, and where each leads:
    /// nowhere if the kernel does not tell, because the path is longer than `PATH_MAX`.
    pub(crate) fn descriptors(&self) -> io::Result<Vec<(u32, Vec<u8>)>> {
        let Some(dir) = &self.dir else {
            return Err(io::ErrorKind::NotFound.into());
        };
        process_file!("fd/*").check_thread();
        let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY;
        let fd = process_file!("fd").as_str();
        let dir = sys::open_below(dir, fd, flags, self.procfs.guard)?;
        let mut numbers = sys::list_numbers(&dir)?;
        numbers.sort_unstable();
        let link = |fd: u32| match link(&dir, &fd.to_string(), self.procfs.guard) {
            Ok(target) => Some(Ok((fd, target))),
            // Closed meanwhile.
            Err(error) if is_no_such_file(&error) => None,
            Err(error) if is_too_long(&error) => Some(Ok((fd, Vec::new()))),
            // Who may list them may not be allowed to know where they lead.
            Err(error) => Some(Err(error)),
        };
        numbers.into_iter().filter_map(link).collect()
    }

    /// Turns to a thread that lives, if the first thread of the process, whose directory is held,
    /// has ended and others have not: what they share is read from then on.
    pub(crate) fn turn_to_living_thread(&mut self) -> bool {
        let Some(dir) = self.dir.as_ref().and_then(|dir| dir.try_clone().ok()) else {
            return false;
        };
        let process = ProcessDir {
            dir,
            guard: self.procfs.guard,
            is_own: false,
        };
        let Ok(Some(living)) = process.living_thread() else {
            return false;
        };
        self.dir = Some(living.dir);
        true
    }

    /// Opens the file `name` of the process, whose directory is held.
    pub(crate) fn open_held(&self, name: Name<'_>) -> io::Result<OwnedFd> {
        name.check_thread();
        let flags = OFlag::O_RDONLY | OFlag::O_NONBLOCK;
        match &self.dir {
            Some(dir) => sys::open_below(dir, name.as_str(), flags, self.procfs.guard),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }

    /// Gives each line of a file of any length, of the process whose directory is held.
    pub(crate) fn each_line(&self, name: Name<'_>, each: &mut dyn FnMut(&[u8])) -> io::Result<()> {
        let mut lines = io::BufReader::with_capacity(PIECE, OpenFile(self.open_held(name)?));
        let mut line = Vec::new();
        while io::BufRead::read_until(&mut lines, b'\n', &mut line)? > 0 {
            each(&line);
            line.clear();
        }
        Ok(())
    }

    /// The whole of a file that may be larger than those of a listing, of the process whose
    /// directory is held.
    pub(crate) fn whole(&self, name: Name<'_>) -> io::Result<Vec<u8>> {
        whole(self.open_held(name)?)
    }

    /// Opens the file `name` of the process.
    pub(crate) fn open(&mut self, name: Name<'_>) -> io::Result<OwnedFd> {
        name.check_thread();
        let (root, guard) = (self.procfs.root.as_fd(), self.procfs.guard);
        let flags = OFlag::O_RDONLY | OFlag::O_NONBLOCK;
        match &self.dir {
            Some(dir) => sys::open_below(dir, name.as_str(), flags, guard),
            None => sys::open_below(root, self.path.with(name.as_str()), flags, guard),
        }
    }

    /// Reads an open file that holds one record.
    pub(crate) fn fill(&mut self, file: impl AsFd) -> io::Result<()> {
        // After a failure nothing has been read.
        self.filled = 0;
        if self.buffer.capacity() > KEPT {
            self.buffer = Vec::with_capacity(USUAL);
        }
        self.filled = sys::read_into(file, &mut self.buffer, LIMIT, End::Less)?;
        Ok(())
    }

    /// The bytes that were read last.
    pub(crate) fn filled(&self) -> &[u8] {
        &self.buffer[..self.filled]
    }

    /// The bytes of an open file that holds one record.
    pub(crate) fn bytes(&mut self, file: impl AsFd) -> io::Result<&[u8]> {
        self.fill(file)?;
        Ok(self.filled())
    }

    /// The bytes of the file `name` of the process.
    pub(crate) fn read(&mut self, name: Name<'_>) -> io::Result<&[u8]> {
        let file = self.open(name)?;
        self.bytes(file)
    }

    /// The owner of the directory of the process: its effective user and group, in the eyes of
    /// this process. A process that has been reaped answers 0:0, so believe it only if a file of
    /// the process that was opened before can be read after.
    pub(crate) fn owner(&mut self) -> io::Result<(Uid, Gid)> {
        let (root, guard) = (self.procfs.root.as_fd(), self.procfs.guard);
        if guard == Guard::Trusting {
            return sys::owner_below(root, self.path.with(""));
        }
        // Over a directory of a container's something else may be mounted. What is opened after it
        // is opened below it, which costs less.
        let flags = OFlag::O_PATH | OFlag::O_DIRECTORY;
        let dir = sys::open_below(root, self.path.with(""), flags, guard)?;
        let owner = sys::owner(&dir);
        self.dir = Some(dir);
        owner
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_long_file_holds_no_memory_after_it_and_is_cut_at_the_limit() {
        let copy = std::env::temp_dir().join(format!("psgo-long-{}", std::process::id()));
        for (pid, len) in [(1, LIMIT + 1), (2, 10), (3, USUAL * 3)] {
            let dir = copy.join(pid.to_string());
            fs::create_dir_all(&dir).unwrap();
            fs::write(dir.join("cmdline"), vec![b'x'; len]).unwrap();
        }
        let proc = Procfs::open(&copy).unwrap();
        let mut reader = proc.reader();
        for (pid, len) in [
            (1, LIMIT),
            (2, 10),
            (3, USUAL * 3),
            (1, LIMIT),
            (3, USUAL * 3),
        ] {
            reader.turn_to(Pid::new(pid));
            let bytes = crate::wait::as_one_that_can_be_left(|| {
                reader.read(process_file!("cmdline")).map(<[u8]>::len)
            })
            .unwrap();
            assert_eq!(bytes, len);
            assert!(reader.buffer.capacity() <= if len == LIMIT { LIMIT } else { KEPT });
        }
        fs::remove_dir_all(copy).unwrap();
    }
}
