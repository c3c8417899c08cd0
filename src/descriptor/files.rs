//! Descriptors of what processes hold open.

use super::{Descriptor, Needs, Value, descriptors};
use crate::{
    snapshot::{Opened, Place},
    value::Text,
};

descriptors! {
    Opened;
    //name  code  header     holds    needs             what it is
    deleted ""    "DELETED"  Text     [FDS]             "yes if its name is gone, no otherwise"
    fd      ""    "FD"       Text     [FDS]             "number of the descriptor; cwd, root, exe and mem with -all"
    flags   ""    "FLAGS"    Texts    [FDINFO]          "flags with which it was opened"
    inode   ""    "INODE"    Number   [FDINFO]          "inode number"
    kind    ""    "KIND"     Text     [FDS]             "file, socket, pipe, eventfd, memfd and so on"
    mntid   ""    "MNTID"    Number   [FDINFO]          "mount that it is on, by its number in mountinfo"
    mode    ""    "MODE"     Text     [FDINFO]          "r to read, w to write, u to do both"
    name    ""    "NAME"     Text     [FDS SOCKETS]     "its path, or the ends and state of a socket"
    pos     ""    "POS"      Number   [FDINFO]          "offset in the file, in bytes"
    target  ""    "TARGET"   Text     [FDS]             "where its link leads, as the kernel has it"
}

const DELETED: &[u8] = b" (deleted)";

fn deleted(opened: &Opened) -> Value {
    let gone = opened.target.starts_with(b"/") && opened.target.ends_with(DELETED);
    Value::Text(Text::word(if gone { "yes" } else { "no" }))
}

fn fd(opened: &Opened) -> Value {
    Value::Text(match opened.place {
        Place::Fd(fd) => Text::from(fd.to_string()),
        Place::Cwd => Text::word("cwd"),
        Place::Root => Text::word("root"),
        Place::Exe => Text::word("exe"),
        Place::Map => Text::word("mem"),
    })
}

fn flags(opened: &Opened) -> Value {
    opened.info.as_ref().map_or(Value::Missing, |info| {
        let names = info.flags.names().skip(1);
        let short = names.map(|name| name.strip_prefix("O_").unwrap_or(name));
        Value::List(short.map(|name| Value::Text(Text::word(name))).collect())
    })
}

fn inode(opened: &Opened) -> Value {
    let told = opened.info.as_ref().and_then(|info| info.ino);
    let inode = opened.kind_and_inode().map(|(_, inode)| inode).or(told);
    inode.map_or(Value::Missing, Value::from)
}

/// By the link alone: another's file is never asked, for that can wait for ever.
fn kind(opened: &Opened) -> Value {
    if let Some((kind, _)) = opened.kind_and_inode() {
        return Value::text(kind);
    }
    let target = opened.target.as_slice();
    Value::Text(if let Some(kind) = target.strip_prefix(b"anon_inode:") {
        let kind = kind
            .strip_prefix(b"[")
            .and_then(|kind| kind.strip_suffix(b"]"))
            .unwrap_or(kind);
        Text::from(kind)
    } else if target.starts_with(b"/memfd:") {
        Text::word("memfd")
    } else if target.starts_with(b"/dmabuf:") {
        Text::word("dmabuf")
    } else if target.starts_with(b"/dev/") {
        Text::word("device")
    } else {
        Text::word("file")
    })
}

fn mntid(opened: &Opened) -> Value {
    let id = opened.info.as_ref().and_then(|info| info.mnt_id);
    id.map_or(Value::Missing, |id| Value::Int(id.into()))
}

fn mode(opened: &Opened) -> Value {
    let Some(info) = &opened.info else {
        return Value::Missing;
    };
    Value::Text(Text::word(match info.flags.0 & 3 {
        0 => "r",
        1 => "w",
        _ => "u",
    }))
}

fn name(opened: &Opened) -> Value {
    match &opened.socket {
        Some(socket) => Value::Text(socket.text()),
        None => target(opened),
    }
}

fn pos(opened: &Opened) -> Value {
    opened
        .info
        .as_ref()
        .map_or(Value::Missing, |info| Value::Int(info.pos))
}

fn target(opened: &Opened) -> Value {
    Value::text(&opened.target)
}
