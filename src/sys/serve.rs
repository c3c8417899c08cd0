//! The reader's part of the program: it opens and reads for another process what can wait where no
//! signal ends it.
//!
//! It does what the socket asks for, one request after the other, and ends with the socket. It keeps
//! nothing open between two of them.

use core::mem::offset_of;

use super::messages::{
    ANYWHERE, BEHIND, BELOW, CAPABILITIES, COMPLETE, DIAG, FILE_SYSTEM, LESS, LINK, NAMES, NO_FILE, ONE,
    PATHS, PIECE, Part, READ, READ_OF, READ_OWNED, Request, SOCKET,
};
use super::raw::{
    EINTR, O_CLOEXEC, O_NOCTTY, O_NONBLOCK, O_PATH, answer_of, arch, call, call3, capabilities, error,
    exit, openat2, send_all, set_capabilities,
};

/// Where the paths of a request begin, if it came without a directory.
const AT_FDCWD: usize = -100_isize as usize;
const AT_SYMLINK_NOFOLLOW: usize = 0x100;
const AT_STATX_DONT_SYNC: usize = 0x4000;
/// So much is sent at once.
const BUFFER: usize = 64 << 10;
/// With less room than this what there is is sent first.
const LEAST: usize = 8 << 10;
const HEAD: usize = size_of::<Part>();

#[repr(C, align(16))]
struct Memory {
    request: Request,
    paths: [u8; PATHS],
    answer: [u8; BUFFER],
}

static mut MEMORY: Memory = Memory {
    request: [0; 5],
    paths: [0; PATHS],
    answer: [0; BUFFER],
};

fn memory() -> usize {
    // No reference is made: the kernel writes there, and reads.
    (&raw mut MEMORY) as usize
}

/// What was answered and not sent yet.
struct Answer(usize);

impl Answer {
    fn place(&self) -> usize {
        memory() + offset_of!(Memory, answer) + self.0
    }

    fn flush(&mut self) {
        let length = core::mem::take(&mut self.0);
        send_all(SOCKET, self.place(), length);
    }

    /// Room for bytes behind a head: where, and how many.
    fn room(&mut self) -> (usize, usize) {
        if BUFFER - self.0 < LEAST {
            self.flush();
        }
        (self.place() + HEAD, BUFFER - self.0 - HEAD)
    }

    /// Adds a part whose bytes are in their place already.
    fn add(&mut self, says: u32, length: usize) {
        let part: Part = [says, length as u32];
        // SAFETY: there is one thread, and there is room, see `room`.
        unsafe { (self.place() as *mut Part).write_unaligned(part) };
        self.0 += HEAD + length;
    }
}

/// Does what it is asked for, to the end of the socket.
pub(crate) fn serve() -> ! {
    loop {
        let dir = receive();
        // SAFETY: there is one thread, and the kernel has written to it.
        let [what, length, resolve, limit, how] =
            unsafe { (&raw const MEMORY.request).read_volatile() };
        let mut answer = Answer(0);
        if what == CAPABILITIES {
            answer.room();
            answer.add(keep(limit), 0);
        }
        let paths = memory() + offset_of!(Memory, paths);
        let (mut at, length) = (0, length as usize);
        let is_less = how & LESS != 0;
        let lock = (how & ONE != 0).then(|| lock_directory(dir.unwrap_or(AT_FDCWD), paths, resolve));
        let mut below = None;
        while at < length {
            let path = paths + at;
            let from = match (&below, how & BELOW) {
                (Some(below), _) => *below,
                (None, 0) => Ok(dir.unwrap_or(AT_FDCWD)),
                (None, _) => {
                    let root = dir.unwrap_or(AT_FDCWD);
                    let opened = super::open(root, path, O_PATH | arch::O_DIRECTORY | O_CLOEXEC);
                    let says = opened.map_or_else(|errno| errno, |_| COMPLETE);
                    below = Some(opened);
                    answer.room();
                    answer.add(says, 0);
                    at = next(paths, at);
                    continue;
                }
            };
            let says = from.and_then(|from| match what {
                READ => read(&mut answer, from, path, resolve, limit as usize, is_less),
                READ_OF => read_of(&mut answer, from, path, resolve, limit as usize, is_less),
                LINK => link(&mut answer, from, path, resolve),
                BEHIND => behind(&mut answer, from, path),
                FILE_SYSTEM => file_system(&mut answer, from, path),
                DIAG => diag(&mut answer, from, path),
                READ_OWNED => read_owned(&mut answer, from, path, resolve, limit as usize),
                NAMES => names(&mut answer, from, path, resolve, limit as usize),
                _ => exit(1),
            });
            answer.room();
            answer.add(says.map_or_else(|errno| errno, |()| COMPLETE), 0);
            at = next(paths, at);
        }
        if let Some(Ok(below)) = below {
            call3(arch::CLOSE, below, 0, 0);
        }
        drop(lock);
        if let Some(dir) = dir {
            call3(arch::CLOSE, dir, 0, 0);
        }
        answer.flush();
    }
}

