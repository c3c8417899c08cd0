//! Sockets of the other families: Unix, netlink, packet, vsock, xdp.

use super::{bytes::Bytes, inet::cookie, kinds::Kind};
use crate::{
    format::net::UnixType,
    ids::Uid,
    socket::{Socket, inode},
    value::Text,
};

/// A socket, and a network device that stands in its end: before it and behind it.
pub(super) struct Found {
    pub(super) socket: Socket,
    pub(super) device: Option<Device>,
}

/// A network device in the end of a socket: the text before its name and behind it.
pub(super) struct Device {
    pub(super) index: u32,
    pub(super) before: String,
    pub(super) behind: String,
}

/// A Unix socket (`struct unix_diag_msg`).
pub(super) fn unix(kind: Kind, message: Bytes<'_>) -> Option<Found> {
    const NAME: u16 = 0;
    const PEER: u16 = 2;
    const RQLEN: u16 = 4;
    const UID: u16 = 7;
    let state = kind.state(message.byte(2)?);
    let is_listening = state == Some("LISTEN");
    let mut socket = Socket {
        state,
        kind: UnixType(message.byte(1)?.into()).name(),
        inode: inode(message.word(4)?.into()),
        cookie: cookie(message, 8)?,
        ..Socket::new(kind.protocol)
    };
    for (attribute, body) in message.attributes(16) {
        match attribute {
            NAME => socket.path = path(body.0),
            PEER => socket.peer = body.word(0).and_then(|peer| inode(peer.into())),
            RQLEN => {
                socket.received = body.word(0).map(u64::from);
                let other = body.word(4);
                if is_listening {
                    socket.backlog = other;
                } else {
                    socket.sent = other.map(u64::from);
                }
            }
            UID => socket.uid = body.word(0).map(Uid::new),
            _ => {}
        }
    }
    Some(Found {
        socket,
        device: None,
    })
}

/// A path, which ends in a NUL; or an abstract name, which begins with one and may have more. As the text
/// has it, where each is `@`: so both are called the same.
fn path(name: &[u8]) -> Option<Vec<u8>> {
    match name {
        [] => None,
        [0, rest @ ..] => {
            let rest = rest
                .iter()
                .map(|byte| if *byte == 0 { b'@' } else { *byte });
            Some(std::iter::once(b'@').chain(rest).collect())
        }
        path => Some(path.strip_suffix(b"\0").unwrap_or(path).to_vec()),
    }
}

/// What part of the kernel a socket of netlink speaks to (`NETLINK_…`), by number.
const NETLINK: [&str; 23] = [
    "ROUTE",
    "UNUSED",
    "USERSOCK",
    "FIREWALL",
    "SOCK_DIAG",
    "NFLOG",
    "XFRM",
    "SELINUX",
    "ISCSI",
    "AUDIT",
    "FIB_LOOKUP",
    "CONNECTOR",
    "NETFILTER",
    "IP6_FW",
    "DNRTMSG",
    "KOBJECT_UEVENT",
    "GENERIC",
    "17",
    "SCSITRANSPORT",
    "ECRYPTFS",
    "RDMA",
    "CRYPTO",
    "SMC",
];

/// How much memory the queues of a socket take, what was received and what was sent (`SK_MEMINFO_…`).
fn queued(memory: Bytes<'_>) -> (Option<u64>, Option<u64>) {
    let bytes = |at| memory.word(at).map(u64::from);
    (bytes(0), bytes(8))
}

/// A socket of netlink (`struct netlink_diag_msg`).
pub(super) fn netlink(kind: Kind, message: Bytes<'_>) -> Option<Found> {
    const MEMORY: u16 = 0;
    let protocol = message.byte(2)?;
    let state = message.byte(3)?;
    let name = NETLINK.get(usize::from(protocol));
    let name = name.map_or_else(|| protocol.to_string(), |name| (*name).to_owned());
    // The kernel's own socket has no port.
    let end = |port: u32| match port {
        0 => Text::from(format!("{name}:kernel")),
        port => Text::from(format!("{name}:{port}")),
    };
    let peer = message.word(8)?;
    let mut attributes = message.attributes(28);
    let queues = attributes.find_map(|(attribute, body)| (attribute == MEMORY).then_some(body));
    let (received, sent) = queues.map(queued).unwrap_or_default();
    Some(Found {
        socket: Socket {
            state: kind.state(state),
            received,
            sent,
            kind: UnixType(message.byte(1)?.into()).name(),
            end: Some(end(message.word(4)?)),
            far_end: (state == 1).then(|| end(peer)),
            inode: inode(message.word(16)?.into()),
            cookie: cookie(message, 20)?,
            ..Socket::new(kind.protocol)
        },
        device: None,
    })
}

