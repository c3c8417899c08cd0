//! Reading by a process of its own what can wait where no signal ends it.
//!
//! Each thread that can be left behind has such a process for itself: it has the credentials and the
//! namespaces of the thread. It is started when it is first wanted and ends with the thread's work. The
//! thread waits for a socket meanwhile, which any other thread can end: see [`Link`].

use std::{
    cell::RefCell,
    io::{self, Read},
    os::{
        fd::{AsFd as _, BorrowedFd},
        unix::{ffi::OsStrExt as _, net::UnixStream},
    },
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use super::{
    answer::Space,
    link::{Left, Link, Question, is_asked},
};
use crate::{
    ids::Pid,
    sys::{
        self, exchange,
        joiner::{self, Child, End, Task},
        messages::{ANYWHERE, CAPABILITIES, COMPLETE, FILE_SYSTEM, PATHS, PIECE, Part},
    },
};

/// So much is received at once.
const BUFFER: usize = 64 << 10;
const HEAD: usize = size_of::<Part>();

/// Whether threads read everything.
static ON_THREADS: AtomicBool = AtomicBool::new(false);

/// Has this program read without processes of its own, from now on, also what can wait where no signal
/// ends it: then a thread does that can be left behind, and that this program cannot end before.
///
/// For a worker whose end nobody waits for, as that of the command psgo: it is what a separate process
/// would be.
///
/// ```
/// psgo::read_on_threads();
/// let table = psgo::process_info(psgo::Pids::All, &["pid", "fds"])?;
/// # let _ = table;
/// # Ok::<(), psgo::Error>(())
/// ```
pub fn read_on_threads() {
    ON_THREADS.store(true, Relaxed);
}

struct Here {
    link: Arc<Link>,
    process: Option<Process>,
    /// None can be started.
    is_impossible: bool,
}

thread_local! {
    static HERE: RefCell<Option<Here>> = const { RefCell::new(None) };
}

/// Runs `work`, for which a process reads what can wait uninterruptibly. Others can have the thread
/// wait no longer by the link.
pub(crate) fn by_a_process<T>(link: &Arc<Link>, work: impl FnOnce() -> T) -> T {
    struct Restore(Option<Here>);

    impl Drop for Restore {
        fn drop(&mut self) {
            rest();
            HERE.replace(self.0.take());
        }
    }

    let here = Here {
        link: Arc::clone(link),
        process: None,
        is_impossible: false,
    };
    let _restore = Restore(HERE.replace(Some(here)));
    work()
}

/// Ends the process of the thread; another is started when it is wanted.
pub(crate) fn rest() {
    let process = HERE.with_borrow_mut(|here| {
        let here = here.as_mut()?;
        Some((here.process.take()?, Arc::clone(&here.link)))
    });
    if let Some((process, link)) = process {
        process.end(&link);
    }
}

/// Whether a process waits for this thread to ask.
pub(crate) fn has_process() -> bool {
    HERE.with_borrow(|here| here.as_ref().is_some_and(|here| here.process.is_some()))
}

/// Whether a process reads for this thread, which is started if there is none.
pub(crate) fn is_at_hand() -> bool {
    match of_this_thread() {
        Ok(Some((process, link))) => {
            give_back(process, &link);
            true
        }
        _ => false,
    }
}

/// Whether the thread is to wait no longer, nor to ask for more.
pub(crate) fn is_cut() -> bool {
    HERE.with_borrow(|here| here.as_ref().is_some_and(|here| here.link.is_cut()))
}

/// Whether such a process can be had; why not, where it cannot.
pub(crate) fn try_one() -> io::Result<()> {
    if ON_THREADS.load(Relaxed) {
        return Err(io::ErrorKind::Unsupported.into());
    }
    let link = Link::default();
    Process::start(&link)?.end(&link);
    Ok(())
}

/// What is said of what was not read because nobody waits any longer.
pub(crate) fn timed_out() -> io::Error {
    io::Error::from_raw_os_error(libc::ETIMEDOUT)
}

/// What is asked of the process.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ask<'a> {
    /// A word of `sys::messages`.
    pub(crate) what: u64,
    /// Where the paths begin; nothing for the root directory.
    pub(crate) dir: Option<BorrowedFd<'a>>,
    /// How far they may lead, see `openat2`.
    pub(crate) resolve: u64,
    /// How much of each file is wanted.
    pub(crate) limit: usize,
    /// How they are read: words of `sys::messages`.
    pub(crate) how: u64,
}

