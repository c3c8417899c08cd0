//! The sections of the page that are figures: memory, time, input and output, limits.

use std::time::Duration;

use psgo::{Process, Value, format::pid::Limit};

use super::{extra::shown, page::Page};

/// A span of time as everywhere in psgo.
pub(super) fn span(span: Duration) -> String {
    Value::Duration(span).to_string()
}

/// A size in the largest unit of which there is one.
pub(super) fn size(bytes: u64) -> String {
    const UNITS: [(u64, &str); 4] = [(40, "TiB"), (30, "GiB"), (20, "MiB"), (10, "KiB")];
    let unit = UNITS.iter().find(|(shift, _)| bytes >> shift > 0);
    let Some((shift, unit)) = unit else {
        return format!("{bytes} B");
    };
    let (whole, rest) = (bytes >> shift, bytes & ((1 << shift) - 1));
    // Less than a unit, so one digit.
    let tenth = (u128::from(rest) * 10) >> shift;
    format!("{whole}.{tenth} {unit}")
}

pub(super) fn memory(page: &mut Page, process: &Process) {
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

pub(super) fn cpu(page: &mut Page, process: &Process) {
    match process.cpu_times() {
        Ok(times) => {
            let percent = process.cpu_percent().unwrap_or_default();
            let (user, system) = (span(times.user), span(times.system));
            page.row(
                "time",
                &format!("{user} user, {system} system, {percent:.1}% of its life"),
            );
            let (user, system) = (span(times.children_user), span(times.children_system));
            page.row("  of children", &format!("{user} user, {system} system"));
        }
        Err(error) => page.missing("time", &error),
    }
    page.told("nice", process.nice().map(|nice| nice.to_string()));
    let policy = process.stat().map(|stat| {
        let policy = match stat.policy {
            0 => "normal".to_owned(),
            1 => "fifo".to_owned(),
            2 => "round robin".to_owned(),
            3 => "batch".to_owned(),
            5 => "idle".to_owned(),
            6 => "deadline".to_owned(),
            7 => "extensible".to_owned(),
            other => other.to_string(),
        };
        match stat.rt_priority {
            0 => policy,
            priority => format!("{policy}, priority {priority}"),
        }
    });
    page.told("scheduling", policy);
    let io = process.io_priority();
    page.told(
        "i/o priority",
        io.map(|io| format!("{}, {}", io.class, io.value)),
    );
    page.told(
        "last ran on",
        process.processor().map(|cpu| format!("cpu {cpu}")),
    );
    match process.affinity() {
        Ok(cpus) => page.list("may run on", cpus.into_iter().map(|cpu| cpu.to_string())),
        Err(error) => page.missing("may run on", &error),
    }
}

pub(super) fn io(page: &mut Page, process: &Process) {
    match process.io() {
        Ok(io) => {
            page.row("read", &format!("{} in {} calls", size(io.rchar), io.syscr));
            page.row(
                "written",
                &format!("{} in {} calls", size(io.wchar), io.syscw),
            );
            page.row("from storage", &size(io.read_bytes));
            page.row("to storage", &size(io.write_bytes));
        }
        Err(error) => page.missing("read", &error),
    }
}

pub(super) fn limits(page: &mut Page, process: &Process) {
    let limits = match process.limits() {
        Ok(limits) => limits,
        Err(error) => return page.missing("limits", &error),
    };
    for row in &limits.rows {
        let name = shown(&row.limit);
        let name = name.strip_prefix("Max ").unwrap_or(&name).to_owned();
        let units = row.units.as_deref().unwrap_or_default();
        let number = |limit: Limit| match limit {
            Limit::Of(bytes) if units == b"bytes" => size(bytes),
            Limit::Of(number) => number.to_string(),
            Limit::Unlimited => "unlimited".to_owned(),
        };
        let (soft, hard) = (number(row.soft_limit), number(row.hard_limit));
        let value = if soft == hard {
            soft
        } else {
            format!("{soft}, up to {hard}")
        };
        page.row(&name, &value);
    }
}
