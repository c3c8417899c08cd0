//! Parents, children, and the numbers of its job and in other namespaces.

use psgo::{Pid, Process, Text, Value};

use crate::inspect::{
    document::{Document, int, known, list, maybe, object},
    page::Page,
    text::{named, text},
};

pub(super) fn page(page: &mut Page, process: &Process) {
    match process.parents() {
        Ok(parents) => page.list("parents", parents.iter().map(named)),
        Err(error) => page.missing("parents", &error),
    }
    let children = process.named_children();
    let most = page.depth.rows;
    page.told("children", children.clone().map(|all| told(&all, most)));
    if children.is_ok_and(|children| !children.is_empty()) {
        let all = process.descendants();
        page.told("descendants", all.map(|all| all.len().to_string()));
    }
    let seen = |pid: Option<Pid>| pid.map_or_else(|| "not seen here".to_owned(), |p| p.to_string());
    match process.job() {
        Ok(job) => {
            page.row("process group", &seen(job.group));
            page.row("session", &seen(job.session));
        }
        Err(error) => page.missing("process group", &error),
    }
    match process.pids() {
        Ok(pids) if pids.len() > 1 => {
            page.list("pid by namespace", pids.iter().map(Pid::to_string));
        }
        Ok(_) => {}
        Err(error) => page.missing("pid by namespace", &error),
    }
    if let Some(own) = process.own_pid().filter(|own| *own != process.pid()) {
        page.row("pid outside", &own.to_string());
    }
}

pub(super) fn json(doc: &mut Document, process: &Process) {
    let ppid = process.ppid();
    doc.put("ppid", ppid.map(|ppid| int(ppid.map_or(0, Pid::get))));
    let parents = process.parents().map(|parents| {
        let parents: Vec<_> = parents.iter().map(Process::pid).collect();
        pids(&parents)
    });
    doc.put("parents", parents);
    doc.put("children", process.children().map(|all| pids(&all)));
    doc.put(
        "children_recursive",
        process.descendants().map(|all| pids(&all)),
    );
    let job = process.job();
    let number = |pid: Option<Pid>| int(pid.map_or(0, Pid::get));
    doc.put_ext("pgid", job.clone().map(|job| number(job.group)));
    doc.put_ext("sid", job.map(|job| number(job.session)));
    let all = process.pids().map(|all| pids(&all));
    doc.put_ext("nspid", all);
    let parents = process.parents().map(|parents| {
        list(parents.iter().map(|parent| {
            object([
                ("pid", int(parent.pid().get())),
                ("name", known(parent.name().map(Value::Text))),
            ])
        }))
    });
    doc.put_own("parents", parents);
    let children = process.named_children().map(|children| {
        list(children.into_iter().map(|(pid, name)| {
            object([
                ("pid", int(pid.get())),
                ("name", maybe(name.map(Value::Text))),
            ])
        }))
    });
    doc.put_own("children", children);
    let own = process.own_pid().map(|pid| int(pid.get()));
    doc.put_own("own_pid", Ok(maybe(own)));
}

/// Some of the children, each by number and name.
fn told(children: &[(Pid, Option<Text>)], most: usize) -> String {
    if children.is_empty() {
        return "none".to_owned();
    }
    let name = |name: &Option<Text>| name.clone().map_or_else(|| "?".to_owned(), text);
    let first = children.iter().take(most);
    let mut all: Vec<_> = first
        .map(|(pid, comm)| format!("{pid} {}", name(comm)))
        .collect();
    let more = children.len().saturating_sub(all.len());
    if more > 0 {
        all.push(format!("and {more} more: -only family"));
    }
    all.join(", ")
}

fn pids(pids: &[Pid]) -> Value {
    list(pids.iter().map(|pid| int(pid.get())))
}
