//! `/proc/fs/xfs/stat`: what the XFS file systems counted.

use crate::{
    bytes,
    format::{Cursor, Field, NumberOrText, ParseError, Spec, record},
    value::{Fields, Value},
};

record! {
    /// What all XFS file systems counted.
    ///
    /// `/proc/fs/xfs/stat` (`xfs_stats_format`). What the numbers of each line are is in the
    /// kernel's `Documentation/admin-guide/xfs`.
    pub struct XfsStat: "fs/xfs/stat" {
        /// Each part of the file system, and its numbers in their order.
        parts: Series = "%r",
    }
}

/// Lines of a name and numbers. To whoever reads by name, each is a list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Series(Vec<(Vec<u8>, Vec<NumberOrText>)>);

impl Series {
    /// The numbers of that name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&[NumberOrText]> {
        let mut lines = self.0.iter();
        lines.find_map(|(key, words)| (key == name.as_bytes()).then_some(words.as_slice()))
    }
}

impl Field for Series {
    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        let mut lines = Vec::new();
        while !cursor.rest().is_empty() {
            let line = cursor.take_line();
            let (name, numbers) = bytes::split_once(line, b' ')
                .ok_or_else(|| cursor.error(spec.field, "no number after its name"))?;
            let words: Vec<_> = numbers
                .split(|&b| b == b' ')
                .map(NumberOrText::new)
                .collect();
            if name.is_empty() || !words.iter().all(NumberOrText::is_number) {
                return Err(cursor.error(spec.field, "not a number"));
            }
            cursor.literal(b"\n", spec.field)?;
            lines.push((name.to_vec(), words));
        }
        Ok(Self(lines))
    }

    #[inline]
    fn put(&self, _: &Spec, out: &mut Vec<u8>) {
        for (name, words) in &self.0 {
            out.extend_from_slice(name);
            for word in words {
                out.push(b' ');
                word.push(out);
            }
            out.push(b'\n');
        }
    }

    #[inline]
    fn value(&self, spec: &Spec) -> Value {
        let mut fields = Fields::new();
        self.describe(spec, &mut fields);
        Value::Fields(fields)
    }

    #[inline]
    fn describe(&self, _: &Spec, fields: &mut Fields) {
        for (name, words) in &self.0 {
            let words = words.iter().map(NumberOrText::to_value).collect();
            fields.push(name.as_slice(), Value::List(words));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::law;

    #[test]
    fn each_part_has_its_numbers() {
        let file = b"extent_alloc 4 5 6 18446744073709551615\nxpc 1 2 3\ndebug 0\n";
        let stat: XfsStat = law::holds(file);
        assert_eq!(stat.parts.find("xpc").unwrap()[2], NumberOrText::Int(3));
        assert_eq!(
            stat.parts.find("extent_alloc").unwrap()[3],
            NumberOrText::Uint(u64::MAX)
        );
        assert!(XfsStat::parse(b"xpc\n").is_err() && XfsStat::parse(b"xpc 1  2\n").is_err());
        law::mutants::<XfsStat>(&[file], 5_000);
    }
}
