//! `Labels` and `Tags`: values whose names are in the file, so that those of any kernel are known.

use super::number_or_text::NumberOrText;
use crate::{
    bytes,
    format::{Conversion, Cursor, Field, ParseError, Spec},
    value::{Fields, Value},
};

/// Lines of a name and a value, such as `nr_dirty 12` or `mult: 10905190`.
///
/// The template is that of a list: `"{  %-12u \n}"` is two blanks, the name padded to 12 columns, a
/// blank and the number. With a colon instead of that blank, `%-12u: ` pads before the colon and
/// `%12u: ` after it. `%u` takes lines with numbers and ends before any other line; `%s` takes any
/// text. Read by name, each is a field of the record.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Labels(pub Vec<Label>);

/// A name and its value.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Label {
    /// The name.
    pub name: Vec<u8>,
    /// The value, without its unit.
    pub value: NumberOrText,
    /// The unit after a number, such as `nsecs`; empty if there is none.
    pub unit: Vec<u8>,
}

impl Labels {
    /// The first value of that name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&NumberOrText> {
        let label = self.0.iter().find(|label| label.name == name.as_bytes());
        label.map(|label| &label.value)
    }

    /// The first value of that name, if it is a non-negative number.
    #[must_use]
    pub fn number(&self, name: &str) -> Option<u64> {
        self.find(name).and_then(NumberOrText::number)
    }
}

/// The text between a name and its value.
fn separator(spec: &Spec) -> &'static [u8] {
    spec.close().strip_suffix(b"\n").unwrap_or(spec.close())
}

impl Label {
    /// Parses `line`, without the text before the label and without its newline.
    fn read(line: &[u8], spec: &Spec) -> Option<Self> {
        let separator = separator(spec);
        let end = bytes::find(line, *separator.first()?)?;
        let mut label = Self::default();
        let name = line.get(..end)?;
        label.name = if spec.left {
            let filled = name.iter().rev().take_while(|&&b| b == b' ').count();
            name.get(..end - filled)?.to_vec()
        } else {
            name.to_vec()
        };
        let mut head = Vec::new();
        label.put_name(spec, &mut head);
        let text = line.strip_prefix(head.as_slice())?;
        label.value = NumberOrText::new(text);
        if !label.value.is_number()
            && let Some((number, unit)) = bytes::split_once(text, b' ')
            && !unit.is_empty()
            && unit.iter().all(u8::is_ascii_alphabetic)
            && let number = NumberOrText::new(number)
            && number.is_number()
        {
            label.value = number;
            label.unit = unit.to_vec();
        }
        let wanted =
            !label.name.is_empty() && (spec.kind == Conversion::Text || label.value.is_number());
        wanted.then_some(label)
    }

    fn put_name(&self, spec: &Spec, out: &mut Vec<u8>) {
        let separator = separator(spec);
        let fill = |len: usize| std::iter::repeat_n(b' ', spec.width.saturating_sub(len));
        out.extend_from_slice(&self.name);
        match separator {
            [b':', rest @ ..] if !spec.left => {
                out.push(b':');
                out.extend(fill(self.name.len() + 1));
                out.extend_from_slice(rest);
            }
            _ => {
                out.extend(fill(self.name.len()));
                out.extend_from_slice(separator);
            }
        }
    }

    fn to_value(&self) -> Value {
        match (self.value.number(), self.unit.as_slice()) {
            (Some(kib), b"kB") => kib.checked_mul(1024).map_or(Value::MISSING, Value::Size),
            _ => self.value.to_value(),
        }
    }
}

impl Field for Labels {
    const OPTIONAL: bool = true;

    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        let mut labels = Vec::new();
        while let Some(line) = cursor.rest().strip_prefix(spec.open())
            && let Some(end) = bytes::find(line, b'\n')
            && let Some(label) = Label::read(line.get(..end).unwrap_or_default(), spec)
        {
            cursor.take(spec.open().len() + end + 1);
            labels.push(label);
        }
        Ok(Self(labels))
    }

    #[inline]
    fn put(&self, spec: &Spec, out: &mut Vec<u8>) {
        for label in &self.0 {
            out.extend_from_slice(spec.open());
            label.put_name(spec, out);
            label.value.push(out);
            if !label.unit.is_empty() {
                out.push(b' ');
                out.extend_from_slice(&label.unit);
            }
            out.push(b'\n');
        }
    }

    #[inline]
    fn value(&self, _: &Spec) -> Value {
        let fields = self.0.iter();
        let fields = fields.map(|label| (label.name.as_slice(), label.to_value()));
        Value::Fields(fields.collect())
    }

    #[inline]
    fn describe(&self, _: &Spec, fields: &mut Fields) {
        for label in &self.0 {
            fields.push(label.name.as_slice(), label.to_value());
        }
    }
}

/// Words, some with a value: `pages=4 vmalloc N0=4`.
///
/// The template is that of a list: `"{ %s=}"` is words, each with a blank before it and `=` before
/// the value, up to the end of the line; `"{%s=\n}"` is one word per line, up to the end of the file.
/// Read by name, words with a value are fields, the others are in a list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tags(pub Vec<Tag>);

/// A word, and its value if it has one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tag {
    /// The word.
    pub name: Vec<u8>,
    /// The text after the separator.
    pub value: Option<NumberOrText>,
}

