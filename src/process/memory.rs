//! The memory of a process.

use std::collections::HashMap;

use super::{
    files::{Dir, FileOf},
    handle::Process,
};
use crate::{
    error::{Error, ErrorKind, Result},
    format::{
        kernel::Meminfo,
        pid::{DELETED, Smap, SmapMemory, Smaps, SmapsRollup, Statm, Status},
    },
    sorting::sort_by,
    value::Text,
    wait::process_file,
};

/// The memory of a process, in bytes (`statm`); all 0 for a kernel thread and a zombie, which have
/// none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProcessMemory {
    /// Resident.
    pub resident: u64,
    /// Address space.
    pub size: u64,
    /// Resident pages that belong to files or are shared memory.
    pub shared: u64,
    /// The program's code.
    pub text: u64,
    /// Data and stack.
    pub data: u64,
}

/// More of the memory of a process, in bytes (`status`); `None` for what the kernel does not
/// tell, as of a kernel thread or a zombie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct MemoryDetail {
    /// The most that was resident: `VmHWM`.
    pub peak_resident: Option<u64>,
    /// The largest address space: `VmPeak`.
    pub peak_size: Option<u64>,
    /// Resident, of no file: `RssAnon`. Since 4.5.
    pub anonymous: Option<u64>,
    /// Resident, of files: `RssFile`. Since 4.5.
    pub file: Option<u64>,
    /// Resident, shared memory: `RssShmem`. Since 4.5.
    pub shmem: Option<u64>,
    /// Swapped out: `VmSwap`.
    pub swap: Option<u64>,
    /// Huge pages of hugetlbfs: `HugetlbPages`. Since 4.4.
    pub hugetlb: Option<u64>,
}

/// What a process costs, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Footprint {
    /// What would be free without it: pages that no other process maps.
    pub unique: u64,
    /// Resident, each page divided by how many share it.
    pub proportional: u64,
    /// Swapped out.
    pub swap: u64,
}

/// The mappings of one file, or of one other thing, together; in bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct MappedMemory {
    /// The path, or the kernel's word, without ` (deleted)`; `None` for memory without a name.
    pub path: Option<Text>,
    /// How many mappings.
    pub count: usize,
    /// Address space.
    pub size: u64,
    /// Resident.
    pub resident: u64,
    /// Resident, each page divided by how many share it.
    pub proportional: u64,
    /// Mapped elsewhere too, not written to.
    pub shared_clean: u64,
    /// Mapped elsewhere too, written to.
    pub shared_dirty: u64,
    /// Mapped here alone, not written to.
    pub private_clean: u64,
    /// Mapped here alone, written to.
    pub private_dirty: u64,
    /// Used since `clear_refs` was written last.
    pub referenced: u64,
    /// Resident, of no file.
    pub anonymous: u64,
    /// Swapped out.
    pub swap: u64,
}

/// `status` has kB.
#[inline]
fn bytes(kib: u64) -> u64 {
    kib.saturating_mul(1024)
}

#[inline]
fn footprint(sum: Footprint, memory: &SmapMemory) -> Footprint {
    // KERNEL(4.4): what is private of huge pages; before that it is told nowhere, and counts as 0.
    let private = [
        memory.private_clean,
        memory.private_dirty,
        memory.private_hugetlb.unwrap_or(0),
    ];
    let unique = private.into_iter().fold(0_u64, u64::saturating_add);
    let add = |sum: u64, kib: u64| sum.saturating_add(bytes(kib));
    Footprint {
        unique: add(sum.unique, unique),
        proportional: add(sum.proportional, memory.pss.unwrap_or(0)),
        swap: add(sum.swap, memory.swap.unwrap_or(0)),
    }
}

