//! Bytes to fields and numbers, the kernel's and the terminal's escapes; and back.

use std::fmt;

/// Bytes as text that is safe on a terminal and in a line of a file, without loss.
///
/// Printable UTF-8 stays. A backslash becomes `\\`; newline, tab and return become `\n`, `\t`
/// and `\r`; every other control character (C0, DEL, C1), line and paragraph separators, the
/// controls of bidirectional text, and bytes that are not UTF-8 become `\xHH`, byte by byte.
#[derive(Debug, Clone, Copy)]
pub struct Escaped<'a>(pub &'a [u8]);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
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
                    c => write_hex(c.encode_utf8(&mut [0; 4]).as_bytes(), f)?,
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
    matches!(c, '\\' | '\u{2028}' | '\u{2029}') || c.is_control() || is_bidi_control(c)
}

/// The characters by which a text could show its parts, or those after it, in another order.
fn is_bidi_control(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
