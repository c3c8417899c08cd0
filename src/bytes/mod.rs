//! Bytes to fields and numbers, the kernel's and the terminal's escapes; and back.

mod invisible;
mod number;

use std::{borrow::Cow, fmt};

pub(crate) use number::{
    c_decimal, common_integer, leading_integer, leading_upper_hex, push_decimal,
};
pub use number::{decimal, hex};

/// Bytes as text that is safe on a terminal and in a line of a file, without loss.
///
/// Printable UTF-8 stays. A backslash becomes `\\`; newline, tab and return become `\n`, `\t`
/// and `\r`; other ASCII control characters, and bytes that are not UTF-8, become `\xHH`. Control
/// characters beyond ASCII (C1), and every character that is invisible or moves others (zero-width
/// characters, soft hyphens, variation selectors, tags, the controls of bidirectional text, separators
/// of lines and paragraphs; Unicode 16.0), become `\u{HHHH}`.
#[derive(Debug, Clone, Copy)]
pub struct Escaped<'a>(pub &'a [u8]);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Nearly every text there is: one look at its bytes, which a processor takes many at a time.
        if !self.0.iter().any(|b| matches!(b, ..b' ' | b'\\' | 0x7f..))
            && let Ok(text) = std::str::from_utf8(self.0)
        {
            return f.write_str(text);
        }
        for chunk in self.0.utf8_chunks() {
            let text = chunk.valid();
            let mut plain = 0;
            for (at, c) in text.char_indices() {
                if !must_escape(c) {
                    continue;
                }
                f.write_str(&text[plain..at])?;
                plain = at + c.len_utf8();
                match c {
                    '\\' => f.write_str("\\\\")?,
                    '\n' => f.write_str("\\n")?,
                    '\t' => f.write_str("\\t")?,
                    '\r' => f.write_str("\\r")?,
                    c if c.is_ascii() => write!(f, "\\x{:02x}", u32::from(c))?,
                    c => write!(f, "\\u{{{:x}}}", u32::from(c))?,
                }
            }
            f.write_str(&text[plain..])?;
            write_hex(chunk.invalid(), f)?;
        }
        Ok(())
    }
}

fn write_hex(bytes: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    bytes.iter().try_for_each(|b| write!(f, "\\x{b:02x}"))
}

fn must_escape(c: char) -> bool {
    // Most text is printable ASCII, for which no table is searched.
    c == '\\' || c.is_control() || (!c.is_ascii() && invisible::is_invisible(c))
}

/// The bytes that [`Escaped`] shows as `text`.
///
/// A backslash before anything that [`Escaped`] does not write stays.
///
/// ```
/// let bytes = b"a\\b\n\xff";
/// let text = psgo::bytes::Escaped(bytes).to_string();
/// assert_eq!(psgo::bytes::unescape(text.as_bytes()), bytes);
/// ```
#[must_use]
pub fn unescape(text: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    loop {
        rest = match rest {
            [] => return bytes,
            [b'\\', b'\\', rest @ ..] => {
                bytes.push(b'\\');
                rest
            }
            [b'\\', b'n', rest @ ..] => {
                bytes.push(b'\n');
                rest
            }
            [b'\\', b't', rest @ ..] => {
                bytes.push(b'\t');
                rest
            }
            [b'\\', b'r', rest @ ..] => {
                bytes.push(b'\r');
                rest
            }
            [b'\\', b'x', rest @ ..] => {
                let two = rest.split_at_checked(2);
                match two.and_then(|(two, rest)| Some((hex_byte(two)?, rest))) {
                    Some((byte, rest)) => {
                        bytes.push(byte);
                        rest
                    }
                    None => {
                        bytes.extend_from_slice(b"\\x");
                        rest
                    }
                }
            }
            [b'\\', b'u', rest @ ..] => match code_point(rest) {
                Some((c, rest)) => {
                    bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                    rest
                }
                None => {
                    bytes.extend_from_slice(b"\\u");
                    rest
                }
            },
            [byte, rest @ ..] => {
                bytes.push(*byte);
                rest
            }
        };
    }
}

