//! `/proc/meminfo`: what the machine's memory is used for.

use crate::format::{Aligned, lines};

lines! {
    /// What the machine's memory is used for.
    ///
    /// `/proc/meminfo` (`meminfo_proc_show` of `fs/proc/meminfo.c`).
    ///
    /// The fields are the kernel's labels in snake case. `None` is a line that this kernel, its
    /// configuration or its architecture does not have. kB are units of 1024 bytes;
    /// [`fields`](Self::fields) has bytes. In a container these are the host's, unless something
    /// is mounted over the file.
    pub struct Meminfo: "meminfo" {
        /// Memory the kernel can use, in kB: all but what it took for itself at boot.
        mem_total: Aligned<u64> = "MemTotal:%u kB\n",
        /// Memory in no use at all, in kB.
        mem_free: Aligned<u64> = "MemFree:%u kB\n",
        /// Estimate of what new programs could have without swapping, in kB. Since 3.14.
        mem_available: Option<Aligned<u64>> = "MemAvailable:%u kB\n",
        /// Pages of block devices, in kB.
        buffers: Option<Aligned<u64>> = "Buffers:%u kB\n",
        /// Pages of files, `buffers` and `swap_cached` left out, in kB.
        cached: Option<Aligned<u64>> = "Cached:%u kB\n",
        /// Memory that is in swap too, in kB.
        swap_cached: Option<Aligned<u64>> = "SwapCached:%u kB\n",
        /// Memory used lately, in kB.
        active: Option<Aligned<u64>> = "Active:%u kB\n",
        /// Memory not used lately, in kB.
        inactive: Option<Aligned<u64>> = "Inactive:%u kB\n",
        /// Of `active`, what is of no file, in kB. Since 2.6.28.
        active_anon: Option<Aligned<u64>> = "Active(anon):%u kB\n",
        /// Of `inactive`, what is of no file, in kB. Since 2.6.28.
        inactive_anon: Option<Aligned<u64>> = "Inactive(anon):%u kB\n",
        /// Of `active`, what is of files, in kB. Since 2.6.28.
        active_file: Option<Aligned<u64>> = "Active(file):%u kB\n",
        /// Of `inactive`, what is of files, in kB. Since 2.6.28.
        inactive_file: Option<Aligned<u64>> = "Inactive(file):%u kB\n",
        /// Memory that cannot be taken back, in kB. Since 2.6.28.
        unevictable: Option<Aligned<u64>> = "Unevictable:%u kB\n",
        /// Memory locked by `mlock`, in kB. Since 2.6.28.
        mlocked: Option<Aligned<u64>> = "Mlocked:%u kB\n",
        /// Memory that the kernel has no address for, in kB. Only with `CONFIG_HIGHMEM`.
        high_total: Option<Aligned<u64>> = "HighTotal:%u kB\n",
        /// Of it, what is free, in kB.
        high_free: Option<Aligned<u64>> = "HighFree:%u kB\n",
        /// Memory that the kernel has an address for, in kB. Only with `CONFIG_HIGHMEM`.
        low_total: Option<Aligned<u64>> = "LowTotal:%u kB\n",
        /// Of it, what is free, in kB.
        low_free: Option<Aligned<u64>> = "LowFree:%u kB\n",
        /// Memory in which files were copied to map them, in kB. Only without an MMU.
        mmap_copy: Option<Aligned<u64>> = "MmapCopy:%u kB\n",
        /// Swap space, in kB.
        swap_total: Option<Aligned<u64>> = "SwapTotal:%u kB\n",
        /// Swap space in no use, in kB.
        swap_free: Option<Aligned<u64>> = "SwapFree:%u kB\n",
        /// Memory that compressed swap takes, in kB. Since 5.19, with `CONFIG_ZSWAP`.
        zswap: Option<Aligned<u64>> = "Zswap:%u kB\n",
        /// What is in it, as large as it was, in kB. Since 5.19, with `CONFIG_ZSWAP`.
        zswapped: Option<Aligned<u64>> = "Zswapped:%u kB\n",
        /// Memory to be written to disk, in kB.
        dirty: Option<Aligned<u64>> = "Dirty:%u kB\n",
        /// Memory being written to disk, in kB.
        writeback: Option<Aligned<u64>> = "Writeback:%u kB\n",
        /// Memory of no file that is mapped, in kB. Since 2.6.18.
        anon_pages: Option<Aligned<u64>> = "AnonPages:%u kB\n",
        /// Pages of files that are mapped, in kB.
        mapped: Option<Aligned<u64>> = "Mapped:%u kB\n",
        /// Shared memory and tmpfs, in kB. Since 2.6.32.
        shmem: Option<Aligned<u64>> = "Shmem:%u kB\n",
        /// Memory of the kernel that it would give up, in kB. Since 4.20.
        k_reclaimable: Option<Aligned<u64>> = "KReclaimable:%u kB\n",
        /// The kernel's caches of objects, in kB.
        slab: Option<Aligned<u64>> = "Slab:%u kB\n",
        /// Of `slab`, what could be given up, in kB. Since 2.6.19.
        s_reclaimable: Option<Aligned<u64>> = "SReclaimable:%u kB\n",
        /// Of `slab`, what cannot be given up, in kB. Since 2.6.19.
        s_unreclaim: Option<Aligned<u64>> = "SUnreclaim:%u kB\n",
        /// Stacks of the kernel, in kB. Since 2.6.32.
        kernel_stack: Option<Aligned<u64>> = "KernelStack:%u kB\n",
        /// Shadow stacks of the kernel, in kB. Since 5.8, on arm64 and others.
        shadow_call_stack: Option<Aligned<u64>> = "ShadowCallStack:%u kB\n",
        /// Page tables, in kB.
        page_tables: Option<Aligned<u64>> = "PageTables:%u kB\n",
        /// Page tables of virtual machines and IOMMUs, in kB. Since 6.1.
        sec_page_tables: Option<Aligned<u64>> = "SecPageTables:%u kB\n",
        /// Page tables kept for later, in kB. From 2.6.27 to 5.2, on some architectures.
        quicklists: Option<Aligned<u64>> = "Quicklists:%u kB\n",
        /// Written to an NFS server that did not commit it yet, in kB; 0 since 5.8.
        nfs_unstable: Option<Aligned<u64>> = "NFS_Unstable:%u kB\n",
        /// Buffers for devices that cannot reach all memory, in kB. Since 2.6.18.
        bounce: Option<Aligned<u64>> = "Bounce:%u kB\n",
        /// Copies that FUSE makes to write back, in kB. Since 2.6.26.
        writeback_tmp: Option<Aligned<u64>> = "WritebackTmp:%u kB\n",
        /// How much may be promised, in kB; kept to with `vm.overcommit_memory` 2 only.
        commit_limit: Option<Aligned<u64>> = "CommitLimit:%u kB\n",
        /// How much was promised, in kB: all could be asked for.
        committed_as: Option<Aligned<u64>> = "Committed_AS:%u kB\n",
        /// Addresses for memory that is not in one piece, in kB.
        vmalloc_total: Option<Aligned<u64>> = "VmallocTotal:%u kB\n",
        /// Of them, what is in use, in kB; 0 from 4.4 to 5.2.
        vmalloc_used: Option<Aligned<u64>> = "VmallocUsed:%u kB\n",
        /// The largest piece of them that is free, in kB; 0 since 4.4.
        vmalloc_chunk: Option<Aligned<u64>> = "VmallocChunk:%u kB\n",
        /// Memory that each CPU has its own of, in kB. Since 4.19.
        percpu: Option<Aligned<u64>> = "Percpu:%u kB\n",
        /// Memory found bad at boot, in kB. Since 6.4, if it was tested.
        early_memtest_bad: Option<Aligned<u64>> = "EarlyMemtestBad:%u kB\n",
        /// Memory given up because it failed, in kB. Since 2.6.32, with `CONFIG_MEMORY_FAILURE`.
        hardware_corrupted: Option<Aligned<u64>> = "HardwareCorrupted:%u kB\n",
        /// Huge pages of no file, in kB. Since 2.6.38, with `CONFIG_TRANSPARENT_HUGEPAGE`.
        anon_huge_pages: Option<Aligned<u64>> = "AnonHugePages:%u kB\n",
        /// Huge pages of shared memory, in kB. Since 4.8.
        shmem_huge_pages: Option<Aligned<u64>> = "ShmemHugePages:%u kB\n",
        /// Of them, those that are mapped as such, in kB. Since 4.8.
        shmem_pmd_mapped: Option<Aligned<u64>> = "ShmemPmdMapped:%u kB\n",
        /// Huge pages of files, in kB. Since 5.4.
        file_huge_pages: Option<Aligned<u64>> = "FileHugePages:%u kB\n",
        /// Of them, those that are mapped as such, in kB. Since 5.4.
        file_pmd_mapped: Option<Aligned<u64>> = "FilePmdMapped:%u kB\n",
        /// Memory set aside for large pieces, in kB. Since 3.19, with `CONFIG_CMA`.
        cma_total: Option<Aligned<u64>> = "CmaTotal:%u kB\n",
        /// Of it, what is free, in kB. Since 3.19, with `CONFIG_CMA`.
        cma_free: Option<Aligned<u64>> = "CmaFree:%u kB\n",
        /// Memory that a guest did not take over from its host yet, in kB. Since 6.5.
        unaccepted: Option<Aligned<u64>> = "Unaccepted:%u kB\n",
        /// Memory that a guest gave back to its host, in kB. Since 6.16.
        balloon: Option<Aligned<u64>> = "Balloon:%u kB\n",
        /// Memory in use by graphics, in kB. Not on kernels before 6.19.
        gpu_active: Option<Aligned<u64>> = "GPUActive:%u kB\n",
        /// Memory that graphics would give up, in kB. Not on kernels before 6.19.
        gpu_reclaim: Option<Aligned<u64>> = "GPUReclaim:%u kB\n",
        /// Pages of the default huge size, a count. With `CONFIG_HUGETLB_PAGE`.
        huge_pages_total: Option<Aligned<u64>> = "HugePages_Total:%u\n",
        /// Of them, those that are free, a count.
        huge_pages_free: Option<Aligned<u64>> = "HugePages_Free:%u\n",
        /// Of the free ones, those that are promised, a count. Since 2.6.17.
        huge_pages_rsvd: Option<Aligned<u64>> = "HugePages_Rsvd:%u\n",
        /// Of all, those above the number that was set, a count. Since 2.6.24.
        huge_pages_surp: Option<Aligned<u64>> = "HugePages_Surp:%u\n",
        /// The default size of a huge page, in kB.
        hugepagesize: Option<Aligned<u64>> = "Hugepagesize:%u kB\n",
        /// Huge pages of all sizes, in kB. Since 4.15.
        hugetlb: Option<Aligned<u64>> = "Hugetlb:%u kB\n",
        /// Memory the kernel maps in pages of 4 KiB, in kB. Since 2.6.27; the sizes are the
        /// architecture's.
        direct_map_4k: Option<Aligned<u64>> = "DirectMap4k:%u kB\n",
        /// In pages of 64 KiB, in kB.
        direct_map_64k: Option<Aligned<u64>> = "DirectMap64k:%u kB\n",
        /// In pages of 1 MiB, in kB.
        direct_map_1m: Option<Aligned<u64>> = "DirectMap1M:%u kB\n",
        /// In pages of 2 MiB, in kB.
        direct_map_2m: Option<Aligned<u64>> = "DirectMap2M:%u kB\n",
        /// In pages of 4 MiB, in kB.
        direct_map_4m: Option<Aligned<u64>> = "DirectMap4M:%u kB\n",
        /// In pages of 1 GiB, in kB.
        direct_map_1g: Option<Aligned<u64>> = "DirectMap1G:%u kB\n",
        /// In pages of 2 GiB, in kB.
        direct_map_2g: Option<Aligned<u64>> = "DirectMap2G:%u kB\n",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Value, format::law};

    const HERE: &[u8] = include_bytes!("../../../tests/fixtures/proc/meminfo");

    #[test]
    fn sizes_are_those_that_free_prints() {
        // What `free -b` said when the file was captured.
        let meminfo: Meminfo = law::holds(HERE);
        let fields = meminfo.fields();
        for (name, bytes) in [
            ("mem_total", 25_276_502_016),
            ("mem_free", 15_242_670_080),
            ("shmem", 9_433_088),
            ("mem_available", 24_277_958_656),
            ("swap_total", 0),
        ] {
            assert_eq!(fields.find(name), Some(&Value::Size(bytes)), "{name}");
        }
        assert_eq!(meminfo.huge_pages_total.as_deref(), Some(&0));
        assert_eq!(fields.find("huge_pages_total"), Some(&Value::Int(0)));
        assert_eq!(fields.find("unknown_lines"), None);
    }

    #[test]
    fn older_kernels_have_a_narrower_column() {
        // Made by hand after the form of Linux 2.6.18.
        let meminfo: Meminfo = law::holds(
            b"MemTotal:      4044692 kB\nMemFree:         45204 kB\nHighTotal:           0 kB\n\
              HugePages_Total:     0\nHugepagesize:     2048 kB\n",
        );
        assert_eq!((*meminfo.mem_total, *meminfo.mem_free), (4_044_692, 45_204));
        assert_eq!(meminfo.hugepagesize.as_deref(), Some(&2048));
        assert_eq!(meminfo.mem_available, None);
    }

    #[test]
    fn a_line_of_a_later_kernel_is_kept() {
        let meminfo: Meminfo = law::holds(b"MemTotal: 2 kB\nMemNew: 3 kB\nMemFree: 1 kB\n");
        assert!(meminfo.unknown_lines().eq([b"MemNew: 3 kB"]));
        assert_eq!(*meminfo.mem_free, 1);
        let error = Meminfo::parse(b"MemTotal:        0 MB\n").unwrap_err();
        let reason = "not the text that the kernel writes around it";
        assert_eq!((error.field, error.reason), ("mem_total", reason));
    }
}
