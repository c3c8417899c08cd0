//! Reading messages of netlink: everything may be shorter than it says.

/// Bytes that came from the socket.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bytes<'a>(pub(super) &'a [u8]);

impl<'a> Bytes<'a> {
    fn chunk<const N: usize>(self, at: usize) -> Option<[u8; N]> {
        self.0.get(at..)?.first_chunk().copied()
    }

    pub(super) fn byte(self, at: usize) -> Option<u8> {
        self.0.get(at).copied()
    }

    pub(super) fn half(self, at: usize) -> Option<u16> {
        self.chunk(at).map(u16::from_ne_bytes)
    }

    pub(super) fn word(self, at: usize) -> Option<u32> {
        self.chunk(at).map(u32::from_ne_bytes)
    }

    pub(super) fn long(self, at: usize) -> Option<u64> {
        self.chunk(at).map(u64::from_ne_bytes)
    }

    /// A port, in the order of the network.
    pub(super) fn port(self, at: usize) -> Option<u16> {
        self.chunk(at).map(u16::from_be_bytes)
    }

    /// As many bytes of an address.
    pub(super) fn address<const N: usize>(self, at: usize) -> Option<[u8; N]> {
        self.chunk(at)
    }

    /// The attributes that begin there: the kind and the bytes of each. One that is longer than what is
    /// left ends them.
    pub(super) fn attributes(self, at: usize) -> impl Iterator<Item = (u16, Bytes<'a>)> {
        /// Of `nla_type`, but for its flags.
        const KIND: u16 = 0x3fff;
        let mut rest = self.0.get(at..).unwrap_or_default();
        std::iter::from_fn(move || {
            let length = usize::from(Bytes(rest).half(0)?);
            let kind = Bytes(rest).half(2)? & KIND;
            let body = rest.get(4..length)?;
            rest = rest.get(aligned(length)..).unwrap_or_default();
            Some((kind, Bytes(body)))
        })
    }

    /// Text up to a NUL.
    pub(super) fn text(self) -> &'a [u8] {
        let end = self.0.iter().position(|byte| *byte == 0);
        self.0
            .get(..end.unwrap_or(self.0.len()))
            .unwrap_or_default()
    }
}

/// A length with the bytes that fill it up to the next message or attribute.
pub(super) fn aligned(length: usize) -> usize {
    length.saturating_add(3) & !3
}

/// A message (`struct nlmsghdr`).
#[derive(Debug, Clone, Copy)]
pub(super) struct Message<'a> {
    pub(super) kind: u16,
    pub(super) flags: u16,
    pub(super) sequence: u32,
    pub(super) port: u32,
    pub(super) body: Bytes<'a>,
}

const HEAD: usize = 16;

/// The messages that came together; at last `None` if there is something that is no whole message.
pub(super) fn messages(bytes: &[u8]) -> impl Iterator<Item = Option<Message<'_>>> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let message = first(rest);
        let length = message.map_or(rest.len(), |message| message.body.0.len() + HEAD);
        rest = rest.get(aligned(length)..).unwrap_or_default();
        Some(message)
    })
}

fn first(bytes: &[u8]) -> Option<Message<'_>> {
    let head = Bytes(bytes);
    let length = usize::try_from(head.word(0)?).ok()?;
    Some(Message {
        kind: head.half(4)?,
        flags: head.half(6)?,
        sequence: head.word(8)?,
        port: head.word(12)?,
        body: Bytes(bytes.get(HEAD..length)?),
    })
}

/// How long the first message is that these bytes begin with, as far as they tell.
pub(super) fn length(bytes: &[u8]) -> Option<usize> {
    let length = usize::try_from(Bytes(bytes).word(0)?).ok()?;
    Some(aligned(length.max(HEAD)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shorter_than_it_says_is_no_message_and_no_attribute() {
        let mut bytes = vec![20, 0, 0, 0, 7, 0, 2, 0, 1, 0, 0, 0, 9, 0, 0, 0, 5, 0, 0, 0];
        let all: Vec<_> = messages(&bytes).collect();
        let Some(message) = all[0] else {
            panic!("{all:?}")
        };
        assert_eq!((message.kind, message.sequence, message.port), (7, 1, 9));
        assert_eq!((all.len(), message.body.word(0)), (1, Some(5)));
        assert_eq!((message.body.word(1), message.body.long(0)), (None, None));
        // Longer than what came, and shorter than its own head.
        for length in [21, u8::MAX, 15, 0] {
            bytes[0] = length;
            assert!(matches!(messages(&bytes).collect::<Vec<_>>()[..], [None]));
        }
        let attributes = [5, 0, 1, 0x80, 7, 0, 0, 0, 4, 0, 2, 0, 9, 0, 3, 0, 1];
        let found = Bytes(&attributes).attributes(0);
        let found: Vec<_> = found.map(|(kind, body)| (kind, body.0)).collect();
        assert_eq!(found, [(1, &[7][..]), (2, &[][..])]);
        // It would never end.
        assert_eq!(Bytes(&[0, 0, 1, 0]).attributes(0).count(), 0);
    }
}
