//! The floor: the least that a listing can cost. It finds the processes, opens, reads and closes
//! the files that are named, and throws the bytes away. While the first thread still finds
//! processes, the others read already.
//!
//! `floor FILES THREADS [own]`, where FILES is `none` or names with commas between: `stat`,
//! `status`, `cmdline` (not of kernel threads and zombies, which have none; for that it looks into
//! stat) and `owner` (of the directory). With `own` each further thread has a table of descriptors
//! of its own.
//!
//! `floor looks THREADS` looks twice, as a watch does: the first look asks each process for its
//! CPU time and keeps its cmdline open as far as the limit on descriptors goes; the second finds
//! the processes anew and asks for the CPU time and the owner, and reads again what is open.
//! It prints what the program `looks` prints.

use std::{
    env, io,
    mem::MaybeUninit,
    process::ExitCode,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicI32, Ordering::Relaxed},
        mpsc,
    },
    thread,
    time::Instant,
};

#[path = "../own.rs"]
mod own;

/// How many processes a thread takes at once.
const CHUNK: usize = 64;
const PF_KTHREAD: u64 = 0x0020_0000;

#[derive(Clone, Copy, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a file of its own")]
struct Files {
    stat: bool,
    status: bool,
    cmdline: bool,
    owner: bool,
}

/// Who reads.
#[derive(Clone, Copy)]
struct Threads {
    count: usize,
    /// Each but the first with a table of descriptors of its own.
    own_tables: bool,
}

fn main() -> ExitCode {
    let mut args = env::args().skip(1);
    let mut files = Files::default();
    let names = args.next().unwrap_or_default();
    let looks = names == "looks";
    for name in names.split(',') {
        match name {
            "none" => return ExitCode::SUCCESS,
            "looks" => (),
            "stat" => files.stat = true,
            "status" => files.status = true,
            "cmdline" => files.cmdline = true,
            "owner" => files.owner = true,
            _ => return wrong_use(),
        }
    }
    let count = args.next().map_or(Some(1), |text| text.parse().ok());
    let own_tables = args.next().map(|text| text == "own");
    let (Some(count), None | Some(true), None) = (count, own_tables, args.next()) else {
        return wrong_use();
    };
    let threads = Threads {
        count,
        own_tables: own_tables.is_some(),
    };
    let done = if looks {
        look_twice(threads)
    } else {
        list(files, threads)
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("floor: /proc: {error}");
            ExitCode::from(2)
        }
    }
}

fn wrong_use() -> ExitCode {
    eprintln!(
        "use: floor none | floor stat,status,cmdline,owner THREADS [own] | floor looks THREADS"
    );
    ExitCode::from(2)
}

fn list(files: Files, threads: Threads) -> io::Result<()> {
    let proc = open_proc()?;
    for_all(proc, threads, |_, pid, buffer| {
        read_process(proc, pid, files, buffer);
    })?;
    Ok(())
}

fn open_proc() -> io::Result<libc::c_int> {
    // SAFETY: the path is a C string.
    let proc = unsafe { libc::open(c"/proc".as_ptr(), libc::O_RDONLY | libc::O_DIRECTORY) };
    if proc < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(proc)
}

/// Does `work` for each process, by its place in the list and its pid, with a buffer of the
/// thread's own, and tells how many there are.
fn for_all(
    proc: libc::c_int,
    threads: Threads,
    work: impl Fn(usize, u32, &mut [u8; 8192]) + Sync,
) -> io::Result<usize> {
    let (sender, receiver) = mpsc::channel::<(usize, Vec<u32>)>();
    let receiver = Mutex::new(receiver);
    let next = || {
        let receiver = receiver.lock().unwrap_or_else(PoisonError::into_inner);
        receiver.recv().ok()
    };
    let run = || {
        let mut buffer = [0; 8192];
        while let Some((first, pids)) = next() {
            for (index, pid) in (first..).zip(pids) {
                work(index, pid, &mut buffer);
            }
        }
    };
    thread::scope(|scope| {
        for _ in 1..threads.count {
            scope.spawn(|| {
                if threads.own_tables {
                    // SAFETY: of this thread alone; what others open later it does not use.
                    unsafe { libc::unshare(libc::CLONE_FILES) };
                }
                run();
            });
        }
        let mut count = 0;
        let found = find(proc, |pids| {
            for pids in pids.chunks(CHUNK) {
                // It can only fail once there is nobody to receive it, and this thread is.
                let _ = sender.send((count, pids.to_vec()));
                count += pids.len();
            }
        });
        drop(sender);
        run();
        found.map(|()| count)
    })
}

