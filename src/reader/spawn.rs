//! Starting the joiner as a child that nobody else notices, and its end.
//!
//! `unsafe`, as a child that shares its parent's memory until it executes a program is what keeps
//! the cost the same however much memory the parent has.

#![allow(unsafe_code)]

use std::{
    ffi::{CString, c_char, c_int, c_void},
    io,
    os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd},
    ptr,
    sync::Mutex,
    time::{Duration, Instant},
};

use nix::{
    errno::Errno,
    poll::{PollFd, PollFlags, PollTimeout},
    sys::wait::{Id, WaitPidFlag, WaitStatus},
};

use crate::sync::lock;

/// The program, see `program.rs`.
#[cfg(has_joiner)]
static PROGRAM: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/joiner"));

/// build.rs does not know this architecture, or has said why it failed.
#[cfg(not(has_joiner))]
static PROGRAM: &[u8] = &[];

/// A child whose end sends no signal, and which only `__WALL` waits for.
#[derive(Debug)]
pub(super) struct Child(OwnedFd);

/// Children that could not be waited for to the end.
static LEFT: Mutex<Vec<Child>> = Mutex::new(Vec::new());

/// How long an end is waited for that should come at once.
const MOMENT: Duration = Duration::from_millis(50);

/// The program in memory, as a file to execute. It is made each time, so that nothing of it is
/// left with the caller: that takes some microseconds.
fn program() -> io::Result<OwnedFd> {
    /// KERNEL(6.3): it can always be said.
    const MFD_EXEC: libc::c_uint = 0x10;
    let flags = libc::MFD_CLOEXEC | libc::MFD_ALLOW_SEALING;
    let make = |flags| {
        // SAFETY: the name is a C string.
        let fd = unsafe { libc::memfd_create(c"psgo-join".as_ptr(), flags) };
        Errno::result(fd)
    };
    let fd = make(flags | MFD_EXEC).or_else(|errno| match errno {
        Errno::EINVAL => make(flags),
        errno => Err(errno),
    })?;
    // SAFETY: the kernel has just made this descriptor, for us alone.
    let fd = unsafe { OwnedFd::from_raw_fd(fd) };
    let mut rest = PROGRAM;
    while !rest.is_empty() {
        let written = nix::unistd::write(&fd, rest)?;
        rest = rest.get(written..).unwrap_or_default();
    }
    let seals = libc::F_SEAL_SEAL | libc::F_SEAL_SHRINK | libc::F_SEAL_GROW | libc::F_SEAL_WRITE;
    // SAFETY: numbers alone are passed.
    Errno::result(unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_ADD_SEALS, seals) })?;
    Ok(fd)
}

/// What the child needs until it executes the program.
struct Start {
    socket: RawFd,
    process: RawFd,
    program: RawFd,
    args: [*const c_char; 3],
    /// Why it could not.
    error: c_int,
}

/// Runs in the parent's memory, while the calling thread stands still: system calls alone.
extern "C" fn start(argument: *mut c_void) -> c_int {
    // SAFETY: the parent passes a `Start`, and does not touch it meanwhile.
    let start = unsafe { &mut *argument.cast::<Start>() };
    // SAFETY: no descriptor of the parent's is touched, as the table is a copy; the arguments live.
    unsafe {
        // First out of the way of the numbers that they shall have.
        let away = |fd| libc::fcntl(fd, libc::F_DUPFD_CLOEXEC, 8);
        let (socket, process) = (away(start.socket), away(start.process));
        let program = away(start.program);
        if socket >= 0 && process >= 0 && program >= 0 {
            let placed = libc::dup2(socket, 3) >= 0 && libc::dup2(process, 4) >= 0;
            let none: [*const c_char; 1] = [ptr::null()];
            if placed {
                libc::syscall(
                    libc::SYS_execveat,
                    program,
                    c"".as_ptr(),
                    start.args.as_ptr(),
                    none.as_ptr(),
                    libc::AT_EMPTY_PATH,
                );
            }
        }
        start.error = Errno::last_raw();
        libc::_exit(127)
    }
}

