//! Every system call that std lacks. The only room that says `unsafe`.

#![allow(unsafe_code)]

mod behind;
mod diag;
pub(crate) mod exchange;
#[cfg_attr(not(has_joiner), path = "no_joiner.rs")]
pub(crate) mod joiner;
mod list;
#[cfg(any(test, feature = "runtimes"))]
mod listed;
mod machine;
pub(crate) mod messages;
#[cfg(has_joiner)]
mod raw;

use std::{
    ffi::{CStr, c_int, c_ulong},
    io,
    os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd},
    path::Path,
    sync::OnceLock,
    time::Duration,
};

use nix::{
    NixPath,
    errno::Errno,
    fcntl::{AtFlags, OFlag, OpenHow, ResolveFlag},
    sys::{
        stat::{FileStat, Mode},
        statvfs::Statvfs,
    },
    unistd::SysconfVar,
};

use crate::{
    error::{Error, ErrorKind, Result},
    ids::Pid,
};

pub(crate) use behind::{Behind, socket_protocol, stat_behind};
pub(crate) use diag::{
    diag_connect, diag_receive, diag_send, diag_socket, diag_timeout, interface_name,
};
pub(crate) use list::{NumberList, list, list_numbers, list_numbers_from};
#[cfg(any(test, feature = "runtimes"))]
pub(crate) use listed::{is_regular, names_in};
pub(crate) use machine::memory;
pub(crate) use nix::{dir::Type as Entry, sys::stat::FileStat as Stat};

/// Whether paths can be guarded at all: whether there is an `openat2`, and no filter over it.
/// KERNEL(5.6): there always is one.
pub(crate) fn can_guard() -> bool {
    static ANSWERS: OnceLock<bool> = OnceLock::new();
    let ask = || {
        let how = OpenHow::new().flags(OFlag::O_PATH | OFlag::O_CLOEXEC);
        let opened = nix::fcntl::openat2(nix::fcntl::AT_FDCWD, c"/", how);
        !matches!(opened, Err(Errno::ENOSYS | Errno::EPERM))
    };
    *ANSWERS.get_or_init(ask)
}

/// How far a path below a directory may lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Guard {
    /// Wherever it leads: the directory is the host's own.
    Trusting,
    /// The same, but through no other mount.
    OneMount,
    /// Through no link and no other mount, and never above the directory: below another's `/proc`.
    Kernel,
    /// Through no link, and never above the directory: files of others, which may have mounts.
    #[cfg_attr(
        not(any(test, feature = "runtimes")),
        expect(dead_code, reason = "`runtimes` alone reads so")
    )]
    Beneath,
    /// As if the directory were `/`, through links but none of the kernel's.
    #[cfg_attr(
        not(any(test, feature = "runtimes")),
        expect(dead_code, reason = "`runtimes` alone reads so")
    )]
    InRoot,
}

impl Guard {
    fn resolve(self) -> ResolveFlag {
        match self {
            Self::Trusting => ResolveFlag::empty(),
            Self::OneMount => ResolveFlag::RESOLVE_NO_XDEV,
            Self::Beneath => ResolveFlag::RESOLVE_NO_SYMLINKS | ResolveFlag::RESOLVE_BENEATH,
            Self::InRoot => ResolveFlag::RESOLVE_IN_ROOT | ResolveFlag::RESOLVE_NO_MAGICLINKS,
            Self::Kernel => {
                ResolveFlag::RESOLVE_NO_XDEV
                    | ResolveFlag::RESOLVE_NO_SYMLINKS
                    | ResolveFlag::RESOLVE_BENEATH
            }
        }
    }
}

/// How often a path is tried that the kernel could not be sure of.
const TRIES: usize = 128;

