//! The files of a process: whose directory each is read in, and how its read can wait.

use crate::{ids::Pid, wait::Wait};

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

/// What is known of a file of a process.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct FileEntry {
    /// Its path in the directory of the process; `*` at the end stands for any name.
    name: &'static str,
    /// Where it is read, for the process as a whole.
    pub(super) dir: Dir,
    /// How its read can wait.
    pub(super) wait: Wait,
    /// Whether it takes the lock of the process's memory (`mmap_lock`): where one of these does not
    /// answer, none does.
    pub(super) takes_memory: bool,
}

impl FileEntry {
    /// Whether it is read on a thread that can be left behind, not by the calling one.
    #[inline]
    pub(super) const fn is_watched(&self) -> bool {
        !matches!(self.wait, Wait::AtOnce)
    }

    #[inline]
    const fn new(name: &'static str, dir: Dir, wait: Wait, takes_memory: bool) -> Self {
        Self {
            name,
            dir,
            wait,
            takes_memory,
        }
    }
}

/// Makes the table: name, directory, wait, and `memory` for the lock of the memory.
macro_rules! files {
    ($($name:literal $dir:ident $wait:ident $($memory:ident)?,)*) => {
        &[$(FileEntry::new($name, Dir::$dir, Wait::$wait, files!(@ $($memory)?)),)*]
    };
    (@ memory) => { true };
    (@) => { false };
}

/// Every file of `/proc/PID` that is known, by name. The locks are those of Linux 6.12 to 6.18.
const FILES: &[FileEntry] = files! {
    "arch_status"          Leader Seldom,
    "attr/*"               Living Killable,
    "autogroup"            Leader AtOnce,
    "auxv"                 Leader Killable,
    "cgroup"               Leader AtOnce,
    "children"             Leader AtOnce,
    "cmdline"              Living Uninterruptible memory,
    "comm"                 Leader AtOnce,
    "coredump_filter"      Leader Seldom,
    "cpu_resctrl_groups"   Leader Uninterruptible,
    "cpuset"               Leader AtOnce,
    "cwd"                  Living Seldom,
    "environ"              Living Uninterruptible memory,
    "exe"                  Living Seldom,
    "fail-nth"             Leader AtOnce,
    "fd"                   Living Seldom,
    "fd/*"                 Living Seldom,
    "fdinfo/*"             Living Uninterruptible,
    "gid_map"              Leader AtOnce,
    "io"                   Leader Killable,
    "ksm_merging_pages"    Leader Seldom,
    "ksm_stat"             Leader Uninterruptible memory,
    "latency"              Leader AtOnce,
    "limits"               Leader AtOnce,
    "loginuid"             Leader AtOnce,
    "make-it-fail"         Leader AtOnce,
    "map_files/*"          Living Uninterruptible memory,
    "maps"                 Living Uninterruptible memory,
    "mountinfo"            Living Uninterruptible,
    "mounts"               Living Uninterruptible,
    "mountstats"           Living Uninterruptible,
    "net/*"                Leader Uninterruptible,
    "ns"                   Living Seldom,
    "ns/*"                 Living Seldom,
    "numa_maps"            Living Uninterruptible memory,
    "oom_adj"              Leader AtOnce,
    "oom_score"            Leader AtOnce,
    "oom_score_adj"        Leader AtOnce,
    "patch_state"          Leader AtOnce,
    "personality"          Leader Killable,
    "projid_map"           Leader AtOnce,
    "root"                 Living Seldom,
    "sched"                Leader AtOnce,
    "schedstat"            Leader AtOnce,
    "seccomp_cache"        Leader AtOnce,
    "sessionid"            Leader AtOnce,
    "setgroups"            Leader AtOnce,
    "smaps"                Living Uninterruptible memory,
    "smaps_rollup"         Living Uninterruptible memory,
    "stack"                Living Killable,
    "stack_depth"          Leader AtOnce,
    "stat"                 Leader Seldom,
    "statm"                Living Seldom,
    "status"               Leader Seldom,
    "syscall"              Living Killable,
    "task"                 Leader Seldom,
    "timens_offsets"       Leader AtOnce,
    "timers"               Leader AtOnce,
    "timerslack_ns"        Leader AtOnce,
    "uid_map"              Leader AtOnce,
    "wchan"                Living Killable,
};

/// A file of which nothing is known is taken for the worst.
const UNKNOWN: &FileEntry = &FileEntry::new("*", Dir::Leader, Wait::Uninterruptible, false);

/// The row of the file `name`.
#[inline]
pub(super) fn find(name: &str) -> &'static FileEntry {
    let dir = name.split_once('/').map(|(dir, _)| dir);
    let is_it = |file: &&FileEntry| match file.name.strip_suffix("/*") {
        Some(of_dir) => dir == Some(of_dir),
        None => file.name == name,
    };
    FILES.iter().find(is_it).unwrap_or(UNKNOWN)
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
        Self::at(find(name).dir, name)
    }

    /// The file `name` in that directory.
    #[inline]
    pub(super) fn at(dir: Dir, name: &str) -> Self {
        let name = name.to_owned();
        Self { dir, name }
    }

    /// What is known of it.
    #[inline]
    pub(super) fn row(&self) -> &'static FileEntry {
        find(&self.name)
    }

    /// Its path in the directory of the process.
    #[inline]
    pub(super) fn path(&self) -> String {
        match self.dir {
            Dir::Thread(thread) => format!("task/{thread}/{}", self.name),
            Dir::Leader | Dir::Living => self.name.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format;

    #[test]
    fn every_file_of_a_process_that_is_a_record_has_a_row() {
        for format in format::all().filter(|format| format.of_process) {
            for name in format.names {
                assert_ne!(find(name), UNKNOWN, "{name}");
            }
        }
        assert_eq!(find("net/tcp").name, "net/*");
        assert_eq!(find("attr/apparmor/current").name, "attr/*");
        assert_eq!(find("not/known"), UNKNOWN);
    }

    #[test]
    fn each_file_has_one_row_in_its_place() {
        assert!(FILES.is_sorted_by(|a, b| a.name < b.name));
    }

    #[test]
    fn what_waits_for_the_memory_is_never_read_by_the_calling_thread() {
        for file in FILES.iter().filter(|file| file.takes_memory) {
            assert_eq!(file.wait, Wait::Uninterruptible, "{}", file.name);
            assert!(file.is_watched());
        }
    }
}
