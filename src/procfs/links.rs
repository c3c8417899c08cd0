//! Reading the links of a directory whose names are numbers, `fd` of a process.

use std::{
    io,
    os::fd::OwnedFd,
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
    thread,
};

use super::open::link;
use crate::{
    bytes,
    error::{Answer, is_no_such_file, is_short},
    sys::{self, Guard},
};

/// A number, and where its link leads, or why that is not known.
pub(super) type Numbered = (u32, io::Result<Vec<u8>>);

/// So many numbers are taken at once by one of several threads.
const SOME: usize = 128;

/// From so many on other threads help: to start one takes as long as some tens.
const MANY: usize = 1024;

/// Fewer are listed.
const FEW: usize = 32;

/// The links below `dir`, by number, of which the kernel says that there are `count`; `helpers` is how many
/// threads may be started to help.
///
/// To list such a directory costs nearly as much as to read its links, and the numbers of descriptors are
/// mostly without gaps. So they are tried from 0 up until there are as many, and only what lies above is
/// listed: what was open all the time is found, also where others are opened and closed meanwhile.
///
/// # Errors
///
/// Something is mounted over them, or this program lacks something.
pub(super) fn read(
    dir: &OwnedFd,
    guard: Guard,
    count: usize,
    helpers: usize,
) -> io::Result<Vec<Numbered>> {
    let helpers = if count < MANY { 0 } else { helpers };
    let tried = Tried {
        dir,
        guard,
        count: if count < FEW { 0 } else { count },
        some: if helpers == 0 { 1 } else { SOME },
        next: AtomicUsize::new(0),
        found: AtomicUsize::new(0),
    };
    let mut links = tried.with_helpers(helpers)?;
    let above = u32::try_from(tried.next.into_inner()).unwrap_or(u32::MAX);
    let mut name = Vec::new();
    for number in sys::list_numbers_from(dir, above)? {
        if number >= above {
            links.extend(one(dir, guard, number, &mut name)?);
        }
    }
    links.sort_unstable_by_key(|(number, _)| *number);
    Ok(links)
}

/// Numbers that are tried.
struct Tried<'a> {
    dir: &'a OwnedFd,
    guard: Guard,
    /// How many there are.
    count: usize,
    /// How many a thread takes at once.
    some: usize,
    next: AtomicUsize,
    found: AtomicUsize,
}

impl Tried<'_> {
    fn with_helpers(&self, helpers: usize) -> io::Result<Vec<Numbered>> {
        if helpers == 0 {
            return self.work();
        }
        thread::scope(|scope| {
            let help = |_| {
                let builder = thread::Builder::new();
                builder.spawn_scoped(scope, || self.work()).ok()
            };
            // Without one it takes longer.
            let helpers: Vec<_> = (0..helpers).filter_map(help).collect();
            let mut links = self.work()?;
            for helper in helpers {
                links.extend(helper.join().map_err(|_| io::ErrorKind::Other)??);
            }
            Ok(links)
        })
    }

    /// Reads the next links as long as it is worth it.
    fn work(&self) -> io::Result<Vec<Numbered>> {
        let (mut links, mut name) = (Vec::new(), Vec::new());
        while self.is_worth_it() {
            let first = self.next.fetch_add(self.some, Relaxed);
            for number in first..first + self.some {
                let number = u32::try_from(number).unwrap_or(u32::MAX);
                if let Some(link) = one(self.dir, self.guard, number, &mut name)? {
                    links.push(link);
                    self.found.fetch_add(1, Relaxed);
                }
            }
        }
        Ok(links)
    }

    /// Whether there are more, and there were few gaps so far.
    fn is_worth_it(&self) -> bool {
        let (found, tried) = (self.found.load(Relaxed), self.next.load(Relaxed));
        // What other threads have taken is no gap yet.
        let gaps = tried.saturating_sub(found + 8 * (self.some - 1));
        found < self.count && gaps <= self.count / 8 + 8
    }
}

/// The link of one number; nothing if there is none, or none any more.
fn one(
    dir: &OwnedFd,
    guard: Guard,
    number: u32,
    name: &mut Vec<u8>,
) -> io::Result<Option<Numbered>> {
    name.clear();
    bytes::push_decimal(number.into(), name);
    let name = str::from_utf8(name).unwrap_or_default();
    match link(dir, name, guard) {
        Err(error) if is_no_such_file(&error) => Ok(None),
        // Of the whole directory, or of this program.
        Err(error) if Answer::of(&error) == Answer::MountedOver || is_short(&error) => Err(error),
        target => Ok(Some((number, target))),
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, os::fd::AsRawFd};

    use super::*;

    /// The numbers of the links below the `fd` of this process, with a guess of how many there are.
    fn numbers(count: usize, helpers: usize) -> Vec<(u32, Vec<u8>)> {
        let dir = OwnedFd::from(fs::File::open("/proc/self/fd").unwrap());
        let all = read(&dir, Guard::Trusting, count, helpers).unwrap();
        let target = |(number, target): Numbered| (number, target.unwrap());
        all.into_iter().map(target).collect()
    }

    #[test]
    fn whatever_was_open_all_the_time_is_found_however_many_are_said_to_be() {
        let files: Vec<_> = (0..200)
            .map(|_| fs::File::open("/dev/null").unwrap())
            .collect();
        // With gaps, and one above them.
        let high =
            nix::fcntl::fcntl(&files[0], nix::fcntl::FcntlArg::F_DUPFD_CLOEXEC(700)).unwrap();
        let kept = files.into_iter().enumerate();
        let kept: Vec<_> = kept
            .filter(|(at, _)| at % 3 != 1)
            .map(|(_, file)| file)
            .collect();
        let own = kept.iter().map(AsRawFd::as_raw_fd).chain([high]);
        let own: Vec<u32> = own.map(|fd| fd.try_into().unwrap()).collect();
        for count in [0, 1, 40, 134, 150, 5000] {
            for helpers in [0, 2] {
                let found = numbers(count, helpers);
                let sorted = found.is_sorted_by(|a, b| a.0 < b.0);
                assert!(sorted, "{count} {helpers}");
                for fd in &own {
                    let target = found.iter().find(|(number, _)| number == fd);
                    let target = target.map(|(_, target)| target.as_slice());
                    assert_eq!(target, Some(&b"/dev/null"[..]), "{count} {helpers} {fd}");
                }
            }
        }
        nix::unistd::close(high).unwrap();
        drop(kept);
    }
}
