//! What stands in the lines that kinds of descriptors add to `fdinfo`: epoll, inotify and so on.

use std::time::Duration;

use super::Dev;
use crate::{
    bytes,
    format::{Cursor, Field, Item, Maybe, ParseError, Spec, flags, record},
    value::{Fields, Value},
};

/// Flags of `open`, and how it may be read and written.
///
/// The names are those of x86, to which most architectures keep; four are others on ARM.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OpenFlags(pub u32);

/// `O_DIRECT`, `O_LARGEFILE`, `O_DIRECTORY` and `O_NOFOLLOW`.
const BY_ARCHITECTURE: [u32; 4] = if cfg!(any(target_arch = "arm", target_arch = "aarch64")) {
    [0o200_000, 0o400_000, 0o40_000, 0o100_000]
} else {
    [0o40_000, 0o100_000, 0o200_000, 0o400_000]
};

const OPEN_FLAGS: &[(u32, &str)] = &[
    (0o100, "O_CREAT"),
    (0o200, "O_EXCL"),
    (0o400, "O_NOCTTY"),
    (0o1000, "O_TRUNC"),
    (0o2000, "O_APPEND"),
    (0o4000, "O_NONBLOCK"),
    (0o10_000, "O_DSYNC"),
    (0o20_000, "O_ASYNC"),
    (BY_ARCHITECTURE[0], "O_DIRECT"),
    (BY_ARCHITECTURE[1], "O_LARGEFILE"),
    (BY_ARCHITECTURE[2], "O_DIRECTORY"),
    (BY_ARCHITECTURE[3], "O_NOFOLLOW"),
    (0o1_000_000, "O_NOATIME"),
    (0o2_000_000, "O_CLOEXEC"),
    (0o4_000_000, "O_SYNC"),
    (O_PATH, "O_PATH"),
    (O_TMPFILE, "O_TMPFILE"),
];

const O_PATH: u32 = 0o10_000_000;
/// The kernel's `__O_TMPFILE`, beside which `O_DIRECTORY` is set.
const O_TMPFILE: u32 = 0o20_000_000;

impl OpenFlags {
    /// `O_RDONLY`, `O_WRONLY` or `O_RDWR`.
    #[must_use]
    pub const fn access(self) -> &'static str {
        match self.0 & 3 {
            0 => "O_RDONLY",
            1 => "O_WRONLY",
            2 => "O_RDWR",
            // Neither, but for `ioctl`.
            _ => "O_ACCMODE",
        }
    }

    /// How it may be used, in one word: `r` to read, `w` to write, `u` to do both, `path` to do
    /// neither (`O_PATH`), `ioctl` for nothing but `ioctl` (both bits of the access).
    #[must_use]
    pub const fn mode(self) -> &'static str {
        match self.0 & 3 {
            _ if self.0 & O_PATH != 0 => "path",
            0 => "r",
            1 => "w",
            2 => "u",
            _ => "ioctl",
        }
    }

    /// Whether it was opened as a directory, which nothing else can be.
    pub(crate) const fn is_of_directory(self) -> bool {
        self.0 & BY_ARCHITECTURE[2] != 0 && self.0 & O_TMPFILE == 0
    }

    /// The access, and what those bits are called that are set; one without a name is left out.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        let flags = OPEN_FLAGS
            .iter()
            .filter(move |(bit, _)| self.0 & bit == *bit);
        std::iter::once(self.access()).chain(flags.map(|(_, name)| *name))
    }
}

/// The template is the number's.
impl Field for OpenFlags {
    #[inline]
    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        u32::take(cursor, spec).map(Self)
    }

    #[inline]
    fn put(&self, spec: &Spec, out: &mut Vec<u8>) {
        self.0.put(spec, out);
    }

    #[inline]
    fn value(&self, _: &Spec) -> Value {
        Value::List(self.names().map(Value::text).collect())
    }

    #[inline]
    fn describe(&self, spec: &Spec, fields: &mut Fields) {
        fields.push(spec.field, self.value(spec));
        fields.push(format!("{}_raw", spec.field), self.0.value(spec));
    }
}

record! {
    /// A descriptor that an epoll watches.
    #[derive(Copy)]
    pub struct EpollTarget {
        /// The descriptor, as it was given.
        tfd: i32 = "%8d ",
        /// What it waits for.
        events: EpollEvents = "events: %8x ",
        /// What the process wants to be told with an event.
        data: u64 = "data: %16x",
        /// Offset in the file, in bytes. Since 4.13, as are the next two.
        pos: Option<i64> = "  pos:%d",
        /// Inode of the file.
        ino: Option<u64> = " ino:%x",
        /// The file system that it is on.
        sdev: Option<Sdev> = " sdev:%x",
    }
}

