//! `/proc/diskstats`: what each disk and partition has done.

use crate::{
    Value,
    format::{Aligned, Cursor, Field, ParseError, Rest, Rows, Spec, record},
    value::Fields,
};

record! {
    /// What each disk and partition has done since boot.
    ///
    /// `/proc/diskstats` (`diskstats_show` of `block/genhd.c`), with the words of the kernel's
    /// `Documentation/block/stat.rst`. Sectors are of 512 bytes, whatever the disk's are.
    pub struct Diskstats: "diskstats" {
        /// The disks, the partitions of each after it.
        rows: Rows<Diskstat> = "{%r\n}",
    }
}

record! {
    /// What one disk or partition has done.
    pub struct Diskstat {
        /// Major number of the device.
        major: u32 = "%4d ",
        /// Minor number.
        minor: Aligned<u32> = "%d ",
        /// Name, as below `/sys/block`.
        name: Vec<u8> = "%s ",
        /// What it has done.
        io: DiskIo = "%r",
    }
}

/// What a disk has done, or what kernels before 2.6.25 counted of a partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DiskIo {
    /// All that the kernel counts.
    Disk(DiskCounts),
    /// Four columns.
    Partition(PartitionCounts),
}

record! {
    /// What a disk has done. Times are in milliseconds and may wrap around at 2^32.
    pub struct DiskCounts {
        /// Reads that were completed.
        read_ios: u64 = "%u ",
        /// Reads that were made one with another.
        read_merges: u64 = "%u ",
        /// Sectors read.
        read_sectors: u64 = "%u ",
        /// Time of all reads together, in ms.
        read_ticks: u64 = "%u ",
        /// Writes that were completed.
        write_ios: u64 = "%u ",
        /// Writes that were made one with another.
        write_merges: u64 = "%u ",
        /// Sectors written.
        write_sectors: u64 = "%u ",
        /// Time of all writes together, in ms.
        write_ticks: u64 = "%u ",
        /// Requests that wait or run, a count of now.
        in_flight: u64 = "%u ",
        /// Time in which there was any request, in ms.
        io_ticks: u64 = "%u ",
        /// Time of all requests together, in ms.
        time_in_queue: u64 = "%u",
        /// Discards that were completed. Since 4.18, as the next three.
        discard_ios: Option<u64> = " %u",
        /// Discards that were made one with another.
        discard_merges: Option<u64> = " %u",
        /// Sectors discarded.
        discard_sectors: Option<u64> = " %u",
        /// Time of all discards together, in ms.
        discard_ticks: Option<u64> = " %u",
        /// Flushes that were completed. Since 5.5, as the next one; 0 for a partition.
        flush_ios: Option<u64> = " %u",
        /// Time of all flushes together, in ms.
        flush_ticks: Option<u64> = " %u",
        /// Columns that psgo does not know.
        rest: Rest = "%r",
    }
}

record! {
    /// What kernels before 2.6.25 counted of a partition: requests as they were made, before any
    /// became one with another.
    pub struct PartitionCounts {
        /// Reads.
        read_ios: u64 = "%u ",
        /// Sectors to read.
        read_sectors: u64 = "%u ",
        /// Writes.
        write_ios: u64 = "%u ",
        /// Sectors to write.
        write_sectors: u64 = "%u",
    }
}

impl Default for DiskIo {
    fn default() -> Self {
        Self::Disk(DiskCounts::default())
    }
}

