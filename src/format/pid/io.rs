//! `/proc/PID/io`: what a process read and wrote.

use crate::format::lines;

lines! {
    /// What a process and its threads read and wrote.
    ///
    /// `/proc/PID/io` (`do_io_accounting`).
    ///
    /// Only who may trace the process may read it. Some kernels end it with an empty line.
    pub struct Io: "io" {
        /// Bytes that its system calls read, from wherever.
        rchar: u64 = "rchar: %u\n",
        /// Bytes that its system calls wrote, to wherever.
        wchar: u64 = "wchar: %u\n",
        /// Calls that read.
        syscr: u64 = "syscr: %u\n",
        /// Calls that wrote.
        syscw: u64 = "syscw: %u\n",
        /// Bytes fetched from storage.
        read_bytes: u64 = "read_bytes: %u\n",
        /// Bytes sent to storage.
        write_bytes: u64 = "write_bytes: %u\n",
        /// Bytes counted as sent to storage that were thrown away before, by truncating a file.
        cancelled_write_bytes: i64 = "cancelled_write_bytes: %d\n",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::law;

    const FILE: &[u8] = b"rchar: 1\nwchar: 2\nsyscr: 3\nsyscw: 4\nread_bytes: 5\nwrite_bytes: 6\n\
        cancelled_write_bytes: 7\n";

    #[test]
    fn seven_counts_stand_in_their_order() {
        let io: Io = law::holds(FILE);
        assert_eq!((io.rchar, io.wchar, io.syscr, io.syscw), (1, 2, 3, 4));
        assert_eq!(
            (io.read_bytes, io.write_bytes, io.cancelled_write_bytes),
            (5, 6, 7)
        );
    }

    #[test]
    fn an_empty_line_at_the_end_is_kept() {
        let file = [FILE, b"\n"].concat();
        let io: Io = law::holds(&file);
        assert_eq!((io.rchar, io.write_bytes), (1, 6));
        assert_eq!(io.unknown_lines().next(), None);
    }

    #[test]
    fn mutants_fail_or_come_back() {
        law::mutants::<Io>(&[FILE], 5_000);
    }

    #[test]
    fn every_process_here_is_understood() {
        for file in law::live("io") {
            law::holds::<Io>(&file);
        }
    }
}