/// Where the path behind the one at `at` begins.
fn next(paths: usize, mut at: usize) -> usize {
    // SAFETY: they are within the paths, and there is a NUL behind them.
    while unsafe { ((paths + at) as *const u8).read_volatile() } != 0 {
        at += 1;
    }
    at + 1
}

/// The next request and its paths, and the directory that came with it; ends with the socket.
fn receive() -> Option<usize> {
    let whole = size_of::<Request>();
    let mut dir = None;
    let (mut got, mut wanted) = (0, whole);
    while got < wanted {
        let start = memory() + offset_of!(Memory, request);
        // The kernel's `struct iovec`, and `struct cmsghdr` with a descriptor.
        let pieces = [start + got, wanted - got];
        let mut control = [0_u64; 3];
        // The kernel's `struct msghdr`.
        let message = [
            0,
            0,
            (&raw const pieces) as usize,
            1,
            (&raw mut control) as usize,
            size_of_val(&control),
            0,
        ];
        match call3(arch::RECVMSG, SOCKET, (&raw const message) as usize, 0) {
            EINTR => continue,
            0 => exit(0),
            more @ 1.. => got += more as usize,
            _ => exit(1),
        }
        // SAFETY: the kernel has written to it.
        let [length, _, descriptor] = unsafe { (&raw const control).read_volatile() };
        if length > 16 {
            dir = Some(descriptor as u32 as usize);
        }
        if got >= whole && wanted == whole {
            // SAFETY: the kernel has written to it.
            let [_, length, ..] = unsafe { (&raw const MEMORY.request).read_volatile() };
            // The last byte stays 0.
            if length as usize >= PATHS {
                exit(1);
            }
            wanted += length as usize;
        }
    }
    dir
}

/// Keeps the capabilities in `mask` alone: a program that root executes has all of them.
fn keep(mask: u64) -> u32 {
    let [_, permitted, _] = capabilities();
    let kept = permitted & mask;
    match set_capabilities([kept, kept, 0]) {
        0 => COMPLETE,
        answer => error(answer),
    }
}

fn open(dir: usize, path: usize, flags: usize, resolve: u64) -> Result<usize, u32> {
    answer_of(if resolve == ANYWHERE {
        call(arch::OPENAT, [dir, path, flags, 0, 0, 0])
    } else {
        openat2(dir, path, flags, resolve)
    })
}

/// Opens, and closes again.
struct Open(usize);

impl Drop for Open {
    fn drop(&mut self) {
        call3(arch::CLOSE, self.0, 0, 0);
    }
}

fn read(
    answer: &mut Answer,
    dir: usize,
    path: usize,
    resolve: u64,
    limit: usize,
    is_less: bool,
) -> Result<(), u32> {
    let file = open_to_read(dir, path, resolve)?;
    read_open(answer, &file, limit, is_less)
}

fn open_to_read(dir: usize, path: usize, resolve: u64) -> Result<Open, u32> {
    let flags = O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
    Ok(Open(open(dir, path, flags, resolve)?))
}

/// Does something with the directory part of that path, which ends before its last slash.
fn in_directory<T>(path: usize, with: impl FnOnce(usize) -> T) -> T {
    let (mut at, mut slash) = (path, path);
    loop {
        // SAFETY: it is within the paths, and there is a NUL behind them.
        match unsafe { (at as *const u8).read_volatile() } {
            0 => break,
            b'/' => slash = at,
            _ => {}
        }
        at += 1;
    }
    // SAFETY: as above; there is one thread, and no reference to the paths.
    let cut = unsafe { (slash as *const u8).read_volatile() };
    unsafe { (slash as *mut u8).write_volatile(0) };
    let answer = with(path);
    unsafe { (slash as *mut u8).write_volatile(cut) };
    answer
}

