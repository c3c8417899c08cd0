//! Open files, one for each descriptor.

use std::collections::HashMap;

use psgo::{Fields, FileKind, OpenDescriptor, Process, Value, format::pid::Dev};

use super::{locks::locked, sockets};
use crate::inspect::{
    document::{Document, count, int, list, maybe, object, record},
    page::Page,
    text::{REMOVED_OR_CALLED_SO, shown, text},
};

pub(super) fn page(page: &mut Page, process: &Process) {
    let descriptors = match process.descriptors() {
        Ok(descriptors) => descriptors,
        Err(error) => return page.missing("descriptors", &error),
    };
    page.row("descriptors", &descriptors.len().to_string());
    if descriptors.is_empty() {
        return;
    }
    let alone = page.depth.alone;
    let groups = groups(&descriptors);
    for group in groups.iter().filter(|group| is_leak(group)) {
        let text = format!(
            "{} × {}: opened again and again, and likely never closed",
            group.len(),
            target(group[0])
        );
        page.warn("likely a leak", &text);
    }
    // Alone every descriptor has its row.
    let groups: Vec<Vec<&OpenDescriptor>> = if alone {
        descriptors.iter().map(|one| vec![one]).collect()
    } else {
        groups
    };
    let row = |group: &Vec<&OpenDescriptor>| {
        let first = group[0];
        let mut target = target(first);
        if group.len() > 1 {
            target = format!("{} × {target}", group.len());
        } else {
            let detail = detail(first, alone);
            if !detail.is_empty() {
                target = format!("{target} ({detail})");
            }
        }
        let word = first.word().map_or_else(|| "?".to_owned(), text);
        let mode = first.mode().unwrap_or("?").to_owned();
        [first.fd.to_string(), word, mode, target]
    };
    let rows: Vec<_> = groups.iter().take(page.depth.rows).map(row).collect();
    page.table(["FD", "KIND", "MODE", "TARGET"], &rows);
    let shown = groups.iter().take(rows.len()).map(Vec::len).sum();
    page.more(descriptors.len(), shown, "files");
}

/// So many descriptors of one file, or fewer, each have a row of their own.
const FEW: usize = 3;

/// So many descriptors of one file are likely a leak.
const MANY: usize = 100;

/// The descriptors, those of one file that are open in the same way together if there are some more of
/// them, where the first of them is.
fn groups(descriptors: &[OpenDescriptor]) -> Vec<Vec<&OpenDescriptor>> {
    let key = |one: &OpenDescriptor| (one.target.clone(), one.word().map(text), one.mode());
    let mut counts: HashMap<_, usize> = HashMap::new();
    let known = |one: &&OpenDescriptor| !one.target.is_empty();
    for one in descriptors.iter().filter(known) {
        *counts.entry(key(one)).or_default() += 1;
    }
    let mut places: HashMap<_, usize> = HashMap::new();
    let mut groups: Vec<Vec<&OpenDescriptor>> = Vec::new();
    for one in descriptors {
        let key = key(one);
        if counts.get(&key).is_none_or(|count| *count <= FEW) {
            groups.push(vec![one]);
            continue;
        }
        let place = *places.entry(key).or_insert(groups.len());
        match groups.get_mut(place) {
            Some(group) => group.push(one),
            None => groups.push(vec![one]),
        }
    }
    groups
}

/// Of devices, pipes and the like there may be many: their descriptors differ in what they stand for.
fn is_leak(group: &[&OpenDescriptor]) -> bool {
    let is_file =
        |one: &&OpenDescriptor| matches!(one.kind, Some(FileKind::File | FileKind::Directory));
    group.len() >= MANY && group.first().is_some_and(is_file)
}

/// Where it leads.
fn target(descriptor: &OpenDescriptor) -> String {
    if descriptor.target.is_empty() {
        return format!("? ({})", descriptor.unread);
    }
    let target = shown(&descriptor.target);
    match descriptor.deleted {
        None => target + REMOVED_OR_CALLED_SO,
        Some(_) => target,
    }
}

pub(super) fn json(doc: &mut Document, process: &Process) {
    let files = process.open_files().map(|files| {
        list(files.iter().map(|file| {
            object([
                ("fd", int(file.fd)),
                ("path", Value::text(&file.path)),
                ("position", maybe(file.position.map(Value::Int))),
                ("mode", maybe(file.mode().map(Value::text))),
                ("flags", maybe(file.flags.map(int))),
            ])
        }))
    });
    doc.put("open_files", files);
    doc.put("num_fds", process.descriptor_count().map(count));
    let all = process.descriptors();
    let short = all.as_ref().map(|all| list(all.iter().map(short)));
    doc.put_ext("fds", short.map_err(Clone::clone));
    let full = all.map(|all| list(all.iter().map(descriptor)));
    doc.put_own("descriptors", full);
}

