//! `/proc/PID/exe`, `cwd`, `root`, `fd/FD` and other symbolic links of the kernel's.

use super::DELETED;
use crate::{
    bytes,
    format::{File, ParseError, Record},
    value::{Fields, Value},
};

/// Where a symbolic link of `/proc` leads, as `readlink` says it.
///
/// `/proc/PID/exe`, `cwd`, `root`, `fd/*`, `ns/*` and `map_files/*` (`d_path`). What has no name in
/// the file system has its kind and inode (`pipe:[4213]`), or its kind alone (`anon_inode:[eventfd]`);
/// ` (deleted)` stands after a name that is gone.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Link {
    /// The target, any bytes.
    pub target: Vec<u8>,
}

impl Link {
    /// The kind and the inode of what has no name in the file system: `socket`, `pipe`, `net`.
    #[must_use]
    pub fn kind_and_inode(&self) -> Option<(&[u8], u64)> {
        match LinkKind::of(&self.target) {
            LinkKind::Inode(kind, inode) => Some((kind, inode)),
            _ => None,
        }
    }
}

/// What the target of a link tells of what is behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LinkKind<'a> {
    /// Kind and inode of what has no name in the file system: `socket:[4213]`.
    Inode(&'a [u8], u64),
    /// What the kernel made for a call of its own: `eventfd` of `anon_inode:[eventfd]`.
    Anonymous(&'a [u8]),
    /// Memory that is a file (`memfd_create`): `/memfd:NAME (deleted)`.
    Memory,
    /// Memory that devices share: `/dmabuf:NAME`.
    DmaBuf,
    /// Nothing: a path, or a form that psgo does not know.
    Other,
}

impl<'a> LinkKind<'a> {
    pub(crate) fn of(target: &'a [u8]) -> Self {
        if let Some(name) = target.strip_prefix(b"anon_inode:") {
            let bare = name
                .strip_prefix(b"[")
                .and_then(|name| name.strip_suffix(b"]"));
            Self::Anonymous(bare.unwrap_or(name))
        } else if let Some((kind, inode)) = kind_and_inode(target) {
            Self::Inode(kind, inode)
        } else if target.starts_with(b"/memfd:") && target.ends_with(DELETED) {
            Self::Memory
        } else if target.starts_with(b"/dmabuf:") {
            Self::DmaBuf
        } else {
            Self::Other
        }
    }
}

/// What is mounted below `/dev` and holds files like any others.
const FILES_IN_DEV: [&str; 3] = ["/dev/shm/", "/dev/mqueue/", "/dev/hugepages/"];

/// Whether a path is likely that of a device, by where it lies alone: the file is not asked.
pub(crate) fn is_device_path(path: &[u8]) -> bool {
    let is_below = |dir: &&str| path.starts_with(dir.as_bytes());
    path.starts_with(b"/dev/") && !FILES_IN_DEV.iter().any(is_below)
}

fn kind_and_inode(target: &[u8]) -> Option<(&[u8], u64)> {
    // A path, and whoever named the file may have made it look like that.
    if target.starts_with(b"/") {
        return None;
    }
    let colon = bytes::find_part(target, b":[")?;
    let (kind, inode) = target.split_at_checked(colon)?;
    let inode = inode.strip_prefix(b":[")?.strip_suffix(b"]")?;
    Some((kind, bytes::decimal(inode)?))
}

impl Record for Link {
    /// Never fails: any bytes are a target.
    #[inline]
    fn parse(file: &[u8]) -> Result<Self, ParseError> {
        Ok(Self {
            target: file.to_vec(),
        })
    }

    #[inline]
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.target);
    }
}

impl File for Link {
    const PATH: &'static str = "exe";
    const ABOUT: &'static str = "Where a symbolic link leads.";
    const IS_LINK: bool = true;

    #[inline]
    fn records(&self, each: &mut dyn FnMut(Fields)) {
        each(
            [("target", Value::text(&self.target))]
                .into_iter()
                .collect(),
        );
    }

    #[inline]
    fn unknown(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::law;

    #[test]
    fn what_has_no_name_has_a_kind_and_an_inode() {
        let inode = |target: &[u8]| {
            let link: Link = law::holds(target);
            let (kind, inode) = link.kind_and_inode()?;
            Some((kind.to_vec(), inode))
        };
        assert_eq!(inode(b"socket:[4213]"), Some((b"socket".to_vec(), 4213)));
        assert_eq!(inode(b"/tmp/a:[1]b"), None);
        assert_eq!(inode(b"anon_inode:[eventfd]"), None);
    }

    #[test]
    fn what_the_kernel_made_is_known_by_its_word() {
        let targets: [(&[u8], _); 8] = [
            (b"anon_inode:[eventfd]", LinkKind::Anonymous(b"eventfd")),
            (b"anon_inode:inotify", LinkKind::Anonymous(b"inotify")),
            (b"/memfd:a (deleted)", LinkKind::Memory),
            (b"/dmabuf:", LinkKind::DmaBuf),
            (b"pipe:[7]", LinkKind::Inode(b"pipe", 7)),
            (b"/tmp/memfd:a (deleted)", LinkKind::Other),
            // A file in somebody's root directory.
            (b"/memfd:a", LinkKind::Other),
            // Anybody may call a file so.
            (b"/tmp/socket:[7]", LinkKind::Other),
        ];
        for (target, told) in targets {
            assert_eq!(LinkKind::of(target), told);
        }
    }
}
