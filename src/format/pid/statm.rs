//! `/proc/PID/statm`: the memory of a process, in pages.

use crate::format::record;

record! {
    /// The memory of a process, in pages.
    ///
    /// `/proc/PID/statm` (`proc_pid_statm`).
    ///
    /// All are 0 for a kernel thread and a zombie.
    pub struct Statm: "statm" {
        /// Address space.
        size: u64 = "%u",
        /// Resident set.
        resident: u64 = " %u",
        /// Resident pages that belong to files or are shared memory.
        shared: u64 = " %u",
        /// The program's code.
        text: u64 = " %u",
        /// Always 0 since 2.6.
        lib: u64 = " %u",
        /// Data and stack.
        data: u64 = " %u",
        /// Always 0 since 2.6.
        dt: u64 = " %u\n",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::law;

    #[test]
    fn seven_numbers_stand_in_their_order() {
        let statm: Statm = law::holds(b"1 2 3 4 5 6 7\n");
        assert_eq!((statm.size, statm.resident, statm.shared), (1, 2, 3));
        assert_eq!((statm.text, statm.lib, statm.data, statm.dt), (4, 5, 6, 7));
        for file in [
            "1 2 3 4 5 6\n",
            "1 2 3 4 5 6 7 8\n",
            "1  2 3 4 5 6 7\n",
            "1 2 3 4 5 6 7",
        ] {
            assert!(Statm::parse(file.as_bytes()).is_err(), "{file:?}");
        }
    }

    #[test]
    fn mutants_fail_or_come_back() {
        let files: &[&[u8]] = &[
            include_bytes!("../../../tests/fixtures/proc/user/statm"),
            include_bytes!("../../../tests/fixtures/proc/zombie/statm"),
            include_bytes!("../../../tests/fixtures/proc/kthreadd/statm"),
        ];
        law::mutants::<Statm>(files, 10_000);
    }

    #[test]
    fn every_process_here_is_understood() {
        for file in law::live("statm") {
            law::holds::<Statm>(&file);
        }
    }
}
