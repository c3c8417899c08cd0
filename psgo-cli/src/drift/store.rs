//! Reading and replacing a file without being led to another one.
//!
//! All calls go through the directory that [`trusted`] holds, by name and without following links,
//! or through the open file. A list is replaced by one process at a time.

use std::{
    ffi::{OsStr, OsString},
    fs::File,
    io::{self, Read as _, Write as _},
    os::{
        fd::AsRawFd as _,
        unix::fs::{MetadataExt as _, PermissionsExt as _, fchown},
    },
    path::Path,
    thread,
    time::{Duration, Instant},
};

use nix::{
    errno::Errno,
    fcntl::{AT_FDCWD, AtFlags, FcntlArg, OFlag, fcntl, openat, renameat},
    libc,
    sys::{
        stat::{Mode, SFlag, fstat},
        statfs::{self, FsType, fstatfs},
    },
    unistd::{UnlinkatFlags, linkat, unlinkat},
};

use crate::failure::{Failure, system_words};

use super::{
    trouble::{shown, trouble},
    trusted::{self, Absent, Named},
};

/// The most that a file may hold: more than the command lines of a whole machine, less than memory.
const LARGEST: u64 = 256 << 20;

/// Kinds of file systems whose files the kernel makes when they are read.
const KERNELS: [FsType; 8] = [
    statfs::PROC_SUPER_MAGIC,
    statfs::SYSFS_MAGIC,
    statfs::DEBUGFS_MAGIC,
    statfs::TRACEFS_MAGIC,
    statfs::SECURITYFS_MAGIC,
    statfs::CGROUP_SUPER_MAGIC,
    statfs::CGROUP2_SUPER_MAGIC,
    statfs::BPF_FS_MAGIC,
];

/// How long another process may change the list before this one gives up.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often the lock is tried meanwhile.
const PAUSE: Duration = Duration::from_millis(20);

/// The permissions of a new list: it holds everybody's arguments.
const OWNER_ONLY: u32 = 0o600;

/// What a file is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Read only; package managers may give it several names.
    Rules,
    /// Read and replaced, with owner and permissions of the file before.
    List,
}

/// A file as it was read.
#[derive(Debug)]
pub(super) struct Content {
    pub(super) bytes: Vec<u8>,
    uid: u32,
    gid: u32,
    mode: u32,
}

/// Reads the file at `path`; `None` if it does not exist.
///
/// # Errors
///
/// It is no regular file, or someone else can change it, or the system refuses something.
pub(super) fn read(path: &Path, role: Role) -> Result<Option<Content>, Failure> {
    match trusted::walk(path, Absent::Accept)? {
        Some(named) => named.read(role),
        None => Ok(None),
    }
}

impl Named {
    /// An open file in the directory; `None` if it does not exist.
    fn open(&self, name: &OsStr, flags: OFlag, mode: u32) -> io::Result<Option<File>> {
        // A pipe is opened without waiting for its other end, a terminal without becoming ours.
        let flags =
            flags | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC | OFlag::O_NONBLOCK | OFlag::O_NOCTTY;
        match openat(&self.dir, name, flags, Mode::from_bits_truncate(mode)) {
            Ok(file) => Ok(Some(file.into())),
            Err(Errno::ENOENT) => Ok(None),
            Err(errno) => Err(errno.into()),
        }
    }

    /// Reads the file; `None` if it does not exist.
    fn read(&self, role: Role) -> Result<Option<Content>, Failure> {
        let failed = |error: io::Error| trouble(&self.path, &system_words(&error));
        let irregular = || trouble(&self.path, "not a regular file");
        // Opening a device may already have an effect.
        match trusted::lookup(&self.dir, &self.name).map_err(failed)? {
            None => return Ok(None),
            Some(stat) if trusted::kind(&stat) != SFlag::S_IFREG => return Err(irregular()),
            Some(stat) => trusted::check_owner(&stat, &self.path)?,
        }
        // So may reading one of the kernel's: who reads /proc/kmsg takes it from others.
        let kind = fstatfs(&self.dir).map_err(|errno| failed(errno.into()))?;
        if KERNELS.contains(&kind.filesystem_type()) {
            return Err(trouble(
                &self.path,
                "a file of the kernel's, which is no list",
            ));
        }
        let Some(file) = self.open(&self.name, OFlag::O_RDONLY, 0).map_err(failed)? else {
            return Ok(None);
        };
        let stat = fstat(&file).map_err(|errno| failed(errno.into()))?;
        if trusted::kind(&stat) != SFlag::S_IFREG {
            return Err(irregular());
        }
        trusted::check_owner(&stat, &self.path)?;
        let path = shown(&self.path);
        if trusted::is_writable_by_others(&stat) {
            let mode = stat.st_mode & 0o777;
            return Err(Failure::trouble(format!(
                "{path}: others may change it (mode {mode:03o}); chmod go-w {path} if its content \
                 can be trusted"
            )));
        }
        if role == Role::List && stat.st_nlink > 1 {
            return Err(Failure::trouble(format!(
                "{path}: it has {} names (hard links), so it may be somebody else's file; \
                 use a copy of it",
                stat.st_nlink
            )));
        }
        let mut bytes = Vec::new();
        (&file)
            .take(LARGEST + 1)
            .read_to_end(&mut bytes)
            .map_err(failed)?;
        if bytes.len() as u64 > LARGEST {
            return Err(trouble(
                &self.path,
                &format!("larger than {} MiB, which no list is", LARGEST >> 20),
            ));
        }
        Ok(Some(Content {
            bytes,
            uid: stat.st_uid,
            gid: stat.st_gid,
            mode: stat.st_mode & 0o777,
        }))
    }

