//! Every system call that std lacks. The only room that says `unsafe`.

#![allow(unsafe_code)]

#[cfg_attr(not(has_joiner), path = "no_joiner.rs")]
pub(crate) mod joiner;
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
    sched::CloneFlags,
    sys::{
        stat::{FileStat, Mode, SFlag},
        statvfs::Statvfs,
    },
    time::ClockId,
    unistd::SysconfVar,
};

use crate::{
    bytes,
    error::{Error, ErrorKind, Result},
    ids::{Gid, Pid, Uid},
};

pub(crate) use nix::dir::Type as Entry;

/// Whether paths can be guarded at all: whether there is an `openat2`, and no filter over it.
///
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
}

impl Guard {
    fn resolve(self) -> ResolveFlag {
        match self {
            Self::Trusting => ResolveFlag::empty(),
            Self::OneMount => ResolveFlag::RESOLVE_NO_XDEV,
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
        Guard::OneMount | Guard::Kernel => {
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
        // No file is read as far as the largest offset.
        let offset = libc::off_t::try_from(filled).unwrap_or(libc::off_t::MAX);
        let got = match nix::sys::uio::pread(&file, &mut buffer[filled..], offset) {
            Ok(got) => got,
            Err(Errno::EINTR) => continue,
            Err(errno) => return Err(errno.into()),
        };
        filled += got;
        if got == 0 || filled >= limit || (end == End::Less && got < asked) {
            return Ok(filled.min(limit));
        }
    }
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

/// Where the link behind `path` below `dir` points.
pub(crate) fn read_link<P: NixPath + ?Sized>(dir: impl AsFd, path: &P) -> io::Result<Vec<u8>> {
    use std::os::unix::ffi::OsStringExt;
    Ok(nix::fcntl::readlinkat(dir, path)?.into_vec())
}

/// The owner of the directory `path` below `dir`.
pub(crate) fn owner_below<P: NixPath + ?Sized>(dir: impl AsFd, path: &P) -> io::Result<(Uid, Gid)> {
    let stat = nix::sys::stat::fstatat(dir, path, AtFlags::AT_SYMLINK_NOFOLLOW)?;
    Ok((Uid::new(stat.st_uid), Gid::new(stat.st_gid)))
}

/// The owner of what a descriptor stands for.
pub(crate) fn owner(file: impl AsFd) -> io::Result<(Uid, Gid)> {
    let stat = stat(file)?;
    Ok((Uid::new(stat.st_uid), Gid::new(stat.st_gid)))
}

/// What a descriptor stands for.
pub(crate) fn stat(file: impl AsFd) -> io::Result<FileStat> {
    Ok(nix::sys::stat::fstat(file)?)
}

/// How full the file system is on which `path` lies. A file system may never answer.
#[cfg_attr(
    not(any(test, feature = "system")),
    expect(dead_code, reason = "`system` alone asks")
)]
pub(crate) fn space(path: &Path) -> io::Result<Statvfs> {
    Ok(nix::sys::statvfs::statvfs(path)?)
}

/// What a link of `/proc` stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Behind {
    /// Nothing where it is none of the kinds of files: an anonymous inode.
    pub(crate) kind: Option<Entry>,
    pub(crate) names: u32,
}

