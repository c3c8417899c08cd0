//! What stands behind a link of a process: the kind of the file, and whether its name was removed.
//!
//! Listings and `Process` both ask here, so that they give the same words.

use std::fmt;

use crate::{
    format::pid::{DELETED, LinkKind, OpenFlags},
    sys::{Behind, Entry},
    value::Text,
};

/// What kind of file an open descriptor refers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FileKind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A character device.
    CharDevice,
    /// A block device.
    BlockDevice,
    /// A symbolic link, opened with `O_PATH` and `O_NOFOLLOW`.
    Symlink,
    /// A named pipe.
    Fifo,
    /// A pipe without a name.
    Pipe,
    /// A socket.
    Socket,
    /// An anonymous inode: eventfd, epoll, `io_uring`.
    Anonymous,
    /// Anonymous memory that is a file (`memfd_create`).
    Memfd,
    /// Memory that devices share (`dma-buf`).
    DmaBuf,
    /// A namespace.
    Namespace,
}

impl FileKind {
    /// The word for it. An anonymous inode and a namespace have the kernel's own word besides, see
    /// [`OpenDescriptor::word`](crate::OpenDescriptor::word).
    #[must_use]
    #[inline]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Directory => "dir",
            Self::CharDevice => "char",
            Self::BlockDevice => "block",
            Self::Symlink => "symlink",
            Self::Fifo => "fifo",
            Self::Pipe => "pipe",
            Self::Socket => "socket",
            Self::Anonymous => "anon",
            Self::Memfd => "memfd",
            Self::DmaBuf => "dmabuf",
            Self::Namespace => "namespace",
        }
    }

    /// Whether such a file has a size that means something: those of devices, pipes and sockets are 0.
    pub(crate) const fn has_size(self) -> bool {
        matches!(
            self,
            Self::File | Self::Directory | Self::Symlink | Self::Memfd
        )
    }

    /// Whether the file has more to tell than where its link leads.
    pub(super) fn is_to_be_asked(link: &[u8]) -> bool {
        matches!(Self::of_link(link), None | Some(Self::Memfd))
    }

    /// What is told by where a link leads: nothing of a path.
    pub(crate) fn of_link(link: &[u8]) -> Option<Self> {
        match LinkKind::of(link) {
            LinkKind::Memory => Some(Self::Memfd),
            LinkKind::DmaBuf => Some(Self::DmaBuf),
            LinkKind::Inode(b"socket", _) => Some(Self::Socket),
            LinkKind::Inode(b"pipe", _) => Some(Self::Pipe),
            LinkKind::Inode(
                b"cgroup" | b"ipc" | b"mnt" | b"net" | b"pid" | b"time" | b"user" | b"uts",
                _,
            ) => Some(Self::Namespace),
            // An inode of its own has `pidfd:[7]` of Linux 6.9, and whatever comes.
            LinkKind::Anonymous(_) | LinkKind::Inode(..) => Some(Self::Anonymous),
            LinkKind::Other => None,
        }
    }

    /// What is known of the file behind `link`: by the link, by the file itself, or by the flags
    /// with which it was opened. Nothing is guessed by where a path lies.
    pub(super) fn of(
        link: &[u8],
        behind: Option<Behind>,
        flags: Option<OpenFlags>,
    ) -> Option<Self> {
        match Self::of_link(link) {
            // Such memory has no name. What has one is a file in somebody's root directory.
            Some(Self::Memfd) if behind.is_some_and(|behind| behind.names > 0) => (),
            Some(told) => return Some(told),
            None => (),
        }
        match behind {
            Some(behind) => match behind.kind? {
                Entry::File => Some(Self::File),
                Entry::Directory => Some(Self::Directory),
                Entry::CharacterDevice => Some(Self::CharDevice),
                Entry::BlockDevice => Some(Self::BlockDevice),
                Entry::Symlink => Some(Self::Symlink),
                Entry::Fifo => Some(Self::Fifo),
                Entry::Socket => Some(Self::Socket),
            },
            None => flags?.is_of_directory().then_some(Self::Directory),
        }
    }

    /// The word for it: of an anonymous inode and a namespace the kernel's own, by its `link`.
    pub(crate) fn word(self, link: &[u8]) -> Text {
        match (self, LinkKind::of(link)) {
            (
                Self::Anonymous | Self::Namespace,
                LinkKind::Anonymous(name) | LinkKind::Inode(name, _),
            ) => Text::from(name),
            _ => Text::word(self.as_str()),
        }
    }
}

