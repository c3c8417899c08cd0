//! `psgo inspect -join TARGET`: what a container has of the machine.

use psgo::{
    Fields, Value, View,
    system::{ResourceUse, Resources, resources},
};

use super::{
    document::{int, maybe, object, pressure, render},
    grammar::{Form, Inspect},
    page::Page,
    text::{size, span, waited},
};
use crate::{failure::Failure, flags::Join};

const SCHEMA: &str = "psgo-resources/1";

/// The page or the object of the container that is joined.
pub(super) fn of_joined(inspect: &Inspect, view: &View) -> Result<Vec<u8>, Failure> {
    let resources = resources(view)?;
    if inspect.style.output == Form::Json {
        return Ok(render(&json(view, &resources)));
    }
    let style = &inspect.style;
    let mut page = Page::new(style.limit(), style.has_color(), inspect.depth);
    let pid = view.target().map(|pid| pid.to_string()).unwrap_or_default();
    let title = match &inspect.scope.join {
        Some(Join::Into(target)) if *target != pid => {
            format!("container {target}, process {pid} of the host")
        }
        _ => format!("container of process {pid}"),
    };
    page.title(&title);
    if let Some(container) = &resources.container {
        page.section("container");
        rows(&mut page, container);
    }
    page.section("machine");
    rows(&mut page, &resources.machine);
    Ok(page.finish())
}

fn rows(page: &mut Page, of: &ResourceUse) {
    let has = |used: Option<u64>, total: u64| match used {
        Some(used) => format!("{} of {}", size(used), size(total)),
        None => size(total),
    };
    let percent = of.memory_percent();
    let percent = percent.map_or_else(String::new, |percent| format!(", {percent:.1}%"));
    page.row(
        "memory",
        &format!("{}{percent}", has(of.memory_used, of.memory_total)),
    );
    page.row("swap", &has(of.swap_used, of.swap_total));
    let cpus = match of.cpu_limit {
        Some(limit) => format!("{limit:.2} of {}", of.cpus),
        None => of.cpus.to_string(),
    };
    page.row("cpus", &cpus);
    if let Some(time) = of.cpu_time {
        page.row("cpu time", &span(time));
    }
    if let Some(time) = of.throttled {
        page.row("throttled", &span(time));
    }
    match (of.tasks, of.tasks_limit) {
        (Some(tasks), Some(limit)) => page.row("tasks", &format!("{tasks} of {limit}")),
        (Some(tasks), None) => page.row("tasks", &tasks.to_string()),
        (None, Some(limit)) => page.row("tasks", &format!("up to {limit}")),
        (None, None) => {}
    }
    page.killed_for_memory(of.oom_kills);
    for (name, pressure) in [
        ("waits for cpu", &of.pressure.cpu),
        ("waits for memory", &of.pressure.memory),
        ("waits for i/o", &of.pressure.io),
    ] {
        if let Some(some) = pressure
            .as_ref()
            .and_then(|pressure| pressure.some.as_ref())
        {
            page.row(name, &waited(some));
        }
    }
}

fn json(view: &View, resources: &Resources) -> Fields {
    let of = |of: &ResourceUse| {
        object([
            ("memory_total", Value::Size(of.memory_total)),
            ("memory_limit", maybe(of.memory_limit.map(Value::Size))),
            ("memory_used", maybe(of.memory_used.map(Value::Size))),
            (
                "memory_percent",
                maybe(of.memory_percent().map(Value::Percent)),
            ),
            ("swap_total", Value::Size(of.swap_total)),
            ("swap_used", maybe(of.swap_used.map(Value::Size))),
            ("cpus", Value::from(of.cpus as u64)),
            ("cpu_limit", maybe(of.cpu_limit.map(Value::Real))),
            ("cpu_time", maybe(of.cpu_time.map(Value::Duration))),
            ("throttled", maybe(of.throttled.map(Value::Duration))),
            ("tasks", maybe(of.tasks.map(Value::from))),
            ("tasks_limit", maybe(of.tasks_limit.map(Value::from))),
            ("oom_kills", maybe(of.oom_kills.map(Value::from))),
            ("pressure", pressure(&of.pressure)),
        ])
    };
    let all = [
        ("schema", Value::text(SCHEMA)),
        ("pid", maybe(view.target().map(|pid| int(pid.get())))),
        ("container", maybe(resources.container.as_ref().map(of))),
        ("machine", of(&resources.machine)),
    ];
    all.into_iter().collect()
}
