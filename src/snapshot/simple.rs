//! The files and links of a process that hold one record each and stand for themselves: a table.
//!
//! All that are needed are opened in one loop, before the first file is read, and read in another.
//! `stat`, `status`, `cmdline` and the label are not among them: their order proves that all files
//! are of one process.

use super::{
    needs::{Files, Needs},
    task::Facts,
};
use crate::{
    format::pid,
    namespace::inode_in,
    view::{Inner, maps_of},
    wait::{Cause, Name, process_file},
};

/// A file or a link of a process.
pub(super) struct Simple {
    /// What it is read for.
    pub(super) need: Needs,
    /// Its name below `/proc/PID`, with which it is known how its read can wait.
    pub(super) name: Name<'static>,
    pub(super) keep: Keep,
}

/// Takes what was read into the facts; `None` if it could not be parsed.
pub(super) enum Keep {
    /// The bytes of a file.
    File(fn(&mut Facts, &Inner, &[u8]) -> Option<()>),
    /// The target of a link.
    Link(fn(&mut Facts, Vec<u8>) -> Option<()>),
}

pub(super) const SIMPLE: &[Simple] = &[
    file(RSS_VSZ, process_file!("statm"), |facts, view, bytes| {
        let statm = pid::Statm::parse(bytes).ok()?;
        facts.rss = Some(view.host.pages(statm.resident));
        facts.vsz = Some(view.host.pages(statm.size));
        Some(())
    }),
    file(Needs::IO, process_file!("io"), |facts, _, bytes| {
        let io = pid::Io::parse(bytes).ok()?;
        facts.io = Some((io.read_bytes, io.write_bytes));
        Some(())
    }),
    file(Needs::CGROUP, process_file!("cgroup"), |f, _, b| {
        keep(&mut f.cgroup, pid::Cgroup::parse(b))
    }),
    file(Needs::UID_MAP, process_file!("uid_map"), |f, _, b| {
        let map = pid::UidMap::parse(b).ok()?;
        set(&mut f.uid_map, Some(maps_of(&map)))
    }),
    file(Needs::WCHAN, process_file!("wchan"), |f, _, b| {
        keep(&mut f.wchan, pid::Wchan::parse(b))
    }),
    link(Needs::PIDNS, process_file!("ns/pid"), |f, target| {
        set(&mut f.pidns, inode_in(&target))
    }),
    link(Needs::NETNS, process_file!("ns/net"), |f, target| {
        set(&mut f.netns, inode_in(&target))
    }),
    link(Needs::MNTNS, process_file!("ns/mnt"), |f, target| {
        set(&mut f.mntns, inode_in(&target))
    }),
    link(Needs::USERNS, process_file!("ns/user"), |f, target| {
        set(&mut f.userns, inode_in(&target))
    }),
    link(Needs::EXE, process_file!("exe"), |f, target| {
        set(&mut f.exe, Some(target))
    }),
    link(Needs::CWD, process_file!("cwd"), |f, target| {
        set(&mut f.cwd, Some(target))
    }),
];

const _: () = assert!(SIMPLE.len() <= Files::MOST_SIMPLE);

pub(super) const RSS_VSZ: Needs = Needs::RSS.union(Needs::VSZ);

/// Keeps a whole record.
fn keep<T, E>(fact: &mut Option<T>, record: Result<T, E>) -> Option<()> {
    set(fact, record.ok())
}

fn set<T>(fact: &mut Option<T>, value: Option<T>) -> Option<()> {
    *fact = Some(value?);
    Some(())
}

const fn file(
    need: Needs,
    name: Name<'static>,
    keep: fn(&mut Facts, &Inner, &[u8]) -> Option<()>,
) -> Simple {
    Simple {
        need,
        name,
        keep: Keep::File(keep),
    }
}

const fn link(
    need: Needs,
    name: Name<'static>,
    keep: fn(&mut Facts, Vec<u8>) -> Option<()>,
) -> Simple {
    Simple {
        need,
        name,
        keep: Keep::Link(keep),
    }
}

