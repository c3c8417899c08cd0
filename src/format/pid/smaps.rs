//! `/proc/PID/smaps` and `smaps_rollup`: how much memory is behind each mapping.

use super::Mapping;
use crate::{
    format::{Aligned, Cursor, Field, Flat, ParseError, Rows, Spec, lines, record},
    value::{Fields, Value},
};

record! {
    /// How much memory is behind each mapping.
    ///
    /// `/proc/PID/smaps` (`show_smap`). It is empty for a kernel thread and a zombie. Only who may
    /// trace the process may read it. The kernel walks all page tables for it: sums are
    /// cheaper in [`SmapsRollup`].
    pub struct Smaps: "smaps" {
        /// The mappings, by address.
        rows: Rows<Smap> = "{%r}",
    }
}

record! {
    /// A mapping and its memory.
    pub struct Smap {
        /// What is mapped, and where.
        mapping: Flat<Mapping> = "%r",
        /// How much memory it takes.
        memory: Flat<SmapMemory> = "%r",
    }
}

record! {
    /// How much memory is behind all mappings together.
    ///
    /// `/proc/PID/smaps_rollup` (`show_smaps_rollup`), since 4.14. Only who may trace the process
    /// may read it; reading it fails for a kernel thread and a zombie.
    pub struct SmapsRollup: "smaps_rollup" {
        /// From the first mapping to the last; `[rollup]` stands in place of a path.
        mapping: Flat<Mapping> = "%r",
        /// The sums.
        memory: Flat<SmapMemory> = "%r",
    }
}

lines! {
    /// How much memory is behind one mapping, or all.
    ///
    /// The lines that a kernel does not have, or only the other of the two files, are missing.
    inlined pub struct SmapMemory until is_mapping {
        /// Size of the mapping, in kB. Not in the sums.
        size: Option<u64> = "Size:           %8u kB\n",
        /// Size of the pages that the kernel uses there, in kB. Since 2.6.29.
        kernel_page_size: Option<u64> = "KernelPageSize: %8u kB\n",
        /// Size of the pages that the processor uses there, in kB. Since 2.6.29.
        mmu_page_size: Option<u64> = "MMUPageSize:    %8u kB\n",
        /// Resident, in kB.
        rss: u64 = "Rss:            %8u kB\n",
        /// Resident, each page divided by how many share it, in kB. Since 2.6.25.
        pss: Option<u64> = "Pss:            %8u kB\n",
        /// Of that, what was written to, in kB. Since 6.0.
        pss_dirty: Option<u64> = "Pss_Dirty:      %8u kB\n",
        /// Of `Pss`, memory without a file, in kB. In the sums only, since 5.4.
        pss_anon: Option<u64> = "Pss_Anon:       %8u kB\n",
        /// Of `Pss`, pages of files, in kB. In the sums only, since 5.4.
        pss_file: Option<u64> = "Pss_File:       %8u kB\n",
        /// Of `Pss`, shared memory, in kB. In the sums only, since 5.4.
        pss_shmem: Option<u64> = "Pss_Shmem:      %8u kB\n",
        /// Resident, mapped elsewhere too, not written to since it was read, in kB.
        shared_clean: u64 = "Shared_Clean:   %8u kB\n",
        /// The same, but written to, in kB.
        shared_dirty: u64 = "Shared_Dirty:   %8u kB\n",
        /// Resident, mapped here alone, not written to, in kB.
        private_clean: u64 = "Private_Clean:  %8u kB\n",
        /// The same, but written to, in kB.
        private_dirty: u64 = "Private_Dirty:  %8u kB\n",
        /// Used since `clear_refs` was written last, in kB. Since 2.6.22.
        referenced: Option<u64> = "Referenced:     %8u kB\n",
        /// Resident that belongs to no file, in kB. Since 2.6.36.
        anonymous: Option<u64> = "Anonymous:      %8u kB\n",
        /// Merged with equal pages, in kB. Since 6.8.
        ksm: Option<u64> = "KSM:            %8u kB\n",
        /// To be given up when memory is short (`MADV_FREE`), in kB. Since 4.12.
        lazy_free: Option<u64> = "LazyFree:       %8u kB\n",
        /// Huge pages without a file, in kB. Since 2.6.38.
        anon_huge_pages: Option<u64> = "AnonHugePages:  %8u kB\n",
        /// Huge pages of shared memory, in kB. Since 4.8.
        shmem_pmd_mapped: Option<u64> = "ShmemPmdMapped: %8u kB\n",
        /// Huge pages of files, in kB. Since 5.4.
        file_pmd_mapped: Option<Aligned<u64>> = "FilePmdMapped:%u kB\n",
        /// Pages of hugetlbfs that others have mapped too, in kB. Since 4.4.
        shared_hugetlb: Option<u64> = "Shared_Hugetlb: %8u kB\n",
        /// Pages of hugetlbfs that are mapped here alone, in kB. Since 4.4.
        private_hugetlb: Option<u64> = "Private_Hugetlb: %7u kB\n",
        /// Swapped out, in kB. Since 2.6.25.
        swap: Option<u64> = "Swap:           %8u kB\n",
        /// The same, each page divided by how many share it, in kB. Since 4.3.
        swap_pss: Option<u64> = "SwapPss:        %8u kB\n",
        /// Locked in memory, in kB. Since 2.6.34.
        locked: Option<u64> = "Locked:         %8u kB\n",
        /// Mapped out of order, in kB. From 3.7 to 3.19, where there are such pages.
        nonlinear: Option<u64> = "Nonlinear:      %8u kB\n",
        /// 1 if it may get transparent huge pages. Since 5.0.
        thp_eligible: Option<Aligned<u32>> = "THPeligible:%u\n",
        /// Memory protection key. Since 4.6, on processors that have them.
        protection_key: Option<u32> = "ProtectionKey:  %8u\n",
        /// What the kernel knows of the mapping. Since 3.8.
        vm_flags: Option<VmFlags> = "VmFlags: %r\n",
    }
}

