//! `Procfs`: an open directory of a `/proc`, and every open below it.

use std::{
    ffi::CStr,
    io,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    path::Path,
};

use nix::fcntl::OFlag;

use crate::{
    bytes,
    error::{Error, ErrorKind, Result, is_no_such_file},
    format::{LARGEST_FILE, pid::Stat},
    ids::{Gid, Pid, Uid},
    sys::{self, Behind, End, Entry, Guard},
    wait::{Name, Path as ProcPath, process_file},
};

/// The most that is read of one file. A process can make its command line as long as its address
/// space; nobody reads more of it than a program can be started with.
const LIMIT: usize = 2 << 20;

/// What nearly every file is shorter than.
const USUAL: usize = 8192;

/// How much is read at a time of a file that is not kept as a whole.
const PIECE: usize = 256 << 10;

/// A buffer that a file made longer than this is not kept for the next: one long command line
/// would hold as much memory in each thread that reads.
pub(crate) const KEPT: usize = 64 << 10;

/// An open directory of a `/proc`.
#[derive(Debug)]
pub(crate) struct Procfs {
    root: OwnedFd,
    guard: Guard,
    /// How it is called in errors: `proc`, or what the caller gave.
    name: String,
    genuine: bool,
    private: bool,
}

impl Procfs {
    /// The directory `path`, which the caller trusts.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        // The host's own is called as in the manual pages, another as it was given.
        let shown = match path.to_str() {
            Some("/proc") => "proc".to_owned(),
            _ => path.display().to_string(),
        };
        let opened = sys::open_directory(path, OFlag::empty())
            .and_then(|root| Ok((sys::is_procfs_root(&root)?, root)));
        // No process has ended here, whatever the system answers.
        let (genuine, root) = opened.map_err(|error| Error::system(shown.clone(), error))?;
        if !genuine && path == Path::new("/proc") {
            let reason =
                "no procfs is mounted there (mount -t proc proc /proc; -proc DIR reads a copy)";
            return Err(Error::new(ErrorKind::Absent, shown, reason));
        }
        Ok(Self {
            root,
            guard: Guard::Trusting,
            name: shown,
            genuine,
            private: false,
        })
    }

    /// A procfs that this process has made for itself: nobody mounts anything there.
    pub(crate) fn private(root: OwnedFd) -> Self {
        Self {
            root,
            guard: Guard::Trusting,
            name: "proc".to_owned(),
            genuine: true,
            private: true,
        }
    }

    /// Makes room for so many more open files of processes.
    pub(crate) fn make_room(&self, files: usize) {
        sys::make_room(&self.root, files);
    }

    /// Whether the kernel makes it; otherwise it is a copy, with the owners of a copy.
    pub(crate) fn is_genuine(&self) -> bool {
        self.genuine
    }

    /// Whether nobody else has it, so that nobody can hold the lock of one of its directories.
    pub(crate) fn is_private(&self) -> bool {
        self.private
    }

    /// The error for `path` below it.
    pub(crate) fn error(&self, path: &str, error: io::Error) -> Error {
        Error::io(format!("{}/{path}", self.name), error)
    }

    /// What it is called, and `path` behind it.
    pub(crate) fn named(&self, path: &str) -> String {
        format!("{}/{path}", self.name)
    }

    /// Every process, by pid.
    pub(crate) fn pids(&self) -> Result<Vec<Pid>> {
        let numbers = sys::list_numbers(&self.root);
        let mut pids: Vec<_> = numbers
            .map_err(|error| Error::io(self.name.clone(), error))?
            .into_iter()
            .map(Pid::new)
            .collect();
        if pids.is_empty() && !self.genuine {
            let reason = "there is no process in it: it is no /proc, nor a copy of one";
            return Err(Error::new(ErrorKind::Absent, self.name.clone(), reason));
        }
        pids.sort_unstable();
        Ok(pids)
    }

    /// The processes, some at a time and in the order of their pids; nothing where they come in
    /// another order. The kernel gives them by pid, and what it takes to list ten thousand another
    /// thread may use to read the first of them.
    pub(crate) fn processes(&self) -> Result<Option<PidList>> {
        if !self.genuine {
            return Ok(None);
        }
        let numbers = sys::NumberList::of(&self.root);
        let numbers = numbers.map_err(|error| Error::io(self.name.clone(), error))?;
        Ok(Some(PidList {
            numbers,
            name: self.name.clone(),
        }))
    }

    /// The bytes of a file.
    pub(crate) fn read(&self, path: &ProcPath<'_>) -> io::Result<Vec<u8>> {
        path.check_thread();
        let path = path.as_str();
        let flags = OFlag::O_RDONLY | OFlag::O_NONBLOCK;
        let file = sys::open_below(&self.root, path, flags, self.guard)?;
        let mut buffer = Vec::new();
        sys::read_to_end(file, &mut buffer, LIMIT, End::Nothing)?;
        Ok(buffer)
    }

    /// Opens a file to be read on and on.
    pub(crate) fn open_file(&self, path: &ProcPath<'_>) -> io::Result<OpenFile> {
        path.check_thread();
        let path = path.as_str();
        let flags = OFlag::O_RDONLY | OFlag::O_NONBLOCK;
        sys::open_below(&self.root, path, flags, self.guard).map(OpenFile)
    }

    /// Opens a file of the kernel's to be read on and on; nothing where it may be another's: another
    /// file system can lie over it, as lxcfs does, and take as long as it likes.
    pub(crate) fn open_own(&self, path: &ProcPath<'_>) -> io::Result<Option<OpenFile>> {
        Ok(self.own(path)?.map(OpenFile))
    }

    /// The bytes of such a file.
    pub(crate) fn read_own(&self, path: &ProcPath<'_>) -> io::Result<Option<Vec<u8>>> {
        let Some(file) = self.own(path)? else {
            return Ok(None);
        };
        let mut buffer = Vec::new();
        sys::read_to_end(file, &mut buffer, LIMIT, End::Nothing)?;
        Ok(Some(buffer))
    }

    fn own(&self, path: &ProcPath<'_>) -> io::Result<Option<OwnedFd>> {
        path.check_thread();
        if !self.genuine || !sys::can_guard() {
            return Ok(None);
        }
        let guard = match self.guard {
            Guard::Trusting => Guard::OneMount,
            guard => guard,
        };
        let flags = OFlag::O_RDONLY | OFlag::O_NONBLOCK;
        match sys::open_below(&self.root, path.as_str(), flags, guard) {
            Err(error) if error.raw_os_error() == Some(libc::EXDEV) => Ok(None),
            opened => opened.map(Some),
        }
    }

    /// Where a link leads: no other mount can lie over the link that is read.
    pub(crate) fn link(&self, path: &ProcPath<'_>) -> io::Result<Vec<u8>> {
        path.check_thread();
        link(&self.root, path.as_str(), self.guard)
    }

    /// What is in the directory `path`, empty for the root; no other mount can lie over it. Names
    /// that are not UTF-8 are left out.
    pub(crate) fn entries(&self, path: &str) -> io::Result<Vec<(String, Option<Entry>)>> {
        let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_NONBLOCK;
        let path = if path.is_empty() { "." } else { path };
        // Of the host's own too: what others mount there is none of the kernel's files.
        let guard = if sys::can_guard() {
            Guard::Kernel
        } else {
            self.guard
        };
        let entries = sys::list(sys::open_below(&self.root, path, flags, guard)?)?;
        let entries = entries
            .into_iter()
            .filter_map(|(name, kind)| Some((String::from_utf8(name).ok()?, kind)));
        Ok(entries
            .filter(|(name, _)| !matches!(&name[..], "." | ".."))
            .collect())
    }

    /// The directory `/proc/PID`, held: what is opened below it is of that process, or fails.
    pub(crate) fn process(&self, pid: Pid) -> io::Result<ProcessDir> {
        let flags = OFlag::O_PATH | OFlag::O_DIRECTORY;
        let dir = sys::open_below(&self.root, pid.to_string().as_str(), flags, self.guard)?;
        Ok(ProcessDir {
            dir,
            guard: self.guard,
            is_own: false,
        })
    }

    /// The directory of this process; not there in the `/proc` of another PID namespace.
    pub(crate) fn process_self(&self) -> io::Result<ProcessDir> {
        // The one link that is followed, in the host's /proc alone.
        let flags = OFlag::O_PATH | OFlag::O_DIRECTORY;
        let dir = sys::open_below(&self.root, c"self", flags, self.guard)?;
        Ok(ProcessDir {
            dir,
            guard: self.guard,
            is_own: true,
        })
    }

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