/// A process that reads.
#[derive(Debug)]
struct Process {
    socket: Arc<UnixStream>,
    child: Child,
    buffer: Box<[u8]>,
    /// What was received and not taken.
    from: usize,
    to: usize,
}

impl Process {
    fn start(link: &Link) -> io::Result<Self> {
        // Without it no path is guarded, and no process told from another.
        if !sys::can_guard() {
            return Err(io::Error::from_raw_os_error(libc::ENOSYS));
        }
        let (socket, its) = UnixStream::pair()?;
        let socket = Arc::new(socket);
        if !link.attach(&socket) {
            link.detach(&socket);
            return Err(timed_out());
        }
        let child = match Child::start(its.as_fd(), Task::Read) {
            Ok(child) => child,
            Err(error) => {
                link.detach(&socket);
                return Err(error);
            }
        };
        drop(its);
        let mut process = Self {
            socket,
            child,
            buffer: vec![0; BUFFER].into(),
            from: 0,
            to: 0,
        };
        // A program that root executes has all capabilities, whatever the thread has.
        let mask = joiner::effective_capabilities();
        let request = [CAPABILITIES, 0, 0, mask, 0];
        let sent = exchange::send(&process.socket, request, b"", None);
        match sent.and_then(|()| process.part()) {
            Ok([COMPLETE, 0]) => {
                link.is_read_by(process.child.program());
                Ok(process)
            }
            Ok([errno, _]) => {
                process.end(link);
                Err(error_of(errno))
            }
            Err(error) => {
                let question = Question {
                    dir: (0, 0),
                    request,
                    paths: Vec::new(),
                };
                Err(process.failed(link, question, error))
            }
        }
    }