/// Takes the lock of the directory in which that path is, to keep as long as that is open. Where there is
/// none to be had, the files can be read without.
fn lock_directory(dir: usize, path: usize, resolve: u64) -> Result<Open, u32> {
    const LOCK_EX: usize = 2;
    let flags = arch::O_DIRECTORY | O_CLOEXEC;
    let opened = Open(in_directory(path, |path| open(dir, path, flags, resolve))?);
    while call3(arch::FLOCK, opened.0, LOCK_EX, 0) == EINTR {}
    Ok(opened)
}

/// Of a path `PID/NAME` below the root of a `/proc`.
fn read_of(
    answer: &mut Answer,
    dir: usize,
    path: usize,
    resolve: u64,
    limit: usize,
    is_less: bool,
) -> Result<(), u32> {
    let file = open_to_read(dir, path, resolve)?;
    let inode = in_directory(path, |path| inode(dir, path));
    let (place, _) = answer.room();
    // SAFETY: there is one thread, and there is room, see `room`.
    unsafe { (place as *mut u64).write_unaligned(inode?) };
    answer.add(PIECE, size_of::<u64>());
    read_open(answer, &file, limit, is_less)
}

/// The inode of what has that path, which is no link.
fn inode(dir: usize, path: usize) -> Result<u64, u32> {
    // STATX_INO; where it is in the kernel's `struct statx`, in words of 64 bits.
    const MASK: usize = 0x100;
    const INODE: usize = 4;
    let mut statx = [0_u64; 32];
    let to = (&raw mut statx) as usize;
    let flags = AT_STATX_DONT_SYNC | AT_SYMLINK_NOFOLLOW;
    answer_of(call(arch::STATX, [dir, path, flags, MASK, to, 0]))?;
    // SAFETY: the kernel has written to it.
    Ok(unsafe { (&raw const statx).cast::<u64>().add(INODE).read_volatile() })
}

fn read_open(
    answer: &mut Answer,
    file: &Open,
    limit: usize,
    is_less: bool,
) -> Result<(), u32> {
    let mut left = limit;
    while left > 0 {
        let (place, room) = answer.room();
        let asked = room.min(left);
        match call3(arch::READ, file.0, place, asked) {
            EINTR => {}
            got @ 1.. => {
                let got = got as usize;
                answer.add(PIECE, got);
                left -= got;
                if is_less && got < asked {
                    break;
                }
                // Who reads on and on takes what there is.
                if !is_less && BUFFER - answer.0 < LEAST {
                    answer.flush();
                }
            }
            0 => break,
            other => return Err(error(other)),
        }
    }
    Ok(())
}

/// The owner of a regular file, and what is in it.
fn read_owned(
    answer: &mut Answer,
    dir: usize,
    path: usize,
    resolve: u64,
    limit: usize,
) -> Result<(), u32> {
    const REGULAR: u16 = 0x8000;
    let file = open_to_read(dir, path, resolve)?;
    if owner(answer, &file)? & 0xf000 != REGULAR {
        return Err(NO_FILE);
    }
    read_open(answer, &file, limit, false)
}

/// The owner of a directory, and what it has.
fn names(
    answer: &mut Answer,
    dir: usize,
    path: usize,
    resolve: u64,
    limit: usize,
) -> Result<(), u32> {
    let flags = arch::O_DIRECTORY | O_NONBLOCK | O_CLOEXEC;
    let opened = Open(open(dir, path, flags, resolve)?);
    owner(answer, &opened)?;
    let mut left = limit;
    loop {
        let (place, room) = answer.room();
        let got = answer_of(call3(arch::GETDENTS64, opened.0, place, room))?;
        if got == 0 {
            return Ok(());
        }
        answer.add(PIECE, got);
        left = left.saturating_sub(got);
        if left == 0 {
            return Ok(());
        }
    }
}

