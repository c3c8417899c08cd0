//! The numbers that the program and the library have in common: a part of both.

// Where the program cannot be built, some have no use.
#![allow(dead_code)]

/// The descriptors with which the program is started: the socket, and for the joiner the directory
/// `/proc/PID` of the joined process.
pub(crate) const SOCKET: usize = 3;
pub(crate) const PROCESS: usize = 4;

/// The head of a message: about what, what it says, and how many bytes follow.
pub(crate) const HEAD: usize = 12;
/// No more bytes follow than these.
pub(crate) const LONGEST: usize = 16 << 10;

/// What a message is about.
pub(crate) const USERS: u32 = 1;
pub(crate) const GROUPS: u32 = 2;
pub(crate) const SPACE: u32 = 3;

/// What a message says, unless it is an error number: some bytes, and there is more to come.
pub(crate) const PIECE: u32 = 0;
/// That was all.
pub(crate) const COMPLETE: u32 = u32::MAX;
/// Another joiner holds the lock of the mount namespace.
pub(crate) const WAITS: u32 = u32::MAX - 1;
/// It is no regular file, or one of the kernel's own.
pub(crate) const NO_FILE: u32 = u32::MAX - 2;

/// A file of names larger than this is not one.
pub(crate) const LIMIT: usize = 4 << 20;

/// The name with which the reader is started; the joiner has another.
pub(crate) const READER: &core::ffi::CStr = c"psgo-read";
/// The name of the joiner that makes a socket in a network namespace.
pub(crate) const NETWORK: &core::ffi::CStr = c"psgo-net";

/// A request to the reader: what is asked, how many bytes of paths follow, how far the paths may lead
/// (see `openat2`), how much of each file is wanted, and how they are read: [`LESS`], [`ONE`], [`BELOW`]. With it
/// comes the directory in which the paths begin, if they do not begin at the root directory.
/// With [`BELOW`] the first path is a directory, in which the others begin.
pub(crate) type Request = [u64; 5];

/// A file ends where a read gives less than was asked for.
pub(crate) const LESS: u64 = 1;
/// The files are read with the lock of the directory of the first of them, so that no other reads there
/// meanwhile.
pub(crate) const ONE: u64 = 2;

/// The first path is a directory, as if the one that came with the request were `/`; the others begin
/// there.
pub(crate) const BELOW: u64 = 4;

/// What is asked of the reader, of each path.
pub(crate) const READ: u64 = 1;
/// Where a link points.
pub(crate) const LINK: u64 = 2;
/// The kernel's `struct statx` of what a link stands for.
pub(crate) const BEHIND: u64 = 3;
/// The kernel's `struct statfs` of the file system of a path.
pub(crate) const FILE_SYSTEM: u64 = 4;
/// What a socket of netlink that comes in the place of the directory answers to a message, up to the end of
/// its dump; the message stands in hexadecimal digits for a path.
pub(crate) const DIAG: u64 = 6;
/// To give up all capabilities but those in the mask that stands for the limit; there is no path.
pub(crate) const CAPABILITIES: u64 = 5;

/// The inode of the directory of a process, and a file of it: `PID/NAME`. The inode, eight bytes, is
/// told of the directory while the file is open, so that both are of one process if the file can be
/// read then.
pub(crate) const READ_OF: u64 = 7;

/// The owner of a regular file, four bytes, and what is in it.
pub(crate) const READ_OWNED: u64 = 8;
/// The owner of a directory, four bytes, and what it has as `getdents64` tells it.
pub(crate) const NAMES: u64 = 9;

/// Of the paths: wherever they lead.
pub(crate) const ANYWHERE: u64 = u64::MAX;

/// The paths of a request take no more bytes, each with a NUL at its end.
pub(crate) const PATHS: usize = 16 << 10;

/// Before each part of an answer: what it says, as in a message of the joiner's, and how many bytes
/// follow. The last part of an answer to a path has no bytes.
pub(crate) type Part = [u32; 2];