/// The processes of a `/proc`, by pid, some at a time.
#[derive(Debug)]
pub(crate) struct PidList {
    numbers: sys::NumberList,
    name: String,
}

impl PidList {
    /// The next ones, which may be none; nothing after the last.
    pub(crate) fn more(&mut self) -> Result<Option<Vec<Pid>>> {
        let mut numbers = Vec::new();
        let more = self.numbers.more(&mut numbers);
        let more = more.map_err(|error| Error::io(self.name.clone(), error))?;
        Ok(more.then(|| numbers.into_iter().map(Pid::new).collect()))
    }
}

/// A held directory `/proc/PID`.
#[derive(Debug)]
pub(crate) struct ProcessDir {
    dir: OwnedFd,
    guard: Guard,
    /// Whether it is that of this process, which nobody else can make wait for itself.
    is_own: bool,
}

impl ProcessDir {
    /// The directory itself, for another process.
    pub(crate) fn as_fd(&self) -> BorrowedFd<'_> {
        self.dir.as_fd()
    }

    #[track_caller]
    fn check_thread(&self, name: Name<'_>) {
        if !self.is_own {
            name.check_thread();
        }
    }

    /// The bytes of one of its files.
    pub(crate) fn read(&self, name: Name<'_>) -> io::Result<Vec<u8>> {
        self.check_thread(name);
        let flags = OFlag::O_RDONLY | OFlag::O_NONBLOCK;
        let file = sys::open_below(&self.dir, name.as_str(), flags, self.guard)?;
        let mut buffer = Vec::new();
        sys::read_to_end(file, &mut buffer, LIMIT, End::Nothing)?;
        Ok(buffer)
    }

    /// The bytes of one of its files that has a row for each mapping, or whatever it has many of.
    pub(crate) fn whole(&self, name: Name<'_>) -> io::Result<Vec<u8>> {
        self.check_thread(name);
        let flags = OFlag::O_RDONLY | OFlag::O_NONBLOCK;
        whole(sys::open_below(
            &self.dir,
            name.as_str(),
            flags,
            self.guard,
        )?)
    }

    /// One of its threads, held as it is itself.
    pub(crate) fn thread(&self, thread: Pid) -> io::Result<Self> {
        let flags = OFlag::O_PATH | OFlag::O_DIRECTORY;
        let dir = sys::open_below(
            &self.dir,
            format!("task/{thread}").as_str(),
            flags,
            self.guard,
        )?;
        Ok(Self {
            dir,
            guard: self.guard,
            is_own: self.is_own,
        })
    }

    /// The numbers in one of its directories, in order.
    pub(crate) fn numbers(&self, name: Name<'_>) -> io::Result<Vec<u32>> {
        self.check_thread(name);
        let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY;
        let dir = sys::open_below(&self.dir, name.as_str(), flags, self.guard)?;
        let mut numbers = sys::list_numbers(dir)?;
        numbers.sort_unstable();
        Ok(numbers)
    }

    /// The names in one of its directories, in order. Those that are not UTF-8 are left out.
    pub(crate) fn names(&self, name: Name<'_>) -> io::Result<Vec<String>> {
        self.check_thread(name);
        let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY;
        let entries = sys::list(sys::open_below(
            &self.dir,
            name.as_str(),
            flags,
            self.guard,
        )?)?;
        let names = entries
            .into_iter()
            .filter_map(|(name, _)| String::from_utf8(name).ok());
        let mut names: Vec<_> = names
            .filter(|name| !matches!(&name[..], "." | ".."))
            .collect();
        names.sort_unstable();
        Ok(names)
    }

    /// What kind of thing one of its links stands for, and by how many names that is known; its
    /// file system is not asked. Another mount can lie over the link.
    pub(crate) fn behind(&self, name: Name<'_>) -> io::Result<Behind> {
        self.check_thread(name);
        sys::stat_behind(&self.dir, name.as_str())
    }

    /// Where one of its links points: no other mount can lie over the link that is read.
    pub(crate) fn link(&self, name: Name<'_>) -> io::Result<Vec<u8>> {
        self.check_thread(name);
        link(&self.dir, name.as_str(), self.guard)
    }

    /// Opens what one of its links stands for. For a trusted `/proc` alone.
    pub(crate) fn follow(&self, name: Name<'_>, flags: OFlag) -> io::Result<OwnedFd> {
        self.check_thread(name);
        sys::open_below(&self.dir, name.as_str(), flags, self.guard)
    }
}

