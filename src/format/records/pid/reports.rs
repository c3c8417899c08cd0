//! Short files of a process with a few lines: `ksm_stat`, `timens_offsets`, `seccomp_cache` and
//! others.

use crate::format::{Rows, lines, record};

lines! {
    /// What the merging of equal pages does for the process.
    ///
    /// `/proc/PID/ksm_stat` (`proc_pid_ksm_stat`), since 6.1.
    pub struct KsmStat: "ksm_stat" {
        /// Pages that were looked at, a count.
        ksm_rmap_items: Option<u64> = "ksm_rmap_items %u\n",
        /// Pages of zeros that were merged, a count. From 6.4 to 6.6.
        zero_pages_sharing: Option<u64> = "zero_pages_sharing %u\n",
        /// Pages of zeros that were merged, a count. Since 6.6.
        ksm_zero_pages: Option<i64> = "ksm_zero_pages %d\n",
        /// Pages that are merged, a count.
        ksm_merging_pages: Option<u64> = "ksm_merging_pages %u\n",
        /// Bytes that are saved, less those that it takes to know that.
        ksm_process_profit: Option<i64> = "ksm_process_profit %d\n",
        /// Is all of its memory to be merged? Since 6.13.
        ksm_merge_any: Option<bool> = "ksm_merge_any: %s\n",
        /// May any of it be merged? Since 6.13.
        ksm_mergeable: Option<bool> = "ksm_mergeable: %s\n",
    }
}

lines! {
    /// What only one architecture knows of a process.
    ///
    /// `/proc/PID/arch_status` (`proc_pid_arch_status`), since 5.3. It is empty where there is
    /// nothing to say.
    pub struct ArchStatus: "arch_status" {
        /// Milliseconds since it used AVX-512; -1 if it has not, or long ago.
        avx512_elapsed_ms: Option<i64> = "AVX512_elapsed_ms:\t%d\n",
    }
}

record! {
    /// By how much the clocks of the time namespace are ahead of the first one's.
    ///
    /// `/proc/PID/timens_offsets` (`timens_offsets_show`), since 5.6. They are those of the
    /// namespace that children will be in.
    pub struct TimensOffsets: "timens_offsets" {
        /// A clock each.
        rows: Rows<TimensOffset> = "{%r}",
    }
}

record! {
    /// By how much one clock is ahead.
    pub struct TimensOffset {
        /// `monotonic` or `boottime`; a number in 5.6.
        clock: Vec<u8> = "%-10s ",
        /// Seconds.
        secs: i64 = "%10d ",
        /// Nanoseconds, which are added to these.
        nanos: i64 = "%9d\n",
    }
}

record! {
    /// Which system calls the seccomp filters allow, whatever the arguments are.
    ///
    /// `/proc/PID/seccomp_cache` (`proc_pid_seccomp_cache`), since 5.11, on kernels with
    /// `CONFIG_SECCOMP_CACHE_DEBUG`.
    pub struct SeccompCache: "seccomp_cache" {
        /// A call each; none if the process has no filters.
        rows: Rows<SeccompCacheRow> = "{%r}",
    }
}

record! {
    /// One system call.
    pub struct SeccompCacheRow {
        /// The architecture: `x86_64`.
        arch: Vec<u8> = "%s ",
        /// Its number there.
        nr: u32 = "%d ",
        /// `ALLOW`, or `FILTER` where the filters have to look.
        status: Vec<u8> = "%s\n",
    }
}

lines! {
    /// In which groups of the resource control the process is.
    ///
    /// `/proc/PID/cpu_resctrl_groups` (`proc_resctrl_show`), since 5.6, on processors that have
    /// that. Both are empty while it is not mounted.
    pub struct CpuResctrlGroups: "cpu_resctrl_groups" {
        /// The group of resources; `/` is the first.
        res: Vec<u8> = "res:%s\n",
        /// The group that is monitored.
        mon: Vec<u8> = "mon:%s\n",
    }
}

