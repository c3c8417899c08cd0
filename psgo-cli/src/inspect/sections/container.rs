//! The container, and the control groups with their limits and pressure.

use psgo::{Process, Value, format::kernel::Pressure};

use crate::inspect::{
    document::{Document, maybe, object, record},
    page::Page,
    text::{shown, size},
};

pub(super) fn page(page: &mut Page, process: &Process) {
    match process.container() {
        Ok(Some(container)) => {
            page.row("container", &container.id.to_string());
            page.row("made by", container.runtime.as_str());
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
            let of = |has: Option<String>, max: Option<String>| {
                let max = max.unwrap_or_else(|| "no limit".to_owned());
                has.map_or(max.clone(), |has| format!("{has} of {max}"))
            };
            let memory = of(limits.memory_current.map(size), limits.memory_max.map(size));
            page.row("memory of group", &memory);
            let pids = of(
                limits.pids_current.map(|n| n.to_string()),
                limits.pids_max.map(|n| n.to_string()),
            );
            page.row("tasks of group", &pids);
            let cpus = limits.cpus.map(|cpus| format!("{cpus:.2}"));
            page.row("cpus of group", &of(None, cpus));
        }
        Err(error) => page.missing("memory of group", &error),
    }
    if let Ok(pressure) = process.cgroup_pressure() {
        let all = [
            ("waits for cpu", pressure.cpu),
            ("waits for memory", pressure.memory),
            ("waits for i/o", pressure.io),
        ];
        for (name, pressure) in all {
            if let Some(Pressure {
                some: Some(some), ..
            }) = pressure
            {
                let percent = |n: u64| format!("{}.{:02}%", n / 100, n % 100);
                let (ten, minute) = (percent(some.avg10), percent(some.avg60));
                page.row(name, &format!("{ten} of 10 s, {minute} of a minute"));
            }
        }
    }
}

pub(super) fn json(doc: &mut Document, process: &Process) {
    let groups = process.cgroups().map(|groups| record(&groups));
    doc.put_own("cgroups", groups);
    let container = process.container().map(|container| {
        maybe(container.map(|container| {
            object([
                ("runtime", Value::text(container.runtime.as_str())),
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
            ("swap_max", size(limits.swap_max)),
            ("pids_max", number(limits.pids_max)),
            ("pids_current", number(limits.pids_current)),
            ("cpus", maybe(limits.cpus.map(Value::Real))),
        ])
    });
    doc.put_own("cgroup_limits", limits);
    let pressure = process.cgroup_pressure().map(|pressure| {
        let of = |pressure: Option<&Pressure>| maybe(pressure.map(record));
        object([
            ("cpu", of(pressure.cpu.as_ref())),
            ("memory", of(pressure.memory.as_ref())),
            ("io", of(pressure.io.as_ref())),
        ])
    });
    doc.put_own("cgroup_pressure", pressure);
}
