//! `/proc/PID/status`: a process in labelled lines.

use std::borrow::Cow;

use crate::{
    bytes,
    format::{lines, record},
};

lines! {
    /// A process in labelled lines.
    ///
    /// `/proc/PID/status` (`proc_pid_status`).
    ///
    /// The fields are the kernel's labels in snake case. `None` is a line that this kernel, this
    /// machine or this process does not have: kernel threads and zombies have no memory, so none
    /// of the lines from `VmPeak` to `HugetlbPages`. Ids of processes are those of the PID
    /// namespace that this `/proc` belongs to, ids of users those of the user namespace of whoever
    /// opened the file.
    ///
    /// [`unknown_lines`](Self::unknown_lines) has the lines of later kernels.
    inlined pub struct Status: "status" {
        /// Name as the file has it, newline and backslash escaped; [`comm`](Self::comm) is
        /// without escapes.
        name: Vec<u8> = "Name:\t%s\n",
        /// Mask of file modes. Missing before 4.7 and for a process that has ended.
        umask: Option<u32> = "Umask:\t%04o\n",
        /// Letter of the state, as in stat.
        state: u8 = "State:\t%c",
        /// The kernel's word for it, `sleeping`.
        state_text: Vec<u8> = " (%s)\n",
        /// Process id.
        tgid: u32 = "Tgid:\t%u\n",
        /// NUMA group; 0 is none. Since 3.13.
        ngid: Option<u32> = "Ngid:\t%u\n",
        /// Thread id: the process id for the first thread, whose status `/proc/PID/status` is.
        pid: u32 = "Pid:\t%u\n",
        /// Parent's id; 0 if it has none here.
        ppid: u32 = "PPid:\t%u\n",
        /// Id of the process that traces it; 0 is none.
        tracer_pid: u32 = "TracerPid:\t%u\n",
        /// User ids: real, effective, saved, of file access.
        uid: Option<[u32; 4]> = "Uid:{\t%u}\n",
        /// Group ids: real, effective, saved, of file access.
        gid: Option<[u32; 4]> = "Gid:{\t%u}\n",
        /// Slots for file descriptors that are allocated, a count.
        fd_size: Option<u32> = "FDSize:\t%u\n",
        /// Supplementary groups.
        groups: Option<Vec<u32>> = "Groups:\t%u{ } \n",
        /// Process id in each PID namespace from that of this `/proc` to its own. Since 4.1.
        ns_tgid: Option<Vec<u32>> = "NStgid:{\t%u}\n",
        /// Thread id in each of them. Since 4.1.
        ns_pid: Option<Vec<u32>> = "NSpid:{\t%u}\n",
        /// Process group in each of them; 0 where it is outside. Since 4.1.
        ns_pgid: Option<Vec<u32>> = "NSpgid:{\t%u}\n",
        /// Session in each of them; 0 where it is outside. Since 4.1.
        ns_sid: Option<Vec<u32>> = "NSsid:{\t%u}\n",
        /// 1 for a thread of the kernel's own. Not on old kernels.
        kthread: Option<u32> = "Kthread:\t%u\n",
        /// Largest address space so far, in kB.
        vm_peak: Option<u64> = "VmPeak:\t%8u kB\n",
        /// Address space, in kB.
        vm_size: Option<u64> = "VmSize:\t%8u kB\n",
        /// Locked memory, in kB.
        vm_lck: Option<u64> = "VmLck:\t%8u kB\n",
        /// Pinned memory, in kB. Since 3.2.
        vm_pin: Option<u64> = "VmPin:\t%8u kB\n",
        /// Largest resident set so far, in kB.
        vm_hwm: Option<u64> = "VmHWM:\t%8u kB\n",
        /// Resident set, in kB: the sum of the next three; fast and inexact.
        vm_rss: Option<u64> = "VmRSS:\t%8u kB\n",
        /// Resident anonymous memory, in kB. Since 4.5.
        rss_anon: Option<u64> = "RssAnon:\t%8u kB\n",
        /// Resident pages of files, in kB. Since 4.5.
        rss_file: Option<u64> = "RssFile:\t%8u kB\n",
        /// Resident shared memory, in kB. Since 4.5.
        rss_shmem: Option<u64> = "RssShmem:\t%8u kB\n",
        /// Data, in kB.
        vm_data: Option<u64> = "VmData:\t%8u kB\n",
        /// Stack, in kB.
        vm_stk: Option<u64> = "VmStk:\t%8u kB\n",
        /// The program's code, in kB.
        vm_exe: Option<u64> = "VmExe:\t%8u kB\n",
        /// Code of libraries, in kB.
        vm_lib: Option<u64> = "VmLib:\t%8u kB\n",
        /// Page tables, in kB.
        vm_pte: Option<u64> = "VmPTE:\t%8u kB\n",
        /// Second level of page tables, in kB. From 4.0 to 4.14.
        vm_pmd: Option<u64> = "VmPMD:\t%8u kB\n",
        /// Swapped out, shared memory left out, in kB. Since 2.6.34.
        vm_swap: Option<u64> = "VmSwap:\t%8u kB\n",
        /// Huge pages of hugetlbfs, in kB. Since 4.4.
        hugetlb_pages: Option<u64> = "HugetlbPages:\t%8u kB\n",
        /// 1 while a core is dumped. Since 4.15.
        core_dumping: Option<u32> = "CoreDumping:\t%u\n",
        /// 0 if transparent huge pages are switched off for it. Since 5.0.
        thp_enabled: Option<u32> = "THP_enabled:\t%u\n",
        /// Mask that takes the tag off an address. Since 6.4, on some architectures.
        untag_mask: Option<u64> = "untag_mask:\t0x%x\n",
        /// Threads, a count.
        threads: Option<u32> = "Threads:\t%u\n",
        /// Queued signals of the real user.
        sig_q: Option<SigQ> = "SigQ:\t%r\n",
        /// Signals pending for the thread: bit 0 is signal 1.
        sig_pnd: Option<u64> = "SigPnd:\t%016x\n",
        /// Signals pending for the process.
        shd_pnd: Option<u64> = "ShdPnd:\t%016x\n",
        /// Blocked signals.
        sig_blk: Option<u64> = "SigBlk:\t%016x\n",
        /// Ignored signals.
        sig_ign: Option<u64> = "SigIgn:\t%016x\n",
        /// Caught signals.
        sig_cgt: Option<u64> = "SigCgt:\t%016x\n",
        /// Inheritable capabilities: bit N is capability N.
        cap_inh: Option<u64> = "CapInh:\t%016x\n",
        /// Permitted capabilities.
        cap_prm: Option<u64> = "CapPrm:\t%016x\n",
        /// Effective capabilities.
        cap_eff: Option<u64> = "CapEff:\t%016x\n",
        /// Bounding set. Since 2.6.26.
        cap_bnd: Option<u64> = "CapBnd:\t%016x\n",
        /// Ambient capabilities. Since 4.3.
        cap_amb: Option<u64> = "CapAmb:\t%016x\n",
        /// 1 if `execve` grants nothing. Since 4.10.
        no_new_privs: Option<u32> = "NoNewPrivs:\t%u\n",
        /// Seccomp: 0 none, 1 strict, 2 filters. Since 3.8.
        seccomp: Option<u32> = "Seccomp:\t%u\n",
        /// Filters of seccomp, a count. Since 5.9.
        seccomp_filters: Option<u32> = "Seccomp_filters:\t%u\n",
        /// How it stands with speculative store bypass. Since 4.17.
        speculation_store_bypass: Option<Vec<u8>> = "Speculation_Store_Bypass:\t%s\n",
        /// How it stands with speculated indirect branches. Not on old kernels.
        speculation_indirect_branch: Option<Vec<u8>> = "SpeculationIndirectBranch:\t%s\n",
        /// CPUs that it may run on: a mask in hex, a comma after each 32 bits.
        cpus_allowed: Option<Vec<u8>> = "Cpus_allowed:\t%s\n",
        /// The same as a list, `0-3,8`. Since 2.6.26.
        cpus_allowed_list: Option<Vec<u8>> = "Cpus_allowed_list:\t%s\n",
        /// Memory nodes that it may use, as such a mask.
        mems_allowed: Option<Vec<u8>> = "Mems_allowed:\t%s\n",
        /// The same as a list. Since 2.6.26.
        mems_allowed_list: Option<Vec<u8>> = "Mems_allowed_list:\t%s\n",
        /// Features of x86 that are on, each with a blank after it. Since 6.6.
        x86_thread_features: Option<Vec<u8>> = "x86_Thread_features:\t%s\n",
        /// Those that can no longer be changed. Since 6.6.
        x86_thread_features_locked: Option<Vec<u8>> = "x86_Thread_features_locked:\t%s\n",
        /// Context switches of its own will, a count. Since 2.6.23.
        voluntary_ctxt_switches: Option<u64> = "voluntary_ctxt_switches:\t%u\n",
        /// Context switches that it was made to, a count. Since 2.6.23.
        nonvoluntary_ctxt_switches: Option<u64> = "nonvoluntary_ctxt_switches:\t%u\n",
    }
}

