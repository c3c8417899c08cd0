//! What the process is: its name, program, arguments, directories, start.

use std::time::{Duration, SystemTime};

use psgo::{Process, Text, Value, local_time};

use crate::inspect::{
    document::{Document, list, maybe},
    page::Page,
    text::{linked, or_none, shown, span, text},
};

pub(super) fn page(page: &mut Page, process: &Process) {
    page.told("name", process.name().map(text));
    let comm = process.comm().map(text);
    if comm.as_ref().ok() != process.name().map(text).as_ref().ok() {
        page.told("comm", comm);
    }
    let exe = process.exe();
    page.told("program", exe.map(|exe| or_none(exe.map(linked))));
    let args = process.cmdline().map(|cmdline| {
        let args: Vec<_> = cmdline.args().map(argument).collect();
        if args.is_empty() {
            "none".to_owned()
        } else {
            args.join(" ")
        }
    });
    page.told("arguments", args);
    page.told("directory", process.cwd().map(linked));
    page.told("root", process.root().map(linked));
    let started = process.started_at().map(|at| {
        let at = or_none(local_time(at));
        match process.age() {
            Ok(age) => format!("{at}, {} ago", span(Duration::from_secs(age.as_secs()))),
            Err(_) => at,
        }
    });
    page.told("started", started);
    page.told("terminal", process.terminal().map(or_none));
    if process.is_kernel_thread().is_ok_and(|is| is) {
        page.row("kind", "thread of the kernel's own");
    }
}

pub(super) fn json(doc: &mut Document, process: &Process) {
    doc.put("is_running", Ok(Value::Bool(process.is_running())));
    doc.put("name", process.name().map(Value::Text));
    let (exe, cwd) = (process.exe(), process.cwd());
    let path =
        |linked: Option<&psgo::LinkTarget>| linked.map_or(Text::word(""), |exe| exe.path.clone());
    let shown = exe.as_ref().map(|exe| Value::Text(path(exe.as_ref())));
    doc.put("exe", shown.map_err(Clone::clone));
    let args = process
        .cmdline()
        .map(|cmdline| list(cmdline.args().map(Value::text)));
    doc.put("cmdline", args);
    let shown = cwd.as_ref().map(|cwd| Value::Text(cwd.path.clone()));
    doc.put("cwd", shown.map_err(Clone::clone));
    let started = process.started_at().map(|at| {
        // It is after 1970, as the moment of boot is.
        let since = at.duration_since(SystemTime::UNIX_EPOCH);
        Value::Duration(since.unwrap_or_default())
    });
    doc.put("create_time", started);
    doc.put(
        "start_time_boot",
        Ok(Value::Duration(process.started_after_boot())),
    );
    let terminal = process.terminal().map(|name| maybe(name.map(Value::Text)));
    doc.put("terminal", terminal);
    let deleted = |linked: Option<&psgo::LinkTarget>| {
        maybe(linked.and_then(|to| to.deleted).map(Value::Bool))
    };
    doc.put_ext("comm", process.comm().map(Value::Text));
    let root = process.root();
    let shown = root.as_ref().map(|root| Value::Text(root.path.clone()));
    doc.put_ext("root", shown.map_err(Clone::clone));
    doc.put_own("root_deleted", root.map(|root| deleted(Some(&root))));
    let is_gone = exe.map(|exe| deleted(exe.as_ref()));
    doc.put_ext("exe_deleted", is_gone);
    doc.put_ext("cwd_deleted", cwd.map(|cwd| deleted(Some(&cwd))));
    doc.put_own("age", process.age().map(Value::Duration));
    let is_kernel = process.is_kernel_thread().map(Value::Bool);
    doc.put_ext("kernel_thread", is_kernel);
}

/// An argument, in quotes if it is empty or has blanks or quotes in it.
fn argument(arg: &[u8]) -> String {
    let text = shown(arg);
    if arg.is_empty() || text.contains([' ', '"', '\'']) {
        format!("'{text}'")
    } else {
        text
    }
}
