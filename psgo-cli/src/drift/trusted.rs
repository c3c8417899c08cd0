//! Paths on which nobody but root and the caller can put anything.
//!
//! A path is walked directory by directory, each one held open and checked before a name is looked
//! up in it. What is then done by the name goes through the directory that is held, so it makes no
//! difference what becomes of the path meanwhile.

use std::{
    collections::VecDeque,
    ffi::{OsStr, OsString},
    io,
    os::fd::{AsFd, OwnedFd},
    path::{Component, Path, PathBuf},
};

use nix::{
    errno::Errno,
    fcntl::{AtFlags, OFlag, openat, readlinkat},
    sys::stat::{FileStat, Mode, SFlag, fstat, fstatat, mkdirat},
    unistd::geteuid,
};

use crate::failure::Failure;

use super::trouble::{failed, shown, trouble};

/// As many symbolic links as the kernel follows.
const MOST_LINKS: usize = 40;

/// What others may not have: the right to write.
const BY_OTHERS: Mode = Mode::S_IWGRP.union(Mode::S_IWOTH);

/// What becomes of directories that do not exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Absent {
    /// They are created.
    Create,
    /// Nothing is there, then.
    Accept,
}

/// A name in a directory that is held open and that only root and the caller can change.
#[derive(Debug)]
pub(super) struct Named {
    pub(super) dir: OwnedFd,
    pub(super) name: OsString,
    /// The path as it was given, for messages.
    pub(super) path: PathBuf,
}

/// What is still to be walked.
enum Part {
    Root,
    Parent,
    Name(OsString),
}

fn parts(path: &Path) -> impl DoubleEndedIterator<Item = Part> {
    path.components().filter_map(|part| match part {
        Component::RootDir => Some(Part::Root),
        Component::ParentDir => Some(Part::Parent),
        Component::Normal(name) => Some(Part::Name(name.to_owned())),
        Component::CurDir | Component::Prefix(_) => None,
    })
}

/// The name at the end of `path`, whether there is a file of that name or not; symbolic links are
/// followed. `None` if one of the directories does not exist.
///
/// # Errors
///
/// Someone else can change one of the directories or links, or the system refuses something.
pub(super) fn walk(path: &Path, absent: Absent) -> Result<Option<Named>, Failure> {
    let mut todo: VecDeque<Part> = parts(path).collect();
    let (mut dir, mut at, mut links) = (open(nix::fcntl::AT_FDCWD, ".", path)?, PathBuf::new(), 0);
    while let Some(part) = todo.pop_front() {
        let name = match part {
            Part::Root => {
                (dir, at) = (open(nix::fcntl::AT_FDCWD, "/", path)?, PathBuf::from("/"));
                continue;
            }
            Part::Parent => {
                (dir, at) = (open(&dir, "..", path)?, at.join(".."));
                continue;
            }
            Part::Name(name) => name,
        };
        check_directory(&dir, &at)?;
        let here = at.join(&name);
        let kind = match lookup(&dir, &name) {
            Ok(Some(stat)) => {
                if kind(&stat) == SFlag::S_IFLNK {
                    check_owner(&stat, &here)?;
                }
                Some(kind(&stat))
            }
            Ok(None) => None,
            Err(error) => return Err(failed(&here, &error)),
        };
        match kind {
            Some(SFlag::S_IFLNK) => {
                links += 1;
                if links > MOST_LINKS {
                    return Err(failed(path, &Errno::ELOOP.into()));
                }
                let target = readlinkat(&dir, &*name).map_err(|errno| refused(&here, errno))?;
                for part in parts(Path::new(&target)).rev() {
                    todo.push_front(part);
                }
            }
            _ if todo.is_empty() => {
                let path = path.to_owned();
                return Ok(Some(Named { dir, name, path }));
            }
            None if absent == Absent::Accept => return Ok(None),
            None => {
                match mkdirat(&dir, &*name, Mode::from_bits_truncate(0o755)) {
                    Ok(()) | Err(Errno::EEXIST) => (),
                    Err(errno) => return Err(refused(&here, errno)),
                }
                (dir, at) = (open(&dir, &*name, &here)?, here);
            }
            Some(SFlag::S_IFDIR) => (dir, at) = (open(&dir, &*name, &here)?, here),
            Some(_) => return Err(refused(path, Errno::ENOTDIR)),
        }
    }
    Err(trouble(path, "not a regular file"))
}

fn refused(path: &Path, errno: Errno) -> Failure {
    failed(path, &errno.into())
}

fn open(below: impl AsFd, name: impl AsRef<OsStr>, path: &Path) -> Result<OwnedFd, Failure> {
    let flags = OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
    openat(below, name.as_ref(), flags, Mode::empty()).map_err(|errno| refused(path, errno))
}

/// What `name` in `dir` is, not what it points to; `None` if nothing is.
pub(super) fn lookup(dir: impl AsFd, name: &OsStr) -> io::Result<Option<FileStat>> {
    match fstatat(dir, name, AtFlags::AT_SYMLINK_NOFOLLOW) {
        Ok(stat) => Ok(Some(stat)),
        Err(Errno::ENOENT) => Ok(None),
        Err(errno) => Err(errno.into()),
    }
}

pub(super) fn kind(stat: &FileStat) -> SFlag {
    SFlag::from_bits_truncate(stat.st_mode) & SFlag::S_IFMT
}

fn mode(stat: &FileStat) -> Mode {
    Mode::from_bits_truncate(stat.st_mode)
}

/// Whether someone else may write to it.
pub(super) fn is_writable_by_others(stat: &FileStat) -> bool {
    mode(stat).intersects(BY_OTHERS)
}

/// Only root and the caller are trusted.
fn is_trusted(uid: u32) -> bool {
    uid == 0 || uid == geteuid().as_raw()
}

/// That it is root's or the caller's.
pub(super) fn check_owner(stat: &FileStat, path: &Path) -> Result<(), Failure> {
    if is_trusted(stat.st_uid) {
        return Ok(());
    }
    let whose = if geteuid().is_root() {
        "root"
    } else {
        "root or to you"
    };
    Err(trouble(
        path,
        &format!(
            "belongs to user {}, not to {whose}; chown it if its content can be trusted, or use \
             another place",
            stat.st_uid
        ),
    ))
}

/// That nobody else can put something in the place of what is in it: it is root's or the caller's,
/// and others may not write to it, or may remove there only what is theirs.
fn check_directory(dir: &OwnedFd, path: &Path) -> Result<(), Failure> {
    let path = if path.as_os_str().is_empty() {
        Path::new(".")
    } else {
        path
    };
    let stat = fstat(dir).map_err(|errno| refused(path, errno))?;
    check_owner(&stat, path)?;
    if is_writable_by_others(&stat) && !mode(&stat).contains(Mode::S_ISVTX) {
        let path = shown(path);
        return Err(Failure::trouble(format!(
            "{path}: others may replace what is in this directory (mode {:03o}); \
             chmod go-w {path}, or use another place",
            stat.st_mode & 0o777
        )));
    }
    Ok(())
}
