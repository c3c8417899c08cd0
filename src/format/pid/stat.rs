//! `/proc/PID/stat`: a process in one line.

use crate::format::{ParseError, Rest, record};

/// `PF_KTHREAD` of the kernel's `include/linux/sched.h`.
const PF_KTHREAD: u32 = 0x0020_0000;

record! {
    /// A process in one line of 52 columns.
    ///
    /// `/proc/PID/stat` (`do_task_stat`).
    ///
    /// The names are those of proc(5), the types those by which the kernel's `do_task_stat`
    /// prints. Ids are those of the PID namespace that this `/proc` belongs to; a process outside
    /// of it is 0. Times of use are in clock ticks (`sysconf(_SC_CLK_TCK)`). `None` is a column
    /// that a kernel older than it does not have.
    ///
    /// Addresses, `wchan` and `exit_code` are 0 for a reader who may not trace the process.
    renewable pub struct Stat: "stat" {
        /// Process id.
        pid: u32 = "%d (",
        /// Name, as the process set it: at most 15 bytes, more for some kernel threads. It may
        /// hold blanks, parentheses, newlines and bytes that are not UTF-8; nothing is escaped here.
        comm: Vec<u8> = "%*s) ",
        /// Letter of the state: `R` running, `S` sleeping, `D` in a sleep that no signal ends,
        /// `T` stopped, `t` traced, `Z` zombie, `X` dead, `I` idle, `P` parked.
        state: u8 = "%c",
        /// Parent's id; 0 if it has none here.
        ppid: i32 = " %d",
        /// Process group.
        pgrp: i32 = " %d",
        /// Session.
        session: i32 = " %d",
        /// Device number of the controlling terminal; 0 is none.
        tty_nr: i32 = " %d",
        /// Foreground process group of that terminal; -1 is none.
        tpgid: i32 = " %d",
        /// `PF_…` flags of the kernel.
        flags: u32 = " %u",
        /// Page faults that needed no reading, a count.
        minflt: u64 = " %u",
        /// The same of children that were waited for.
        cminflt: u64 = " %u",
        /// Page faults that needed reading, a count.
        majflt: u64 = " %u",
        /// The same of children that were waited for.
        cmajflt: u64 = " %u",
        /// Ticks in user mode, those of a guest included.
        utime: u64 = " %u",
        /// Ticks in the kernel.
        stime: u64 = " %u",
        /// Ticks in user mode of children that were waited for.
        cutime: i64 = " %d",
        /// Ticks in the kernel of children that were waited for.
        cstime: i64 = " %d",
        /// Priority as the scheduler has it: 20 + nice, or below 0 for real time.
        priority: i64 = " %d",
        /// Nice value, from 19, the most patient, to -20.
        nice: i64 = " %d",
        /// Threads, a count; 0 once all have ended.
        num_threads: i64 = " %d",
        /// Always 0.
        itrealvalue: i64 = " %d",
        /// Ticks from boot to the start of the process.
        starttime: u64 = " %u",
        /// Address space, in bytes.
        vsize: u64 = " %u",
        /// Resident set, in pages; fast and inexact.
        rss: i64 = " %d",
        /// Soft limit of it, in bytes.
        rsslim: u64 = " %u",
        /// Address where the program's code begins; 1 if there is some but not for this reader.
        startcode: u64 = " %u",
        /// Address where it ends; 1 if there is some but not for this reader.
        endcode: u64 = " %u",
        /// Address of the stack's bottom.
        startstack: u64 = " %u",
        /// Stack pointer; 0 but for a process that is exiting or dumping core.
        kstkesp: u64 = " %u",
        /// Instruction pointer; 0 as `kstkesp`.
        kstkeip: u64 = " %u",
        /// Pending signals, the first 31; `SigPnd` of status has all.
        signal: u64 = " %u",
        /// Blocked signals, the first 31.
        blocked: u64 = " %u",
        /// Ignored signals, the first 31.
        sigignore: u64 = " %u",
        /// Caught signals, the first 31.
        sigcatch: u64 = " %u",
        /// 1 if it waits in the kernel, 0 if not; an address in old kernels.
        wchan: u64 = " %u",
        /// Always 0.
        nswap: u64 = " %u",
        /// Always 0.
        cnswap: u64 = " %u",
        /// Signal that the parent gets when it ends; -1 for a thread that is not the first.
        exit_signal: i32 = " %d",
        /// CPU that it last ran on.
        processor: i32 = " %d",
        /// Real-time priority, 1 to 99; 0 is none.
        rt_priority: u32 = " %u",
        /// Scheduling policy, a `SCHED_…` number.
        policy: u32 = " %u",
        /// Ticks waiting for block devices; 0 if the kernel does not account delays. Since 2.6.18.
        delayacct_blkio_ticks: Option<u64> = " %u",
        /// Ticks running a guest. Since 2.6.24.
        guest_time: Option<u64> = " %u",
        /// The same of children that were waited for. Since 2.6.24.
        cguest_time: Option<i64> = " %d",
        /// Address where data begins. Since 3.3, as the next two.
        start_data: Option<u64> = " %u",
        /// Address where data ends.
        end_data: Option<u64> = " %u",
        /// Address from which `brk` enlarges.
        start_brk: Option<u64> = " %u",
        /// Address where the arguments begin. Since 3.5, as all that follow.
        arg_start: Option<u64> = " %u",
        /// Address where the arguments end.
        arg_end: Option<u64> = " %u",
        /// Address where the environment begins.
        env_start: Option<u64> = " %u",
        /// Address where it ends.
        env_end: Option<u64> = " %u",
        /// How it ended, as `waitpid` tells.
        exit_code: Option<i32> = " %d",
        /// Columns that psgo does not know.
        rest: Rest = "%r\n",
    }
}

