//! System calls without a C library: part of the program, and of the process that starts it, which
//! runs in another's memory and may not touch what belongs to a thread there, as `errno` does.

#![allow(dead_code)]
// A number is as the kernel takes it.
#![allow(
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    clippy::cast_possible_truncation
)]

use core::arch::asm;

pub(crate) const EINTR: isize = -4;

pub(crate) const O_NOCTTY: usize = 0o400;
pub(crate) const O_NONBLOCK: usize = 0o4000;
pub(crate) const O_CLOEXEC: usize = 0o2_000_000;
pub(crate) const O_PATH: usize = 0o10_000_000;

/// What differs between architectures.
#[cfg(target_arch = "x86_64")]
pub(crate) mod arch {
    pub(crate) const READ: usize = 0;
    pub(crate) const CLOSE: usize = 3;
    pub(crate) const FSTAT: usize = 5;
    pub(crate) const RT_SIGPROCMASK: usize = 14;
    pub(crate) const GETPID: usize = 39;
    pub(crate) const SOCKET: usize = 41;
    pub(crate) const SENDTO: usize = 44;
    pub(crate) const RECVFROM: usize = 45;
    pub(crate) const SENDMSG: usize = 46;
    pub(crate) const RECVMSG: usize = 47;
    pub(crate) const CLONE: usize = 56;
    pub(crate) const WAIT4: usize = 61;
    pub(crate) const FCNTL: usize = 72;
    pub(crate) const FLOCK: usize = 73;
    pub(crate) const GETEUID: usize = 107;
    pub(crate) const GETPPID: usize = 110;
    pub(crate) const CAPGET: usize = 125;
    pub(crate) const CAPSET: usize = 126;
    pub(crate) const FSTATFS: usize = 138;
    pub(crate) const PRCTL: usize = 157;
    pub(crate) const GETDENTS64: usize = 217;
    pub(crate) const EXIT_GROUP: usize = 231;
    pub(crate) const DUP3: usize = 292;
    pub(crate) const EXECVEAT: usize = 322;
    pub(crate) const OPENAT: usize = 257;
    pub(crate) const READLINKAT: usize = 267;
    pub(crate) const PPOLL: usize = 271;
    pub(crate) const SETNS: usize = 308;
    pub(crate) const STATX: usize = 332;
    pub(crate) const O_DIRECTORY: usize = 0o200_000;
    pub(crate) const O_NOFOLLOW: usize = 0o400_000;
    /// Where `st_mode` is in the kernel's `struct stat`.
    pub(crate) const STAT_MODE: usize = 24;
}

/// What differs between architectures.
#[cfg(target_arch = "aarch64")]
pub(crate) mod arch {
    pub(crate) const READ: usize = 63;
    pub(crate) const CLOSE: usize = 57;
    pub(crate) const FSTAT: usize = 80;
    pub(crate) const RT_SIGPROCMASK: usize = 135;
    pub(crate) const GETPID: usize = 172;
    pub(crate) const SOCKET: usize = 198;
    pub(crate) const SENDTO: usize = 206;
    pub(crate) const RECVFROM: usize = 207;
    pub(crate) const SENDMSG: usize = 211;
    pub(crate) const RECVMSG: usize = 212;
    pub(crate) const CLONE: usize = 220;
    pub(crate) const WAIT4: usize = 260;
    pub(crate) const FCNTL: usize = 25;
    pub(crate) const FLOCK: usize = 32;
    pub(crate) const GETEUID: usize = 175;
    pub(crate) const GETPPID: usize = 173;
    pub(crate) const CAPGET: usize = 90;
    pub(crate) const CAPSET: usize = 91;
    pub(crate) const FSTATFS: usize = 44;
    pub(crate) const PRCTL: usize = 167;
    pub(crate) const GETDENTS64: usize = 61;
    pub(crate) const EXIT_GROUP: usize = 94;
    pub(crate) const DUP3: usize = 24;
    pub(crate) const EXECVEAT: usize = 281;
    pub(crate) const OPENAT: usize = 56;
    pub(crate) const READLINKAT: usize = 78;
    pub(crate) const PPOLL: usize = 73;
    pub(crate) const SETNS: usize = 268;
    pub(crate) const STATX: usize = 291;
    pub(crate) const O_DIRECTORY: usize = 0o40_000;
    pub(crate) const O_NOFOLLOW: usize = 0o100_000;
    /// Where `st_mode` is in the kernel's `struct stat`.
    pub(crate) const STAT_MODE: usize = 16;
}

/// The same on both, as the next ones.
pub(crate) const PIDFD_SEND_SIGNAL: usize = 424;
pub(crate) const PIDFD_OPEN: usize = 434;
pub(crate) const CLOSE_RANGE: usize = 436;
pub(crate) const OPENAT2: usize = 437;
pub(crate) const PIDFD_GETFD: usize = 438;

/// Makes a system call; the answer is an error number below zero, or what the call returns.
pub(crate) fn call(number: usize, args: [usize; 6]) -> isize {
    let [first, second, third, fourth, fifth, sixth] = args;
    let answer: isize;
    // SAFETY: the arguments of each call here are numbers, or point to memory that lives and is as
    // long as the call takes it to be.
    #[cfg(target_arch = "x86_64")]
    unsafe {
        asm!(
            "syscall",
            inlateout("rax") number as isize => answer,
            in("rdi") first, in("rsi") second, in("rdx") third,
            in("r10") fourth, in("r8") fifth, in("r9") sixth,
            lateout("rcx") _, lateout("r11") _,
            options(nostack),
        );
    }
    // SAFETY: as above.
    #[cfg(target_arch = "aarch64")]
    unsafe {
        asm!(
            "svc #0",
            in("x8") number,
            inlateout("x0") first as isize => answer,
            in("x1") second, in("x2") third, in("x3") fourth, in("x4") fifth, in("x5") sixth,
            options(nostack),
        );
    }
    answer
}