/// The character that `{HHHH}` is, if it is written so, and what follows.
fn code_point(text: &[u8]) -> Option<(char, &[u8])> {
    let (digits, rest) = split_once(text.strip_prefix(b"{")?, b'}')?;
    let c = char::from_u32(hex(digits)?)?;
    (!c.is_ascii() && must_escape(c)).then_some((c, rest))
}

/// The byte that two digits are.
fn hex_byte(digits: &[u8]) -> Option<u8> {
    let digits = match digits {
        [b'0', digit] => std::slice::from_ref(digit),
        two => two,
    };
    hex(digits)
}

/// What stands before and after the first `byte`.
#[must_use]
pub fn split_once(text: &[u8], byte: u8) -> Option<(&[u8], &[u8])> {
    let (before, rest) = text.split_at_checked(find(text, byte)?)?;
    Some((before, rest.get(1..)?))
}

/// What stands before and after the last `byte`.
#[must_use]
pub fn rsplit_once(text: &[u8], byte: u8) -> Option<(&[u8], &[u8])> {
    let (before, rest) = text.split_at_checked(rfind(text, byte)?)?;
    Some((before, rest.get(1..)?))
}

/// How many bytes are looked at together; the compiler makes one comparison of them.
const BLOCK: usize = 16;

/// Where the first `byte` is.
#[inline]
pub(crate) fn find(text: &[u8], byte: u8) -> Option<usize> {
    for (i, block) in text.chunks(BLOCK).enumerate() {
        if any_is(block, byte) {
            return Some(i * BLOCK + block.iter().position(|&b| b == byte)?);
        }
    }
    None
}

/// Where the last `byte` is.
#[inline]
pub(crate) fn rfind(text: &[u8], byte: u8) -> Option<usize> {
    // A name stands at the beginning of a long line of other things.
    let near = without_last::<{ 4 * BLOCK }>(text, byte);
    let near = without_last::<BLOCK>(near, byte);
    near.iter().rposition(|&b| b == byte)
}

/// What is left without the blocks at the end in which there is no `byte`.
#[inline]
fn without_last<const LEN: usize>(text: &[u8], byte: u8) -> &[u8] {
    let mut left = text;
    while let Some((before, block)) = left.split_last_chunk::<LEN>()
        && !any_of(block, byte)
    {
        left = before;
    }
    left
}

#[inline]
fn any_is(block: &[u8], byte: u8) -> bool {
    match <&[u8; BLOCK]>::try_from(block) {
        Ok(block) => any_of(block, byte),
        Err(_) => block.contains(&byte),
    }
}

/// Without an early exit, because with one it could not be one comparison.
#[inline]
fn any_of<const LEN: usize>(block: &[u8; LEN], byte: u8) -> bool {
    let equal = block.iter().map(|&b| u8::from(b == byte));
    equal.fold(0, |found, is| found | is) != 0
}

/// Where `part` first begins.
pub(crate) fn find_part(text: &[u8], part: &[u8]) -> Option<usize> {
    let (&first, _) = part.split_first()?;
    let mut from = 0;
    loop {
        let rest = text.get(from..)?;
        let at = find(rest, first)?;
        if rest.get(at..)?.starts_with(part) {
            return Some(from + at);
        }
        from += at + 1;
    }
}

/// Where `part` last begins.
pub(crate) fn rfind_part(text: &[u8], part: &[u8]) -> Option<usize> {
    let (&first, _) = part.split_first()?;
    let mut end = text.len();
    loop {
        let at = rfind(text.get(..end)?, first)?;
        if text.get(at..)?.starts_with(part) {
            return Some(at);
        }
        end = at;
    }
}