/// All of a file. One that is larger than [`LARGEST_FILE`] is an error: a part of it would be taken
/// for the whole.
fn whole(file: OwnedFd) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    sys::read_to_end(file, &mut bytes, LARGEST_FILE + 1, End::Nothing)?;
    if bytes.len() > LARGEST_FILE {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    Ok(bytes)
}

/// Whether the kernel does not tell a path because it is longer than `PATH_MAX`.
pub(crate) fn is_too_long(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::InvalidFilename
}

fn link(dir: &OwnedFd, path: &str, guard: Guard) -> io::Result<Vec<u8>> {
    match guard {
        Guard::Trusting => sys::read_link(dir, path),
        // RESOLVE_NO_SYMLINKS with O_NOFOLLOW opens the link itself.
        Guard::OneMount | Guard::Kernel => {
            let flags = OFlag::O_PATH | OFlag::O_NOFOLLOW;
            let link = sys::open_below(dir, path, flags, guard)?;
            sys::read_link(link, c"")
        }
    }
}

/// A file that is read on and on.
#[derive(Debug)]
pub(crate) struct OpenFile(OwnedFd);

impl io::Read for OpenFile {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        sys::read(&self.0, buffer)
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
        let guard = self.procfs.guard;
        let process = ProcessDir {
            dir,
            guard,
            is_own: false,
        };
        let threads = process.numbers(process_file!("task")).unwrap_or_default();
        if threads.len() < 2 {
            return false;
        }
        let lives = |thread: &ProcessDir| {
            let stat = thread.read(process_file!("stat")).ok();
            let stat = stat.and_then(|bytes| Stat::parse(&bytes).ok());
            stat.is_some_and(|stat| !matches!(stat.state, b'Z' | b'X'))
        };
        let threads = threads.into_iter().map(Pid::new);
        let mut threads = threads.filter_map(|thread| process.thread(thread).ok());
        let Some(living) = threads.find(lives) else {
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

    #[test]
    fn what_is_no_number_of_the_kernels_is_no_process() {
        let copy = std::env::temp_dir().join(format!("psgo-names-{}", std::process::id()));
        for name in ["1", "01", "1x", "+1", "-1", "4294967296", "20", "self"] {
            fs::create_dir_all(copy.join(name)).unwrap();
        }
        let pids = Procfs::open(&copy).unwrap().pids().unwrap();
        assert_eq!(pids, [Pid::new(1), Pid::new(20)]);
        fs::remove_dir_all(copy).unwrap();
    }
}
