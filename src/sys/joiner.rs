//! Starting the joiner or the reader so that nobody else in this process notices it, and its end.
//!
//! A program that is executed sends `SIGCHLD` to its parent when it ends, and `wait(-1)` gets it,
//! however it was made (`de_thread`). So this process is not its parent: between them is a guard,
//! which executes nothing, and whose end sends no signal. It runs in the memory of this process, so
//! that it costs the same however much that is, on a stack of its own, makes raw system calls alone,
//! and ends with the program, or when it is told to, or when this process ends. It keeps nothing open
//! but its end of the socket.
//!
//! `unsafe` for this: processes that share memory.

use std::{
    ffi::{CStr, CString, c_int, c_void},
    io,
    os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd},
    ptr,
    sync::Mutex,
    time::{Duration, Instant},
};

use nix::{
    errno::Errno,
    sys::wait::{Id, WaitPidFlag, WaitStatus},
};

use super::messages::{NETWORK, PROCESS, READER, SOCKET};
use super::raw::{
    EINTR, PIDFD_OPEN, PIDFD_SEND_SIGNAL, arch, call, call3, capabilities, close_range, exit,
    set_capabilities, start_on,
};
use crate::sync::lock;

/// The program, see `program.rs`.
static PROGRAM: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/joiner"));

