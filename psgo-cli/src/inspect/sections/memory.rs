//! Memory, mapped files, page faults.

use psgo::{ErrorKind, MappedMemory, MemoryDetail, Process, Text, Value, format::pid::Maps};

use super::mappings::{self, Summary};

use crate::inspect::{
    document::{Document, list, maybe, object},
    page::Page,
    text::{percent, size},
};

pub(super) fn page(page: &mut Page, process: &Process) {
    match process.memory() {
        Ok(memory) => {
            let percent = percent(process.memory_percent());
            page.row("resident", &format!("{}, {percent}", size(memory.resident)));
            page.row("address space", &size(memory.size));
            page.row("shared", &size(memory.shared));
            page.row("code", &size(memory.text));
            page.row("data and stack", &size(memory.data));
        }
        Err(error) => page.missing("resident", &error),
    }
    match process.memory_detail() {
        Ok(detail) => {
            for (name, bytes) in [
                ("most resident", detail.peak_resident),
                ("most space", detail.peak_size),
                ("of no file", detail.anonymous),
                ("of files", detail.file),
                ("shared memory", detail.shmem),
                ("swapped out", detail.swap),
                ("huge pages", detail.hugetlb),
            ] {
                let bytes = told(&detail, bytes);
                page.row(name, &bytes.map_or_else(|| page.untold(), size));
            }
        }
        Err(error) => page.missing("most resident", &error),
    }
    match process.footprint() {
        Ok(footprint) => {
            page.row("its own alone", &size(footprint.unique));
            page.row("its share", &size(footprint.proportional));
            page.row("its swap", &size(footprint.swap));
        }
        Err(error) => page.missing("its own alone", &error),
    }
    let faults = process.page_faults();
    page.told(
        "page faults",
        faults.map(|faults| format!("{} minor, {} major", faults.minor, faults.major)),
    );
    let stat = process.stat();
    page.told(
        "  of children",
        stat.map(|stat| format!("{} minor, {} major", stat.cminflt, stat.cmajflt)),
    );
    match process.read::<Maps>() {
        Ok(maps) => mappings::page(page, &Summary::of(maps.rows.iter())),
        // A kernel thread has none.
        Err(error) if error.kind() == ErrorKind::Absent => {}
        Err(error) => page.missing("mappings", &error),
    }
    // The kernel walks all page tables for it.
    if !page.depth.alone {
        return page.remark("by mapped file: -only memory");
    }
    match process.mapped_memory() {
        Ok(maps) => {
            let rows: Vec<_> = maps.into_iter().map(row).collect();
            page.row("mapped", &rows.len().to_string());
            page.table(MAPPED, &rows);
        }
        Err(error) => page.missing("mapped", &error),
    }
}

const MAPPED: [&str; 11] = [
    "SIZE",
    "RESIDENT",
    "SHARE",
    "SHARED CLEAN",
    "SHARED DIRTY",
    "PRIVATE CLEAN",
    "PRIVATE DIRTY",
    "REFERENCED",
    "ANONYMOUS",
    "SWAP",
    "PATH",
];

fn row(map: MappedMemory) -> [String; 11] {
    [
        size(map.size),
        size(map.resident),
        size(map.proportional),
        size(map.shared_clean),
        size(map.shared_dirty),
        size(map.private_clean),
        size(map.private_dirty),
        size(map.referenced),
        size(map.anonymous),
        size(map.swap),
        map.path.unwrap_or(Text::word("[anon]")).to_string(),
    ]
}

/// A number of these; 0 of who has no memory at all, of whom the kernel has none of the lines.
fn told(detail: &MemoryDetail, bytes: Option<u64>) -> Option<u64> {
    let has_none = *detail == MemoryDetail::default();
    bytes.or(has_none.then_some(0))
}

pub(super) fn json(doc: &mut Document, process: &Process) {
    let info = process.memory().map(|memory| {
        object([
            ("rss", Value::Size(memory.resident)),
            ("vms", Value::Size(memory.size)),
            ("shared", Value::Size(memory.shared)),
            ("text", Value::Size(memory.text)),
            ("data", Value::Size(memory.data)),
        ])
    });
    doc.put("memory_info", info);
    let detail = process.memory_detail().map(|memory| {
        let known = |bytes| maybe(told(&memory, bytes).map(Value::Size));
        object([
            ("peak_rss", known(memory.peak_resident)),
            ("peak_vms", known(memory.peak_size)),
            ("rss_anon", known(memory.anonymous)),
            ("rss_file", known(memory.file)),
            ("rss_shmem", known(memory.shmem)),
            ("swap", known(memory.swap)),
            ("hugetlb", known(memory.hugetlb)),
        ])
    });
    doc.put("memory_info_ex", detail);
    doc.put("memory_percent", process.memory_percent().map(Value::Real));
    let footprint = process.footprint().map(|footprint| {
        object([
            ("uss", Value::Size(footprint.unique)),
            ("pss", Value::Size(footprint.proportional)),
            ("swap", Value::Size(footprint.swap)),
        ])
    });
    doc.put("memory_footprint", footprint);
    let maps = process.mapped_memory().map(|maps| {
        list(maps.into_iter().map(|map| {
            let path = map.path.unwrap_or(Text::word("[anon]"));
            object([
                ("path", Value::Text(path)),
                ("rss", Value::Size(map.resident)),
                ("size", Value::Size(map.size)),
                ("pss", Value::Size(map.proportional)),
                ("shared_clean", Value::Size(map.shared_clean)),
                ("shared_dirty", Value::Size(map.shared_dirty)),
                ("private_clean", Value::Size(map.private_clean)),
                ("private_dirty", Value::Size(map.private_dirty)),
                ("referenced", Value::Size(map.referenced)),
                ("anonymous", Value::Size(map.anonymous)),
                ("swap", Value::Size(map.swap)),
            ])
        }))
    });
    doc.put("memory_maps", maps);
    let smaps = process.smaps().map(|smaps| {
        let mappings = smaps.rows.iter().map(|map| &*map.mapping);
        mappings::value(&Summary::of(mappings))
    });
    doc.put_own("mappings", smaps);
    let faults = process.page_faults().map(|faults| {
        object([
            ("minor", Value::from(faults.minor)),
            ("major", Value::from(faults.major)),
        ])
    });
    doc.put("page_faults", faults);
    let faults = process.stat().map(|stat| {
        object([
            ("minor", Value::from(stat.cminflt)),
            ("major", Value::from(stat.cmajflt)),
        ])
    });
    doc.put_own("children_page_faults", faults);
}