/// Opens `path` below `dir` with close-on-exec.
pub(crate) fn open_below<P: NixPath + ?Sized>(
    dir: impl AsFd,
    path: &P,
    flags: OFlag,
    guard: Guard,
) -> io::Result<OwnedFd> {
    let mut flags = flags | OFlag::O_CLOEXEC;
    if !flags.contains(OFlag::O_PATH) {
        // openat2 refuses it beside O_PATH, which opens no terminal anyway.
        flags |= OFlag::O_NOCTTY;
    }
    let opened = match guard {
        Guard::Trusting => nix::fcntl::openat(dir, path, flags, Mode::empty()),
        Guard::OneMount | Guard::Kernel | Guard::Beneath | Guard::InRoot => {
            let how = OpenHow::new().flags(flags).resolve(guard.resolve());
            // Where mounts or names change anywhere on the machine meanwhile, the kernel cannot
            // be sure of a `..`, and asks to be asked again.
            let again = |opened: &nix::Result<_>| matches!(opened, Err(Errno::EAGAIN));
            (0..TRIES)
                .map(|_| nix::fcntl::openat2(&dir, path, how))
                .find(|opened| !again(opened))
                .unwrap_or(Err(Errno::EAGAIN))
        }
    };
    Ok(opened?)
}

/// Opens the directory `path`, not for reading but to open other things below it.
pub(crate) fn open_directory<P: NixPath + ?Sized>(path: &P, flags: OFlag) -> io::Result<OwnedFd> {
    let flags = flags | OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
    Ok(nix::fcntl::open(path, flags, Mode::empty())?)
}

/// How a file says that it has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// By giving nothing.
    Nothing,
    /// By giving less than was asked for, as a file of `/proc` does that holds one record:
    /// one call saved per file.
    Less,
}

/// Fills `buffer` with the file from its beginning, up to its end or `limit` bytes, and tells how
/// many they are. A file of `/proc` read so again tells what is true then.
///
/// What stands behind them is of an earlier file: a buffer that is used again is not cleared
/// each time.
pub(crate) fn read_into(
    file: impl AsFd,
    buffer: &mut Vec<u8>,
    limit: usize,
    end: End,
) -> io::Result<usize> {
    if buffer.len() < 4096 {
        buffer.resize(buffer.capacity().max(4096), 0);
    }
    let mut filled = 0;
    loop {
        if buffer.len() == filled {
            buffer.resize(filled * 2, 0);
        }
        let asked = buffer.len() - filled;
        let got = match read_at(&file, &mut buffer[filled..], filled) {
            Ok(got) => got,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        filled += got;
        if got == 0 || filled >= limit || (end == End::Less && got < asked) {
            return Ok(filled.min(limit));
        }
    }
}

/// The kernel's `pread64`.
fn read_at(file: impl AsFd, buffer: &mut [u8], offset: usize) -> io::Result<usize> {
    // No file is read as far as the largest offset.
    let offset = libc::off_t::try_from(offset).unwrap_or(libc::off_t::MAX);
    let file = file.as_fd().as_raw_fd();
    // SAFETY: the kernel writes at most as many bytes as the buffer has.
    let got = unsafe { libc::pread(file, buffer.as_mut_ptr().cast(), buffer.len(), offset) };
    usize::try_from(got).map_err(|_| io::Error::last_os_error())
}

/// Fills `buffer` with the file, up to its end or `limit` bytes, and nothing else.
pub(crate) fn read_to_end(
    file: impl AsFd,
    buffer: &mut Vec<u8>,
    limit: usize,
    end: End,
) -> io::Result<()> {
    buffer.clear();
    let filled = read_into(file, buffer, limit, end)?;
    buffer.truncate(filled);
    Ok(())
}

/// Reads on from where the last reading ended, as much as there is at once.
pub(crate) fn read(file: impl AsFd, buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        match nix::unistd::read(&file, buffer) {
            Err(Errno::EINTR) => (),
            other => return Ok(other?),
        }
    }
}

/// Takes the lock of an open directory, which is kept as long as it is open: a signal ends the wait if it
/// ends the process. Where there are no such locks it is open without.
pub(crate) fn lock_directory(dir: impl AsFd) {
    loop {
        // SAFETY: two numbers are passed, and nothing is written.
        let answer = unsafe { libc::flock(dir.as_fd().as_raw_fd(), libc::LOCK_EX) };
        if Errno::result(answer) != Err(Errno::EINTR) {
            return;
        }
    }
}

