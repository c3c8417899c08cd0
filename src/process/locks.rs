//! The locks on files that a process waits for, and who has them.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use super::{files::Dir, handle::Process, open::OpenDescriptor};
use crate::{
    error::{Answer, Error, ErrorKind, Result},
    format::kernel::{Lock, Locks},
    ids::Pid,
    value::Text,
    wait::{machine_file, process_file},
};

/// A lock on a file that a process waits for (`/proc/locks`).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct AwaitedLock {
    /// The lock that it wants.
    pub lock: Lock,
    /// The path of the file, as its own descriptor has it; `None` where none of them is known to be of
    /// that file.
    pub path: Option<Vec<u8>>,
    /// What it waits behind: first the lock that it waits for itself, then the one for which that waits
    /// in turn. The last is held. Empty where the kernel does not tell here, as of a holder
    /// outside the PID namespace.
    pub behind: Vec<LockBefore>,
}

/// A lock before which another waits.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LockBefore {
    /// The process; `None` for a lock of an open file (`OFDLCK`), which may be open in several, and of a
    /// process that is not seen in the view.
    pub pid: Option<Pid>,
    /// The name that the kernel has for the process; `None` where it may not be read.
    pub name: Option<Text>,
    /// Its lock.
    pub lock: Lock,
    /// Whether it has the lock; otherwise it waits itself.
    pub is_held: bool,
}

/// Each lock of the process `pid` that waits, and those that it waits behind, the nearest first.
fn awaited(locks: &Locks, pid: i32) -> Vec<(Lock, Vec<Lock>)> {
    let mut all = Vec::new();
    // Those that the row at hand may stand below: one for each depth.
    let mut above: Vec<&Lock> = Vec::new();
    for lock in &locks.rows {
        let depth = usize::try_from(lock.depth.0).unwrap_or(usize::MAX);
        if above.first().is_some_and(|first| first.id != lock.id) {
            above.clear();
        }
        above.truncate(depth);
        // One that is not shown, of another PID namespace, leaves a gap.
        let is_whole = above.len() == depth;
        if depth > 0 && *lock.pid == pid {
            let behind = above.iter().rev().map(|lock| (*lock).clone());
            let behind = behind.filter(|_| is_whole);
            all.push((lock.clone(), behind.collect()));
        }
        if is_whole {
            above.push(lock);
        }
    }
    all
}

impl Process {
    /// The locks on files that it waits for, one for each thread that does; none mostly.
    ///
    /// ```
    /// let me = psgo::View::host()?.process(psgo::Pid::new(std::process::id()))?;
    /// for wait in me.awaited_locks()? {
    ///     println!("{:?}: {:?}", wait.path, wait.behind.first().map(|lock| lock.pid));
    /// }
    /// # Ok::<(), psgo::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// See [`Process`]; [`ErrorKind::Absent`] without `/proc/locks`, as in a copy that lacks it.
    pub fn awaited_locks(&self) -> Result<Vec<AwaitedLock>> {
        let pid = i32::try_from(self.read.get()).unwrap_or(-1);
        let all = awaited(&self.locks()?, pid);
        if all.is_empty() {
            return Ok(Vec::new());
        }
        let mut names = self.names_of(all.iter().flat_map(|(_, behind)| behind));
        // A number that is still there has been that of one process all the time.
        if awaited(&self.locks()?, pid) != all {
            names.clear();
        }
        // Which file it is only makes it easier to read.
        let open = self.descriptors().unwrap_or_else(|_| Arc::new([]));
        let all = all.into_iter().map(|(lock, behind)| AwaitedLock {
            path: path_of(&lock, &open),
            behind: behind
                .into_iter()
                .map(|lock| LockBefore {
                    name: names.get(&*lock.pid).cloned(),
                    pid: u32::try_from(*lock.pid)
                        .ok()
                        .and_then(|pid| self.inside(pid)),
                    is_held: lock.depth.0 == 0,
                    lock,
                })
                .collect(),
            lock,
        });
        Ok(all.collect())
    }