impl Simple {
    pub(super) const fn is_link(&self) -> bool {
        matches!(self.keep, Keep::Link(_))
    }

    /// Its name in errors.
    pub(super) fn file(&self) -> &'static str {
        self.name.as_str()
    }
}

/// The file that is read for a need, for the docs.
#[cfg(test)]
pub(crate) fn file_of(need: Needs) -> Option<&'static str> {
    let simple = SIMPLE.iter().find(|simple| simple.need == need)?;
    Some(simple.file())
}

/// Those that are among the `files`.
pub(super) fn among(files: Files) -> impl Iterator<Item = (usize, &'static Simple)> {
    let all = SIMPLE.iter().enumerate();
    all.filter(move |(index, _)| files.contains(Files::simple(*index)))
}

/// The files of these needs.
pub(super) fn files_for(needs: Needs) -> Files {
    let wanted = SIMPLE
        .iter()
        .enumerate()
        .filter(|(_, simple)| needs.intersects(simple.need));
    wanted.fold(Files::empty(), |files, (index, _)| {
        files | Files::simple(index)
    })
}

/// The files whose reads can block for as long as another process likes, but for `stat` and `status`,
/// without which there is no row.
pub(super) const BLOCKING: Files = OF_EXEC
    .union(OF_MEMORY)
    .union(Files::FDINFO)
    .union(Files::BEHIND)
    .union(Files::PROTOCOLS)
    .union(Files::CONTAINER)
    .union(Files::GROUPS);

/// Those that are no simple files, each with one that is read for it.
const OTHERS: [(Files, Name<'static>); 5] = [
    (Files::CMDLINE, CMDLINE),
    (Files::PLACES, process_file!("maps")),
    (Files::LABEL, LABEL),
    (Files::FDS, process_file!("fd/*")),
    (Files::FD_COUNT, process_file!("fd")),
];

/// What waits for the lock of the memory.
const OF_MEMORY: Files = that_wait_for(Cause::Memory);

/// What waits for a process that executes a program, and for nothing else of its memory's.
const OF_EXEC: Files = that_wait_for(Cause::Exec).difference(OF_MEMORY);

const fn that_wait_for(cause: Cause) -> Files {
    let (mut files, mut index) = (Files::empty(), 0);
    while index < OTHERS.len() {
        let (file, name) = OTHERS[index];
        if name.waits_for(cause) {
            files = files.union(file);
        }
        index += 1;
    }
    index = 0;
    while index < SIMPLE.len() {
        if SIMPLE[index].name.waits_for(cause) {
            files = files.union(Files::simple(index));
        }
        index += 1;
    }
    files
}

/// The files of a process that will not answer either if `file` does not.
pub(super) fn blocked_with(file: Files) -> Files {
    let alike = [OF_MEMORY, OF_EXEC];
    let alike = alike.into_iter().find(|files| files.intersects(file));
    file | alike.unwrap_or(Files::empty())
}

/// The files of a process that do not answer if the file `name` does not.
pub(super) fn files_that_wait_as(name: Name<'_>) -> Files {
    if name.waits_for(Cause::Memory) {
        OF_MEMORY
    } else if name.waits_for(Cause::Epoll) {
        Files::FDINFO
    } else {
        Files::empty()
    }
}

// The files that are read by hand.
pub(super) const STAT: Name<'static> = process_file!("stat");
pub(super) const STATUS: Name<'static> = process_file!("status");
pub(super) const CMDLINE: Name<'static> = process_file!("cmdline");
pub(super) const CMDLINE_BY_A_THREAD: Name<'static> = CMDLINE.by_a_thread();
pub(super) const LABEL: Name<'static> = process_file!("attr/current");
pub(super) const SECOND_LABEL: Name<'static> = process_file!("attr/apparmor/current");

/// All links.
pub(super) const LINKS: Files = {
    let (mut links, mut index) = (Files::empty(), 0);
    while index < SIMPLE.len() {
        if SIMPLE[index].is_link() {
            links = links.union(Files::simple(index));
        }
        index += 1;
    }
    links
};