flags! {
    /// What an epoll waits for, and how.
    pub struct EpollEvents(u32) {
        0x1 = "EPOLLIN",
        0x2 = "EPOLLPRI",
        0x4 = "EPOLLOUT",
        0x8 = "EPOLLERR",
        0x10 = "EPOLLHUP",
        0x20 = "EPOLLNVAL",
        0x40 = "EPOLLRDNORM",
        0x80 = "EPOLLRDBAND",
        0x100 = "EPOLLWRNORM",
        0x200 = "EPOLLWRBAND",
        0x400 = "EPOLLMSG",
        0x2000 = "EPOLLRDHUP",
        0x1000_0000 = "EPOLLEXCLUSIVE",
        0x2000_0000 = "EPOLLWAKEUP",
        0x4000_0000 = "EPOLLONESHOT",
        0x8000_0000 = "EPOLLET",
    }
}

/// A device number as the kernel itself has it: 20 bits for the minor one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sdev(u32);

impl Sdev {
    /// Its two numbers.
    #[must_use]
    pub const fn dev(self) -> Dev {
        Dev {
            major: self.0 >> 20,
            minor: self.0 & 0xf_ffff,
        }
    }
}

/// The template is `%x`.
impl Field for Sdev {
    #[inline]
    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        u32::take(cursor, spec).map(Self)
    }

    #[inline]
    fn put(&self, spec: &Spec, out: &mut Vec<u8>) {
        self.0.put(spec, out);
    }

    #[inline]
    fn value(&self, spec: &Spec) -> Value {
        self.dev().value(spec)
    }
}

impl Item for Sdev {}

flags! {
    /// How a timer was set.
    pub struct SettimeFlags(u32) {
        1 = "TFD_TIMER_ABSTIME",
        2 = "TFD_TIMER_CANCEL_ON_SET",
    }
}

/// A span of time: seconds and nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TimerTime {
    /// Seconds.
    pub secs: u64,
    /// Nanoseconds.
    pub nanos: u64,
}

impl TimerTime {
    /// All of it; nothing for more than a span can hold, which the kernel does not print.
    #[must_use]
    pub fn span(self) -> Option<Duration> {
        Duration::from_secs(self.secs).checked_add(Duration::from_nanos(self.nanos))
    }
}

const SECS: Spec = Spec::new("secs", "(%u, ");
const NANOS: Spec = Spec::new("nanos", "%u)");

impl Field for TimerTime {
    #[inline]
    fn take(cursor: &mut Cursor<'_>, _: &Spec) -> Result<Self, ParseError> {
        Ok(Self {
            secs: u64::read(cursor, &SECS)?,
            nanos: u64::read(cursor, &NANOS)?,
        })
    }

    #[inline]
    fn put(&self, _: &Spec, out: &mut Vec<u8>) {
        self.secs.write(&SECS, out);
        self.nanos.write(&NANOS, out);
    }

    #[inline]
    fn value(&self, _: &Spec) -> Value {
        self.span().map_or(Value::MISSING, Value::Duration)
    }
}

record! {
    /// A file that an inotify watches.
    pub struct InotifyWatch {
        /// Descriptor of the watch.
        wd: u32 = "wd:%x ",
        /// Inode of the file.
        ino: u64 = "ino:%x ",
        /// The file system that it is on.
        sdev: Sdev = "sdev:%x ",
        /// What is watched.
        mask: InotifyMask = "mask:%x ",
        /// Always 0.
        ignored_mask: u32 = "ignored_mask:%x",
        /// The file, as `open_by_handle_at` takes it.
        handle: MarkHandle = "%r",
    }
}

flags! {
    /// What an inotify watches.
    pub struct InotifyMask(u32) {
        0x1 = "IN_ACCESS",
        0x2 = "IN_MODIFY",
        0x4 = "IN_ATTRIB",
        0x8 = "IN_CLOSE_WRITE",
        0x10 = "IN_CLOSE_NOWRITE",
        0x20 = "IN_OPEN",
        0x40 = "IN_MOVED_FROM",
        0x80 = "IN_MOVED_TO",
        0x100 = "IN_CREATE",
        0x200 = "IN_DELETE",
        0x400 = "IN_DELETE_SELF",
        0x800 = "IN_MOVE_SELF",
    }
}

flags! {
    /// How a fanotify group was made.
    pub struct FanotifyFlags(u32) {
        0x1 = "FAN_CLOEXEC",
        0x2 = "FAN_NONBLOCK",
        0x4 = "FAN_CLASS_CONTENT",
        0x8 = "FAN_CLASS_PRE_CONTENT",
        0x10 = "FAN_UNLIMITED_QUEUE",
        0x20 = "FAN_UNLIMITED_MARKS",
        0x40 = "FAN_ENABLE_AUDIT",
        0x80 = "FAN_REPORT_PIDFD",
        0x100 = "FAN_REPORT_TID",
        0x200 = "FAN_REPORT_FID",
        0x400 = "FAN_REPORT_DIR_FID",
        0x800 = "FAN_REPORT_NAME",
        0x1000 = "FAN_REPORT_TARGET_FID",
        0x2000 = "FAN_REPORT_FD_ERROR",
        0x4000 = "FAN_REPORT_MNT",
    }
}

