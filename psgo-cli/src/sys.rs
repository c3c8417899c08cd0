//! What the command needs of the system and no safe wrapper has. The only file here that says
//! `unsafe`.

#![allow(unsafe_code)]

use std::{
    alloc::{GlobalAlloc, Layout, System},
    ffi::{CStr, OsStr, OsString},
    num::NonZeroUsize,
    os::{
        fd::{AsRawFd as _, BorrowedFd, IntoRawFd as _},
        unix::ffi::OsStrExt as _,
    },
    panic, ptr,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
};

use nix::{
    errno::Errno,
    fcntl::{FcntlArg, OFlag, fcntl, open},
    libc,
    pty::Winsize,
    sys::{
        mman::{MapFlags, ProtFlags, mmap_anonymous},
        signal::{SigHandler, Signal, signal},
        stat::Mode,
    },
    unistd::{self, ForkResult},
};

/// Makes a function of the command the entry of the program.
///
/// The standard library's own entry asks glibc where the stack of the first thread is, and glibc
/// opens `/proc/self/maps` to know. That can wait where no signal ends it: the lock of the directory
/// `/proc` can be held by any process. So nothing of `/proc` is opened before there is a supervisor.
macro_rules! entry {
    ($run:path) => {
        /// Where the program begins.
        // SAFETY: the C library calls `main`, which no other file of the program defines.
        #[cfg(not(test))]
        #[allow(unsafe_code)]
        #[unsafe(no_mangle)]
        extern "C" fn main(
            count: nix::libc::c_int,
            words: *const *const nix::libc::c_char,
        ) -> nix::libc::c_int {
            crate::sys::begin($run, count, words)
        }
    };
}

pub(crate) use entry;

/// Does what the entry of the standard library does beside looking for the stack, and runs `run`
/// with the arguments of the program.
#[cfg_attr(test, expect(dead_code, reason = "tests have an entry of their own"))]
pub(crate) fn begin(
    run: fn(&[OsString]) -> u8,
    count: libc::c_int,
    words: *const *const libc::c_char,
) -> ! {
    open_standard_files();
    // SAFETY: to ignore a signal runs no code of this program. It fails for no signal used here.
    let _ = unsafe { signal(Signal::SIGPIPE, SigHandler::SigIgn) };
    let word = |index| {
        // SAFETY: the C library gives `main` as many pointers as it says, to C strings that live as
        // long as the program.
        let word = unsafe { CStr::from_ptr(*words.add(index)) };
        OsStr::from_bytes(word.to_bytes()).to_owned()
    };
    let args: Vec<_> = (0..usize::try_from(count).unwrap_or(0)).map(word).collect();
    // A panic has said what it is.
    let code = panic::catch_unwind(|| run(&args)).map_or(101, i32::from);
    std::process::exit(code)
}

/// Opens `/dev/null` in the place of each standard file that is closed, so that no other file becomes
/// one.
fn open_standard_files() {
    for fd in 0..=2 {
        // SAFETY: the descriptor is only asked about, and that it may be closed is the question; it
        // is used no longer than this call.
        let file = unsafe { BorrowedFd::borrow_raw(fd) };
        if fcntl(file, FcntlArg::F_GETFD) == Err(Errno::EBADF) {
            // The lowest number that is free is the one that is asked about.
            match open(c"/dev/null", OFlag::O_RDWR, Mode::empty()) {
                Ok(null) => drop(null.into_raw_fd()),
                // Nothing can be said, and what is opened next would be taken for it.
                Err(_) => std::process::abort(),
            }
        }
    }
}

/// Forks.
///
/// # Errors
///
/// Those of `fork(2)`; `EBUSY` once this process has more than one thread, for then the child may
/// find a lock taken for ever.
pub(crate) fn fork() -> nix::Result<ForkResult> {
    // SAFETY: unshare(2) with CLONE_VM does nothing but to fail where there is a second thread.
    if unsafe { libc::unshare(libc::CLONE_VM) } == -1 && Errno::last() == Errno::EINVAL {
        return Err(Errno::EBUSY);
    }
    // SAFETY: this process has one thread, so the child may do whatever the parent may.
    unsafe { unistd::fork() }
}

/// A value that this process shares with the children that it forks later. It stays mapped.
pub(crate) fn shared<T: Sync + Default>() -> nix::Result<&'static T> {
    const PAGE: usize = 4096;
    const { assert!(size_of::<T>() <= PAGE && align_of::<T>() <= PAGE && size_of::<T>() > 0) };
    let length = NonZeroUsize::new(PAGE).ok_or(Errno::EINVAL)?;
    let access = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
    // SAFETY: the kernel chooses a place where nothing is.
    let page = unsafe { mmap_anonymous(None, length, access, MapFlags::MAP_SHARED)? };
    let value = page.cast::<T>();
    // SAFETY: the page is large enough for a T and aligned for it (see above), nothing else
    // refers to it, and it is never unmapped.
    unsafe {
        value.write(T::default());
        Ok(value.as_ref())
    }
}

