//! Processor time and scheduling.

use psgo::{Process, Value};

use crate::inspect::{
    document::{Document, int, list, object},
    page::Page,
    text::{percent, span},
};

pub(super) fn page(page: &mut Page, process: &Process) {
    match process.cpu_times() {
        Ok(times) => {
            let percent = percent(process.cpu_percent());
            let (user, system) = (span(times.user), span(times.system));
            page.row(
                "time",
                &format!("{user} user, {system} system, {percent} of its life"),
            );
            let (user, system) = (span(times.children_user), span(times.children_system));
            page.row("  of children", &format!("{user} user, {system} system"));
            page.row("  for storage", &format!("{} waited", span(times.io_wait)));
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

pub(super) fn json(doc: &mut Document, process: &Process) {
    doc.put("nice", process.nice().map(Value::Int));
    let priority = process.io_priority().map(|priority| {
        object([
            ("class", Value::text(priority.class.as_str())),
            ("value", int(priority.value)),
        ])
    });
    doc.put("ionice", priority);
    let affinity = process.affinity();
    doc.put(
        "cpu_affinity",
        affinity.map(|all| list(all.into_iter().map(int))),
    );
    doc.put("cpu_num", process.processor().map(int));
    let times = process.cpu_times().map(|times| {
        object([
            ("user", Value::Duration(times.user)),
            ("system", Value::Duration(times.system)),
            ("children_user", Value::Duration(times.children_user)),
            ("children_system", Value::Duration(times.children_system)),
            ("iowait", Value::Duration(times.io_wait)),
        ])
    });
    doc.put("cpu_times", times);
    let stat = process.stat();
    let policy = stat.as_ref().map(|stat| int(stat.policy));
    doc.put_ext("sched_policy", policy.map_err(Clone::clone));
    doc.put_ext("rt_priority", stat.map(|stat| int(stat.rt_priority)));
    doc.put_own("cpu_percent", process.cpu_percent().map(Value::Real));
}
