//! Disks: their counters, what is mounted, how full it is.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    time::Duration,
};

use super::ratio::percent;
use crate::{
    error::{Error, ErrorKind, Result},
    format::{
        kernel::{DiskIo, Diskstats, Filesystems},
        pid::Mounts,
    },
    reader::{Space, deadline, file_system},
    sys,
    value::Text,
    view::View,
    watchdog::Patience,
};

/// The number of a device, as `stat(2)` has it in `st_rdev`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct DeviceNumber {
    /// The major number: the driver.
    pub major: u32,
    /// The minor number: which of the driver's devices.
    pub minor: u32,
}

/// The counters of a disk or a partition since boot: a row of `/proc/diskstats`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Disk {
    /// Its name: `sda`, `nvme0n1p1`.
    pub name: Text,
    /// Its device number.
    pub device: DeviceNumber,
    /// Reads that were completed.
    pub reads: u64,
    /// Writes that were completed.
    pub writes: u64,
    /// Bytes read; the kernel counts sectors of 512, whatever those of the disk are.
    pub read_bytes: u64,
    /// Bytes written.
    pub written_bytes: u64,
    /// Reads that were merged into others.
    pub merged_reads: u64,
    /// Writes that were merged into others.
    pub merged_writes: u64,
    /// The time of all reads together.
    pub read_time: Duration,
    /// The time of all writes together.
    pub write_time: Duration,
    /// The time in which any was under way.
    pub busy_time: Duration,
}

/// The counters of each disk and partition since boot: `/proc/diskstats`. Those of a disk include
/// those of its partitions.
///
/// ```
/// let view = psgo::View::host()?;
/// for disk in psgo::system::disks(&view)? {
///     println!("{}: {} bytes read", disk.name, disk.read_bytes);
/// }
/// # Ok::<(), psgo::Error>(())
/// ```
///
/// # Errors
///
/// As [`View::read`].
pub fn disks(view: &View) -> Result<Vec<Disk>> {
    let read: Diskstats = view.read()?;
    let disk = |row: &crate::format::kernel::Diskstat| {
        let mut disk = Disk {
            name: Text::from(row.name.as_slice()),
            device: DeviceNumber {
                major: row.major,
                minor: *row.minor,
            },
            reads: 0,
            writes: 0,
            read_bytes: 0,
            written_bytes: 0,
            merged_reads: 0,
            merged_writes: 0,
            read_time: Duration::ZERO,
            write_time: Duration::ZERO,
            busy_time: Duration::ZERO,
        };
        let sectors = |count: u64| count.saturating_mul(512);
        match &row.io {
            DiskIo::Disk(counts) => {
                disk.reads = counts.read_ios;
                disk.writes = counts.write_ios;
                disk.read_bytes = sectors(counts.read_sectors);
                disk.written_bytes = sectors(counts.write_sectors);
                disk.merged_reads = counts.read_merges;
                disk.merged_writes = counts.write_merges;
                disk.read_time = Duration::from_millis(counts.read_ticks);
                disk.write_time = Duration::from_millis(counts.write_ticks);
                disk.busy_time = Duration::from_millis(counts.io_ticks);
            }
            DiskIo::Partition(counts) => {
                disk.reads = counts.read_ios;
                disk.writes = counts.write_ios;
                disk.read_bytes = sectors(counts.read_sectors);
                disk.written_bytes = sectors(counts.write_sectors);
            }
        }
        disk
    };
    Ok(read.rows.iter().map(disk).collect())
}

/// A mounted file system: a row of `/proc/self/mounts`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Partition {
    /// What is mounted: a device, or the name that the file system has for it.
    pub source: Text,
    /// Where it is mounted.
    pub target: Text,
    /// The type of file system.
    pub fstype: Text,
    /// The mount options, with commas between.
    pub options: Text,
    /// Whether it is on a device, by `/proc/filesystems`; ZFS, which says no, is.
    pub is_on_device: bool,
}

/// All mounts of the mount namespace of the calling process, or of the joined process:
/// `/proc/self/mounts`. Those without a device too.
///
/// ```
/// let view = psgo::View::host()?;
/// let mounts = psgo::system::partitions(&view)?;
/// assert!(mounts.iter().any(|mount| mount.target.as_bytes() == b"/proc"));
/// # Ok::<(), psgo::Error>(())
/// ```
///
/// # Errors
///
/// As [`View::read`].
pub fn partitions(view: &View) -> Result<Vec<Partition>> {
    let mounts: Mounts = view.read_path("self/mounts")?;
    let known: Filesystems = view.read()?;
    let known = known.rows.iter().filter(|known| !known.nodev.0);
    let mut on_devices: BTreeSet<&[u8]> = known.map(|known| known.name.as_slice()).collect();
    on_devices.insert(b"zfs");
    let partition = |row: &crate::format::pid::MountsRow| {
        let has_device = on_devices.contains(row.fstype.0.as_slice());
        Partition {
            source: Text::from(row.source.name.as_slice()),
            target: Text::from(row.target.0.as_slice()),
            fstype: Text::from(row.fstype.0.as_slice()),
            options: Text::from(row.options.as_bytes()),
            is_on_device: has_device && !matches!(&row.source.name[..], b"" | b"none"),
        }
    };
    Ok(mounts.rows.iter().map(partition).collect())
}

/// How full a file system is, in bytes: `statvfs`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Usage {
    /// The size of the file system.
    pub total: u64,
    /// What is used.
    pub used: u64,
    /// What users may still use; root may use more.
    pub free: u64,
}

impl Usage {
    /// How much is used of what users may use, in percent, as `df` has it.
    #[must_use]
    pub fn percent(&self) -> f64 {
        percent(self.used, self.used.saturating_add(self.free))
    }
}

/// How full the file system is on which `path` lies; of a container, `path` begins at the root
/// directory of the joined process, and no link leads out of it.
///
/// ```
/// let view = psgo::View::host()?;
/// let usage = psgo::system::usage(&view, "/")?;
/// assert!(usage.used <= usage.total);
/// # Ok::<(), psgo::Error>(())
/// ```
///
/// # Errors
///
/// [`ErrorKind::TimedOut`] if the file system does not answer; [`ErrorKind::Absent`] in a copy of a
/// `/proc`; those of opening `path`.
pub fn usage(view: &View, path: impl AsRef<Path>) -> Result<Usage> {
    let path: PathBuf = path.as_ref().to_owned();
    let name = crate::bytes::Escaped(path.as_os_str().as_encoded_bytes()).to_string();
    if let Some(joined) = &view.0.joined {
        let space = joined.space(&path, deadline(view.patience()));
        return Ok(usage_of(space.map_err(|failure| failure.into_error(name))?));
    }
    if !view.0.proc.is_genuine() {
        let reason = "a copy of a /proc has no file systems, and this machine's are others";
        return Err(Error::new(ErrorKind::Absent, name, reason));
    }
    let mut patience = Patience::new(view.patience());
    let space = patience.wait_for(move || {
        Ok(match file_system(&path)? {
            Some(space) => space,
            None => {
                let space = sys::space(&path)?;
                Space {
                    block: space.fragment_size(),
                    blocks: space.blocks(),
                    free: space.blocks_free(),
                    available: space.blocks_available(),
                }
            }
        })
    });
    Ok(usage_of(space.map_err(|error| Error::io(name, error))?))
}

fn usage_of(space: Space) -> Usage {
    let bytes = |blocks: u64| blocks.saturating_mul(space.block);
    Usage {
        total: bytes(space.blocks),
        used: bytes(space.blocks.saturating_sub(space.free)),
        free: bytes(space.available),
    }
}
