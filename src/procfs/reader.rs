//! `Reader`: files of many processes, one after the other, into the same buffers.

use std::{
    ffi::CStr,
    io,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
};

use nix::fcntl::OFlag;

use super::{
    files::{LIMIT, ProcessDir, Procfs, not_cut},
    links,
    open::{Below, OpenFile},
};
use crate::{
    bytes,
    error::{ErrorKind, kind_of},
    format::LARGEST_FILE,
    ids::{Gid, Pid, Uid},
    reader::{Answers, is_at_hand},
    sys::{self, Behind, End, Guard, messages::READ_OF},
    wait::{Name, Numbered, Reader as By, process_file},
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
            helpers: 0,
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
    /// How many threads may be started to read the links of a process that has many.
    helpers: usize,
}

/// So many files are asked for at once of the process that reads them.
const MOST_AT_ONCE: usize = 512;

/// Sees that a thread may read it.
#[track_caller]
fn by_a_thread(name: Name<'_>) {
    debug_assert!(
        name.reader() < By::Process,
        "{} is read by a thread, and can wait where no signal ends it",
        name.as_str()
    );
    name.check_thread();
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
    /// Lets so many threads be started to read the links of a process that has many.
    pub(crate) fn may_have(&mut self, helpers: usize) {
        self.helpers = helpers;
    }

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

    /// The `/proc` whose files it reads.
    pub(crate) fn procfs(&self) -> &Procfs {
        self.procfs
    }

    /// The directory of the process, if it is held.
    pub(crate) fn held(&self) -> Option<BorrowedFd<'_>> {
        Some(self.dir.as_ref()?.as_fd())
    }

    /// Where the link `name` of the process, whose directory is held, leads.
    pub(crate) fn link(&self, name: Name<'_>) -> io::Result<Vec<u8>> {
        name.check_thread();
        self.below()?.link(name.as_str(), name.reader())
    }

    /// What the link `name` of the process, whose directory is held, stands for. The links of a copy
    /// lead into the machine that it was copied to.
    pub(crate) fn behind(&self, name: Name<'_>) -> io::Result<Behind> {
        name.check_thread();
        if !self.procfs.is_genuine() {
            return Err(not_in_a_copy());
        }
        self.below()?.behind(name.as_str(), name.reader())
    }

    /// The kernel's name of the protocol of the socket with that inode for which the link `name` of the
    /// process, whose directory is held, stands.
    pub(crate) fn socket_protocol(&self, name: Name<'_>, inode: u64) -> io::Result<Vec<u8>> {
        name.check_thread();
        let dir = self.held().filter(|_| self.procfs.is_genuine());
        let dir = dir.ok_or_else(not_in_a_copy)?;
        sys::socket_protocol(dir, name.as_str(), inode)
    }

    /// The descriptors of the process, whose directory is held, by number, and where each leads, or
    /// why that is not known: the kernel does not tell a path longer than `PATH_MAX`. It is an error if
    /// all are denied: who may list them need not be allowed to know where any of them leads.
    pub(crate) fn descriptors(&self) -> io::Result<Vec<(u32, io::Result<Vec<u8>>)>> {
        process_file!("fd/*").check_thread();
        let dir = self.descriptor_directory()?;
        // In a copy it is the size of a directory.
        let count = if self.procfs.is_genuine() {
            sys::stat(&dir)?.st_size
        } else {
            0
        };
        let count = usize::try_from(count).unwrap_or(0);
        let mut links = links::read(&dir, self.procfs.guard, count, self.helpers)?;
        let is_denied = |link: &io::Result<_>| {
            let error = link.as_ref().err();
            error.is_some_and(|error| kind_of(error) == ErrorKind::Denied)
        };
        if links.iter().all(|(_, link)| is_denied(link))
            && let Some((_, Err(error))) = links.pop()
        {
            return Err(error);
        }
        Ok(links)
    }

    /// How many descriptors the process has, whose directory is held.
    pub(crate) fn descriptor_count(&self) -> io::Result<u64> {
        Ok(sys::list_numbers(self.descriptor_directory()?)?.len() as u64)
    }

    /// The directory of the descriptors.
    fn descriptor_directory(&self) -> io::Result<OwnedFd> {
        let Some(dir) = &self.dir else {
            return Err(io::ErrorKind::NotFound.into());
        };
        let fd = process_file!("fd");
        fd.check_thread();
        let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY;
        sys::open_below(dir, fd.as_str(), flags, self.procfs.guard)
    }

    /// Turns to a thread that lives, if the first thread of the process, whose directory is held,
    /// has ended and others have not: what they share is read from then on.
    pub(crate) fn turn_to_living_thread(&mut self) -> bool {
        // Where no thread is found, the files of the first one say why they cannot be read.
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

    /// The directory of the process, which is held.
    fn below(&self) -> io::Result<Below<'_>> {
        let dir = self.dir.as_ref().ok_or(io::ErrorKind::NotFound)?;
        let guard = self.procfs.guard;
        Ok(Below { dir, guard })
    }

    /// Reads those entries of `fdinfo` of the process, whose directory is held; `can_wait` where any of
    /// them can make its reader wait.
    ///
    /// # Errors
    ///
    /// One of them does not answer.
    pub(crate) fn each_fdinfo(
        &self,
        fds: &[u32],
        can_wait: bool,
        each: impl FnMut(io::Result<&[u8]>),
    ) -> io::Result<()> {
        let name = process_file!("fdinfo/*");
        name.check_thread();
        let below = self.below()?;
        let mut each = each;
        // Another's reader may wait for the rest.
        let by = if can_wait { name.reader() } else { By::Process };
        for some in fds.chunks(MOST_AT_ONCE) {
            let names: Vec<_> = some.iter().map(|fd| name.entry(fd)).collect();
            let paths = names.iter().map(Numbered::as_str);
            below.read_each(paths, by, LIMIT, &mut each)?;
        }
        Ok(())
    }

    /// Gives each line of a file of any length, of the process whose directory is held.
    pub(crate) fn each_line(&self, name: Name<'_>, each: &mut dyn FnMut(&[u8])) -> io::Result<()> {
        let mut lines = io::BufReader::with_capacity(PIECE, self.open_apart(name)?);
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
        name.check_thread();
        let below = self.below()?;
        not_cut(below.read(name.as_str(), name.reader(), LARGEST_FILE + 1)?)
    }

    /// Opens a file to be read on and on, of the process whose directory is held.
    fn open_apart(&self, name: Name<'_>) -> io::Result<OpenFile> {
        name.check_thread();
        self.below()?.open(name.as_str(), name.reader())
    }

    /// Opens the file `name` of the process, whose directory is held, to be read by this thread.
    pub(crate) fn open_held(&self, name: Name<'_>) -> io::Result<OwnedFd> {
        by_a_thread(name);
        let Below { dir, guard } = self.below()?;
        let flags = OFlag::O_RDONLY | OFlag::O_NONBLOCK;
        sys::open_below(dir, name.as_str(), flags, guard)
    }

    /// Opens the file `name` of the process, to be read by this thread.
    pub(crate) fn open(&mut self, name: Name<'_>) -> io::Result<OwnedFd> {
        by_a_thread(name);
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

    /// The owner and the inode of the directory of the process. A process that has been reaped
    /// answers 0:0, so believe it only if a file of the process that was opened before can be read
    /// after.
    pub(crate) fn directory(&mut self) -> io::Result<Directory> {
        let (root, guard) = (self.procfs.root.as_fd(), self.procfs.guard);
        if guard == Guard::Trusting {
            let stat = sys::stat_below(root, self.path.with(""))?;
            return Ok(Directory::of(&stat));
        }
        // Over a directory of a container's something else may be mounted. What is opened after it
        // is opened below it, which costs less.
        let flags = OFlag::O_PATH | OFlag::O_DIRECTORY;
        let dir = sys::open_below(root, self.path.with(""), flags, guard)?;
        let stat = sys::stat(&dir);
        self.dir = Some(dir);
        Ok(Directory::of(&stat?))
    }

    /// Whether a process reads for this thread that can be asked [ahead](Self::ask_ahead).
    pub(crate) fn can_ask_ahead(&self) -> bool {
        self.procfs.is_genuine() && self.procfs.guard == Guard::Trusting && is_at_hand()
    }

    /// Asks for the file `name` of each of these processes, and for the inode of its directory, before
    /// it is turned to them; nothing where the thread is to read itself.
    pub(crate) fn ask_ahead(
        &self,
        name: Name<'_>,
        pids: impl Iterator<Item = Pid>,
    ) -> io::Result<Option<Answers>> {
        name.check_thread();
        let paths: Vec<_> = pids.map(|pid| format!("{pid}/{}", name.as_str())).collect();
        let paths = paths.iter().map(String::as_str);
        let root = &self.procfs.root;
        let guard = self.procfs.guard;
        let below = Below { dir: root, guard };
        below.ask(READ_OF, name.reader(), LIMIT, End::Less, paths)
    }

    /// The inode of the directory of the process, which was turned to, and the bytes of its file
    /// `name`, read by the process of this thread if there is one.
    pub(crate) fn read_of(&mut self, pid: Pid, name: Name<'_>) -> io::Result<(u64, Vec<u8>)> {
        if let Some(mut answers) = self.ask_ahead(name, std::iter::once(pid))? {
            let mut bytes = Vec::new();
            answers.next(&mut bytes)?;
            let inode = bytes.first_chunk().ok_or(io::ErrorKind::InvalidData)?;
            let inode = u64::from_ne_bytes(*inode);
            bytes.drain(..size_of::<u64>());
            return Ok((inode, bytes));
        }
        // None can be had any longer.
        let file = self.open(name.by_a_thread())?;
        let inode = self.directory()?.inode;
        Ok((inode, self.bytes(file)?.to_vec()))
    }

    /// The bytes of the file `name` of the process, whose directory is held.
    pub(crate) fn read_held(&self, name: Name<'_>) -> io::Result<Vec<u8>> {
        name.check_thread();
        let below = self.below()?;
        below.read(name.as_str(), name.reader(), LIMIT)
    }
}

/// What the directory of a process tells of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Directory {
    /// Its effective user and group, in the eyes of this process.
    pub(crate) owner: (Uid, Gid),
    /// Another process with the same number has another one: the kernel counts them, and begins
    /// anew after four thousand million.
    pub(crate) inode: u64,
}

impl Directory {
    #[allow(clippy::useless_conversion, reason = "some machines have shorter ones")]
    fn of(stat: &sys::Stat) -> Self {
        Self {
            owner: (Uid::new(stat.st_uid), Gid::new(stat.st_gid)),
            inode: stat.st_ino.into(),
        }
    }
}

/// The error for what the files behind the links of a copy would tell of another machine.
fn not_in_a_copy() -> io::Error {
    io::Error::from_raw_os_error(libc::EOPNOTSUPP)
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
                reader
                    .read(process_file!("cmdline").by_a_thread())
                    .map(<[u8]>::len)
            })
            .unwrap();
            assert_eq!(bytes, len);
            assert!(reader.buffer.capacity() <= if len == LIMIT { LIMIT } else { KEPT });
        }
        fs::remove_dir_all(copy).unwrap();
    }
}