/// Does another mapping begin here? Its address does, and no name of a line has a small letter
/// or a digit first.
fn is_mapping(bytes: &[u8]) -> bool {
    matches!(bytes.first(), Some(b'0'..=b'9' | b'a'..=b'f'))
}

/// What the kernel knows of a mapping (`VM_…`), in its words of two letters.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct VmFlags(Vec<[u8; 2]>);

/// The words of `Documentation/filesystems/proc.rst`, and what they stand for.
const VM_FLAGS: &[([u8; 2], &str)] = &[
    (*b"rd", "readable"),
    (*b"wr", "writable"),
    (*b"ex", "executable"),
    (*b"sh", "shared"),
    (*b"mr", "may_read"),
    (*b"mw", "may_write"),
    (*b"me", "may_execute"),
    (*b"ms", "may_share"),
    (*b"gd", "grows_down"),
    (*b"pf", "pure_pfn"),
    (*b"dw", "denied_write"),
    (*b"lo", "locked"),
    (*b"io", "io"),
    (*b"sr", "sequential_read"),
    (*b"rr", "random_read"),
    (*b"dc", "dont_copy"),
    (*b"de", "dont_expand"),
    (*b"lf", "lock_on_fault"),
    (*b"ac", "accountable"),
    (*b"nr", "no_reserve"),
    (*b"ht", "hugetlb"),
    (*b"sf", "synchronous_fault"),
    (*b"nl", "non_linear"),
    (*b"ar", "architecture"),
    (*b"wf", "wipe_on_fork"),
    (*b"dd", "dont_dump"),
    (*b"sd", "soft_dirty"),
    (*b"mm", "mixed_map"),
    (*b"hg", "huge_page"),
    (*b"nh", "no_huge_page"),
    (*b"mg", "mergeable"),
    (*b"bt", "guarded_branches"),
    (*b"mt", "memory_tagging"),
    (*b"um", "userfaultfd_missing"),
    (*b"uw", "userfaultfd_write_protect"),
    (*b"ui", "userfaultfd_minor"),
    (*b"mp", "mpx"),
    (*b"ss", "shadow_stack"),
    (*b"sl", "sealed"),
    (*b"dp", "droppable"),
    (*b"gu", "guarded"),
];