impl Tags {
    /// The first value of that name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&NumberOrText> {
        let mut tags = self.0.iter();
        tags.find(|tag| tag.name == name.as_bytes() && tag.value.is_some())
            .and_then(|tag| tag.value.as_ref())
    }

    /// The words without a value.
    pub fn flags(&self) -> impl Iterator<Item = &[u8]> {
        let flags = self.0.iter().filter(|tag| tag.value.is_none());
        flags.map(|tag| tag.name.as_slice())
    }
}

impl Tag {
    fn new(text: &[u8], sign: u8) -> Self {
        match bytes::split_once(text, sign) {
            Some((name, value)) => Self {
                name: name.to_vec(),
                value: Some(NumberOrText::new(value)),
            },
            None => Self {
                name: text.to_vec(),
                value: None,
            },
        }
    }
}

/// The separator before a value.
fn sign(spec: &Spec) -> u8 {
    spec.close().first().copied().unwrap_or(b'=')
}

/// Length of the word at the start of `text`. A value in quotes may contain blanks.
fn tag_len(text: &[u8], spec: &Spec) -> usize {
    if spec.close().ends_with(b"\n") {
        return bytes::find(text, b'\n').unwrap_or(text.len());
    }
    let end = text.iter().position(|b| matches!(b, b' ' | b'\n'));
    let len = end.unwrap_or(text.len());
    let word = text.get(..len).unwrap_or(text);
    let closed = || {
        let quoted = bytes::find_part(word, &[sign(spec), b'"'])? + 2;
        let mut after = text.get(quoted..)?.iter();
        let closing = quoted + after.position(|b| matches!(b, b'"' | b'\n'))?;
        let is_word = matches!(text.get(closing + 1), None | Some(b' ' | b'\n'));
        (text.get(closing) == Some(&b'"') && is_word).then_some(closing + 1)
    };
    closed().unwrap_or(0).max(len)
}

impl Field for Tags {
    const OPTIONAL: bool = true;

    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        let lines = spec.close().ends_with(b"\n");
        let mut tags = Vec::new();
        while !cursor.rest().is_empty() && (lines || !cursor.at_line_end()) {
            cursor.literal(spec.open(), spec.field)?;
            let text = cursor.take(tag_len(cursor.rest(), spec));
            if lines {
                cursor.literal(b"\n", spec.field)?;
            }
            tags.push(Tag::new(text, sign(spec)));
        }
        Ok(Self(tags))
    }

    #[inline]
    fn put(&self, spec: &Spec, out: &mut Vec<u8>) {
        for tag in &self.0 {
            out.extend_from_slice(spec.open());
            out.extend_from_slice(&tag.name);
            if let Some(value) = &tag.value {
                out.push(sign(spec));
                value.push(out);
            }
            if spec.close().ends_with(b"\n") {
                out.push(b'\n');
            }
        }
    }

    #[inline]
    fn value(&self, spec: &Spec) -> Value {
        let mut fields = Fields::new();
        self.describe(spec, &mut fields);
        Value::Fields(fields)
    }

    #[inline]
    fn describe(&self, spec: &Spec, fields: &mut Fields) {
        for tag in &self.0 {
            if let Some(value) = &tag.value {
                fields.push(tag.name.as_slice(), value.to_value());
            }
        }
        let flags: Vec<_> = self.flags().filter(|flag| !flag.is_empty()).collect();
        if !flags.is_empty() {
            let flags = flags.into_iter().map(Value::text).collect();
            fields.push(spec.field, Value::List(flags));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<T: Field>(template: &'static str, text: &str) -> (T, String) {
        let spec = Spec::new("tags", template);
        let mut cursor = Cursor::new(text.as_bytes());
        let value = T::read(&mut cursor, &spec).unwrap();
        let mut out = Vec::new();
        value.write(&spec, &mut out);
        out.extend_from_slice(cursor.rest());
        assert_eq!(out, text.as_bytes());
        (value, String::from_utf8(cursor.rest().to_vec()).unwrap())
    }

    #[test]
    fn names_are_filled_up_before_or_after_the_colon() {
        let (labels, _): (Labels, _) = read("{ .%-6u: \n}", " .a     : 1 nsecs\n .longer_b: 2\n");
        assert_eq!(labels.number("a"), Some(1));
        assert_eq!(labels.number("longer_b"), Some(2));
        let (labels, rest): (Labels, _) = read("{%6s: \n}", "a b:   x\nc: d\n");
        assert_eq!(labels.find("a b"), Some(&NumberOrText::Text(b"x".into())));
        assert_eq!(rest, "c: d\n");
    }

    #[test]
    fn lines_of_another_form_end_the_labels() {
        for other in [
            "b  2\n", "b x\n", " b 2\n", "b 2", "b2\n", "b 02\n", "b 2 \n",
        ] {
            let (labels, rest): (Labels, _) = read("{%u \n}", &format!("a 1\n{other}"));
            assert_eq!((labels.0.len(), &*rest), (1, other), "{other:?}");
        }
    }

    #[test]
    fn words_have_values_or_are_flags() {
        let (tags, rest): (Tags, _) = read("{ %s=}", " pages=4 vmalloc N0=4 x=\"a b\"\n");
        assert_eq!(tags.find("pages"), Some(&NumberOrText::Int(4)));
        assert_eq!(tags.find("x"), Some(&NumberOrText::Text(b"\"a b\"".into())));
        assert!(tags.flags().eq([b"vmalloc"]));
        assert_eq!(rest, "\n");
    }
}
