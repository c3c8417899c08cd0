//! `SocketAddress`: one end of a socket.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use crate::{
    bytes,
    format::{Cursor, Field, ParseError, Spec},
    value::{Fields, Value},
};

/// One end of a socket, of either family.
///
/// The kernel prints the words of an address as numbers of the machine (`%08X`, four of them for
/// IPv6), so their bytes stand backwards where it is little-endian; and the port as a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SocketAddress(pub SocketAddr);

impl Default for SocketAddress {
    fn default() -> Self {
        Self((Ipv4Addr::UNSPECIFIED, 0).into())
    }
}

impl Field for SocketAddress {
    #[inline]
    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        let digits = cursor.rest().iter().take_while(|&&b| b != b':').count();
        let text = cursor.rest().get(..digits).unwrap_or_default();
        let word = |at: usize| Some(upper_hex::<u32>(text.get(at..at + 8)?)?.to_ne_bytes());
        let ip = match digits {
            8 => word(0).map(|octets| IpAddr::from(Ipv4Addr::from(octets))),
            32 => (|| {
                let words = [word(0)?, word(8)?, word(16)?, word(24)?];
                let mut octets = [0; 16];
                for (octet, byte) in octets.iter_mut().zip(words.as_flattened()) {
                    *octet = *byte;
                }
                Some(IpAddr::from(Ipv6Addr::from(octets)))
            })(),
            _ => None,
        };
        let ip = ip.ok_or_else(|| cursor.error(spec.field, "not an address"))?;
        let port = cursor.rest().get(digits + 1..digits + 5);
        let port = port.and_then(upper_hex::<u16>);
        let port = port.ok_or_else(|| cursor.error(spec.field, "not a port"))?;
        cursor.take(digits + 5);
        Ok(Self((ip, port).into()))
    }

    #[inline]
    fn put(&self, _: &Spec, out: &mut Vec<u8>) {
        let mut word = |octets: [u8; 4]| {
            let word = u32::from_ne_bytes(octets);
            out.extend_from_slice(format!("{word:08X}").as_bytes());
        };
        match self.0.ip() {
            IpAddr::V4(ip) => word(ip.octets()),
            IpAddr::V6(ip) => {
                for part in ip.octets().as_chunks::<4>().0 {
                    word(*part);
                }
            }
        }
        out.extend_from_slice(format!(":{:04X}", self.0.port()).as_bytes());
    }

    #[inline]
    fn value(&self, _: &Spec) -> Value {
        Value::text(self.0.to_string())
    }

    /// The address, the port, and the text of the file.
    #[inline]
    fn describe(&self, spec: &Spec, fields: &mut Fields) {
        let mut raw = Vec::new();
        self.put(spec, &mut raw);
        let name = spec.field;
        fields.push(
            format!("{name}_address"),
            Value::text(self.0.ip().to_string()),
        );
        fields.push(format!("{name}_port"), Value::Int(self.0.port().into()));
        fields.push(format!("{name}_raw"), Value::text(raw));
    }
}

/// The whole of `text`, in upper case and with the zeros that fill it up.
fn upper_hex<T: TryFrom<i128>>(text: &[u8]) -> Option<T> {
    let (number, len) = bytes::leading_upper_hex(text, true).ok()?;
    (len == text.len()).then_some(number)
}
