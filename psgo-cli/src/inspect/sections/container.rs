//! The container, and the control groups with their limits and pressure.

use psgo::{CgroupEvents, Process, Text, Value};

use crate::inspect::{
    document::{Document, maybe, object, pressure, record},
    page::Page,
    text::{shown, size, span, waited},
};

pub(super) fn page(page: &mut Page, process: &Process) {
    match process.container() {
        Ok(Some(container)) => {
            page.row("container", &container.id.to_string());
            if let Some(runtime) = container.runtime {
                page.row("made by", runtime.as_str());
            }
            if let Some(pod) = container.pod {
                page.row("pod", &pod.to_string());
            }
            if let Some(user) = container.user {
                page.row(
                    "group made by",
                    &format!("uid {user}, or any process of it"),
                );
            }
            // What runs in the container has made those, or their names.
            for inner in process.containers().iter().flatten().skip(1) {
                page.row("in it", &inner.to_string());
            }
        }
        Ok(None) => page.row("container", "none that a control group names"),
        Err(error) => page.missing("container", &error),
    }
    match process.cgroups() {
        Ok(groups) => {
            for row in &groups.rows {
                let names: Vec<_> = row.controllers.iter().map(shown).collect();
                let name = if names.is_empty() {
                    "cgroup".to_owned()
                } else {
                    names.join(",")
                };
                page.row(&name, &shown(&row.path.path));
            }
        }
        Err(error) => page.missing("cgroup", &error),
    }
    match process.cgroup_limits() {
        Ok(limits) => {
            let of = |has: Option<String>, max: Option<String>, group: Option<Text>| {
                let none = match &group {
                    Some(_) => "no limit",
                    // No group of this process has such a controller, or its hierarchy is not mounted.
                    None => "no limit that a control group tells",
                };
                let max = max.unwrap_or_else(|| none.to_owned());
                let shown = has.map_or(max.clone(), |has| format!("{has} of {max}"));
                match group {
                    Some(group) => format!("{shown}, group {group}"),
                    None => shown,
                }
            };
            let has = limits.memory_current.map(size);
            let memory = of(has, limits.memory_max.map(size), limits.memory_group);
            page.row("memory of group", &memory);
            if let Some(high) = limits.memory_high {
                page.row("  taken back from", &size(high));
            }
            if let Some(swap) = limits.swap_max {
                page.row("swap of group", &format!("up to {}", size(swap)));
            }
            let has = limits.pids_current.map(|n| n.to_string());
            let pids = of(
                has,
                limits.pids_max.map(|n| n.to_string()),
                limits.pids_group,
            );
            page.row("tasks of group", &pids);
            let cpus = limits.cpus.map(|cpus| format!("{cpus:.2}"));
            page.row("cpus of group", &of(None, cpus, None));
        }
        Err(error) => page.missing("memory of group", &error),
    }
    match process.cgroup_events() {
        Ok(events) => happened(page, &events),
        Err(error) => page.missing("killed for memory", &error),
    }
    match process.cgroup_pressure() {
        Ok(pressure) => {
            for (name, pressure) in [
                ("waits for cpu", pressure.cpu),
                ("waits for memory", pressure.memory),
                ("waits for i/o", pressure.io),
            ] {
                let all = pressure
                    .as_ref()
                    .and_then(|pressure| pressure.full.as_ref());
                if let Some(some) = pressure.as_ref().and_then(|p| p.some.as_ref()) {
                    page.row(name, &waited(some));
                }
                if let Some(all) = all {
                    page.row("  all tasks", &waited(all));
                }
            }
        }
        Err(error) => page.missing("waits for cpu", &error),
    }
}

