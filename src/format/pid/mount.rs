//! What the lists of mounts have in common: sources, options and tags.

use crate::{
    format::{Cursor, Field, Mangled, MountPath, ParseError, Spec},
    value::Value,
};

/// What was mounted, its escapes undone.
///
/// Kernels before 5.19, and NFS and btrfs on all, do not escape `#`; this is kept.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MountSource {
    /// The name.
    pub name: Vec<u8>,
    bare_hash: bool,
}

/// The template is a text's, `%s`.
impl Field for MountSource {
    #[inline]
    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        // A blank in it is escaped, so it ends at the first.
        let mut word = cursor.rest().iter().take_while(|b| !b" \n".contains(b));
        let bare_hash = word.any(|&b| b == b'#');
        let name = if bare_hash {
            MountPath::take(cursor, spec)?.0
        } else {
            Mangled::take(cursor, spec)?.0
        };
        Ok(Self { name, bare_hash })
    }

    #[inline]
    fn put(&self, spec: &Spec, out: &mut Vec<u8>) {
        let name = self.name.clone();
        if self.bare_hash {
            MountPath::from(name).put(spec, out);
        } else {
            Mangled::from(name).put(spec, out);
        }
    }

    #[inline]
    fn value(&self, _: &Spec) -> Value {
        Value::text(&self.name)
    }
}

/// Options of a mount or a file system, with commas between.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MountOptions(Vec<u8>);

impl MountOptions {
    /// As they stand in the file, escapes and all.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Each option, its escapes undone. A comma in quotes ends none.
    pub fn iter(&self) -> impl Iterator<Item = Vec<u8>> {
        let mut quoted = false;
        let none = self.0.is_empty();
        let options = self.0.split(move |&b| {
            quoted ^= b == b'"';
            b == b',' && !quoted
        });
        options.skip(usize::from(none)).map(unescape)
    }

    /// Is this option there: `ro`, `mode=755`?
    #[must_use]
    pub fn has(&self, option: &str) -> bool {
        self.iter().any(|other| other == option.as_bytes())
    }

    /// What stands after `name=` of the first option of that name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<Vec<u8>> {
        self.iter().find_map(|option| {
            let value = option.strip_prefix(name.as_bytes())?;
            Some(value.strip_prefix(b"=")?.to_vec())
        })
    }
}

/// Undoes each escape in octal: file systems do not agree on what they escape.
fn unescape(text: &[u8]) -> Vec<u8> {
    let mut name = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&byte, after)) = rest.split_first() {
        if let [
            b'\\',
            a @ b'0'..=b'3',
            b @ b'0'..=b'7',
            c @ b'0'..=b'7',
            after @ ..,
        ] = rest
        {
            name.push((a - b'0') << 6 | (b - b'0') << 3 | (c - b'0'));
            rest = after;
        } else {
            name.push(byte);
            rest = after;
        }
    }
    name
}

/// The template is a text's, `%s`.
impl Field for MountOptions {
    #[inline]
    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        Vec::take(cursor, spec).map(Self)
    }

    #[inline]
    fn put(&self, spec: &Spec, out: &mut Vec<u8>) {
        self.0.put(spec, out);
    }

    #[inline]
    fn value(&self, _: &Spec) -> Value {
        Value::List(self.iter().map(Value::text).collect())
    }
}

/// Tags between the options of a mount and its file system that psgo does not know.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MountTags(Vec<u8>);

impl MountTags {
    /// Each tag.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let tags = self.0.split(|&b| b == b' ');
        tags.filter(|tag| !tag.is_empty())
    }
}

/// Each tag has a blank after it; a `-` alone ends them.
impl Field for MountTags {
    #[inline]
    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        let mut len = 0;
        let line = cursor.rest();
        while let Some(rest) = line.get(len..)
            && !rest.starts_with(b"- ")
        {
            let end = rest.iter().position(|b| matches!(b, b' ' | b'\n'));
            match end {
                Some(end) if end > 0 && rest.get(end) == Some(&b' ') => len += end + 1,
                _ => return Err(cursor.error(spec.field, "no - after them")),
            }
        }
        Ok(Self(cursor.take(len).to_vec()))
    }

    #[inline]
    fn put(&self, _: &Spec, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.0);
    }

    #[inline]
    fn value(&self, _: &Spec) -> Value {
        Value::List(self.iter().map(Value::text).collect())
    }

    #[inline]
    fn unknown(&self) -> bool {
        !self.0.is_empty()
    }
}