impl Process {
    /// Its memory (`statm`; in a copy `status`: how large the pages are that `statm` counts is not
    /// told there).
    ///
    /// # Errors
    ///
    /// See [`Process`].
    #[inline]
    pub fn memory(&self) -> Result<ProcessMemory> {
        if !self.procfs().is_genuine() {
            let status = self.status()?;
            let sum = |kib: [Option<u64>; 2]| {
                let kib = kib.into_iter().flatten();
                kib.fold(0_u64, |sum, kib| sum.saturating_add(bytes(kib)))
            };
            return Ok(ProcessMemory {
                resident: sum([status.vm_rss, None]),
                size: sum([status.vm_size, None]),
                shared: sum([status.rss_file, status.rss_shmem]),
                text: sum([status.vm_exe, None]),
                data: sum([status.vm_data, status.vm_stk]),
            });
        }
        let statm: Statm = self.read()?;
        let host = &self.view.0.host;
        Ok(ProcessMemory {
            resident: host.pages(statm.resident),
            size: host.pages(statm.size),
            shared: host.pages(statm.shared),
            text: host.pages(statm.text),
            data: host.pages(statm.data),
        })
    }

    /// More of its memory (`status`).
    ///
    /// # Errors
    ///
    /// See [`Process`].
    #[inline]
    pub fn memory_detail(&self) -> Result<MemoryDetail> {
        let status: Status = self.record(&FileOf::at(Dir::Living, "status"))?;
        let of = |kib: Option<u64>| kib.map(bytes);
        Ok(MemoryDetail {
            peak_resident: of(status.vm_hwm),
            peak_size: of(status.vm_peak),
            anonymous: of(status.rss_anon),
            file: of(status.rss_file),
            shmem: of(status.rss_shmem),
            swap: of(status.vm_swap),
            hugetlb: of(status.hugetlb_pages),
        })
    }

