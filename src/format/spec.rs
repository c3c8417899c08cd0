//! `Spec`: how one field is printed, written as the kernel's printf format.

/// What a directive prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Conversion {
    /// `%d`, `%u`: a decimal number.
    Decimal,
    /// `%x`: hexadecimal, lower case.
    Hex,
    /// `%X`: hexadecimal, upper case.
    UpperHex,
    /// `%o`: octal.
    Octal,
    /// `%.2f`: an integer number of hundredths, with a point before the last two digits; likewise
    /// for 1 to 9 decimals.
    Fixed(u8),
    /// `%c`: one byte.
    Char,
    /// `%s`: bytes up to the text after them, on one line.
    Text,
    /// `%*s`: any bytes, up to the last occurrence of the text after them.
    Greedy,
    /// `%r`: a value with a form of its own, such as a record.
    Record,
    /// `%h`: the line of column names, one of the forms that follow in braces.
    Head,
}

/// One field of a file: the literal text around it, and how it is printed.
///
/// It is parsed from a template at compile time:
///
/// - `" %-10u,"`: text, a printf directive (flags `-` and `0`, a width), text;
/// - `"%-127r\n"`: a record, padded with blanks to that width;
/// - `"Uid:{\t%u}\n"`: the part in braces is printed once for each element of a list;
/// - `"%h{ names\n}{names\n}"`: one of several lines of column names, see [`Head`](super::Head);
/// - `"Groups:\t%u{ } \n"`: braces after the directive hold the separator of two elements.
///
/// There are thousands of these statics, and each address in one is relocated at every start of a
/// program. So a spec holds only two addresses; the parts of the template are offsets into it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Spec {
    /// The field's name, for errors.
    pub(crate) field: &'static str,
    template: &'static [u8],
    before: Part,
    open: Part,
    close: Part,
    after: Part,
    /// `close` separates two elements instead of following each.
    separates: bool,
    /// What is printed.
    pub(crate) kind: Conversion,
    /// Minimum width.
    pub(crate) width: usize,
    /// Padded on the right.
    pub(crate) left: bool,
    /// Padded with zeros.
    pub(crate) zero: bool,
}

/// A part of a template: start and end.
#[derive(Debug, Clone, Copy)]
struct Part(u16, u16);

impl Part {
    const NONE: Self = Self(0, 0);

    const fn new(from: usize, to: usize) -> Self {
        assert!(to <= u16::MAX as usize, "a template that is too long");
        #[expect(clippy::cast_possible_truncation, reason = "it has been asserted")]
        Self(from as u16, to as u16)
    }

    const fn of(self, template: &'static [u8]) -> &'static [u8] {
        let Some((text, _)) = template.split_at_checked(self.1 as usize) else {
            return &[];
        };
        match text.split_at_checked(self.0 as usize) {
            Some((_, part)) => part,
            None => &[],
        }
    }
}

impl Spec {
    /// Parses a template.
    ///
    /// # Panics
    ///
    /// On an invalid template; in a constant that is a compile error.
    pub(crate) const fn new(field: &'static str, template: &'static str) -> Self {
        let text = template.as_bytes();
        let percent = position(text, 0, b'%');
        assert!(percent < text.len(), "a template without a directive");
        let brace = position(text, 0, b'{');
        let repeats = brace < percent;
        let (before, open) = if repeats {
            (Part::new(0, brace), Part::new(brace + 1, percent))
        } else {
            (Part::new(0, percent), Part::NONE)
        };

        let mut at = percent + 1;
        let left = byte(text, at) == b'-';
        if left {
            at += 1;
        }
        let zero = byte(text, at) == b'0';
        let mut width = 0;
        while byte(text, at).is_ascii_digit() {
            width = width * 10 + (byte(text, at) - b'0') as usize;
            at += 1;
        }
        let (kind, len) = match (byte(text, at), byte(text, at + 1)) {
            (b'd' | b'u', _) => (Conversion::Decimal, 1),
            (b'x', _) => (Conversion::Hex, 1),
            (b'X', _) => (Conversion::UpperHex, 1),
            (b'o', _) => (Conversion::Octal, 1),
            (b'c', _) => (Conversion::Char, 1),
            (b's', _) => (Conversion::Text, 1),
            (b'r', _) => (Conversion::Record, 1),
            (b'h', _) => (Conversion::Head, 1),
            (b'*', b's') => (Conversion::Greedy, 2),
            (b'.', places @ b'1'..=b'9') if byte(text, at + 2) == b'f' => {
                (Conversion::Fixed(places - b'0'), 3)
            }
            _ => panic!("unknown directive"),
        };
        at += len;

        let end = text.len();
        let separates = !repeats && byte(text, at) == b'{' && !matches!(kind, Conversion::Head);
        let (close, after) = if repeats || separates {
            let from = at + separates as usize;
            let brace = position(text, from, b'}');
            (Part::new(from, brace), Part::new(brace + 1, end))
        } else {
            (Part::NONE, Part::new(at, end))
        };
        let spec = Self {
            field: without_raw(field),
            template: text,
            before,
            open,
            close,
            after,
            separates,
            kind,
            width,
            left,
            zero,
        };
        // The text after such a list marks its end.
        assert!(
            !separates || !spec.after().is_empty(),
            "no text after a list"
        );
        assert!(
            !matches!(kind, Conversion::Greedy) || !spec.after().is_empty(),
            "no text after %*s"
        );
        let newline = position(spec.after(), 0, b'\n');
        assert!(
            newline + 1 >= spec.after().len() || matches!(kind, Conversion::Head),
            "text after the end of the line"
        );
        spec
    }

