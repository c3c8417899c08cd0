//! Memory, mapped files, page faults.

use psgo::{Process, Text, Value};

use crate::inspect::{
    document::{Document, list, object},
    page::Page,
    text::size,
};

pub(super) fn page(page: &mut Page, process: &Process) {
    match process.memory() {
        Ok(memory) => {
            let percent = process.memory_percent().unwrap_or_default();
            page.row(
                "resident",
                &format!("{}, {percent:.1}%", size(memory.resident)),
            );
            page.row("address space", &size(memory.size));
            page.row("shared", &size(memory.shared));
            page.row("code", &size(memory.text));
            page.row("data and stack", &size(memory.data));
        }
        Err(error) => page.missing("resident", &error),
    }
    match process.memory_detail() {
        Ok(detail) => {
            page.row("most resident", &size(detail.peak_resident.unwrap_or(0)));
            page.row("swapped out", &size(detail.swap.unwrap_or(0)));
            if let Some(huge) = detail.hugetlb.filter(|huge| *huge > 0) {
                page.row("huge pages", &size(huge));
            }
        }
        Err(error) => page.missing("most resident", &error),
    }
    match process.footprint() {
        Ok(footprint) => {
            page.row("its own alone", &size(footprint.unique));
            page.row("its share", &size(footprint.proportional));
        }
        Err(error) => page.missing("its own alone", &error),
    }
    let faults = process.page_faults();
    page.told(
        "page faults",
        faults.map(|faults| format!("{} minor, {} major", faults.minor, faults.major)),
    );
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
    let known = |bytes: Option<u64>| Value::Size(bytes.unwrap_or(0));
    let detail = process.memory_detail().map(|memory| {
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