/// What a socket with that port is called that asks for sockets.
pub(super) fn asking(port: u32) -> Text {
    Text::from(format!("SOCK_DIAG:{port}"))
}

/// A socket that sees packets of the link (`struct packet_diag_msg`).
pub(super) fn packet(kind: Kind, message: Bytes<'_>) -> Option<Found> {
    const INFO: u16 = 0;
    const UID: u16 = 5;
    const MEMORY: u16 = 6;
    /// `ETH_P_ALL`
    const ALL: u16 = 3;
    let (mut uid, mut index, mut queues) = (None, 0, (None, None));
    for (attribute, body) in message.attributes(16) {
        match attribute {
            INFO => index = body.word(0).unwrap_or(0),
            UID => uid = body.word(0).map(Uid::new),
            MEMORY => queues = queued(body),
            _ => {}
        }
    }
    let link = match message.half(2)? {
        ALL => "*".to_owned(),
        number => format!("0x{number:04x}"),
    };
    Some(Found {
        socket: Socket {
            kind: match message.byte(1)? {
                10 => Some("PACKET"),
                other => UnixType(other.into()).name(),
            },
            inode: inode(message.word(4)?.into()),
            uid,
            received: queues.0,
            sent: queues.1,
            end: Some(Text::from(format!("{link}:*"))),
            cookie: cookie(message, 8)?,
            ..Socket::new(kind.protocol)
        },
        device: Some(Device {
            index,
            before: format!("{link}:"),
            behind: String::new(),
        }),
    })
}

/// A socket between virtual machines (`struct vsock_diag_msg`).
pub(super) fn vsock(kind: Kind, message: Bytes<'_>) -> Option<Found> {
    const ANY: u32 = u32::MAX;
    let part = |number: u32| match number {
        ANY => "*".to_owned(),
        number => number.to_string(),
    };
    let end = |at: usize| {
        let (cid, port) = (message.word(at)?, message.word(at + 4)?);
        Some((cid, port, format!("{}:{}", part(cid), part(port))))
    };
    let ((_, _, local), (cid, port, remote)) = (end(4)?, end(12)?);
    let has_peer = (cid, port) != (ANY, ANY) && (cid, port) != (0, 0);
    Some(Found {
        socket: Socket {
            state: kind.state(message.byte(2)?),
            kind: UnixType(message.byte(1)?.into()).name(),
            end: Some(Text::from(local)),
            far_end: has_peer.then(|| Text::from(remote)),
            inode: inode(message.word(20)?.into()),
            cookie: cookie(message, 24)?,
            ..Socket::new(kind.protocol)
        },
        device: None,
    })
}

/// A socket of XDP (`struct xdp_diag_msg`).
pub(super) fn xdp(kind: Kind, message: Bytes<'_>) -> Option<Found> {
    const INFO: u16 = 1;
    const UID: u16 = 2;
    let (mut uid, mut bound) = (None, None);
    for (attribute, body) in message.attributes(16) {
        match attribute {
            INFO => bound = Some((body.word(0).unwrap_or(0), body.word(4).unwrap_or(0))),
            UID => uid = body.word(0).map(Uid::new),
            _ => {}
        }
    }
    Some(Found {
        socket: Socket {
            kind: UnixType(message.byte(1)?.into()).name(),
            inode: inode(message.word(4)?.into()),
            uid,
            cookie: cookie(message, 8)?,
            ..Socket::new(kind.protocol)
        },
        device: bound.map(|(index, queue)| Device {
            index,
            before: String::new(),
            behind: format!(":{queue}"),
        }),
    })
}