/// Where the link behind `path` below `dir` points.
pub(crate) fn read_link<P: NixPath + ?Sized>(dir: impl AsFd, path: &P) -> io::Result<Vec<u8>> {
    use std::os::unix::ffi::OsStringExt;
    // A buffer for the longest path is made for nearly none.
    let mut room = [0_u8; 256];
    let fd = dir.as_fd().as_raw_fd();
    // SAFETY: the path has an end, and the kernel writes at most as many bytes as there are.
    let read = path.with_nix_path(|path| unsafe {
        libc::readlinkat(fd, path.as_ptr(), room.as_mut_ptr().cast(), room.len())
    })?;
    let length = usize::try_from(Errno::result(read)?).unwrap_or(0);
    match room.get(..length) {
        Some(target) if length < room.len() => Ok(target.to_vec()),
        _ => Ok(nix::fcntl::readlinkat(dir, path)?.into_vec()),
    }
}

/// What the directory `path` below `dir` is; a link is not followed.
pub(crate) fn stat_below<P: NixPath + ?Sized>(dir: impl AsFd, path: &P) -> io::Result<FileStat> {
    Ok(nix::sys::stat::fstatat(
        dir,
        path,
        AtFlags::AT_SYMLINK_NOFOLLOW,
    )?)
}

/// What a descriptor stands for.
pub(crate) fn stat(file: impl AsFd) -> io::Result<FileStat> {
    Ok(nix::sys::stat::fstat(file)?)
}

/// The device that a file is on, by what was told of it: major and minor number.
pub(crate) fn device_of(stat: &FileStat) -> (u32, u32) {
    (libc::major(stat.st_dev), libc::minor(stat.st_dev))
}

/// How full the file system is on which `path` lies. A file system may never answer.
#[cfg_attr(
    not(any(test, feature = "system")),
    expect(dead_code, reason = "`system` alone asks")
)]
pub(crate) fn space(path: &Path) -> io::Result<Statvfs> {
    Ok(nix::sys::statvfs::statvfs(path)?)
}

/// With what priority our `pid` reads and writes (`ioprio_get`): class and value.
pub(crate) fn io_priority(pid: Pid) -> io::Result<(u16, u16)> {
    const WHO_PROCESS: c_int = 1;
    // SAFETY: two numbers are passed, and nothing is written.
    let answer = unsafe { libc::syscall(libc::SYS_ioprio_get, WHO_PROCESS, pid.get()) };
    let answer = Errno::result(answer)?;
    let word = u16::try_from(answer).map_err(|_| io::Error::from(Errno::EINVAL))?;
    Ok((word >> 13, word & 7))
}

/// The processors on which our `pid` may run now (`sched_getaffinity`), in order.
pub(crate) fn affinity(pid: Pid) -> io::Result<Vec<u32>> {
    // A kernel has room for 8192 processors at most; it refuses a mask smaller than its own.
    let mut mask = [0_u64; 128];
    // SAFETY: the kernel writes at most as many bytes as the mask has.
    let answer = unsafe {
        libc::syscall(
            libc::SYS_sched_getaffinity,
            pid.get(),
            size_of_val(&mask),
            mask.as_mut_ptr(),
        )
    };
    Errno::result(answer)?;
    let bits = (0_u32..).step_by(64).zip(mask);
    let set = bits.flat_map(|(first, word)| {
        let is_set = move |bit: &u32| word >> bit & 1 == 1;
        (0..64).filter(is_set).map(move |bit| first + bit)
    });
    Ok(set.collect())
}

/// Whether `dir` is the root of a procfs.
pub(crate) fn is_procfs_root(dir: impl AsFd) -> io::Result<bool> {
    const PROC_ROOT_INO: u64 = 1;
    if !is_procfs(&dir)? {
        return Ok(false);
    }
    Ok(stat(dir)?.st_ino == PROC_ROOT_INO)
}

