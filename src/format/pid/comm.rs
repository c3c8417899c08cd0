//! `/proc/PID/comm`: the name of a process.

use crate::format::record;

record! {
    /// The name of a process or a thread.
    ///
    /// `/proc/PID/comm` (`comm_show`), since 2.6.33. Unlike that of `stat` and `status` it is
    /// nothing but the name.
    pub struct Comm: "comm" {
        /// Name, as the process set it: at most 15 bytes, more for some kernel threads. It may
        /// hold any byte but NUL, newlines too; nothing is escaped.
        comm: Vec<u8> = "%*s\n",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::{law, pid::Stat};

    #[test]
    fn a_name_may_hold_anything() {
        assert_eq!(
            law::holds::<Comm>(b"a)b (c\n\xff\\\n").comm,
            b"a)b (c\n\xff\\"
        );
        assert_eq!(law::holds::<Comm>(b"\n").comm, b"");
        assert!(Comm::parse(b"sh").is_err());
        law::mutants::<Comm>(&[b"sh\n", b"a\n\n"], 500);
    }

    #[test]
    fn the_name_is_that_of_stat() {
        let task = std::path::Path::new("/proc/thread-self");
        let comm: Comm = law::holds(&std::fs::read(task.join("comm")).unwrap());
        let stat: Stat = law::holds(&std::fs::read(task.join("stat")).unwrap());
        assert_eq!(comm.comm, stat.comm);
    }

    #[test]
    fn every_process_here_is_understood() {
        for file in law::live("comm") {
            law::holds::<Comm>(&file);
        }
    }
}