record! {
    /// What a fanotify group watches: a file, a mount, a file system or a mount namespace.
    pub struct FanotifyMark {
        /// Inode of a file.
        ino: Maybe<u64> = "{ino:%x }",
        /// The file system that it is on; the file system itself where there is no inode.
        sdev: Maybe<Sdev> = "{sdev:%x }",
        /// Id of a mount.
        mnt_id: Maybe<u32> = "{mnt_id:%x }",
        /// Inode of a mount namespace. Since 6.14.
        mnt_ns: Maybe<u32> = "{mnt_ns:%u }",
        /// How it is watched (`FAN_MARK_…`).
        mflags: FanotifyMarkFlags = "mflags:%x ",
        /// What is watched.
        mask: FanotifyMask = "mask:%x ",
        /// What is not told.
        ignored_mask: FanotifyMask = "ignored_mask:%x",
        /// The file, as `open_by_handle_at` takes it.
        handle: MarkHandle = "%r",
    }
}

flags! {
    /// How a fanotify group watches something.
    pub struct FanotifyMarkFlags(u32) {
        0x40 = "FAN_MARK_IGNORED_SURV_MODIFY",
        0x200 = "FAN_MARK_EVICTABLE",
        0x400 = "FAN_MARK_IGNORE",
    }
}

flags! {
    /// What a fanotify group watches, or does not.
    pub struct FanotifyMask(u64) {
        0x1 = "FAN_ACCESS",
        0x2 = "FAN_MODIFY",
        0x4 = "FAN_ATTRIB",
        0x8 = "FAN_CLOSE_WRITE",
        0x10 = "FAN_CLOSE_NOWRITE",
        0x20 = "FAN_OPEN",
        0x40 = "FAN_MOVED_FROM",
        0x80 = "FAN_MOVED_TO",
        0x100 = "FAN_CREATE",
        0x200 = "FAN_DELETE",
        0x400 = "FAN_DELETE_SELF",
        0x800 = "FAN_MOVE_SELF",
        0x1000 = "FAN_OPEN_EXEC",
        0x8000 = "FAN_FS_ERROR",
        0x1_0000 = "FAN_OPEN_PERM",
        0x2_0000 = "FAN_ACCESS_PERM",
        0x4_0000 = "FAN_OPEN_EXEC_PERM",
        0x10_0000 = "FAN_PRE_ACCESS",
        0x100_0000 = "FAN_MNT_ATTACH",
        0x200_0000 = "FAN_MNT_DETACH",
        0x800_0000 = "FAN_EVENT_ON_CHILD",
        0x1000_0000 = "FAN_RENAME",
        0x4000_0000 = "FAN_ONDIR",
    }
}

/// The file that is watched, as `open_by_handle_at` takes it; nothing where its file system
/// cannot say.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MarkHandle {
    handle: Option<FileHandle>,
    /// The blank before a handle that is missing.
    blank: bool,
}

impl MarkHandle {
    /// The handle.
    #[must_use]
    pub const fn handle(&self) -> Option<&FileHandle> {
        self.handle.as_ref()
    }
}

record! {
    /// A file by a name that lasts as long as the file does (`name_to_handle_at`).
    pub struct FileHandle {
        /// Its size, in bytes.
        bytes: u32 = "fhandle-bytes:%x ",
        /// How the file system reads it.
        kind: u32 = "fhandle-type:%x ",
        /// The handle.
        f_handle: HexBytes = "f_handle:%r",
    }
}

const HANDLE: Spec = Spec::new("handle", " %r");

impl Field for MarkHandle {
    #[inline]
    fn take(cursor: &mut Cursor<'_>, _: &Spec) -> Result<Self, ParseError> {
        let blank = cursor.rest().starts_with(b" \n");
        if blank {
            cursor.take(1);
        }
        let handle = if cursor.at_line_end() {
            None
        } else {
            Some(FileHandle::read(cursor, &HANDLE)?)
        };
        Ok(Self { handle, blank })
    }

    #[inline]
    fn put(&self, _: &Spec, out: &mut Vec<u8>) {
        if self.blank {
            out.push(b' ');
        }
        if let Some(handle) = &self.handle {
            Field::write(handle, &HANDLE, out);
        }
    }

    #[inline]
    fn value(&self, _: &Spec) -> Value {
        let handle = self.handle.as_ref();
        handle.map_or(Value::MISSING, |handle| handle.value(&HANDLE))
    }
}