/// Whether `dir` lies on a procfs.
fn is_procfs(dir: impl AsFd) -> io::Result<bool> {
    let kind = nix::sys::statfs::fstatfs(dir)?.filesystem_type();
    Ok(kind == nix::sys::statfs::PROC_SUPER_MAGIC)
}

/// A procfs of the PID namespace `namespace` that is mounted nowhere: nobody else can mount anything
/// over its files, or hold a lock of its directories.
///
/// `Unsupported` where this kernel cannot make one of a namespace that is not its own.
/// KERNEL(6.18): it can.
pub(crate) fn private_procfs(namespace: impl AsFd) -> io::Result<OwnedFd> {
    // Of <linux/mount.h>.
    const FSOPEN_CLOEXEC: libc::c_uint = 1;
    const FSCONFIG_SET_FD: libc::c_uint = 5;
    const FSCONFIG_CMD_CREATE: libc::c_uint = 6;
    const FSMOUNT_CLOEXEC: libc::c_uint = 1;
    const READ_ONLY_NOSUID_NODEV_NOEXEC: libc::c_uint = 1 | 2 | 4 | 8;
    // SAFETY: the name is a C string.
    let context = unsafe { libc::syscall(libc::SYS_fsopen, c"proc".as_ptr(), FSOPEN_CLOEXEC) };
    let context = new_descriptor(context)?;
    let namespace = namespace.as_fd().as_raw_fd();
    let none = std::ptr::null::<u8>();
    // SAFETY: the key is a C string, and there is no value beside the descriptor.
    let set = unsafe {
        libc::syscall(
            libc::SYS_fsconfig,
            context.as_raw_fd(),
            FSCONFIG_SET_FD,
            c"pidns".as_ptr(),
            none,
            namespace,
        )
    };
    match Errno::result(set) {
        Err(Errno::EINVAL) => return Err(Errno::EOPNOTSUPP.into()),
        other => other?,
    };
    // SAFETY: the request takes neither key nor value.
    let created = unsafe {
        let request = FSCONFIG_CMD_CREATE;
        libc::syscall(
            libc::SYS_fsconfig,
            context.as_raw_fd(),
            request,
            none,
            none,
            0,
        )
    };
    Errno::result(created)?;
    // SAFETY: numbers alone are passed.
    let mounted = unsafe {
        let attributes = READ_ONLY_NOSUID_NODEV_NOEXEC;
        libc::syscall(
            libc::SYS_fsmount,
            context.as_raw_fd(),
            FSMOUNT_CLOEXEC,
            attributes,
        )
    };
    Ok(new_descriptor(mounted)?)
}