    /// All locks on files.
    fn locks(&self) -> Result<Locks> {
        let proc = Arc::clone(self.procfs());
        let name = || self.procfs().named("locks");
        // To look up its name may wait like that of any file.
        let bytes = self.watched(Dir::Leader, "locks", move |_| {
            match proc.read(&machine_file!("locks")) {
                Err(error) if Answer::of(&error) == Answer::Gone => Ok(None),
                bytes => bytes.map(Some),
            }
        })?;
        // While it is there, its number is its own.
        self.stat_now()?;
        let bytes = bytes
            .ok_or_else(|| Error::new(ErrorKind::Absent, name(), "it is not in this /proc"))?;
        let locks = Locks::parse(&bytes);
        locks.map_err(|error| Error::new(ErrorKind::NotUnderstood, name(), error.to_string()))
    }

    /// The names of the processes that have these locks, by their numbers in the `/proc` that is read.
    fn names_of<'a>(&self, locks: impl Iterator<Item = &'a Lock>) -> HashMap<i32, Text> {
        let pids: HashSet<i32> = locks.map(|lock| *lock.pid).collect();
        let proc = Arc::clone(self.procfs());
        let names = self.watched(Dir::Leader, "locks", move |_| {
            let name = |pid: i32| {
                let name = proc.read(&process_file!("comm").of(Pid::new(pid.try_into().ok()?)));
                let name = name.ok()?;
                Some((pid, Text::from(name.strip_suffix(b"\n").unwrap_or(&name))))
            };
            Ok(pids.into_iter().filter_map(name).collect())
        });
        // They only make it easier to read.
        names.unwrap_or_default()
    }
}

/// The path of the locked file, by the descriptors of who waits: one has it open. On some file systems
/// the device of a lock is another than that of the file, so it decides only between several.
fn path_of(lock: &Lock, open: &[OpenDescriptor]) -> Option<Vec<u8>> {
    let file = lock.file.0.as_ref()?;
    let of_inode = |descriptor: &&OpenDescriptor| {
        descriptor.path().is_some() && descriptor.inode() == Some(file.inode.number())
    };
    let of_device = |descriptor: &&OpenDescriptor| {
        let device = descriptor.device.as_ref();
        device.is_some_and(|dev| (dev.major, dev.minor) == (file.major, file.minor))
    };
    let mut exact = open.iter().filter(of_inode).filter(of_device);
    if let Some(descriptor) = exact.next() {
        return descriptor.path().map(<[u8]>::to_vec);
    }
    let mut paths = open
        .iter()
        .filter(of_inode)
        .filter_map(OpenDescriptor::path);
    let path = paths.next()?;
    paths.all(|other| other == path).then(|| path.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_waits_is_behind_those_above_it() {
        let text = "\
            1: POSIX  ADVISORY  WRITE 10 fe:00:7 0 EOF\n\
            1: -> POSIX  ADVISORY  WRITE 11 fe:00:7 0 EOF\n\
            1:  -> POSIX  ADVISORY  READ 12 fe:00:7 0 9\n\
            1: -> POSIX  ADVISORY  READ 13 fe:00:7 0 9\n\
            2: OFDLCK ADVISORY  WRITE -1 fe:00:8 0 EOF\n\
            2: -> OFDLCK ADVISORY  WRITE -1 fe:00:8 0 EOF\n\
            3: -> FLOCK  ADVISORY  WRITE 14 fe:00:9 0 EOF\n\
            4: FLOCK  ADVISORY  WRITE 15 fe:00:9 0 EOF\n\
            4:  -> FLOCK  ADVISORY  WRITE 16 fe:00:9 0 EOF\n";
        let locks = Locks::parse(text.as_bytes()).unwrap();
        let of = |pid: i32| {
            let all = awaited(&locks, pid).into_iter();
            let all = all.map(|(_, behind)| behind.iter().map(|lock| *lock.pid).collect());
            all.collect::<Vec<Vec<i32>>>()
        };
        assert_eq!(of(10), Vec::<Vec<i32>>::new());
        assert_eq!(of(11), [[10]]);
        assert_eq!(of(12), [[11, 10]]);
        assert_eq!(of(13), [[10]]);
        // Whoever holds these is not shown.
        assert_eq!(of(14), [[0; 0]]);
        assert_eq!(of(16), [[0; 0]]);
    }
}
