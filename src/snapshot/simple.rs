//! The files and links of a process that hold one record each and stand for themselves: a table.
//!
//! All that are needed are opened in one loop, before the first file is read, and read in another.
//! `stat`, `status`, `cmdline` and the label are not among them: their order proves that all files
//! are of one process.

use std::ffi::CStr;

use super::{
    needs::{Files, Needs},
    task::{Facts, inode_in},
};
use crate::{
    format::pid,
    view::Inner,
    wait::Wait::{self, AtOnce, Killable, Seldom},
};

/// A file or a link of a process.
pub(super) struct Simple {
    /// What it is read for.
    pub(super) need: Needs,
    /// Its name below `/proc/PID`.
    pub(super) name: &'static CStr,
    /// How its read can wait.
    pub(super) wait: Wait,
    pub(super) keep: Keep,
}

/// Takes what was read into the facts; `None` if it could not be parsed.
pub(super) enum Keep {
    /// The bytes of a file.
    File(fn(&mut Facts, &Inner, &[u8]) -> Option<()>),
    /// The target of a link.
    Link(fn(&mut Facts, Vec<u8>) -> Option<()>),
}

/// Each with the kernel's function that it can wait in.
pub(super) const SIMPLE: &[Simple] = &[
    // mmput: the last user of an address space tears it down.
    file(RSS_VSZ, c"statm", Seldom, |facts, view, bytes| {
        let statm = pid::Statm::parse(bytes).ok()?;
        facts.rss = Some(view.host.pages(statm.resident));
        facts.vsz = Some(view.host.pages(statm.size));
        Some(())
    }),
    // do_io_accounting: exec_update_lock.
    file(Needs::IO, c"io", Killable, |facts, _, bytes| {
        let io = pid::Io::parse(bytes).ok()?;
        facts.io = Some((io.read_bytes, io.write_bytes));
        Some(())
    }),
    // proc_cgroup_show: css_set_lock, a spin lock.
    file(Needs::CGROUP, c"cgroup", AtOnce, |f, _, b| {
        keep(&mut f.cgroup, pid::Cgroup::parse(b))
    }),
    // proc_pid_wchan, where the right to trace is checked: exec_update_lock.
    file(Needs::WCHAN, c"wchan", Killable, |f, _, b| {
        keep(&mut f.wchan, pid::Wchan::parse(b))
    }),
    // All links, proc_pid_readlink and proc_ns_readlink: exec_update_lock.
    link(Needs::PIDNS, c"ns/pid", |f, target| {
        set(&mut f.pidns, inode_in(&target))
    }),
    link(Needs::NETNS, c"ns/net", |f, target| {
        set(&mut f.netns, inode_in(&target))
    }),
    link(Needs::MNTNS, c"ns/mnt", |f, target| {
        set(&mut f.mntns, inode_in(&target))
    }),
    link(Needs::USERNS, c"ns/user", |f, target| {
        set(&mut f.userns, inode_in(&target))
    }),
    link(Needs::EXE, c"exe", |f, target| {
        set(&mut f.exe, Some(target))
    }),
    link(Needs::CWD, c"cwd", |f, target| {
        set(&mut f.cwd, Some(target))
    }),
];

const _: () = assert!(SIMPLE.len() <= Files::MOST_SIMPLE);

const RSS_VSZ: Needs = Needs::RSS.union(Needs::VSZ);

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
    name: &'static CStr,
    wait: Wait,
    keep: fn(&mut Facts, &Inner, &[u8]) -> Option<()>,
) -> Simple {
    Simple {
        need,
        name,
        wait,
        keep: Keep::File(keep),
    }
}

const fn link(
    need: Needs,
    name: &'static CStr,
    keep: fn(&mut Facts, Vec<u8>) -> Option<()>,
) -> Simple {
    Simple {
        need,
        name,
        wait: Killable,
        keep: Keep::Link(keep),
    }
}

impl Simple {
    pub(super) const fn is_link(&self) -> bool {
        matches!(self.keep, Keep::Link(_))
    }

    /// Its name in errors.
    pub(super) fn file(&self) -> &'static str {
        // They are all ASCII.
        self.name.to_str().unwrap_or_default()
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

/// The files whose reads can block for as long as another process likes.
pub(super) const BLOCKING: Files = OF_EXEC.union(OF_MEMORY).union(Files::FDINFO);

/// What waits for the lock of the memory (`mmap_lock`).
const OF_MEMORY: Files = Files::CMDLINE.union(Files::PLACES);

/// What waits for a process that executes a program (`exec_update_lock`), in the order of the table.
const OF_EXEC: Files = {
    let (mut files, mut index) = (Files::LABEL.union(Files::FDS), 0);
    while index < SIMPLE.len() {
        if matches!(SIMPLE[index].wait, Killable) {
            files = files.union(Files::simple(index));
        }
        index += 1;
    }
    files
};

/// The files of a process that will not answer either if `file` does not.
pub(super) fn blocked_with(file: Files) -> Files {
    let alike = [OF_MEMORY, OF_EXEC];
    let alike = alike.into_iter().find(|files| files.intersects(file));
    file | alike.unwrap_or(Files::empty())
}

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
