//! The floor: the least that a listing can cost. It finds the processes, opens, reads and closes
//! the files that are named, and throws the bytes away.
//!
//! `floor FILES THREADS`, where FILES is `none` or names with commas between: `stat`, `status`,
//! `cmdline` (not of kernel threads and zombies, which have none; for that it looks into stat)
//! and `owner` (of the directory).
//!
//! `floor looks THREADS` looks twice, as a watch does: the first look opens stat and cmdline and
//! keeps them open as far as the limit on descriptors goes, the second lists the processes anew,
//! asks for the owners and reads again what is open. It prints what the program `looks` prints.

use std::{
    env, io,
    mem::MaybeUninit,
    process::ExitCode,
    sync::atomic::{AtomicI32, AtomicUsize, Ordering::Relaxed},
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
    let threads = args.next().map_or(Some(1), |text| text.parse().ok());
    let (Some(threads), None) = (threads, args.next()) else {
        return wrong_use();
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
    eprintln!("use: floor none | floor stat,status,cmdline,owner THREADS | floor looks THREADS");
    ExitCode::from(2)
}

fn list(files: Files, threads: usize) -> io::Result<()> {
    let proc = open_proc()?;
    let pids = pids(proc)?;
    on_threads(threads, pids.len(), |index, buffer| {
        read_process(proc, pids[index], files, buffer);
    });
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

/// Does `work` for each number below `count`, with a buffer of the thread's own.
fn on_threads(threads: usize, count: usize, work: impl Fn(usize, &mut [u8; 8192]) + Sync) {
    let next = AtomicUsize::new(0);
    let run = || {
        let mut buffer = [0; 8192];
        loop {
            let start = next.fetch_add(CHUNK, Relaxed);
            if start >= count {
                return;
            }
            for index in start..count.min(start + CHUNK) {
                work(index, &mut buffer);
            }
        }
    };
    thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(run);
        }
        run();
    });
}

/// No file is kept.
const NONE: libc::c_int = -1;

fn look_twice(threads: usize) -> io::Result<()> {
    // Some are left for what is not kept.
    let limit = own::raise_descriptor_limit().saturating_sub(128);
    let most = libc::c_int::try_from(limit).unwrap_or(libc::c_int::MAX);
    let proc = open_proc()?;
    let all = pids(proc)?;
    // A table of descriptors that has to grow while threads share it waits for all of them.
    // SAFETY: the highest number is nobody's yet.
    unsafe { libc::close(libc::dup2(proc, most)) };
    let kept: Vec<[AtomicI32; 2]> = all.iter().map(|_| [NONE; 2].map(AtomicI32::new)).collect();
    let (mut walls, mut cpus) = ([0.0; 2], [0.0; 2]);
    for (wall, cpu) in walls.iter_mut().zip(&mut cpus) {
        let (begin, before) = (Instant::now(), own::processor_time());
        let proc = open_proc()?;
        pids(proc)?;
        on_threads(threads, all.len(), |index, buffer| {
            let (pid, [record, cmdline]) = (all[index], &kept[index]);
            let Some(got) = read_kept(proc, pid, b"/stat\0", record, most, buffer) else {
                return;
            };
            let has_cmdline = may_have_cmdline(&buffer[..got]);
            owner(proc, pid);
            if has_cmdline {
                read_kept(proc, pid, b"/cmdline\0", cmdline, most, buffer);
            }
        });
        // SAFETY: it is ours, and nobody uses it any more.
        unsafe { libc::close(proc) };
        *wall = begin.elapsed().as_secs_f64() * 1e3;
        *cpu = own::processor_time() - before;
    }
    let ([first, second], [first_cpu, second_cpu]) = (walls, cpus);
    println!("{first} {second} {first_cpu} {second_cpu} {}", all.len());
    Ok(())
}

/// Reads the file that is kept, or opens it and keeps it if its number is below `most`.
fn read_kept(
    proc: libc::c_int,
    pid: u32,
    name: &[u8],
    kept: &AtomicI32,
    most: libc::c_int,
    buffer: &mut [u8; 8192],
) -> Option<usize> {
    let file = match kept.load(Relaxed) {
        NONE => open(proc, pid, name)?,
        file => file,
    };
    // SAFETY: the kernel writes at most as many bytes as the buffer has; the file is ours.
    let got = unsafe { libc::pread(file, buffer.as_mut_ptr().cast(), buffer.len(), 0) };
    if file < most {
        kept.store(file, Relaxed);
    } else {
        // SAFETY: it is ours, and not kept.
        unsafe { libc::close(file) };
    }
    Some(usize::try_from(got).unwrap_or(0))
}

fn pids(proc: libc::c_int) -> io::Result<Vec<u32>> {
    const NAME: usize = 19;
    let mut pids = Vec::new();
    let mut buffer = vec![0_u8; 32 * 1024];
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
            return Ok(pids);
        }
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
