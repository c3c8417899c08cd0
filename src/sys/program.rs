//! The program: static, without any library, which psgo runs as a process of its own where a thread
//! could be held for ever. build.rs compiles it; it is no module of the crate.
//!
//! It is started with a socket as descriptor 3 and makes raw system calls alone. By its name it is one
//! of three.
//!
//! The joiner has the directory `/proc/PID` of the joined process as descriptor 4. It enters the mount
//! namespace of that process and reads passwd and group there, or asks how full the file system of a
//! path is. A file server of the container can make it wait without end, and uninterruptibly: then it
//! alone is left behind, with the lock of the mount namespace, for which the next joiner of that
//! namespace waits. What it sends is described in `answer.rs`.
//!
//! The joiner of a network is told the number of a network namespace, and where it is: as that descriptor,
//! as a descriptor of the process of which that is the pidfd, or where it is mounted. It enters it, makes a
//! socket of netlink there that asks for sockets, and sends that. What it finds instead may have it wait.
//!
//! The reader stays in the caller's namespaces and reads what it is asked for, see `serve.rs`.

#![no_std]
#![no_main]

#[path = "messages.rs"]
mod messages;
#[path = "raw.rs"]
mod raw;
#[path = "serve.rs"]
mod serve;

use core::{arch::global_asm, panic::PanicInfo};

use messages::{
    COMPLETE, GROUPS, HEAD, LIMIT, LONGEST, NETWORK, NO_FILE, PIECE, PROCESS, READER, SOCKET, SPACE,
    USERS, WAITS,
};
use raw::{
    EINTR, O_CLOEXEC, O_NOCTTY, O_NONBLOCK, O_PATH, PIDFD_GETFD, answer_of, arch, call, call3, close_range, error,
    exit, openat2, send_all,
};

/// The first number that no file opened here reaches. A process that ends closes its descriptors
/// in order: the lock has to be the last.
const LOCK: usize = 16;

const ENOENT: u32 = 2;
const EFBIG: u32 = 27;
const EAGAIN: isize = -11;

const AT_FDCWD: usize = -100_isize as usize;
const RESOLVE_NO_MAGICLINKS: u64 = 0x02;
const RESOLVE_NO_SYMLINKS: u64 = 0x04;
const RESOLVE_IN_ROOT: u64 = 0x10;
const CLONE_NEWNS: usize = 0x2_0000;

/// File systems whose files are no files of names, whatever they are called: to read one can do
/// things, or tell what only root may know.
const PSEUDO: &[u32] = &[
    0x9fa0,      // proc
    0x9fa1,      // openprom
    0x9fa2,      // usbdevfs
    0x6265_6572, // sysfs
    0x0027_e0eb, // cgroup
    0x6367_7270, // cgroup2
    0x6462_6720, // debugfs
    0x7472_6163, // tracefs
    0x7363_6673, // securityfs
    0xf97c_ff8c, // selinuxfs
    0x4341_5d53, // smackfs
    0x5a3c_69f0, // apparmorfs
    0xcafe_4a11, // bpf
    0x6265_6570, // configfs
    0x6165_676c, // pstore
    0xde5e_81e4, // efivarfs
    0x4249_4e4d, // binfmt_misc
    0x1cd1,      // devpts
    0x1980_0202, // mqueue
    0x9584_58f6, // hugetlbfs
    0x6e73_6673, // nsfs
    0x5049_4446, // pidfs
    0x6759_6969, // rpc_pipefs
    0x6e66_7364, // nfsd
    0x6573_5543, // fusectl
    0x0765_5821, // resctrl
    0xabba_1974, // xenfs
    0x0a64_7361, // functionfs
    0xaee7_1ee7, // gadgetfs
    0x6c6f_6f70, // binderfs
    0x0904_1934, // anonymous inodes
    0x534f_434b, // sockfs
    0x5049_5045, // pipefs
    0x5345_434d, // secretmem
    0x454d_444d, // devmem
    0x6464_6178, // dax
    0x6462_6d61, // dma-buf
    0x23c9_b64e, // spufs
    0x2fc1_2fc1, // hypfs
    0x0072_6a77, // ipathfs
    0x76a9_f425, // dlmfs
    0x6275_6466, // bdev pseudo
];

#[cfg(target_arch = "x86_64")]
global_asm!(
    ".globl _start",
    "_start:",
    "xor ebp, ebp",
    "mov rdi, rsp",
    "and rsp, -16",
    "call {start}",
    "ud2",
    start = sym start,
);