/// Bytes, each as two digits in hex.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HexBytes(pub Vec<u8>);

impl Field for HexBytes {
    #[inline]
    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        let mut all = Vec::new();
        while !cursor.at_line_end() {
            let pair = cursor.rest().get(..2).unwrap_or_default();
            let (byte, len) = bytes::leading_integer::<u8, 16>(pair, true).unwrap_or_default();
            if len != 2 {
                return Err(cursor.error(spec.field, "not two digits for each byte"));
            }
            all.push(byte);
            cursor.take(2);
        }
        Ok(Self(all))
    }

    #[inline]
    fn put(&self, _: &Spec, out: &mut Vec<u8>) {
        for byte in &self.0 {
            out.extend_from_slice(format!("{byte:02x}").as_bytes());
        }
    }

    #[inline]
    fn value(&self, spec: &Spec) -> Value {
        let mut text = Vec::new();
        self.put(spec, &mut text);
        Value::text(text)
    }
}

record! {
    /// What an `io_uring` has of something.
    pub struct RingList {
        /// How many.
        count: u32 = "%u",
        /// Each of them, as far as the kernel tells.
        entries: RingEntries = "%r",
    }
}

/// Lines below a line of an `io_uring`, one for each thing or a few.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RingEntries(Vec<Vec<u8>>);

impl RingEntries {
    /// The lines, without the blanks before them.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let lines = self.0.iter().map(|line| line.trim_ascii());
        lines.filter(|line| !line.is_empty())
    }
}

/// The lines that begin with a blank, a tab or a number, and empty ones: those of large
/// completions have a newline too many.
impl Field for RingEntries {
    #[inline]
    fn take(cursor: &mut Cursor<'_>, _: &Spec) -> Result<Self, ParseError> {
        let mut lines = Vec::new();
        while let [b'\n', b' ' | b'\t' | b'\n' | b'0'..=b'9', ..] = cursor.rest() {
            cursor.take(1);
            lines.push(cursor.take_line().to_vec());
        }
        Ok(Self(lines))
    }

    #[inline]
    fn put(&self, _: &Spec, out: &mut Vec<u8>) {
        for line in &self.0 {
            out.push(b'\n');
            out.extend_from_slice(line);
        }
    }

    #[inline]
    fn value(&self, _: &Spec) -> Value {
        Value::List(self.iter().map(Value::text).collect())
    }
}

/// What the driver of a graphics device counts (`drm_show_fdinfo`): names and values, which are
/// numbers with a unit after many. The names begin with `drm-` where they mean the same for all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DrmStats(Vec<DrmStat>);

const DRM: &[u8] = b"drm-";

#[derive(Debug, Clone, PartialEq, Eq)]
struct DrmStat {
    name: Vec<u8>,
    blanks: Vec<u8>,
    value: Vec<u8>,
}

impl DrmStat {
    fn bare(&self) -> &[u8] {
        self.name.strip_prefix(DRM).unwrap_or(&self.name)
    }
}

impl DrmStats {
    /// Each name, without `drm-` if it has that, and its value.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.0.iter().map(|stat| (stat.bare(), &*stat.value))
    }
}

/// Stands after the first `drm-` and takes all lines to the end: they are the last.
impl Field for DrmStats {
    #[inline]
    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        let mut stats = Vec::new();
        loop {
            let line = cursor.rest();
            let end = bytes::find(line, b'\n').unwrap_or(line.len());
            let line = line.get(..end).unwrap_or_default();
            let Some((name, rest)) = bytes::split_once(line, b':') else {
                return Err(cursor.error(spec.field, "no name before it"));
            };
            let text = rest.iter().position(|b| !matches!(b, b' ' | b'\t'));
            let (blanks, value) = rest.split_at(text.unwrap_or(rest.len()));
            stats.push(DrmStat {
                name: name.to_vec(),
                blanks: blanks.to_vec(),
                value: value.to_vec(),
            });
            cursor.take(end);
            // The last newline is the line's own.
            if cursor.rest().len() <= 1 {
                return Ok(Self(stats));
            }
            cursor.take(1);
        }
    }

    #[inline]
    fn put(&self, _: &Spec, out: &mut Vec<u8>) {
        for (i, stat) in self.0.iter().enumerate() {
            if i > 0 {
                out.push(b'\n');
            }
            out.extend_from_slice(&stat.name);
            out.push(b':');
            out.extend_from_slice(&stat.blanks);
            out.extend_from_slice(&stat.value);
        }
    }

    #[inline]
    fn value(&self, _: &Spec) -> Value {
        let stats = self.iter().map(|(name, value)| (name, Value::text(value)));
        Value::Fields(stats.collect())
    }
}