/// What has happened to the group.
fn happened(page: &mut Page, events: &CgroupEvents) {
    if let Some(peak) = events.memory_peak {
        page.row("memory peak", &size(peak));
    }
    let times = |count: u64| match count {
        0 => "never".to_owned(),
        1 => "once".to_owned(),
        many => format!("{many} times"),
    };
    if let Some(hits) = events.memory_max_hits {
        let high = match events.memory_high_hits {
            Some(high) if high > 0 => format!("; taken back {}", times(high)),
            _ => String::new(),
        };
        page.row("memory limit hit", &format!("{}{high}", times(hits)));
    }
    page.killed_for_memory(events.oom_kills);
    if let Some(throttled) = events.cpu_throttled {
        let periods = events.cpu_periods.unwrap_or(0);
        let time = events.cpu_throttled_time.map(span);
        let text = match (throttled, time, &events.cpu_group) {
            (0, ..) => "never".to_owned(),
            (_, time, group) => {
                let time = time.map_or_else(String::new, |time| format!(", {time} in all"));
                let group = group
                    .as_ref()
                    .map_or_else(String::new, |group| format!(", group {group}"));
                format!("in {throttled} of {periods} periods{time}{group}")
            }
        };
        page.row("throttled", &text);
    }
    match events.frozen {
        Some(true) => page.warn("frozen", "yes: no process of the group runs"),
        Some(false) => page.row("frozen", "no"),
        None => {}
    }
}

pub(super) fn json(doc: &mut Document, process: &Process) {
    let groups = process.cgroups().map(|groups| record(&groups));
    doc.put_own("cgroups", groups);
    let container = process.container().map(|container| {
        maybe(container.map(|container| {
            object([
                (
                    "runtime",
                    Value::from(
                        container
                            .runtime
                            .map(|runtime| Text::word(runtime.as_str())),
                    ),
                ),
                ("id", Value::Text(container.id)),
                ("pod", maybe(container.pod.map(Value::Text))),
                (
                    "user",
                    maybe(container.user.map(|user| Value::from(user.get()))),
                ),
            ])
        }))
    });
    doc.put_own("container", container);
    let all = process.containers().map(|all| {
        let all = all.iter().map(|one| Value::text(one.to_string()));
        Value::List(all.collect())
    });
    doc.put_own("containers", all);
    let limits = process.cgroup_limits().map(|limits| {
        let size = |bytes: Option<u64>| maybe(bytes.map(Value::Size));
        let number = |count: Option<u64>| maybe(count.map(Value::from));
        object([
            ("memory_max", size(limits.memory_max)),
            ("memory_high", size(limits.memory_high)),
            ("memory_current", size(limits.memory_current)),
            ("memory_group", maybe(limits.memory_group.map(Value::Text))),
            ("swap_max", size(limits.swap_max)),
            ("pids_max", number(limits.pids_max)),
            ("pids_current", number(limits.pids_current)),
            ("pids_group", maybe(limits.pids_group.map(Value::Text))),
            ("cpus", maybe(limits.cpus.map(Value::Real))),
        ])
    });
    doc.put_own("cgroup_limits", limits);
    let events = process.cgroup_events().map(|events| {
        let number = |count: Option<u64>| maybe(count.map(Value::from));
        object([
            ("memory_group", maybe(events.memory_group.map(Value::Text))),
            ("oom_kills", number(events.oom_kills)),
            ("memory_max_hits", number(events.memory_max_hits)),
            ("memory_high_hits", number(events.memory_high_hits)),
            ("memory_peak", maybe(events.memory_peak.map(Value::Size))),
            ("cpu_group", maybe(events.cpu_group.map(Value::Text))),
            ("cpu_periods", number(events.cpu_periods)),
            ("cpu_throttled", number(events.cpu_throttled)),
            (
                "cpu_throttled_time",
                maybe(events.cpu_throttled_time.map(Value::Duration)),
            ),
            ("frozen", maybe(events.frozen.map(Value::Bool))),
        ])
    });
    doc.put_own("cgroup_events", events);
    let waits = process.cgroup_pressure().map(|waits| pressure(&waits));
    doc.put_own("cgroup_pressure", waits);
}
