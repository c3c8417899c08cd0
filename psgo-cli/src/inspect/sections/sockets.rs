//! Open sockets.

use std::{collections::BTreeMap, sync::Arc};

use psgo::{Fields, FileKind, OpenDescriptor, Process, Socket, Unread, Value};

use crate::inspect::{
    document::{Document, int, list, maybe, object, present},
    page::Page,
    text::{size, text},
};

pub(super) fn page(page: &mut Page, process: &Process) {
    let all = match process.descriptors() {
        Ok(all) => all,
        Err(error) => return page.missing("sockets", &error),
    };
    let sockets: Vec<_> = all.iter().filter(|open| is_socket(open)).collect();
    let others = sockets.iter().filter(|one| one.socket.is_none()).count();
    let all = sockets.len();
    let counted = match others {
        0 => all.to_string(),
        others => {
            format!("{all}, {others} of them of another network namespace or family, or not bound")
        }
    };
    page.row("sockets", &counted);
    for unread in unread(process).iter() {
        page.row(&unread.what, &format!("? ({})", page.reason(unread.why)));
    }
    if sockets.is_empty() {
        return;
    }
    in_short(page, &sockets);
    let known = sockets.iter().filter_map(|open| open.socket.as_ref());
    let forgeable = known.filter(|socket| socket.forgeable).count();
    if forgeable > 0 {
        let text =
            format!("{forgeable} of them, known from text in which a name can pass for a row");
        page.row("forgeable", &text);
    }
    let shown = sockets.iter().take(page.depth.rows);
    let rows: Vec<_> = shown.map(|one| row(one)).collect();
    page.table(
        [
            "FD", "PROTOCOL", "TYPE", "STATE", "RECV-Q", "SEND-Q", "UID", "INODE", "LOCAL",
            "REMOTE",
        ],
        &rows,
    );
    page.more(sockets.len(), rows.len(), "sockets");
}

/// How many there are of each protocol and state, and what waits in their queues.
fn in_short(page: &mut Page, sockets: &[&OpenDescriptor]) {
    let mut states: BTreeMap<(String, &str), usize> = BTreeMap::new();
    let (mut queues, mut received, mut sent) = (0_usize, 0_u64, 0_u64);
    for open in sockets {
        let Some(socket) = &open.socket else { continue };
        *states
            .entry((socket.protocol.to_owned(), state(socket)))
            .or_default() += 1;
        // Of one that listens these are connections, not bytes.
        if socket.state == Some("LISTEN") {
            continue;
        }
        let [own, others] = [socket.received, socket.sent].map(Option::unwrap_or_default);
        if own > 0 || others > 0 {
            queues += 1;
            received = received.saturating_add(own);
            sent = sent.saturating_add(others);
        }
    }
    if sockets.len() > 1 && !states.is_empty() {
        let told = |((protocol, state), count): (&(String, &str), &usize)| {
            format!("{count} {protocol} {state}").trim_end().to_owned()
        };
        page.list("by state", states.iter().map(told));
    }
    if queues > 0 {
        let text = format!(
            "{} received and not read, {} sent and not acknowledged, of {queues} of them",
            size(received),
            size(sent)
        );
        page.row("in queues", &text);
    }
}

/// Its state, for people; nothing of a family without states.
fn state(socket: &Socket) -> &'static str {
    match (socket.state, socket.protocol) {
        (Some(state), _) => state,
        (None, "packet" | "xdp") => "",
        (None, _) => "?",
    }
}

fn is_socket(descriptor: &OpenDescriptor) -> bool {
    descriptor.kind == Some(FileKind::Socket)
}

fn row(open: &OpenDescriptor) -> [String; 10] {
    let unknown = || "?".to_owned();
    let protocol = open.protocol.clone().map_or_else(unknown, text);
    let fd = open.fd.to_string();
    let inode = open.inode().map_or_else(unknown, |inode| inode.to_string());
    let Some(socket) = &open.socket else {
        let rest = std::array::from_fn(|_| unknown());
        let [kind, state, received, sent, uid, local, remote] = rest;
        return [
            fd, protocol, kind, state, received, sent, uid, inode, local, remote,
        ];
    };
    let number = |number: Option<u64>| number.map(|n| n.to_string()).unwrap_or_default();
    [
        fd,
        protocol,
        socket.kind.unwrap_or_default().to_owned(),
        state(socket).to_owned(),
        number(socket.received),
        number(socket.sent),
        socket.uid.map_or_else(unknown, |uid| uid.to_string()),
        inode,
        socket.local_text().map(text).unwrap_or_default(),
        socket.remote_text().map(text).unwrap_or_default(),
    ]
}

