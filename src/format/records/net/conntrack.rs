//! `/proc/net/nf_conntrack`, `ip_conntrack`, and those expected: the connections that netfilter
//! follows.

use std::net::Ipv6Addr;

use crate::format::net::Absent;
use crate::{
    bytes,
    format::{Cursor, Field, ParseError, Rows, Spec, record},
    value::{Fields, Value},
};

record! {
    /// The connections that netfilter follows.
    ///
    /// `/proc/net/nf_conntrack` (`ct_seq_show`). Since 2.6.15.
    pub struct NfConntrack: "net/nf_conntrack" {
        /// The connections.
        rows: Rows<Connection> = "{%r\n}",
    }
}

record! {
    /// A connection that netfilter follows.
    pub struct Connection {
        /// Protocol of the network: `ipv4`, `ipv6`, `unknown`.
        l3proto: Vec<u8> = "%-8s ",
        /// Its number (`AF_…`).
        l3num: u32 = "%u ",
        /// Protocol above it: `tcp`, `udp`, `icmp`, `unknown`.
        l4proto: Vec<u8> = "%-8s ",
        /// Its number (`IPPROTO_…`).
        l4num: u32 = "%u ",
        /// What is known of it.
        tracked: Tracked = "%r",
    }
}

record! {
    /// The connections over IPv4 that netfilter follows; nothing since 4.9.
    ///
    /// `/proc/net/ip_conntrack` (`ct_seq_show`).
    pub struct IpConntrack: "net/ip_conntrack" {
        /// The connections.
        rows: Rows<Connection4> = "{%r\n}",
    }
}

record! {
    /// A connection over IPv4 that netfilter follows, by the names of a [`Connection`].
    pub struct Connection4 {
        /// Not told: IPv4.
        l3proto: Absent = "%r",
        /// Not told: 2.
        l3num: Absent = "%r",
        /// Protocol above it: `tcp`, `udp`, `icmp`, `unknown`.
        l4proto: Vec<u8> = "%-8s ",
        /// Its number (`IPPROTO_…`).
        l4num: u32 = "%u ",
        /// What is known of it.
        tracked: Tracked = "%r",
    }
}

record! {
    /// The connections that netfilter expects, for another one announced them.
    ///
    /// `/proc/net/nf_conntrack_expect` (`exp_seq_show`), `ip_conntrack_expect`. After the tuple stand
    /// `PERMANENT`, `INACTIVE` or `USERSPACE`, and the helper that expects it.
    pub struct NfConntrackExpect: "net/nf_conntrack_expect" {
        /// The connections.
        rows: Rows<Expected> = "{%r\n}",
    }
}

record! {
    /// A connection that netfilter expects.
    pub struct Expected {
        /// For how many seconds yet; `-` where nothing ends it.
        timeout: crate::format::Word = "%r ",
        /// What is known of it.
        tracked: ExpectedTuple = "%r",
    }
}

/// One word of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    /// `sport=993`
    Pair(Vec<u8>, Vec<u8>),
    /// `[ASSURED]`
    Flag(Vec<u8>),
    /// `ESTABLISHED`, `431993`
    Bare(Vec<u8>),
}

impl Part {
    fn read(word: &[u8]) -> Self {
        if let [b'[', flag @ .., b']'] = word {
            return Self::Flag(flag.to_vec());
        }
        match bytes::split_once(word, b'=') {
            Some((key, value)) if !key.is_empty() => Self::Pair(key.to_vec(), value.to_vec()),
            _ => Self::Bare(word.to_vec()),
        }
    }

    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Pair(key, value) => {
                out.extend_from_slice(key);
                out.push(b'=');
                out.extend_from_slice(value);
            }
            Self::Flag(flag) => {
                out.push(b'[');
                out.extend_from_slice(flag);
                out.push(b']');
            }
            Self::Bare(word) => out.extend_from_slice(word),
        }
    }
}

fn take_parts(cursor: &mut Cursor<'_>) -> Vec<Part> {
    let line = cursor.take_line();
    line.split(|&b| b == b' ').map(Part::read).collect()
}

fn put_parts(parts: &[Part], out: &mut Vec<u8>) {
    for (i, part) in parts.iter().enumerate() {
        if i > 0 {
            out.push(b' ');
        }
        part.write(out);
    }
}

/// A number as one, everything else as text; an address of IPv6, which has all its zeros there, as
/// it is always written.
fn value(text: &[u8]) -> Value {
    let six = std::str::from_utf8(text).ok();
    let six = six.filter(|text| text.len() == 39);
    if let Some(Ok(address)) = six.map(str::parse::<Ipv6Addr>) {
        return Value::text(address.to_string());
    }
    bytes::decimal::<i64>(text).map_or_else(
        || bytes::decimal::<u64>(text).map_or_else(|| Value::text(text), Value::Uint),
        Value::Int,
    )
}