pub(crate) fn call3(number: usize, a: usize, b: usize, c: usize) -> isize {
    call(number, [a, b, c, 0, 0, 0])
}

/// Opens `path` below `dir` as `openat2` does, which also says how far the path may lead.
pub(crate) fn openat2(dir: usize, path: usize, flags: usize, resolve: u64) -> isize {
    const EAGAIN: isize = -11;
    let how: [u64; 3] = [flags as u64, 0, resolve];
    let args = [dir, path, (&raw const how) as usize, 24, 0, 0];
    // Where mounts or names change meanwhile, the kernel cannot be sure of a `..`.
    let opened = (0..128).map(|_| call(OPENAT2, args));
    let mut sure = opened.skip_while(|opened| *opened == EAGAIN);
    sure.next().unwrap_or(EAGAIN)
}

/// The capabilities of the thread: effective, permitted, inheritable.
pub(crate) fn capabilities() -> [u64; 3] {
    let head = CAPABILITIES_3;
    let mut sets: [u32; 6] = [0; 6];
    let (head, to) = ((&raw const head) as usize, (&raw mut sets) as usize);
    if call3(arch::CAPGET, head, to, 0) < 0 {
        return [0; 3];
    }
    // SAFETY: the kernel has written to it.
    let [e, p, i, high_e, high_p, high_i] = unsafe { (&raw const sets).read_volatile() };
    let mask = |low, high| u64::from(low) | u64::from(high) << 32;
    [mask(e, high_e), mask(p, high_p), mask(i, high_i)]
}

/// Sets the capabilities of the thread.
pub(crate) fn set_capabilities(sets: [u64; 3]) -> isize {
    let head = CAPABILITIES_3;
    let ([e, p, i], high) = (
        sets.map(|set| set as u32),
        sets.map(|set| (set >> 32) as u32),
    );
    let words = [e, p, i, high[0], high[1], high[2]];
    let (head, from) = ((&raw const head) as usize, (&raw const words) as usize);
    call3(arch::CAPSET, head, from, 0)
}

/// The version of `struct __user_cap_header_struct`, and whose capabilities: one's own.
const CAPABILITIES_3: [u32; 2] = [0x2008_0522, 0];

/// Ends the process.
pub(crate) fn exit(status: usize) -> ! {
    loop {
        call3(arch::EXIT_GROUP, status, 0, 0);
    }
}

/// The error number of an answer.
pub(crate) fn error(answer: isize) -> u32 {
    answer.unsigned_abs() as u32
}

/// A number that a call returns, or its error.
pub(crate) fn answer_of(answer: isize) -> Result<usize, u32> {
    usize::try_from(answer).map_err(|_| error(answer))
}

/// Sends so many bytes from there through the socket; ends the process if nobody takes them.
pub(crate) fn send_all(socket: usize, mut from: usize, mut left: usize) {
    while left > 0 {
        const MSG_NOSIGNAL: usize = 0x4000;
        let sent = call(arch::SENDTO, [socket, from, left, MSG_NOSIGNAL, 0, 0]);
        match sent {
            EINTR => {}
            1.. => {
                from += sent as usize;
                left -= sent as usize;
            }
            _ => exit(1),
        }
    }
}

/// Closes the descriptors from `first` to `last`.
pub(crate) fn close_range(first: usize, last: usize) {
    if call3(CLOSE_RANGE, first, last, 0) < 0 {
        // KERNEL(5.9): there is always such a call.
        for fd in first..=last.min(0xffff) {
            call3(arch::CLOSE, fd, 0, 0);
        }
    }
}

/// Makes a process that calls `run` with `argument` on the memory below `stack`, and is not waited
/// for. Its number, or an error.
///
/// # Safety
///
/// `flags` has `CLONE_VM`. The stack, which is aligned to 16 bytes, and what `argument` stands for
/// live as long as the process.
pub(crate) unsafe fn start_on(
    flags: usize,
    stack: usize,
    pidfd: *mut i32,
    run: extern "C" fn(usize) -> !,
    argument: usize,
) -> isize {
    let answer: isize;
    // SAFETY: the new process has the same registers but for the stack and the answer, and never
    // returns; in this one nothing but the answer changes.
    #[cfg(target_arch = "x86_64")]
    unsafe {
        asm!(
            "syscall",
            "test rax, rax",
            "jnz 2f",
            "xor ebp, ebp",
            "mov rdi, r13",
            "call r12",
            "ud2",
            "2:",
            inlateout("rax") arch::CLONE as isize => answer,
            in("rdi") flags, in("rsi") stack, in("rdx") pidfd, in("r10") 0, in("r8") 0,
            in("r12") run, in("r13") argument,
            lateout("rcx") _, lateout("r11") _,
        );
    }
    // SAFETY: as above.
    #[cfg(target_arch = "aarch64")]
    unsafe {
        asm!(
            "svc #0",
            "cbnz x0, 2f",
            "mov x29, #0",
            "mov x0, x22",
            "blr x21",
            "brk #1",
            "2:",
            in("x8") arch::CLONE,
            inlateout("x0") flags as isize => answer,
            in("x1") stack, in("x2") pidfd, in("x3") 0, in("x4") 0,
            in("x21") run, in("x22") argument,
        );
    }
    answer
}
