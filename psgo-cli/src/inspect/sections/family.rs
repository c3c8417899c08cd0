//! Parents, children, and the numbers of its job and in other namespaces.

use psgo::{Pid, Process, Value};

use crate::inspect::{
    document::{Document, int, list},
    page::Page,
    text::named,
};

pub(super) fn page(page: &mut Page, process: &Process) {
    match process.parents() {
        Ok(parents) => page.list("parents", parents.iter().map(named)),
        Err(error) => page.missing("parents", &error),
    }
    let children = process.children();
    page.told("children", children.clone().map(|all| numbers(&all)));
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
    if let Ok(pids) = process.pids()
        && pids.len() > 1
    {
        page.list("pid by namespace", pids.iter().map(Pid::to_string));
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
}

fn numbers(pids: &[Pid]) -> String {
    if pids.is_empty() {
        return "none".to_owned();
    }
    let pids: Vec<_> = pids.iter().map(Pid::to_string).collect();
    pids.join(", ")
}

fn pids(pids: &[Pid]) -> Value {
    list(pids.iter().map(|pid| int(pid.get())))
}
