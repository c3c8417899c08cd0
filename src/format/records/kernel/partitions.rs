//! `/proc/partitions`: the disks and their partitions.

use crate::format::{Aligned, Head, Rows, record};

record! {
    /// The disks and their partitions.
    ///
    /// `/proc/partitions` (`show_partition` of `block/genhd.c`). Those without any size, and
    /// those that the kernel hides, are left out.
    pub struct Partitions: "partitions" {
        /// The names of the columns; nothing where there is no disk.
        head: Head = "%h{major minor  #blocks  name\n}{}",
        /// The empty line under them.
        line: Head = "%h{\n}{}",
        /// The disks, the partitions of each after it.
        rows: Rows<Partition> = "{%r\n}",
    }
}

record! {
    /// A disk or a partition.
    pub struct Partition {
        /// Major number of the device.
        major: u32 = "%4d ",
        /// Minor number.
        minor: Aligned<u32> = "%d ",
        /// Size, in blocks of 1024 bytes.
        blocks: u64 = "%10u ",
        /// Name, as below `/sys/class/block`.
        name: Vec<u8> = "%s",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::law;

    const HERE: &[u8] = include_bytes!("../../../../tests/fixtures/proc/partitions");

    #[test]
    fn a_size_is_in_blocks_of_1024_bytes() {
        // `lsblk -b` beside the file: vda 254:0 274877906944.
        let partitions: Partitions = law::holds(HERE);
        let [vda] = &partitions.rows[..] else {
            panic!("{partitions:?}");
        };
        assert_eq!((vda.major, *vda.minor, &*vda.name), (254, 0, &b"vda"[..]));
        assert_eq!(vda.blocks * 1024, 274_877_906_944);
    }

    #[test]
    fn there_may_be_no_disk_and_no_head() {
        assert!(law::holds::<Partitions>(b"").rows.is_empty());
        // Made by hand after the form of Linux 2.6.18, where minor numbers were narrower.
        let file = b"major minor  #blocks  name\n\n   8     1     104391 sda1\n";
        assert_eq!(*law::holds::<Partitions>(file).rows[0].minor, 1);
        assert!(Partitions::parse(b"major minor\n").is_err());
        law::mutants::<Partitions>(&[file, HERE], 5_000);
    }
}