impl VmFlags {
    /// The words as they stand, `rd`.
    pub fn words(&self) -> impl Iterator<Item = &[u8; 2]> {
        self.0.iter()
    }

    /// What they stand for, `readable`; the word itself where psgo does not know it.
    pub fn names(&self) -> impl Iterator<Item = &[u8]> {
        self.0.iter().map(|word| {
            let known = VM_FLAGS.iter().find(|(other, _)| other == word);
            known.map_or(&word[..], |(_, name)| name.as_bytes())
        })
    }

    /// Is this word there?
    #[must_use]
    pub fn has(&self, word: [u8; 2]) -> bool {
        self.0.contains(&word)
    }
}

impl Field for VmFlags {
    #[inline]
    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        let mut words = Vec::new();
        while !cursor.at_line_end() {
            let [a, b, b' ', ..] = *cursor.rest() else {
                return Err(cursor.error(spec.field, "not words of two letters"));
            };
            if matches!((a, b), (b'\n' | b' ', _) | (_, b'\n' | b' ')) {
                return Err(cursor.error(spec.field, "not words of two letters"));
            }
            words.push([a, b]);
            cursor.take(3);
        }
        Ok(Self(words))
    }

    #[inline]
    fn put(&self, _: &Spec, out: &mut Vec<u8>) {
        for [a, b] in &self.0 {
            out.extend_from_slice(&[*a, *b, b' ']);
        }
    }

    #[inline]
    fn value(&self, _: &Spec) -> Value {
        Value::List(self.names().map(Value::text).collect())
    }

    #[inline]
    fn describe(&self, spec: &Spec, fields: &mut Fields) {
        fields.push(spec.field, self.value(spec));
        let raw = Value::List(self.words().map(Value::text).collect());
        fields.push(format!("{}_raw", spec.field), raw);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::law;

    const FILE: &[u8] = include_bytes!("../../../tests/fixtures/proc/smaps");
    const ROLLUP: &[u8] = include_bytes!("../../../tests/fixtures/proc/smaps_rollup");

    fn bytes(fields: &Fields, name: &str) -> u64 {
        match fields.find(name) {
            Some(Value::Size(bytes)) => *bytes,
            other => panic!("{name}: {other:?}"),
        }
    }

    #[test]
    fn a_mapping_has_its_memory() {
        let smaps: Smaps = law::holds(FILE);
        for smap in &smaps.rows {
            assert_eq!(smap.memory.size, Some(smap.mapping.len() / 1024));
            assert_eq!(smap.memory.unknown_lines().count(), 0);
            let m = &smap.memory;
            let parts = m.shared_clean + m.shared_dirty + m.private_clean + m.private_dirty;
            assert_eq!(parts, m.rss);
        }
        let program = &smaps.rows[1];
        assert_eq!(program.mapping.pathname.name(), Some(&b"/usr/bin/cat"[..]));
        let flags = program.memory.vm_flags.as_ref().unwrap();
        let names: Vec<_> = flags.names().collect();
        assert_eq!(names[..2], [&b"readable"[..], b"executable"]);
        assert!(flags.has(*b"ex") && !flags.has(*b"wr"));
        let fields = program.fields();
        assert_eq!(bytes(&fields, "rss"), program.memory.rss * 1024);
        assert_eq!(fields.find("pathname"), Some(&Value::text("/usr/bin/cat")));
        assert!(matches!(fields.find("vm_flags_raw"), Some(Value::List(_))));
    }

    /// Both files were read one after the other, of a process that was stopped.
    #[test]
    fn the_rollup_is_the_sum_of_the_mappings() {
        let smaps: Smaps = law::holds(FILE);
        let rollup: SmapsRollup = law::holds(ROLLUP);
        assert_eq!(rollup.mapping.pathname.name(), Some(&b"[rollup]"[..]));
        let sums = rollup.fields();
        for name in [
            "rss",
            "shared_clean",
            "shared_dirty",
            "private_clean",
            "private_dirty",
            "referenced",
            "anonymous",
            "ksm",
            "lazy_free",
            "anon_huge_pages",
            "swap",
            "locked",
        ] {
            let sum: u64 = smaps
                .rows
                .iter()
                .map(|row| bytes(&row.fields(), name))
                .sum();
            assert_eq!(bytes(&sums, name), sum, "{name}");
        }
        // Each mapping's is rounded down.
        let pss: u64 = smaps
            .rows
            .iter()
            .map(|row| bytes(&row.fields(), "pss"))
            .sum();
        let rows = u64::try_from(smaps.rows.len()).unwrap();
        assert!((pss..=pss + rows * 1024).contains(&bytes(&sums, "pss")));
        let parts = ["pss_anon", "pss_file", "pss_shmem"];
        let parts: u64 = parts.iter().map(|name| bytes(&sums, name)).sum();
        assert!((parts..=parts + 3 * 1024).contains(&bytes(&sums, "pss")));
    }

    /// Made by hand after the form of Linux 3.2 and 5.4.
    #[test]
    fn lines_of_other_kernels_are_known() {
        let head = "00400000-00415000 r-xp 00000000 09:01 32768127                           /a\n";
        let old = "Size:                 84 kB\nRss:                  68 kB\n\
            Pss:                  68 kB\nShared_Clean:          0 kB\nShared_Dirty:          0 kB\n\
            Private_Clean:        68 kB\nPrivate_Dirty:         0 kB\nReferenced:           68 kB\n\
            Anonymous:             0 kB\nAnonHugePages:         0 kB\nSwap:                  0 kB\n\
            KernelPageSize:        4 kB\nMMUPageSize:           4 kB\nLocked:                0 kB\n";
        let newer = "FilePmdMapped:        0 kB\nTHPeligible:    1\nProtectionKey:         3\n\
            VmFlags: rd zz \n";
        let file = [head, old, head, old, newer, head, old, "New:  1\n"].concat();
        let smaps: Smaps = law::holds(file.as_bytes());
        let [first, second, third] = &smaps.rows[..] else {
            panic!("{smaps:?}");
        };
        assert_eq!(first.memory.kernel_page_size, Some(4));
        assert_eq!(first.memory.rss, 68);
        assert_eq!(second.memory.thp_eligible.as_deref(), Some(&1));
        assert_eq!(second.memory.protection_key, Some(3));
        let flags = second.memory.vm_flags.as_ref().unwrap();
        assert_eq!(flags.names().last(), Some(&b"zz"[..]));
        assert!(third.memory.unknown_lines().eq([b"New:  1"]));
    }

    #[test]
    fn mutants_fail_or_come_back() {
        let end = FILE.len().min(3_000);
        let end = FILE[..end].iter().rposition(|&b| b == b'\n').unwrap() + 1;
        law::mutants::<Smaps>(&[&FILE[..end]], 2_000);
        law::mutants::<SmapsRollup>(&[ROLLUP], 2_000);
    }

    #[test]
    fn every_process_here_is_understood() {
        for file in law::live("smaps_rollup") {
            if !file.is_empty() {
                law::holds::<SmapsRollup>(&file);
            }
        }
        // The kernel counts long for a large process.
        for file in law::live("smaps").iter().take(20) {
            law::holds::<Smaps>(file);
        }
    }
}
