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

/// Gives up all capabilities of the calling thread.
pub(super) fn give_up_capabilities() {
    let head = [0x2008_0522_u32, 0];
    let sets = [0_u32; 6];
    // SAFETY: both are as the call has them, and are only read.
    let answer = unsafe { libc::syscall(libc::SYS_capset, head.as_ptr(), sets.as_ptr()) };
    checked(answer).unwrap();
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
    let map_at = |at, fd, flags| {
        let access = libc::PROT_READ | libc::PROT_WRITE;
        // SAFETY: a new mapping, of a file that is longer than it, or over one that nothing uses.
        unsafe { libc::mmap(at, 4096, access, flags, fd, 0) }
    };
    let map = |file: &std::fs::File, flags| map_at(std::ptr::null_mut(), file.as_raw_fd(), flags);
    let first = open();
    // The kernel asks for the length only when it is asked.
    assert_eq!(first.metadata().unwrap().len(), 4096);
    let memory = map(&first, libc::MAP_SHARED);
    assert_ne!(memory, libc::MAP_FAILED, "{}", io::Error::last_os_error());
    // SAFETY: the mapping is as long and may be written to.
    unsafe { memory.cast::<u8>().write_volatile(1) };
    let second = open();
    // Over another mapping, whose own lock is held then too.
    let anonymous = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
    let at = map_at(std::ptr::null_mut(), -1, anonymous);
    map_at(at, second.as_raw_fd(), libc::MAP_PRIVATE | libc::MAP_FIXED);
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

/// Has a child that executes a program, as soon as there is no more input, while another process that
/// shares its memory holds the lock of that memory.
///
/// Where the file server does not answer, that never ends, and holds what is held in `execve`.
pub(super) fn execute_with_locked_memory(path: &str) {
    extern "C" fn lock(path: *mut libc::c_void) -> libc::c_int {
        // SAFETY: it is the string of the caller, which waits meanwhile.
        let path = unsafe { &*path.cast::<String>() };
        write_to_a_mapping_and_map_again(path);
        0
    }

    let mut path = path.to_owned();
    // On the stack, which the child has in its page tables: a page of the program may not be there, and
    // its fault would wait for the lock before the program is executed.
    let program = std::hint::black_box(*b"/bin/true\0");
    let arguments = [program.as_ptr(), std::ptr::null()];
    let environment = [std::ptr::null::<libc::c_char>()];
    let mut stack = vec![0_u8; 1 << 20];
    let mut byte = [0_u8];
    // SAFETY: the other runs on a stack of its own; this one does nothing but system calls meanwhile,
    // and what it touches has been touched.
    unsafe {
        // One thread alone: the end of the others would wait for their memory.
        let child = libc::fork();
        if child != 0 {
            checked(child.into()).unwrap();
            libc::waitpid(child, std::ptr::null_mut(), 0);
            return;
        }
        libc::syscall(libc::SYS_read, -1, byte.as_mut_ptr(), 0);
        libc::syscall(
            libc::SYS_execve,
            c"".as_ptr(),
            arguments.as_ptr(),
            environment.as_ptr(),
        );
        let top = stack.as_mut_ptr().add(stack.len()).cast();
        let other = libc::clone(
            lock,
            top,
            libc::CLONE_VM | libc::SIGCHLD,
            (&raw mut path).cast(),
        );
        checked(other.into()).unwrap();
        libc::syscall(libc::SYS_read, 0, byte.as_mut_ptr(), 1);
        libc::syscall(
            libc::SYS_execve,
            program.as_ptr(),
            arguments.as_ptr(),
            environment.as_ptr(),
        );
    }
}