/// What the link `path` below `dir` stands for, as far as this kernel knows it: no server of a
/// file system is asked, which may never answer.
pub(crate) fn stat_behind(dir: impl AsFd, path: &str) -> io::Result<Behind> {
    let path = std::ffi::CString::new(path)?;
    let mut stat = std::mem::MaybeUninit::<libc::statx>::zeroed();
    // SAFETY: the path is a C string, and the buffer is one statx.
    let answer = unsafe {
        libc::statx(
            dir.as_fd().as_raw_fd(),
            path.as_ptr(),
            libc::AT_STATX_DONT_SYNC | libc::AT_NO_AUTOMOUNT,
            libc::STATX_TYPE | libc::STATX_NLINK,
            stat.as_mut_ptr(),
        )
    };
    Errno::result(answer)?;
    // SAFETY: zeroed is a valid statx, and the kernel wrote over it.
    let stat = unsafe { stat.assume_init() };
    let kind = match SFlag::from_bits_truncate(u32::from(stat.stx_mode)) & SFlag::S_IFMT {
        SFlag::S_IFREG => Some(Entry::File),
        SFlag::S_IFDIR => Some(Entry::Directory),
        SFlag::S_IFCHR => Some(Entry::CharacterDevice),
        SFlag::S_IFBLK => Some(Entry::BlockDevice),
        SFlag::S_IFIFO => Some(Entry::Fifo),
        SFlag::S_IFSOCK => Some(Entry::Socket),
        _ => None,
    };
    let names = stat.stx_nlink;
    Ok(Behind { kind, names })
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

/// The names in a directory, as far as they are numbers, some at a time.
#[derive(Debug)]
pub(crate) struct NumberList {
    dir: OwnedFd,
    buffer: Box<[u8]>,
}

impl NumberList {
    pub(crate) fn of(dir: impl AsFd) -> io::Result<Self> {
        let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
        Ok(Self {
            dir: nix::fcntl::openat(dir, c".", flags, Mode::empty())?,
            // Some hundreds of processes: few calls, and the first are soon known.
            buffer: vec![0; 8 << 10].into(),
        })
    }

    /// Appends the next ones; false after the last.
    pub(crate) fn more(&mut self, numbers: &mut Vec<u32>) -> io::Result<bool> {
        // Of the kernel's `struct linux_dirent64`: the entry's length of two bytes, and its name.
        const LENGTH: usize = 16;
        const NAME: usize = 19;
        // SAFETY: the kernel writes at most as many bytes as the buffer has.
        let got = unsafe {
            libc::syscall(
                libc::SYS_getdents64,
                self.dir.as_raw_fd(),
                self.buffer.as_mut_ptr(),
                self.buffer.len(),
            )
        };
        let got = usize::try_from(Errno::result(got)?).unwrap_or(0);
        let mut entries = self.buffer.get(..got).unwrap_or_default();
        while let Some(&[low, high]) = entries.get(LENGTH..LENGTH + 2) {
            let length = usize::from(u16::from_ne_bytes([low, high]));
            let Some((entry, rest)) = entries.split_at_checked(length) else {
                break;
            };
            let name = entry.get(NAME..).unwrap_or_default();
            // In a copy `01` may stand beside `1`, and is no process.
            numbers.extend(bytes::c_decimal(name));
            if length == 0 {
                break;
            }
            entries = rest;
        }
        Ok(got > 0)
    }
}

/// The names in the directory `dir`, as far as they are numbers.
pub(crate) fn list_numbers(dir: impl AsFd) -> io::Result<Vec<u32>> {
    let mut list = NumberList::of(dir)?;
    let mut numbers = Vec::new();
    while list.more(&mut numbers)? {}
    Ok(numbers)
}

/// The names in the open directory `dir`, and what each stands for where that is told.
pub(crate) fn list(dir: OwnedFd) -> io::Result<Vec<(Vec<u8>, Option<Entry>)>> {
    let mut dir = nix::dir::Dir::from_fd(dir)?;
    let named = |entry: nix::Result<nix::dir::Entry>| {
        let entry = entry?;
        Ok((entry.file_name().to_bytes().to_vec(), entry.file_type()))
    };
    dir.iter().map(named).collect()
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
///
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
    Ok(nix::sched::setns(namespace, CloneFlags::empty())?)
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
    use std::os::fd::FromRawFd;
    // SAFETY: the request takes no argument.
    let answer = unsafe { libc::ioctl(namespace.as_fd().as_raw_fd(), NS_GET_PARENT as _) };
    let fd = Errno::result(answer)?;
    // SAFETY: the kernel has just made this descriptor, with close-on-exec, for us alone.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// Time since boot, with the time asleep, in the reader's time namespace as all of `/proc` is.
pub(crate) fn since_boot() -> Duration {
    clock(ClockId::CLOCK_BOOTTIME)
}

/// The moment of boot, as time since the Unix epoch.
pub(crate) fn boot_moment() -> Duration {
    clock(ClockId::CLOCK_REALTIME).saturating_sub(since_boot())
}

fn clock(id: ClockId) -> Duration {
    // Both clocks exist since 2.6.39; a kernel without them would show every age as 0.
    nix::time::clock_gettime(id).map_or(Duration::ZERO, Duration::from)
}

/// How long our `pid`, all of its threads together, was on a processor, to the nanosecond. It
/// grows whenever one of them runs. Nothing if there is no such process.
pub(crate) fn processor_time(pid: Pid) -> Option<Duration> {
    // The kernel's `make_process_cpuclock` with `CPUCLOCK_SCHED`, as the C library's
    // `clock_getcpuclockid` has it, which would ask the kernel a second time.
    const SCHED: libc::clockid_t = 2;
    let pid = libc::clockid_t::try_from(pid.get()).ok()?;
    let clock = ClockId::from_raw((!pid).wrapping_shl(3) | SCHED);
    let ran = nix::time::clock_gettime(clock).ok();
    ran.map(Duration::from)
}

/// How many descriptors this process may still open, about.
pub(crate) fn spare_descriptors() -> usize {
    use nix::sys::resource::{Resource, getrlimit};
    let (most, _) = getrlimit(Resource::RLIMIT_NOFILE).unwrap_or((0, 0));
    let open = open_directory(c"/proc/self/fd", OFlag::empty()).and_then(list_numbers);
    let most = usize::try_from(most).unwrap_or(usize::MAX);
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
    // A thread's number is positive.
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