/// Answers with the owner of what is open, and returns its mode.
fn owner(answer: &mut Answer, opened: &Open) -> Result<u16, u32> {
    // STATX_TYPE and STATX_UID; AT_EMPTY_PATH; where both are in the kernel's `struct statx`.
    const MASK: usize = 1 | 8;
    const FLAGS: usize = 0x1000 | AT_STATX_DONT_SYNC;
    const UID: usize = 20;
    const MODE: usize = 28;
    let mut statx = [0_u64; 32];
    let (to, empty) = ((&raw mut statx) as usize, c"".as_ptr() as usize);
    answer_of(call(arch::STATX, [opened.0, empty, FLAGS, MASK, to, 0]))?;
    // SAFETY: the kernel has written to it, and both are within it.
    let (uid, mode) = unsafe {
        let uid = ((to + UID) as *const u32).read_volatile();
        (uid, ((to + MODE) as *const u16).read_volatile())
    };
    let (place, _) = answer.room();
    // SAFETY: there is one thread, and there is room, see `room`.
    unsafe { (place as *mut u32).write_unaligned(uid) };
    answer.add(PIECE, size_of::<u32>());
    Ok(mode)
}

fn link(answer: &mut Answer, dir: usize, path: usize, resolve: u64) -> Result<(), u32> {
    let (place, room) = answer.room();
    let got = if resolve == ANYWHERE {
        call(arch::READLINKAT, [dir, path, place, room, 0, 0])
    } else {
        // The link itself is opened.
        let link = Open(open(dir, path, O_PATH | arch::O_NOFOLLOW | O_CLOEXEC, resolve)?);
        let empty = c"".as_ptr() as usize;
        call(arch::READLINKAT, [link.0, empty, place, room, 0, 0])
    };
    let got = answer_of(got)?;
    answer.add(PIECE, got);
    Ok(())
}

fn behind(answer: &mut Answer, dir: usize, path: usize) -> Result<(), u32> {
    // AT_STATX_DONT_SYNC and AT_NO_AUTOMOUNT; STATX_TYPE and STATX_NLINK.
    const FLAGS: usize = 0x4800;
    const MASK: usize = 5;
    let (place, _) = answer.room();
    answer_of(call(arch::STATX, [dir, path, FLAGS, MASK, place, 0]))?;
    answer.add(PIECE, 256);
    Ok(())
}

fn file_system(answer: &mut Answer, dir: usize, path: usize) -> Result<(), u32> {
    let file = Open(open(dir, path, O_PATH | O_CLOEXEC, ANYWHERE)?);
    let (place, _) = answer.room();
    answer_of(call3(arch::FSTATFS, file.0, place, 0))?;
    answer.add(PIECE, 120);
    Ok(())
}

/// Has the socket of netlink answer to the message at `text`, up to the end.
fn diag(answer: &mut Answer, socket: usize, text: usize) -> Result<(), u32> {
    const MSG_TRUNC: usize = 0x20;
    const EMSGSIZE: u32 = 90;
    let mut message = [0_u8; 128];
    let mut length = 0;
    // SAFETY: the text has an end.
    let digit = |at: usize| match unsafe { ((text + at) as *const u8).read_volatile() } {
        digit @ b'0'..=b'9' => Some(digit - b'0'),
        digit @ b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    };
    while let (Some(byte), Some(high)) = (message.get_mut(length), digit(2 * length)) {
        *byte = high << 4 | digit(2 * length + 1).unwrap_or(0);
        length += 1;
    }
    let from = (&raw const message) as usize;
    loop {
        match call(arch::SENDTO, [socket, from, length, 0, 0, 0]) {
            EINTR => {}
            other => break answer_of(other)?,
        }
    };
    loop {
        // All of it is room: the kernel sends as much as there is room for.
        answer.flush();
        let (place, room) = answer.room();
        let got = match call(arch::RECVFROM, [socket, place, room, MSG_TRUNC, 0, 0]) {
            EINTR | 0 => continue,
            other => answer_of(other)?,
        };
        if got > room {
            return Err(EMSGSIZE);
        }
        answer.add(PIECE, got);
        if is_end(place, got) {
            return Ok(());
        }
    }
}

/// Whether one of the messages there ends a dump.
fn is_end(place: usize, length: usize) -> bool {
    const HEAD: usize = 16;
    const ERROR: u16 = 2;
    const DONE: u16 = 3;
    let mut at = 0;
    while length - at >= HEAD + 4 {
        // SAFETY: the kernel has written as many bytes there.
        let (size, kind, error) = unsafe {
            let message = (place + at) as *const u32;
            let kind = message.add(1).read_unaligned() as u16;
            (message.read_unaligned(), kind, message.add(4).read_unaligned())
        };
        if kind == DONE || (kind == ERROR && error != 0) {
            return true;
        }
        at += ((size as usize).max(HEAD) + 3) & !3;
        if at > length {
            break;
        }
    }
    false
}
