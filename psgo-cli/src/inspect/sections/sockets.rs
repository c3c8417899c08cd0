//! Open sockets.

use psgo::{OpenSocket, Process, Socket, Value};

use crate::inspect::{
    document::{Document, int, list, maybe, object, present},
    page::Page,
    text::text,
};

pub(super) fn page(page: &mut Page, process: &Process) {
    let sockets = match process.sockets() {
        Ok(sockets) => sockets,
        Err(error) => return page.missing("sockets", &error),
    };
    page.row("sockets", &sockets.len().to_string());
    if sockets.is_empty() {
        return;
    }
    let row = |open: &OpenSocket| {
        let socket = &open.socket;
        [
            open.fd.to_string(),
            socket.protocol.to_owned(),
            socket.state.unwrap_or("?").to_owned(),
            socket.local_text().map(text).unwrap_or_default(),
            socket.remote_text().map(text).unwrap_or_default(),
        ]
    };
    let rows: Vec<_> = sockets.iter().take(page.depth.rows).map(row).collect();
    page.table(["FD", "PROTOCOL", "STATE", "LOCAL", "REMOTE"], &rows);
    page.more(sockets.len(), rows.len(), "sockets");
}

pub(super) fn json(doc: &mut Document, process: &Process) {
    let connections = process.sockets().map(|sockets| {
        list(
            sockets
                .iter()
                .filter_map(|open| connection(open.fd, &open.socket)),
        )
    });
    doc.put("net_connections", connections);
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

/// All that is known of a socket.
pub(super) fn socket(socket: &Socket) -> Value {
    let end =
        |end: Option<std::net::SocketAddr>| maybe(end.map(|end| Value::text(end.to_string())));
    let fields = [
        ("protocol", Value::text(socket.protocol)),
        ("state", maybe(socket.state.map(Value::text))),
        ("type", maybe(socket.kind.map(Value::text))),
        ("received", maybe(socket.received.map(Value::from))),
        ("sent", maybe(socket.sent.map(Value::from))),
        ("local", end(socket.local)),
        ("remote", end(socket.remote)),
        ("path", maybe(socket.path.as_ref().map(Value::text))),
        ("inode", Value::from(socket.inode.unwrap_or(0))),
        ("uid", maybe(socket.uid.map(|uid| int(uid.get())))),
    ];
    Value::Fields(present(fields.into_iter().collect()))
}