/// The descriptor that a system call has just made.
fn new_descriptor(answer: libc::c_long) -> nix::Result<OwnedFd> {
    use std::os::fd::FromRawFd;
    let fd = c_int::try_from(Errno::result(answer)?).map_err(|_| Errno::EBADF)?;
    // SAFETY: the callers pass what the kernel has made for them alone.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// Makes this thread one of `namespace`, which is not of mounts, of users or of pids.
pub(crate) fn enter_namespace(namespace: impl AsFd) -> io::Result<()> {
    // SAFETY: the call takes numbers.
    let answer = unsafe { libc::setns(namespace.as_fd().as_raw_fd(), 0) };
    Ok(Errno::result(answer).map(drop)?)
}

/// A pidfd of the process with that number.
pub(crate) fn open_pidfd(pid: Pid) -> io::Result<OwnedFd> {
    // SAFETY: numbers alone are passed.
    let fd = unsafe { libc::syscall(libc::SYS_pidfd_open, pid.get(), 0) };
    Ok(new_descriptor(fd)?)
}

/// Whether the process behind a pidfd has not been reaped yet.
pub(crate) fn pidfd_is_alive(pidfd: BorrowedFd<'_>) -> bool {
    // SAFETY: no pointer is passed but null; signal 0 is not delivered.
    let answer = unsafe {
        libc::syscall(
            libc::SYS_pidfd_send_signal,
            pidfd.as_raw_fd(),
            0,
            std::ptr::null::<u8>(),
            0,
        )
    };
    answer == 0 || Errno::last() == Errno::EPERM
}

const NSIO: u8 = 0xb7;
const NS_GET_PARENT: c_ulong = nix::request_code_none!(NSIO, 2) as c_ulong;
const NS_GET_PID_FROM_PIDNS: c_ulong =
    nix::request_code_read!(NSIO, 6, size_of::<c_int>()) as c_ulong;
const NS_GET_PID_IN_PIDNS: c_ulong =
    nix::request_code_read!(NSIO, 8, size_of::<c_int>()) as c_ulong;

/// What `pid` of the PID namespace `namespace` is called in ours; nothing if it is unknown there.
pub(crate) fn pid_from_namespace(namespace: impl AsFd, pid: Pid) -> io::Result<Option<Pid>> {
    translate(namespace, NS_GET_PID_FROM_PIDNS, pid)
}

/// What our `pid` is called in the PID namespace `namespace`; nothing if it does not run there.
pub(crate) fn pid_in_namespace(namespace: impl AsFd, pid: Pid) -> io::Result<Option<Pid>> {
    translate(namespace, NS_GET_PID_IN_PIDNS, pid)
}

fn translate(namespace: impl AsFd, request: c_ulong, pid: Pid) -> io::Result<Option<Pid>> {
    let Ok(pid) = c_int::try_from(pid.get()) else {
        return Ok(None);
    };
    // SAFETY: these requests take a number and write nothing.
    let answer = unsafe { libc::ioctl(namespace.as_fd().as_raw_fd(), request as _, pid) };
    match Errno::result(answer) {
        Ok(answer) => Ok(u32::try_from(answer).ok().filter(|n| *n > 0).map(Pid::new)),
        Err(Errno::ESRCH) => Ok(None),
        Err(errno) => Err(errno.into()),
    }
}

/// The PID namespace in which the PID namespace `namespace` was made.
pub(crate) fn parent_namespace(namespace: impl AsFd) -> io::Result<OwnedFd> {
    // SAFETY: the request takes no argument.
    let answer = unsafe { libc::ioctl(namespace.as_fd().as_raw_fd(), NS_GET_PARENT as _) };
    // With close-on-exec.
    Ok(new_descriptor(answer.into())?)
}

/// Time since boot, with the time asleep, in the reader's time namespace as all of `/proc` is.
pub(crate) fn since_boot() -> Duration {
    clock(libc::CLOCK_BOOTTIME).unwrap_or_default()
}

/// The moment of boot, as time since the Unix epoch.
pub(crate) fn boot_moment() -> Duration {
    clock(libc::CLOCK_REALTIME)
        .unwrap_or_default()
        .saturating_sub(since_boot())
}

/// What a clock shows; `None` if there is no such clock.
// The machine's clocks exist since 2.6.39; a kernel without them would show every age as 0.
fn clock(id: libc::clockid_t) -> Option<Duration> {
    let mut time = std::mem::MaybeUninit::<libc::timespec>::uninit();
    // SAFETY: the kernel writes one `timespec`, which the pointer is to.
    let answer = unsafe { libc::clock_gettime(id, time.as_mut_ptr()) };
    Errno::result(answer).ok()?;
    // SAFETY: it has succeeded, so the whole has been written.
    let time = unsafe { time.assume_init() };
    let seconds = u64::try_from(time.tv_sec).ok()?;
    Some(Duration::new(seconds, u32::try_from(time.tv_nsec).ok()?))
}

/// How long our `pid`, all of its threads together, was on a processor, to the nanosecond. It
/// grows whenever one of them runs. Nothing if there is no such process.
pub(crate) fn processor_time(pid: Pid) -> Option<Duration> {
    // The kernel's `make_process_cpuclock` with `CPUCLOCK_SCHED`, as the C library's
    // `clock_getcpuclockid` has it, which would ask the kernel a second time.
    const SCHED: libc::clockid_t = 2;
    let pid = libc::clockid_t::try_from(pid.get()).ok()?;
    clock((!pid).wrapping_shl(3) | SCHED)
}

/// How many descriptors this process may still open, about.
pub(crate) fn spare_descriptors() -> usize {
    let mut limit = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: the kernel writes one `rlimit`, which the pointer is to. If it fails there are none.
    unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) };
    let open = open_directory(c"/proc/self/fd", OFlag::empty()).and_then(list_numbers);
    let most = usize::try_from(limit.rlim_cur).unwrap_or(usize::MAX);
    // Without `/proc` it is too many, and files that are kept open are closed when there are no more.
    most.saturating_sub(open.map_or(0, |open| open.len()))
}