impl Child {
    /// Executes the joiner with `socket` and the directory `process`, and `path` as its argument.
    ///
    /// The calling thread stands still until the program runs, with all signals blocked: their
    /// handlers would run in the child, in this memory.
    pub(super) fn start(
        socket: BorrowedFd<'_>,
        process: BorrowedFd<'_>,
        path: Option<&CString>,
    ) -> io::Result<Self> {
        const STACK: usize = 32 << 10;
        reap_left();
        if PROGRAM.is_empty() {
            return Err(Errno::ENOSYS.into());
        }
        let program = program()?;
        let path = path.map_or(ptr::null(), |path| path.as_ptr());
        let mut argument = Start {
            socket: socket.as_raw_fd(),
            process: process.as_raw_fd(),
            program: program.as_raw_fd(),
            args: [c"psgo-join".as_ptr(), path, ptr::null()],
            error: 0,
        };
        let stack = Stack::new(STACK)?;
        let mut pidfd: c_int = -1;
        let flags = libc::CLONE_VM | libc::CLONE_VFORK | libc::CLONE_PIDFD;
        // SAFETY: the stack and the argument live until the child has executed the program or
        // ended, for which the kernel lets this thread wait. The signal sets are written before
        // they are read.
        let (answer, errno) = unsafe {
            let mut all = std::mem::MaybeUninit::<libc::sigset_t>::uninit();
            let mut before = std::mem::MaybeUninit::<libc::sigset_t>::uninit();
            libc::sigfillset(all.as_mut_ptr());
            libc::pthread_sigmask(libc::SIG_SETMASK, all.as_ptr(), before.as_mut_ptr());
            let answer = libc::clone(
                start,
                stack.top(),
                flags,
                (&raw mut argument).cast(),
                &raw mut pidfd,
            );
            let errno = Errno::last();
            libc::pthread_sigmask(libc::SIG_SETMASK, before.as_ptr(), ptr::null_mut());
            (answer, errno)
        };
        if answer < 0 {
            return Err(errno.into());
        }
        if pidfd < 0 {
            // KERNEL(5.2): there is always one. Without it nothing is waited for but the number.
            // SAFETY: no pointer is passed but null.
            unsafe { libc::waitpid(answer, ptr::null_mut(), libc::__WALL) };
            return Err(Errno::ENOSYS.into());
        }
        // SAFETY: the kernel has just made this descriptor, for us alone.
        let child = Self(unsafe { OwnedFd::from_raw_fd(pidfd) });
        if argument.error != 0 {
            child.reap(true);
            return Err(io::Error::from_raw_os_error(argument.error));
        }
        Ok(child)
    }

    /// Takes notice of its end; whether it has ended.
    fn reap(&self, wait: bool) -> bool {
        let mut flags = WaitPidFlag::WEXITED | WaitPidFlag::__WALL;
        flags.set(WaitPidFlag::WNOHANG, !wait);
        loop {
            match nix::sys::wait::waitid(Id::PIDFd(self.0.as_fd()), flags) {
                Ok(WaitStatus::StillAlive) => return false,
                Err(Errno::EINTR) => {}
                // Or another thread has waited for whatever ends.
                _ => return true,
            }
        }
    }

    /// Whether it ends within `time`.
    fn ends_within(&self, time: Duration) -> bool {
        let until = Instant::now() + time;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let left = PollTimeout::try_from(left).unwrap_or(PollTimeout::ZERO);
            let mut polled = [PollFd::new(self.0.as_fd(), PollFlags::POLLIN)];
            match nix::poll::poll(&mut polled, left) {
                Err(Errno::EINTR) => {}
                Ok(1) => return self.reap(true),
                _ => return false,
            }
        }
    }

    /// Waits a moment for its end, after its socket was closed. Whether it came: otherwise the
    /// worker is left behind, as a child of another process.
    pub(super) fn end(self) -> bool {
        if self.ends_within(MOMENT) {
            return true;
        }
        // Its child would become this process's, and its end a signal here: it is kept instead.
        if !inherits_children() {
            self.kill();
            if self.ends_within(MOMENT) {
                return false;
            }
        }
        lock(&LEFT).push(self);
        false
    }

    fn kill(&self) {
        // SAFETY: no pointer is passed but null.
        unsafe {
            libc::syscall(
                libc::SYS_pidfd_send_signal,
                self.0.as_raw_fd(),
                libc::SIGKILL,
                ptr::null::<u8>(),
                0,
            )
        };
    }
}

/// Takes notice of the ends of those that were left.
fn reap_left() {
    lock(&LEFT).retain(|child| !child.reap(false));
}

/// Whether processes become children of this one when their parent ends.
fn inherits_children() -> bool {
    let mut is_subreaper: c_int = 0;
    // SAFETY: the request writes one int.
    unsafe { libc::prctl(libc::PR_GET_CHILD_SUBREAPER, &raw mut is_subreaper) };
    is_subreaper != 0 || std::process::id() == 1
}

/// Memory for the child to run in until it has its own.
struct Stack {
    memory: *mut c_void,
    length: usize,
}

impl Stack {
    fn new(length: usize) -> io::Result<Self> {
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_STACK;
        let access = libc::PROT_READ | libc::PROT_WRITE;
        // SAFETY: a new mapping, of no file.
        let memory = unsafe { libc::mmap(ptr::null_mut(), length, access, flags, -1, 0) };
        if memory == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        Ok(Self { memory, length })
    }

    fn top(&self) -> *mut c_void {
        // SAFETY: the end of the mapping.
        unsafe { self.memory.byte_add(self.length) }
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        // SAFETY: it was mapped, and nobody runs on it any more.
        unsafe { libc::munmap(self.memory, self.length) };
    }
}