/// The keys that belong to one direction.
const OF_TUPLE: [&[u8]; 11] = [
    b"src", b"dst", b"sport", b"dport", b"type", b"code", b"id", b"srckey", b"dstkey", b"packets",
    b"bytes",
];

/// What is known of a connection: seconds left, state, both directions, flags, marks.
///
/// To whoever reads by name: `timeout` (in seconds), `state`, `original.src`, `reply.dport`, `flags`,
/// and `mark`, `zone`, `use` and others as the kernel calls them. A connection that was handed over to
/// the device has no time-out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tracked(Vec<Part>);

impl Tracked {
    /// Seconds until it is forgotten.
    #[must_use]
    pub fn timeout(&self) -> Option<i64> {
        match self.0.first()? {
            Part::Bare(word) => bytes::decimal(word),
            _ => None,
        }
    }

    /// The state of its protocol, such as `ESTABLISHED`; some protocols have none.
    #[must_use]
    pub fn state(&self) -> Option<&[u8]> {
        let bare = self.0.iter().filter_map(|part| match part {
            Part::Bare(word) => Some(word.as_slice()),
            _ => None,
        });
        let words = bare.filter(|word| bytes::decimal::<i64>(word).is_none());
        words.take(1).next()
    }

    /// Its flags, such as `ASSURED` or `UNREPLIED`.
    pub fn flags(&self) -> impl Iterator<Item = &[u8]> {
        self.0.iter().filter_map(|part| match part {
            Part::Flag(flag) => Some(flag.as_slice()),
            _ => None,
        })
    }

    /// Each key and value, and in which direction they are: 0 for neither, 1 for that of the first
    /// packet, 2 for that of the reply.
    fn pairs(&self) -> impl Iterator<Item = (usize, &[u8], &[u8])> {
        let mut direction = 0;
        self.0.iter().filter_map(move |part| {
            let Part::Pair(key, value) = part else {
                return None;
            };
            if key == b"src" {
                direction += 1;
            }
            let is_own = OF_TUPLE.contains(&key.as_slice());
            let direction = if is_own { direction } else { 0 };
            Some((direction, key.as_slice(), value.as_slice()))
        })
    }
}

impl Field for Tracked {
    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        let error = "not a connection";
        if cursor.at_line_end() {
            return Err(cursor.error(spec.field, "missing"));
        }
        let mut ahead = Cursor::new(cursor.rest());
        let tracked = Self(take_parts(&mut ahead));
        let sources = tracked.pairs().filter(|(_, key, _)| *key == b"src");
        let empty = tracked.0.contains(&Part::Bare(Vec::new()));
        if sources.count() != 2 || empty {
            return Err(cursor.error(spec.field, error));
        }
        cursor.take_line();
        Ok(tracked)
    }

    #[inline]
    fn put(&self, _: &Spec, out: &mut Vec<u8>) {
        put_parts(&self.0, out);
    }

    #[inline]
    fn value(&self, spec: &Spec) -> Value {
        let mut fields = Fields::new();
        self.describe(spec, &mut fields);
        Value::Fields(fields)
    }

    #[inline]
    fn describe(&self, _: &Spec, fields: &mut Fields) {
        fields.push("timeout", self.timeout().map_or(Value::MISSING, Value::Int));
        fields.push("state", self.state().map_or(Value::MISSING, Value::text));
        for (name, wanted) in [("original", 1), ("reply", 2)] {
            let own = self
                .pairs()
                .filter(|(direction, ..)| *direction == wanted)
                .map(|(_, key, text)| (key, value(text)));
            fields.push(name, Value::Fields(own.collect()));
        }
        fields.push(
            "flags",
            Value::List(self.flags().map(Value::text).collect()),
        );
        for (direction, key, text) in self.pairs() {
            if direction == 0 {
                fields.push(key, value(text));
            }
        }
    }
}

/// What is known of a connection that is expected: its ends, flags and helper.
///
/// To whoever reads by name: `proto`, `src`, `dst`, `sport`, `dport` and others as the kernel calls
/// them; what has no name is in `words`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ExpectedTuple {
    /// `l3proto = 2`, which compatible files lack.
    l3proto: Option<u32>,
    parts: Vec<Part>,
}

