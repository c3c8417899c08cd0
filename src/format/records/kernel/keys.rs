//! `/proc/keys`: the keys that the reader may see.

use crate::{
    Value, bytes,
    format::{Cursor, Field, ParseError, Rows, Spec, record},
    value::Fields,
};

record! {
    /// The keys that the reader may see.
    ///
    /// `/proc/keys` (`proc_keys_show` of `security/keys/proc.c`).
    pub struct Keys: "keys" {
        /// The keys, by their numbers.
        rows: Rows<Key> = "{%r\n}",
    }
}

record! {
    /// A key, without what is in it.
    pub struct Key {
        /// Its number.
        serial: u32 = "%08x ",
        /// What it is, a letter or `-` for each.
        flags: KeyFlags = "%s ",
        /// References to it in the kernel.
        usage: u32 = "%5d ",
        /// When it will expire: `perm` never, `expd` has, otherwise in so many `s`, `m`, `h`, `d`
        /// or `w`.
        timeout: Vec<u8> = "%4s ",
        /// Permissions: a byte each for who holds it, user, group and others.
        perm: u32 = "%08x ",
        /// User id.
        uid: i32 = "%5d ",
        /// Group id; -1 for none.
        gid: i32 = "%5d ",
        /// Type, its first nine letters: `keyring`, `user`, `asymmetri`.
        kind: Vec<u8> = "%-9s ",
        /// What it is called, and what its type says of it; it may hold newlines.
        description: KeyDescription = "%r",
    }
}

/// What a key is, a letter in its place or `-` for each: `I--Q---`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KeyFlags(pub Vec<u8>);

impl KeyFlags {
    /// The words for the letters.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.0.iter().filter_map(|letter| match letter {
            b'I' => Some("instantiated"),
            b'R' => Some("revoked"),
            b'D' => Some("dead"),
            b'Q' => Some("in_quota"),
            b'U' => Some("under_construction"),
            b'N' => Some("negative"),
            b'i' => Some("invalidated"),
            _ => None,
        })
    }
}

/// The letters in their places.
fn is_flags(text: &[u8]) -> bool {
    matches!(text.len(), 6 | 7)
        && text
            .iter()
            .zip(b"IRDQUNi")
            .all(|(b, flag)| b == flag || *b == b'-')
}

impl Field for KeyFlags {
    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        Vec::take(cursor, spec).map(Self)
    }

    #[inline]
    fn put(&self, spec: &Spec, out: &mut Vec<u8>) {
        self.0.put(spec, out);
    }

    #[inline]
    fn value(&self, _: &Spec) -> Value {
        Value::List(self.names().map(Value::text).collect())
    }

    /// The words, and the letters beside them as `flags_raw`.
    #[inline]
    fn describe(&self, spec: &Spec, fields: &mut Fields) {
        crate::format::named::describe(self.value(spec), &self.0, spec, fields);
    }
}

/// What a key is called.
///
/// Whoever makes a key may put newlines there, and the kernel escapes nothing: it goes on up to
/// what looks like the next key.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KeyDescription(pub Vec<u8>);

impl Field for KeyDescription {
    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        let text = cursor.rest();
        let mut len = 0;
        loop {
            let line = text.get(len..).unwrap_or_default();
            let end = bytes::find(line, b'\n')
                .ok_or_else(|| cursor.error(spec.field, "no newline after it"))?;
            len += end;
            if is_key(text.get(len + 1..).unwrap_or_default()) {
                return Ok(Self(cursor.take(len).to_vec()));
            }
            len += 1;
        }
    }

    #[inline]
    fn put(&self, _: &Spec, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.0);
    }

    #[inline]
    fn value(&self, _: &Spec) -> Value {
        Value::text(&self.0)
    }
}

/// Does a key begin here, or the file end?
fn is_key(text: &[u8]) -> bool {
    let is_hex = |b: &u8| matches!(b, b'0'..=b'9' | b'a'..=b'f');
    let Some((serial, [b' ', rest @ ..])) = text.split_at_checked(8) else {
        return text.is_empty();
    };
    // A letter for each flag that any kernel has.
    let flags = rest.iter().take(8).take_while(|&&b| b != b' ').count();
    serial.iter().all(is_hex) && rest.get(..flags).is_some_and(is_flags)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::law;

    const HERE: &[u8] = include_bytes!("../../../../tests/fixtures/proc/keys");

    #[test]
    fn a_key_has_an_owner_and_permissions() {
        let keys: Keys = law::holds(HERE);
        let key = &keys.rows[2];
        assert_eq!(
            (key.serial, key.usage, key.perm),
            (0x1611_4da5, 1, 0x1f3f_0000)
        );
        assert_eq!((key.uid, key.gid), (0, 65_534));
        assert_eq!(
            (&*key.kind, &*key.description.0),
            (&b"keyring"[..], &b"_uid_ses.0: 1"[..])
        );
        assert!(key.flags.names().eq(["instantiated", "in_quota"]));
        assert_eq!(key.timeout, b"perm");
        assert_eq!(key.fields().find("perm"), Some(&Value::text("0x1f3f0000")));
    }

    #[test]
    fn a_description_may_hold_newlines() {
        // Made by hand after the form of Linux 3.2, before a flag was added.
        let file = b"054aeb25 I--Q--    13   2d 3f030000  1000    -1 user      a\nb: 3\n\n0a191a10 no key\n\
                     0a191a10 I--Q-N     6 expd 3f030000  1000  1000 keyring   \n";
        let keys: Keys = law::holds(file);
        let [first, second] = &keys.rows[..] else {
            panic!("{keys:?}");
        };
        assert_eq!(first.description.0, b"a\nb: 3\n\n0a191a10 no key");
        assert_eq!((&*first.timeout, first.gid), (&b"2d"[..], -1));
        assert!(second.description.0.is_empty());
        law::mutants::<Keys>(&[file, HERE], 5_000);
    }
}
