//! The files of a process: whose directory each is read in.

use crate::{
    ids::Pid,
    wait::{Cause, Name, Numbered, Reader},
};

/// The directory in which a file is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Dir {
    /// That of the first thread, which is the process's own.
    Leader,
    /// That of a thread that has not ended. A thread that has loses some of the files that tell
    /// what all threads share.
    Living,
    /// That of this thread, by its number in the `/proc` that is read.
    Thread(Pid),
}

/// The files that a thread which has ended loses, though they tell what all threads share.
const OF_THE_LIVING: [&str; 21] = [
    "attr/",
    "cmdline",
    "cwd",
    "environ",
    "exe",
    "fd",
    "fd/",
    "fdinfo/",
    "map_files/",
    "maps",
    "mountinfo",
    "mounts",
    "mountstats",
    "ns",
    "ns/",
    "numa_maps",
    "root",
    "smaps",
    "smaps_rollup",
    "stack",
    "statm",
];

/// In which directory the process as a whole has that file.
fn dir_of(name: &str) -> Dir {
    let is_it = |known: &&str| known.ends_with('/') && name.starts_with(*known) || *known == name;
    if OF_THE_LIVING.iter().any(is_it) {
        Dir::Living
    } else {
        Dir::Leader
    }
}

/// A file in one of the directories of a process: by what it is read, and kept in the cache.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct FileOf {
    pub(super) dir: Dir,
    pub(super) name: String,
}

impl FileOf {
    /// The file `name`, in the directory where the process as a whole has it.
    #[inline]
    pub(super) fn process(name: &str) -> Self {
        Self::at(dir_of(name), name)
    }

    /// The file `name` in that directory.
    #[inline]
    pub(super) fn at(dir: Dir, name: &str) -> Self {
        let name = name.to_owned();
        Self { dir, name }
    }

    /// Whether it is read on a thread that can be left behind, not by the calling one.
    #[inline]
    pub(super) fn is_watched(&self) -> bool {
        Name::asked(&self.name).reader() > Reader::CallingThread
    }

    /// Whether it takes the lock of the process's memory: where one of these does not answer, none
    /// does.
    #[inline]
    pub(super) fn takes_memory(&self) -> bool {
        Name::asked(&self.name).waits_for(Cause::Memory)
    }

    /// Its path in the directory of the process.
    #[inline]
    pub(super) fn path(&self) -> Numbered {
        let name = Name::asked(&self.name);
        match self.dir {
            Dir::Thread(thread) => name.of_thread(thread),
            Dir::Leader | Dir::Living => name.to_owned(),
        }
    }
}
