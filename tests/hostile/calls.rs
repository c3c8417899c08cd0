//! System calls that the standard library and nix lack.

#![allow(unsafe_code)]

use std::{
    ffi::CString,
    io,
    os::fd::{AsRawFd as _, FromRawFd as _, OwnedFd},
    os::unix::process::CommandExt as _,
    process::Command,
};

const OPEN_TREE_CLONE: libc::c_uint = 1;
const MOVE_MOUNT_F_EMPTY_PATH: libc::c_uint = 4;

fn checked(answer: libc::c_long) -> io::Result<i32> {
    if answer < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(i32::try_from(answer).unwrap())
}

/// A copy of the mount at `path`, not yet anywhere; of a link, if `path` is one.
pub(super) fn open_tree(path: &str) -> OwnedFd {
    let path = CString::new(path).unwrap();
    let flags = OPEN_TREE_CLONE
        | libc::c_uint::try_from(libc::AT_SYMLINK_NOFOLLOW | libc::O_CLOEXEC).unwrap();
    // SAFETY: the path is a C string, the answer a new descriptor.
    unsafe {
        let fd = libc::syscall(libc::SYS_open_tree, libc::AT_FDCWD, path.as_ptr(), flags);
        OwnedFd::from_raw_fd(checked(fd).unwrap_or_else(|error| panic!("{path:?}: {error}")))
    }
}

/// Puts such a copy over `path`, over a link itself if it is one.
pub(super) fn move_mount(tree: &OwnedFd, path: &str) {
    let at = CString::new(path).unwrap();
    // SAFETY: both paths are C strings.
    let moved = unsafe {
        libc::syscall(
            libc::SYS_move_mount,
            tree.as_raw_fd(),
            c"".as_ptr(),
            libc::AT_FDCWD,
            at.as_ptr(),
            MOVE_MOUNT_F_EMPTY_PATH,
        )
    };
    checked(moved).unwrap_or_else(|error| panic!("over {path}: {error}"));
}

/// What to do on a signal, from now on. The handler only counts.
pub(super) fn set_action(signal: nix::sys::signal::Signal, action: &nix::sys::signal::SigAction) {
    // SAFETY: a handler that adds to an atomic number may run at any time.
    unsafe { nix::sys::signal::sigaction(signal, action) }.unwrap();
}

/// A descriptor of a process.
pub(super) fn pidfd_open(pid: i32) -> OwnedFd {
    // SAFETY: no pointer is passed, the answer is a new descriptor.
    unsafe {
        let fd = libc::syscall(libc::SYS_pidfd_open, pid, 0);
        OwnedFd::from_raw_fd(checked(fd).unwrap())
    }
}

/// A system call, and for `ioctl` one request of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Call {
    Number(libc::c_long),
    Ioctl(u32),
}

/// A seccomp program that answers `errno` to `calls`.
fn filter(calls: &[Call], errno: i32) -> Vec<libc::sock_filter> {
    const LOAD: u16 = 0x20;
    const JUMP_IF_EQUAL: u16 = 0x15;
    const RETURN: u16 = 0x06;
    // Offsets in struct seccomp_data: the number, and the low half of the second argument.
    const NUMBER: u32 = 0;
    const REQUEST: u32 = 16 + 8;
    let step = |code, jt, jf, k| libc::sock_filter { code, jt, jf, k };
    let number = |number| u32::try_from(number).unwrap();
    let refusal = libc::SECCOMP_RET_ERRNO | u32::try_from(errno).unwrap();
    let mut program = Vec::new();
    for call in calls {
        program.push(step(LOAD, 0, 0, NUMBER));
        match *call {
            Call::Number(call) => program.push(step(JUMP_IF_EQUAL, 0, 1, number(call))),
            Call::Ioctl(request) => {
                program.push(step(JUMP_IF_EQUAL, 0, 3, number(libc::SYS_ioctl)));
                program.push(step(LOAD, 0, 0, REQUEST));
                program.push(step(JUMP_IF_EQUAL, 0, 1, request));
            }
        }
        program.push(step(RETURN, 0, 0, refusal));
    }
    program.push(step(RETURN, 0, 0, libc::SECCOMP_RET_ALLOW));
    program
}