    /// A template that begins or continues a line with text.
    ///
    /// # Panics
    ///
    /// As [`new`](Self::new), and without that text.
    pub(crate) const fn labelled(field: &'static str, template: &'static str) -> Self {
        let spec = Self::new(field, template);
        assert!(!spec.label().is_empty(), "a line without a label");
        spec
    }

    /// The same with another minimum width.
    #[cfg_attr(not(feature = "records"), allow(dead_code))]
    pub(crate) const fn with_width(&self, width: usize) -> Self {
        Self { width, ..*self }
    }

    /// Text before the value or the list.
    #[inline]
    pub(crate) const fn before(&self) -> &'static [u8] {
        self.before.of(self.template)
    }

    /// Text before each element of a list.
    #[inline]
    pub(crate) const fn open(&self) -> &'static [u8] {
        self.open.of(self.template)
    }

    /// Text after each element of a list.
    #[inline]
    pub(crate) const fn close(&self) -> &'static [u8] {
        if self.separates {
            return &[];
        }
        self.close.of(self.template)
    }

    /// Text between two elements of a list; such a list has neither `open` nor `close`.
    #[inline]
    pub(crate) const fn between(&self) -> Option<&'static [u8]> {
        if self.separates {
            Some(self.close.of(self.template))
        } else {
            None
        }
    }

    /// Text after the value or the list.
    #[inline]
    pub(crate) const fn after(&self) -> &'static [u8] {
        self.after.of(self.template)
    }

    /// Appends the text before the value, in code that is compiled for many types.
    #[inline(never)]
    pub(crate) fn write_before(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.before());
    }

    /// Appends the text after the value.
    #[inline(never)]
    pub(crate) fn write_after(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.after());
    }

    /// The text that identifies the field at the beginning of a line.
    pub(crate) const fn label(&self) -> &'static [u8] {
        if self.before().is_empty() {
            self.open()
        } else {
            self.before()
        }
    }

    /// Whether the line ends with it.
    pub(crate) const fn ends_line(&self) -> bool {
        matches!(self.after().last(), Some(b'\n')) || matches!(self.close().last(), Some(b'\n'))
    }
}

/// A field's name as the kernel spells it: `type` for Rust's `r#type`.
const fn without_raw(field: &'static str) -> &'static str {
    match field.as_bytes() {
        [b'r', b'#', name @ ..] => match std::str::from_utf8(name) {
            Ok(name) => name,
            Err(_) => field,
        },
        _ => field,
    }
}

/// The byte at `at`; NUL, which no template contains, after the end.
const fn byte(text: &[u8], at: usize) -> u8 {
    if at < text.len() { text[at] } else { 0 }
}

/// Position of the first `wanted` at or after `from`; the length if there is none.
const fn position(text: &[u8], from: usize, wanted: u8) -> usize {
    let mut at = from;
    while at < text.len() && text[at] != wanted {
        at += 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_is_read_as_printf_reads_it() {
        let spec = Spec::new("name", "Name: %-20s /dev/");
        assert_eq!(
            (spec.before(), spec.after()),
            (&b"Name: "[..], &b" /dev/"[..])
        );
        assert_eq!((spec.kind, spec.width), (Conversion::Text, 20));
        assert!(spec.left && !spec.zero && !spec.ends_line());
        let spec = Spec::new("caps", "CapInh:\t%016x\n");
        assert_eq!((spec.kind, spec.width), (Conversion::Hex, 16));
        assert!(spec.zero && !spec.left && spec.ends_line());
    }

    #[test]
    fn a_name_that_is_a_word_of_rust_is_the_kernels() {
        assert_eq!(Spec::new("r#type", "%u").field, "type");
        assert_eq!(Spec::new("range", "%u").field, "range");
    }

    #[test]
    fn braces_repeat_or_separate() {
        let each = Spec::new("uid", "Uid:{\t%u;}\n");
        assert_eq!((each.before(), each.open()), (&b"Uid:"[..], &b"\t"[..]));
        assert_eq!((each.close(), each.after()), (&b";"[..], &b"\n"[..]));
        assert_eq!(each.between(), None);
        let between = Spec::new("groups", "Groups:\t%u{ } \n");
        assert_eq!(between.between(), Some(&b" "[..]));
        assert_eq!(between.after(), b" \n");
    }
}
