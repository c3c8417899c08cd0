//! Descriptors of what processes hold open.

use super::{definition::descriptors, sources::Held};
use crate::{
    format::pid::LinkKind,
    ids::Uid,
    snapshot::Slot,
    value::{Missing, Text, Value},
};

descriptors! {
    Opened;
    //name  code  header     holds    needs             what it is
    deleted ""    "DELETED"  Text     [FDS BEHIND]      "yes if its name was removed, no otherwise; unknown where it has another name"
    dev     ""    "DEV"      Text     [FDS METADATA]    "device of the file system that it is on, as major:minor"
    ends    ""    "ENDS"     Texts    [FDS SOCKETS ENDS] "every process that has the other end of a pipe or Unix socket, and by which descriptor: 4711/1"
    fd      ""    "FD"       Number   [FDS]             "number of the descriptor; unknown for what -all adds"
    flags   ""    "FLAGS"    Texts    [FDINFO]          "flags with which it was opened"
    inode   ""    "INODE"    Number   [FDINFO]          "inode number"
    kind    ""    "KIND"     Text     [FDS BEHIND]      "file, dir, char, block, symlink, fifo, pipe, socket, memfd, or the kernel's word: eventfd, eventpoll; with -all cwd, root, exe and mem"
    mntid   ""    "MNTID"    Number   [FDINFO]          "mount that it is on, by its number in mountinfo"
    mode    ""    "MODE"     Text     [FDINFO]          "r to read, w to write, u to do both, path for O_PATH, ioctl for ioctl alone"
    name    ""    "NAME"     Text     [FDS SOCKETS PROTOCOLS] "its path, or the protocol of a socket with its ends and state"
    nlink   ""    "NLINK"    Number   [FDS METADATA]    "by how many names it is known, directories apart"
    ouid    ""    "OUID"     Number   [FDS METADATA]    "user ID of its owner"
    owner   ""    "OWNER"    Text     [FDS METADATA USERS] "name of its owner, or his number"
    pos     ""    "POS"      Number   [FDINFO]          "offset in the file, in bytes"
    proto   ""    "PROTO"    Text     [FDS SOCKETS PROTOCOLS] "protocol of a socket, of whichever network namespace: tcp, unix, netlink"
    size    ""    "SIZE"     Size     [FDS METADATA]    "size of a file or directory: KiB in text, bytes in JSON"
    source  ""    "SOURCE"   Text     [FDS SOCKETS]     "from where a socket's ends and state are known: netlink; or text, in which a name can forge the row of a Unix socket: forgeable"
    target  ""    "TARGET"   Text     [FDS]             "where its link leads, as the kernel has it"
}

fn deleted(held: &Held<'_>) -> Value {
    let opened = held.opened;
    // The kernel's word for it may be part of the name.
    let unknown = Value::Missing(match opened.unread {
        Missing::None => Missing::Untold,
        why => why,
    });
    opened.deleted().map_or(unknown, |gone| {
        Value::Text(Text::word(if gone { "yes" } else { "no" }))
    })
}

/// Of whatever stands behind a link; the numbers of devices are decimal, as those of lsfd.
fn dev(held: &Held<'_>) -> Value {
    held.opened.behind.map_or(Value::MISSING, |behind| {
        let (major, minor) = behind.device;
        Value::text(format!("{major}:{minor}"))
    })
}

fn ends(held: &Held<'_>) -> Value {
    let (pid, opened) = (held.seen.pid(), held.opened);
    let others = held.ends.map(|ends| ends.others(pid, opened));
    others.unwrap_or(Value::MISSING)
}

fn fd(held: &Held<'_>) -> Value {
    let opened = held.opened;
    match opened.slot {
        Slot::Fd(fd) => Value::Int(fd.into()),
        _ => Value::MISSING,
    }
}

fn flags(held: &Held<'_>) -> Value {
    let opened = held.opened;
    opened.info.as_ref().map_or(Value::MISSING, |info| {
        let names = info.flags.names().skip(1);
        let short = names.map(|name| name.strip_prefix("O_").unwrap_or(name));
        Value::List(short.map(|name| Value::Text(Text::word(name))).collect())
    })
}

fn inode(held: &Held<'_>) -> Value {
    let opened = held.opened;
    let told = opened.info.as_ref().and_then(|info| info.ino);
    let inode = match LinkKind::of(&opened.target) {
        LinkKind::Inode(_, inode) => Some(inode),
        _ => told,
    };
    inode.map_or(Value::MISSING, Value::from)
}

fn kind(held: &Held<'_>) -> Value {
    let opened = held.opened;
    let held = match opened.slot {
        Slot::Fd(_) => return opened.kind_word().map_or(Value::MISSING, Value::Text),
        Slot::Cwd => "cwd",
        Slot::Root => "root",
        Slot::Exe => "exe",
        Slot::Map => "mem",
    };
    Value::Text(Text::word(held))
}

fn mntid(held: &Held<'_>) -> Value {
    let opened = held.opened;
    let id = opened.info.as_ref().and_then(|info| info.mnt_id);
    id.map_or(Value::MISSING, |id| Value::Int(id.into()))
}

fn mode(held: &Held<'_>) -> Value {
    let opened = held.opened;
    let mode = opened.mode();
    mode.map_or(Value::MISSING, |mode| Value::Text(Text::word(mode)))
}

fn name(held: &Held<'_>) -> Value {
    let opened = held.opened;
    match &opened.socket {
        Some(socket) => Value::Text(socket.text()),
        None => match &opened.protocol {
            // What no table has is told apart by its inode.
            Some(protocol) => {
                let link = [protocol.as_bytes(), b" ", &opened.target].concat();
                Value::text(link)
            }
            None => target(held),
        },
    }
}

fn nlink(held: &Held<'_>) -> Value {
    let behind = held.opened.behind;
    behind.map_or(Value::MISSING, |behind| Value::Int(behind.names.into()))
}

/// Its owner, in the user namespace of the listing.
fn owner_of(held: &Held<'_>) -> Result<Uid, Missing> {
    let behind = held.opened.behind;
    let read = behind.and_then(|behind| behind.owner);
    held.seen.uid(Uid::new(read.ok_or(Missing::None)?))
}

fn ouid(held: &Held<'_>) -> Value {
    let uid = owner_of(held);
    uid.map_or_else(Value::Missing, |uid| Value::Int(uid.get().into()))
}

/// As the process itself sees it.
fn owner(held: &Held<'_>) -> Value {
    let uid = owner_of(held);
    uid.map_or_else(Value::Missing, |uid| Value::Text(held.seen.user(uid)))
}

fn pos(held: &Held<'_>) -> Value {
    let opened = held.opened;
    let pos = opened.info.as_ref().and_then(|info| info.pos);
    pos.map_or(Value::MISSING, Value::Int)
}

fn proto(held: &Held<'_>) -> Value {
    held.opened.protocol().map_or(Value::MISSING, Value::Text)
}

fn size(held: &Held<'_>) -> Value {
    held.opened.size().map_or(Value::MISSING, Value::Size)
}

fn source(held: &Held<'_>) -> Value {
    let socket = held.opened.socket.as_ref();
    socket.map_or(Value::MISSING, |socket| {
        Value::Text(Text::word(socket.source()))
    })
}

/// Unknown where it is a path longer than `PATH_MAX`.
fn target(held: &Held<'_>) -> Value {
    let opened = held.opened;
    if opened.target.is_empty() {
        return Value::MISSING;
    }
    Value::text(&opened.target)
}