/// A process's name from the `Name:` line of `status`, where the kernel writes a newline as
/// `\n` and a backslash as `\\` (`string_escape_str`), as the process knows it.
///
/// A backslash before anything else, which no kernel writes, stays.
#[must_use]
pub fn unescape_name(text: &[u8]) -> Cow<'_, [u8]> {
    if find(text, b'\\').is_none() {
        return Cow::Borrowed(text);
    }
    let mut name = Vec::with_capacity(text.len());
    let mut rest = text;
    loop {
        rest = match rest {
            [] => return Cow::Owned(name),
            [b'\\', b'n', rest @ ..] => {
                name.push(b'\n');
                rest
            }
            [b'\\', b'\\', rest @ ..] | [b'\\', rest @ ..] => {
                name.push(b'\\');
                rest
            }
            [byte, rest @ ..] => {
                name.push(*byte);
                rest
            }
        };
    }
}

/// How many bytes must be added, dropped or changed to make `b` of `a`.
///
/// ```
/// assert_eq!(psgo::bytes::distance(b"pids", b"pid"), 1);
/// ```
#[must_use]
pub fn distance(a: &[u8], b: &[u8]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = i;
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let change = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = change.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_is_found_wherever_it_stands() {
        for len in 0..70 {
            for at in 0..len {
                let mut text = vec![b'.'; len];
                text[at] = b'x';
                assert_eq!(find(&text, b'x'), Some(at));
                assert_eq!(rfind(&text, b'x'), Some(at));
                if at > 0 {
                    text[0] = b'x';
                    assert_eq!((find(&text, b'x'), rfind(&text, b'x')), (Some(0), Some(at)));
                    assert_eq!(split_once(&text, b'x'), Some((&text[..0], &text[1..])));
                    assert_eq!(
                        rsplit_once(&text, b'x'),
                        Some((&text[..at], &text[at + 1..]))
                    );
                }
            }
            assert_eq!(find(&vec![b'.'; len], b'x'), None);
            assert_eq!(rfind(&vec![b'.'; len], b'x'), None);
        }
    }

    #[test]
    fn a_part_is_found_after_its_like() {
        assert_eq!(find_part(b"a)b) c) d", b") "), Some(3));
        assert_eq!(rfind_part(b"a)b) c) d)", b") "), Some(6));
        assert_eq!(find_part(b"a)", b") "), None);
        assert_eq!(rfind_part(b")", b") "), None);
    }

    #[test]
    fn any_bytes_come_out_of_their_escapes() {
        let all: Vec<u8> = (0..=255).chain(0..=255).rev().collect();
        for bytes in [
            &all[..],
            b"",
            b"\\",
            b"\\x41\\n",
            "\u{85}\u{2028}\u{202e}é\\é".as_bytes(),
        ] {
            let text = Escaped(bytes).to_string();
            assert_eq!(unescape(text.as_bytes()), bytes, "{text}");
        }
        // What nobody wrote so stays.
        for text in [
            "\\",
            "\\q",
            "\\x",
            "\\x4",
            "\\xFF",
            "\\x+1",
            "C:\\dir",
            "C:\\users",
            "\\u{",
            "\\u{}",
            "\\u{61}",
            "\\u{200B}",
            "\\u{d800}",
            "\\u{200b",
        ] {
            assert_eq!(unescape(text.as_bytes()), text.as_bytes(), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_seen_is_escaped() {
        // A soft hyphen, zero width, a joiner, a filler, a variation selector, a tag, an
        // annotation, the controls of bidirectional text, a separator of lines.
        for c in "\u{ad}\u{200b}\u{200d}\u{3164}\u{fe0f}\u{e0041}\u{fff9}\u{202e}\u{2066}\u{2028}"
            .chars()
        {
            let text = Escaped(format!("a{c}b").as_bytes()).to_string();
            assert_eq!(text, format!("a\\u{{{:x}}}b", u32::from(c)));
        }
        let seen = "é日本語 e\u{301} 👩";
        assert_eq!(Escaped(seen.as_bytes()).to_string(), seen);
    }

    #[test]
    fn a_name_comes_out_of_its_escapes() {
        assert_eq!(&*unescape_name(b"cat"), b"cat");
        assert_eq!(&*unescape_name(b"a\\nb\\\\n\\t\\"), b"a\nb\\n\\t\\");
    }
}