impl Stat {
    /// Understands what a listing shows: the fields up to [`vsize`](Self::vsize). Those after it,
    /// most of them addresses, are 0.
    ///
    /// # Errors
    ///
    /// As of [`parse`](crate::format::Record::parse), of those fields.
    #[doc(hidden)] // For the listing, and for those who look for what breaks it.
    pub fn parse_listed(file: &[u8]) -> Result<Self, ParseError> {
        let mut stat = Self::default();
        stat.renew_listed(file)?;
        Ok(stat)
    }

    /// The same in the place of another process's.
    ///
    /// Never inlined: all registers are for where it is in the file.
    #[inline(never)]
    pub(crate) fn renew_listed(&mut self, file: &[u8]) -> Result<(), ParseError> {
        self.renew_up_to(file, "vsize")
    }

    /// Whether it is of a first thread that has ended, while others of its process have not.
    pub(crate) fn is_leaderless(&self) -> bool {
        self.state == b'Z' && self.num_threads > 1
    }

    /// Is it a thread of the kernel's own?
    #[must_use]
    pub fn is_kernel_thread(&self) -> bool {
        self.flags & PF_KTHREAD != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::law;

    const USER: &[u8] = include_bytes!("../../../tests/fixtures/proc/user/stat");
    const ODD: &[u8] = include_bytes!("../../../tests/fixtures/proc/odd_name/stat");
    const ZOMBIE: &[u8] = include_bytes!("../../../tests/fixtures/proc/zombie/stat");
    const KTHREADD: &[u8] = include_bytes!("../../../tests/fixtures/proc/kthreadd/stat");
    const KWORKER: &[u8] = include_bytes!("../../../tests/fixtures/proc/kworker/stat");
    const NESTED: &[u8] = include_bytes!("../../../tests/fixtures/proc/nested/stat");

    #[test]
    fn every_column_has_its_field() {
        let columns: Vec<String> = (4..=52).map(|n| n.to_string()).collect();
        let file = format!("1 (x) S {}\n", columns.join(" "));
        let stat: Stat = law::holds(file.as_bytes());
        assert_eq!((stat.pid, stat.state, stat.ppid), (1, b'S', 4));
        assert_eq!((stat.tty_nr, stat.flags, stat.minflt), (7, 9, 10));
        assert_eq!((stat.utime, stat.stime, stat.priority), (14, 15, 18));
        assert_eq!((stat.starttime, stat.vsize, stat.rss), (22, 23, 24));
        assert_eq!((stat.processor, stat.policy), (39, 41));
        assert_eq!((stat.start_data, stat.exit_code), (Some(45), Some(52)));
    }

    #[test]
    fn a_name_may_hold_parentheses() {
        let stat: Stat = law::holds(ODD);
        assert_eq!(stat.comm, b"a)b (c\n\xff\\");
        assert_eq!(stat.state, b'S');
        let stat: Stat = law::holds(b"1 () S (x) R 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 33 34 35 36 37 38\n");
        assert_eq!(stat.comm, b") S (x");
        assert_eq!(stat.delayacct_blkio_ticks, None);
    }

    #[test]
    fn a_kernel_thread_says_so() {
        assert!(law::holds::<Stat>(KTHREADD).is_kernel_thread());
        let worker: Stat = law::holds(KWORKER);
        assert!(worker.is_kernel_thread());
        assert_eq!(worker.comm, b"kworker/R-kvfree_rcu_reclaim");
        assert_eq!(worker.nice, -20);
        assert!(!law::holds::<Stat>(USER).is_kernel_thread());
    }

    #[test]
    fn a_zombie_has_a_state_and_an_exit_code() {
        assert_eq!(law::holds::<Stat>(ZOMBIE).state, b'Z');
        assert_eq!(law::holds::<Stat>(ZOMBIE).exit_code, Some(0));
    }

    #[test]
    fn columns_of_a_later_kernel_are_kept() {
        let mut file = USER.strip_suffix(b"\n").unwrap().to_vec();
        file.extend(b" 7  new\n");
        assert_eq!(law::holds::<Stat>(&file).rest.as_bytes(), b" 7  new");
        assert!(law::holds::<Stat>(USER).rest.is_empty());
        let file = [USER.strip_suffix(b"\n").unwrap(), b",7\n"].concat();
        let error = Stat::parse(&file).unwrap_err();
        assert_eq!(error.to_string(), "line 1: rest: no blank before it");
    }

    #[test]
    fn columns_that_an_old_kernel_lacks_are_none() {
        let text = str::from_utf8(USER).unwrap();
        let columns: Vec<&str> = text.trim_end().split(' ').collect();
        let file = format!("{}\n", columns[..44].join(" "));
        let stat: Stat = law::holds(file.as_bytes());
        assert_eq!((stat.cguest_time, stat.start_data), (Some(0), None));
        let file = format!("{}\n", columns[..40].join(" "));
        let error = Stat::parse(file.as_bytes()).unwrap_err();
        assert_eq!(error.to_string(), "line 1: policy: missing");
    }

    #[test]
    fn an_error_names_the_field() {
        let text = str::from_utf8(USER).unwrap();
        for (column, new, error) in [
            (13, "1x", "line 1: utime: not a number"),
            (13, "x", "line 1: utime: not a number"),
            (13, "+1", "line 1: utime: not a number"),
            (13, "01", "line 1: utime: a leading zero"),
            (13, "-1", "line 1: utime: out of range"),
            (13, "18446744073709551616", "line 1: utime: out of range"),
            (0, "-1", "line 1: pid: out of range"),
        ] {
            let mut columns: Vec<&str> = text.split(' ').collect();
            columns[column] = new;
            let found = Stat::parse(columns.join(" ").as_bytes()).unwrap_err();
            assert_eq!(found.to_string(), error);
        }
        assert!(Stat::parse(b"").is_err());
        assert!(Stat::parse(&USER[..USER.len() - 1]).is_err(), "no newline");
    }

    #[test]
    fn mutants_fail_or_come_back() {
        law::mutants::<Stat>(&[USER, ODD, ZOMBIE, KTHREADD, KWORKER, NESTED], 40_000);
    }

    #[test]
    fn every_process_here_is_understood() {
        let files = law::live("stat");
        assert!(!files.is_empty());
        for file in files {
            assert!(law::holds::<Stat>(&file).rest.is_empty());
        }
    }

    #[test]
    fn what_a_listing_shows_is_the_same_without_the_rest() {
        for file in law::live("stat") {
            let (whole, listed) = (
                Stat::parse(&file).unwrap(),
                Stat::parse_listed(&file).unwrap(),
            );
            let shown = |stat: &Stat| {
                let ids = (
                    stat.pid,
                    stat.comm.clone(),
                    stat.state,
                    stat.ppid,
                    stat.tty_nr,
                );
                (
                    ids,
                    stat.flags,
                    stat.utime,
                    stat.stime,
                    stat.starttime,
                    stat.vsize,
                )
            };
            assert_eq!(shown(&whole), shown(&listed));
            assert_eq!((listed.rsslim, listed.exit_code), (0, None));
        }
        let error = Stat::parse_listed(b"1 (a) S 1 1 1 0 -1 0 0 0 0 0 x").unwrap_err();
        assert_eq!(error.to_string(), "line 1: utime: not a number");
    }
}