/// Whether the signal is ignored, as SIGHUP is under nohup.
pub(crate) fn is_ignored(signal: Signal) -> bool {
    // SAFETY: all zeros is a valid sigaction; it is only written to.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    // SAFETY: with a null pointer for the new action nothing is changed.
    let result = unsafe { libc::sigaction(signal as i32, ptr::null(), &raw mut action) };
    result == 0 && action.sa_sigaction == libc::SIG_IGN
}

/// Gives the signal its default action.
pub(crate) fn reset(which: Signal) {
    // SAFETY: the default action runs no code of this program. It fails for no signal used here.
    let _ = unsafe { signal(which, SigHandler::SigDfl) };
}

/// The rows and columns of a terminal, where they are known.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct WindowSize {
    pub(crate) rows: Option<usize>,
    pub(crate) columns: Option<usize>,
}

/// The size of a terminal; `None` for what is none.
pub(crate) fn window_size(terminal: BorrowedFd<'_>) -> Option<WindowSize> {
    let mut size = Winsize {
        ws_row: 0,
        ws_col: 0,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    // SAFETY: the descriptor is open as long as it is borrowed, and this ioctl writes one `winsize`.
    let result = unsafe { libc::ioctl(terminal.as_raw_fd(), libc::TIOCGWINSZ, &raw mut size) };
    // The kernel's word for unknown is 0, in each of them.
    let known = |count: u16| (count > 0).then_some(count.into());
    (result == 0).then(|| WindowSize {
        rows: known(size.ws_row),
        columns: known(size.ws_col),
    })
}

/// The system's allocator; where it has no more, the command says so and ends, instead of aborting.
struct Allocator;

#[global_allocator]
static ALLOCATOR: Allocator = Allocator;

/// What is smaller nobody can do without. A larger one can be an error of its own: that of a file
/// that does not fit.
const SMALL: usize = 1 << 20;

const OUT_OF_MEMORY: &str = "psgo: out of memory: raise the limit (ulimit -v, memory.max of the \
     control group), or ask for fewer columns or processes\n";

/// Passes `result` on, if there is one.
fn checked(result: *mut u8, size: usize) -> *mut u8 {
    if result.is_null() && size < SMALL {
        out_of_memory();
    }
    result
}

fn out_of_memory() -> ! {
    // SAFETY: a write of so many bytes of a constant, to a descriptor that may be anything or
    // closed: there is nowhere else to say it. Neither call allocates.
    unsafe {
        libc::write(2, OUT_OF_MEMORY.as_ptr().cast(), OUT_OF_MEMORY.len());
        libc::_exit(2)
    }
}

// SAFETY: each method is that of `System`, which is a valid allocator: the caller keeps the same
// promises, and what comes of it is passed on as it is. Nothing here allocates or unwinds.
unsafe impl GlobalAlloc for Allocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: see above.
        checked(unsafe { System.alloc(layout) }, layout.size())
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: see above.
        checked(unsafe { System.alloc_zeroed(layout) }, layout.size())
    }

    unsafe fn realloc(&self, old: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: see above.
        checked(unsafe { System.realloc(old, layout, size) }, size)
    }

    unsafe fn dealloc(&self, old: *mut u8, layout: Layout) {
        // SAFETY: see above.
        unsafe { System.dealloc(old, layout) }
    }
}

/// See [`started_without_stdout`].
static WAS_CLOSED: AtomicBool = AtomicBool::new(false);

/// Before `main` the standard library opens `/dev/null` in the place of standard files that are
/// closed, and then nobody can tell that from a `>/dev/null`, where nothing is wrong. So it is
/// asked before: what stands in this section runs first, by glibc and by musl.
// SAFETY: the section holds pointers to functions of the C ABI, which are called once each before
// `main`; this is one. It makes one system call and stores one byte: it needs nothing of the
// standard library that is not there yet, and cannot panic.
#[used]
#[unsafe(link_section = ".init_array")]
static BEFORE_MAIN: extern "C" fn() = note_closed;

extern "C" fn note_closed() {
    // SAFETY: the descriptor is only asked about, and that it may be closed is the question; it is
    // used no longer than this call.
    let stdout = unsafe { BorrowedFd::borrow_raw(1) };
    WAS_CLOSED.store(
        fcntl(stdout, FcntlArg::F_GETFD) == Err(Errno::EBADF),
        Relaxed,
    );
}

/// Whether the program was started without a standard output.
pub(crate) fn started_without_stdout() -> bool {
    WAS_CLOSED.load(Relaxed)
}