    /// Receives more.
    fn receive(&mut self) -> io::Result<()> {
        self.buffer.copy_within(self.from..self.to, 0);
        (self.from, self.to) = (0, self.to - self.from);
        let room = self.buffer.get_mut(self.to..).unwrap_or_default();
        match io::Read::read(&mut &*self.socket, room) {
            Ok(0) => Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(more) => {
                self.to += more;
                Ok(())
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn received(&self) -> &[u8] {
        self.buffer.get(self.from..self.to).unwrap_or_default()
    }

    /// The next part's head.
    fn part(&mut self) -> io::Result<Part> {
        loop {
            if let Some(head) = self.received().first_chunk::<HEAD>() {
                let word = |from: usize| {
                    let bytes = head.get(from..).and_then(|bytes| bytes.first_chunk());
                    u32::from_ne_bytes(*bytes.unwrap_or(&[0; 4]))
                };
                let part = [word(0), word(4)];
                self.from += HEAD;
                return Ok(part);
            }
            self.receive()?;
        }
    }

    /// Takes at most so many of the bytes that come next, and at least one.
    fn take(&mut self, most: usize, to: &mut impl FnMut(&[u8])) -> io::Result<usize> {
        while self.received().is_empty() {
            self.receive()?;
        }
        let received = self.received();
        let some = received.get(..most).unwrap_or(received);
        to(some);
        let taken = some.len();
        self.from += taken;
        Ok(taken)
    }

    /// How long to wait for what comes next; without a time as long as it takes.
    fn set_patience(&self, time: Option<Duration>) -> io::Result<()> {
        self.socket.set_read_timeout(time)
    }

    /// Ends it, when it waits to be asked.
    fn end(self, link: &Link) {
        link.detach(&self.socket);
        // A copy of this end may be in a child that another thread has just made.
        let _ = self.socket.shutdown(std::net::Shutdown::Both);
        self.child.end();
    }

    /// Leaves it behind: it does not answer, or its answer is not wanted.
    fn leave(self, link: &Link, question: Question) {
        let left = Left::new(Pid::new(self.child.program()));
        link.detach(&self.socket);
        let _ = self.socket.shutdown(std::net::Shutdown::Both);
        self.child.leave();
        if let Some(left) = left {
            link.leave(left, question);
        }
    }

    /// What it means that nothing came.
    fn failed(self, link: &Link, question: Question, error: io::Error) -> io::Error {
        if link.is_cut() {
            self.leave(link, question);
            return timed_out();
        }
        link.detach(&self.socket);
        let _ = self.socket.shutdown(std::net::Shutdown::Both);
        match self.child.end() {
            End::NotStarted(error) => error,
            End::Clean | End::LeftBehind => error,
        }
    }
}

/// What the process answers, to one path after the other.
pub(crate) struct Answers {
    process: Option<Process>,
    link: Arc<Link>,
    question: Question,
    /// How many are still to come, with the one at hand.
    to_come: usize,
    /// How much is left of the part at hand.
    part: usize,
    /// Whether all of a single answer was read.
    is_read: bool,
    /// Whether it is waited for as long as it takes.
    is_patient: bool,
}

/// Asks for each of the paths, if this thread has a process that can be asked; nothing where the
/// thread is to read itself.
pub(crate) fn ask<'a>(
    ask: Ask<'_>,
    paths: impl Iterator<Item = &'a [u8]>,
) -> io::Result<Option<Answers>> {
    let Some((process, link)) = of_this_thread()? else {
        return Ok(None);
    };
    let (mut bytes, mut count) = (Vec::new(), 0);
    for path in paths {
        bytes.extend_from_slice(path);
        bytes.push(0);
        count += 1;
    }
    let word = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
    let limit = word(ask.limit);
    let length = word(bytes.len());
    // Of what is open it does not fail; it only tells whether the same was asked before.
    let dir = ask.dir.and_then(|dir| sys::stat(dir).ok());
    let mut answers = Answers {
        process: Some(process),
        link,
        question: Question {
            dir: dir.map_or((0, 0), |dir| identity(&dir)),
            request: [ask.what, length, ask.resolve, limit, ask.how],
            paths: bytes,
        },
        to_come: count,
        part: 0,
        is_read: false,
        is_patient: true,
    };
    let question = &answers.question;
    let ends = question.paths.split(|byte| *byte == 0).count() - 1;
    let refusal = if question.paths.len() >= PATHS || ends != count {
        Some(io::ErrorKind::InvalidFilename.into())
    } else if is_asked(question) {
        Some(timed_out())
    } else {
        None
    };
    if refusal.is_some() || count == 0 {
        answers.over();
        return refusal.map_or(Ok(Some(answers)), Err);
    }
    let sent = answers.process.as_ref().map(|process| {
        let question = &answers.question;
        exchange::send(&process.socket, question.request, &question.paths, ask.dir)
    });
    if let Some(Err(error)) = sent {
        return Err(answers.failed(error));
    }
    Ok(Some(answers))
}

/// How full the file system is on which `path` lies; nothing where the thread is to ask itself.
#[cfg_attr(
    not(any(test, feature = "system")),
    expect(dead_code, reason = "`system` alone asks")
)]
pub(crate) fn file_system(path: &Path) -> io::Result<Option<Space>> {
    let what = Ask {
        what: FILE_SYSTEM,
        dir: None,
        resolve: ANYWHERE,
        limit: 0,
        how: 0,
    };
    let Some(mut answers) = ask(what, std::iter::once(path.as_os_str().as_bytes()))? else {
        return Ok(None);
    };
    let mut statfs = Vec::new();
    answers.next(&mut statfs)?;
    let space = Space::of(&statfs);
    space
        .map(Some)
        .ok_or_else(|| io::ErrorKind::InvalidData.into())
}

/// Device and inode.
#[allow(clippy::useless_conversion, reason = "some machines have shorter ones")]
fn identity(stat: &sys::Stat) -> (u64, u64) {
    (stat.st_dev.into(), stat.st_ino.into())
}