/// No file is kept.
const NONE: libc::c_int = -1;

fn look_twice(threads: Threads) -> io::Result<()> {
    // Some are left for what is not kept.
    let limit = own::raise_descriptor_limit().saturating_sub(128);
    let most = libc::c_int::try_from(limit).unwrap_or(libc::c_int::MAX);
    let proc = open_proc()?;
    // Those that come while it looks are not kept.
    let mut room = 1_024;
    find(proc, |pids| room += pids.len())?;
    // A table of descriptors that has to grow while threads share it waits for all of them.
    // SAFETY: the highest number is nobody's yet.
    unsafe { libc::close(libc::dup2(proc, most)) };
    let kept: Vec<AtomicI32> = (0..room).map(|_| AtomicI32::new(NONE)).collect();
    let (mut walls, mut cpus) = ([0.0; 2], [0.0; 2]);
    let mut count = 0;
    for (wall, cpu) in walls.iter_mut().zip(&mut cpus) {
        let (begin, before) = (Instant::now(), own::processor_time());
        let proc = open_proc()?;
        count = for_all(proc, threads, |index, pid, buffer| {
            let Some(kept) = kept.get(index) else {
                return;
            };
            match kept.load(Relaxed) {
                NONE => first_look(proc, pid, kept, most, buffer),
                file => {
                    processor_time(pid);
                    owner(proc, pid);
                    read_again(file, buffer);
                }
            }
        })?;
        // SAFETY: it is ours, and nobody uses it any more.
        unsafe { libc::close(proc) };
        *wall = begin.elapsed().as_secs_f64() * 1e3;
        *cpu = own::processor_time() - before;
    }
    let ([first, second], [first_cpu, second_cpu]) = (walls, cpus);
    println!("{first} {second} {first_cpu} {second_cpu} {count}");
    Ok(())
}

/// Reads stat and cmdline, and keeps cmdline open if its number is below `most`.
fn first_look(
    proc: libc::c_int,
    pid: u32,
    kept: &AtomicI32,
    most: libc::c_int,
    buffer: &mut [u8; 8192],
) {
    let Some(stat) = open(proc, pid, b"/stat\0") else {
        return;
    };
    owner(proc, pid);
    processor_time(pid);
    let got = read(stat, buffer);
    if may_have_cmdline(&buffer[..got])
        && let Some(cmdline) = open(proc, pid, b"/cmdline\0")
    {
        read_again(cmdline, buffer);
        if cmdline < most {
            kept.store(cmdline, Relaxed);
        } else {
            // SAFETY: it is ours, and not kept.
            unsafe { libc::close(cmdline) };
        }
    }
}

/// From its beginning.
fn read_again(file: libc::c_int, buffer: &mut [u8; 8192]) {
    // SAFETY: the kernel writes at most as many bytes as the buffer has; the file is ours.
    unsafe { libc::pread(file, buffer.as_mut_ptr().cast(), buffer.len(), 0) };
}

/// Asks how long the process was on a processor.
fn processor_time(pid: u32) {
    const SCHED: libc::clockid_t = 2;
    let clock = !libc::clockid_t::try_from(pid).unwrap_or(0) << 3 | SCHED;
    let mut time = MaybeUninit::<libc::timespec>::uninit();
    // SAFETY: the kernel writes one `timespec`.
    unsafe { libc::clock_gettime(clock, time.as_mut_ptr()) };
}

