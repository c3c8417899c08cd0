//! The numbers that the joiner and the library have in common: a part of both.

// Where the joiner cannot be built, some have no use.
#![allow(dead_code)]

/// The descriptors with which the joiner is started: the socket, and the directory `/proc/PID` of
/// the joined process.
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