/// The process of this thread, taken; nothing where there is none.
fn of_this_thread() -> io::Result<Option<(Process, Arc<Link>)>> {
    HERE.with_borrow_mut(|here| {
        let Some(here) = here else {
            return Ok(None);
        };
        if here.link.is_cut() {
            return Err(timed_out());
        }
        if here.is_impossible || ON_THREADS.load(Relaxed) {
            return Ok(None);
        }
        let process = match here.process.take() {
            Some(process) => process,
            None => match Process::start(&here.link) {
                Ok(process) => process,
                Err(_) if here.link.is_cut() => return Err(timed_out()),
                Err(_) => {
                    here.is_impossible = true;
                    return Ok(None);
                }
            },
        };
        Ok(Some((process, Arc::clone(&here.link))))
    })
}

/// Gives the process back to the thread.
fn give_back(process: Process, link: &Arc<Link>) {
    let unwanted = HERE.with_borrow_mut(|here| match here {
        Some(here) if here.process.is_none() && Arc::ptr_eq(&here.link, link) => {
            here.process = Some(process);
            None
        }
        _ => Some(process),
    });
    if let Some(process) = unwanted {
        process.end(link);
    }
}

fn error_of(errno: u32) -> io::Error {
    io::Error::from_raw_os_error(i32::try_from(errno).unwrap_or(libc::EIO))
}

impl Answers {
    /// All of the next answer.
    ///
    /// # Errors
    ///
    /// That of the path, or that nothing comes any more.
    pub(crate) fn next(&mut self, to: &mut Vec<u8>) -> io::Result<()> {
        self.is_read = false;
        while self.more(usize::MAX, &mut |bytes| to.extend_from_slice(bytes))? > 0 {}
        Ok(())
    }

    /// The next bytes of the answer at hand, at most so many; nothing at its end.
    fn more(&mut self, most: usize, to: &mut impl FnMut(&[u8])) -> io::Result<usize> {
        if self.is_read || most == 0 {
            return Ok(0);
        }
        let Some(process) = &mut self.process else {
            return Err(io::ErrorKind::UnexpectedEof.into());
        };
        let mut next = || -> io::Result<Result<usize, u32>> {
            if self.part > 0 {
                let taken = process.take(self.part.min(most), to)?;
                self.part -= taken;
                return Ok(Ok(taken));
            }
            let [says, length] = process.part()?;
            if says == PIECE {
                self.part = usize::try_from(length).unwrap_or(usize::MAX);
                let taken = process.take(self.part.min(most), to)?;
                self.part -= taken;
                return Ok(Ok(taken));
            }
            Ok(Err(says))
        };
        match next() {
            Ok(Ok(taken)) => Ok(taken),
            Ok(Err(says)) => {
                self.is_read = true;
                self.to_come = self.to_come.saturating_sub(1);
                if self.to_come == 0 {
                    self.over();
                }
                if says == COMPLETE {
                    Ok(0)
                } else {
                    Err(error_of(says))
                }
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Err(error),
            Err(error) => Err(self.failed(error)),
        }
    }

    /// Gives the process back to the thread.
    fn over(&mut self) {
        if let Some(process) = self.process.take() {
            if self.is_patient || process.set_patience(None).is_ok() {
                give_back(process, &self.link);
            } else {
                process.end(&self.link);
            }
        }
    }

    /// The process that answers, unless it has answered everything.
    pub(crate) fn by(&self) -> Option<Pid> {
        Some(Pid::new(self.process.as_ref()?.child.program()))
    }

    /// Has [`Self::next`] say `WouldBlock` where nothing comes for so long; the rest of that answer
    /// can be had by asking for it again.
    pub(crate) fn wait_for(&mut self, time: Duration) -> io::Result<()> {
        if let Some(process) = &self.process {
            self.is_patient = false;
            process.set_patience(Some(time))?;
        }
        Ok(())
    }

    fn failed(&mut self, error: io::Error) -> io::Error {
        match self.process.take() {
            Some(process) => process.failed(&self.link, self.question.clone(), error),
            None => error,
        }
    }
}

impl Read for Answers {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = buffer.len();
        self.more(most, &mut |bytes| {
            if let Some(to) = buffer.get_mut(..bytes.len()) {
                to.copy_from_slice(bytes);
            }
        })
    }
}

impl Drop for Answers {
    fn drop(&mut self) {
        if let Some(process) = self.process.take() {
            process.leave(&self.link, self.question.clone());
        }
    }
}