/// Makes room for so many more descriptors at once. The kernel doubles their table whenever it is
/// full, and waits each time until no thread of the process can be looking at the old one.
pub(crate) fn make_room(fd: impl AsFd, more: usize) {
    use std::os::fd::FromRawFd;
    let Some(more) = c_int::try_from(more).ok().filter(|more| *more > 0) else {
        return;
    };
    if let Ok(fd) = nix::fcntl::fcntl(fd, nix::fcntl::FcntlArg::F_DUPFD_CLOEXEC(more)) {
        // SAFETY: the kernel has just made this descriptor, for us alone.
        drop(unsafe { OwnedFd::from_raw_fd(fd) });
    }
}

/// The number of the calling thread.
pub(crate) fn own_thread() -> u32 {
    u32::try_from(nix::unistd::gettid().as_raw()).unwrap_or(0)
}

/// Clock ticks per second, as `/proc` counts them.
pub(crate) fn ticks_per_second() -> Result<u64> {
    positive(SysconfVar::CLK_TCK, "ticks per second")
}

/// Bytes per page.
pub(crate) fn page_size() -> Result<u64> {
    positive(SysconfVar::PAGE_SIZE, "page size")
}

fn positive(var: SysconfVar, name: &'static str) -> Result<u64> {
    let value = nix::unistd::sysconf(var).ok().flatten();
    let value = value.and_then(|value| u64::try_from(value).ok());
    value.ok_or_else(|| Error::new(ErrorKind::Unsupported, name, "this system does not tell"))
}

/// The last capability of this kernel, asked without `/proc`.
pub(crate) fn last_capability() -> u8 {
    let known = |cap: &u8| {
        // SAFETY: the request takes a number and writes nothing.
        unsafe { libc::prctl(libc::PR_CAPBSET_READ, libc::c_ulong::from(*cap), 0, 0, 0) >= 0 }
    };
    (0..64).take_while(known).last().unwrap_or(0)
}

/// Seconds east of UTC and the abbreviation of the local zone at that moment of Unix time.
pub(crate) fn local_zone(seconds: i64) -> (i32, Box<str>) {
    let utc = || (0, "UTC".into());
    // Where time_t has 32 bits, later moments have the zone of the last one.
    #[allow(clippy::unnecessary_fallible_conversions)]
    let seconds = libc::time_t::try_from(seconds).unwrap_or(libc::time_t::MAX);
    let mut broken_down = std::mem::MaybeUninit::<libc::tm>::uninit();
    // SAFETY: both pointers are to live memory of the right type.
    let answer = unsafe { libc::localtime_r(&raw const seconds, broken_down.as_mut_ptr()) };
    if answer.is_null() {
        return utc();
    }
    // SAFETY: it is not null, so the whole has been written.
    let broken_down = unsafe { broken_down.assume_init() };
    if broken_down.tm_zone.is_null() {
        return utc();
    }
    // SAFETY: tm_zone points to a text that lives as long as the C library's zone tables.
    let zone = unsafe { CStr::from_ptr(broken_down.tm_zone) };
    let offset = i32::try_from(broken_down.tm_gmtoff).unwrap_or(0);
    (offset, zone.to_string_lossy().into())
}
