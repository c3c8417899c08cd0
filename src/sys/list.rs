//! Listing directories, and those whose names are numbers without an allocation for each.
//!
//! `unsafe` for this: std and nix make an entry of each name.

use std::{
    io,
    os::fd::{AsFd, AsRawFd as _, OwnedFd},
};

use nix::{dir::Type as Entry, errno::Errno, fcntl::OFlag, sys::stat::Mode};

use crate::bytes;

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
        let entries = self.buffer.get(..got).unwrap_or_default();
        // In a copy `01` may stand beside `1`, and is no process.
        numbers.extend(names(entries).filter_map(bytes::c_decimal));
        Ok(got > 0)
    }
}

/// The names in what `getdents64` told of a directory, as far as it is whole; each has its NUL behind it.
pub(super) fn names(mut entries: &[u8]) -> impl Iterator<Item = &[u8]> {
    // Of the kernel's `struct linux_dirent64`: the entry's length of two bytes, and its name.
    const LENGTH: usize = 16;
    const NAME: usize = 19;
    std::iter::from_fn(move || {
        let length = entries.get(LENGTH..)?.first_chunk()?;
        let length = usize::from(u16::from_ne_bytes(*length));
        let (entry, rest) = entries.split_at_checked(length)?;
        entries = rest;
        entry.get(NAME..)
    })
}

/// The names in the directory `dir`, as far as they are numbers.
pub(crate) fn list_numbers(dir: impl AsFd) -> io::Result<Vec<u32>> {
    list_numbers_from(dir, 0)
}

/// The same of the directory of the descriptors of a process, of which the kernel leaves out those below
/// `first`.
pub(crate) fn list_numbers_from(dir: impl AsFd, first: u32) -> io::Result<Vec<u32>> {
    /// Of the entries the first two are `.` and `..`.
    const BEFORE: libc::off_t = 2;
    let mut list = NumberList::of(dir)?;
    if first > 0 {
        let at = BEFORE.saturating_add(first.into());
        // SAFETY: numbers alone are passed.
        let answer = unsafe { libc::lseek(list.dir.as_raw_fd(), at, libc::SEEK_SET) };
        Errno::result(answer)?;
    }
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