    /// The name of a file of psgo's own beside this one.
    fn beside(&self, end: &str) -> OsString {
        let mut name = OsString::from(".");
        name.push(&self.name);
        name.push(end);
        name
    }

    fn remove(&self, name: &OsStr) -> io::Result<()> {
        match unlinkat(&self.dir, name, UnlinkatFlags::NoRemoveDir) {
            Ok(()) | Err(Errno::ENOENT) => Ok(()),
            Err(errno) => Err(errno.into()),
        }
    }
}

/// A list that no other process changes as long as this value lives.
#[derive(Debug)]
pub(super) struct Locked {
    list: Named,
    _lock: File,
}

impl Locked {
    /// Locks the list at `path`; `None` if its directory does not exist and shall not.
    ///
    /// # Errors
    ///
    /// Another process holds the lock for too long, or the system refuses something.
    pub(super) fn new(path: &Path, absent: Absent) -> Result<Option<Self>, Failure> {
        let Some(list) = trusted::walk(path, absent)? else {
            return Ok(None);
        };
        let end = Instant::now() + PATIENCE;
        loop {
            let error = match Self::attempt(&list)? {
                Attempt::Locked(lock) => {
                    let locked = Self { list, _lock: lock };
                    // What a process left that was killed while it wrote.
                    for end in [NEW, KEPT] {
                        let name = locked.list.beside(end);
                        let removed = locked.list.remove(&name);
                        removed.map_err(|error| cannot_write(&locked.list.path, &error))?;
                    }
                    return Ok(Some(locked));
                }
                Attempt::Replaced => continue,
                Attempt::HeldBy(pid) => {
                    let by = pid.map_or_else(String::new, |pid| format!(" (process {pid})"));
                    format!(
                        "another psgo drift{by} has been changing it for {} seconds; \
                         wait for that to end, or end it; nothing has changed",
                        PATIENCE.as_secs()
                    )
                }
            };
            if Instant::now() > end {
                return Err(trouble(path, &error));
            }
            thread::sleep(PAUSE);
        }
    }