record! {
    /// How deep the kernel's stack was when a system call ended.
    ///
    /// `/proc/PID/stack_depth` (`proc_stack_depth`), since 4.20, on kernels that erase it.
    #[derive(Copy)]
    pub struct StackDepth: "stack_depth" {
        /// Bytes, at the call before the last.
        previous: u64 = "previous stack depth: %u\n",
        /// Bytes, at the last call.
        current: u64 = "stack depth: %u\n",
    }
}

record! {
    /// Which call that can fail is to fail.
    ///
    /// `/proc/PID/fail-nth` (`proc_fail_nth_read`), since 4.13, on kernels that inject faults.
    #[derive(Copy)]
    pub struct FailNth: "fail-nth" {
        /// The number of calls until then; 0 is none.
        fail_nth: u32 = "%u\n",
    }
}

record! {
    /// Whether faults are injected into the process.
    ///
    /// `/proc/PID/make-it-fail` (`proc_fault_inject_read`), since 2.6.20, on kernels that inject
    /// faults.
    #[derive(Copy)]
    pub struct MakeItFail: "make-it-fail" {
        /// 1 if they are.
        make_it_fail: i32 = "%d\n",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::{File, law};

    fn live<T: File>() {
        for file in law::live(T::PATH) {
            assert!(!law::holds::<T>(&file).unknown());
        }
    }

    #[test]
    fn numbers_and_words_stand_beside_each_other() {
        let stat: KsmStat = law::holds(
            b"ksm_rmap_items 5\nksm_zero_pages 0\nksm_merging_pages 4\nksm_process_profit -320\n\
            ksm_merge_any: yes\nksm_mergeable: no\n",
        );
        assert_eq!(
            (stat.ksm_rmap_items, stat.ksm_process_profit),
            (Some(5), Some(-320))
        );
        assert_eq!(
            (stat.ksm_merge_any, stat.ksm_mergeable),
            (Some(true), Some(false))
        );
        live::<KsmStat>();
        let status: ArchStatus = law::holds(b"AVX512_elapsed_ms:\t-1\n");
        assert_eq!(status.avx512_elapsed_ms, Some(-1));
        law::holds::<ArchStatus>(b"");
        live::<ArchStatus>();
    }

    /// `unshare` is told what the kernel then says.
    #[test]
    fn the_clocks_are_as_far_ahead_as_was_asked_for() {
        let answer = std::process::Command::new("unshare")
            .args(["--time", "--monotonic", "-7", "--boottime", "3600"])
            .args(["cat", "/proc/self/timens_offsets"])
            .output()
            .unwrap();
        let offsets: TimensOffsets = law::holds(&answer.stdout);
        let rows = offsets
            .rows
            .iter()
            .map(|row| (&*row.clock, row.secs, row.nanos));
        assert!(
            rows.eq([(&b"monotonic"[..], -7, 0), (b"boottime", 3600, 0)]),
            "{answer:?}"
        );
        law::mutants::<TimensOffsets>(&[&answer.stdout], 1_000);
        live::<TimensOffsets>();
    }

    /// Made by hand after the forms of the kernel's functions: it has none of these here.
    #[test]
    fn what_other_kernels_have_is_known() {
        let cache: SeccompCache = law::holds(b"x86_64 0 ALLOW\nx86_64 1 FILTER\n");
        assert_eq!(
            (cache.rows[1].nr, &*cache.rows[1].status),
            (1, &b"FILTER"[..])
        );
        let groups: CpuResctrlGroups = law::holds(b"res:/\nmon:a\n");
        assert_eq!((&*groups.res, &*groups.mon), (&b"/"[..], &b"a"[..]));
        law::holds::<CpuResctrlGroups>(b"res:\nmon:\n");
        let depth: StackDepth = law::holds(b"previous stack depth: 640\nstack depth: 880\n");
        assert_eq!((depth.previous, depth.current), (640, 880));
        assert_eq!(law::holds::<FailNth>(b"2\n").fail_nth, 2);
        assert_eq!(law::holds::<MakeItFail>(b"1\n").make_it_fail, 1);
        law::mutants::<SeccompCache>(&[b"x86_64 0 ALLOW\nx86_64 1 FILTER\n"], 1_000);
    }
}
