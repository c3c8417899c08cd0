//! `/proc/cmdline`: what the boot loader told the kernel.

use crate::{
    Value, bytes,
    format::{Cursor, Field, ParseError, Spec, record},
    value::Fields,
};

record! {
    /// What the boot loader told the kernel.
    ///
    /// `/proc/cmdline` (`cmdline_proc_show` of `fs/proc/cmdline.c`).
    pub struct Cmdline: "cmdline" {
        /// The line, and its parameters.
        line: BootLine = "%*s\n",
    }
}

/// The line of the boot loader, its quotes as they were.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BootLine(pub Vec<u8>);

impl BootLine {
    /// Each parameter and what stands after its `=`, as the kernel takes them apart
    /// (`next_arg`): blanks in quotes end nothing, and quotes around a value or a whole parameter
    /// are taken off. Those after `--` are the first process's.
    pub fn params(&self) -> impl Iterator<Item = (&[u8], Option<&[u8]>)> {
        let mut rest = self.0.as_slice();
        std::iter::from_fn(move || {
            rest = rest.trim_ascii_start();
            let mut quoted = false;
            let ends = rest.iter().position(|&b| {
                quoted ^= b == b'"';
                b.is_ascii_whitespace() && !quoted
            });
            let (param, after) = rest.split_at_checked(ends.unwrap_or(rest.len()))?;
            rest = after;
            if param.is_empty() {
                return None;
            }
            let whole = param.strip_prefix(b"\"");
            let param = whole.map_or(param, |param| param.strip_suffix(b"\"").unwrap_or(param));
            Some(match bytes::split_once(param, b'=') {
                Some((name, value)) if !name.is_empty() => (name, Some(unquoted(value))),
                _ => (param, None),
            })
        })
    }
}

fn unquoted(value: &[u8]) -> &[u8] {
    let Some(open) = value.strip_prefix(b"\"") else {
        return value;
    };
    open.strip_suffix(b"\"").unwrap_or(open)
}

impl Field for BootLine {
    fn take(cursor: &mut Cursor<'_>, spec: &Spec) -> Result<Self, ParseError> {
        Vec::take(cursor, spec).map(Self)
    }

    #[inline]
    fn put(&self, spec: &Spec, out: &mut Vec<u8>) {
        self.0.put(spec, out);
    }

    #[inline]
    fn value(&self, _: &Spec) -> Value {
        Value::text(&self.0)
    }

    /// The line, and `params`, each with its `name` and its `value`: a name may come twice.
    #[inline]
    fn describe(&self, spec: &Spec, fields: &mut Fields) {
        fields.push(spec.field, self.value(spec));
        let params = self.params().map(|(name, value)| {
            let value = value.map_or(Value::MISSING, Value::text);
            let param = [("name", Value::text(name)), ("value", value)];
            Value::Fields(param.into_iter().collect())
        });
        fields.push("params", Value::List(params.collect()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::law;

    #[test]
    fn blanks_in_quotes_end_no_parameter() {
        let file = b"root=UUID=1 quiet  console=ttyS0 console=tty0 a=\"b c\" \"d e=f g\" dyndbg=\"file x +p\" = -- 3\n";
        let cmdline: Cmdline = law::holds(file);
        let text = |bytes: &[u8]| bytes.escape_ascii().to_string();
        let params: Vec<_> = cmdline
            .line
            .params()
            .map(|(name, value)| (text(name), value.map(text)))
            .collect();
        let expected = [
            ("root", Some("UUID=1")),
            ("quiet", None),
            ("console", Some("ttyS0")),
            ("console", Some("tty0")),
            ("a", Some("b c")),
            ("d e", Some("f g")),
            ("dyndbg", Some("file x +p")),
            ("=", None),
            ("--", None),
            ("3", None),
        ];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.map(str::to_owned)));
        assert_eq!(params, expected);
        law::mutants::<Cmdline>(&[file], 2_000);
    }

    #[test]
    fn a_line_may_be_empty_or_several() {
        assert_eq!(law::holds::<Cmdline>(b"\n").line.params().count(), 0);
        assert_eq!(law::holds::<Cmdline>(b"a\nb\n").line.params().count(), 2);
        assert!(Cmdline::parse(b"a").is_err());
    }
}