#[cfg(target_arch = "aarch64")]
global_asm!(
    ".globl _start",
    "_start:",
    "mov x29, #0",
    "mov x30, #0",
    "mov x0, sp",
    "bl {start}",
    "brk #1",
    start = sym start,
);

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    exit(2)
}

extern "C" fn start(stack: *const usize) -> ! {
    // SAFETY: the kernel puts the number of the arguments there, and behind it a pointer to each.
    let (name, path) = unsafe { (*stack.add(1), (*stack > 1).then(|| *stack.add(2))) };
    let is_reader = is(name, READER);
    close_range(0, SOCKET - 1);
    close_range(if is_reader { SOCKET } else { PROCESS } + 1, u32::MAX as usize);
    let none: u64 = 0;
    let set = (&raw const none) as usize;
    // All are blocked around the start; what ends other processes shall end this one.
    call(arch::RT_SIGPROCMASK, [2, set, 0, 8, 0, 0]);
    // PR_SET_DUMPABLE: nobody else looks into it, nor at its files.
    call(arch::PRCTL, [4, 0, 0, 0, 0, 0]);
    if is_reader {
        serve::serve();
    }
    if let (true, Some(what)) = (is(name, NETWORK), path) {
        network(what);
    }
    work(path);
    exit(0)
}

/// Whether that is the text at `place`.
fn is(place: usize, text: &core::ffi::CStr) -> bool {
    let bytes = text.to_bytes_with_nul().iter().enumerate();
    // SAFETY: the text at the place has an end, and the first that differs is no further.
    let mut same = bytes.map(|(at, byte)| unsafe { *((place + at) as *const u8) == *byte });
    same.all(|same| same)
}

/// A message: about what, what it says, and how many bytes follow.
#[repr(C, align(8))]
struct Message {
    head: [u32; 3],
    bytes: [u8; LONGEST],
    /// One without bytes, that ends the matter and is sent together with the piece before it.
    end: [u8; HEAD],
}

static mut MESSAGE: Message = Message {
    head: [0; 3],
    bytes: [0; LONGEST],
    end: [0; HEAD],
};

fn bytes() -> usize {
    // No reference is made: the kernel writes there, and reads.
    (&raw mut MESSAGE) as usize + HEAD
}

/// Sends a message with so many of the bytes, and, if `end` says something, another without any;
/// ends if nobody takes it.
fn send(about: u32, says: u32, length: usize, end: Option<u32>) {
    // SAFETY: there is one thread, and behind the bytes there is room for the other head.
    unsafe {
        (&raw mut MESSAGE.head).write_volatile([about, says, length as u32]);
        if let Some(end) = end {
            let head = (bytes() + length) as *mut [u32; 3];
            head.write_unaligned([about, end, 0]);
        }
    }
    let all = length + if end.is_some() { 2 * HEAD } else { HEAD };
    send_all(SOCKET, bytes() - HEAD, all);
}

/// Nothing that is opened from here on is closed but by the end, which comes after the answer.
fn work(path: Option<usize>) {
    let first = if path.is_some() { SPACE } else { USERS };
    let root = match lock().and_then(|namespace| root(namespace, path.is_none())) {
        Ok(root) => root,
        Err(errno) => {
            send(first, errno, 0, None);
            if path.is_none() {
                send(GROUPS, errno, 0, None);
            }
            return;
        }
    };
    match path {
        Some(path) => space(root, path),
        None => {
            names(root, c"etc/passwd".as_ptr() as usize, USERS);
            names(root, c"etc/group".as_ptr() as usize, GROUPS);
        }
    }
}

/// The mount namespace, locked: at most one worker waits for what is in it.
fn lock() -> Result<usize, u32> {
    const LOCK_EX: usize = 2;
    const LOCK_NB: usize = 4;
    const F_DUPFD_CLOEXEC: usize = 1030;
    let path = c"ns/mnt".as_ptr() as usize;
    let opened = call(arch::OPENAT, [PROCESS, path, O_CLOEXEC, 0, 0, 0]);
    if opened < 0 {
        return Err(error(opened));
    }
    let namespace = call3(arch::FCNTL, opened as usize, F_DUPFD_CLOEXEC, LOCK);
    if namespace < 0 {
        return Err(error(namespace));
    }
    call3(arch::CLOSE, opened as usize, 0, 0);
    let namespace = namespace as usize;
    if call3(arch::FLOCK, namespace, LOCK_EX | LOCK_NB, 0) == EAGAIN {
        send(USERS, WAITS, 0, None);
        while call3(arch::FLOCK, namespace, LOCK_EX, 0) == EINTR {}
    }
    Ok(namespace)
}