    /// A record lock on a file of its own. Only who may write to that can hold it; the list itself
    /// could be locked by all its readers.
    fn attempt(list: &Named) -> Result<Attempt, Failure> {
        let name = list.beside(LOCK);
        let failed = |error: io::Error| cannot_write(&list.path, &error);
        let opened = list.open(&name, OFlag::O_RDWR, 0).map_err(failed)?;
        let create = OFlag::O_RDWR | OFlag::O_CREAT | OFlag::O_EXCL;
        let file = match opened {
            Some(file) => file,
            None => match list.open(&name, create, OWNER_ONLY) {
                Ok(Some(file)) => file,
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                    return Err(failed(error));
                }
                _ => return Ok(Attempt::Replaced),
            },
        };
        let held = fstat(&file).map_err(|errno| failed(errno.into()))?;
        let path = list.path.with_file_name(&name);
        trusted::check_owner(&held, &path)?;
        if trusted::kind(&held) != SFlag::S_IFREG || held.st_nlink > 1 {
            return Err(trouble(&path, "not a lock of psgo; remove it"));
        }
        let mut wanted = libc::flock {
            // Its values are small numbers.
            #[allow(clippy::cast_possible_truncation)]
            l_type: libc::F_WRLCK as libc::c_short,
            #[allow(clippy::cast_possible_truncation)]
            l_whence: libc::SEEK_SET as libc::c_short,
            l_start: 0,
            l_len: 0,
            l_pid: 0,
        };
        match fcntl(&file, FcntlArg::F_SETLK(&wanted)) {
            Ok(_) => (),
            Err(Errno::EAGAIN | Errno::EACCES) => {
                let asked = fcntl(&file, FcntlArg::F_GETLK(&mut wanted));
                let holder = (asked.is_ok() && wanted.l_pid > 0).then_some(wanted.l_pid);
                return Ok(Attempt::HeldBy(holder));
            }
            Err(errno) => return Err(failed(errno.into())),
        }
        // Who held it before has removed the file, or others lock another by now.
        let is_same = trusted::lookup(&list.dir, &name)
            .map_err(failed)?
            .is_some_and(|stat| (stat.st_dev, stat.st_ino) == (held.st_dev, held.st_ino));
        Ok(if is_same {
            Attempt::Locked(file)
        } else {
            Attempt::Replaced
        })
    }

    /// Reads the list; `None` if it does not exist.
    pub(super) fn read(&self) -> Result<Option<Content>, Failure> {
        self.list.read(Role::List)
    }

    /// Saves `text` as the list, and `before`, what it was until now, with `.old` behind its name.
    ///
    /// Both are written to files without a name where that is possible, which get their names once
    /// all of them is on disk. So there is a whole list at any time, whatever fails.
    pub(super) fn save(&self, text: &str, before: Option<&Content>) -> Result<(), Failure> {
        if text.len() as u64 > LARGEST {
            let most = LARGEST >> 20;
            return Err(trouble(
                &self.list.path,
                &format!("the list would be larger than {most} MiB; nothing has changed"),
            ));
        }
        let replace = || {
            let new = self.fresh(NEW, text.as_bytes(), before)?;
            if let Some(content) = before {
                let mut old = self.list.name.clone();
                old.push(".old");
                self.fresh(KEPT, &content.bytes, before)?.rename(&old)?;
            }
            new.rename(&self.list.name)
        };
        replace().map_err(|error| cannot_write(&self.list.path, &error))?;
        // Syncs the names too. Where a directory cannot be synced, they reach the disk later.
        let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
        if let Ok(dir) = openat(&self.list.dir, ".", flags, Mode::empty()) {
            let _ = File::from(dir).sync_all();
        }
        Ok(())
    }

    /// A file of these bytes, synced, with the owner and permissions of the one before.
    fn fresh(&self, end: &str, bytes: &[u8], before: Option<&Content>) -> io::Result<Fresh<'_>> {
        let name = self.list.beside(end);
        let unnamed = || -> io::Result<()> {
            let flags = OFlag::O_TMPFILE | OFlag::O_WRONLY | OFlag::O_CLOEXEC;
            let mode = Mode::from_bits_truncate(OWNER_ONLY);
            let file = File::from(openat(&self.list.dir, ".", flags, mode)?);
            fill(&file, bytes, before)?;
            let link = format!("/proc/self/fd/{}", file.as_raw_fd());
            let follow = AtFlags::AT_SYMLINK_FOLLOW;
            Ok(linkat(AT_FDCWD, &*link, &self.list.dir, &*name, follow)?)
        };
        // Where the file system or a missing `/proc` does not allow it, it has a name at once.
        let is_named = unnamed();
        let fresh = Fresh {
            list: &self.list,
            name,
            has_final_name: false,
        };
        if is_named.is_err() {
            let create = OFlag::O_WRONLY | OFlag::O_CREAT | OFlag::O_EXCL;
            let file = self.list.open(&fresh.name, create, OWNER_ONLY)?;
            fill(&file.ok_or(Errno::ENOENT)?, bytes, before)?;
        }
        Ok(fresh)
    }
}

impl Drop for Locked {
    fn drop(&mut self) {
        // While it is still locked: who waits for it sees then that it is another. If this fails,
        // an empty file stays that the next one uses.
        let _ = self.list.remove(&self.list.beside(LOCK));
    }
}

/// The ends of the names of psgo's own files beside a list.
const LOCK: &str = ".psgo-lock";
const NEW: &str = ".psgo-new";
const KEPT: &str = ".psgo-kept";

/// How one attempt to lock ended.
enum Attempt {
    Locked(File),
    /// The file is no longer the one of that name.
    Replaced,
    HeldBy(Option<i32>),
}

fn cannot_write(path: &Path, error: &io::Error) -> Failure {
    let reason = system_words(error);
    trouble(
        path,
        &format!("cannot write: {reason}; nothing has changed"),
    )
}

/// Writes all of a new file.
fn fill(mut file: &File, bytes: &[u8], before: Option<&Content>) -> io::Result<()> {
    file.write_all(bytes)?;
    let mut mode = before.map_or(OWNER_ONLY, |before| before.mode);
    if let Some(before) = before {
        let metadata = file.metadata()?;
        let is_like = (metadata.uid(), metadata.gid()) == (before.uid, before.gid);
        // Only root may change the owner. The rights of the group are not for another group.
        if !is_like && fchown(file, Some(before.uid), Some(before.gid)).is_err() {
            mode &= !0o070;
        }
    }
    file.set_permissions(std::fs::Permissions::from_mode(mode))?;
    file.sync_all()
}

/// A new file under a name of psgo's own, removed on drop unless it was renamed.
struct Fresh<'a> {
    list: &'a Named,
    name: OsString,
    has_final_name: bool,
}

impl Fresh<'_> {
    fn rename(mut self, name: &OsStr) -> io::Result<()> {
        renameat(&self.list.dir, &*self.name, &self.list.dir, name)?;
        self.has_final_name = true;
        Ok(())
    }
}

impl Drop for Fresh<'_> {
    fn drop(&mut self) {
        if !self.has_final_name {
            // If this fails, the next one to lock the list removes it.
            let _ = self.list.remove(&self.name);
        }
    }
}
