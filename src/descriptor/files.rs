//! Descriptors of what processes hold open.

use super::definition::descriptors;
use crate::{
    format::pid::{DELETED, LinkKind, is_device_path},
    snapshot::{Opened, Slot},
    value::{Text, Value},
};

descriptors! {
    Opened;
    //name  code  header     holds    needs             what it is
    deleted ""    "DELETED"  Text     [FDS]             "yes if its name is gone, no otherwise"
    fd      ""    "FD"       Number   [FDS]             "number of the descriptor; unknown for what -all adds"
    flags   ""    "FLAGS"    Texts    [FDINFO]          "flags with which it was opened"
    inode   ""    "INODE"    Number   [FDINFO]          "inode number"
    kind    ""    "KIND"     Text     [FDS]             "file, device, socket, pipe, eventfd, memfd and so on; with -all cwd, root, exe and mem"
    mntid   ""    "MNTID"    Number   [FDINFO]          "mount that it is on, by its number in mountinfo"
    mode    ""    "MODE"     Text     [FDINFO]          "r to read, w to write, u to do both; unknown with O_PATH, which can neither"
    name    ""    "NAME"     Text     [FDS SOCKETS]     "its path, or the ends and state of a socket"
    pos     ""    "POS"      Number   [FDINFO]          "offset in the file, in bytes"
    target  ""    "TARGET"   Text     [FDS]             "where its link leads, as the kernel has it"
}

fn deleted(opened: &Opened) -> Value {
    if opened.target.is_empty() {
        return Value::MISSING;
    }
    let gone = opened.target.starts_with(b"/") && opened.target.ends_with(DELETED);
    Value::Text(Text::word(if gone { "yes" } else { "no" }))
}

fn fd(opened: &Opened) -> Value {
    match opened.slot {
        Slot::Fd(fd) => Value::Int(fd.into()),
        _ => Value::MISSING,
    }
}

fn flags(opened: &Opened) -> Value {
    opened.info.as_ref().map_or(Value::MISSING, |info| {
        let names = info.flags.names().skip(1);
        let short = names.map(|name| name.strip_prefix("O_").unwrap_or(name));
        Value::List(short.map(|name| Value::Text(Text::word(name))).collect())
    })
}

fn inode(opened: &Opened) -> Value {
    let told = opened.info.as_ref().and_then(|info| info.ino);
    let inode = match LinkKind::of(&opened.target) {
        LinkKind::Inode(_, inode) => Some(inode),
        _ => told,
    };
    inode.map_or(Value::MISSING, Value::from)
}

/// By the link alone: another's file is never asked, for that can wait for ever.
fn kind(opened: &Opened) -> Value {
    let held = match opened.slot {
        Slot::Fd(_) => None,
        Slot::Cwd => Some("cwd"),
        Slot::Root => Some("root"),
        Slot::Exe => Some("exe"),
        Slot::Map => Some("mem"),
    };
    if let Some(held) = held {
        return Value::Text(Text::word(held));
    }
    let target = opened.target.as_slice();
    // Only paths are too long to be told, but of what is not.
    if target.is_empty() {
        return Value::MISSING;
    }
    Value::Text(match LinkKind::of(target) {
        LinkKind::Inode(kind, _) | LinkKind::Anonymous(kind) => Text::from(kind),
        LinkKind::Memory => Text::word("memfd"),
        LinkKind::DmaBuf => Text::word("dmabuf"),
        LinkKind::Other if is_device_path(target) => Text::word("device"),
        LinkKind::Other => Text::word("file"),
    })
}

fn mntid(opened: &Opened) -> Value {
    let id = opened.info.as_ref().and_then(|info| info.mnt_id);
    id.map_or(Value::MISSING, |id| Value::Int(id.into()))
}

fn mode(opened: &Opened) -> Value {
    let Some(info) = &opened.info else {
        return Value::MISSING;
    };
    let is_path = info.flags.names().any(|name| name == "O_PATH");
    Value::Text(Text::word(match info.flags.access() {
        _ if is_path => return Value::MISSING,
        "O_RDONLY" => "r",
        "O_WRONLY" => "w",
        "O_RDWR" => "u",
        // For `ioctl` alone.
        _ => return Value::MISSING,
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
        .map_or(Value::MISSING, |info| Value::Int(info.pos))
}

/// Unknown where it is a path longer than `PATH_MAX`.
fn target(opened: &Opened) -> Value {
    if opened.target.is_empty() {
        return Value::MISSING;
    }
    Value::text(&opened.target)
}