/// Gives out the processes, as many as the kernel tells at once.
fn find(proc: libc::c_int, mut each: impl FnMut(&[u32])) -> io::Result<()> {
    const NAME: usize = 19;
    let mut pids = Vec::new();
    let mut buffer = vec![0_u8; 8 * 1024];
    // SAFETY: no memory is passed.
    unsafe { libc::lseek(proc, 0, libc::SEEK_SET) };
    loop {
        // SAFETY: the kernel writes at most as many bytes as the buffer has.
        let got = unsafe {
            libc::syscall(
                libc::SYS_getdents64,
                proc,
                buffer.as_mut_ptr(),
                buffer.len(),
            )
        };
        let got = usize::try_from(got).map_err(|_| io::Error::last_os_error())?;
        if got == 0 {
            return Ok(());
        }
        pids.clear();
        // Each entry: inode and offset of 8 bytes, its length of 2, its type of 1, its name.
        let mut entries = &buffer[..got];
        while let Some([low, high]) = entries.get(16..18) {
            let (entry, rest) = entries.split_at(u16::from_ne_bytes([*low, *high]).into());
            let name = entry[NAME..].iter().take_while(|b| **b != 0);
            let mut number = Some(0_u32);
            for digit in name {
                number = number
                    .filter(|_| digit.is_ascii_digit())
                    .map(|n| n * 10 + u32::from(digit - b'0'));
            }
            pids.extend(number);
            entries = rest;
        }
        each(&pids);
    }
}

/// What has gone meanwhile is passed over.
fn read_process(proc: libc::c_int, pid: u32, files: Files, buffer: &mut [u8; 8192]) {
    let mut has_cmdline = true;
    if files.stat {
        let Some(file) = open(proc, pid, b"/stat\0") else {
            return;
        };
        if files.owner {
            owner(proc, pid);
        }
        let got = read(file, buffer);
        if files.cmdline {
            has_cmdline = may_have_cmdline(&buffer[..got]);
        }
    }
    if files.status
        && let Some(file) = open(proc, pid, b"/status\0")
    {
        read(file, buffer);
    }
    if files.cmdline
        && has_cmdline
        && let Some(file) = open(proc, pid, b"/cmdline\0")
    {
        read(file, buffer);
    }
}

fn owner(proc: libc::c_int, pid: u32) {
    let path = path(pid, b"\0");
    let mut stat = MaybeUninit::<libc::stat>::uninit();
    // SAFETY: the path is a C string, and the kernel writes one `stat`.
    unsafe { libc::fstatat(proc, path.as_ptr().cast(), stat.as_mut_ptr(), 0) };
}

/// The pid, and `name` with its NUL behind it.
fn path(pid: u32, name: &[u8]) -> [u8; 24] {
    let mut digits = [0; 10];
    let (mut start, mut rest) = (digits.len(), pid);
    loop {
        start -= 1;
        digits[start] = b'0' + u8::try_from(rest % 10).unwrap_or(0);
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    let (digits, mut path) = (&digits[start..], [0; 24]);
    path[..digits.len()].copy_from_slice(digits);
    path[digits.len()..digits.len() + name.len()].copy_from_slice(name);
    path
}

fn open(proc: libc::c_int, pid: u32, name: &[u8]) -> Option<libc::c_int> {
    let path = path(pid, name);
    // SAFETY: the path is a C string.
    let file = unsafe { libc::openat(proc, path.as_ptr().cast(), libc::O_RDONLY) };
    (file >= 0).then_some(file)
}

/// Reads once, as each of these files is one record, and closes.
fn read(file: libc::c_int, buffer: &mut [u8; 8192]) -> usize {
    // SAFETY: the kernel writes at most as many bytes as the buffer has; the file is ours.
    let got = unsafe {
        let got = libc::read(file, buffer.as_mut_ptr().cast(), buffer.len());
        libc::close(file);
        got
    };
    usize::try_from(got).unwrap_or(0)
}

fn may_have_cmdline(stat: &[u8]) -> bool {
    let comm_end = stat.iter().rposition(|b| *b == b')').unwrap_or(0);
    // Blank, state, ppid, pgrp, session, tty, tpgid, flags.
    let mut columns = stat[comm_end..].split(|b| *b == b' ').skip(1);
    let is_zombie = columns.next() == Some(b"Z");
    let flags = columns.nth(5).and_then(|flags| str::from_utf8(flags).ok());
    let flags = flags.and_then(|flags| flags.parse::<u64>().ok());
    !is_zombie && flags.is_none_or(|flags| flags & PF_KTHREAD == 0)
}