/// What there is to say of a descriptor beside its target.
fn detail(descriptor: &OpenDescriptor, alone: bool) -> String {
    let Some(info) = &descriptor.info else {
        return String::new();
    };
    let mut words = Vec::new();
    // Whatever else has an offset, if it is one.
    let is_file = matches!(
        descriptor.kind,
        Some(FileKind::File | FileKind::Memfd) | None
    );
    let offset = info.pos.filter(|pos| is_file || *pos != 0);
    words.extend(offset.map(|pos| match descriptor.size {
        Some(bytes) if is_file => format!("at {pos} of {bytes}"),
        _ => format!("at {pos}"),
    }));
    words.extend(info.lock.iter().map(locked));
    words.extend(info.eventfd_count.map(|count| format!("count {count}")));
    if !info.tfd.is_empty() {
        let watched: Vec<_> = info
            .tfd
            .iter()
            .map(|target| target.tfd.to_string())
            .collect();
        words.push(format!("watches {}", watched.join(" ")));
    }
    words.extend(info.sigmask.map(|mask| format!("signals {mask:#x}")));
    words.extend(
        info.it_value
            .map(|time| format!("expires in {}s", time.secs)),
    );
    if !info.inotify.is_empty() {
        words.push(format!("watches {} files", info.inotify.len()));
    }
    words.extend(info.pid.map(|pid| format!("process {pid}")));
    if let Some(socket) = &descriptor.socket {
        words.push(socket.text().to_string());
    } else if descriptor.kind == Some(FileKind::Socket) {
        words.extend(descriptor.protocol.clone().map(text));
    }
    if alone {
        let flags = info.flags.names().skip(1);
        let flags: Vec<_> = flags
            .map(|name| name.strip_prefix("O_").unwrap_or(name))
            .collect();
        if !flags.is_empty() {
            words.push(flags.join(" "));
        }
        words.extend(info.mnt_id.map(|id| format!("mount {id}")));
        words.extend(info.ino.map(|inode| format!("inode {inode}")));
    }
    words.join(", ")
}

/// The schema's word for a kind, which are those of `st_mode`.
fn schema_kind(kind: FileKind) -> Value {
    Value::text(match kind {
        FileKind::Pipe => "fifo",
        // It is a regular file of the kernel's own file system.
        FileKind::Namespace => "file",
        FileKind::Symlink | FileKind::DmaBuf => "other",
        kind => kind.as_str(),
    })
}

fn device(dev: Dev) -> Value {
    Value::text(format!("{}:{}", dev.major, dev.minor))
}

fn short(descriptor: &OpenDescriptor) -> Value {
    let info = descriptor.info.as_ref();
    object([
        ("fd", int(descriptor.fd)),
        ("kind", maybe(descriptor.kind.map(schema_kind))),
        (
            "target",
            maybe((!descriptor.target.is_empty()).then(|| Value::text(&descriptor.target))),
        ),
        ("pos", maybe(info.and_then(|info| info.pos).map(Value::Int))),
        ("flags", maybe(info.map(|info| int(info.flags.0)))),
    ])
}

fn descriptor(descriptor: &OpenDescriptor) -> Value {
    let mut fields: Fields = [
        ("fd", int(descriptor.fd)),
        ("kind", maybe(descriptor.word().map(Value::Text))),
        ("mode", maybe(descriptor.mode().map(Value::text))),
        ("what", maybe(descriptor.what().map(Value::text))),
        ("path", maybe(descriptor.path().map(Value::text))),
        ("deleted", maybe(descriptor.deleted.map(Value::Bool))),
        ("size", maybe(descriptor.size.map(Value::Size))),
        ("device", maybe(descriptor.device.map(device))),
        ("links", maybe(descriptor.links.map(int))),
        ("owner", maybe(descriptor.owner.map(|uid| int(uid.get())))),
    ]
    .into_iter()
    .collect();
    if descriptor.kind == Some(FileKind::Socket) {
        fields.push("socket", Value::Fields(sockets::described(descriptor)));
    }
    if let Some(info) = &descriptor.info {
        fields.push("info", record(info));
    }
    Value::Fields(fields)
}
