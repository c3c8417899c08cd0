//! `/proc/bootconfig`: what a file beside the kernel told it at boot.

use crate::{
    Value, bytes,
    format::{Cursor, Field, ParseError, Rows, Spec, field::Item, record},
    value::Fields,
};

record! {
    /// What a file beside the kernel told it at boot.
    ///
    /// `/proc/bootconfig` (`copy_xbc_key_value_list` of `fs/proc/bootconfig.c`), since 5.6.
    pub struct Bootconfig: "bootconfig" {
        /// Keys with their values; since 6.9 the boot loader's line after them.
        rows: Rows<BootconfigLine> = "{%r}",
    }
}

/// A line of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BootconfigLine {
    /// A key and its values.
    Setting {
        /// The key's words, with points between.
        key: Vec<u8>,
        /// The values; one that is empty where the key has none.
        values: Vec<Quoted>,
    },
    /// A comment, without its `#`: what the boot loader said.
    Comment(Vec<u8>),
}

/// A value in double quotes, or, if it holds those, in single ones.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Quoted {
    value: Vec<u8>,
    single: bool,
}

impl Quoted {
    /// The value without its quotes.
    #[must_use]
    pub fn value(&self) -> &[u8] {
        &self.value
    }
}

impl Default for BootconfigLine {
    fn default() -> Self {
        Self::Comment(Vec::new())
    }
}

const COMMENT: Spec = Spec::new("comment", "#%s\n");
const KEY: Spec = Spec::new("key", "%s = ");

impl Field for BootconfigLine {
    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        if cursor.rest().starts_with(b"#") {
            return Vec::read(cursor, &COMMENT).map(Self::Comment);
        }
        let key = Vec::read(cursor, &KEY)?;
        let mut values = Vec::new();
        loop {
            values.push(Quoted::take(cursor, spec)?);
            if cursor.skip(b"\n") {
                return Ok(Self::Setting { key, values });
            }
            cursor.literal(b", ", "value")?;
        }
    }

    #[inline]
    fn put(&self, spec: &Spec, out: &mut Vec<u8>) {
        match self {
            Self::Comment(text) => text.write(&COMMENT, out),
            Self::Setting { key, values } => {
                key.write(&KEY, out);
                for (i, value) in values.iter().enumerate() {
                    if i > 0 {
                        out.extend_from_slice(b", ");
                    }
                    value.put(spec, out);
                }
                out.push(b'\n');
            }
        }
    }

    /// A key and its values, or a comment.
    #[inline]
    fn value(&self, spec: &Spec) -> Value {
        let fields: Fields = match self {
            Self::Comment(text) => [("comment", Value::text(text.trim_ascii()))]
                .into_iter()
                .collect(),
            Self::Setting { key, values } => {
                [("key", Value::text(key)), ("values", values.value(spec))]
                    .into_iter()
                    .collect()
            }
        };
        Value::Fields(fields)
    }
}

impl Item for BootconfigLine {}

impl Field for Quoted {
    /// Newlines may stand between the quotes.
    fn take(cursor: &mut Cursor<'_>, _: &Spec) -> Result<Self, ParseError> {
        let single = cursor.rest().starts_with(b"'");
        if !single && !cursor.rest().starts_with(b"\"") {
            return Err(cursor.error("value", "not in quotes"));
        }
        let quote = cursor.take(1);
        let len = bytes::find_part(cursor.rest(), quote);
        let len = len.ok_or_else(|| cursor.error("value", "no quote after it"))?;
        let value = cursor.take(len).to_vec();
        cursor.take(1);
        if single && !value.contains(&b'"') {
            return Err(cursor.error("value", "in single quotes for nothing"));
        }
        Ok(Self { value, single })
    }

    #[inline]
    fn put(&self, _: &Spec, out: &mut Vec<u8>) {
        let quote = if self.single { b'\'' } else { b'"' };
        out.push(quote);
        out.extend_from_slice(&self.value);
        out.push(quote);
    }

    #[inline]
    fn value(&self, _: &Spec) -> Value {
        Value::text(&self.value)
    }
}

impl Item for Quoted {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::law;

    #[test]
    fn a_key_may_have_several_values() {
        // Made by hand after the form of Linux 6.9.
        let file = b"kernel.console = \"ttyS0\", \"tty0\"\ninit.say = 'a \"b\"\nc'\nquiet = \"\"\n\
                     # Parameters from bootloader:\n# root=/dev/vda bootconfig\n";
        let config: Bootconfig = law::holds(file);
        let values = |row: usize| match &config.rows[row] {
            BootconfigLine::Setting { values, .. } => values
                .iter()
                .map(|value| value.value().escape_ascii().to_string())
                .collect(),
            BootconfigLine::Comment(_) => vec![],
        };
        assert_eq!(values(0), ["ttyS0", "tty0"]);
        assert_eq!(values(1), ["a \\\"b\\\"\\nc"]);
        assert_eq!(values(2), [""]);
        let BootconfigLine::Comment(line) = &config.rows[4] else {
            panic!("{config:?}");
        };
        assert_eq!(line, b" root=/dev/vda bootconfig");
        law::mutants::<Bootconfig>(&[file], 5_000);
    }
}
