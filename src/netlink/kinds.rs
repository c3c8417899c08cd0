//! The kinds of sockets that the kernel can be asked for, and the requests.

use crate::format::net::{DatagramState, TcpState};

bitflags::bitflags! {
    /// What is asked of each socket, beside what is always told.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub(crate) struct Details: u8 {
        /// how full the queues of Unix, netlink and packet sockets are
        const QUEUES = 1;
        /// the users of Unix and packet sockets
        const USERS = 1 << 1;
        /// the other ends of Unix sockets
        const PEERS = 1 << 2;
        /// the names of network devices
        const INTERFACES = 1 << 3;
        /// how congestion is controlled
        const CONGESTION = 1 << 4;
        /// what TCP measures
        const TCP = 1 << 5;
    }
}

/// How a kind is asked for, and its messages are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// An IP protocol, by its number.
    Inet(u32),
    Unix,
    Netlink,
    Packet,
    Vsock,
    Xdp,
    /// Nobody can be asked for it: it stands in text alone.
    Text,
}

/// A kind of sockets.
#[derive(Debug, Clone, Copy)]
pub(super) struct Kind {
    pub(super) protocol: &'static str,
    pub(super) family: u8,
    pub(super) form: Form,
}

pub(super) const INET: u8 = 2;
pub(super) const INET6: u8 = 10;
pub(super) const TCP: u32 = 6;
const UDP: u32 = 17;
const UDPLITE: u32 = 136;
const RAW: u32 = 255;
const MPTCP: u32 = 262;

const fn kind(protocol: &'static str, family: u8, form: Form) -> Kind {
    Kind {
        protocol,
        family,
        form,
    }
}

const COUNT: usize = 17;

/// All of them, in the order of the table.
pub(super) const KINDS: [Kind; COUNT] = [
    kind("tcp", INET, Form::Inet(TCP)),
    kind("tcp6", INET6, Form::Inet(TCP)),
    kind("mptcp", INET, Form::Inet(MPTCP)),
    kind("mptcp6", INET6, Form::Inet(MPTCP)),
    kind("udp", INET, Form::Inet(UDP)),
    kind("udp6", INET6, Form::Inet(UDP)),
    kind("udplite", INET, Form::Inet(UDPLITE)),
    kind("udplite6", INET6, Form::Inet(UDPLITE)),
    kind("raw", INET, Form::Inet(RAW)),
    kind("raw6", INET6, Form::Inet(RAW)),
    kind("icmp", INET, Form::Text),
    kind("icmp6", INET6, Form::Text),
    kind("unix", 1, Form::Unix),
    kind("netlink", 16, Form::Netlink),
    kind("packet", 17, Form::Packet),
    kind("vsock", 40, Form::Vsock),
    kind("xdp", 44, Form::Xdp),
];

/// Which sockets are wanted: of each kind the states, as a mask.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted([u32; COUNT]);

impl Wanted {
    /// All sockets.
    pub(crate) const ALL: Self = Self([u32::MAX; COUNT]);

    /// Those of which `may` says, of a protocol and a state, that they can be wanted; the state is `None`
    /// of a socket that has none.
    pub(crate) fn those(may: &dyn Fn(&'static str, Option<&'static str>) -> bool) -> Self {
        Self(KINDS.map(|kind| kind.states(may)))
    }

    /// Each kind with its states, but for those of which none is wanted.
    pub(super) fn kinds(&self) -> impl Iterator<Item = (Kind, u32)> {
        let all = KINDS.into_iter().zip(self.0);
        all.filter(|(_, states)| *states != 0)
    }

    /// Whether any socket of the protocol is wanted.
    pub(crate) fn has(&self, protocol: &str) -> bool {
        self.kinds().any(|(kind, _)| kind.protocol == protocol)
    }
}

/// The states of the kernel's (`TCP_…`) are numbers below this.
const KNOWN: u32 = 14;
const LISTEN: u32 = 10;
const TIME_WAIT: u32 = 6;

