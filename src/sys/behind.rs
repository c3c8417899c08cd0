//! What a link of `/proc` stands for, without asking the server of a file system.

use std::{
    ffi::CString,
    io,
    mem::MaybeUninit,
    os::fd::{AsFd, AsRawFd},
};

use nix::{errno::Errno, fcntl::OFlag, sys::stat::SFlag};

use super::{Entry, Guard, open_below};

/// What a link of `/proc` stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Behind {
    /// Nothing where it is none of the kinds of files: an anonymous inode.
    pub(crate) kind: Option<Entry>,
    pub(crate) names: u32,
    /// The device of its file system, major and minor number.
    pub(crate) device: (u32, u32),
    /// In bytes; nothing where the file system does not know it without its server.
    pub(crate) size: Option<u64>,
    /// The user who owns it, in the user namespace of whoever asked; nothing as above.
    pub(crate) owner: Option<u32>,
}

impl Behind {
    pub(super) fn of(stat: &libc::statx) -> Self {
        let kind = match SFlag::from_bits_truncate(u32::from(stat.stx_mode)) & SFlag::S_IFMT {
            SFlag::S_IFREG => Some(Entry::File),
            SFlag::S_IFDIR => Some(Entry::Directory),
            SFlag::S_IFCHR => Some(Entry::CharacterDevice),
            SFlag::S_IFBLK => Some(Entry::BlockDevice),
            SFlag::S_IFLNK => Some(Entry::Symlink),
            SFlag::S_IFIFO => Some(Entry::Fifo),
            SFlag::S_IFSOCK => Some(Entry::Socket),
            _ => None,
        };
        let told = |bit: u32| stat.stx_mask & bit != 0;
        Self {
            kind,
            names: stat.stx_nlink,
            device: (stat.stx_dev_major, stat.stx_dev_minor),
            size: told(libc::STATX_SIZE).then_some(stat.stx_size),
            owner: told(libc::STATX_UID).then_some(stat.stx_uid),
        }
    }
}

/// What the link `path` below `dir` stands for, as far as this kernel knows it: no server of a
/// file system is asked, which may never answer.
///
/// The kernel tells the size and the owner without being asked for them. To ask would have SMB
/// wait for what is being written, in spite of the flag.
pub(crate) fn stat_behind(dir: impl AsFd, path: &str) -> io::Result<Behind> {
    let path = CString::new(path)?;
    let mut stat = MaybeUninit::<libc::statx>::zeroed();
    // SAFETY: the path is a C string, and the buffer is one statx.
    let answer = unsafe {
        libc::statx(
            dir.as_fd().as_raw_fd(),
            path.as_ptr(),
            libc::AT_STATX_DONT_SYNC | libc::AT_NO_AUTOMOUNT,
            libc::STATX_TYPE | libc::STATX_NLINK,
            stat.as_mut_ptr(),
        )
    };
    Errno::result(answer)?;
    // SAFETY: zeroed is a valid statx, and the kernel wrote over it.
    let stat = unsafe { stat.assume_init() };
    Ok(Behind::of(&stat))
}

/// The kernel's name of the protocol of the socket with that inode for which the link `path` below
/// `dir` stands (`TCP`, `NETLINK`), of whatever network namespace it is.
///
/// The socket is held while it is asked: a process could put a file in its place, whose server would
/// be asked instead. It is the one asked if it has no path, for only a file has one.
pub(crate) fn socket_protocol(dir: impl AsFd, path: &str, inode: u64) -> io::Result<Vec<u8>> {
    const LONGEST: usize = 64;
    let held = open_below(dir, path, OFlag::O_PATH, Guard::Trusting)?;
    let own = format!("/proc/self/fd/{}", held.as_raw_fd());
    let link = nix::fcntl::readlink(own.as_str())?;
    if link.as_encoded_bytes() != format!("socket:[{inode}]").as_bytes() {
        return Err(io::ErrorKind::NotFound.into());
    }
    let own = CString::new(own)?;
    let mut name = [0_u8; LONGEST];
    // SAFETY: both names are C strings, and the kernel writes at most as many bytes as there are.
    let answer = unsafe {
        libc::getxattr(
            own.as_ptr(),
            c"system.sockprotoname".as_ptr(),
            name.as_mut_ptr().cast(),
            name.len(),
        )
    };
    let answer = Errno::result(answer)?;
    let name = usize::try_from(answer).ok().and_then(|len| name.get(..len));
    let name = name.unwrap_or_default();
    Ok(name.strip_suffix(b"\0").unwrap_or(name).to_vec())
}
