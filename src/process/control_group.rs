//! The directories of control groups, and what their files tell.

use std::os::fd::OwnedFd;

use nix::fcntl::OFlag;

use crate::{
    format::{
        Record,
        cgroup::Limit,
        pid::{CgroupRow, MountinfoRow},
    },
    sys::{self, End, Guard},
};

/// A file of a control group is never near so long.
const LIMIT: usize = 64 << 10;

/// How deep control groups are followed.
const DEEPEST: usize = 64;

/// The groups of a process, of version 1 by controller.
#[derive(Debug)]
pub(super) struct Groups {
    pub(super) memory: Option<Group>,
    pub(super) pids: Option<Group>,
    pub(super) cpu: Option<Group>,
    /// That of version 2.
    pub(super) unified: Option<Group>,
}

/// The directories of a control group in one hierarchy, from its own up.
#[derive(Debug)]
pub(super) struct Group(Vec<OwnedFd>);

impl Group {
    /// The group of `row`, where `mounts` shows its hierarchy.
    #[inline]
    pub(super) fn open(row: &CgroupRow, mounts: &[MountinfoRow]) -> Option<Self> {
        let shows = |mount: &&MountinfoRow| {
            let kind: &[u8] = &mount.fstype.0;
            if row.hierarchy == 0 {
                return kind == b"cgroup2";
            }
            let mut names = row.controllers.iter();
            kind == b"cgroup"
                && names.all(|name| mount.super_options.iter().any(|option| option == name))
        };
        let mount = mounts.iter().find(shows)?;
        // Both are as this process's cgroup namespace shows them.
        let path = below(&row.path.path, &mount.root.0)?;
        let mut at = mount.target.0.clone();
        let mut dirs = vec![sys::open_directory(&*at, OFlag::empty()).ok()?];
        for part in path.split(|&b| b == b'/').filter(|part| !part.is_empty()) {
            if part == b".." || dirs.len() >= DEEPEST {
                return None;
            }
            at.push(b'/');
            at.extend_from_slice(part);
            dirs.push(sys::open_directory(&*at, OFlag::empty()).ok()?);
        }
        dirs.reverse();
        Some(Self(dirs))
    }

    /// A file of its own.
    pub(super) fn read<T: Record>(&self, name: &str) -> Option<T> {
        read(self.0.first()?, name)
    }

    /// The least that a file tells of it and of all groups above.
    #[inline]
    pub(super) fn least(&self, name: &str) -> Option<u64> {
        let limits = self.0.iter().filter_map(|dir| read::<Limit>(dir, name));
        limits.filter_map(|limit| limit.value.number()).min()
    }

    /// The least count of processors that it and all groups above it may have.
    pub(super) fn least_cpus(&self, of: impl FnMut(&OwnedFd) -> Option<f64>) -> Option<f64> {
        self.0.iter().filter_map(of).reduce(f64::min)
    }

    #[inline]
    pub(super) fn number(&self, name: &str) -> Option<u64> {
        self.read::<Limit>(name)?.value.number()
    }
}

/// A file of one of the directories.
pub(super) fn read<T: Record>(dir: &OwnedFd, name: &str) -> Option<T> {
    let flags = OFlag::O_RDONLY | OFlag::O_NONBLOCK;
    let file = sys::open_below(dir, name, flags, Guard::Trusting).ok()?;
    let mut bytes = Vec::new();
    sys::read_to_end(file, &mut bytes, LIMIT, End::Nothing).ok()?;
    T::parse(&bytes).ok()
}

/// `path` as seen from the directory `root`, if it is below that.
#[inline]
fn below<'a>(path: &'a [u8], root: &[u8]) -> Option<&'a [u8]> {
    let root = root.strip_suffix(b"/").unwrap_or(root);
    let rest = path.strip_prefix(root)?;
    (rest.is_empty() || rest.starts_with(b"/")).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_is_found_below_what_is_mounted() {
        assert_eq!(below(b"/a/b", b"/"), Some(&b"/a/b"[..]));
        assert_eq!(below(b"/", b"/"), Some(&b"/"[..]));
        assert_eq!(below(b"/a/b", b"/a"), Some(&b"/b"[..]));
        assert_eq!(below(b"/ab", b"/a"), None);
        assert_eq!(below(b"/a", b"/a"), Some(&b""[..]));
    }
}