/// The root directory of the mount namespace, or that of the joined process where the namespace
/// may not be entered, or where it is asked for.
fn root(namespace: usize, enter: bool) -> Result<usize, u32> {
    let flags = O_PATH | arch::O_DIRECTORY | O_CLOEXEC;
    let entered = enter && call3(arch::SETNS, namespace, CLONE_NEWNS, 0) == 0;
    let (dir, path) = if entered {
        (AT_FDCWD, c"/")
    } else {
        (PROCESS, c"root")
    };
    let root = call(arch::OPENAT, [dir, path.as_ptr() as usize, flags, 0, 0, 0]);
    usize::try_from(root).map_err(|_| error(root))
}

/// Opens `path` as if `root` were `/`, through links but none of the kernel's.
fn open(root: usize, path: usize, flags: usize) -> Result<usize, u32> {
    let resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
    answer_of(openat2(root, path, flags, resolve))
}

/// The kernel's `struct stat`, which begins with the device and the inode.
fn stat(fd: usize) -> Result<[u64; 18], u32> {
    let mut stat = [0_u64; 18];
    let answer = call3(arch::FSTAT, fd, (&raw mut stat) as usize, 0);
    if answer < 0 {
        return Err(error(answer));
    }
    // SAFETY: the kernel has written to it.
    Ok(unsafe { (&raw const stat).read_volatile() })
}

/// Which file it is, if it is a regular one, and its size.
fn regular(fd: usize) -> Result<([u64; 2], usize), u32> {
    let stat = stat(fd)?;
    let mode = stat[arch::STAT_MODE / 8] & 0xf000;
    if mode == 0x8000 {
        Ok(([stat[0], stat[1]], stat[6] as usize))
    } else {
        Err(NO_FILE)
    }
}

/// The kernel's `struct statfs`.
fn statfs(fd: usize) -> Result<[u64; 15], u32> {
    let mut statfs = [0_u64; 15];
    let answer = call3(arch::FSTATFS, fd, (&raw mut statfs) as usize, 0);
    if answer < 0 {
        return Err(error(answer));
    }
    // SAFETY: the kernel has written to it.
    Ok(unsafe { (&raw const statfs).read_volatile() })
}

fn names(root: usize, path: usize, about: u32) {
    match read(root, path, about) {
        Ok(last) => send(about, PIECE, last, Some(COMPLETE)),
        Err(errno) => send(about, errno, 0, None),
    }
}

/// Sends the bytes of the regular file at `path`, but for the last, which is not yet sent.
fn read(root: usize, path: usize, about: u32) -> Result<usize, u32> {
    // It is looked at before it is opened: to open a device can do things.
    let seen = open(root, path, O_PATH | O_CLOEXEC)?;
    let (which, _) = regular(seen)?;
    let magic = statfs(seen)?[0] as u32;
    if PSEUDO.contains(&magic) {
        return Err(NO_FILE);
    }
    let file = open(root, path, O_NONBLOCK | O_NOCTTY | O_CLOEXEC)?;
    let (opened, size) = regular(file)?;
    if opened != which {
        return Err(NO_FILE);
    }
    if size > LIMIT {
        return Err(EFBIG);
    }
    let (mut total, mut unsent) = (0, 0);
    loop {
        let got = call3(arch::READ, file, bytes() + unsent, LONGEST - unsent);
        match got {
            EINTR => {}
            0 => return Ok(unsent),
            1.. => {
                total += got as usize;
                unsent += got as usize;
                if total > LIMIT {
                    return Err(EFBIG);
                }
                if unsent == LONGEST {
                    send(about, PIECE, unsent, None);
                    unsent = 0;
                }
            }
            _ => return Err(error(got)),
        }
    }
}

/// Sends a socket of the network namespace that `what` tells, or the error number for which there is none.
fn network(what: usize) -> ! {
    const CLONE_NEWNET: usize = 0x4000_0000;
    const AF_NETLINK: usize = 16;
    const SOCK_RAW: usize = 3;
    const NETLINK_SOCK_DIAG: usize = 4;
    let (number, rest) = decimal(what);
    let made = namespace(rest).and_then(|namespace| {
        answer_of(call3(arch::SETNS, namespace, CLONE_NEWNET, 0))?;
        // It is a namespace, so that nobody is waited for; maybe another one.
        if stat(namespace)?[1] != number {
            return Err(ENOENT);
        }
        let kind = SOCK_RAW | O_CLOEXEC;
        answer_of(call3(arch::SOCKET, AF_NETLINK, kind, NETLINK_SOCK_DIAG))
    });
    match made {
        Ok(socket) => send_descriptor(socket),
        Err(errno) => send_word(errno),
    }
    exit(0)
}