    /// Its resident memory (`statm`) in percent of the machine's (`meminfo`).
    ///
    /// # Errors
    ///
    /// See [`Process`].
    #[expect(
        clippy::cast_precision_loss,
        reason = "a ratio, of less than 2^53 bytes"
    )]
    #[inline]
    pub fn memory_percent(&self) -> Result<f64> {
        let resident = self.memory()?.resident;
        let total = self.view.read::<Meminfo>();
        let is_absent = |error: &Error| matches!(error.kind(), ErrorKind::Absent | ErrorKind::Gone);
        let total = match (total, self.view.0.memory_by_call()) {
            (Ok(meminfo), _) => *meminfo.mem_total,
            // A procfs may show processes alone (`subset=pid`).
            (Err(error), Some(bytes)) if is_absent(&error) => bytes / 1024,
            (Err(error), _) => {
                self.note_silent("meminfo", error.kind());
                return Err(error);
            }
        };
        Ok(resident as f64 * 100.0 / bytes(total).max(1) as f64)
    }

    /// What it costs (`smaps_rollup`, or `smaps`); 0 for a kernel thread and a zombie.
    /// The kernel walks all its page tables for it.
    ///
    /// # Errors
    ///
    /// See [`Process`].
    #[inline]
    pub fn footprint(&self) -> Result<Footprint> {
        match self.read::<SmapsRollup>() {
            Ok(rollup) => return Ok(footprint(Footprint::default(), &rollup.memory)),
            // KERNEL(4.14): there is always one, but not for who has no memory.
            Err(error) if matches!(error.kind(), ErrorKind::Absent | ErrorKind::Zombie) => {}
            Err(error) => return Err(error),
        }
        let smaps = self.smaps()?;
        let memory = smaps.rows.iter().map(|map| &map.memory);
        Ok(memory.fold(Footprint::default(), |sum, memory| footprint(sum, memory)))
    }

    /// The memory behind each of its mappings (`smaps`), by address; none for a kernel
    /// thread and a zombie.
    ///
    /// # Errors
    ///
    /// See [`Process`].
    #[inline]
    pub fn smaps(&self) -> Result<Smaps> {
        match self.read() {
            Err(error) if matches!(error.kind(), ErrorKind::Absent | ErrorKind::Zombie) => {
                // Some kernels do not open it where there is no memory.
                Ok(Smaps::default())
            }
            other => other,
        }
    }

    /// The memory behind its mappings, those of one path together (`smaps`), by path.
    ///
    /// # Errors
    ///
    /// See [`Process`]; [`ErrorKind::Zombie`] for one that has ended.
    #[inline]
    pub fn mapped_memory(&self) -> Result<Vec<MappedMemory>> {
        let smaps = self.smaps()?;
        if smaps.rows.is_empty() && self.has_no_memory()? {
            return Err(self.ended("smaps"));
        }
        let named = self.named_deleted(&smaps)?;
        let mut sums: HashMap<Option<Vec<u8>>, MappedMemory> = HashMap::new();
        for map in &smaps.rows {
            let mut path = map.mapping.pathname.name().map(<[u8]>::to_vec);
            if named.contains(&map.mapping.start)
                && let Some(path) = &mut path
            {
                path.extend_from_slice(DELETED);
            }
            let sum = sums.entry(path);
            let sum = sum.or_insert_with_key(|path| MappedMemory::of(path.as_deref()));
            sum.add(map);
        }
        let mut sums: Vec<_> = sums.into_iter().collect();
        sort_by(&mut sums, |(a, _), (b, _)| a.cmp(b));
        Ok(sums.into_iter().map(|(_, sum)| sum).collect())
    }

    /// The mappings of files that are not deleted, but are called so, by their first addresses.
    /// Who may not look behind a mapping takes the name for what it nearly always is.
    #[inline]
    fn named_deleted(&self, smaps: &Smaps) -> Result<Vec<u64>> {
        let said = smaps.rows.iter().map(|map| &map.mapping);
        let said: Vec<_> = said
            .filter(|mapping| mapping.pathname.is_deleted())
            .map(|mapping| (mapping.start, mapping.end))
            .collect();
        if said.is_empty() || !self.procfs().is_genuine() {
            return Ok(Vec::new());
        }
        self.watched_for(
            Dir::Living,
            "map_files",
            process_file!("map_files/*"),
            |dir| {
                let has_name = |(start, end): &(u64, u64)| {
                    let behind = dir.behind(
                        process_file!("map_files/*")
                            .entry(format_args!("{start:x}-{end:x}"))
                            .name(),
                    );
                    behind.is_ok_and(|behind| behind.names > 0)
                };
                Ok(said
                    .into_iter()
                    .filter(has_name)
                    .map(|(start, _)| start)
                    .collect())
            },
        )
    }
}

impl MappedMemory {
    #[inline]
    fn of(path: Option<&[u8]>) -> Self {
        Self {
            path: path.map(Text::from),
            count: 0,
            size: 0,
            resident: 0,
            proportional: 0,
            shared_clean: 0,
            shared_dirty: 0,
            private_clean: 0,
            private_dirty: 0,
            referenced: 0,
            anonymous: 0,
            swap: 0,
        }
    }

    #[inline]
    fn add(&mut self, map: &Smap) {
        let memory = &map.memory;
        self.count = self.count.saturating_add(1);
        let add = |sum: &mut u64, kib: Option<u64>| {
            *sum = sum.saturating_add(bytes(kib.unwrap_or(0)));
        };
        add(&mut self.size, memory.size);
        add(&mut self.resident, Some(memory.rss));
        add(&mut self.proportional, memory.pss);
        add(&mut self.shared_clean, Some(memory.shared_clean));
        add(&mut self.shared_dirty, Some(memory.shared_dirty));
        add(&mut self.private_clean, Some(memory.private_clean));
        add(&mut self.private_dirty, Some(memory.private_dirty));
        add(&mut self.referenced, memory.referenced);
        add(&mut self.anonymous, memory.anonymous);
        add(&mut self.swap, memory.swap);
    }
}