pub(super) fn json(doc: &mut Document, process: &Process) {
    let all = process.descriptors().map(|all| {
        list(all.iter().filter(|open| is_socket(open)).map(|open| {
            let mut fields: Fields = [("fd", int(open.fd))].into_iter().collect();
            for (name, value) in described(open) {
                fields.push(name, value);
            }
            Value::Fields(fields)
        }))
    });
    doc.put_own("sockets", all);
    let connections = process.sockets().map(|sockets| {
        list(
            sockets
                .iter()
                .filter_map(|open| connection(open.fd, &open.socket)),
        )
    });
    doc.put("net_connections", connections);
    for unread in unread(process).iter() {
        // What is known is there all the same.
        doc.note_missing("net_connections", unread.why);
        doc.note_missing(&unread.what, unread.why);
    }
}

/// The tables because of which sockets can be missing.
fn unread(process: &Process) -> Arc<[Unread]> {
    // Where the descriptors are unknown, the sockets are, and say so.
    process.partly_read().unwrap_or_default()
}

/// A socket as the schema has it; nothing for one of a kind that it does not know.
fn connection(fd: u32, socket: &Socket) -> Option<Value> {
    let (family, kind) = match socket.protocol {
        "tcp" => ("inet", "stream"),
        "tcp6" => ("inet6", "stream"),
        "udp" | "udplite" => ("inet", "dgram"),
        "udp6" | "udplite6" => ("inet6", "dgram"),
        "raw" => ("inet", "raw"),
        "raw6" => ("inet6", "raw"),
        "unix" => (
            "unix",
            match socket.kind {
                Some("STREAM") => "stream",
                Some("DGRAM") => "dgram",
                Some("SEQPACKET") => "seqpacket",
                _ => "raw",
            },
        ),
        _ => return None,
    };
    let end = |end: Option<std::net::SocketAddr>| {
        let end = end.filter(|end| end.port() != 0);
        maybe(end.map(|end| {
            object([
                ("ip", Value::text(end.ip().to_string())),
                ("port", int(end.port())),
            ])
        }))
    };
    let (local, remote) = if family == "unix" {
        (
            Value::text(socket.path.as_deref().unwrap_or_default()),
            Value::text(""),
        )
    } else {
        (end(socket.local), end(socket.remote))
    };
    // Datagrams have no states: what the kernel prints for them is only whether there is a peer.
    let state = if kind == "stream" && family != "unix" {
        socket.state.unwrap_or("NONE")
    } else {
        "NONE"
    };
    Some(object([
        ("fd", int(fd)),
        ("family", Value::text(family)),
        ("type", Value::text(kind)),
        ("laddr", local),
        ("raddr", remote),
        ("status", Value::text(state)),
    ]))
}

/// All that is known of the socket behind a descriptor. Of one of another network namespace, or of a
/// family that has no table, that is its protocol.
pub(super) fn described(open: &OpenDescriptor) -> Fields {
    let protocol = ("protocol", maybe(open.protocol.clone().map(Value::Text)));
    let inode = ("inode", maybe(open.inode().map(Value::from)));
    let Some(socket) = &open.socket else {
        return [protocol, inode].into_iter().collect();
    };
    let end =
        |end: Option<std::net::SocketAddr>| maybe(end.map(|end| Value::text(end.to_string())));
    let fields = [
        protocol,
        ("state", maybe(socket.state.map(Value::text))),
        ("type", maybe(socket.kind.map(Value::text))),
        ("received", maybe(socket.received.map(Value::from))),
        ("sent", maybe(socket.sent.map(Value::from))),
        ("local", end(socket.local)),
        ("remote", end(socket.remote)),
        ("path", maybe(socket.path.as_ref().map(Value::text))),
        inode,
        ("uid", maybe(socket.uid.map(|uid| int(uid.get())))),
        ("source", Value::text(socket.source())),
    ];
    present(fields.into_iter().collect())
}