impl Field for ExpectedTuple {
    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        let l3proto = if cursor.skip(b"l3proto = ") {
            let number = u32::take(cursor, &Spec::new("l3proto", "%u"))?;
            cursor.literal(b" ", "l3proto")?;
            Some(number)
        } else {
            None
        };
        if !cursor.rest().starts_with(b"proto=") {
            return Err(cursor.error(spec.field, "not a connection"));
        }
        let parts = take_parts(cursor);
        Ok(Self { l3proto, parts })
    }

    #[inline]
    fn put(&self, _: &Spec, out: &mut Vec<u8>) {
        if let Some(number) = self.l3proto {
            out.extend_from_slice(format!("l3proto = {number} ").as_bytes());
        }
        put_parts(&self.parts, out);
    }

    #[inline]
    fn value(&self, spec: &Spec) -> Value {
        let mut fields = Fields::new();
        self.describe(spec, &mut fields);
        Value::Fields(fields)
    }

    #[inline]
    fn describe(&self, _: &Spec, fields: &mut Fields) {
        let number = |number: u32| Value::Int(number.into());
        fields.push("l3proto", self.l3proto.map_or(Value::MISSING, number));
        let mut words = Vec::new();
        for part in &self.parts {
            match part {
                Part::Pair(key, text) => fields.push(key.as_slice(), value(text)),
                Part::Flag(word) | Part::Bare(word) if !word.is_empty() => {
                    words.push(Value::text(word));
                }
                _ => {}
            }
        }
        fields.push("words", Value::List(words));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::law;

    #[test]
    fn a_connection_has_two_directions() {
        let file = b"ipv4     2 tcp      6 431999 ESTABLISHED src=192.0.2.1 dst=192.0.2.2 sport=33570 dport=993 packets=3 bytes=167 src=192.0.2.2 dst=192.0.2.1 sport=993 dport=33570 packets=2 bytes=112 [ASSURED] mark=0 zone=0 delta-time=0 use=2\nipv4     2 icmp     1 29 src=192.0.2.1 dst=192.0.2.2 type=8 code=0 id=7 [UNREPLIED] src=192.0.2.2 dst=192.0.2.1 type=0 code=0 id=7 mark=0 use=2\nipv6     10 tcp      6 src=0000:0000:0000:0000:0000:0000:0000:0001 dst=::1 sport=1 dport=2 src=::1 dst=::1 sport=2 dport=1 [OFFLOAD] mark=0 use=3\n";
        let table: NfConntrack = law::holds(file);
        let fields = table.rows[0].fields();
        for (name, value) in [
            ("timeout", Value::Int(431_999)),
            ("state", Value::text("ESTABLISHED")),
            ("original.sport", Value::Int(33570)),
            ("original.bytes", Value::Int(167)),
            ("reply.src", Value::text("192.0.2.2")),
            ("reply.packets", Value::Int(2)),
            ("flags", Value::List(vec![Value::text("ASSURED")])),
            ("use", Value::Int(2)),
        ] {
            assert_eq!(fields.find(name), Some(&value), "{name}");
        }
        let fields = table.rows[1].fields();
        assert_eq!(fields.find("original.type"), Some(&Value::Int(8)));
        assert_eq!(fields.find("state"), Some(&Value::MISSING));
        let fields = table.rows[2].fields();
        assert_eq!(fields.find("timeout"), Some(&Value::MISSING));
        assert_eq!(fields.find("original.src"), Some(&Value::text("::1")));
        law::mutants::<NfConntrack>(&[file], 5_000);
        // By hand, after the form of Linux 3.2.
        let old = b"udp      17 27 src=192.0.2.1 dst=192.0.2.2 sport=56746 dport=514 [UNREPLIED] src=192.0.2.2 dst=192.0.2.1 sport=514 dport=56746 mark=0 use=2\n";
        let table: IpConntrack = law::holds(old);
        let fields = table.rows[0].fields();
        assert_eq!(fields.find("l4num"), Some(&Value::Int(17)));
        assert_eq!(fields.find("reply.sport"), Some(&Value::Int(514)));
        law::mutants::<IpConntrack>(&[old], 5_000);
        assert!(NfConntrack::parse(b"ipv4     2 tcp      6 431999 src=192.0.2.1\n").is_err());
    }

    #[test]
    fn a_connection_may_be_expected() {
        // By hand, after the form of this kernel, which expects none.
        let file = b"299 l3proto = 2 proto=6 src=192.0.2.1 dst=192.0.2.2 sport=0 dport=4109 ftp\n- proto=17 src=192.0.2.1 dst=192.0.2.2 sport=0 dport=5 \n";
        let table: NfConntrackExpect = law::holds(file);
        let fields = table.rows[0].fields();
        assert_eq!(fields.find("dport"), Some(&Value::Int(4109)));
        assert_eq!(fields.find("l3proto"), Some(&Value::Int(2)));
        assert_eq!(
            fields.find("words"),
            Some(&Value::List(vec![Value::text("ftp")]))
        );
        law::mutants::<NfConntrackExpect>(&[file], 5_000);
    }
}
