//! `OctalEscaped`: names in which the kernel writes some bytes as octal escapes.

use super::{Cursor, Field, ParseError, Spec, field::Item};
use crate::value::Value;

/// The bytes that are escaped, for each kind of [`OctalEscaped`].
const SETS: [&[u8]; 4] = [b" \t\n\\#", b" \t\n\\", b"\n", b"\n\t= "];

/// A name without its escapes: the kernel writes bytes that would end it as `\040`.
///
/// An escape of any other byte is taken literally.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OctalEscaped<const SET: usize>(pub Vec<u8>);

/// What was mounted (`mangle`): blank, tab, newline, backslash and `#` are escaped.
pub type Mangled = OctalEscaped<0>;
/// A path in a list of mounts or of swap files: blank, tab, newline and backslash are escaped.
pub type MountPath = OctalEscaped<1>;
/// A path at the end of a line: only newlines are escaped. So a backslash and the digits 012 in
/// the name itself look the same.
pub type LinePath = OctalEscaped<2>;

impl<const SET: usize> From<Vec<u8>> for OctalEscaped<SET> {
    fn from(name: Vec<u8>) -> Self {
        Self(name)
    }
}

impl<const SET: usize> AsMut<Vec<u8>> for OctalEscaped<SET> {
    fn as_mut(&mut self) -> &mut Vec<u8> {
        &mut self.0
    }
}

/// The template is a text's, `%s`.
impl<const SET: usize> Field for OctalEscaped<SET> {
    #[inline]
    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        let set = SETS.get(SET).copied().unwrap_or_default();
        let text = Vec::<u8>::take(cursor, spec)?;
        let mut name = Vec::with_capacity(text.len());
        let mut rest = text.as_slice();
        while let Some((&byte, after)) = rest.split_first() {
            if let [
                b'\\',
                a @ b'0'..=b'3',
                b @ b'0'..=b'7',
                c @ b'0'..=b'7',
                after @ ..,
            ] = rest
            {
                let escaped = (a - b'0') << 6 | (b - b'0') << 3 | (c - b'0');
                if set.contains(&escaped) {
                    name.push(escaped);
                    rest = after;
                    continue;
                }
            }
            if set.contains(&byte) {
                return Err(cursor.error(spec.field, "a byte that the kernel escapes"));
            }
            name.push(byte);
            rest = after;
        }
        Ok(Self(name))
    }

    #[inline]
    fn put(&self, spec: &Spec, out: &mut Vec<u8>) {
        let set = SETS.get(SET).copied().unwrap_or_default();
        let mut text = Vec::with_capacity(self.0.len());
        for byte in &self.0 {
            if set.contains(byte) {
                text.extend_from_slice(format!("\\{byte:03o}").as_bytes());
            } else {
                text.push(*byte);
            }
        }
        text.put(spec, out);
    }

    #[inline]
    fn value(&self, _: &Spec) -> Value {
        Value::text(&self.0)
    }
}

impl<const SET: usize> Item for OctalEscaped<SET> {}

#[cfg(test)]
mod tests {
    use super::*;

    const SPEC: Spec = Spec::new("path", "%s ");

    fn read<const SET: usize>(text: &[u8]) -> Option<Vec<u8>> {
        let name = OctalEscaped::<SET>::read(&mut Cursor::new(text), &SPEC).ok()?;
        let mut out = Vec::new();
        name.write(&SPEC, &mut out);
        assert_eq!(out, text);
        Some(name.0)
    }

    #[test]
    fn escapes_are_undone_and_made_again() {
        assert_eq!(read::<1>(b"/a\\040b\\134c\\012 ").unwrap(), b"/a b\\c\n");
        assert_eq!(read::<0>(b"\\043 ").unwrap(), b"#");
        // Not one of this kind: it stands for itself.
        assert_eq!(read::<2>(b"/a\\040b\\012 ").unwrap(), b"/a\\040b\n");
    }

    #[test]
    fn what_the_kernel_would_have_escaped_is_refused() {
        assert_eq!(read::<1>(b"/a\tb "), None);
        assert_eq!(read::<1>(b"/a\\b "), None);
        assert_eq!(read::<1>(b"/a\\141 "), None);
    }
}
