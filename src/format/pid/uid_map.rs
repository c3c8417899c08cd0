//! `/proc/PID/uid_map`, `gid_map`, `projid_map`: which ids of a user namespace are which outside.

use crate::format::{Rows, record};

record! {
    /// Which ids of a user namespace are which outside.
    ///
    /// `/proc/PID/uid_map`, and `gid_map` and `projid_map`, which have its form (`m_show` of
    /// `kernel/user_namespace.c`).
    ///
    /// Without a row the namespace is not mapped yet: every id in it is the overflow id. That is
    /// not the same as a missing file, which is a kernel without user namespaces.
    pub struct UidMap: "uid_map" {
        /// The ranges, in the order in which they were written.
        rows: Rows<UidMapRow> = "{%r}",
    }
}

record! {
    /// One range of ids.
    #[derive(Copy)]
    pub struct UidMapRow {
        /// First id in the namespace of the process.
        inside: u32 = "%10u ",
        /// The id that it is in the namespace of whoever opened the file, or in its parent if
        /// that is the same namespace; 4294967295 if it is none there.
        outside: u32 = "%10u ",
        /// How many ids.
        count: u32 = "%10u\n",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::law;

    const HOST: &[u8] = include_bytes!("../../../tests/fixtures/proc/user/uid_map");
    const THREE: &[u8] = include_bytes!("../../../tests/fixtures/proc/nested/uid_map_three_rows");

    #[test]
    fn the_first_namespace_maps_all_ids_to_themselves() {
        let map: UidMap = law::holds(HOST);
        let all = UidMapRow {
            inside: 0,
            outside: 0,
            count: u32::MAX,
        };
        assert_eq!(*map.rows, [all]);
    }

    #[test]
    fn ranges_stand_in_rows() {
        let map: UidMap = law::holds(THREE);
        let rows = map
            .rows
            .iter()
            .map(|row| (row.inside, row.outside, row.count));
        assert!(rows.eq([
            (0, 300_000, 1000),
            (1000, 500, 1),
            (4_294_967_290, 500_000, 5)
        ]));
    }

    #[test]
    fn a_map_that_is_not_written_yet_has_no_rows() {
        let unmapped = include_bytes!("../../../tests/fixtures/proc/nested/uid_map");
        assert!(law::holds::<UidMap>(unmapped).rows.is_empty());
    }

    #[test]
    fn an_error_names_its_line() {
        let file = b"         0     300000       1000\n         0       3ooo       1000\n";
        let error = UidMap::parse(file).unwrap_err();
        assert_eq!(error.to_string(), "line 2: outside: not a number");
        let error = UidMap::parse(b"0 0 4294967295\n").unwrap_err();
        assert_eq!(
            error.to_string(),
            "line 1: inside: not as wide as the kernel prints it"
        );
        assert!(UidMap::parse(b"\n").is_err());
    }

    #[test]
    fn mutants_fail_or_come_back() {
        law::mutants::<UidMap>(&[HOST, THREE], 10_000);
    }

    #[test]
    fn every_process_here_is_understood() {
        for file in ["uid_map", "gid_map", "projid_map"] {
            for file in law::live(file) {
                law::holds::<UidMap>(&file);
            }
        }
    }
}
