//! Sockets of the IP protocols (`struct inet_diag_msg`).

use std::{
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use super::{
    bytes::Bytes,
    kinds::{Form, INET6, Kind, TCP},
};
use crate::{
    socket::{Socket, TcpInfo, has_end, inode, uid},
    value::Text,
};

const INFO: u16 = 2;
const CONG: u16 = 4;
const MARK: u16 = 15;
const ULP_INFO: u16 = 19;
const CGROUP_ID: u16 = 21;
/// `INET_ULP_INFO_NAME`, in [`ULP_INFO`].
const ULP_NAME: u16 = 1;

/// Its attributes come after that.
const LENGTH: usize = 72;

/// The socket of a message, and the number of the device to which it is bound, or 0.
pub(super) fn socket(kind: Kind, message: Bytes<'_>) -> Option<(Socket, u32)> {
    let inode_read = message.word(68)?.into();
    let (local, remote) = (end(kind, message, 4, 8)?, end(kind, message, 6, 24)?);
    let state = kind.state(message.byte(1)?);
    let is_listening = state == Some("LISTEN");
    let timer = match message.byte(2)? {
        1 => Some("on"),
        2 => Some("keepalive"),
        3 => Some("timewait"),
        4 => Some("persist"),
        _ => None,
    };
    // The one that waits for an answer, or that probes.
    let counts = matches!(kind.form, Form::Inet(TCP));
    let (received, sent) = (message.word(56)?, message.word(60)?);
    let mut socket = Socket {
        state,
        received: Some(received.into()),
        sent: (!is_listening).then(|| sent.into()),
        backlog: is_listening.then_some(sent),
        local: Some(local),
        remote: has_end(remote).then_some(remote),
        inode: inode(inode_read),
        uid: uid(message.word(64)?, inode_read),
        timer,
        expires: timer.and_then(|_| Some(Duration::from_millis(message.word(52)?.into()))),
        retransmits: counts.then_some(message.byte(3)?.into()),
        cookie: cookie(message, 44)?,
        ..Socket::new(kind.protocol)
    };
    for (attribute, body) in message.attributes(LENGTH) {
        match attribute {
            CONG => socket.congestion = Some(Text::from(body.text())),
            MARK => socket.mark = body.word(0),
            CGROUP_ID => socket.cgroup = body.long(0),
            _ => {}
        }
    }
    Some((socket, message.word(40)?))
}

/// What TCP measures of the socket of a message: its cookie, that, and the protocol above it.
pub(super) fn measures(message: Bytes<'_>) -> Option<(u64, Option<TcpInfo>, Option<Text>)> {
    let (mut info, mut upper) = (None, None);
    for (attribute, body) in message.attributes(LENGTH) {
        match attribute {
            INFO => info = tcp_info(body),
            ULP_INFO => {
                let mut parts = body.attributes(0);
                let name = parts.find_map(|(kind, name)| (kind == ULP_NAME).then_some(name));
                upper = name.map(|name| Text::from(name.text()));
            }
            _ => {}
        }
    }
    Some((cookie(message, 44)?, info, upper))
}

/// Of `struct tcp_info`.
fn tcp_info(info: Bytes<'_>) -> Option<TcpInfo> {
    let time = |at| Some(Duration::from_micros(info.word(at)?.into()));
    Some(TcpInfo {
        round_trip: time(68)?,
        round_trip_deviation: time(72)?,
        retransmission_timeout: time(8)?,
        congestion_window: info.word(80)?,
        total_retransmits: info.word(100)?,
    })
}

/// A cookie is two words, the lower first.
pub(super) fn cookie(message: Bytes<'_>, at: usize) -> Option<u64> {
    let (low, high) = (message.word(at)?, message.word(at + 4)?);
    Some(u64::from(low) | u64::from(high) << 32)
}

/// An end: a port and an address.
fn end(kind: Kind, message: Bytes<'_>, port: usize, address: usize) -> Option<SocketAddr> {
    let port = message.port(port)?;
    Some(if kind.family == INET6 {
        let address: [u8; 16] = message.address(address)?;
        (Ipv6Addr::from(address), port).into()
    } else {
        let address: [u8; 4] = message.address(address)?;
        (Ipv4Addr::from(address), port).into()
    })
}