impl Kind {
    /// The word for a state.
    pub(super) fn state(self, number: u8) -> Option<&'static str> {
        let number = u32::from(number);
        match self.form {
            Form::Inet(TCP | MPTCP) | Form::Vsock => TcpState(match number {
                // As the text has them, and as they are told: the ones that are not yet sockets, and
                // those that are bound and do nothing.
                12 => 3,
                13 => 7,
                other => other,
            })
            .name(),
            Form::Inet(_) | Form::Text => DatagramState(number).name(),
            // As the text has it, where the one that listens is known by a flag.
            Form::Unix => match number {
                1 => Some("CONNECTED"),
                LISTEN => Some("LISTEN"),
                7 => Some("UNCONNECTED"),
                2 => Some("CONNECTING"),
                8 => Some("DISCONNECTING"),
                _ => None,
            },
            Form::Netlink => match number {
                0 | 7 => Some("UNCONNECTED"),
                1 => Some("CONNECTED"),
                _ => None,
            },
            Form::Packet | Form::Xdp => None,
        }
    }

    /// The states that can be wanted, as a mask.
    fn states(self, may: &dyn Fn(&'static str, Option<&'static str>) -> bool) -> u32 {
        let mask = (0..KNOWN).fold(0, |mask, number| {
            let state = u8::try_from(number).ok().and_then(|n| self.state(n));
            mask | u32::from(may(self.protocol, state)) << number
        });
        // Those that psgo does not know.
        let others = if may(self.protocol, None) {
            u32::MAX << KNOWN
        } else {
            0
        };
        mask | others
    }

    /// The body of a request for those in one of these states.
    pub(super) fn request(self, states: u32, details: Details) -> Vec<u8> {
        let mut body = vec![self.family, 0, 0, 0];
        let word = |body: &mut Vec<u8>, word: u32| body.extend(word.to_ne_bytes());
        let has = |detail, value: u32| if details.contains(detail) { value } else { 0 };
        match self.form {
            Form::Inet(protocol) => {
                // INET_DIAG_INFO and INET_DIAG_CONG, each a bit of its number less one.
                let extensions = has(Details::TCP, 1 << 1) | has(Details::CONGESTION, 1 << 3);
                // Who does not know the attribute has nobody for this number either.
                body[1] = u8::try_from(protocol).unwrap_or(254);
                body[2] = u8::try_from(extensions).unwrap_or_default();
                word(&mut body, states);
                body.resize(56, 0);
                if protocol > 255 {
                    // INET_DIAG_REQ_PROTOCOL
                    body.extend(8_u16.to_ne_bytes());
                    body.extend(3_u16.to_ne_bytes());
                    word(&mut body, protocol);
                }
            }
            Form::Unix => {
                let show = 1
                    | has(Details::PEERS, 1 << 2)
                    | has(Details::QUEUES, 1 << 4)
                    | has(Details::USERS, 1 << 6);
                word(&mut body, states);
                word(&mut body, 0);
                word(&mut body, show);
                body.resize(24, 0);
            }
            Form::Netlink => {
                // NDIAG_PROTO_ALL, NDIAG_SHOW_MEMINFO
                body[1] = 255;
                word(&mut body, 0);
                word(&mut body, has(Details::QUEUES, 1));
                body.resize(20, 0);
            }
            Form::Packet => {
                // The device, and with it the user; PACKET_SHOW_MEMINFO. Nothing that waits for a lock.
                word(&mut body, 0);
                word(&mut body, 1 | has(Details::QUEUES, 1 << 4));
                body.resize(20, 0);
            }
            Form::Xdp => {
                word(&mut body, 0);
                word(&mut body, 1);
                body.resize(20, 0);
            }
            Form::Vsock => {
                word(&mut body, states);
                body.resize(24, 0);
            }
            Form::Text => {}
        }
        body
    }

    /// Those of the states in which TCP measures.
    pub(super) fn measured(states: u32) -> u32 {
        states & !(1 << LISTEN | 1 << TIME_WAIT | 1 << 12)
    }
}