impl Field for DiskIo {
    #[inline]
    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        let line = cursor.rest().split(|&b| b == b'\n').next();
        let blanks = line.into_iter().flatten().filter(|&&b| b == b' ');
        if blanks.take(4).count() == 3 {
            PartitionCounts::take(cursor, spec).map(Self::Partition)
        } else {
            DiskCounts::take(cursor, spec).map(Self::Disk)
        }
    }

    #[inline]
    fn put(&self, spec: &Spec, out: &mut Vec<u8>) {
        match self {
            Self::Disk(counts) => counts.put(spec, out),
            Self::Partition(counts) => counts.put(spec, out),
        }
    }

    #[inline]
    fn value(&self, _: &Spec) -> Value {
        Value::Fields(match self {
            Self::Disk(counts) => counts.fields(),
            Self::Partition(counts) => counts.fields(),
        })
    }

    /// Each count under its own name.
    #[inline]
    fn describe(&self, spec: &Spec, fields: &mut Fields) {
        if let Value::Fields(counts) = self.value(spec) {
            for (name, count) in counts {
                fields.push(name, count);
            }
        }
    }

    #[inline]
    fn unknown(&self) -> bool {
        match self {
            Self::Disk(counts) => counts.unknown(),
            Self::Partition(counts) => counts.unknown(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::law;

    const HERE: &[u8] = include_bytes!("../../../tests/fixtures/proc/diskstats");

    #[test]
    fn a_disk_has_the_counts_that_sysfs_has() {
        // The same numbers are in /sys/block/NAME/stat, which has no other column.
        let diskstats: Diskstats = law::holds(&std::fs::read("/proc/diskstats").unwrap());
        let mut compared = 0;
        for disk in &diskstats.rows {
            let dir = format!("/sys/block/{}", disk.name.escape_ascii());
            let Ok(stat) = std::fs::read_to_string(format!("{dir}/stat")) else {
                continue;
            };
            let stat: Vec<u64> = stat
                .split_whitespace()
                .map(|n| n.parse().unwrap())
                .collect();
            let DiskIo::Disk(io) = &disk.io else {
                panic!("{disk:?}");
            };
            // A moment lies between the two: what is counted has only grown.
            let near = |ours: u64, theirs: u64| theirs >= ours && theirs - ours < 1_000_000;
            for (ours, at) in [
                (io.read_ios, 0),
                (io.read_sectors, 2),
                (io.write_ios, 4),
                (io.write_sectors, 6),
                (io.io_ticks, 9),
                (io.discard_sectors.unwrap_or(0), 13),
                (io.flush_ticks.unwrap_or(0), 16),
            ] {
                assert!(
                    near(ours, stat.get(at).copied().unwrap_or(0)),
                    "{at}: {disk:?} {stat:?}"
                );
            }
            let dev = std::fs::read_to_string(format!("{dir}/dev")).unwrap();
            assert_eq!(dev.trim(), format!("{}:{}", disk.major, *disk.minor));
            compared += 1;
        }
        assert!(compared > 0, "no disk here");
    }

    #[test]
    fn each_kernel_has_its_columns() {
        let diskstats: Diskstats = law::holds(HERE);
        let vda = diskstats
            .rows
            .iter()
            .find(|row| row.name == b"vda")
            .unwrap();
        let fields = vda.fields();
        assert_eq!(fields.find("read_ios"), Some(&Value::Int(862_063)));
        assert_eq!(fields.find("time_in_queue"), Some(&Value::Int(1_724_990)));
        assert_eq!(fields.find("discard_ios"), Some(&Value::Int(273_103)));
        assert_eq!(fields.find("flush_ticks"), Some(&Value::Int(8409)));
        // Made by hand after the forms of Linux 4.14, 4.19 and 2.6.18, and of one to come.
        let file =
            b"   8       0 sda 1 2 3 4 5 6 7 8 9 10 11\n   8       0 sda 1 2 3 4 5 6 7 8 9 10 \
                     11 12 13 14 15\n   8    1 sda1 1 2 3 4\n   8       0 sda 1 2 3 4 5 6 7 8 9 10 \
                     11 12 13 14 15 16 17 18 19\n";
        let diskstats: Diskstats = law::holds(file);
        let find = |row: usize, name| diskstats.rows[row].fields().find(name).cloned();
        assert_eq!(find(0, "discard_ios"), Some(Value::MISSING));
        assert_eq!(find(1, "discard_ticks"), Some(Value::Int(15)));
        assert_eq!(find(1, "flush_ios"), Some(Value::MISSING));
        assert_eq!(find(2, "write_ios"), Some(Value::Int(3)));
        assert_eq!(find(2, "read_merges"), None);
        let unknown: Vec<bool> = diskstats.rows.iter().map(Field::unknown).collect();
        assert_eq!(unknown, [false, false, false, true]);
        assert!(Diskstats::parse(b"   8       0 sda 1 2 3 4 5\n").is_err());
        law::mutants::<Diskstats>(&[file], 5_000);
    }
}