/// What the program is started for.
#[derive(Debug)]
pub(crate) enum Task<'a> {
    /// To read passwd and group of the container in which the process with this directory runs.
    Names(BorrowedFd<'a>),
    /// To say how full the file system of that path is there.
    Space(BorrowedFd<'a>, CString),
    /// To make a socket in the network namespace that the text tells that asks for the sockets there: its
    /// number, and behind it nothing where the descriptor is the namespace, `:` and a number for a descriptor
    /// of the process of which it is the pidfd, or the path where it is mounted.
    Network(Option<BorrowedFd<'a>>, CString),
    /// To read what it is asked for.
    Read,
}

/// The guard: a child whose end sends no signal, and which only `__WALL` waits for.
#[derive(Debug)]
pub(crate) struct Child {
    pidfd: OwnedFd,
    /// What it runs on, for as long as it does.
    memory: Memory,
}

/// How a child ended.
#[derive(Debug)]
pub(crate) enum End {
    Clean,
    /// It waits, and this process has nothing more to do with it.
    LeftBehind,
    NotStarted(io::Error),
}

/// The name with which the joiner is started.
const JOINER: &CStr = c"psgo-join";

/// Children that could not be waited for to the end.
static LEFT: Mutex<Vec<Child>> = Mutex::new(Vec::new());

/// How long an end is waited for that should come at once.
const MOMENT: Duration = Duration::from_millis(50);

/// How long to wait for a guard that was killed. It waits for nothing, but other processes can keep
/// the processors from it.
const KILLED: Duration = Duration::from_secs(1);

/// The program in memory, as a file to execute. It is made each time, so that nothing of it is
/// left with the caller: that takes some microseconds.
fn program(name: &CStr) -> io::Result<OwnedFd> {
    /// KERNEL(6.3): it can always be said.
    const MFD_EXEC: libc::c_uint = 0x10;
    let flags = libc::MFD_CLOEXEC | libc::MFD_ALLOW_SEALING;
    let make = |flags| {
        // SAFETY: the name is a C string.
        let fd = unsafe { libc::memfd_create(name.as_ptr(), flags) };
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

/// What the guard and the program need until the program is executed; at the upper end of their
/// memory.
#[repr(C, align(16))]
struct Start {
    socket: usize,
    process: usize,
    program: usize,
    args: [usize; 3],
    stack: usize,
    guard: isize,
    /// The number of the program's process, once there is one.
    program_pid: isize,
    /// Whether the program shall have the capabilities of who starts it.
    inherits: bool,
    /// Why the program could not be executed.
    error: isize,
}

const PROGRAM_AT: usize = 5;
const SIGKILL: usize = 9;
const CLONE_VM: usize = 0x100;
const CLONE_PIDFD: usize = 0x1000;
const CLONE_VFORK: usize = 0x4000;
const WALL: usize = 0x4000_0000;

/// The guard, in the memory of the process that started it.
extern "C" fn guard(start: usize) -> ! {
    let start = start as *mut Start;
    // SAFETY: it lives as long as this process, and nobody else uses it meanwhile.
    let Start {
        socket,
        process,
        program,
        stack,
        ..
    } = unsafe { start.read() };
    let above = call3(arch::GETPPID, 0, 0, 0);
    let me = call3(arch::GETPID, 0, 0, 0);
    // SAFETY: as above.
    unsafe { (*start).guard = me };
    // First out of the way of the numbers that they shall have.
    let mut failure = 0;
    let placed = [
        (socket, SOCKET, 0),
        (process, PROCESS, 0),
        (program, PROGRAM_AT, O_CLOEXEC),
    ];
    let away = placed.map(|(fd, _, _)| call3(arch::FCNTL, fd, F_DUPFD_CLOEXEC, 8));
    for (from, (_, to, flags)) in away.into_iter().zip(placed) {
        let answer = match usize::try_from(from) {
            Ok(from) => call3(arch::DUP3, from, to, flags),
            Err(_) => from,
        };
        failure = failure.min(answer);
    }
    let mut pidfd: i32 = -1;
    let mut worker = failure;
    if failure >= 0 {
        let flags = CLONE_VM | CLONE_VFORK | CLONE_PIDFD;
        // SAFETY: this process stands still until the other has executed the program or ended.
        worker = unsafe { start_on(flags, stack, &raw mut pidfd, execute, start as usize) };
    }
    let Ok(pidfd) = usize::try_from(pidfd) else {
        // SAFETY: as above.
        unsafe { (*start).error = worker.min(-1) };
        exit(1);
    };
    let worker = worker.unsigned_abs();
    close_range(0, SOCKET - 1);
    close_range(SOCKET + 1, pidfd - 1);
    close_range(pidfd + 1, u32::MAX as usize);
    // While this one is there, the memory of its parent is: it ends with it, also where a child of the
    // parent has a copy of its end of the socket.
    let parent = call3(PIDFD_OPEN, above.unsigned_abs(), 0, 0);
    // Where that cannot be had, the socket alone tells.
    let parent = usize::try_from(parent).unwrap_or(NONE);
    if call3(arch::GETPPID, 0, 0, 0) != above {
        exit(0);
    }
    let mut first = first_of(pidfd, parent, SOCKET);
    if first == First::Socket {
        // Nobody waits for its answer any more.
        call(PIDFD_SEND_SIGNAL, [pidfd, SIGKILL, 0, 0, 0, 0]);
        first = first_of(pidfd, parent, NONE);
    }
    if first == First::Parent {
        exit(0);
    }
    while call(arch::WAIT4, [worker, 0, WALL, 0, 0, 0]) == EINTR {}
    exit(0)
}

const O_CLOEXEC: usize = 0o2_000_000;
const F_DUPFD_CLOEXEC: usize = 1030;

/// What happened first.
#[derive(Clone, Copy, PartialEq, Eq)]
enum First {
    Program,
    Parent,
    Socket,
}

/// No descriptor: the kernel passes over it.
const NONE: usize = u32::MAX as usize;

/// Waits until one of the processes has ended, or the other end of the socket is closed.
fn first_of(program: usize, parent: usize, socket: usize) -> First {
    const POLLIN: u64 = 1 << 32;
    // Three of the kernel's `struct pollfd`: the number, what is asked, what happened. That a socket
    // was closed is told unasked.
    let mut polled = [
        program as u64 | POLLIN,
        parent as u64 | POLLIN,
        socket as u64,
    ];
    let list = (&raw mut polled) as usize;
    while call(arch::PPOLL, [list, 3, 0, 0, 8, 0]) == EINTR {}
    // SAFETY: the kernel has written to it.
    let [program, parent, _] = unsafe { (&raw const polled).read_volatile() };
    if program >> 48 != 0 {
        First::Program
    } else if parent >> 48 != 0 {
        First::Parent
    } else {
        First::Socket
    }
}

/// Becomes the program.
extern "C" fn execute(start: usize) -> ! {
    const PR_SET_PDEATHSIG: usize = 1;
    let start = start as *mut Start;
    // SAFETY: the guard stands still.
    let (args, guard, inherits) = unsafe {
        let args = (&raw const (*start).args) as usize;
        (args, (*start).guard, (*start).inherits)
    };
    if inherits && call3(arch::GETEUID, 0, 0, 0) != 0 {
        inherit_capabilities();
    }
    // When the guard is killed, so is the program.
    call(arch::PRCTL, [PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0, 0]);
    if call3(arch::GETPPID, 0, 0, 0) == guard {
        let me = call3(arch::GETPID, 0, 0, 0);
        // SAFETY: as above.
        unsafe { (&raw mut (*start).program_pid).write_volatile(me) };
        let none: usize = 0;
        let path = c"".as_ptr() as usize;
        let environment = (&raw const none) as usize;
        let flags = 0x1000; // AT_EMPTY_PATH
        let answer = call(
            arch::EXECVEAT,
            [PROGRAM_AT, path, args, environment, flags, 0],
        );
        // SAFETY: as above.
        unsafe { (*start).error = answer };
    }
    exit(127)
}

/// Has the program that is executed keep the capabilities, which root alone does otherwise.
fn inherit_capabilities() {
    const PR_CAP_AMBIENT: usize = 47;
    const PR_CAP_AMBIENT_RAISE: usize = 2;
    let [effective, permitted, inheritable] = capabilities();
    if effective == 0 || set_capabilities([effective, permitted, inheritable | effective]) < 0 {
        return;
    }
    for capability in 0..64 {
        if effective >> capability & 1 == 1 {
            let raise = [PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0, 0];
            call(arch::PRCTL, raise);
        }
    }
}

/// The effective capabilities of the calling thread, as a mask.
pub(crate) fn effective_capabilities() -> u64 {
    let [effective, ..] = capabilities();
    effective
}

impl Child {
    /// Starts the program for `task` with `socket`.
    ///
    /// All signals are blocked meanwhile: the guard does without the handlers of this process.
    pub(crate) fn start(socket: BorrowedFd<'_>, task: Task<'_>) -> io::Result<Self> {
        reap_left();
        let (name, process, path) = match task {
            Task::Names(process) => (JOINER, process, None),
            Task::Space(process, path) => (JOINER, process, Some(path)),
            // Where it has no such descriptor it closes what stands for it, or leaves it alone.
            Task::Network(process, what) => (NETWORK, process.unwrap_or(socket), Some(what)),
            Task::Read => (READER, socket, None),
        };
        let program = program(name)?;
        let number = |fd: c_int| usize::try_from(fd).unwrap_or_default();
        let memory = Memory::new(path)?;
        let path = memory
            .path
            .as_ref()
            .map_or(0, |path| path.as_ptr() as usize);
        let start = Start {
            socket: number(socket.as_raw_fd()),
            process: number(process.as_raw_fd()),
            program: number(program.as_raw_fd()),
            args: [name.as_ptr() as usize, path, 0],
            stack: memory.programs_stack(),
            guard: 0,
            program_pid: 0,
            inherits: name != JOINER,
            error: 0,
        };
        // SAFETY: it is mapped, aligned, and large enough.
        unsafe { memory.start().write(start) };
        let mut pidfd: c_int = -1;
        // SAFETY: the memory is kept until the guard has ended. The signal sets are written before
        // they are read.
        let answer = unsafe {
            let mut all = std::mem::MaybeUninit::<libc::sigset_t>::uninit();
            let mut before = std::mem::MaybeUninit::<libc::sigset_t>::uninit();
            libc::sigfillset(all.as_mut_ptr());
            libc::pthread_sigmask(libc::SIG_SETMASK, all.as_ptr(), before.as_mut_ptr());
            let start = memory.start() as usize;
            let answer = start_on(CLONE_VM | CLONE_PIDFD, start, &raw mut pidfd, guard, start);
            libc::pthread_sigmask(libc::SIG_SETMASK, before.as_ptr(), ptr::null_mut());
            answer
        };
        if let Ok(errno) = i32::try_from(answer)
            && errno < 0
        {
            return Err(io::Error::from_raw_os_error(-errno));
        }
        // SAFETY: the kernel has just made this descriptor, for us alone. KERNEL(5.2): there is
        // always one; and nothing is started where there is no openat2 (5.6).
        let pidfd = unsafe { OwnedFd::from_raw_fd(pidfd) };
        let child = Self { pidfd, memory };
        // The guard has a table of its own from the beginning, so these may be closed.
        drop(program);
        Ok(child)
    }

    /// The number of the program's process, once it has said something.
    pub(crate) fn program(&self) -> u32 {
        // SAFETY: it was written there before the program was executed.
        let pid = unsafe { (&raw const (*self.memory.start()).program_pid).read_volatile() };
        u32::try_from(pid).unwrap_or(0)
    }

    /// Why the program could not be started, once the guard has ended.
    fn failure(&self) -> Option<io::Error> {
        // SAFETY: the guard has ended, so nobody else uses it.
        let error = unsafe { (*self.memory.start()).error };
        let errno = i32::try_from(error).ok().filter(|errno| *errno < 0)?;
        Some(io::Error::from_raw_os_error(-errno))
    }

    /// Takes notice of its end; whether it has ended.
    fn reap(&self, wait: bool) -> bool {
        let mut flags = WaitPidFlag::WEXITED | WaitPidFlag::__WALL;
        flags.set(WaitPidFlag::WNOHANG, !wait);
        loop {
            match nix::sys::wait::waitid(Id::PIDFd(self.pidfd.as_fd()), flags) {
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
            let left = i32::try_from(left.as_millis()).unwrap_or(i32::MAX);
            let mut polled = libc::pollfd {
                fd: self.pidfd.as_raw_fd(),
                events: libc::POLLIN,
                revents: 0,
            };
            // SAFETY: the pointer is to the one descriptor that is counted.
            let answer = unsafe { libc::poll(&raw mut polled, 1, left) };
            match Errno::result(answer) {
                Err(Errno::EINTR) => {}
                Ok(1) => return self.reap(true),
                _ => return false,
            }
        }
    }

    /// Waits a moment for its end.
    pub(crate) fn ended(self) -> Result<End, Self> {
        if self.ends_within(MOMENT) {
            return Ok(self.failure().map_or(End::Clean, End::NotStarted));
        }
        Err(self)
    }

    /// Brings it to its end, after the socket was closed.
    pub(crate) fn end(self) -> End {
        self.ended().unwrap_or_else(Self::leave)
    }

    /// Leaves it behind, after the socket was closed: it is not expected to end.
    pub(crate) fn leave(self) -> End {
        // The program would become this process's child, and its end a signal here: then the guard
        // is kept instead.
        if !inherits_children() {
            self.kill();
            if self.ends_within(KILLED) {
                return End::LeftBehind;
            }
        } else if self.ends_within(MOMENT) {
            return End::Clean;
        }
        lock(&LEFT).push(self);
        End::LeftBehind
    }

    fn kill(&self) {
        // SAFETY: no pointer is passed but null.
        unsafe {
            libc::syscall(
                libc::SYS_pidfd_send_signal,
                self.pidfd.as_raw_fd(),
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

/// Memory for the guard and the program to run on.
#[derive(Debug)]
struct Memory {
    address: usize,
    /// What the joiner is asked.
    path: Option<CString>,
}

impl Memory {
    /// What each needs at most, several times.
    const STACK: usize = 16 << 10;

    fn new(path: Option<CString>) -> io::Result<Self> {
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_STACK;
        let access = libc::PROT_READ | libc::PROT_WRITE;
        let length = 2 * Self::STACK;
        // SAFETY: a new mapping, of no file.
        let memory = unsafe { libc::mmap(ptr::null_mut(), length, access, flags, -1, 0) };
        if memory == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        let address = memory as usize;
        Ok(Self { address, path })
    }

    fn programs_stack(&self) -> usize {
        self.address + Self::STACK
    }

    /// Above the stack of the guard.
    fn start(&self) -> *mut Start {
        (self.address + 2 * Self::STACK - size_of::<Start>()) as *mut Start
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        // SAFETY: it was mapped, and nobody runs on it any more.
        unsafe { libc::munmap(self.address as *mut c_void, 2 * Self::STACK) };
    }
}