impl fmt::Display for FileKind {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// `link` without what the kernel adds to a name that was removed, and whether it was.
///
/// A file may itself be called `x (deleted)`, and a file whose name was removed may have another. So
/// one that is called so is believed to be removed if it has no name left at all. Where it has one,
/// which of the two is the case cannot be told without looking for the path in the process's own
/// mounts, where nothing is asked for. A directory has one name alone, and more links than one only
/// by those in it.
pub(crate) fn undeleted(link: &[u8], behind: Option<Behind>) -> (&[u8], Option<bool>) {
    let Some(path) = link.strip_suffix(DELETED) else {
        let has_no_name = link.is_empty() && behind.is_none_or(|behind| behind.names > 0);
        return (link, (!has_no_name).then_some(link.is_empty()));
    };
    match behind {
        Some(Behind { names: 0, .. }) => (path, Some(true)),
        Some(Behind {
            kind: Some(Entry::Directory),
            names: 2..,
            ..
        }) => (link, Some(false)),
        _ => (link, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn behind(kind: Entry, names: u32) -> Behind {
        Behind {
            kind: Some(kind),
            names,
            device: (0, 1),
            size: Some(0),
            owner: Some(0),
        }
    }

    #[test]
    fn a_file_may_be_called_deleted_and_a_removed_one_may_have_another_name() {
        let gone = &b"/a (deleted)"[..];
        for (link, behind, path, deleted) in [
            (gone, Some(behind(Entry::File, 0)), &b"/a"[..], Some(true)),
            (gone, Some(behind(Entry::File, 1)), gone, None),
            (gone, Some(behind(Entry::File, 2)), gone, None),
            (gone, Some(behind(Entry::Directory, 2)), gone, Some(false)),
            // A directory of an overlay has one link, whether it is there or not.
            (gone, Some(behind(Entry::Directory, 1)), gone, None),
            (gone, Some(behind(Entry::Directory, 0)), b"/a", Some(true)),
            (gone, None, gone, None),
            (b"/a", Some(behind(Entry::File, 1)), b"/a", Some(false)),
            (b"/a", None, b"/a", Some(false)),
            (b"pipe:[7]", None, b"pipe:[7]", Some(false)),
            // Too long to be told.
            (b"", None, b"", None),
            (b"", Some(behind(Entry::File, 1)), b"", None),
            (b"", Some(behind(Entry::File, 0)), b"", Some(true)),
        ] {
            let shown = link.escape_ascii();
            assert_eq!(
                undeleted(link, behind),
                (path, deleted),
                "{shown} {behind:?}"
            );
        }
    }

    #[test]
    fn each_kind_has_the_kernels_word() {
        for (link, kind, word) in [
            (
                &b"anon_inode:[eventpoll]"[..],
                FileKind::Anonymous,
                "eventpoll",
            ),
            (b"anon_inode:inotify", FileKind::Anonymous, "inotify"),
            (b"pidfd:[7]", FileKind::Anonymous, "pidfd"),
            (b"pipe:[7]", FileKind::Pipe, "pipe"),
            (b"socket:[7]", FileKind::Socket, "socket"),
            (b"net:[7]", FileKind::Namespace, "net"),
            (b"/memfd:a (deleted)", FileKind::Memfd, "memfd"),
            (b"/dmabuf:", FileKind::DmaBuf, "dmabuf"),
        ] {
            let told = FileKind::of(link, None, None);
            assert_eq!(told, Some(kind));
            assert_eq!(kind.word(link).as_str(), Some(word));
        }
        for (entry, word) in [
            (Entry::File, "file"),
            (Entry::Directory, "dir"),
            (Entry::CharacterDevice, "char"),
            (Entry::BlockDevice, "block"),
            (Entry::Symlink, "symlink"),
            (Entry::Fifo, "fifo"),
            (Entry::Socket, "socket"),
        ] {
            let told = FileKind::of(b"/dev/x", Some(behind(entry, 1)), None);
            assert_eq!(told.map(FileKind::as_str), Some(word));
        }
        let memory = b"/memfd:a (deleted)";
        let of = |names| FileKind::of(memory, Some(behind(Entry::File, names)), None);
        assert_eq!(
            (of(0), of(1)),
            (Some(FileKind::Memfd), Some(FileKind::File))
        );
    }

    #[test]
    fn where_a_path_lies_says_nothing_of_its_kind() {
        let directory = OpenFlags(0o200_000);
        for (link, flags, kind) in [
            (&b"/dev/x"[..], None, None),
            (b"/tmp/x", Some(OpenFlags(0)), None),
            // A file without a name, opened with O_TMPFILE, has the flag of directories too.
            (b"/tmp/#7", Some(OpenFlags(0o20_200_000)), None),
            // Anybody may call a file so; the kernel's memory has no name that is there.
            (b"/memfd:a", None, None),
        ] {
            assert_eq!(FileKind::of(link, None, flags), kind);
        }
        if cfg!(target_arch = "x86_64") {
            let told = FileKind::of(b"/tmp", None, Some(directory));
            assert_eq!(told, Some(FileKind::Directory));
        }
    }
}
