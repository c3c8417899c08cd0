//! `Procfs`: an open directory of a `/proc`, and the held directory of one process.

use std::{
    ffi::CStr,
    io,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    path::Path,
};

use nix::fcntl::OFlag;

use super::open::{Below, OpenFile};
use crate::{
    error::{Error, ErrorKind, Result},
    format::{LARGEST_FILE, pid::Stat},
    ids::Pid,
    sorting::sort,
    sys::{self, Behind, End, Entry, Guard},
    wait::{Name, Path as ProcPath, Reader as By, machine_file, process_file},
};

/// The most that is read of one file. A process can make its command line as long as its address
/// space; nobody reads more of it than a program can be started with.
pub(super) const LIMIT: usize = 2 << 20;

/// An open directory of a `/proc`.
#[derive(Debug)]
pub(crate) struct Procfs {
    pub(super) root: OwnedFd,
    pub(super) guard: Guard,
    /// How it is called in errors: `proc`, or what the caller gave.
    name: String,
    genuine: bool,
    private: bool,
}

impl Procfs {
    /// The directory `path`, which the caller trusts.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let shown = path.display().to_string();
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
            name: "/proc".to_owned(),
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
        let mut numbers = numbers.map_err(|error| Error::io(self.name.clone(), error))?;
        numbers.sort_unstable();
        let pids: Vec<_> = numbers.into_iter().map(Pid::new).collect();
        if pids.is_empty() && !self.genuine {
            let reason = "there is no process in it: it is no /proc, nor a copy of one";
            return Err(Error::new(ErrorKind::Absent, self.name.clone(), reason));
        }
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
        self.below().read(path.as_str(), path.reader(), LIMIT)
    }

    /// Opens a file to be read on and on.
    pub(crate) fn open_file(&self, path: &ProcPath<'_>) -> io::Result<OpenFile> {
        path.check_thread();
        self.below().open(path.as_str(), path.reader())
    }

    fn below(&self) -> Below<'_> {
        Below {
            dir: &self.root,
            guard: self.guard,
        }
    }

    /// Opens a file of the kernel's to be read on and on; nothing where it may be another's: another
    /// file system can lie over it, as lxcfs does, and take as long as it likes.
    pub(crate) fn open_own(&self, path: &ProcPath<'_>) -> io::Result<Option<OpenFile>> {
        Ok(self.own(path)?.map(Into::into))
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
        self.below().link(path.as_str(), path.reader())
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
            is_own: self.is_this_process(pid),
        })
    }

    /// Whether that is the number of this process here.
    fn is_this_process(&self, pid: Pid) -> bool {
        let link = || self.link(&machine_file!("self")).ok();
        pid.get() == std::process::id()
            && self.genuine
            && link().is_some_and(|link| link == pid.to_string().as_bytes())
    }

    /// The directory of this process; not there in the `/proc` of another PID namespace.
    pub(crate) fn process_self(&self) -> io::Result<ProcessDir> {
        self.own_directory(c"self")
    }

    /// The same of the calling thread, which may have entered other namespaces than its process.
    pub(crate) fn this_thread(&self) -> io::Result<ProcessDir> {
        self.own_directory(c"thread-self")
    }

    fn own_directory(&self, link: &CStr) -> io::Result<ProcessDir> {
        // The links that are followed, in the host's /proc alone.
        let flags = OFlag::O_PATH | OFlag::O_DIRECTORY;
        let dir = sys::open_below(&self.root, link, flags, self.guard)?;
        Ok(ProcessDir {
            dir,
            guard: self.guard,
            is_own: true,
        })
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
    pub(super) dir: OwnedFd,
    pub(super) guard: Guard,
    /// Whether it is that of this process, which nobody else can make wait for itself.
    pub(super) is_own: bool,
}

impl ProcessDir {
    /// The directory itself, for another process.
    pub(crate) fn as_fd(&self) -> BorrowedFd<'_> {
        self.dir.as_fd()
    }

    fn below(&self) -> Below<'_> {
        Below {
            dir: &self.dir,
            guard: self.guard,
        }
    }

    /// Who reads one of its files. Those of this process itself a thread does: nobody else makes it
    /// wait, and another process may not be allowed to.
    fn reader(&self, name: Name<'_>) -> By {
        if self.is_own {
            name.reader().min(By::Thread)
        } else {
            name.reader()
        }
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
        self.below().read(name.as_str(), self.reader(name), LIMIT)
    }

    /// The bytes of one of its files that has a row for each mapping, or whatever it has many of.
    pub(crate) fn whole(&self, name: Name<'_>) -> io::Result<Vec<u8>> {
        self.check_thread(name);
        let bytes = self
            .below()
            .read(name.as_str(), self.reader(name), LARGEST_FILE + 1)?;
        not_cut(bytes)
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

    /// The first of its threads that has not ended, if it has several.
    pub(crate) fn living_thread(&self) -> io::Result<Option<Self>> {
        // One that cannot be read has ended meanwhile, or is no better than the first.
        let lives = |thread: u32| {
            let dir = self.thread(Pid::new(thread)).ok()?;
            let stat = Stat::parse(&dir.read(process_file!("stat")).ok()?).ok()?;
            (!matches!(stat.state, b'Z' | b'X')).then_some(dir)
        };
        let threads = self.numbers(process_file!("task"))?;
        if threads.len() < 2 {
            return Ok(None);
        }
        Ok(threads.into_iter().find_map(lives))
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
        sort(&mut names);
        Ok(names)
    }

    /// What kind of thing one of its links stands for, and by how many names that is known; its
    /// file system is not asked. Another mount can lie over the link.
    pub(crate) fn behind(&self, name: Name<'_>) -> io::Result<Behind> {
        self.check_thread(name);
        self.below().behind(name.as_str(), self.reader(name))
    }

    /// The kernel's name of the protocol of the socket with that inode for which one of its links
    /// stands.
    pub(crate) fn socket_protocol(&self, name: Name<'_>, inode: u64) -> io::Result<Vec<u8>> {
        self.check_thread(name);
        sys::socket_protocol(&self.dir, name.as_str(), inode)
    }

    /// Where one of its links points: no other mount can lie over the link that is read.
    pub(crate) fn link(&self, name: Name<'_>) -> io::Result<Vec<u8>> {
        self.check_thread(name);
        self.below().link(name.as_str(), self.reader(name))
    }

    /// Opens what one of its links stands for. For a trusted `/proc` alone.
    pub(crate) fn follow(&self, name: Name<'_>, flags: OFlag) -> io::Result<OwnedFd> {
        self.check_thread(name);
        sys::open_below(&self.dir, name.as_str(), flags, self.guard)
    }
}

/// All of a file, of which one byte more than [`LARGEST_FILE`] was wanted. One that has it is an error: a
/// part of it would be taken for the whole.
pub(super) fn not_cut(bytes: Vec<u8>) -> io::Result<Vec<u8>> {
    if bytes.len() > LARGEST_FILE {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

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