record! {
    /// Queued signals of a user, and how many there may be.
    #[derive(Copy)]
    pub struct SigQ {
        /// How many are queued.
        queued: u64 = "%u",
        /// The process's limit on them (`RLIMIT_SIGPENDING`); all bits set is none.
        limit: u64 = "/%u",
    }
}

impl Status {
    /// The name, without the escapes that the file has.
    #[must_use]
    pub fn comm(&self) -> Cow<'_, [u8]> {
        bytes::unescape_name(&self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::law;

    const USER: &[u8] = include_bytes!("../../../tests/fixtures/proc/user/status");
    const ODD: &[u8] = include_bytes!("../../../tests/fixtures/proc/odd_name/status");
    const ZOMBIE: &[u8] = include_bytes!("../../../tests/fixtures/proc/zombie/status");
    const KTHREADD: &[u8] = include_bytes!("../../../tests/fixtures/proc/kthreadd/status");
    const KWORKER: &[u8] = include_bytes!("../../../tests/fixtures/proc/kworker/status");
    const NESTED: &[u8] = include_bytes!("../../../tests/fixtures/proc/nested/status");

    /// `USER` with another text in the place of one.
    fn with(old: &str, new: &str) -> Vec<u8> {
        let text = str::from_utf8(USER).unwrap();
        let file = text.replacen(old, new, 1);
        assert_ne!(file, text, "{old:?} is not there");
        file.into_bytes()
    }

    #[test]
    fn lines_have_their_fields() {
        let status: Status = law::holds(USER);
        assert_eq!((&*status.name, status.state), (&b"sh"[..], b'S'));
        assert_eq!(status.state_text, b"sleeping");
        assert_eq!((status.tgid, status.umask), (status.pid, Some(0o022)));
        assert_eq!(status.uid, Some([1000, 1001, 1001, 1001]));
        assert_eq!(status.gid, Some([1000, 1001, 1001, 1001]));
        let ids: Status = law::holds(&with("Uid:\t1000\t1001\t1001\t1001", "Uid:\t1\t2\t3\t4"));
        assert_eq!(ids.uid, Some([1, 2, 3, 4]));
        assert_eq!(status.groups, Some(vec![4, 27, 1000, 4_294_967_294]));
        assert!(status.vm_rss > Some(100) && status.vm_rss <= status.vm_hwm);
        assert_eq!((status.kthread, status.threads), (Some(0), Some(1)));
        assert_eq!(
            (status.cap_eff, status.untag_mask),
            (Some(0), Some(u64::MAX))
        );
        assert_eq!((status.no_new_privs, status.seccomp), (Some(0), Some(0)));
        assert_eq!(status.sig_q.unwrap().queued, 0);
        assert_eq!(status.unknown_lines().count(), 0);
        assert_eq!(status.layout, crate::format::layout::Layout::default());
    }

    #[test]
    fn a_name_comes_without_its_escapes() {
        let status: Status = law::holds(ODD);
        assert_eq!(status.name, b"a)b (c\\n\xff\\\\");
        assert_eq!(&*status.comm(), b"a)b (c\n\xff\\");
        assert_eq!(status.groups, Some(vec![]));
    }

    #[test]
    fn a_process_has_a_pid_in_each_namespace() {
        let status: Status = law::holds(NESTED);
        assert_eq!(status.ns_pid, Some(vec![status.pid, 2, 1]));
        assert_eq!(status.ns_pid, status.ns_tgid);
        assert_eq!(status.ns_sid.unwrap()[1..], [0, 0]);
    }

    #[test]
    fn kernel_threads_and_zombies_have_no_memory() {
        for file in [KTHREADD, KWORKER, ZOMBIE] {
            let status: Status = law::holds(file);
            assert_eq!((status.vm_rss, status.vm_size), (None, None));
            assert_eq!(status.unknown_lines().count(), 0);
        }
        assert_eq!(law::holds::<Status>(KWORKER).kthread, Some(1));
        assert_eq!(law::holds::<Status>(ZOMBIE).state, b'Z');
    }

    #[test]
    fn lines_of_a_later_kernel_stay_in_their_place() {
        for (old, new) in [
            ("Tgid:", "New:\t1\nTgid:"),
            ("Name:", "First:\t1\nName:"),
            ("voluntary", "a\n \n:\nvoluntary"),
        ] {
            let status: Status = law::holds(&with(old, new));
            assert!(status.unknown_lines().count() > 0);
            assert_eq!(status.uid, Some([1000, 1001, 1001, 1001]));
        }
        let mut file = USER.to_vec();
        file.extend(b"Last:\t1\n");
        assert!(
            law::holds::<Status>(&file)
                .unknown_lines()
                .eq([b"Last:\t1"])
        );
    }

    #[test]
    fn lines_in_another_order_stay_in_it() {
        let lines: Vec<&[u8]> = USER.split_inclusive(|&b| b == b'\n').collect();
        let backwards: Vec<u8> = lines.iter().rev().copied().flatten().copied().collect();
        let status: Status = law::holds(&backwards);
        assert_eq!(status.unknown_lines().count(), 0);
        let straight: Status = law::holds(USER);
        assert_eq!((status.uid, status.vm_rss), (straight.uid, straight.vm_rss));
    }

    #[test]
    fn a_line_comes_once() {
        let error = Status::parse(&with("Tgid:", "Umask:\t0022\nTgid:")).unwrap_err();
        assert_eq!(error.to_string(), "line 4: umask: a second time");
    }

    #[test]
    fn a_required_line_is_missed_and_an_optional_one_is_not() {
        let error = Status::parse(&with("PPid:", "QPid:")).unwrap_err();
        assert!(error.to_string().ends_with(": ppid: missing"));
        assert_eq!(
            law::holds::<Status>(&with("Umask:\t0022\n", "")).umask,
            None
        );
        assert_eq!(
            Status::parse(b"").unwrap_err().to_string(),
            "line 1: name: missing"
        );
    }

    #[test]
    fn another_form_of_a_line_is_refused() {
        for (old, new, field) in [
            ("Umask:\t0022", "Umask:\t022", "umask"),
            ("Umask:\t0022", "Umask:\t00022", "umask"),
            ("(sleeping)", "(sleeping", "state_text"),
            ("State:\tS (sleeping)", "State:\t", "state"),
            ("Uid:\t1000\t1001", "Uid:\t1000 1001", "uid"),
            ("Uid:\t1000\t1001", "Uid:\t1000", "uid"),
            ("Uid:\t1000\t1001", "Uid:\t1000\t1001\t5", "uid"),
            ("4294967294 \n", "4294967294\n", "groups"),
            ("Groups:\t4 27", "Groups:\t4  27", "groups"),
            ("CapEff:\t0", "CapEff:\t", "cap_eff"),
            ("CapEff:\t0", "CapEff:\tA", "cap_eff"),
            ("VmLck:\t ", "VmLck:\t", "vm_lck"),
            ("VmLck:\t ", "VmLck:\t  ", "vm_lck"),
            ("SigQ:\t0/", "SigQ:\t0-", "limit"),
            ("Threads:\t1", "Threads:\t1.", "threads"),
        ] {
            let error = Status::parse(&with(old, new)).unwrap_err();
            assert_eq!(error.field, field, "{old:?} to {new:?}: {error}");
        }
        let open = USER.strip_suffix(b"\n").unwrap();
        assert!(Status::parse(open).is_err(), "no newline at the end");
        // It says nothing, and some kernels end files so.
        let ended: Status = law::holds(&[USER, b"\n"].concat());
        assert_eq!(ended.unknown_lines().next(), None);
        assert!(
            Status::parse(&[USER, b"New:\t1"].concat()).is_err(),
            "no newline"
        );
    }

    #[test]
    fn mutants_fail_or_come_back() {
        law::mutants::<Status>(&[USER, ODD, ZOMBIE, KTHREADD, KWORKER, NESTED], 20_000);
    }

    #[test]
    fn every_process_here_is_understood() {
        let files = law::live("status");
        assert!(!files.is_empty());
        for file in files {
            let status: Status = law::holds(&file);
            assert_eq!(status.unknown_lines().next(), None);
            assert_eq!(status.layout, crate::format::layout::Layout::default());
        }
    }
}
