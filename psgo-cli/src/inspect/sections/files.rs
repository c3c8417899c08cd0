//! Open files, one for each descriptor.

use psgo::{Fields, FileKind, OpenDescriptor, Process, Value};

use super::sockets;
use crate::inspect::{
    document::{Document, count, int, list, maybe, object, record},
    page::Page,
    text::shown,
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
    let row = |descriptor: &OpenDescriptor| {
        let access = descriptor
            .info
            .as_ref()
            .map_or("?", |info| match info.flags.access() {
                "O_RDONLY" => "r",
                "O_WRONLY" => "w",
                "O_RDWR" => "rw",
                _ => "-",
            });
        let mut target = if descriptor.target.is_empty() {
            "? (a path longer than 4095 bytes)".to_owned()
        } else {
            shown(&descriptor.target)
        };
        let detail = detail(descriptor);
        if !detail.is_empty() {
            target = format!("{target} ({detail})");
        }
        [
            descriptor.fd.to_string(),
            descriptor.kind.as_str().to_owned(),
            access.to_owned(),
            target,
        ]
    };
    let rows: Vec<_> = descriptors.iter().take(page.depth.rows).map(row).collect();
    page.table(["FD", "KIND", "MODE", "TARGET"], &rows);
    page.more(descriptors.len(), rows.len(), "files");
}

pub(super) fn json(doc: &mut Document, process: &Process) {
    let files = process.open_files().map(|files| {
        list(files.iter().map(|file| {
            object([
                ("fd", int(file.fd)),
                ("path", Value::text(&file.path)),
                ("position", Value::Int(file.position)),
                ("mode", Value::text(file.mode())),
                ("flags", int(file.flags)),
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
fn detail(descriptor: &OpenDescriptor) -> String {
    let Some(info) = &descriptor.info else {
        return String::new();
    };
    let mut words = Vec::new();
    if matches!(descriptor.kind, FileKind::File | FileKind::Memfd) {
        words.push(format!("at {}", info.pos));
    }
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
    }
    words.join(", ")
}

fn short(descriptor: &OpenDescriptor) -> Value {
    let info = descriptor.info.as_ref();
    object([
        ("fd", int(descriptor.fd)),
        ("kind", Value::text(descriptor.kind.as_str())),
        (
            "target",
            maybe((!descriptor.target.is_empty()).then(|| Value::text(&descriptor.target))),
        ),
        ("pos", maybe(info.map(|info| Value::Int(info.pos)))),
        ("flags", maybe(info.map(|info| int(info.flags.0)))),
    ])
}

fn descriptor(descriptor: &OpenDescriptor) -> Value {
    let mut fields: Fields = [
        ("fd", int(descriptor.fd)),
        ("kind", Value::text(descriptor.kind.as_str())),
        ("what", maybe(descriptor.what().map(Value::text))),
        ("path", maybe(descriptor.path().map(Value::text))),
        ("deleted", Value::Bool(descriptor.deleted)),
    ]
    .into_iter()
    .collect();
    if let Some(socket) = &descriptor.socket {
        fields.push("socket", sockets::socket(socket));
    }
    let is_odd = matches!(descriptor.kind, FileKind::Anonymous | FileKind::Other)
        || descriptor.what() == Some(b"pidfd");
    if let Some(info) = &descriptor.info {
        let info = if is_odd {
            record(info)
        } else {
            // Of all others the kernel tells no more.
            object([
                ("mnt_id", maybe(info.mnt_id.map(int))),
                ("ino", maybe(info.ino.map(Value::from))),
            ])
        };
        fields.push("info", info);
    }
    Value::Fields(fields)
}