/// The namespace that stands behind its number: nothing for the one that is open, a descriptor of a process
/// behind `:`, or a path.
fn namespace(place: usize) -> Result<usize, u32> {
    /// `NSFS_MAGIC`
    const NAMESPACES: u32 = 0x6e73_6673;
    // SAFETY: the text at the place has an end.
    match unsafe { *(place as *const u8) } {
        0 => Ok(PROCESS),
        b':' => {
            let (fd, _) = decimal(place + 1);
            answer_of(call3(PIDFD_GETFD, PROCESS, fd as usize, 0))
        }
        _ => {
            // The path is that of a mount, without links. It is looked at before it is opened: to open a
            // device can do things.
            let resolve = RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
            let open = |flags| answer_of(openat2(AT_FDCWD, place, flags | O_CLOEXEC, resolve));
            if statfs(open(O_PATH)?)?[0] as u32 != NAMESPACES {
                return Err(ENOENT);
            }
            open(O_NONBLOCK | O_NOCTTY)
        }
    }
}

/// The number at the place, and where it ends.
fn decimal(mut place: usize) -> (u64, usize) {
    let mut number: u64 = 0;
    loop {
        // SAFETY: the text at the place has an end, which is no digit.
        let byte = unsafe { *(place as *const u8) };
        if !byte.is_ascii_digit() {
            return (number, place);
        }
        number = number.wrapping_mul(10).wrapping_add((byte - b'0').into());
        place += 1;
    }
}

fn send_word(word: u32) {
    send_all(SOCKET, (&raw const word) as usize, size_of_val(&word));
}

/// Sends the descriptor, with the word for all that was asked for.
fn send_descriptor(fd: usize) {
    // SOL_SOCKET and SCM_RIGHTS.
    const RIGHTS: u64 = 1 | 1 << 32;
    const MSG_NOSIGNAL: usize = 0x4000;
    let word = COMPLETE;
    // The kernel's `struct iovec`, and `struct cmsghdr` with a descriptor.
    let pieces = [(&raw const word) as usize, size_of_val(&word)];
    let control = [20_u64, RIGHTS, fd as u64];
    // The kernel's `struct msghdr`.
    let message = [
        0,
        0,
        (&raw const pieces) as usize,
        1,
        (&raw const control) as usize,
        size_of_val(&control),
        0,
    ];
    let message = (&raw const message) as usize;
    while call3(arch::SENDMSG, SOCKET, message, MSG_NOSIGNAL) == EINTR {}
}

/// Sends the `struct statfs` of the file system on which `path` lies.
fn space(root: usize, path: usize) {
    let found = open(root, path, O_PATH | O_CLOEXEC).and_then(statfs);
    match found {
        Ok(statfs) => {
            // SAFETY: there is one thread, and the bytes of a message are longer than this.
            unsafe { (bytes() as *mut [u64; 15]).write_unaligned(statfs) };
            send(SPACE, PIECE, size_of_val(&statfs), Some(COMPLETE));
        }
        Err(errno) => send(SPACE, errno, 0, None),
    }
}

/// What the compiler calls for larger values.
#[unsafe(no_mangle)]
unsafe extern "C" fn memcpy(to: *mut u8, from: *const u8, length: usize) -> *mut u8 {
    for at in 0..length {
        // SAFETY: the caller says that both are as long. Volatile, so that it does not become a
        // call of itself.
        unsafe { to.add(at).write_volatile(from.add(at).read_volatile()) };
    }
    to
}

/// As above.
#[unsafe(no_mangle)]
unsafe extern "C" fn memset(to: *mut u8, byte: i32, length: usize) -> *mut u8 {
    for at in 0..length {
        // SAFETY: the caller says that it is as long.
        unsafe { to.add(at).write_volatile(byte as u8) };
    }
    to
}

/// As above.
#[unsafe(no_mangle)]
unsafe extern "C" fn memcmp(a: *const u8, b: *const u8, length: usize) -> i32 {
    for at in 0..length {
        // SAFETY: the caller says that both are as long.
        let (a, b) = unsafe { (a.add(at).read_volatile(), b.add(at).read_volatile()) };
        if a != b {
            return i32::from(a) - i32::from(b);
        }
    }
    0
}
