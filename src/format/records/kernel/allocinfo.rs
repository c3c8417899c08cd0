//! `/proc/allocinfo`: who in the kernel has how much memory.

use crate::format::{Head, Rows, Tags, record};

record! {
    /// Who in the kernel has how much memory.
    ///
    /// `/proc/allocinfo` (`allocinfo_show`), since 6.10, where the kernel counts that.
    pub struct Allocinfo: "allocinfo" {
        /// The version, and the names of the columns.
        head: Head = "%h{allocinfo - version: 1.0\n#     <size>  <calls> <tag info>\n}{allocinfo - version: 2.0\n#     <size>  <calls> <tag info>\n}",
        /// The places in the kernel's code.
        rows: Rows<Allocation> = "{%r\n}",
    }
}

record! {
    /// A place in the kernel's code that asks for memory.
    pub struct Allocation {
        /// How much it has, in bytes.
        size: i64 = "%12d ",
        /// In how many pieces.
        calls: u64 = "%8u ",
        /// The file.
        file: Vec<u8> = "%s:",
        /// The line in it.
        line: u32 = "%u",
        /// The function (`func`); a word without a value is the module, in brackets.
        tag: Tags = "{ %s:}",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Value, format::law};

    #[test]
    fn a_place_has_memory() {
        // Made by hand after the form of Linux 6.12; the kernel here does not count.
        let file = b"allocinfo - version: 1.0\n#     <size>  <calls> <tag info>\n        4096        1 mm/slub.c:2180 func:alloc_slab_page \n       -4096        0 fs/ext4/super.c:12 [ext4] func:ext4_init\n";
        let info: Allocinfo = law::holds(file);
        let [first, second] = info.rows.as_slice() else {
            panic!()
        };
        assert_eq!(
            (first.size, first.line, &*first.file),
            (4096, 2180, &b"mm/slub.c"[..])
        );
        assert_eq!(
            first.fields().find("func"),
            Some(&Value::text("alloc_slab_page"))
        );
        assert!(second.tag.flags().eq([b"[ext4]"]));
        law::mutants::<Allocinfo>(&[file], 5_000);
    }
}