/// Has the kernel answer `errno` to `calls` of the command, as a container's filter does.
pub(super) fn refuse(command: &mut Command, calls: &[Call], errno: i32) {
    let mut program = filter(calls, errno);
    let install = move || {
        let filter = libc::sock_fprog {
            len: u16::try_from(program.len()).unwrap_or(0),
            filter: program.as_mut_ptr(),
        };
        // SAFETY: the program lives until the call returns.
        let answer = unsafe {
            libc::prctl(
                libc::PR_SET_SECCOMP,
                libc::SECCOMP_MODE_FILTER,
                &raw const filter,
            )
        };
        checked(answer.into()).map(drop)
    };
    // SAFETY: between fork and exec there is but one system call, and no memory is asked for.
    unsafe { command.pre_exec(install) };
}

/// Memory shared with the file, written to; then the same file is mapped a second time.
///
/// Where its file server does not answer, that never ends, and holds the lock of the whole
/// process's memory.
pub(super) fn write_to_a_mapping_and_map_again(path: &str) {
    let open = || {
        let mut options = std::fs::OpenOptions::new();
        options.read(true).write(true).open(path).unwrap()
    };
    let map = |file: &std::fs::File, flags| {
        let access = libc::PROT_READ | libc::PROT_WRITE;
        // SAFETY: a new mapping, of a file that is longer than it.
        unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                4096,
                access,
                flags,
                file.as_raw_fd(),
                0,
            )
        }
    };
    let first = open();
    // The kernel asks for the length only when it is asked.
    assert_eq!(first.metadata().unwrap().len(), 4096);
    let memory = map(&first, libc::MAP_SHARED);
    assert_ne!(memory, libc::MAP_FAILED, "{}", io::Error::last_os_error());
    // SAFETY: the mapping is as long and may be written to.
    unsafe { memory.cast::<u8>().write_volatile(1) };
    let second = open();
    map(&second, libc::MAP_PRIVATE);
}

/// Lists the directory into memory shared with the file.
///
/// Where its file server does not answer, that never ends, and holds the lock of the directory.
pub(super) fn list_into_a_mapping(directory: &str, path: &str) {
    let directory = std::fs::File::open(directory).unwrap();
    let file = std::fs::File::options()
        .read(true)
        .write(true)
        .open(path)
        .unwrap();
    assert_eq!(file.metadata().unwrap().len(), 4096);
    // SAFETY: a new mapping, of a file that is as long; the kernel writes no more to it.
    unsafe {
        let memory = libc::mmap(
            std::ptr::null_mut(),
            4096,
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_SHARED,
            file.as_raw_fd(),
            0,
        );
        assert_ne!(memory, libc::MAP_FAILED, "{}", io::Error::last_os_error());
        libc::syscall(
            libc::SYS_getdents64,
            directory.as_raw_fd(),
            memory,
            4096_usize,
        );
    }
}

/// Waits for an event that is there already, and is told of it in memory shared with the file.
///
/// Where its file server does not answer, that never ends, and holds the lock of the epoll.
pub(super) fn take_events_into_a_mapping(path: &str) {
    let mut options = std::fs::OpenOptions::new();
    let file = options.read(true).write(true).open(path).unwrap();
    // The kernel asks for the length only when it is asked.
    assert_eq!(file.metadata().unwrap().len(), 4096);
    let access = libc::PROT_READ | libc::PROT_WRITE;
    // SAFETY: a new mapping, of a file that is as long.
    let memory = unsafe {
        libc::mmap(
            std::ptr::null_mut(),
            4096,
            access,
            libc::MAP_SHARED,
            file.as_raw_fd(),
            0,
        )
    };
    assert_ne!(memory, libc::MAP_FAILED, "{}", io::Error::last_os_error());
    let ready = nix::sys::eventfd::EventFd::from_value(1).unwrap();
    let mut wanted = libc::epoll_event {
        events: libc::EPOLLIN.cast_unsigned(),
        u64: 0,
    };
    // SAFETY: plain calls; the kernel writes one event to memory that holds more of them.
    unsafe {
        let epoll = libc::epoll_create1(libc::EPOLL_CLOEXEC);
        let added = libc::epoll_ctl(
            epoll,
            libc::EPOLL_CTL_ADD,
            ready.as_raw_fd(),
            &raw mut wanted,
        );
        assert_eq!(added, 0, "{}", io::Error::last_os_error());
        libc::epoll_wait(epoll, memory.cast(), 1, -1);
    }
}
